# SPDX-License-Identifier: Apache-2.0
"""Replay of many events to one reader: those that memory has lost from the disk, beside those it holds.

Both topics are stored, and differ only in how much memory keeps. A WebSocket client gets all of them by
falling behind: it subscribes, reads nothing while they are published, and then reads on. An event stream
begins at offset 0.
"""

import re
import shutil
import socket
import threading
import time

import clients
from startup import forget
from statistic import Ratio

# By what memory keeps.
TOPICS = ("ring", "disk")
NUMBER = re.compile(rb'"n":"(\d{8})"')
EPOCH = re.compile(rb'"epoch":"(\w+)"')
RECEIVE_BYTES, NARROW_BYTES, TAIL_BYTES = 1 << 20, 64 << 10, 512
PATIENCE_SECONDS, PONG_SECONDS = 60, 1


def replay(bench):
    """A WebSocket and an event stream, from both topics, in an order that changes."""
    events = bench.size(1_000_000, 60_000)
    body = b"".join(make_line(number) for number in range(events))
    wanted = b"".join(b"%08d" % number for number in range(events))
    taken = {(kind, topic): [] for kind in ("WebSocket", "event stream") for topic in TOPICS}
    taken["event stream", "cold"] = []
    for number in range(bench.arguments.pairs):
        one_round(bench, events, body, wanted, taken)
        bench.say(f"    round {number + 1} of {bench.arguments.pairs}")
    speeds = {name: [events / seconds for seconds in found] for name, found in taken.items()}
    for kind, topic, cached in (
        ("WebSocket", "disk", ""), ("event stream", "disk", ""),
        ("event stream", "cold", ", nothing of them cached"),
    ):  # fmt: skip
        ratio = Ratio(speeds[kind, topic], speeds[kind, "ring"])
        words = f"{events:,} events from the disk to one {kind}{cached}"
        bench.add(ratio.row(words, "/s", "from memory", least=0.333))


def make_line(number):
    return b'{"n":"%08d","pad":"' % number + b"x" * 99 + b'"}\n'


def one_round(bench, events, body, wanted, taken):
    place = bench.path("replay")
    kept = {"maximumCount": events + 100_000, "maximumBytes": 2 << 30}
    server = bench.start_weir(
        "weir that replays", data=str(place), durable={"*": "normal"}, topics={"ring": kept}
    )
    order = bench.draw.sample(TOPICS, 2)
    readers = {topic: PausedWebSocket(server.port, topic) for topic in order}
    for topic in order:
        publish(server.port, topic, body, events)
    for topic in order:
        taken["WebSocket", topic].append(readers[topic].read(events, wanted))
    for topic in bench.draw.sample(TOPICS, 2):
        taken["event stream", topic].append(read_stream(server.port, topic, events, wanted))
    forget(place)
    taken["event stream", "cold"].append(read_stream(server.port, "disk", events, wanted))
    server.stop()
    shutil.rmtree(place)


def publish(port, topic, body, events):
    head = f"POST /v1/topics/{topic}/events HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-ndjson\r\n"
    with clients.connect(port) as connection:
        connection.settimeout(600)
        connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        answer = clients.read_until(connection, b'"accepted"')
    if b"HTTP/1.1 200 " not in answer or f'"lastOffset":{events}'.encode() not in answer:
        raise SystemExit(f"error: not all events were accepted: {answer[-300:]!r}")


class PausedWebSocket:
    """A subscriber that reads nothing for a while, and yet shows that it lives."""

    def __init__(self, port, topic):
        self.connection = socket.socket()
        # Little is to be on its way already when it reads on.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, NARROW_BYTES)
        self.connection.settimeout(PATIENCE_SECONDS)
        self.connection.connect(("127.0.0.1", port))
        clients.subscribe(self.connection, topic)
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self._answer, daemon=True)
        self.thread.start()

    def _answer(self):
        while not self.is_over.wait(PONG_SECONDS):
            self.connection.sendall(clients.PONG)

    def read(self, events, wanted):
        """Reads all; answers how long that took."""
        # The kernel gives twice what is asked for, at most.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
        pieces, seconds = receive(self.connection, events)
        self.is_over.set()
        self.thread.join()
        self.connection.close()
        check("WebSocket", b"".join(pieces), wanted)
        return seconds


def read_stream(port, topic, events, wanted):
    """Reads an event stream from offset 0; answers how long that took."""
    with clients.connect(port) as connection:
        connection.sendall(f"GET /v1/topics/{topic} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        epoch = EPOCH.search(clients.read_until(connection, b'"firstOffset"')).group(1).decode()
    with clients.connect(port) as connection:
        connection.settimeout(PATIENCE_SECONDS)
        connection.sendall(clients.event_stream_request(f"{topic}&after={topic}:{epoch}:0"))
        pieces, seconds = receive(connection, events)
    check("event stream", b"".join(pieces), wanted)
    return seconds


def receive(connection, events):
    """Receives until the last event is there; answers all pieces and how long it took."""
    pieces, tail = [], b""
    last = make_line(events - 1)[:-1]
    began = time.monotonic()
    while last not in tail:
        piece = connection.recv(RECEIVE_BYTES)
        if not piece:
            raise SystemExit(f"error: the server closed a connection after {tail[-300:]!r}")
        pieces.append(piece)
        tail = (tail + piece)[-TAIL_BYTES:] if len(piece) < TAIL_BYTES else piece[-TAIL_BYTES:]
    return pieces, time.monotonic() - began


def check(kind, content, wanted):
    """Every event must be there once, in order."""
    found = b"".join(NUMBER.findall(content))
    if found != wanted:
        raise SystemExit(f"error: {kind}: {len(found) // 8:,} events came, not {len(wanted) // 8:,} in order")
