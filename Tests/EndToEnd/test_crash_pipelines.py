# SPDX-License-Identifier: Apache-2.0
"""Pipelines with durable input and output write, across crashes, what an uninterrupted run writes.

WEIR_CRASHES is how often the server is killed, 20 by default, a quarter of them for each case.
"""

import concurrent.futures
import operator
import os
import random
import sqlite3
import time
from functools import partial

import httpx
import pytest

from support.api import API, checked
from support.compare import assert_same_sequence
from support.facts import milliseconds
from support.followers import KINDS, Follower, start_all
from support.process import wait_until
from support.requests import made_up_requests, newest_time

CRASH_COUNT = max(2, int(os.environ.get("WEIR_CRASHES", 20)) // 4)
SEED = int(os.environ.get("WEIR_SEED", 1))
DURABLE = ("--data", "data", "--durable", "access", "--durable", "requests.*")
# What is written, and how far its last window reaches beyond the newest request's grid of ten seconds.
OUTPUTS = {"requests.rate": 10, "requests.top": 60, "requests.visitors": 10}
BATCH_COUNT, BATCH_SIZE = 120, 25
# The batches after which each output has begun: enough for a minute of requests.
FIRST_COUNT = 10
SECONDS = 120


def config_with(lateness):
    return {"pipelines": {"watermarkBound": "5s", "lateness": lateness}}


class Input:
    """The batches of a run, each published with its key until it is acknowledged."""

    def __init__(self, server, requests):
        self.server = server
        self.published_count = 0
        self._batches = [requests[start : start + BATCH_SIZE] for start in range(0, len(requests), BATCH_SIZE)]
        self._client = httpx.Client(timeout=60)
        self._next_offset = 1

    def publish(self):
        """Publishes the next batch."""
        number = self.published_count
        key = {"Content-Type": "application/cloudevents-batch+json", "Idempotency-Key": f"batch {number}"}
        receipt = self._until_answered("events", json=self._batches[number], headers=key)
        assert receipt["firstOffset"] == self._next_offset, f"batch {number} is not stored once: {receipt}"
        self._next_offset = receipt["lastOffset"] + 1
        self.published_count += 1

    def publish_all(self):
        while self.published_count < BATCH_COUNT:
            self.publish()
        self._until_answered("end")

    def _until_answered(self, what, **options):
        while True:
            try:
                return checked(self._client.post(f"{self.server.url}/v1/topics/access/{what}", **options))
            except httpx.TransportError:
                time.sleep(0.02)


def output_of(api, topic):
    """What a reader of a topic sees of it, but for ids and the times that depend on the run."""
    return [{key: event[key] for key in ("offset", "type", "time", "data")} for event in api.history(topic)]


def newest_event(api, topic):
    """The last event of an output, or None."""
    last = checked(api.http.get(f"/v1/topics/{topic}"))["lastOffset"]
    return api.page(topic, last - 1)["events"][-1] if last else None


def has_ended(api, topic, newest):
    """Whether the window that reaches furthest has fired: it is the last."""
    last = (newest // 10_000) * 10_000 + OUTPUTS[topic] * 1000
    event = newest_event(api, topic)
    return event is not None and milliseconds(event["data"]["end"]) >= last


def outputs_when_ended(server, newest):
    api = API(server.url)
    for topic in OUTPUTS:
        wait_until(
            lambda: has_ended(api, topic, newest),
            lambda: f"the last window of {topic}: {newest_event(api, topic)}",
            SECONDS,
        )
    return {topic: output_of(api, topic) for topic in OUTPUTS}


class Epochs:
    """The life of each output, from the first event in it on."""

    def __init__(self, server):
        self.server = server
        self._known = {}

    def check(self):
        api = API(self.server.url)
        for topic in OUTPUTS:
            page = api.page(topic, limit=1)
            if page["events"]:
                known = self._known.setdefault(topic, page["epoch"])
                assert page["epoch"] == known, f"{topic} began another life: {known}, now {page['epoch']}"


def crash(server, chance):
    time.sleep(chance.random() * 0.1)
    server.kill()
    while chance.random() < 0.25:
        server.start_and_kill(chance.random() * 0.5)
    server.start()


def uninterrupted(start_server, requests, lateness):
    server = start_server(*DURABLE, config=config_with(lateness))
    Input(server, requests).publish_all()
    return outputs_when_ended(server, milliseconds(newest_time(requests).isoformat()))


def follow_outputs(server, expected):
    """Starts followers of each kind that read the outputs from their first event to the expected last."""
    followers = []
    for topic in OUTPUTS:
        page = wait_until(lambda: first_page(server, topic), f"an event in {topic}", SECONDS)
        for kind in KINDS:
            reader = kind(server, topic)
            reader.start_after(page["epoch"], 0)
            followers.append(Follower(reader, is_last=partial(operator.eq, expected[topic][-1]["data"])))
    return start_all(followers)


def first_page(server, topic):
    page = API(server.url).page(topic, limit=1)
    return page if page["events"] else None


def interrupted(server, requests, expected, chance):
    """Publishes the same; kills the server while it takes it, and while its pipelines still work."""
    source, epochs = Input(server, requests), Epochs(server)
    while source.published_count < FIRST_COUNT:
        source.publish()
    followers = follow_outputs(server, expected)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        publishing = pool.submit(source.publish_all)
        for moment in sorted(chance.choices(range(FIRST_COUNT, BATCH_COUNT), k=CRASH_COUNT - 1)):
            wait_until(
                lambda: source.published_count >= moment or publishing.done(), f"{moment} batches", SECONDS
            )
            epochs.check()
            crash(server, chance)
            epochs.check()
        publishing.result(SECONDS)
    crash(server, chance)
    for follower in followers:
        topic = follower.reader.topic
        assert_same_sequence(follower.finish(), [event["data"] for event in expected[topic]], follower.name)
    return epochs


@pytest.mark.parametrize(("lateness", "disorder_seconds"), [("0s", 4), ("0s", 20), ("20s", 60)])
def test_outputs_are_those_of_an_uninterrupted_run(start_server, lateness, disorder_seconds):
    requests = made_up_requests(BATCH_COUNT * BATCH_SIZE, SEED, disorder_seconds)
    expected = uninterrupted(start_server, requests, lateness)
    server = start_server(*DURABLE, config=config_with(lateness))
    epochs = interrupted(server, requests, expected, random.Random(f"{SEED} {lateness} {disorder_seconds}"))

    found = outputs_when_ended(server, milliseconds(newest_time(requests).isoformat()))
    for topic in OUTPUTS:
        assert_same_sequence(found[topic], expected[topic], topic)
    # Neither an orderly end nor a further crash adds anything.
    assert server.terminate() == 0
    server.start()
    server.restart()
    again = outputs_when_ended(server, milliseconds(newest_time(requests).isoformat()))
    for topic in OUTPUTS:
        assert_same_sequence(again[topic], expected[topic], f"{topic} after further restarts")
    epochs.check()


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_history_in_small_pages_is_whole_whatever_stands_between(start_server, limit):
    """Watermarks stand between the entries of an output, also before the first."""
    server = start_server(*DURABLE, config=config_with("0s"))
    source = Input(server, made_up_requests(BATCH_COUNT * BATCH_SIZE, SEED, 20))
    while source.published_count < FIRST_COUNT:
        source.publish()
    counters = API(server.url).wait_for_input("requests.rate", FIRST_COUNT * BATCH_SIZE)
    wait_until(lambda: API(server.url).topic_count("requests.rate") >= counters["out"], "all output", SECONDS)
    for _ in ("in memory", "on disk"):
        api = API(server.url)
        whole = api.history("requests.rate")
        assert whole and [event["offset"] for event in whole] == list(range(1, len(whole) + 1))
        assert_same_sequence(api.history("requests.rate", limit=limit), whole, f"pages of {limit}")
        server.restart()


def states_of(database):
    """All rows of the tables that hold the state of pipelines, by table."""
    names = database.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'state%'")
    return {name: database.execute(f"SELECT * FROM {name}").fetchall() for (name,) in names.fetchall()}


def put_back(database, states):
    for name, rows in states.items():
        database.execute(f"DELETE FROM {name}")
        for row in rows:
            database.execute(f"INSERT INTO {name} VALUES ({', '.join('?' * len(row))})", row)


def test_the_check_notices_state_older_than_the_output(start_server):
    """As if an output and the state after it were written in two transactions, and the second had failed."""
    requests = made_up_requests(BATCH_COUNT * BATCH_SIZE, SEED, 4)
    expected = uninterrupted(start_server, requests, "0s")
    server = start_server(*DURABLE, config=config_with("0s"))
    source, older = Input(server, requests), {}
    for moment in (BATCH_COUNT // 3, BATCH_COUNT // 2):
        while source.published_count < moment:
            source.publish()
        assert server.terminate() == 0
        with sqlite3.connect(server.directory / "data/weir.db") as database:
            if older:
                put_back(database, older)
            older = states_of(database)
            assert any(older.values()), "no pipeline has stored its state"
        database.close()
        server.start()
    source.publish_all()
    found = outputs_when_ended(server, milliseconds(newest_time(requests).isoformat()))
    for topic in OUTPUTS:
        with pytest.raises(AssertionError, match=topic):
            assert_same_sequence(found[topic], expected[topic], topic)
