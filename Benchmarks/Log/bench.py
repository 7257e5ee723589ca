#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures what is stored on disk and, in turns, what it is compared with.

Usage: bench.py WEIR MEASURE RAW ROWS [--directory DIR] [--parts PART…] [--pairs N] [--loops N] [--quick]

WEIR is the server, MEASURE the program `storage-measure`, RAW the C program raw.c. ROWS gets one JSON
object a line for script/bench-table.py. DIR is on the disk that is measured. What is compared takes
turns: a round measures each once, in an order that changes. A ratio is the median of the rounds'
ratios, with its 95 % interval.
"""

import json
import pathlib
import subprocess
import sys

sys.path.append(str(pathlib.Path(__file__).parents[1] / "Support"))

import publishing
import reading
import replay
import retention
import startup
import state
from harness import Bench, parser, running, say

PARTS = {
    "publish": publishing.publish,
    "replay": replay.replay,
    "read": reading.read,
    "start": startup.start,
    "retention": retention.retention,
    "state": state.state,
}


class LogBench(Bench):
    def size(self, full, quick):
        """How much of something: few where it is enough to show that all of it runs."""
        return quick if self.is_quick else full

    def path(self, name):
        """A file or directory of this run."""
        return pathlib.Path(self.directory, name)

    def figures(self, program, *words):
        """What a program measured; one that fails stops the benchmark."""
        command = [program, *map(str, words)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=900)
        if done.returncode:
            raise SystemExit(f"error: {' '.join(command)} ended with {done.returncode}")
        return json.loads(done.stdout)

    def measure(self, *words):
        """Figures of the store, within the process that asks."""
        return self.figures(self.arguments.measure, *words)

    def raw(self, *words):
        """Figures of SQLite or the disk alone."""
        return self.figures(self.arguments.raw, *words)


def main():
    options = parser(__doc__, PARTS, ("weir", "measure", "raw", "rows"), pairs=7)
    options.add_argument("--directory", metavar="DIR", help="on the disk that is measured")
    arguments = options.parse_args()
    with running(LogBench, arguments, "log", arguments.directory) as bench:
        for part in arguments.parts or PARTS:
            say(f"log: {part}")
            PARTS[part](bench)


if __name__ == "__main__":
    main()
