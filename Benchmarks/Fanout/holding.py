# SPDX-License-Identifier: Apache-2.0
"""Many topics and many connections: what they cost, and how long it takes to connect."""

from statistic import Ratio, single


def topics(bench, _all_servers):
    """Many topics with few subscribers each, beside one topic with as many."""
    many = bench.start_weir("weir with many topics", maximumTopics=110_000)
    one = bench.start_weir("weir with one topic")
    options = ("--topics", 100_000, "--subscribers", 10_000, "--subscriptions", 10, "--patience", 60)
    results = bench.rounds({
        "many": lambda: bench.run(many, *options),
        "one": lambda: bench.run(one, "--subscribers", 1),
    })  # fmt: skip
    figures = {
        name: [result["process"]["microsecondsPerDelivery"] for result in found]
        for name, found in results.items()
    }
    words = "100,000 topics, 10,000 sessions with 10 each: a delivery"
    bench.add(Ratio(figures["many"], figures["one"]).row(words, "µs", "one topic, one session", 1.5))


def idle(bench, _all_servers):
    """10,000 connections that receive nothing."""
    count, seconds = 10_000, 10 if bench.is_quick else 60
    weir = bench.start_weir("idle weir")
    result = bench.run(weir, "--subscribers", count, "--idle", "--patience", 60, seconds=seconds)
    weir.stop()
    process = result["process"]
    grown = process["residentBytesConnected"] - process["residentBytesBefore"]
    words = f"{count:,} idle connections"
    bench.add(single(f"{words}: memory of each", "bytes", [grown / count], 2048))
    used = process["userSeconds"] + process["systemSeconds"]
    bench.add(single(f"{words}: of a core", "%", [100 * used / result["seconds"]], 2))


def connect(bench, all_servers):
    """How long it takes until 10,000 have connected and subscribed, at most 128 of them at a time.

    With the topic in the address, as nchan has it, and by commands, which takes one more exchange.
    """
    count = 1_000 if bench.is_quick else 10_000
    wanted = {name: all_servers[name] for name in ("weir", "nchan") if name in all_servers}
    options = ("--subscribers", count, "--idle", "--patience", 60)
    runs = {name: lambda server=server: bench.run(server, *options, seconds=1) for name, server in wanted.items()}
    runs["address"] = lambda: bench.run(wanted["weir"], *options, "--topics-in-address", seconds=1)
    results = bench.rounds(runs)
    taken = {name: [result["connectMilliseconds"] for result in found] for name, found in results.items()}
    words = f"{count:,} WebSockets until all have subscribed"
    for name, how, most in (("address", "topic in the address", 1.0), ("weir", "by commands", None)):
        if "nchan" in taken:
            bench.add(Ratio(taken[name], taken["nchan"]).row(f"{words}, {how}", "ms", "nchan", most))
        else:
            bench.add(single(f"{words}, {how}", "ms", taken[name]))
