# SPDX-License-Identifier: Apache-2.0
"""How late events are, and what readers that stop do to the others."""

from statistic import Ratio, single


def latency(bench, all_servers):
    """How late events are at a tenth of what saturates the slower of two."""
    wanted = {name: all_servers[name] for name in ("weir", "nchan") if name in all_servers}
    for subscribers in bench.arguments.subscribers:
        count = ("--subscribers", subscribers)
        most = min(saturation(bench, server, count) for server in wanted.values())
        rate = max(1, int(most / 10))
        bench.say(f"  {subscribers} subscribers at {rate} events a second")
        options = (*count, "--rate", rate)
        # Few events a second make few figures, of which the slowest hundredth is wanted.
        seconds = max(5, bench.arguments.seconds)
        results = bench.rounds(
            {
                name: lambda server=server: bench.run(server, *options, seconds=seconds)
                for name, server in wanted.items()
            }
        )
        words = f"{subscribers} subscribers, {rate} events a second: p99 from the due time"
        late = {
            name: [result["latencyMicroseconds"]["p99"] / 1000 for result in found]
            for name, found in results.items()
        }
        if "nchan" in late:
            bench.add(Ratio(late["weir"], late["nchan"]).row(words, "ms", "nchan", 1.0))
        else:
            bench.add(single(words, "ms", late["weir"]))


def saturation(bench, server, options, in_flight=32):
    """Events a second that a server brings to all when the next is published as soon as one has come."""
    result = bench.run(server, *options, "--in-flight", in_flight)
    return result["events"] / result["seconds"]


def slow(bench, all_servers):
    """1 % of 1,000 stop reading for half of 20 s of 20 messages of 16 KiB a second."""
    weir = all_servers["weir"]
    # Over event streams: a WebSocket that stops for longer than a ping waits for its answer is closed.
    options = (
        "--transport", "sse", "--subscribers", 1000, "--rate", 20, "--payload", 16 << 10, "--patience", 60,
    )  # fmt: skip
    seconds = 4 if bench.is_quick else 20
    results = {"with": [], "without": []}
    for _ in range(min(3, bench.arguments.pairs)):
        results["without"].append(bench.run(weir, *options, seconds=seconds))
        results["with"].append(bench.run(weir, *options, "--slow", 1, seconds=seconds))
    late = {
        name: [result["latencyMicroseconds"]["p99"] / 1000 for result in found]
        for name, found in results.items()
    }
    words = "10 of 1,000 stop reading, 16 KiB 20 times a second"
    row = Ratio(late["with"], late["without"]).row(f"{words}: p99 of the others", "ms", "none stops", 1.5)
    bench.add(row)
    grown = [
        (result["process"]["residentBytesAfter"] - result["process"]["residentBytesConnected"]) / (1 << 20)
        for result in results["with"]
    ]
    bench.add(single(f"{words}: memory gained", "MiB", grown, 16))
