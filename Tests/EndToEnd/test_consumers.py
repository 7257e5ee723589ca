# SPDX-License-Identifier: Apache-2.0
"""Named consumers of durable topics: how far each has got, over restarts, for clients and for scripts."""

import json
import subprocess

import httpx

from support.process import BINARY, wait_until

OPTIONS = ("--durable", "orders", "--durable", "kept")


def base(server, topic="orders", name="nightly"):
    return f"{server.url}/v1/topics/{topic}/consumers/{name}"


def publish(server, first, last, topic="orders"):
    events = [{"n": number} for number in range(first, last + 1)]
    httpx.post(f"{server.url}/v1/topics/{topic}/events", json=events).raise_for_status()


def numbers(page):
    return [event["data"]["n"] for event in page["events"]]


def test_a_consumer_goes_on_behind_what_it_has_acknowledged(start_server, tmp_path):
    data = ("--data", str(tmp_path / "data"))
    server = start_server(*data, *OPTIONS)
    publish(server, 1, 10)
    made = httpx.post(base(server), params={"from": "earliest"})
    assert (made.status_code, made.json()["lag"]) == (201, 10)
    page = httpx.get(base(server) + "/events", params={"limit": 4}).json()
    assert numbers(page) == [1, 2, 3, 4] and page["next"] == 4
    # What is not acknowledged comes again.
    assert numbers(httpx.get(base(server) + "/events", params={"limit": 4}).json()) == [1, 2, 3, 4]
    place = {"epoch": page["epoch"], "offset": page["events"][-1]["offset"]}
    moved = httpx.post(base(server) + "/ack", params=place)
    assert (moved.status_code, moved.json()["offset"], moved.json()["lag"]) == (200, 4, 6)
    again = httpx.post(base(server), params={"from": "latest"})
    assert (again.status_code, again.json()["offset"]) == (200, 4)
    server.kill()

    server = start_server(*data, *OPTIONS)
    publish(server, 11, 12)
    page = httpx.get(base(server) + "/events").json()
    assert numbers(page) == list(range(5, 13)) and page["next"] is None
    listed = httpx.get(f"{server.url}/v1/topics/orders/consumers").json()["consumers"]
    assert [(one["consumer"], one["lag"]) for one in listed] == [("nightly", 8)]
    assert httpx.delete(base(server)).status_code == 204
    assert httpx.get(base(server)).status_code == 404


def test_what_is_asked_wrongly_is_told(start_server, tmp_path):
    server = start_server("--data", str(tmp_path / "data"), *OPTIONS)
    publish(server, 1, 3)
    publish(server, 1, 1, topic="volatile")
    assert httpx.post(base(server, "volatile")).json()["title"] == "Topic is not durable"
    assert httpx.get(base(server)).status_code == 404
    assert httpx.post(base(server), params={"from": "9"}).json()["field"] == "from"
    epoch = httpx.post(base(server)).json()["epoch"]
    for place, status, field in [
        ({}, 400, "offset"),
        ({"epoch": epoch, "offset": 9}, 400, "offset"),
        ({"epoch": "0123456789abcdef", "offset": 1}, 409, "epoch"),
    ]:
        answer = httpx.post(base(server) + "/ack", params=place)
        assert (answer.status_code, answer.json()["field"]) == (status, field), answer.text
    assert httpx.put(base(server)).status_code == 405


def test_what_retention_has_deleted_is_told(start_server, tmp_path):
    configuration = tmp_path / "weir.json"
    configuration.write_text(json.dumps({"durable": {"kept": {"maximumCount": 5}}}))
    options = ("--config", str(configuration), "--data", str(tmp_path / "data"))
    server = start_server(*options)
    publish(server, 1, 2, topic="kept")
    httpx.post(base(server, "kept"), params={"from": "earliest"}).raise_for_status()
    for number in range(3, 21):
        publish(server, number, number, topic="kept")
    # Retention deletes in steps behind the publishes; what is still in memory is given all the same.
    wait_until(lambda: "gap" in httpx.get(base(server, "kept")).json(), "what is too much is deleted", 20)
    server.kill()
    server = start_server(*options)
    page = httpx.get(base(server, "kept") + "/events").json()
    assert page["gap"]["from"] == 1 and page["gap"]["to"] == page["events"][0]["offset"] - 1
    assert numbers(page)[-1] == 20


def test_a_script_consumes_what_is_new(start_server, tmp_path):
    data = ("--data", str(tmp_path / "data"))
    server = start_server(*data, *OPTIONS)
    publish(server, 1, 1500)

    def consume(*options):
        command = [BINARY, "consume", "orders", "nightly", "--server", server.url, *options]
        lines = subprocess.run(command, capture_output=True, check=True, timeout=60).stdout.splitlines()
        return [json.loads(line)["data"]["n"] for line in lines]

    assert consume("--limit", "10") == list(range(1, 11))
    assert consume() == list(range(11, 1501))
    assert consume() == []
    server.kill()
    server = start_server(*data, *OPTIONS)
    publish(server, 1501, 1502)
    assert consume() == [1501, 1502]
