# SPDX-License-Identifier: Apache-2.0
"""Threads that follow a topic across restarts of its server and miss nothing."""

import contextlib
import threading
import time

import httpx
import websockets

from support.readers import EventStreamReader, WebSocketReader

KINDS = (EventStreamReader, WebSocketReader)
# A connection that ended or could not be made: it is made again.
BROKEN = (OSError, httpx.TransportError, websockets.WebSocketException, StopIteration, EOFError)


def is_marked_as_the_end(data):
    return data.get("by") == "end"


class Follower(threading.Thread):
    """Reads a topic up to its last event; comes back whenever it is cut off."""

    def __init__(self, reader, is_last=is_marked_as_the_end):
        super().__init__(name=f"{type(reader).__name__} of {reader.topic}", daemon=True)
        self.reader = reader
        self._is_last = is_last
        self.fault = None
        self.openings = 0
        self._ready = threading.Event()

    def run(self):
        try:
            while not self._has_ended():
                self._follow()
        except BaseException as error:
            self.fault = error

    def _follow(self):
        try:
            self.reader.open()
            self.openings += 1
            self._ready.set()
            while not self._has_ended():
                self.reader.read(1, 60)
        except BROKEN:
            time.sleep(0.02)
        finally:
            with contextlib.suppress(OSError, AttributeError):
                self.reader.cut()

    def _has_ended(self):
        return bool(self.reader.items) and self._is_last(self.reader.items[-1])

    def wait_until_ready(self):
        assert self._ready.wait(30), f"{self.name} did not subscribe: {self.fault!r}"

    def check(self):
        if self.fault:
            last = self.reader.items[-1:]
            raise AssertionError(f"{self.name} after {len(self.reader.items)}, {last}: {self.fault!r}") from self.fault

    def finish(self, seconds=120):
        """Waits for the last event; returns the data of all it has seen."""
        self.join(seconds)
        self.check()
        assert not self.is_alive(), f"{self.name} waits after {self.reader.items[-1:]}"
        return self.reader.items


def follow(server, *topics):
    """Starts a follower of each kind for each topic."""
    return start_all([Follower(kind(server, topic)) for topic in topics for kind in KINDS])


def start_all(followers):
    """Starts them; returns them when they have subscribed."""
    for follower in followers:
        follower.start()
    for follower in followers:
        follower.wait_until_ready()
    return followers
