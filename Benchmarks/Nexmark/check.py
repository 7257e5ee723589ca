#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares what Weir's queries give with what DuckDB gives over the same events.

Usage: check.py PROGRAM [QUERY…] [--events N] [--loops PROGRAM]

PROGRAM is the executable with the commands nexmark-export, nexmark-rows and nexmark-list.
Rows are compared as multisets, a line of comma-separated fields each. With --loops, the
events of the C++ generator must be those of the Swift one, byte for byte.
"""

import argparse
import filecmp
import pathlib
import re
import subprocess
import sys
import tempfile
from collections import Counter

HERE = pathlib.Path(__file__).parent

# What the events are a function of: in order as in the benchmark; out of order by up to
# 500 places over midnight; a day with few events to a window.
RUNS = {
    "in order": ["--seed", "1"],
    "out of order": [
        "--seed", "2", "--shuffle", "500", "--spacing", "1000", "--start", "1436918300000",
    ],
    "spread over a day": ["--seed", "3", "--spacing", "432000"],
}  # fmt: skip


def queries():
    """The oracle's statements by name."""
    text = (HERE / "oracle.sql").read_text(encoding="utf-8")
    parts = re.split(r"^-- (q\d+)\n", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2]))


def connect(directory):
    """A DuckDB with the exported events as tables."""
    import duckdb

    database = duckdb.connect()
    for table in ("person", "auction", "bid"):
        database.execute(
            f"CREATE TABLE {table} AS SELECT * FROM "
            f"read_csv('{directory}/{table}.csv', header = true, delim = ',', quote = '')"
        )
    return database


def expected(database, statement):
    rows = database.execute(statement).fetchall()
    return Counter(",".join(str(field) for field in row) for row in rows)


def given(program, query, settings):
    output = subprocess.run(
        [program, "nexmark-rows", query, *settings], check=True, stdout=subprocess.PIPE
    ).stdout
    return Counter(output.decode().splitlines())


def report(name, query, want, got):
    """Says how a query went; answers whether it is right."""
    if want == got and want:
        print(f"ok    {query}, {name}: {sum(want.values())} rows")
        return True
    print(f"WRONG {query}, {name}: {sum(want.values())} rows wanted, {sum(got.values())} given")
    for title, rows in (("missing", want - got), ("not wanted", got - want)):
        for row in list(rows.elements())[:3]:
            print(f"      {title}: {row}")
    return False


def same_events(loops, directory, settings):
    """Whether the C++ generator writes the same files."""
    with tempfile.TemporaryDirectory() as other:
        subprocess.run([loops, "export", other, *settings], check=True)
        same = all(
            filecmp.cmp(f"{directory}/{table}.csv", f"{other}/{table}.csv", shallow=False)
            for table in ("person", "auction", "bid")
        )
    print("ok    both generators agree" if same else "WRONG the generators differ")
    return same


def main():
    parser = argparse.ArgumentParser(description="Checks Weir's queries against DuckDB.")
    parser.add_argument("program")
    parser.add_argument("queries", nargs="*")
    parser.add_argument("--events", default="200000")
    parser.add_argument("--loops")
    arguments = parser.parse_args()
    listed = subprocess.run(
        [arguments.program, "nexmark-list"], check=True, stdout=subprocess.PIPE, text=True
    ).stdout.split()
    statements = queries()
    right = True
    for name, options in RUNS.items():
        settings = [*options, "--events", arguments.events]
        with tempfile.TemporaryDirectory() as directory:
            subprocess.run(
                [arguments.program, "nexmark-export", directory, *settings], check=True
            )
            if arguments.loops:
                right &= same_events(arguments.loops, directory, settings)
            database = connect(directory)
            for query in arguments.queries or listed:
                want = expected(database, statements[query])
                right &= report(name, query, want, given(arguments.program, query, settings))
    sys.exit(0 if right else 1)


if __name__ == "__main__":
    main()
