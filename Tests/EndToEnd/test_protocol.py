# SPDX-License-Identifier: Apache-2.0
"""The WebSocket protocol, literally: transcripts on a bare socket."""

import json

import pytest

from support.api import API
from support.sockets import Closed, RawCentrifuge, RawWebSocket

REFUSED_COMMANDS = {
    "a name no topic has": ({"subscribe": {"channel": "_hidden"}}, 107),
    "a room of others": ({"subscribe": {"channel": "room:#42,43"}}, 103),
    "subscribed already": ({"subscribe": {"channel": "taken"}}, 105),
    "no channel": ({"subscribe": {}}, 107),
    "a table of a topic that is none": (
        {"subscribe": {"channel": "listed", "data": {"table": True}}},
        108,
    ),
    "publish nowhere": ({"publish": {"data": 1}}, 107),
}


@pytest.fixture
def client(server):
    connection = RawCentrifuge(server.port)
    yield connection
    connection.cut()


def test_connect_tells_the_session(client):
    assert {"client", "version"} <= client.connected.keys(), client.connected
    assert client.connected["ping"] == 25 and client.connected["pong"] is True, client.connected


def test_the_other_path_leads_to_the_same(server):
    other = RawCentrifuge(server.port, path="/connection/websocket")
    assert other.connected["client"]
    other.cut()


def test_topics_in_the_address_are_subscribed_to_at_once(server, api):
    api.publish("addressed", 1)
    socket = RawWebSocket(server.port, path="/ws?topic=addressed&topic=_hidden&topic=other%2Dtopic")
    connected, first, hidden, other = (json.loads(socket.read_text()) for _ in range(4))
    assert connected["id"] == 1 and connected["connect"]["client"]
    assert first["id"] == 2 and first["subscribe"]["offset"] == 1
    assert hidden["id"] == 3 and hidden["error"]["code"] == 107
    assert other["id"] == 4 and other["subscribe"]["offset"] == 0
    api.publish("addressed", 2)
    assert json.loads(socket.read_text())["push"]["pub"]["data"] == 2
    socket.send_text('{"id":9,"connect":{}}')
    with pytest.raises(Closed) as closed:
        json.loads(socket.read_text())
    assert closed.value.code == 3501


def test_a_whole_conversation(client, api):
    api.publish("talk", {"n": 1}, type="first")
    subscribed = client.request("subscribe", {"channel": "talk"})
    assert subscribed["offset"] == 1 and subscribed["epoch"] == api.page("talk")["epoch"]
    assert not subscribed.get("publications"), subscribed

    api.publish("talk", {"n": 2}, type="second")
    publication = client.next_publication("talk")
    assert (publication["offset"], publication["data"]) == (2, {"n": 2})
    assert publication["tags"]["type"] == "second"

    client.request("publish", {"channel": "talk", "data": {"n": 3}})
    assert client.next_publication("talk")["data"] == {"n": 3}
    client.request("unsubscribe", {"channel": "talk"})
    api.publish("talk", {"n": 4})
    reply = client.ask("ping", {})
    assert "error" not in reply and not client.pushes, (reply, client.pushes)
    assert [event["data"]["n"] for event in api.history("talk")] == [1, 2, 3, 4]


def test_several_commands_in_one_frame_are_answered_each(server):
    client = RawCentrifuge(server.port, connect=False)
    client.send(
        {"id": 1, "connect": {}},
        {"id": 2, "subscribe": {"channel": "one"}},
        {"id": 3, "subscribe": {"channel": "two"}},
        {"id": 4, "publish": {"channel": "two", "data": "hello"}},
    )
    for number in (1, 2, 3, 4):
        assert "error" not in client.reply_to(number), number
    assert client.next_publication("two")["data"] == "hello"
    client.cut()


def test_a_reconnected_client_recovers_what_it_missed(server, api):
    first = RawCentrifuge(server.port)
    epoch = first.request("subscribe", {"channel": "kept"})["epoch"]
    api.publish("kept", [{"n": n} for n in (1, 2)])
    assert [first.next_publication("kept")["offset"] for _ in range(2)] == [1, 2]
    first.cut()
    api.publish("kept", [{"n": n} for n in (3, 4, 5)])

    second = RawCentrifuge(server.port)
    result = second.request("subscribe", {"channel": "kept", "recover": True, "epoch": epoch, "offset": 2})
    assert result["recovered"] is True and result["was_recovering"] is True, result
    assert [(p["offset"], p["data"]["n"]) for p in result["publications"]] == [(3, 3), (4, 4), (5, 5)]
    api.publish("kept", {"n": 6})
    assert second.next_publication("kept")["offset"] == 6
    second.cut()


def test_a_position_of_another_life_is_not_recovered(server, api, client):
    api.publish("life", [{"n": n} for n in (1, 2, 3)])
    stale = {"channel": "life", "recover": True, "epoch": "another", "offset": 1}
    result = client.request("subscribe", stale)
    assert not result.get("recovered") and not result.get("publications"), result
    assert result["offset"] == 3 and result["epoch"] != "another", result


def test_a_position_no_longer_kept_is_not_recovered(start_server):
    server = start_server(config={"topics": {"small*": {"maximumCount": 10}}})
    client = RawCentrifuge(server.port)
    epoch = client.request("subscribe", {"channel": "small"})["epoch"]
    client.request("unsubscribe", {"channel": "small"})
    for start in range(0, 30, 5):  # one publish is at most half of what a topic keeps
        API(server.url).publish("small", list(range(start, start + 5)))
    lost = {"channel": "small", "recover": True, "epoch": epoch, "offset": 5}
    reply = client.ask("subscribe", lost | {"flag": 2})
    assert reply["error"]["code"] == 112, reply
    result = client.request("subscribe", lost)
    assert not result.get("recovered") and not result.get("publications"), result
    client.cut()


@pytest.mark.parametrize(("command", "code"), REFUSED_COMMANDS.values(), ids=REFUSED_COMMANDS)
def test_a_refused_command_says_why(client, command, code):
    client.request("subscribe", {"channel": "taken"})
    ((method, fields),) = command.items()
    reply = client.ask(method, fields)
    assert reply.get("error", {}).get("code") == code, reply
    assert reply["error"]["message"], reply
    assert "error" not in client.ask("ping", {}), "the connection lives on"


def test_a_topic_that_the_configuration_denies_is_102(start_server):
    server = start_server(config={"onlyListedTopics": True, "topics": {"listed": {}}})
    client = RawCentrifuge(server.port)
    client.request("subscribe", {"channel": "listed"})
    assert client.ask("subscribe", {"channel": "other"})["error"]["code"] == 102
    client.cut()


def test_an_unknown_method_is_104(client):
    client.send({"id": 99, "dance": {}})
    assert client.reply_to(99)["error"]["code"] == 104


@pytest.mark.parametrize("text", ["not JSON", '{"id":1,"connect":', "[]"])
def test_a_frame_that_is_no_command_closes_with_3501(server, text):
    client = RawCentrifuge(server.port, connect=False)
    client.socket.send_text(text)
    with pytest.raises(Closed) as closed:
        client.read()
    assert closed.value.code == 3501, closed.value
    assert closed.value.reason.endswith('such as {"id":1,"connect":{}}'), closed.value


def test_a_command_before_connect_closes_with_3501(server):
    client = RawCentrifuge(server.port, connect=False)
    client.send({"id": 1, "subscribe": {"channel": "early"}})
    assert client.read()["error"]["code"] == 101
    with pytest.raises(Closed) as closed:
        client.read()
    assert closed.value.code == 3501, closed.value


@pytest.mark.soak
def test_the_server_pings_within_its_interval(client):
    assert client.socket.read_text(seconds=client.connected["ping"] + 2).strip() == "{}"
