# SPDX-License-Identifier: Apache-2.0
"""Sessions of whom each wants the events of one user, so that each event has one who wants it.

Beside it: the same event to the same session, which alone reads a topic.
"""

import contextlib
import json
import pathlib
import random
import time

import clients
from harness import beside
from processes import processor_seconds
from statistic import single

WATCHED, UNWATCHED = "users", "nobody"
# How long what was answered may take until it has left.
PAUSE_SECONDS, PATIENCE_SECONDS = 0.1, 600
ACCEPTED = b"HTTP/1.1 200 "


def equalities(bench):
    """What an event costs the server beyond one of a topic that nobody reads."""
    count, events = bench.size((10_000, 2_000), (200, 200))
    server = bench.start_weir("weir with filters")
    publisher = clients.connect(server.port)
    draw = random.Random(1)

    def publish(topic, users, suffix="".format):
        """The processor time of the server for each event, in µs."""
        before = processor_seconds(server.pid)
        for user in users:
            publisher.sendall(request(topic + suffix(user), user))
            answer = clients.read_until(publisher, b'"accepted":1}')
            if not answer.startswith(ACCEPTED):
                raise SystemExit(f"error: an event was not accepted: {answer[-300:]!r}")
        time.sleep(PAUSE_SECONDS)
        return (processor_seconds(server.pid) - before) / len(users) * 1e6

    with crowd(server.port, count) as process:
        for topic in (WATCHED, UNWATCHED):
            publish(topic, [count] * events)  # Nobody gets these: they warm up.

        def some():
            return [draw.randrange(count) for _ in range(events)]

        results = bench.rounds({
            "wanted": lambda: publish(WATCHED, some()),
            "own": lambda: publish(WATCHED, some(), "-{}".format),
            "unwanted": lambda: publish(WATCHED, [count] * events),
            "unread": lambda: publish(UNWATCHED, some()),
        })  # fmt: skip
        told = json.loads(process.communicate("", PATIENCE_SECONDS)[0])
    expected = events * (len(results["wanted"]) + len(results["own"]))
    if told != {"right": expected, "wrong": 0, "closed": 0}:
        raise SystemExit(f"error: {expected} events had one who wanted them: {told}")
    publisher.close()
    server.stop()

    words = f"{count:,} sessions with {count:,} equalities"
    whole = single(f"{words}: an event, its publish and its delivery included", "µs CPU", results["wanted"])
    bench.add(whole)
    for name, other, what in (
        ("unwanted", "unread", "that none of them wants, beyond one that nobody reads"),
        ("wanted", "own", "that one of them gets, beyond one that he gets by a topic of his own"),
        ("wanted", "unread", "that one of them gets, beyond one that nobody reads"),
    ):
        beyond = [own - less for own, less in zip(results[name], results[other])]
        bench.add(single(f"{words}: an event {what}", "µs CPU", beyond, 20))


@contextlib.contextmanager
def crowd(port, count):
    """The subscribers, in a process of their own."""
    with beside(pathlib.Path(__file__).with_name("selective.py"), port, WATCHED, count) as process:
        if process.stdout.readline() != "ready\n":
            raise SystemExit("error: the crowd of equalities could not subscribe")
        yield process


def request(topic, user):
    """An event of 128 bytes whose tag says whose it is."""
    data = json.dumps({"pad": "x" * 118})
    head = f"POST /v1/topics/{topic}/events HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    return f"{head}ce-user: user-{user}\r\nContent-Length: {len(data)}\r\n\r\n{data}".encode()
