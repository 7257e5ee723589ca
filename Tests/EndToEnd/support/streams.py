# SPDX-License-Identifier: Apache-2.0
"""Fast readers that run in processes of their own and check every event they get.

Each expects events whose data is {"n": 1…, …} and nothing between or twice.
"""

import json
import multiprocessing

import httpx

from support.sockets import RawCentrifuge

PUBLISH_STEP = 500


class CheckedReader:
    """A process that reads events 1…count of a topic; `progress` is the last it has seen."""

    def __init__(self, name, target, port, topic, count):
        context = multiprocessing.get_context("spawn")
        self.name = name
        self._progress = context.Value("q", 0)
        self._ready = context.Event()
        self._faults = context.SimpleQueue()
        arguments = (port, topic, count, self._progress, self._ready, self._faults)
        self._process = context.Process(target=run, args=(target, *arguments), daemon=True)
        self._process.start()

    def wait_until_ready(self, seconds=20):
        assert self._ready.wait(seconds), f"the {self.name} reader did not subscribe: {self.fault()}"

    @property
    def progress(self):
        return self._progress.value

    def fault(self):
        """What went wrong, or None."""
        if not self._faults.empty():
            return self._faults.get()
        if self._process.exitcode:
            return f"the reader ended with {self._process.exitcode} at {self.progress}"
        return None

    def join(self, seconds=60):
        self._process.join(seconds)
        return self.fault()

    def close(self):
        if self._process.is_alive():
            self._process.kill()
        self._process.join()


def run(target, port, topic, count, progress, ready, faults):
    try:
        target(port, topic, count, progress, ready)
    except BaseException as error:
        faults.put(f"{type(error).__name__}: {error}")


def note(number, expected, progress):
    """Checks one event's number; tells the publisher now and then."""
    if number != expected:
        raise AssertionError(f"expected event {expected}, got {number}")
    if number % PUBLISH_STEP == 0:
        progress.value = number


def read_web_socket(port, topic, count, progress, ready):
    """Reads by WebSocket, as fast as it can."""
    client = RawCentrifuge(port)
    client.request("subscribe", {"channel": topic})
    ready.set()
    for expected in range(1, count + 1):
        note(client.next_publication(topic, seconds=60)["data"]["n"], expected, progress)
    progress.value = count
    client.cut()


def read_event_stream(port, topic, count, progress, ready):
    """Reads by SSE, as fast as it can; takes only its `data:` lines apart."""
    url = f"http://127.0.0.1:{port}/v1/events"
    with httpx.stream("GET", url, params={"topic": topic}, timeout=60) as response:
        assert response.status_code == 200, response.read()
        ready.set()
        expected, rest = 1, b""
        for chunk in response.iter_bytes():
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                assert not line.startswith(b"event: weir."), f"after {expected - 1}: {line}"
                if line.startswith(b"data:"):
                    note(json.loads(line[5:])["n"], expected, progress)
                    expected += 1
            if expected > count:
                progress.value = count
                return
    raise AssertionError(f"the stream ended after {expected - 1}")
