# SPDX-License-Identifier: Apache-2.0
"""A burst of twice what saturates: what it does to memory, to publishers, and for how long."""

import asyncio
import contextlib
import pathlib
import threading
import time

import openloop
from delays import saturation
from harness import beside
from processes import metrics, resident_bytes
from statistic import single

TOPIC = "burst"
CONNECTIONS, PROBES, HOARDERS = 64, 4, 64
# What the server may hold for peers, and a topic of entries and of publishes.
HELD_MIB, TOPIC_MIB = 256, 16 + 32
BUCKET_NANOSECONDS = 250_000_000
CALM_BUCKETS = 4
PATIENCE_SECONDS = 60


class MemoryWatch:
    """The greatest resident memory of a process while it is watched."""

    def __init__(self, pid):
        self.pid, self.peak, self._over = pid, resident_bytes(pid), threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def _watch(self):
        while not self._over.wait(0.05):
            self.peak = max(self.peak, resident_bytes(self.pid))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()


@contextlib.contextmanager
def crowd(port, count):
    """Subscribers in a process of their own."""
    with beside(pathlib.Path(__file__).with_name("crowd.py"), port, TOPIC, count) as process:
        if process.stdout.readline() != "ready\n":
            raise SystemExit("error: the crowd of burst could not subscribe")
        yield process


def added(counts):
    """The sums of dictionaries of numbers."""
    sums = {}
    for count in counts:
        for name, number in count.items():
            sums[name] = sums.get(name, 0) + number
    return sums


class Burst:
    """The figures of one burst."""

    def __init__(self, server, subscribers, normal_rate, burst_rate, phases, hoarders=0):
        self.server, self.hoarders = server, hoarders
        before = metrics(server.port)
        self.memory_before = resident_bytes(server.pid)
        rates = (normal_rate, burst_rate, normal_rate)
        with crowd(server.port, subscribers - PROBES) as self.crowd, MemoryWatch(server.pid) as self.watch:
            asyncio.run(self._run(list(zip(rates, phases))))
            self.closed = int(self.crowd.communicate("", PATIENCE_SECONDS)[0])
        after = metrics(server.port)
        self.metrics = {name: count - before.get(name, 0) for name, count in after.items()}

    async def _run(self, phases):
        self.arrivals = []
        probes = [
            await openloop.connect_probe(self.server.port, TOPIC, number, self.arrivals) for number in range(PROBES)
        ]
        publishers = await openloop.connect_publishers(self.server.port, CONNECTIONS)
        times = [seconds for _, seconds in phases[:2]]
        hoarding = asyncio.create_task(openloop.hoard(self.server.port, TOPIC, self.hoarders, *times))
        self.began, self.latest = await openloop.publish(publishers, TOPIC, phases)
        self.hoarders_refused = await hoarding
        self.due_count = sum(int(rate * seconds) for rate, seconds in phases)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline and not self._is_settled(publishers, probes):
            await asyncio.sleep(0.05)
        for publisher in publishers:
            publisher.close()
        self.statuses = added(publisher.statuses for publisher in publishers)
        self.passed_over = sum(publisher.passed_over for publisher in publishers)
        self.unanswered = sum(publisher.unanswered for publisher in publishers)
        # What was neither received nor told: holes, and what is still not there; a double is none.
        accepted = self.statuses.get(200, 0)
        self.lost = sum(
            probe.lost + abs(accepted - probe.received - probe.told - probe.lost) for probe in probes
        )
        self.told = sum(probe.told for probe in probes)
        for probe in probes:
            probe.transport.abort()

    def _is_settled(self, publishers, probes):
        accepted = sum(publisher.statuses.get(200, 0) for publisher in publishers)
        return all(publisher.is_settled for publisher in publishers) and all(
            not probe.is_open or probe.received + probe.told >= accepted for probe in probes
        )

    def slowest_hundredths(self, first, last):
        """The p99 of each quarter of a second of due times, in ms, by the end of it."""
        buckets = {}
        for due, came in self.arrivals:
            if first <= due < last:
                end = first + ((due - first) // BUCKET_NANOSECONDS + 1) * BUCKET_NANOSECONDS
                buckets.setdefault(end, []).append((came - due) / 1e6)
        return {end: sorted(late)[int(len(late) * 0.99)] for end, late in sorted(buckets.items())}

    def recovery(self):
        """Seconds from the burst's end until a second is normal; None when none is. And what is normal, in ms.

        Normal is at most twice the slowest quarter of a second before the burst, whose first is left out.
        """
        start, burst_began, burst_ended, end = self.began
        normal = 2 * max(list(self.slowest_hundredths(start, burst_began).values())[1:])
        after = list(self.slowest_hundredths(burst_ended, end).items())
        for place in range(len(after) - CALM_BUCKETS + 1):
            if all(late <= normal for _, late in after[place : place + CALM_BUCKETS]):
                return max(0.0, (after[place][0] - BUCKET_NANOSECONDS - burst_ended) / 1e9), normal
        return None, normal


def report(bench, one, words, limit_mebibytes, phases):
    """The rows of one burst."""
    told = ", ".join(f"{count:,} with {status}" for status, count in sorted(one.statuses.items()))
    why = f"{told}, {one.passed_over:,} behind a refusal; sent at most {one.latest / 1e9:.1f} s late"
    bench.add(single(f"{words}: publishes without an answer", "events", [one.unanswered], 0) | {"why": why})

    refused = one.hoarders_refused + sum(count for status, count in one.statuses.items() if status >= 500)
    reasons = {name: count for name, count in one.metrics.items() if name.startswith("weir_refused_total") and count}
    difference = abs(refused - sum(reasons.values()))
    row = single(f"{words}: refusals told but not counted, or the reverse", "events", [difference], 0)
    bench.add(row | {"why": ", ".join(f"{name} {count:,}" for name, count in reasons.items()) or "none refused"})

    accepted = one.metrics[f'weir_topic_published_total{{topic="{TOPIC}"}}']
    missing = abs(accepted - one.statuses.get(200, 0)) + one.lost
    lost = single(f"{words}: accepted and neither received nor told, {PROBES} probes", "events", [missing], 0)
    bench.add(lost | {"why": f"{one.told:,} told as missing; {one.closed} other subscribers closed"})
    peak = (one.watch.peak - one.memory_before) / (1 << 20)
    bench.add(single(f"{words}: memory gained at most", "MiB", [peak], limit_mebibytes))
    seconds, normal = one.recovery()
    normality = f"normal is a p99 of {normal:.1f} ms"
    if seconds is None:
        seconds, normality = float(phases[2]), f"never within that; {normality}"
    bench.add(single(f"{words}: until p99 was normal again", "s", [seconds], 5) | {"why": normality})


def burst(bench, _all_servers):
    """Publishes twice what saturates for some seconds, without waiting for answers."""
    phases = (2, 1, 8) if bench.is_quick else (5, 5, 15)
    subscribers = 100 if bench.is_quick else bench.arguments.subscribers[0]
    server = bench.start_weir("weir under a burst")
    # With more in flight more of them leave in one write, up to a point.
    most = max(saturation(bench, server, ("--subscribers", subscribers), in_flight) for in_flight in (32, 1_000))
    words = f"{subscribers} subscribers, {2 * most:.0f} events a second for {phases[1]} s"
    one = Burst(server, subscribers, max(40, most / 10), 2 * most, phases)
    report(bench, one, words, HELD_MIB + TOPIC_MIB, phases)
    server.stop()

    # So that it has to refuse, and to say what is gone: others hold all the room meanwhile.
    tight = bench.start_weir("weir with little room", maximumHeldBytes=1 << 20, topics={TOPIC: {"maximumCount": 64}})
    one = Burst(tight, subscribers, max(40, most / 10), 2 * most, phases, HOARDERS)
    report(bench, one, f"{words}, tight limits", 1 + TOPIC_MIB, phases)
    tight.stop()
