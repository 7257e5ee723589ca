# SPDX-License-Identifier: Apache-2.0
"""Publishes each event when it is due, whatever became of those before; probes say when it came.

Unlike `weir bench fanout` it never waits for an answer, so that a server gets what is too much for it.
"""

import asyncio
import re
import time

import clients

STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")
EVENT = re.compile(rb'"due":(\d+),"pad":"x*"\},"offset":(\d+)')
GAP = re.compile(rb'"weir-gap":"(\d+)-(\d+)"')
OFFSET = re.compile(rb'"offset":(\d+)')
PAD = "x" * 90
# More than a split status line or event may have before its end.
TAIL_BYTES = 400
TURN_SECONDS, RECONNECT_SECONDS = 0.002, 0.05


class Publisher(asyncio.Protocol):
    """Requests that follow each other without waiting, on one connection and, when that ends, on the next.

    Each request has one outcome: a status, or `passed_over` when the connection ended after a refusal
    that came first, or `unanswered`.
    """

    def __init__(self, port):
        self.port, self.statuses, self.passed_over, self.unanswered = port, {}, 0, 0
        self.waiting, self.transport, self.is_over = [], None, False

    async def connect(self):
        await asyncio.get_running_loop().create_connection(lambda: self, "127.0.0.1", self.port)

    def connection_made(self, transport):
        self.transport, self.tail = transport, b""
        self.open_requests, self.was_refused = 0, False
        for request in self.waiting:
            self.publish(request)
        self.waiting = []

    def publish(self, request):
        if not self.transport:
            self.waiting.append(request)
            return
        self.transport.write(request)
        self.open_requests += 1

    def data_received(self, data):
        data = self.tail + data
        end = 0
        for found in STATUS.finditer(data):
            status, end = int(found[1]), found.end()
            self.statuses[status] = self.statuses.get(status, 0) + 1
            self.open_requests -= 1
            # The last answer counts: a connection that goes on after a refusal refuses nothing more.
            self.was_refused = status >= 500
        self.tail = data[max(end, len(data) - 16) :]

    def connection_lost(self, _error):
        self.transport = None
        if self.was_refused:
            self.passed_over += self.open_requests
        else:
            self.unanswered += self.open_requests
        self.open_requests = 0
        if not self.is_over:
            loop = asyncio.get_running_loop()
            loop.call_later(RECONNECT_SECONDS, lambda: loop.create_task(self.connect()))

    @property
    def is_settled(self):
        return self.transport is not None and self.open_requests == 0

    def close(self):
        """Ends it; requests without an outcome are unanswered."""
        self.is_over = True
        self.unanswered += len(self.waiting) + self.open_requests
        if self.transport:
            self.open_requests = 0
            self.transport.abort()


class Probe(asyncio.Protocol):
    """A subscriber that notes when each event was due and when it came."""

    def __init__(self, base, arrivals):
        self.next, self.arrivals = base + 1, arrivals
        self.received = self.told = self.lost = 0
        self.tail, self.is_open = b"", True

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        now = time.monotonic_ns()
        data = self.tail + data
        found = sorted([*EVENT.finditer(data), *GAP.finditer(data)], key=re.Match.start)
        for match in found:
            self._note(match, now)
        end = found[-1].end() if found else 0
        if clients.PING in data:
            self.transport.write(clients.PONG)
        self.tail = data[end:].replace(clients.PING, b"")[-TAIL_BYTES:]

    def _note(self, match, now):
        if match.re is GAP:
            first, last = int(match[1]), int(match[2])
            self.told += last - first + 1
        else:
            first = last = int(match[2])
            self.received += 1
            self.arrivals.append((int(match[1]), now))
        self.lost += max(0, first - self.next)
        self.next = last + 1

    def connection_lost(self, _error):
        self.is_open = False


async def connect_probe(port, topic, number, arrivals):
    connection = clients.connect(port, number)
    answer = clients.subscribe(connection, topic, data={"gaps": True})
    base = int(OFFSET.search(answer[answer.index(b'{"id":2') :])[1])
    connection.setblocking(False)
    _, probe = await asyncio.get_running_loop().create_connection(lambda: Probe(base, arrivals), sock=connection)
    return probe


async def connect_publishers(port, count):
    publishers = [Publisher(port) for _ in range(count)]
    for publisher in publishers:
        await publisher.connect()
    return publishers


async def publish(publishers, topic, phases):
    """Publishes at the rates of some phases, (events a second, seconds) each.

    Returns when each phase began, the end of the last, and how late an event was sent at worst, in ns.
    """
    began = [time.monotonic_ns()]
    latest = turn = 0
    for rate, seconds in phases:
        start, count = began[-1], int(rate * seconds)
        sent = 0
        while sent < count:
            now = time.monotonic_ns()
            due_count = min(count, int((now - start) * rate / 1e9) + 1)
            for number in range(sent, due_count):
                due = start + int(number * 1e9 / rate)
                latest, turn = max(latest, now - due), turn + 1
                data = f'{{"due":{due},"pad":"{PAD}"}}'
                publishers[turn % len(publishers)].publish(clients.publish_request(topic, data))
            sent = max(sent, due_count)
            await asyncio.sleep(TURN_SECONDS)
        began.append(start + int(seconds * 1e9))
    return began, latest


class Hoarder(asyncio.Protocol):
    """Begins a body of 1 MiB, sends 64 KiB of it, and no more."""

    def __init__(self, topic):
        self.begun = clients.publish_request(topic, " " * (1 << 20))[: 64 << 10]
        self.answer = b""

    def connection_made(self, transport):
        self.transport = transport
        transport.write(self.begun)

    def data_received(self, data):
        self.answer += data


async def hoard(port, topic, count, after, seconds):
    """Holds the server's room for some time; returns how many were refused."""
    await asyncio.sleep(after)
    loop = asyncio.get_running_loop()
    hoarders = [Hoarder(topic) for _ in range(count)]
    for hoarder in hoarders:
        await loop.create_connection(lambda hoarder=hoarder: hoarder, "127.0.0.1", port)
    await asyncio.sleep(seconds)
    for hoarder in hoarders:
        hoarder.transport.abort()
    return sum(bool(STATUS.match(hoarder.answer)) for hoarder in hoarders)
