# SPDX-License-Identifier: Apache-2.0
"""The wire, literally: WebSocket transcripts, and what SSE says about gaps and resets."""

import json

import httpx
import httpx_sse
import pytest

from support.sockets import Closed, RawCentrifuge

REFUSED_COMMANDS = {
    "unknown channel": ({"subscribe": {"channel": "_hidden"}}, 102),
    "a room of others": ({"subscribe": {"channel": "room:#42,43"}}, 103),
    "subscribed already": ({"subscribe": {"channel": "taken"}}, 105),
    "no channel": ({"subscribe": {}}, 107),
    "an unknown operator": ({"subscribe": {"channel": "piped", "data": {"pipe": [{"nope": 1}]}}}, 107),
    "publish nowhere": ({"publish": {"data": 1}}, 107),
}


@pytest.fixture
def client(server):
    connection = RawCentrifuge(server.port)
    yield connection
    connection.cut()


def small_topics():
    return {"topics": {"small*": {"maximumCount": 10}}}


def test_connect_tells_the_session(client):
    assert {"client", "version"} <= client.connected.keys(), client.connected
    assert client.connected["ping"] == 25 and client.connected["pong"] is True, client.connected


def test_the_other_path_leads_to_the_same(server):
    other = RawCentrifuge(server.port, path="/connection/websocket")
    assert other.connected["client"]
    other.cut()


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
    server = start_server(config=small_topics())
    client = RawCentrifuge(server.port)
    epoch = client.request("subscribe", {"channel": "small"})["epoch"]
    client.request("unsubscribe", {"channel": "small"})
    publish_numbers(server, "small", 30)
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


def test_a_bad_stage_is_named_by_number_and_field(client):
    pipe = [{"filter": "data.n > 1"}, {"throttle": {"every": "often"}}]
    reply = client.ask("subscribe", {"channel": "piped", "data": {"pipe": pipe}})
    assert reply["error"]["code"] == 107, reply
    assert "2" in reply["error"]["message"] and "every" in reply["error"]["message"], reply


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


def test_a_command_before_connect_closes_with_3501(server):
    client = RawCentrifuge(server.port, connect=False)
    client.send({"id": 1, "subscribe": {"channel": "early"}})
    with pytest.raises(Closed) as closed:
        client.read()
    assert closed.value.code == 3501, closed.value


def test_the_server_pings_within_its_interval(client):
    assert client.socket.read_text(seconds=client.connected["ping"] + 2).strip() == "{}"


def publish_numbers(server, topic, count, first=1):
    data = [{"n": n} for n in range(first, first + count)]
    assert httpx.post(f"{server.url}/v1/topics/{topic}/events", json=data).status_code == 200


def read_events(server, topics, count, last_event_id=None, meanwhile=lambda: None):
    """Returns the next events of a stream; `meanwhile` runs once it is open."""
    headers = {"Last-Event-ID": last_event_id} if last_event_id else {}
    parameters = [("topic", topic) for topic in topics]
    with httpx.Client(timeout=20) as client:
        url = f"{server.url}/v1/events"
        with httpx_sse.connect_sse(client, "GET", url, params=parameters, headers=headers) as source:
            meanwhile()
            return take(source.iter_sse(), count)


def take(events, count):
    """Returns the next events; where they stay away the failure shows those that came."""
    taken = []
    try:
        while len(taken) < count:
            taken.append(next(events))
    except (httpx.TimeoutException, StopIteration) as error:
        shown = "\n".join(f"  {event.event}: {event.data}" for event in taken)
        raise AssertionError(f"{len(taken)} of {count} events came ({error!r}):\n{shown}") from error
    return taken


def numbers(events):
    return sorted(json.loads(event.data)["n"] for event in events)


def test_an_event_stream_is_made_for_browsers_and_proxies(server):
    with httpx.stream("GET", f"{server.url}/v1/events?topic=a") as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["x-accel-buffering"] == "no"


def test_one_id_resumes_two_topics(server):
    def publish():
        publish_numbers(server, "odd", 2, first=1)
        publish_numbers(server, "even", 2, first=101)

    before = read_events(server, ["odd", "even"], 4, meanwhile=publish)
    assert numbers(before) == [1, 2, 101, 102]
    publish_numbers(server, "even", 2, first=103)
    publish_numbers(server, "odd", 1, first=3)
    after = read_events(server, ["odd", "even"], 3, before[-1].id)
    assert numbers(after) == [3, 103, 104]
    again = read_events(server, ["odd", "even"], 5, before[1].id)
    assert len(again) == 5 and set(numbers(after)) <= set(numbers(again)), numbers(again)
    assert not set(numbers(again)) & set(numbers(before[:2])), "what came before the id came again"


def test_an_event_has_its_type_its_id_and_its_data(server, api):
    def publish():
        api.publish("typed", {"n": 1}, type="order")
        api.publish("typed", {"n": 2})
        api.publish("typed", {"n": 3}, type="error")

    events = read_events(server, ["typed"], 3, meanwhile=publish)
    assert [event.event for event in events] == ["order", "message", "message"]
    assert numbers(events) == [1, 2, 3] and len({event.id for event in events}) == 3


def test_a_gap_is_told_before_the_next_event(start_server):
    server = start_server(config=small_topics())
    first = read_events(server, ["small"], 1, meanwhile=lambda: publish_numbers(server, "small", 1))
    publish_numbers(server, "small", 50, first=2)
    gap, *rest = read_events(server, ["small"], 11, first[0].id)
    assert gap.event == "weir.gap" and gap.id, gap
    assert json.loads(gap.data) == {"topic": "small", "from": 2, "to": 41}
    assert numbers(rest) == list(range(42, 52))
    assert numbers(read_events(server, ["small"], 10, gap.id)) == list(range(42, 52))


def test_a_new_life_of_a_topic_is_told(server):
    old = read_events(server, ["mortal"], 3, meanwhile=lambda: publish_numbers(server, "mortal", 3))
    server.restart()
    publish_numbers(server, "mortal", 2, first=11)
    reset, *rest = read_events(server, ["mortal"], 3, old[-1].id)
    assert reset.event == "weir.reset" and reset.id, reset
    assert json.loads(reset.data)["topic"] == "mortal"
    assert numbers(rest) == [11, 12]
