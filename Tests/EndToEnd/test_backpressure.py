# SPDX-License-Identifier: Apache-2.0
"""Subscribers that stop reading cost no memory and hold nobody back; a million events pass."""

import json
import time

import pytest

from support import streams
from support.process import wait_until
from support.sockets import Closed, RawCentrifuge

pytestmark = pytest.mark.load

TOPIC = "flood"
WARM_UP_COUNT = 20_000  # a little more than a volatile topic keeps: its ring is full
EVENT_COUNT = WARM_UP_COUNT + 1_000_000
CHUNK_COUNT = 1_000
MOST_AHEAD = 8_000  # half of what a volatile topic keeps, so that who reads is never overrun
GROWTH_BYTES = 32 << 20
PONG_SECONDS = 8  # the first ping comes at a random part of its interval
PROPER_CLOSE_CODES = {3008, 3010, 3012}


class Publisher:
    """Publishes numbered events no faster than the readers take them."""

    def __init__(self, api, readers):
        self.api, self.readers, self.count = api, readers, 0

    def publish_up_to(self, count, after_chunk=lambda: None):
        while self.count < count:
            wait_until(self._have_caught_up, self._progress, 60)
            chunk = range(self.count + 1, self.count + CHUNK_COUNT + 1)
            lines = (json.dumps({"n": n, "note": "seen by all who read"}) for n in chunk)
            answer = self.api.publish_lines(TOPIC, lines)
            assert answer["accepted"] == CHUNK_COUNT, answer
            self.count += CHUNK_COUNT
            after_chunk()

    def _have_caught_up(self):
        for reader in self.readers:
            fault = reader.fault()
            assert not fault, f"the {reader.name} reader, {self.count} published: {fault}"
        return min(reader.progress for reader in self.readers) > self.count - MOST_AHEAD

    def _progress(self):
        return f"{self.count} published, read: { {r.name: r.progress for r in self.readers} }"


@pytest.fixture
def readers(server):
    started = [
        streams.CheckedReader("WebSocket", streams.read_web_socket, server.port, TOPIC, EVENT_COUNT),
        streams.CheckedReader("SSE", streams.read_event_stream, server.port, TOPIC, EVENT_COUNT),
    ]
    yield started
    for reader in started:
        reader.close()


def stalled_subscriber(server, data):
    """Subscribes, and reads nothing after the reply."""
    client = RawCentrifuge(server.port, receive_buffer_bytes=1 << 16)
    client.request("subscribe", {"channel": TOPIC, "data": data})
    return client


def read_again(client, first_offset):
    """Reads on after the stall; returns how the loss was told, having checked all before it."""
    expected = first_offset
    try:
        while True:
            push = client.next_push(seconds=20)
            if "pub" not in push:
                return push
            publication = push["pub"]
            gap = (publication.get("tags") or {}).get("weir-gap")
            if gap:
                first, last = map(int, gap.split("-"))
                return {"gap": (first, last), "at": expected, "offset": publication["offset"]}
            assert publication["offset"] == expected, f"a silent hole: expected {expected}, got {publication}"
            expected += 1
    except Closed as closed:
        return {"closed": closed.code, "at": expected, "reason": closed.reason}


def assert_told(told, client, stalled_seconds):
    """The stalled one learnt its gap, its lost subscription, or why it was closed."""
    if "gap" in told:
        first, last = told["gap"]
        assert first == told["at"] and last == told["offset"], f"the gap does not fit: {told}"
        assert client.next_publication(TOPIC)["offset"] == last + 1, f"after {told}"
    elif "unsubscribe" in told:
        assert told["unsubscribe"]["code"] == 2500, told
    elif "disconnect" in told:
        assert told["disconnect"]["code"] in PROPER_CLOSE_CODES, told
    elif told["closed"] is None:
        # No close frame fits into a full connection: only a lost pong may end it so.
        assert stalled_seconds > PONG_SECONDS, f"ended after {stalled_seconds:.0f} s without a word: {told}"
    else:
        assert told["closed"] in PROPER_CLOSE_CODES, told


def test_a_million_events_pass_two_subscribers_that_never_read(server, api, readers):
    for reader in readers:
        reader.wait_until_ready()
    publisher = Publisher(api, readers)
    publisher.publish_up_to(WARM_UP_COUNT)
    stalled = [stalled_subscriber(server, data) for data in ({}, {"gaps": True})]
    started = time.monotonic()
    before = peak = server.rss_bytes()

    def watch_memory():
        nonlocal peak
        peak = max(peak, server.rss_bytes())
        assert peak - before <= GROWTH_BYTES, (
            f"{(peak - before) / (1 << 20):.1f} MiB more after {publisher.count} events"
        )

    publisher.publish_up_to(EVENT_COUNT, after_chunk=watch_memory)
    for reader in readers:
        assert reader.join() is None, f"the {reader.name} reader failed"
        assert reader.progress == EVENT_COUNT, reader.name
    watch_memory()
    seconds = time.monotonic() - started
    print(f"{EVENT_COUNT / seconds:,.0f} events/s, {(peak - before) / (1 << 20):.1f} MiB more at most")
    for client in stalled:
        told = read_again(client, WARM_UP_COUNT + 1)
        print(f"told after {seconds:.0f} s: {told}")
        assert_told(told, client, seconds)
        client.cut()
