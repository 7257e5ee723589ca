# SPDX-License-Identifier: Apache-2.0
"""Many sessions on one event loop that resume when their server ends and starts again."""

import asyncio
import collections
import json
import random
import resource
import threading

import httpx
import httpx_sse
import websockets

from support.process import wait_until

BROKEN = (OSError, httpx.TransportError, websockets.WebSocketException, EOFError)
HTTP_CLIENTS = 20


class Session:
    """One subscriber of a topic: what it was given, by offset, until the event with the data `{"by": "end", …}`."""

    def __init__(self, crowd):
        self.crowd = crowd
        self.first = self.last = None
        self.items = []
        self.endings = collections.Counter()
        self.fault = None
        self.is_subscribed = False

    async def run(self):
        try:
            while not self.has_ended:
                try:
                    await self.follow()
                except BROKEN as error:
                    self.endings[self.name_of(error)] += 1
                self.is_subscribed = False
                if not self.has_ended:
                    await asyncio.sleep(0.05 + random.random() * 0.5)
        except Exception as error:
            self.fault = error

    @property
    def has_ended(self):
        return bool(self.items) and self.items[-1]["by"] == "end"

    def take(self, offset, data):
        assert self.last is None or offset == self.last + 1, f"after offset {self.last} came {offset}"
        if self.first is None:
            self.first = offset
        self.last = offset
        self.items.append(data)

    @staticmethod
    def name_of(error):
        return type(error).__name__


class WebSocketSession(Session):
    """Subscribes by the `websockets` library and the Centrifuge protocol; counts how it recovered."""

    def __init__(self, crowd):
        super().__init__(crowd)
        self.recoveries = collections.Counter()
        self._epoch = None

    async def follow(self):
        async with websockets.connect(
            self.crowd.server.ws_url, open_timeout=60, close_timeout=1, ping_interval=None, compression=None
        ) as connection:
            subscribe = {"channel": self.crowd.topic}
            if self._epoch:
                subscribe |= {"recover": True, "epoch": self._epoch, "offset": self.last}
            await connection.send(f'{{"id":1,"connect":{{}}}}\n{json.dumps({"id": 2, "subscribe": subscribe})}')
            async for frame in connection:
                for line in filter(None, frame.split("\n")):
                    await self._take_message(json.loads(line), connection)
                if self.has_ended:
                    return
            self.endings[connection.close_code] += 1

    async def _take_message(self, message, connection):
        assert "error" not in message, message
        if not message:
            await connection.send("{}")
        elif "push" in message:
            publication = message["push"]["pub"]
            self.take(publication["offset"], publication["data"])
        elif message["id"] == 2:
            self._take_subscription(message["subscribe"])

    def _take_subscription(self, result):
        if self._epoch:
            assert result["epoch"] == self._epoch, f"the epoch was {self._epoch}: {result}"
            self.recoveries[bool(result.get("recovered"))] += 1
            for publication in result.get("publications") or []:
                self.take(publication["offset"], publication["data"])
        else:
            self._epoch, self.last = result["epoch"], result["offset"]
            self.first = self.last + 1
        self.is_subscribed = True

    @staticmethod
    def name_of(error):
        if isinstance(error, websockets.ConnectionClosed) and error.rcvd:
            return error.rcvd.code
        return type(error).__name__


class EventStreamSession(Session):
    """Subscribes by `httpx-sse` and resumes with Last-Event-ID only."""

    def __init__(self, crowd, client):
        super().__init__(crowd)
        self._client = client
        # A session that was given nothing yet has no other place to resume from.
        self._last_event_id = crowd.beginning

    async def follow(self):
        async with httpx_sse.aconnect_sse(
            self._client,
            "GET",
            f"{self.crowd.server.url}/v1/events",
            params={"topic": self.crowd.topic},
            headers={"Last-Event-ID": self._last_event_id, "Accept-Encoding": "identity"},
        ) as source:
            if source.response.status_code == 503:
                self.endings[503] += 1
                return
            assert source.response.status_code == 200, source.response.status_code
            self.is_subscribed = True
            async for event in source.aiter_sse():
                assert not event.event.startswith("weir."), f"{event.event}: {event.data}"
                self._last_event_id = event.id
                self.take(int(event.id.rpartition(":")[2]), json.loads(event.data))
                if self.has_ended:
                    return
            self.endings["end of the body"] += 1


class Crowd(threading.Thread):
    """Half of the sessions by WebSocket, half by SSE."""

    def __init__(self, server, topic, beginning, count):
        super().__init__(name="crowd", daemon=True)
        self.server, self.topic, self.beginning, self.count = server, topic, beginning, count
        self.sessions = []
        self.fault = None
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 3 * count + 500)), hard))

    def run(self):
        try:
            asyncio.run(self._run())
        except BaseException as error:
            self.fault = error

    async def _run(self):
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        clients = [httpx.AsyncClient(timeout=120, limits=limits) for _ in range(HTTP_CLIENTS)]
        sessions = [
            WebSocketSession(self) if number % 2 else EventStreamSession(self, clients[number % HTTP_CLIENTS])
            for number in range(self.count)
        ]
        tasks = []
        for session in sessions:
            tasks.append(asyncio.create_task(session.run()))
            # Not all at once: a test of the end, not of the beginning.
            await asyncio.sleep(0.002)
        self.sessions = sessions
        await asyncio.gather(*tasks)
        for client in clients:
            await client.aclose()

    @property
    def web_sockets(self):
        return [session for session in self.sessions if isinstance(session, WebSocketSession)]

    @property
    def event_streams(self):
        return [session for session in self.sessions if isinstance(session, EventStreamSession)]

    def wait_until_subscribed(self, seconds=120):
        def subscribed():
            self.check()
            return len(self.sessions) == self.count and all(session.is_subscribed for session in self.sessions)

        wait_until(subscribed, lambda: f"all of {self.count} subscribe; {self.described()}", seconds)

    def wait_until_at(self, offset, seconds=120):
        def has_come():
            self.check()
            return all((session.last or 0) >= offset for session in self.sessions)

        wait_until(has_come, lambda: f"all have offset {offset}; {self.described()}", seconds)

    def finish(self, seconds=180):
        """Waits until each has the last event."""
        self.join(seconds)
        self.check()
        assert not self.is_alive(), self.described()

    def check(self):
        for session in self.sessions:
            if session.fault:
                raise AssertionError(f"{type(session).__name__}: {session.fault!r}") from session.fault
        if self.fault:
            raise AssertionError(f"the crowd: {self.fault!r}") from self.fault

    def described(self):
        ways = collections.Counter()
        for session in self.sessions:
            ways[f"{type(session).__name__} subscribed={session.is_subscribed} ended={session.has_ended}"] += 1
        lasts = [session.last or 0 for session in self.sessions]
        return f"{dict(ways)}, at offsets {min(lasts, default=0)} to {max(lasts, default=0)}"
