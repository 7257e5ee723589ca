#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures publishing to many subscribers on Weir and, in turns, on what it is compared with.

Usage: bench.py WEIR ROWS --limit PROGRAM [--uws PYTHON] [--nio PROGRAM] [--nchan]
                [--parts PART…] [--pairs N] [--seconds N] [--subscribers N…] [--loops N] [--quick]

ROWS gets one JSON object a line for script/bench-table.py. All servers run all the time, each with
one thread for its connections (--loops for Weir's), and take turns: a round measures each once, in an
order that changes. A ratio is the median of the rounds' ratios, with its 95 % interval.
"""

import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).parents[1] / "Support"))

import burst
import churn
import delays
import deliveries
import handshakes
import holding
import idle_topics
import instructions
import peers
from harness import Bench, parser, running, say
from processes import raise_file_limit

PARTS = {
    "deliver": deliveries.deliver,
    "events": deliveries.events,
    "publish": deliveries.publish,
    "instructions": instructions.instructions,
    "latency": delays.latency,
    "slow": delays.slow,
    "burst": burst.burst,
    "topics": holding.topics,
    "idletopics": idle_topics.idle_topics,
    "idle": holding.idle,
    "connect": holding.connect,
    "churn": churn.churn,
    "tls": handshakes.tls,
}


class FanoutBench(Bench):
    def all_servers(self):
        arguments = self.arguments
        found = {"weir": self.start_weir("weir")}
        found["limit"] = self.keep(peers.start_limit(arguments.limit))
        found["coalescing"] = self.keep(peers.start_limit(arguments.limit, coalesces=True))
        if arguments.uws:
            found["uws"] = self.keep(peers.start_uws(arguments.uws))
        if arguments.nchan:
            found["nchan"] = self.keep(peers.start_nchan(self.directory))
        if arguments.nio:
            found["nio"] = self.keep(peers.start_nio(arguments.nio))
        return found


def main():
    options = parser(__doc__, PARTS, ("weir", "rows"))
    options.add_argument("--limit", required=True, metavar="PROGRAM")
    options.add_argument("--uws", metavar="PYTHON")
    options.add_argument("--nio", metavar="PROGRAM")
    options.add_argument("--nchan", action="store_true")
    options.add_argument("--seconds", type=int, default=2)
    options.add_argument("--subscribers", type=int, nargs="+", default=[1000, 5000])
    arguments = options.parse_args()
    raise_file_limit()
    with running(FanoutBench, arguments, "fanout") as bench:
        all_servers = bench.all_servers()
        for part in arguments.parts or PARTS:
            say(f"fanout: {part}")
            PARTS[part](bench, all_servers)


if __name__ == "__main__":
    main()
