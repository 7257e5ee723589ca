#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures what filters, chains and recovery cost sessions, beside what they are compared with.

Usage: bench.py WEIR ROWS --limit PROGRAM [--suite PROGRAM --counter LIBRARY]
                [--directory DIR] [--parts PART…] [--pairs N] [--seconds N] [--loops N] [--quick]

WEIR is the server, --limit the C program of the fan-out. --suite is `weir-bench` and --counter the
library that counts allocations: without them `filters` and `chains` are left out. ROWS gets one JSON
object a line for script/bench-table.py. DIR is where the durable topic of `recover` is. What is
compared takes turns; a ratio is the median of the rounds' ratios, with its 95 % interval.
"""

import pathlib
import sys

HERE = pathlib.Path(__file__).parent
sys.path += [str(HERE.with_name(name)) for name in ("Support", "Fanout")]

import equalities
import hand
import recovery
import sharing
import suite
from harness import Bench, parser, running, say
from processes import raise_file_limit

PARTS = {
    "filters": suite.filters,
    "equalities": equalities.equalities,
    "chains": suite.chains,
    "share": sharing.share,
    "latency": hand.latency,
    "recover": recovery.recover,
}
# What needs no server.
IN_A_PROCESS = (suite.filters, suite.chains)


class RealtimeBench(Bench):
    def size(self, full, quick):
        """How much of something: few where it is enough to show that all of it runs."""
        return quick if self.is_quick else full


def main():
    options = parser(__doc__, PARTS, ("weir", "rows"))
    options.add_argument("--limit", required=True, metavar="PROGRAM")
    options.add_argument("--suite", metavar="PROGRAM")
    options.add_argument("--counter", metavar="LIBRARY")
    options.add_argument("--directory", metavar="DIR", help="where the durable topic is")
    options.add_argument("--seconds", type=int, default=2)
    arguments = options.parse_args()
    raise_file_limit()
    with running(RealtimeBench, arguments, "realtime", arguments.directory) as bench:
        for part in arguments.parts or PARTS:
            if PARTS[part] in IN_A_PROCESS and not (arguments.suite and arguments.counter):
                say(f"realtime: {part} is left out: it takes --suite and --counter")
                continue
            say(f"realtime: {part}")
            PARTS[part](bench)


if __name__ == "__main__":
    main()
