#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures publishing to many subscribers on Weir and, in turns, on what it is compared with.

Usage: bench.py WEIR ROWS --limit PROGRAM [--uws PYTHON] [--nio PROGRAM] [--nchan]
                [--parts PART…] [--pairs N] [--seconds N] [--subscribers N…] [--loops N] [--quick]

ROWS gets one JSON object a line for script/bench-table.py. All servers run all the time, each with
one thread for its connections (--loops for Weir's), and take turns: a round measures each once, in an
order that changes. A ratio is the median of the rounds' ratios, with its 95 % interval.
"""

import argparse
import contextlib
import json
import random
import signal
import subprocess
import sys
import tempfile

import burst
import churn
import delays
import deliveries
import handshakes
import holding
import idle_topics
import servers
from processes import raise_file_limit

PARTS = {
    "deliver": deliveries.deliver,
    "events": deliveries.events,
    "publish": deliveries.publish,
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


def say(text):
    print(text, file=sys.stderr, flush=True)


class Bench:
    def __init__(self, arguments, directory, stack, rows):
        self.arguments, self.directory, self.stack, self.rows = arguments, directory, stack, rows
        self.draw = random.Random(1)

    @property
    def is_quick(self):
        """Whether it is enough to show that all of it runs."""
        return self.arguments.quick

    def say(self, text):
        """Tells how far it is, to whoever watches."""
        say(text)

    def keep(self, server):
        self.stack.callback(server.stop)
        return server

    def add(self, row):
        self.rows.write(json.dumps(row, ensure_ascii=False) + "\n")
        self.rows.flush()
        beside = f" beside {row['reference']}" if "reference" in row else ""
        say(f"  {row['measure']}{beside}: {row.get('ratio', row['value']):.3f} ({row.get('why', '')})")

    def start_weir(self, name, **configuration):
        """A Weir of a part's own, until the part or the benchmark ends."""
        arguments = self.arguments
        return self.keep(
            servers.start_weir(arguments.weir, self.directory, name, arguments.loops, **configuration)
        )

    def command(self, server, seconds, *options):
        """The command that measures a server."""
        return [
            self.arguments.weir, "bench", "fanout", "--json", "-", "--pid", str(server.pid),
            "--url", f"http://127.0.0.1:{server.port}", "--dialect", server.dialect,
            "--seconds", str(seconds), *map(str, options),
        ]  # fmt: skip

    def run(self, server, *options, seconds=None):
        """The figures of one run; one that lost something stops the benchmark."""
        seconds = seconds or self.arguments.seconds
        command = self.command(server, seconds, *options)
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=seconds + 120)
        if done.returncode:
            raise SystemExit(f"error: {server.name}: {' '.join(command)}")
        return json.loads(done.stdout)

    def rounds(self, runs):
        """Runs each of some named functions once a round; their results by name."""
        results = {name: [] for name in runs}
        for number in range(self.arguments.pairs):
            names = list(runs)
            self.draw.shuffle(names)
            for name in names:
                results[name].append(runs[name]())
            say(f"    round {number + 1} of {self.arguments.pairs}")
        return results

    def all_servers(self):
        arguments = self.arguments
        weir = servers.start_weir(arguments.weir, self.directory, loops=arguments.loops)
        found = {"weir": self.keep(weir)}
        found["limit"] = self.keep(servers.start_limit(arguments.limit))
        found["coalescing"] = self.keep(servers.start_limit(arguments.limit, coalesces=True))
        if arguments.uws:
            found["uws"] = self.keep(servers.start_uws(arguments.uws))
        if arguments.nchan:
            found["nchan"] = self.keep(servers.start_nchan(self.directory))
        if arguments.nio:
            found["nio"] = self.keep(servers.start_nio(arguments.nio))
        return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("weir")
    parser.add_argument("rows")
    parser.add_argument("--limit", required=True, metavar="PROGRAM")
    parser.add_argument("--uws", metavar="PYTHON")
    parser.add_argument("--nio", metavar="PROGRAM")
    parser.add_argument("--nchan", action="store_true")
    parser.add_argument("--parts", nargs="*", choices=PARTS, default=[])
    parser.add_argument("--pairs", type=int, default=10)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--subscribers", type=int, nargs="+", default=[1000, 5000])
    parser.add_argument("--loops", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="little work in few rounds")
    arguments = parser.parse_args()
    raise_file_limit()
    # So that the servers end with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory() as directory, contextlib.ExitStack() as stack:
        rows = stack.enter_context(open(arguments.rows, "w", encoding="utf-8"))
        bench = Bench(arguments, directory, stack, rows)
        all_servers = bench.all_servers()
        for part in arguments.parts or PARTS:
            say(f"fanout: {part}")
            PARTS[part](bench, all_servers)


if __name__ == "__main__":
    main()
