# SPDX-License-Identifier: Apache-2.0
"""A server that is restarted again and again under load answers who tries again for a few seconds.

WEIR_SOAK_SECONDS is how long it lasts, 120 by default; WEIR_PROBE_SECONDS how long a probe tries, 8 by default.
"""

import concurrent.futures
import os
import random
import time

import httpx
import pytest

from support.api import API
from support.compare import assert_same_sequence
from support.followers import follow
from support.ledger import Ledger, batch_data, check_whole
from support.publishers import HTTPPublisher, WebSocketPublisher, stop_all

SECONDS = int(os.environ.get("WEIR_SOAK_SECONDS", 120))
PROBE_SECONDS = float(os.environ.get("WEIR_PROBE_SECONDS", 8))
RESTART_COUNT = max(4, SECONDS * 20 // 3600)
ANSWERED_SHARE = 0.999
PAUSE_SECONDS = 0.05
SEED = int(os.environ.get("WEIR_SEED", 1))


class Prober:
    """Sends a probe a second, each by a client that tries again until its deadline."""

    def __init__(self, server, ledger):
        self.server, self.ledger = server, ledger
        self._pool = concurrent.futures.ThreadPoolExecutor(max_workers=int(PROBE_SECONDS) + 4)
        self._probes = []

    def probe(self):
        self._probes.append(self._pool.submit(self._try_until_answered, len(self._probes) + 1))

    def _try_until_answered(self, number):
        """Returns None, or what stood in the way of the last try."""
        deadline = time.monotonic() + PROBE_SECONDS
        if number % 2:
            self.ledger.note_sent(f"probe {number}", 1, 1)
        while True:
            left = deadline - time.monotonic()
            try:
                trouble = self._try(number, max(left, 0.1))
            except httpx.TransportError as error:
                trouble = repr(error)
            if trouble is None or left < PAUSE_SECONDS:
                return trouble
            time.sleep(PAUSE_SECONDS)

    def _try(self, number, seconds):
        if number % 2 == 0:
            response = httpx.get(f"{self.server.url}/healthz", timeout=seconds)
        else:
            response = httpx.post(
                f"{self.server.url}/v1/topics/{self.ledger.topic}/events",
                json=batch_data(f"probe {number}", 1, 1),
                headers={"Idempotency-Key": f"probe {number}"},
                timeout=seconds,
            )
        if response.status_code != 200:
            return f"{response.status_code} {response.text}"
        if number % 2:
            self.ledger.note_acknowledged(f"probe {number}", 1, 1, response.json())
        return None

    def check(self):
        """Of all probes, as many as promised were answered."""
        troubles = [probe.result(PROBE_SECONDS + 60) for probe in self._probes]
        unanswered = {number: trouble for number, trouble in enumerate(troubles, 1) if trouble is not None}
        share = 1 - len(unanswered) / len(troubles)
        assert share >= ANSWERED_SHARE, f"{len(unanswered)} of {len(troubles)} probes got no answer: {unanswered}"
        return len(troubles)


def run(server, prober, chance, seconds, threads):
    """Probes once a second; restarts the server at random moments, by turns after a crash and in order."""
    moments = sorted(chance.sample(range(2, seconds - 2), RESTART_COUNT))
    restarts, pending = concurrent.futures.ThreadPoolExecutor(1), []
    started = time.monotonic()
    for second in range(seconds):
        # A probe is never made up for: a late one counts like any other.
        time.sleep(max(0.0, started + second + chance.random() * 0.5 - time.monotonic()))
        prober.probe()
        if second in moments:
            pending.append(restarts.submit(restart, server, len(pending) % 2 == 0))
        for thread in threads:
            thread.check()
    for done in pending:
        done.result(120)
    return len(pending)


def restart(server, as_a_crash):
    if as_a_crash:
        server.kill()
    else:
        assert server.terminate(60) == 0
    server.start()


@pytest.mark.soak
def test_probes_are_answered_while_the_server_is_restarted(start_server):
    server = start_server("--data", "data", "--durable", "full*", "--durable", "normal*=normal")
    ledgers = [Ledger("full-soak"), Ledger("normal-soak")]
    for ledger in ledgers:
        ledger.note_sent("begin", 1, 1)
        ledger.note_acknowledged("begin", 1, 1, API(server.url).publish(ledger.topic, batch_data("begin", 1, 1)))
    followers = follow(server, *(ledger.topic for ledger in ledgers))
    publishers = [
        HTTPPublisher(server, ledgers[0], "json", keyed=True, pause_seconds=0.3),
        HTTPPublisher(server, ledgers[0], "array", pause_seconds=0.5),
        WebSocketPublisher(server, ledgers[0], pause_seconds=0.5),
        HTTPPublisher(server, ledgers[1], "array", keyed=True, pause_seconds=0.5),
    ]
    for publisher in publishers:
        publisher.start()
    prober = Prober(server, ledgers[0])
    count = run(server, prober, random.Random(SEED), SECONDS, [*publishers, *followers])
    assert count == RESTART_COUNT
    stop_all(publishers)
    assert prober.check() == SECONDS

    for ledger in ledgers:
        ledger.note_sent("end", 1, 1)
        ledger.note_acknowledged("end", 1, 1, API(server.url).publish(ledger.topic, batch_data("end", 1, 1)))
    logs = {ledger.topic: check_whole(ledger, API(server.url)) for ledger in ledgers}
    for follower in followers:
        expected = [event["data"] for event in logs[follower.reader.topic].events[1:]]
        assert_same_sequence(follower.finish(), expected, follower.name)
