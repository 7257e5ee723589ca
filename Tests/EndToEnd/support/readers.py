# SPDX-License-Identifier: Apache-2.0
"""Subscribers made of existing client libraries that are cut off and resume."""

import contextlib
import json
import socket
import struct

import httpx
import httpx_sse
import websockets.sync.client

from support.api import API


def reset_on_close(connection):
    """Makes closing the socket a TCP reset, as when a machine dies."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class WebSocketReader:
    """Reads one topic by the `websockets` library and the Centrifuge protocol."""

    def __init__(self, server, topic):
        self.server, self.topic = server, topic
        self.items = []
        self.resumptions = {True: 0, False: 0}
        self._offset = self._epoch = None
        self._waiting = []

    def start_after(self, epoch, offset):
        """Makes the first opening recover what comes after a place."""
        self._epoch, self._offset = epoch, offset

    def open(self):
        """Connects and subscribes; from the second time on it recovers what it missed."""
        self._stack = contextlib.ExitStack()
        self._connection = self._stack.enter_context(
            websockets.sync.client.connect(self.server.ws_url, ssl=self.server.client_context)
        )
        self._send({"id": 1, "connect": {}})
        self._reply(1)
        subscribe = {"channel": self.topic}
        if self._epoch:
            subscribe |= {"recover": True, "epoch": self._epoch, "offset": self._offset}
        self._send({"id": 2, "subscribe": subscribe})
        result = self._reply(2)["subscribe"]
        if self._epoch:
            self._recover(result)
        self._epoch = result["epoch"]
        if self._offset is None:
            self._offset = result["offset"]

    def _recover(self, result):
        assert result["epoch"] == self._epoch, f"the epoch changed: {self._epoch}, now {result['epoch']}"
        recovered = bool(result.get("recovered"))
        self.resumptions[recovered] += 1
        for publication in result.get("publications") or []:
            assert recovered, f"publications without recovery: {result}"
            self._take(publication)
        if not recovered:
            for event in API(self.server.url, self.server.client_context).history(self.topic, after=self._offset):
                if event["offset"] <= result["offset"]:
                    self._take(event)

    def read(self, count, seconds):
        """Takes so many more items."""
        wanted = len(self.items) + count
        while len(self.items) < wanted:
            push = self._next(seconds)["push"]
            assert push["channel"] == self.topic and "pub" in push, f"unexpected push: {push}"
            self._take(push["pub"])

    def _take(self, item):
        assert item["offset"] == self._offset + 1, f"after offset {self._offset} came {item}"
        self._offset = item["offset"]
        self.items.append(item["data"])

    def _send(self, command):
        self._connection.send(json.dumps(command))

    def _next(self, seconds=10.0):
        while True:
            if not self._waiting:
                self._waiting = [line for line in self._connection.recv(seconds).split("\n") if line]
            message = json.loads(self._waiting.pop(0))
            if message:
                return message
            self._send({})

    def _reply(self, identifier):
        message = self._next()
        assert message.get("id") == identifier and "error" not in message, f"reply to {identifier}: {message}"
        return message

    def cut(self):
        """Resets the TCP connection; what was not taken yet is forgotten."""
        reset_on_close(self._connection.socket)
        self._connection.socket.shutdown(socket.SHUT_RD)  # wakes the library's reading thread
        self._connection.socket.close()  # before the library could send a close frame
        self._stack.close()
        self._waiting = []


class EventStreamReader:
    """Reads one topic by `httpx-sse`, and resumes with Last-Event-ID only."""

    def __init__(self, server, topic):
        self.server, self.topic = server, topic
        self.items = []
        self._last_event_id = None

    def start_after(self, epoch, offset):
        """Makes the first opening begin after a place."""
        self._last_event_id = f"{self.topic}:{epoch}:{offset}"

    def open(self):
        self._stack = contextlib.ExitStack()
        client = self._stack.enter_context(httpx.Client(timeout=60, verify=self.server.client_context or True))
        headers = {"Last-Event-ID": self._last_event_id} if self._last_event_id else {}
        source = self._stack.enter_context(
            httpx_sse.connect_sse(
                client, "GET", f"{self.server.url}/v1/events", params={"topic": self.topic}, headers=headers
            )
        )
        assert source.response.status_code == 200, source.response.read()
        self._connection = source.response.extensions["network_stream"].get_extra_info("socket")
        self._events = source.iter_sse()

    def read(self, count, seconds):
        """Takes so many more items."""
        self._connection.settimeout(seconds)
        for _ in range(count):
            event = next(self._events)
            assert not event.event.startswith("weir."), f"{event.event}: {event.data}"
            assert event.id, f"an event without an id: {event}"
            self._last_event_id = event.id
            self.items.append(json.loads(event.data))

    def cut(self):
        """Resets the TCP connection; what was not taken yet is forgotten."""
        reset_on_close(self._connection)
        self._events.close()
        self._stack.close()
