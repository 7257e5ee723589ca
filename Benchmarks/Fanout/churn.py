# SPDX-License-Identifier: Apache-2.0
"""Connections that come and go at random while others must not lose an event."""

import asyncio
import json
import random
import subprocess
import time

import clients
from processes import descriptor_count, metrics, resident_bytes, settled_descriptors, settled_metrics
from statistic import single

TOPIC = "bench"
STEADY_COUNT, EVENTS_PER_SECOND = 100, 50
LONGEST_SECONDS = 3.0
PATIENCE_SECONDS = 20


class Churn:
    """Opens so many connections at so many a second, each for a life of its own."""

    def __init__(self, port, seed):
        self.port, self.chance = port, random.Random(seed)
        self.lives = (self.closed, self.cut, self.half_open, self.streamed)
        self.failures = {}
        self.latest_seconds = 0.0

    def run(self, count, seconds):
        asyncio.run(self._run(count, seconds))

    async def _run(self, count, seconds):
        began = time.monotonic()
        tasks = []
        for number in range(count):
            late = time.monotonic() - (began + seconds * number / count)
            self.latest_seconds = max(self.latest_seconds, late)
            if late < 0:
                await asyncio.sleep(-late)
            tasks.append(asyncio.create_task(self._live(number)))
        await asyncio.gather(*tasks)

    async def _live(self, number):
        life = self.chance.choice(self.lives)
        connection = clients.open_socket(number)
        connection.setblocking(False)
        self.loop = asyncio.get_running_loop()
        try:
            await self.loop.sock_connect(connection, ("127.0.0.1", self.port))
            await asyncio.wait_for(life(connection), PATIENCE_SECONDS)
        except (OSError, EOFError, TimeoutError) as error:
            name = f"{life.__name__}: {error!r}"
            self.failures[name] = self.failures.get(name, 0) + 1
        finally:
            connection.close()

    # Lives

    async def closed(self, connection):
        """A subscriber that says goodbye, and waits for the answer."""
        await self._subscribe(connection)
        await self._wait()
        await self.loop.sock_sendall(connection, clients.CLOSE)
        while await self.loop.sock_recv(connection, 1 << 16):
            pass

    async def cut(self, connection):
        """A subscriber that has read nothing of late, and whose machine dies."""
        await self._subscribe(connection)
        await self._wait()
        clients.reset_on_close(connection)

    async def half_open(self, connection):
        """A handshake that is broken off somewhere, in order or not."""
        await self.loop.sock_sendall(connection, clients.HANDSHAKE[: self.chance.randrange(len(clients.HANDSHAKE))])
        await self._wait()
        if self.chance.random() < 0.5:
            clients.reset_on_close(connection)

    async def streamed(self, connection):
        """An event stream that is left, in order or not."""
        await self.loop.sock_sendall(connection, clients.event_stream_request(TOPIC))
        await self._read_until(connection, b"\r\n\r\n")
        await self._wait()
        if self.chance.random() < 0.5:
            clients.reset_on_close(connection)

    async def _wait(self):
        await asyncio.sleep(self.chance.uniform(0, LONGEST_SECONDS))

    async def _subscribe(self, connection):
        await self.loop.sock_sendall(connection, clients.HANDSHAKE)
        await self._read_until(connection, b"\r\n\r\n")
        await self.loop.sock_sendall(connection, clients.subscribing(TOPIC))
        await self._read_until(connection, b'{"id":2,"subscribe"')

    async def _read_until(self, connection, wanted):
        found = b""
        while wanted not in found:
            piece = await self.loop.sock_recv(connection, 1 << 16)
            if not piece:
                raise EOFError(f"closed after {found[-100:]!r}")
            found += piece


class Round:
    """One time of churn beside steady subscribers, and what is left of it."""

    def __init__(self, bench, server, count, seconds, seed):
        memory, descriptors = resident_bytes(server.pid), descriptor_count(server.pid)
        accepted = metrics(server.port)["weir_connections_accepted_total"]
        command = bench.command(
            server, seconds + 5, "--subscribers", STEADY_COUNT, "--rate", EVENTS_PER_SECOND, "--topic", TOPIC
        )
        steady = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            settled_metrics(server.port, lambda found: found['weir_sessions{kind="websocket"}'] >= STEADY_COUNT)
            self.churn = Churn(server.port, seed)
            self.churn.run(count, seconds)
            self.check = json.loads(steady.communicate(timeout=seconds + 120)[0])["check"]
        finally:
            steady.kill()
            steady.wait()
        self.lost = sum(self.check[name] for name in ("lost", "told", "doubled", "disordered", "disconnected"))
        self.descriptors = settled_descriptors(server.pid, descriptors) - descriptors
        last = settled_metrics(server.port, lambda found: found["weir_connections"] == 1)
        self.sessions = sum(last[f'weir_sessions{{kind="{kind}"}}'] for kind in ("websocket", "sse"))
        self.connections = last["weir_connections"] - 1
        self.accepted = last["weir_connections_accepted_total"] - accepted
        self.gained = resident_bytes(server.pid) - memory


def churn(bench, _all_servers):
    """20,000 connections come and go within a minute, twice, while 100 others are published to."""
    count, seconds = (600, 2) if bench.is_quick else (20_000, 60)
    # What the topic keeps shall not grow between the rounds.
    server = bench.start_weir("weir under churn", topics={TOPIC: {"maximumCount": 64}})
    rounds = [Round(bench, server, count, seconds, seed) for seed in range(2)]
    server.stop()
    words = f"{count:,} connections in {seconds} s"
    for one in rounds:
        if one.churn.failures or one.accepted < count:
            raise SystemExit(f"error: churn: {one.accepted} accepted; {one.churn.failures}")
    late = max(one.churn.latest_seconds for one in rounds)
    lost = single(f"{words}: lost or told as missing, {STEADY_COUNT} others", "events", [one.lost for one in rounds], 0)
    published = sum(one.check["expected"] for one in rounds)
    bench.add(lost | {"why": f"of {published:,}; the last connection was opened {late:.1f} s late at most"})
    for name in ("descriptors", "connections", "sessions"):
        bench.add(single(f"{words}: {name} left behind", name, [getattr(one, name) for one in rounds], 0))
    for name, one, most in zip(("first", "second"), rounds, (None, 4)):
        bench.add(single(f"{words}: memory gained, the {name} time", "MiB", [one.gained / (1 << 20)], most))
