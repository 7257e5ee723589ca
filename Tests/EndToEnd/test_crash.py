# SPDX-License-Identifier: Apache-2.0
"""A server that is killed again and again, while clients publish and read, loses and doubles nothing.

WEIR_CRASHES is how often it is killed, 20 by default.
"""

import concurrent.futures
import itertools
import os
import random
import sqlite3
import threading
import time

import httpx
import pytest

from support.api import API, checked
from support.compare import assert_same_sequence
from support.followers import follow
from support.ledger import CheckedLog, Ledger, batch_data, check_whole
from support.process import wait_until
from support.publishers import HTTPPublisher, WebSocketPublisher, stop_all

CRASH_COUNT = int(os.environ.get("WEIR_CRASHES", 20))
SEED = int(os.environ.get("WEIR_SEED", 1))
DURABLE = ("--data", "data", "--durable", "full*", "--durable", "normal*=normal")
TOPIC_BITS = 44
KEPT_COUNT = 2_000


@pytest.fixture
def durable_server(start_server):
    return start_server(*DURABLE)


def announce(server, ledger, by):
    """Publishes one event outside of the publishers: the first and the last of a run."""
    ledger.note_sent(by, 1, 1)
    receipt = API(server.url).publish(ledger.topic, batch_data(by, 1, 1))
    ledger.note_acknowledged(by, 1, 1, receipt)


def publishers_of(server, full, normal):
    return [
        HTTPPublisher(server, full, "json", keyed=True, seed=SEED),
        HTTPPublisher(server, full, "array", keyed=True, seed=SEED, pause_seconds=0.05),
        HTTPPublisher(server, full, "array", seed=SEED, pause_seconds=0.05),
        HTTPPublisher(server, full, "ndjson", seed=SEED, pause_seconds=0.2),
        WebSocketPublisher(server, full, seed=SEED, pause_seconds=0.05),
        HTTPPublisher(server, normal, "array", keyed=True, seed=SEED, pause_seconds=0.05),
        HTTPPublisher(server, normal, "ndjson", seed=SEED, pause_seconds=0.2),
        WebSocketPublisher(server, normal, seed=SEED, pause_seconds=0.05),
    ]


def crash(server, chance, ledgers):
    """Kills the server at a random moment under load, sometimes once more while it starts."""
    for ledger in ledgers:
        wanted = ledger.acknowledged_count + chance.randint(0, 30)
        wait_until(lambda: ledger.acknowledged_count >= wanted, f"{wanted} acknowledgements", 60)
    time.sleep(chance.random() * 0.05)
    server.kill()
    while chance.random() < 0.25:
        server.start_and_kill(chance.random() * 0.3)
    server.start()


def check_file(server, ledgers):
    """What a stopped server left on disk: whole, in order, and each key once."""
    with sqlite3.connect(f"file:{server.directory}/data/weir.db?mode=ro", uri=True) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        for ledger in ledgers:
            (topic,) = database.execute("SELECT id FROM topics WHERE name = ?", [ledger.topic]).fetchone()
            bounds = (topic << TOPIC_BITS, (topic + 1) << TOPIC_BITS)
            rows = database.execute(
                "SELECT id - ?, appended, position FROM entries WHERE id >= ? AND id < ? ORDER BY id",
                [bounds[0], *bounds],
            ).fetchall()
            assert [row[0] for row in rows] == list(range(1, len(rows) + 1)), f"offsets of {ledger.topic}"
            for column, name in ((1, "appended"), (2, "position")):
                values = [row[column] for row in rows]
                assert values == sorted(values), f"{name} of {ledger.topic} decreases"
            check_keys(database, topic, ledger)
    database.close()


def check_keys(database, topic, ledger):
    stored = database.execute("SELECT key, first_offset, count FROM keys WHERE topic = ?", [topic]).fetchall()
    keys = {key: (first, count) for key, first, count in stored}
    assert len(keys) == len(stored), f"a key of {ledger.topic} is stored twice"
    for told in ledger.acknowledgements():
        if told.by.endswith("-keyed"):
            found = keys.get(f"{told.by} {told.batch}")
            assert found == (told.first, told.count), f"{ledger.topic}: {told} is stored as {found}"


def test_nothing_acknowledged_is_lost_or_doubled_by_crashes(durable_server):
    server, chance = durable_server, random.Random(SEED)
    ledgers = [Ledger("full-orders"), Ledger("normal-orders")]
    for ledger in ledgers:
        announce(server, ledger, "begin")
    # From here on they go by what they have seen.
    followers = follow(server, *(ledger.topic for ledger in ledgers))
    publishers = publishers_of(server, *ledgers)
    for publisher in publishers:
        publisher.start()

    logs = [CheckedLog(ledger) for ledger in ledgers]
    for number in range(CRASH_COUNT):
        crash(server, chance, ledgers)
        for log in logs:
            log.read_on(API(server.url))
        for thread in (*publishers, *followers):
            thread.check()
    stop_all(publishers)
    for ledger in ledgers:
        announce(server, ledger, "end")

    api = API(server.url)
    for log in logs:
        whole = check_whole(log.ledger, api)
        assert_same_sequence(whole.events[: len(log.events)], log.events, f"{log.ledger.topic} as it was read before")
        log.events = whole.events
    for follower in followers:
        seen = follower.finish()
        log = next(log for log in logs if log.ledger.topic == follower.reader.topic)
        # It has subscribed after the first event.
        expected = [event["data"] for event in log.events[1:]]
        assert_same_sequence(seen, expected, follower.name)
        assert follower.openings > CRASH_COUNT / 2, f"{follower.name} was cut off {follower.openings} times"
    assert server.terminate() == 0
    check_file(server, ledgers)


def test_topics_that_a_crash_finds_in_the_making_are_there_or_not(durable_server):
    """Each publish makes a topic; what was acknowledged of it, its epoch too, holds after a crash."""
    server, chance = durable_server, random.Random(SEED)
    told, is_stopped = {}, threading.Event()

    def make_topics():
        client, number = httpx.Client(timeout=60), 0
        while not is_stopped.is_set():
            number += 1
            kind = chance.choice(["full", "normal"])
            try:
                receipt = checked(client.post(f"{server.url}/v1/topics/{kind}-{number}/events", json={"n": number}))
                told[receipt["topic"]] = (receipt["epoch"], receipt["firstOffset"], number)
            except httpx.TransportError:
                time.sleep(0.02)

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        making = pool.submit(make_topics)
        for _ in range(max(2, CRASH_COUNT // 4)):
            wanted = len(told) + chance.randint(1, 30)
            wait_until(lambda: len(told) >= wanted or making.done(), f"{wanted} topics", 60)
            time.sleep(chance.random() * 0.02)
            server.restart()
        is_stopped.set()
        making.result(60)
    api = API(server.url)
    found = {topic: api.page(topic) for topic in told}
    for topic, (epoch, offset, number) in told.items():
        page = found[topic]
        assert page["epoch"] == epoch, f"the epoch of {topic} was {epoch}: {page}"
        assert [(event["offset"], event["data"]["n"]) for event in page["events"]] == [(offset, number)], page


def check_retained(ledger, api):
    """What retention has left: all that stands behind what it has deleted, and no more than it may keep."""
    deleted = state(api, ledger)["firstOffset"] - 1
    # From 0 on history begins with the oldest that is kept; from elsewhere it tells what is gone.
    assert api.page(ledger.topic, after=1)["gap"] == {"from": 2, "to": deleted}
    log = CheckedLog(ledger)
    log.begin_after(deleted)
    log.take(api.history(ledger.topic))
    log.settle(ledger.acknowledgements())
    assert KEPT_COUNT <= len(log.events) <= KEPT_COUNT + KEPT_COUNT // 8, len(log.events)
    return log


def test_retention_that_a_crash_interrupts_leaves_no_hole(start_server):
    rules = {"full*": {"synchronous": "full", "maximumCount": KEPT_COUNT}}
    server = start_server("--data", "data", config={"durable": rules})
    ledger, chance = Ledger("full-short"), random.Random(SEED)
    for number in range(max(2, CRASH_COUNT // 4)):
        publishers = [
            HTTPPublisher(server, ledger, form, keyed, label=f"{number} ", seed=SEED)
            for form, keyed in (("array", True), ("array", False), ("ndjson", False))
        ]
        for publisher in publishers:
            publisher.start()
        wanted = ledger.acknowledged_count + chance.randint(50, 100)
        wait_until(lambda: ledger.acknowledged_count >= wanted, f"{wanted} acknowledgements", 60)
        time.sleep(chance.random() * 0.05)
        server.kill()
        stop_all(publishers)
        server.start()
        api = API(server.url)
        turns = itertools.count()
        # Deleting goes on in small steps; how far it is, each publish tells.
        wait_until(
            lambda: announce(server, ledger, f"{number} after {next(turns)}") or is_trimmed(api, ledger),
            lambda: f"no more than retained: {state(api, ledger)}",
            60,
        )
        check_retained(ledger, api)
    assert server.terminate() == 0


def test_a_topic_that_is_to_keep_less_does_so_from_the_start_on(start_server):
    ledger = Ledger("full-short")
    server = start_server(*DURABLE)
    for number in range(2 * KEPT_COUNT // 1_000):
        ledger.note_sent("one", number, 1_000)
        receipt = API(server.url).publish(ledger.topic, batch_data("one", number, 1_000))
        ledger.note_acknowledged("one", number, 1_000, receipt)
    assert server.terminate() == 0
    rules = {"full*": {"synchronous": "full", "maximumCount": KEPT_COUNT}}
    other = start_server("--data", server.directory / "data", config={"durable": rules})
    api = API(other.url)
    # What stands on disk, and not what was told with the last publish.
    wait_until(
        lambda: api.page(ledger.topic, after=1, limit=1).get("gap"),
        lambda: f"the oldest are deleted: {state(api, ledger)}",
        30,
    )
    announce(other, ledger, "end")
    wait_until(lambda: is_trimmed(api, ledger), lambda: f"no more than retained: {state(api, ledger)}", 30)
    check_retained(ledger, api)


def state(api, ledger):
    return checked(api.http.get(f"/v1/topics/{ledger.topic}"))


def is_trimmed(api, ledger):
    return state(api, ledger)["count"] <= KEPT_COUNT + KEPT_COUNT // 8


# What the check itself is worth: each of these is a fault that it must name.


def log_of(count=6):
    """A ledger and a log that agree."""
    ledger = Ledger("full-planted")
    events = []
    for batch in range(1, count + 1):
        ledger.note_sent("one", batch, 1)
        receipt = {"epoch": "e", "firstOffset": batch, "lastOffset": batch, "accepted": 1}
        ledger.note_acknowledged("one", batch, 1, receipt)
        events.append({"offset": batch, "time": f"2026-01-01T10:00:0{batch}Z", "data": batch_data("one", batch, 1)[0]})
    return ledger, events


def lose_the_last(events):
    events.pop()


def lose_one(events):
    del events[2]


def lose_one_and_close_the_hole(events):
    lose_one(events)
    for offset, event in enumerate(events, 1):
        event["offset"] = offset


def double_one(events):
    events.append({**events[2], "offset": len(events) + 1, "time": events[-1]["time"]})


def swap_two(events):
    events[2]["data"], events[3]["data"] = events[3]["data"], events[2]["data"]


def go_back_in_time(events):
    events[3]["time"] = "2026-01-01T09:00:00Z"


def add_a_foreign_one(events):
    events[-1]["data"] = batch_data("nobody", 1, 1)[0]


@pytest.mark.parametrize(
    ("plant", "words"),
    [
        (lose_the_last, "not there"),
        (lose_one, "a hole"),
        (lose_one_and_close_the_hole, "not there"),
        (double_one, "twice"),
        (swap_two, "not where"),
        (go_back_in_time, "goes back"),
        (add_a_foreign_one, "nobody sent"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_the_check_notices(plant, words):
    ledger, events = log_of()
    plant(events)
    log = CheckedLog(ledger)
    with pytest.raises(AssertionError, match=words):
        log.take(events)
        log.settle(ledger.acknowledgements())


def test_the_check_passes_what_is_right():
    ledger, events = log_of()
    log = CheckedLog(ledger)
    log.take(events)
    log.settle(ledger.acknowledgements())


@pytest.mark.parametrize("offset", [20, 30], ids=["in the middle", "the last"])
def test_the_check_notices_a_row_deleted_on_disk(durable_server, offset):
    server, ledger = durable_server, Ledger("full-planted")
    for batch in range(1, 4):
        ledger.note_sent("one", batch, 10)
        receipt = API(server.url).publish(ledger.topic, batch_data("one", batch, 10))
        ledger.note_acknowledged("one", batch, 10, receipt)
    check_whole(ledger, API(server.url))
    assert server.terminate() == 0
    with sqlite3.connect(server.directory / "data/weir.db") as database:
        (topic,) = database.execute("SELECT id FROM topics WHERE name = ?", [ledger.topic]).fetchone()
        database.execute("DELETE FROM entries WHERE id = ?", [(topic << TOPIC_BITS) + offset])
    database.close()
    server.start()
    with pytest.raises(AssertionError, match="lacks|not there|a hole|the epoch"):
        check_whole(ledger, API(server.url))
