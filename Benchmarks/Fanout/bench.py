#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures publishing to many subscribers on Weir and, in turns, on what it is compared with.

Usage: bench.py WEIR ROWS --limit PROGRAM [--uws PYTHON] [--nio PROGRAM] [--nchan]
                [--parts PART…] [--pairs N] [--seconds N] [--subscribers N…] [--loops N]

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

import servers
from statistic import Ratio, single

PARTS = ("deliver", "events", "publish", "latency", "slow", "topics", "idle")


def say(text):
    print(text, file=sys.stderr, flush=True)


class Bench:
    def __init__(self, arguments, directory, stack, rows):
        self.arguments, self.directory, self.stack, self.rows = arguments, directory, stack, rows
        self.draw = random.Random(1)

    def keep(self, server):
        self.stack.callback(server.stop)
        return server

    def add(self, row):
        self.rows.write(json.dumps(row, ensure_ascii=False) + "\n")
        self.rows.flush()
        beside = f" beside {row['reference']}" if "reference" in row else ""
        say(f"  {row['measure']}{beside}: {row.get('ratio', row['value']):.3f} ({row.get('why', '')})")

    def run(self, server, *options, seconds=None):
        """The figures of one run; one that lost something stops the benchmark."""
        seconds = seconds or self.arguments.seconds
        command = [
            self.arguments.weir, "bench", "fanout", "--json", "-", "--pid", str(server.pid),
            "--url", f"http://127.0.0.1:{server.port}", "--dialect", server.dialect,
            "--seconds", str(seconds), *map(str, options),
        ]  # fmt: skip
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

    # Parts

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

    def deliver(self, all_servers):
        """Processor time for each delivery, with one event in flight and with 32."""
        goals = {
            1: {"limit": 1.2, "uws": 1.0, "nchan": 1.0, "nio": None},
            32: {"coalescing": 1.25, "uws": 1.0, "nchan": None, "nio": None},
        }
        for subscribers in self.arguments.subscribers:
            for in_flight, others in goals.items():
                say(f"  {subscribers} subscribers, {in_flight} in flight")
                options = ("--subscribers", subscribers, "--in-flight", in_flight)
                wanted = {name: all_servers[name] for name in ("weir", *others) if name in all_servers}
                results = self.rounds(
                    {name: lambda server=server: self.run(server, *options) for name, server in wanted.items()}
                )
                self.compare(results, others, wanted, f"{subscribers} subscribers, {in_flight} in flight")
                if in_flight == 1:
                    self.user_share(results["weir"], f"{subscribers} subscribers, 1 in flight")

    def compare(self, results, others, wanted, words, figure="microsecondsPerDelivery"):
        own = [result["process"][figure] for result in results["weir"]]
        for name, most in others.items():
            if name in results:
                values = [result["process"][figure] for result in results[name]]
                row = Ratio(own, values).row(f"{words}: a delivery", "µs", wanted[name].name, most)
                self.add(row)

    def user_share(self, results, words):
        """The clock ticks of one run are too few, so those of all are taken together."""
        user = sum(result["process"]["userSeconds"] for result in results)
        deliveries = sum(result["deliveries"] for result in results)
        row = single(f"{words}: a delivery in user space", "µs", [user / deliveries * 1e6], 0.4)
        self.add(row | {"why": f"all {len(results)} runs together"})

    def events(self, all_servers):
        """Event streams beside WebSockets, both of Weir."""
        weir, limit = all_servers["weir"], all_servers["limit"]
        for subscribers in self.arguments.subscribers:
            options = ("--subscribers", subscribers, "--transport")
            results = self.rounds({
                "sse": lambda: self.run(weir, *options, "sse"),
                "ws": lambda: self.run(weir, *options, "ws"),
                "limit": lambda: self.run(limit, *options, "sse"),
            })  # fmt: skip
            figures = {
                name: [result["process"]["microsecondsPerDelivery"] for result in found]
                for name, found in results.items()
            }
            words = f"SSE, {subscribers} subscribers, 1 in flight: a delivery"
            self.add(Ratio(figures["sse"], figures["ws"]).row(words, "µs", "WebSocket", 1.2))
            self.add(Ratio(figures["sse"], figures["limit"]).row(words, "µs", "C, the same bytes"))

    def publish(self, all_servers):
        """What an event costs that nobody receives."""
        weir, limit = all_servers["weir"], all_servers["limit"]
        alone = ("--subscribers", 0)
        for connections in (1, 16):
            options = (*alone, "--publishers", connections, "--in-flight", connections)
            lines = (*alone, "--publish", "ndjson", "--publishers", connections, "--in-flight", 1000)
            results = self.rounds({
                "weir": lambda: self.run(weir, *options),
                "limit": lambda: self.run(limit, *options),
                "ndjson": lambda: self.run(weir, *lines),
            })  # fmt: skip
            figures = {
                name: [result["process"]["microsecondsPerEvent"] for result in found]
                for name, found in results.items()
            }
            words = f"publishing over {connections} connections"
            request = Ratio(figures["weir"], figures["limit"])
            self.add(request.row(f"{words}: a request with one event", "µs", "C, fixed answer", 1.4))
            line = Ratio(figures["ndjson"], figures["limit"])
            self.add(line.row(f"{words}: a line of NDJSON", "µs", "C, a request", 0.14))

    def latency(self, all_servers):
        """How late events are at a tenth of what saturates the slower of two."""
        wanted = {name: all_servers[name] for name in ("weir", "nchan") if name in all_servers}
        for subscribers in self.arguments.subscribers:
            count = ("--subscribers", subscribers)
            most = min(self.saturation(server, count) for server in wanted.values())
            rate = max(1, int(most / 10))
            say(f"  {subscribers} subscribers at {rate} events a second")
            options = (*count, "--rate", rate)
            # Few events a second make few figures, of which the slowest hundredth is wanted.
            seconds = max(5, self.arguments.seconds)
            results = self.rounds(
                {
                    name: lambda server=server: self.run(server, *options, seconds=seconds)
                    for name, server in wanted.items()
                }
            )
            words = f"{subscribers} subscribers, {rate} events a second: p99 from the due time"
            late = {
                name: [result["latencyMicroseconds"]["p99"] / 1000 for result in found]
                for name, found in results.items()
            }
            if "nchan" in late:
                self.add(Ratio(late["weir"], late["nchan"]).row(words, "ms", "nchan", 1.0))
            else:
                self.add(single(words, "ms", late["weir"]))

    def saturation(self, server, options):
        result = self.run(server, *options, "--in-flight", 32)
        return result["events"] / result["seconds"]

    def slow(self, all_servers):
        """1 % of 1,000 stop reading for half of 20 s of 20 messages of 16 KiB a second."""
        weir = all_servers["weir"]
        options = ("--subscribers", 1000, "--rate", 20, "--payload", 16 << 10, "--patience", 60)
        seconds = 20 if self.arguments.pairs >= 10 else 4
        results = {"with": [], "without": []}
        for _ in range(min(3, self.arguments.pairs)):
            results["without"].append(self.run(weir, *options, seconds=seconds))
            results["with"].append(self.run(weir, *options, "--slow", 1, seconds=seconds))
        late = {
            name: [result["latencyMicroseconds"]["p99"] / 1000 for result in found]
            for name, found in results.items()
        }
        words = "10 of 1,000 stop reading, 16 KiB 20 times a second"
        row = Ratio(late["with"], late["without"]).row(f"{words}: p99 of the others", "ms", "none stops", 1.5)
        self.add(row)
        grown = [
            (result["process"]["residentBytesAfter"] - result["process"]["residentBytesConnected"]) / (1 << 20)
            for result in results["with"]
        ]
        self.add(single(f"{words}: memory gained", "MiB", grown, 16))

    def topics(self, _all_servers):
        """Many topics with few subscribers each, beside one topic with as many."""
        start = servers.start_weir
        many = self.keep(
            start(self.arguments.weir, self.directory, "weir with many topics", self.arguments.loops,
                  maximumTopics=110_000)
        )  # fmt: skip
        one = self.keep(start(self.arguments.weir, self.directory, "weir with one topic", self.arguments.loops))
        options = ("--topics", 100_000, "--subscribers", 10_000, "--subscriptions", 10, "--patience", 60)
        results = self.rounds({
            "many": lambda: self.run(many, *options),
            "one": lambda: self.run(one, "--subscribers", 1),
        })  # fmt: skip
        figures = {
            name: [result["process"]["microsecondsPerDelivery"] for result in found]
            for name, found in results.items()
        }
        words = "100,000 topics, 10,000 sessions with 10 each: a delivery"
        self.add(Ratio(figures["many"], figures["one"]).row(words, "µs", "one topic, one session", 1.5))

    def idle(self, all_servers):
        """10,000 connections that receive nothing."""
        count, seconds = 10_000, 10 if self.arguments.pairs < 10 else 60
        connects = {"weir": [], "nchan": []}
        for _ in range(min(3, self.arguments.pairs)):
            weir = servers.start_weir(self.arguments.weir, self.directory, "idle weir", self.arguments.loops)
            try:
                result = self.run(weir, "--subscribers", count, "--idle", "--patience", 60, seconds=seconds)
            finally:
                weir.stop()
            connects["weir"].append(result["connectMilliseconds"])
            if "nchan" in all_servers:
                nchan = self.run(all_servers["nchan"], "--subscribers", count, "--idle", seconds=1)
                connects["nchan"].append(nchan["connectMilliseconds"])
        process = result["process"]
        grown = process["residentBytesConnected"] - process["residentBytesBefore"]
        words = f"{count:,} idle connections"
        self.add(single(f"{words}: memory of each", "bytes", [grown / count], 2048))
        used = process["userSeconds"] + process["systemSeconds"]
        self.add(single(f"{words}: of a core", "%", [100 * used / result["seconds"]], 2))
        if connects["nchan"]:
            row = Ratio(connects["weir"], connects["nchan"]).row(f"{words}: to connect", "ms", "nchan", 1.0)
            self.add(row)


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
    arguments = parser.parse_args()
    # So that the servers end with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory() as directory, contextlib.ExitStack() as stack:
        rows = stack.enter_context(open(arguments.rows, "w", encoding="utf-8"))
        bench = Bench(arguments, directory, stack, rows)
        all_servers = bench.all_servers()
        for part in arguments.parts or PARTS:
            say(f"fanout: {part}")
            getattr(bench, part)(all_servers)


if __name__ == "__main__":
    main()
