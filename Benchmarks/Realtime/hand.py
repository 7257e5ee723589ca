# SPDX-License-Identifier: Apache-2.0
"""How late an event is in a subscriber's hand, beside a C program that does nothing else."""

import peers
from delays import saturation
from statistic import Ratio


def latency(bench):
    """p99 from the instant at which a POST is due, at a tenth of what saturates the slower of both."""
    count = bench.size(1_000, 100)
    servers = {"weir": bench.start_weir("weir"), "limit": bench.keep(peers.start_limit(bench.arguments.limit))}
    most = min(saturation(bench, server, ("--subscribers", count)) for server in servers.values())
    rate = max(1, int(most / 10))
    options = ("--subscribers", count, "--rate", rate)
    # Few events a second make few figures, of which the slowest hundredth is wanted.
    seconds = max(bench.size(10, 2), bench.arguments.seconds)
    results = bench.rounds({
        name: lambda server=server: bench.run(server, *options, seconds=seconds)
        for name, server in servers.items()
    })  # fmt: skip
    for server in servers.values():
        server.stop()
    for quantile, most in (("p50", None), ("p99", 1.2)):
        late = {
            name: [result["latencyMicroseconds"][quantile] / 1000 for result in found]
            for name, found in results.items()
        }
        words = f"{count:,} sessions, {rate} events a second: {quantile} from POST to hand"
        bench.add(Ratio(late["weir"], late["limit"]).row(words, "ms", "C, one send each", most))
