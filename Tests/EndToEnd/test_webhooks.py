# SPDX-License-Identifier: Apache-2.0
"""Webhooks of a real server, whose signatures the library of Standard Webhooks checks."""

import base64
import datetime

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from support.api import API, output_of
from support.process import wait_until
from support.receiver import Receiver

KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def server(start_server):
    return start_server("--data", "data", "--durable", "orders*")


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


def add(server, receiver, topic="orders"):
    """Makes a webhook whose key the server makes, and gives it to the receiver."""
    made = output_of(
        server.cli("webhooks", "add", receiver.url, "--topic", topic, "--allow-private", "--json")
    )
    receiver.key = made["secret"]
    return made


def listed(server):
    return output_of(server.cli("webhooks", "list", "--json"))["webhooks"]


def test_every_event_arrives_in_order_with_a_signature_that_holds(server, api, receiver):
    made = add(server, receiver)
    for number in range(50):
        api.publish("orders", {"number": number, "text": "grüße ✓"})
    messages = receiver.wait_for(50)
    assert not receiver.refused
    assert [event["data"]["number"] for _, event in messages] == list(range(50))
    assert messages[0][1]["data"]["text"] == "grüße ✓"
    assert len({id for id, _ in messages}) == 50
    wait_until(lambda: listed(server)[0]["delivered"] == 50, "all are noted")
    assert listed(server)[0]["id"] == made["id"] and listed(server)[0]["lag"] == 0


def test_a_key_of_ones_own_signs_and_is_told_nowhere(server, api, receiver, tmp_path):
    file = tmp_path / "key"
    file.write_text(KEY + "\n")
    receiver.key = KEY
    made = server.cli(
        "webhooks", "add", receiver.url, "--topic", "orders", "--allow-private", "--secret-file", file
    )
    assert made.returncode == 0, made.stderr
    api.publish("orders", 1)
    receiver.wait_for(1)
    assert not receiver.refused
    shown = [
        made.stdout, made.stderr, server.cli("webhooks", "list").stdout,
        api.http.get("/v1/webhooks").text, api.http.get("/metrics").text, server.log_text(),
    ]  # fmt: skip
    secret = KEY.removeprefix("whsec_")
    assert not any(secret in text or base64.b64decode(secret).hex() in text for text in shown)


def test_the_oracle_does_refuse(server, api, receiver):
    add(server, receiver)
    receiver.key = "whsec_" + base64.b64encode(bytes(32)).decode()
    api.publish("orders", 1)
    wait_until(lambda: receiver.refused, "a request")
    assert isinstance(receiver.refused[0], WebhookVerificationError)
    assert Webhook(KEY).sign("msg_p5jXN8AQM9LWM0D4loKWxJek", _instant(1614265330), '{"test": 2432232314}')


def _instant(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC)


def test_killed_again_and_again_no_event_is_left_out(server, api, receiver):
    add(server, receiver)
    published = 0
    for _ in range(5):
        for _ in range(20):
            api.publish("orders", published)
            published += 1
        server.restart()
        api.http.close()
        api = API(server.url)
    wait_until(lambda: listed(server)[0]["lag"] == 0, "everything is delivered")
    messages = receiver.wait_for(published)
    assert not receiver.refused
    seen = {}
    for id, event in messages:
        assert seen.setdefault(event["offset"], id) == id, "an event has one identifier"
    assert sorted(map(int, seen)) == list(range(1, published + 1))
    numbers = [event["data"] for _, event in messages]
    # Each restart repeats one event at most; what was noted before is not sent again.
    assert len(numbers) <= published + 5 and sorted(set(numbers)) == list(range(published))
    assert [n for i, n in enumerate(numbers) if n not in numbers[:i]] == list(range(published))


def test_attempts_outlive_the_process(server, api, receiver):
    add(server, receiver)
    receiver.status = 503
    api.publish("orders", 1)
    first = wait_until(lambda: receiver.messages, "an attempt")[0]
    wait_until(lambda: listed(server)[0]["attempts"] >= 1, "the attempt is noted")
    assert "503" in listed(server)[0]["lastError"]
    text = server.cli("webhooks", "list").stdout
    assert "has failed: server_error" in text and "the next attempt is at 20" in text, text
    server.restart()
    before = listed(server)[0]
    assert before["attempts"] >= 1 and before["nextAttempt"] and before["delivered"] == 0
    receiver.status = 200
    wait_until(lambda: listed(server)[0]["delivered"] == 1, "the event is delivered")
    assert {id for id, _ in receiver.messages} == {first[0]}


def test_a_receiver_that_is_gone_is_left_alone(server, api, receiver):
    add(server, receiver)
    receiver.status = 410
    api.publish("orders", 1)
    wait_until(lambda: listed(server)[0]["state"] == "disabled", "the webhook is disabled")
    assert "410" in listed(server)[0]["reason"]
    other = Receiver()
    add(server, other)
    for number in range(3):
        api.publish("orders", number)
    other.wait_for(3)
    other.close()
    assert len(receiver.messages) == 1


def test_a_dead_receiver_delays_nobody(server, api, receiver):
    for port in (9, 10):
        dead = f"http://127.0.0.1:{port}/"
        output_of(server.cli("webhooks", "add", dead, "--topic", "orders", "--allow-private", "--json"))
    add(server, receiver)
    for number in range(20):
        api.publish("orders", number)
    receiver.wait_for(20)
    wait_until(lambda: sorted(w["lag"] for w in listed(server)) == [0, 20, 20], "the dead ones lag")
    assert api.metric('weir_webhook_attempts_total{outcome="connection"}') >= 2


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://127.1/", "http://0x7f000001/", "http://2130706433/",
        "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://10.0.0.1/", "http://169.254.169.254/",
        "http://localhost/", "http://user@example.com/", "ftp://example.com/",
    ],
)  # fmt: skip
def test_what_leads_into_the_servers_network_is_refused(server, url):
    refused = server.cli("webhooks", "add", url, "--topic", "orders")
    assert refused.returncode == 1 and "field 'url'" in refused.stderr, refused.stderr
    assert listed(server) == []


def test_without_a_store_there_are_no_webhooks(start_server):
    refused = start_server().cli("webhooks", "list")
    assert refused.returncode == 1 and "--data DIR" in refused.stderr


def test_a_webhook_is_removed(server, api, receiver):
    made = add(server, receiver)
    assert server.cli("webhooks", "remove", made["id"]).returncode == 0
    assert server.cli("webhooks", "remove", made["id"]).returncode == 1
    assert listed(server) == []
    api.publish("orders", 1)
    assert api.http.get("/metrics").status_code == 200
    assert receiver.messages == []
