# SPDX-License-Identifier: Apache-2.0
"""How long a server takes from its start until it is ready, with much stored."""

import json
import os
import shutil
import signal
import socket
import subprocess
import time

from reading import TOPIC, fill
from servers import free_port
from statistic import single

REQUEST = b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
PATIENCE_SECONDS, PAUSE_SECONDS = 120, 0.001
LATEST_EVENTS = 10_000
# More than there is, so that nothing is deleted.
KEPT = {"synchronous": "normal", "maximumBytes": 1 << 40}


def start(bench):
    """After a shutdown, after a kill, and with nothing of the file in memory."""
    events = bench.size(10_000_000, 100_000)
    place = fill(bench, "starting", events)
    port = free_port()
    path = bench.path("starting.json")
    path.write_text(
        json.dumps({"port": port, "machine": False, "data": str(place), "durable": {TOPIC: KEPT}})
    )
    command = [bench.arguments.weir, "serve", "--config", str(path)]

    stored = events

    def seconds(end):
        nonlocal stored
        process, taken = ready(command, port)
        check(port, stored)
        if end == signal.SIGKILL:
            # So that the write-ahead log holds something.
            stored += publish(port)
        process.send_signal(end)
        process.wait(60)
        return taken

    def cold():
        forget(place)
        return seconds(signal.SIGTERM)

    seconds(signal.SIGTERM)
    results = {"after a shutdown": [], "after kill -9": [], "after a shutdown, read from the disk": []}
    for number in range(bench.arguments.pairs):
        results["after a shutdown"].append(seconds(signal.SIGKILL))
        results["after kill -9"].append(seconds(signal.SIGTERM))
        results["after a shutdown, read from the disk"].append(cold())
        bench.say(f"    round {number + 1} of {bench.arguments.pairs}")
    shutil.rmtree(place)
    for name, taken in results.items():
        bench.add(single(f"{events:,} events: until ready {name}", "s", taken, 1))


def ready(command, port):
    """Starts a server; answers it and how long it took until it said that it is ready."""
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    while not is_ready(port):
        if process.poll() is not None:
            raise SystemExit(f"error: weir ended with {process.returncode}")
        if time.monotonic() - began > PATIENCE_SECONDS:
            process.kill()
            process.wait()
            raise SystemExit(f"error: weir is not ready after {PATIENCE_SECONDS} s")
        time.sleep(PAUSE_SECONDS)
    return process, time.monotonic() - began


def ask(port, request):
    """The answer to a request on a connection of its own; nothing where nobody listens."""
    try:
        with socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS) as connection:
            connection.sendall(request)
            return b"".join(iter(lambda: connection.recv(1 << 16), b""))
    except OSError:
        return b""


def is_ready(port):
    return ask(port, REQUEST).startswith(b"HTTP/1.1 200 ")


def publish(port):
    """Publishes some events; answers how many."""
    lines = b'{"pad":"%s"}\n' % (b"x" * 116) * LATEST_EVENTS
    head = REQUEST.replace(b"GET /readyz", f"POST /v1/topics/{TOPIC}/events".encode())[:-2]
    kind = b"Content-Type: application/x-ndjson\r\nContent-Length: %d\r\n\r\n" % len(lines)
    answer = ask(port, head + kind + lines)
    if f'"accepted":{LATEST_EVENTS}'.encode() not in answer:
        raise SystemExit(f"error: not all events were accepted: {answer[-300:]!r}")
    return LATEST_EVENTS


def check(port, events):
    """What is stored must be there."""
    answer = ask(port, REQUEST.replace(b"/readyz", f"/v1/topics/{TOPIC}".encode()))
    if f'"lastOffset":{events}'.encode() not in answer:
        raise SystemExit(f"error: the events are not there: {answer[-300:]!r}")


def forget(place):
    """Lets the kernel drop the pages of all files of a directory: they are read from the disk again."""
    for path in place.iterdir():
        file = os.open(path, os.O_RDONLY)
        os.fsync(file)
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(file)
