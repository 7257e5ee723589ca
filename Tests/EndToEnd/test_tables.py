# SPDX-License-Identifier: Apache-2.0
"""Tables over the wire: rows over HTTP, subscriptions that begin with rows, event streams, restarts."""

import concurrent.futures
import json
import os
import random
import threading
import time

import httpx
import httpx_sse
import pytest

from support.api import API
from support.process import wait_until
from support.realtime import API_KEY, Record, client, configuration, run, token
from support.rows import Copy, Rows, StreamedCopy
from support.sockets import Closed, RawCentrifuge

SEED = int(os.environ.get("WEIR_SEED", 1))
TABLES = {"topics": {"prices": {"table": True}, "few": {"table": {"maximumRows": 3}}, "short": {"table": True, "maximumCount": 50}}}


@pytest.fixture
def server(start_server):
    return start_server(config=TABLES)


# MARK: HTTP


def test_a_row_is_made_read_changed_and_deleted_by_its_tag(server):
    rows = Rows(server.url, "prices")
    made = rows.put("apple/red", {"price": 7}, **{"If-None-Match": "*"})
    assert made.status_code == 201
    again = rows.put("apple/red", {"price": 8}, **{"If-None-Match": "*"})
    assert again.status_code == 412 and again.headers["etag"] == made.headers["etag"]
    read = rows.get("apple/red")
    assert read.json() == {"price": 7} and read.headers["etag"] == made.headers["etag"]
    assert rows.get("apple/red", **{"If-None-Match": read.headers["etag"]}).status_code == 304
    changed = rows.put("apple/red", {"price": 9}, **{"If-Match": read.headers["etag"]})
    assert changed.status_code == 200
    late = rows.put("apple/red", {"price": 1}, **{"If-Match": read.headers["etag"]})
    assert late.status_code == 412 and late.json()["field"] == "If-Match"
    assert rows.delete("apple/red", **{"If-Match": read.headers["etag"]}).status_code == 412
    assert rows.delete("apple/red", **{"If-Match": changed.headers["etag"]}).status_code == 200
    assert rows.get("apple/red").status_code == 404
    assert rows.delete("apple/red").status_code == 404
    assert API(server.url).metric("weir_row_conflicts_total") == 3


def test_a_full_table_says_so_and_goes_on(server):
    rows = Rows(server.url, "few")
    for key in "abc":
        assert rows.put(key, 1).status_code == 201
    full = rows.put("d", 1)
    assert full.status_code == 503 and "maximumRows" in full.json()["remedy"]
    assert "Retry-After" in full.headers
    assert rows.put("a", 2).status_code == 200
    assert rows.delete("b").status_code == 200
    assert rows.put("d", 1).status_code == 201
    assert rows.all() == {"a": 2, "c": 1, "d": 1}
    assert API(server.url).metric('weir_table_rows{topic="few"}') == 3


def count_up(rows, key, times):
    """Adds one, as often as is asked for, to what is there; answers how often it had to look again."""
    conflicts = 0
    for _ in range(times):
        while True:
            read = rows.get(key)
            changed = rows.put(key, read.json() + 1, **{"If-Match": read.headers["etag"]})
            if changed.status_code == 200:
                break
            assert changed.status_code == 412, changed.text
            conflicts += 1
    return conflicts


@pytest.mark.parametrize("durable", [False, True])
def test_many_writers_with_if_match_lose_no_update(start_server, durable):
    options = ("--data", "data", "--durable", "prices=normal") if durable else ()
    server = start_server(*options, config=TABLES)
    Rows(server.url, "prices").put("count", 0)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        work = [pool.submit(count_up, Rows(server.url, "prices"), "count", 25) for _ in range(8)]
        conflicts = sum(task.result() for task in work)
    assert Rows(server.url, "prices").get("count").json() == 200
    assert API(server.url).metric("weir_row_conflicts_total") == conflicts


# MARK: WebSocket


def subscribe(client_, copy, rows, channel="prices"):
    copy.subscribed(client_.request("subscribe", {"channel": channel, **copy.request}), rows.rest)


def test_a_subscription_begins_with_rows_and_pages_the_rest(server):
    rows = Rows(server.url, "prices")
    API(server.url).http.post(
        "/v1/topics/prices/events",
        params={"envelope": "cloudevents"},
        content="".join(json.dumps({"subject": f"k{n:04}", "data": n}) + "\n" for n in range(1000)),
        headers={"content-type": "application/x-ndjson"},
    ).raise_for_status()
    one = RawCentrifuge(server.port)
    reply = one.request("subscribe", {"channel": "prices", "data": {"table": True}})
    assert len(reply["data"]["snapshot"]) == 300
    assert reply["data"]["snapshot"][0] == {"key": "k0000", "offset": 1, "data": 0}
    assert reply["data"]["next"] == "k0299" and reply["offset"] == 1000
    rows.put("k0500", "changed while it pages")
    rows.delete("k0900")
    copy = Copy()
    copy.subscribed(reply, lambda after: rows.rest(after, limit=97))
    for _ in range(2):
        copy.take(one.next_publication("prices"))
    assert copy.rows == rows.all()
    assert copy.rows["k0500"] == "changed while it pages" and "k0900" not in copy.rows


def test_who_comes_back_gets_what_was_missed_or_the_rows_anew(server):
    rows, copy = Rows(server.url, "short"), Copy()
    rows.put("a", 1)
    first = RawCentrifuge(server.port)
    subscribe(first, copy, rows, "short")
    first.cut()
    rows.put("a", 2)
    rows.put("b", 3)
    rows.delete("a")
    second = RawCentrifuge(server.port)
    subscribe(second, copy, rows, "short")
    assert copy.rows == {"b": 3} and copy.snapshots == 1
    second.cut()
    for number in range(100):
        rows.put("c", number)
    third = RawCentrifuge(server.port)
    flagged = third.ask("subscribe", {"channel": "short", **copy.request, "flag": 2})
    assert flagged["error"]["code"] == 112
    subscribe(third, copy, rows, "short")
    assert copy.rows == {"b": 3, "c": 99} and copy.snapshots == 2


@pytest.mark.parametrize(
    "request_, code, words",
    [
        ({"channel": "prices", "data": {"table": "yes"}}, 107, "true or false"),
        ({"channel": "prices", "data": {"table": True, "pipe": [{"limit": 1}]}}, 107, "pipe"),
        ({"channel": "prices", "data": {"table": True}, "tf": {"key": "a", "cmp": "eq", "val": "b"}}, 107, "tf"),
        ({"channel": "prices", "data": {"table": True, "gaps": True}}, 107, "gaps"),
        ({"channel": "nothing", "data": {"table": True}}, 108, "no table"),
    ],
)
def test_what_does_not_go_with_a_table_is_refused(server, request_, code, words):
    error = RawCentrifuge(server.port).ask("subscribe", request_)["error"]
    assert error["code"] == code and words in error["message"]


def test_a_row_of_what_is_no_table_makes_no_topic(server):
    assert Rows(server.url, "plain").put("a", 1).status_code == 404
    assert httpx.get(f"{server.url}/v1/topics/plain").status_code == 404


def test_an_event_of_a_table_has_a_key(server):
    refused = RawCentrifuge(server.port).ask("publish", {"channel": "prices", "data": 1})["error"]
    assert refused["code"] == 107 and "PUT /v1/tables" in refused["message"]
    answer = API(server.url).http.post("/v1/topics/prices/events", json=1)
    assert answer.status_code == 422 and answer.json()["field"] == "subject"


def test_what_is_published_by_other_ways_is_in_the_table(server):
    http, rows = API(server.url).http, Rows(server.url, "prices")

    def publish(data, **tags):
        return http.post("/api/publish", json={"channel": "prices", "data": data, "tags": tags}).json()

    assert publish({"n": 1}, subject="a", kind="x")["result"]["offset"] == 1
    assert publish({"n": 2}, kind="x")["error"]["code"] == 107
    assert rows.page()["snapshot"] == [{"key": "a", "offset": 1, "tags": {"kind": "x"}, "data": {"n": 1}}]
    assert rows.get("a").headers["ce-kind"] == "x"
    assert publish(None, subject="a")["result"]["offset"] == 2
    assert rows.all() == {}
    one = RawCentrifuge(server.port)
    history = one.request("history", {"channel": "prices", "limit": 10})["publications"]
    assert history[1] == {"data": None, "offset": 2, "tags": {"subject": "a", "weir-deleted": "a"}}
    # A chain over the changes is a subscription like any other.
    chain = {"pipe": [{"filter": "data.n > 5"}]}
    one.request("subscribe", {"channel": "prices", "data": chain})
    rows.put("b", {"n": 5})
    rows.put("b", {"n": 6})
    assert one.next_publication("prices")["data"] == {"n": 6}


def encoded(value, use_protobuf):
    return json.dumps(value).encode() if use_protobuf else value


def decoded(data):
    return json.loads(data) if isinstance(data, bytes) else data


class Follower(Record):
    """What the Centrifuge client tells of a table."""

    def __init__(self, rows):
        super().__init__()
        self.copy, self.table = Copy(), rows

    async def on_subscribed(self, ctx):
        await super().on_subscribed(ctx)
        data = decoded(ctx.data) if ctx.data else None
        position = ctx.stream_position
        if data and "snapshot" in data:
            assert not ctx.recovered
            rest = self.table.rest(data["next"]) if data["next"] is not None else []
            self.copy.begin(data["snapshot"] + rest, position.epoch, position.offset)

    async def on_publication(self, ctx):
        await super().on_publication(ctx)
        pub = ctx.pub
        self.copy.take({"offset": pub.offset, "data": decoded(pub.data), "tags": pub.tags or {}})


@pytest.mark.parametrize("use_protobuf", [False, True], ids=["json", "protobuf"])
def test_the_centrifuge_client_follows_a_table(server, use_protobuf):
    rows = Rows(server.url, "prices")
    for number in range(400):
        rows.put(f"k{number:03}", number)

    async def main():
        follower = Follower(rows)
        one = client(server, use_protobuf=use_protobuf)
        await one.connect()
        await one.ready()
        subscription = one.new_subscription(
            "prices", events=follower, data=encoded({"table": True}, use_protobuf)
        )
        await subscription.subscribe()
        await subscription.ready()
        rows.put("k001", "new")
        rows.delete("k399")
        await follower.wait_for(lambda: len(follower.of("publication")) == 2)
        assert follower.copy.rows == rows.all()
        # The connection breaks; the client comes back by itself and has missed this.
        one._conn.transport.abort()
        rows.put("k002", "newer")
        await follower.wait_for(lambda: len(follower.of("publication")) == 3)
        assert follower.copy.rows == rows.all() and follower.copy.snapshots == 1
        await one.disconnect()

    run(main)


# MARK: Everything at once


class Writer(threading.Thread):
    """Changes rows at random until it is told to stop."""

    def __init__(self, url, topic, seed):
        super().__init__(daemon=True)
        self.chance, self.rows = random.Random(seed), Rows(url, topic)
        self.stopped, self.count, self.failure = threading.Event(), 0, None

    def run(self):
        try:
            while not self.stopped.is_set():
                key = f"k{self.chance.randrange(450)}"
                if self.chance.random() < 0.3:
                    answer = self.rows.delete(key)
                    assert answer.status_code in (200, 404), answer.text
                else:
                    answer = self.rows.put(key, self.chance.random())
                    assert answer.status_code in (200, 201), answer.text
                self.count += 1
        except BaseException as error:
            self.failure = error


class Goal:
    """The offset up to which a table is followed, once the writers have stopped."""

    def __init__(self):
        self.offset, self.given_up = None, False

    def is_reached(self, offset):
        if self.given_up:
            raise AssertionError(f"given up at {offset}")
        return self.offset is not None and offset is not None and offset >= self.offset


def follow_web_socket(server, topic, chance, goal):
    """Follows a table and is cut off now and then; answers its copy at the end."""
    rows, copy = Rows(server.url, topic), Copy()
    while not goal.is_reached(copy.offset):
        one = RawCentrifuge(server.port)
        try:
            subscribe(one, copy, rows, topic)
            for _ in range(chance.randrange(1, 400)):
                if goal.is_reached(copy.offset):
                    break
                push = one.next_push(0.5)
                if "unsubscribe" in push:
                    # The log has moved on without it.
                    assert push["unsubscribe"]["code"] == 2500
                    break
                copy.take(push["pub"])
        except TimeoutError:
            pass
        finally:
            one.cut()
    return copy


def follow_stream(server, topic, chance, goal):
    """Follows a table by an event stream and is cut off now and then."""
    copy = StreamedCopy()
    parameters = {"topic": topic, "table": "true"}
    with httpx.Client(timeout=httpx.Timeout(10, read=0.5)) as http:
        while not goal.is_reached(copy.offset):
            headers = {"Last-Event-ID": copy.last_id} if copy.last_id else {}
            left = chance.randrange(1, 400)
            try:
                with httpx_sse.connect_sse(
                    http, "GET", f"{server.url}/v1/events", params=parameters, headers=headers
                ) as stream:
                    for event in stream.iter_sse():
                        copy.take(event)
                        left -= 1
                        if goal.is_reached(copy.offset) or (left < 0 and copy.is_live):
                            break
            except httpx.TimeoutException:
                pass
    return copy


@pytest.mark.parametrize("topic, durable", [("prices", False), ("short", False), ("prices", True)])
def test_rows_and_changes_under_writing_are_the_table(start_server, topic, durable):
    options = ("--data", "data", "--durable", f"{topic}=normal") if durable else ()
    server = start_server(*options, config=TABLES)
    writers = [Writer(server.url, topic, SEED * 100 + number) for number in range(3)]
    rows, goal = Rows(server.url, topic), Goal()
    rows.put("first", 0)
    for writer in writers:
        writer.start()
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        follow = [follow_web_socket] * 3 + [follow_stream] * 2
        chances = [random.Random(SEED * 7 + number) for number in range(len(follow))]
        tasks = [pool.submit(each, server, topic, chance, goal) for each, chance in zip(follow, chances)]
        try:
            wait_until(lambda: all(writer.count >= 700 or writer.failure for writer in writers), "the writers", 90)
            for writer in writers:
                writer.stopped.set()
                writer.join()
                assert writer.failure is None, writer.failure
            goal.offset = rows.page(limit=1)["offset"]
            for copy in [task.result(60) for task in tasks]:
                assert copy.rows == rows.all()
                assert copy.snapshots >= 1
        finally:
            goal.given_up = goal.offset is None
            for writer in writers:
                writer.stopped.set()


def test_an_event_stream_begins_with_rows(server):
    rows, copy = Rows(server.url, "prices"), StreamedCopy()
    for number in range(250):
        rows.put(f"k{number}", {"n": number})
    with httpx.Client(timeout=10) as http:
        parameters = {"topic": "prices", "table": "true"}
        with httpx_sse.connect_sse(http, "GET", f"{server.url}/v1/events", params=parameters) as stream:
            events = stream.iter_sse()
            while not copy.is_live:
                copy.take(next(events))
            assert copy.rows == rows.all()
            rows.delete("k7")
            copy.take(next(events))
            assert copy.rows == rows.all()
        rows.put("k8", "missed")
        headers = {"Last-Event-ID": copy.last_id}
        with httpx_sse.connect_sse(
            http, "GET", f"{server.url}/v1/events", params=parameters, headers=headers
        ) as stream:
            copy.take(next(stream.iter_sse()))
    assert copy.rows == rows.all() and copy.snapshots == 1


# MARK: Restarts


def test_a_durable_table_is_right_after_it_was_killed(start_server):
    """What was acknowledged is there; of what was not, each row is as before or after."""
    config = {"topics": {"prices": {"table": True, "maximumCount": 100}}}
    server = start_server("--data", "data", "--durable", "prices", config=config)
    chance, known = random.Random(SEED), {}
    follower = Copy()
    for _ in range(4):
        sent, answered, lock = {}, threading.Event(), threading.Lock()

        def write(part):
            rows = Rows(server.url, "prices")
            own = random.Random(SEED * 31 + part)
            number = 0
            while True:
                key = f"k{part}-{own.randrange(60)}"
                value = None if own.random() < 0.3 else [part, number]
                number += 1
                with lock:
                    sent.setdefault(key, [known.get(key)]).append(value)
                try:
                    answer = rows.delete(key) if value is None else rows.put(key, value)
                except httpx.HTTPError:
                    return
                if answer.status_code not in (200, 201, 404):
                    return
                with lock:
                    # From here on an older value would be lost.
                    sent[key] = [value]
                if number > 40:
                    answered.set()

        threads = [threading.Thread(target=write, args=(part,), daemon=True) for part in range(4)]
        for thread in threads:
            thread.start()
        one = RawCentrifuge(server.port)
        subscribe(one, follower, Rows(server.url, "prices"))
        assert answered.wait(60)
        time.sleep(chance.random() * 0.2)
        server.kill()
        for thread in threads:
            thread.join(30)
        try:
            while True:
                follower.take(one.next_publication("prices", 2))
        except (Closed, TimeoutError, OSError):
            pass
        server.start()
        rows = Rows(server.url, "prices")
        found = rows.all()
        for key in set(known) | set(sent) | set(found):
            allowed = sent.get(key, [known.get(key)])
            assert found.get(key) in allowed, f"{key}: {found.get(key)}, expected one of {allowed}"
        # Who comes back goes on where it was, or gets the rows anew; never a mixture.
        two = RawCentrifuge(server.port)
        subscribe(two, follower, rows)
        assert follower.rows == found
        two.cut()
        known = found


FIRST_EVENTS = {
    "an event": lambda http: http.post("/v1/topics/prices/events", json={"n": 1}, headers={"ce-subject": "a"}),
    "events": lambda http: http.post(
        "/v1/topics/prices/events",
        content='{"specversion":"1.0","type":"t","source":"/s","id":"1","subject":"a","data":{"n":1}}',
        headers={"Content-Type": "application/cloudevents+json"},
    ),
    "the server API": lambda http: http.post(
        "/api/publish", json={"channel": "prices", "data": {"n": 1}, "tags": {"subject": "a"}}
    ),
    "a row": lambda http: http.put("/v1/tables/prices/a", json={"n": 1}),
}


@pytest.mark.parametrize("way", FIRST_EVENTS)
def test_a_durable_table_has_what_came_before_anybody_read_it(start_server, way):
    config = {"topics": {"prices": {"table": True, "maximumCount": 2}}}
    server = start_server("--data", "data", "--durable", "prices", config=config)
    http = API(server.url).http
    answer = FIRST_EVENTS[way](http)
    assert answer.status_code in (200, 201) and "error" not in answer.json(), answer.text
    # The log keeps no more of it.
    for number in range(3):
        later = http.post("/v1/topics/prices/events", json=number, headers={"ce-subject": "b"})
        assert later.status_code == 200, later.text
    server.kill()
    server.start()
    for _ in range(2):
        assert Rows(server.url, "prices").all() == {"a": {"n": 1}, "b": 2}
        assert server.terminate() == 0
        server.start()


def test_a_volatile_table_begins_anew(start_server):
    server = start_server(config=TABLES)
    rows, copy = Rows(server.url, "prices"), Copy()
    rows.put("a", 1)
    one = RawCentrifuge(server.port)
    subscribe(one, copy, rows)
    one.cut()
    server.kill()
    server.start()
    rows = Rows(server.url, "prices")
    rows.put("b", 2)
    subscribe(RawCentrifuge(server.port), copy, rows)
    assert copy.rows == {"b": 2} and copy.snapshots == 2


# MARK: Grants


@pytest.fixture
def guarded(start_server, tmp_path):
    topics = {
        "own:*": {"table": True},
        "seen:*": {"table": True, "allow": {"users": ["sub"]}},
        "set:*": {"table": True, "allow": {"users": ["pub"]}},
        "open:*": {"table": True, "allow": {"users": ["sub", "pub", "hst"]}},
    }
    server = start_server(config=configuration(tmp_path, topics=topics))
    for topic in ["own:1", "seen:1", "set:1", "open:1", "user:#bob"]:
        if topic != "user:#bob":
            assert Rows(server.url, topic, {"X-API-Key": API_KEY}).put("secret", "row").status_code == 201
    return server


@pytest.mark.parametrize("topic", ["own:1", "seen:1", "set:1"])
def test_no_row_is_read_without_the_grant(guarded, topic):
    for headers, status in [({"Authorization": f"Bearer {token('ada')}"}, 403), ({}, 401)]:
        rows = Rows(guarded.url, topic, headers)
        answers = [
            rows.http.get(rows.path),
            rows.get("secret"),
            rows.get("secret", **{"If-None-Match": "*"}),
            rows.http.head(rows.row_path("secret")),
            rows.http.get("/v1/events", params={"topic": topic, "table": "true"}),
        ]
        for answer in answers:
            assert answer.status_code == status and "row" not in answer.text.replace("rows", ""), answer.text


@pytest.mark.parametrize("topic", ["own:1", "seen:1", "set:1"])
def test_no_row_comes_with_a_subscription_without_the_grant(guarded, topic):
    one = RawCentrifuge(guarded.port, connect=False)
    one._id = 1
    one.send({"id": 1, "connect": {"token": token("ada")}})
    assert "connect" in one.reply_to(1)
    for more in [{}, {"recover": True, "epoch": "", "offset": 0}]:
        error = one.ask("subscribe", {"channel": topic, "data": {"table": True}, **more})["error"]
        assert error["code"] == 103


def test_no_row_is_set_without_the_grant_and_none_is_told_to_who_may_only_set(guarded):
    bearer = {"Authorization": f"Bearer {token('ada')}"}
    for topic in ["own:1", "seen:1"]:
        rows = Rows(guarded.url, topic, bearer)
        assert rows.put("secret", 2).status_code == 403
        assert rows.delete("secret").status_code == 403
    rows = Rows(guarded.url, "set:1", bearer)
    refused = rows.put("secret", 2, **{"If-None-Match": "*"})
    assert refused.status_code == 412 and "etag" not in refused.headers
    assert rows.put("secret", 2).status_code == 200
    allowed = Rows(guarded.url, "open:1", bearer)
    assert allowed.put("secret", 2, **{"If-None-Match": "*"}).headers["etag"]
    assert allowed.all() == {"secret": "row"}
