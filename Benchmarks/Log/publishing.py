# SPDX-License-Identifier: Apache-2.0
"""Durable publishes a second: in the process beside raw SQLite, over HTTP beside Redis."""

import shutil
import statistics

import redis
from statistic import Ratio, single

PUBLISHERS = (1, 16, 256)
REDIS_POLICIES = {"full": "always", "normal": "everysec"}


class Pair:
    """The store and raw SQLite with the same batches, one right after the other."""

    def __init__(self, bench, synchronous, publishers, seconds):
        self.bench, self.synchronous, self.publishers, self.seconds = bench, synchronous, publishers, seconds
        self.batches = []

    def __call__(self):
        """The figures of both. Which of them is first changes, once it is known how large batches are."""
        if self.batches and self.bench.draw.random() < 0.5:
            raw = self._raw()
            return self._store(), raw
        store = self._store()
        return store, self._raw()

    def _store(self):
        place = self.bench.path("publish")
        figures = self.bench.measure("publish", place, self.seconds, self.synchronous, self.publishers)
        shutil.rmtree(place)
        self.batches.append(figures["meanBatch"])
        return figures

    def _raw(self):
        place = self.bench.path("raw")
        place.mkdir()
        batch = max(1, round(self.batches[-1]))
        level = self.synchronous.upper()
        figures = self.bench.raw("publish", place / "raw.db", self.seconds, level, batch)
        shutil.rmtree(place)
        return figures


def publish(bench):
    """All numbers of publishers, both ways to sync."""
    server = bench.start_weir(
        "weir that stores", data=str(bench.path("weir")), durable={"full": "full", "normal": "normal"}
    )
    peers = {}
    if redis.is_there():
        peers = {synchronous: redis.Redis(bench, policy) for synchronous, policy in REDIS_POLICIES.items()}
    else:
        bench.say("  Redis is left out: there is no redis-server, or no redis-benchmark")
    for synchronous in REDIS_POLICIES:
        for publishers in PUBLISHERS:
            compare(bench, server, peers.get(synchronous), synchronous, publishers)
    server.stop()
    for peer in peers.values():
        peer.server.stop()


def compare(bench, server, peer, synchronous, publishers):
    seconds = 0.2 if bench.is_quick else 1
    words = f"{synchronous.upper()}, {publishers} publishers"
    bench.say(f"  {words}")
    options = (
        "--subscribers", 0, "--topic", synchronous, "--publishers", publishers, "--in-flight", publishers,
        "--warmup", 200,
    )  # fmt: skip
    runs = {
        "pair": Pair(bench, synchronous, publishers, seconds),
        "server": lambda: rate(bench.run(server, *options, seconds=1)),
    }
    if peer:
        runs["peer"] = lambda: peer.publish(publishers, seconds)
    if synchronous == "full":
        runs["disk"] = lambda: bench.raw("sync", bench.path("sync"), seconds)["perSecond"]
    results = bench.rounds(runs, bench.size(None, 1))
    stores, raws = zip(*results["pair"])
    report(bench, words, stores, raws, results)


def rate(figures):
    return figures["events"] / figures["seconds"]


def report(bench, words, stores, raws, results):
    own = [figures["perSecond"] for figures in stores]
    others = [figures["perSecond"] for figures in raws]
    row = Ratio(own, others).row(f"{words}: in the process", "/s", "SQLite, the same batches", least=0.85)
    bench.add(row | {"why": f"{row['why']}; {details(stores, raws)}"})
    if "disk" in results:
        row = Ratio(own, results["disk"]).row(f"{words}: in the process", "/s", "syncs of the disk")
        bench.add(row)
    measure = f"{words}: over HTTP"
    if "peer" in results:
        policy = REDIS_POLICIES[words.split(",")[0].lower()]
        reference = f"Redis Streams, appendfsync {policy}"
        bench.add(Ratio(results["server"], results["peer"]).row(measure, "/s", reference))
    else:
        bench.add(single(measure, "/s", results["server"]))


def details(stores, raws):
    """What explains the ratio: batches, and the processor time of each publish."""

    def median(runs, name):
        return statistics.median(figures[name] for figures in runs)

    return (
        f"{median(stores, 'meanBatch'):.1f} a commit, processor {median(stores, 'processorMicroseconds'):.1f} µs, "
        f"{median(stores, 'callersMicroseconds'):.1f} of it the callers', SQLite "
        f"{median(raws, 'processorMicroseconds'):.1f} µs, p99 {median(stores, 'p99Milliseconds'):.1f} ms"
    )
