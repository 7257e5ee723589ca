#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures NEXMARK's queries on Weir and, in the same run, on what they are compared with.

Usage: bench.py PROGRAM LOOPS ROWS [QUERY…] [--events N] [--rounds N] [--directory DIR]
                [--flink PYTHON] [--flink-events N] [--bytewax PYTHON]

PROGRAM has the nexmark- commands, LOOPS are the C++ loops; ROWS gets one JSON object a line
for script/bench-table.py. DuckDB, the oracle, runs in this process on one thread, over the
same events from DIR (exported there if it has none); it and the loops must give as many rows
as Weir. Flink and Bytewax are run by the Python that has them, if one is named. Figures are
processor time of all threads per event, medians of the rounds; without that for making events.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import check

HERE = pathlib.Path(__file__).parent
LOOPS = ("q0", "q1", "q2", "q5", "q7", "q11", "q17", "q18")
LOOP_GOAL = {"q5": "≤ 8", "q7": "≤ 8", "q11": "≤ 8", "q17": "≤ 8", "q18": "≤ 8"}
RATE_GOAL = {"q0": "≥ 5", "q1": "≥ 5", "q2": "≥ 5"}
COUNT = ["count", "--events", "1000000", "--shuffle", "500"]


def say(text):
    print(text, file=sys.stderr, flush=True)


def output(*command):
    """The JSON objects that a command prints, one a line."""
    lines = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return [json.loads(line) for line in lines.splitlines() if line.startswith("{")]


class Rounds:
    """Weir and the loop taking turns over one query."""

    def __init__(self, arguments, query, options, has_loop, rounds=None):
        self.weir, self.loop = [], []
        for _ in range(rounds or arguments.rounds):
            self.weir += output(arguments.program, "nexmark-run", query, *options)
            if has_loop:
                self.loop += output(arguments.loops, query, *options)
        self.rows = self.weir[0]["rows"]
        if has_loop and self.loop[0]["rows"] != self.rows:
            sys.exit(f"error: {query}: {self.rows} rows, the loop has {self.loop[0]['rows']}")

    def pipeline(self):
        return statistics.median(run["nanosecondsPerEvent"] for run in self.weir)

    def whole(self):
        return statistics.median(
            run["nanosecondsPerEvent"] + run["publishNanosecondsPerEvent"] for run in self.weir
        )

    def loop_row(self, query, goal):
        pairs = zip(self.weir, self.loop)
        return {
            "benchmark": "nexmark",
            "measure": f"{query}, pipeline",
            "unit": "ns CPU/event",
            "value": self.pipeline(),
            "reference": "C++ loop",
            "referenceValue": statistics.median(run["nanosecondsPerEvent"] for run in self.loop),
            "ratio": statistics.median(
                weir["nanosecondsPerEvent"] / loop["nanosecondsPerEvent"] for weir, loop in pairs
            ),
            "goal": goal,
        }

    def other_row(self, query, name, value, goal=None):
        return {
            "benchmark": "nexmark",
            "measure": f"{query}, publishing and pipeline",
            "unit": "ns CPU/event",
            "value": self.whole(),
            "reference": name,
            "referenceValue": value,
            "goal": goal,
        }

    def rate_row(self, query):
        return {
            "benchmark": "nexmark",
            "measure": f"{query}, pipeline",
            "unit": "M events/CPU s",
            "value": 1e3 / self.pipeline(),
            "goal": RATE_GOAL.get(query),
        }


class Oracle:
    """DuckDB over the exported events."""

    def __init__(self, directory):
        self.database = check.connect(directory)
        self.database.execute("SET threads = 1")
        self.statements = check.queries()

    def measure(self, query, events):
        """Processor nanoseconds per event, and rows."""
        statement = self.statements[query].strip().rstrip(";")
        start = time.process_time()
        self.database.execute(f"CREATE OR REPLACE TEMP TABLE result AS {statement}")
        taken = (time.process_time() - start) * 1e9 / events
        return taken, self.database.execute("SELECT count(*) FROM result").fetchone()[0]


def measure_queries(arguments, directory):
    """Yields each query with its rounds and the rows for the table."""
    options = ["--events", str(arguments.events)]
    oracle = Oracle(directory)
    for query in arguments.queries or [*names(arguments.program)]:
        rounds = Rounds(arguments, query, options, query in LOOPS)
        taken, rows = oracle.measure(query, arguments.events)
        if rows != rounds.rows:
            sys.exit(f"error: {query}: {rounds.rows} rows, DuckDB has {rows}")
        table = [rounds.rate_row(query), rounds.other_row(query, "DuckDB", taken)]
        if rounds.loop:
            table.append(rounds.loop_row(query, LOOP_GOAL.get(query)))
        say(f"  {query}: {rounds.whole():.1f} ns, {rounds.pipeline():.1f} without publishing")
        yield query, rounds, table


def names(program):
    listed = subprocess.run(
        [program, "nexmark-list"], check=True, stdout=subprocess.PIPE, text=True
    )
    return [name for name in listed.stdout.split() if "-" not in name]


def export(program, directory, events, *options):
    """Exports the events unless the directory has as many already."""
    stamp = pathlib.Path(directory) / f"events-{events}"
    if not stamp.exists():
        pathlib.Path(directory).mkdir(parents=True, exist_ok=True)
        subprocess.run(
            [program, "nexmark-export", directory, "--events", str(events), *options], check=True
        )
        stamp.touch()


def others(arguments, directory, measured):
    """Rows against the engines that are installed."""
    if arguments.bytewax:
        say("nexmark: Bytewax")
        for run in output(arguments.bytewax, str(HERE / "bytewax_queries.py"), directory):
            if run["query"] in measured:
                goal = "≤ 0.01" if run["query"] == "count" else None
                rounds = measured[run["query"]]
                yield rounds.other_row(run["query"], "Bytewax", run["nanosecondsPerEvent"], goal)
    if arguments.flink:
        say(f"nexmark: Apache Flink, {arguments.flink_events} events")
        large = f"{directory}/flink"
        export(arguments.program, large, arguments.flink_events, "--headless")
        for query in measured:
            if query != "count":
                yield from flink_row(arguments, large, query)


def flink_row(arguments, directory, query):
    """Runs a query on Flink, and on Weir over as many events; nothing where Flink can't."""
    events = str(arguments.flink_events)
    try:
        runs = output(arguments.flink, str(HERE / "flink.py"), directory, events, query)
    except subprocess.CalledProcessError:
        say(f"  {query}: Flink failed, its message is above")
        return
    for run in runs:
        rounds = Rounds(arguments, query, ["--events", events], False, 1)
        say(f"  {query}: {rounds.whole():.1f} ns, Flink {run['nanosecondsPerEvent']:.1f}")
        yield rounds.other_row(
            query, "Flink, less start and parsing", run["nanosecondsPerEvent"], "≤ 0.2"
        )


def table_rows(arguments, directory):
    """Yields the table's rows, each as soon as it was measured."""
    measured = {}
    for query, rounds, rows in measure_queries(arguments, directory):
        measured[query] = rounds
        yield from rows
    if not arguments.queries or "count" in arguments.queries:
        measured["count"] = Rounds(arguments, COUNT[0], COUNT[1:], True)
        yield measured["count"].loop_row("count", "≤ 4")
    yield from others(arguments, directory, measured)


def main():
    parser = argparse.ArgumentParser(description="Measures NEXMARK's queries.")
    parser.add_argument("program")
    parser.add_argument("loops")
    parser.add_argument("rows")
    parser.add_argument("queries", nargs="*")
    parser.add_argument("--events", type=int, default=2_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--directory")
    parser.add_argument("--flink")
    parser.add_argument("--flink-events", type=int, default=20_000_000)
    parser.add_argument("--bytewax")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        directory = arguments.directory or temporary
        say(f"nexmark: {arguments.events} events, {arguments.rounds} rounds")
        export(arguments.program, directory, arguments.events)
        with open(arguments.rows, "a", encoding="utf-8") as file:
            for row in table_rows(arguments, directory):
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
                file.flush()


if __name__ == "__main__":
    main()
