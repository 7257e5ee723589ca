# SPDX-License-Identifier: Apache-2.0
"""SSE: what an event looks like, how one id resumes several topics, gaps and resets."""

import json

import httpx
import httpx_sse
import pytest

from support.realtime import API_KEY, configuration, token


def small_topics():
    return {"topics": {"small*": {"maximumCount": 10}}}


def publish_numbers(server, topic, count, first=1):
    """Publishes in parts: one publish is at most half of what a topic keeps."""
    data = [{"n": n} for n in range(first, first + count)]
    for start in range(0, count, 5):
        response = httpx.post(
            f"{server.url}/v1/topics/{topic.replace('#', '%23')}/events",
            json=data[start : start + 5],
            headers={"X-API-Key": API_KEY},
        )
        assert response.status_code == 200, response.text


def read_events(
    server, topics, count, last_event_id=None, meanwhile=lambda: None, headers=None, parameters=()
):
    """Returns the next events of a stream; `meanwhile` runs once it is open."""
    headers = {**(headers or {}), **({"Last-Event-ID": last_event_id} if last_event_id else {})}
    parameters = [*(("topic", topic) for topic in topics), *parameters]
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


@pytest.mark.parametrize("way", ["token", "ticket"])
def test_two_topics_of_a_user_resume(start_server, tmp_path, way):
    """With a token as clients do that send fields; with a ticket as pages do, a new one for each stream."""
    server = start_server(config=configuration(tmp_path))
    bearer = {"Authorization": f"Bearer {token('ada')}"}
    topics = ["user:#ada", "room:1"]

    def read(count, last_id=None, meanwhile=lambda: None):
        if way == "token":
            return read_events(server, topics, count, last_id, meanwhile, headers=bearer)
        ticket = httpx.post(f"{server.url}/v1/tickets", headers=bearer).json()["ticket"]
        parameters = [("ticket", ticket), *([("after", last_id)] if last_id else [])]
        return read_events(server, topics, count, None, meanwhile, parameters=parameters)

    def publish(first):
        publish_numbers(server, "user:#ada", 2, first=first)
        publish_numbers(server, "room:1", 2, first=first + 100)

    before = read(4, meanwhile=lambda: publish(1))
    assert numbers(before) == [1, 2, 101, 102]
    for first in (3, 5):
        publish(first)
        after = read(4, before[-1].id)
        assert numbers(after) == [first, first + 1, first + 100, first + 101]
        before = after
    again = read(6, after[1].id, meanwhile=lambda: publish(7))
    assert set(numbers(again)) >= {7, 8, 107, 108} and len(set(numbers(again))) == 6


TAG = {"key": "region", "cmp": "eq", "val": "eu"}


def test_a_stream_is_filtered_by_tags_and_resumes(server, api):
    """Two topics, of which every other event is wanted; after a cut nothing of that is lost or doubled."""

    def publish(first):
        for number in range(first, first + 4):
            for topic in ("tagged-a", "tagged-b"):
                path = f"{server.url}/v1/topics/{topic}/events"
                region = "eu" if number % 2 else "us"
                httpx.post(path, json=number, headers={"ce-region": region})

    parameters = [("tf", json.dumps(TAG))]
    topics = ["tagged-a", "tagged-b"]
    first = read_events(server, topics, 3, meanwhile=lambda: publish(1), parameters=parameters)
    publish(5)
    rest = read_events(server, topics, 5, first[-1].id, parameters=parameters)
    got = sorted(int(event.data) for event in first + rest)
    assert got == [1, 1, 3, 3, 5, 5, 7, 7]


@pytest.mark.parametrize("wanted", ["{", "[]", '{"key":"a"}', '{"key":"a","cmp":"like","val":"x"}'])
def test_a_filter_that_is_none_is_refused(server, wanted):
    answer = httpx.get(f"{server.url}/v1/events", params={"topic": "tagged", "tf": wanted})
    assert answer.status_code == 400 and answer.json()["field"] == "tf", answer.text


def test_the_head_of_a_stream(server):
    answer = httpx.head(f"{server.url}/v1/events", params={"topic": "headed"})
    assert answer.status_code == 200 and "content-length" not in answer.headers
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    bad = httpx.head(f"{server.url}/v1/events")
    assert bad.status_code == 400
