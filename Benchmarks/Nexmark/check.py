#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares what Weir's queries give with what DuckDB gives over the same events.

Usage: check.py PROGRAM [QUERY…] [--events N] [--run NAME] [--loops PROGRAM]

PROGRAM is the executable with the commands nexmark-export, nexmark-rows and nexmark-list.
Rows are compared as multisets, a line of comma-separated fields each. A query with "-approximate"
behind its name must be right within four times the standard error that each of its estimates
states. One with "-updates" tells a table row by row as it changes: the last row of each key must be
right, and what can only rise or fall may do only that. With --loops, the events of the C++ generator
must be those of the Swift one, byte for byte.
"""

import argparse
import filecmp
import itertools
import pathlib
import re
import subprocess
import sys
import tempfile
import typing
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


# What Weir takes where no settings are given.
DEFAULTS = {"--start": 1436918400000, "--spacing": 100}


class Table(typing.NamedTuple):
    """Which fields of an updated row are its key, may only rise, may only fall; how many it has."""

    key: tuple
    rising: tuple
    falling: tuple
    fields: int


TABLES = {
    "q15-updates": Table((0,), tuple(range(1, 13)), (), 13),
    "q16-updates": Table((0, 1), tuple(range(2, 15)), (), 15),
    "q17-updates": Table((0, 1), (2, 3, 4, 5, 7, 9), (6,), 10),
    "q18-updates": Table((0, 1), (5,), (), 7),
    "q19-updates": Table((0, 7), (2,), (), 7),
}


def queries():
    """The oracle's statements by name."""
    text = (HERE / "oracle.sql").read_text(encoding="utf-8")
    parts = re.split(r"^-- (q\d+)\n", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2]))


def connect(directory, settings=()):
    """A DuckDB with the exported events as tables, and a row of what their times are made of."""
    import duckdb

    database = duckdb.connect()
    given_settings = dict(zip(settings[::2], settings[1::2]))
    start, spacing = (given_settings.get(name, usual) for name, usual in DEFAULTS.items())
    database.execute(
        f"CREATE TABLE settings AS SELECT {start}::BIGINT AS start, {spacing}::BIGINT AS spacing"
    )
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
    """The rows that Weir gives, in order."""
    output = subprocess.run(
        [program, "nexmark-rows", query, *settings], check=True, stdout=subprocess.PIPE
    ).stdout
    return output.decode().splitlines()


def number(field):
    """A number, or text that compares like the instant it tells."""
    return int(field) if field.isdigit() else field


def last_rows(query, rows):
    """The last row of each key, and the updates that went the wrong way."""
    table = TABLES[query]
    last, wrong = {}, []
    for row in rows:
        fields = row.split(",")
        key = tuple(fields[place] for place in table.key)
        if before := last.get(key):
            fell = any(number(fields[at]) < number(before[at]) for at in table.rising)
            rose = any(number(fields[at]) > number(before[at]) for at in table.falling)
            if fell or rose:
                wrong.append(f"{','.join(before)} -> {row}")
        last[key] = fields
    return Counter(",".join(fields[: table.fields]) for fields in last.values()), wrong


def report_updates(query, name, want, rows):
    """Says how a table that was told as it changed went; answers whether it is right."""
    got, wrong = last_rows(query, rows)
    for update in wrong[:3]:
        print(f"WRONG {query}, {name}: {update}")
    if len(rows) <= sum(want.values()):
        print(f"WRONG {query}, {name}: nothing was told before the end")
        return False
    return report(f"{name}, {len(rows)} updates", query, want, got) and not wrong


def is_near(want, got):
    """Whether a row is right, its estimates within four times their standard error."""
    if len(want) != len(got):
        return False
    for exact, field in zip(want, got):
        estimate, _, error = field.partition("±")
        if abs(int(exact) - int(estimate)) > 4 * float(error) * int(exact) if error else (
            exact != field
        ):
            return False
    return True


def report_estimates(query, name, want, rows):
    """Says how a query with estimates went; answers whether each is near enough."""
    # Sorted by what comes before the first estimate, which is a key and counts.
    wanted = sorted(row.split(",") for row in want.elements())
    given_rows = sorted(row.split(",") for row in rows)
    far = [
        (exact, row)
        for exact, row in itertools.zip_longest(wanted, given_rows, fillvalue=[])
        if not is_near(exact, row)
    ]
    estimates = sum(row.count("±") for row in rows)
    if not far and rows:
        print(f"ok    {query}, {name}: {len(rows)} rows, {estimates} estimates")
        return True
    print(f"WRONG {query}, {name}: {len(far)} rows of {len(rows)}")
    for exact, row in far[:3]:
        print(f"      wanted: {','.join(exact)}\n      given:  {','.join(row)}")
    return False


def check(query, name, want, rows):
    if query.endswith("-updates"):
        return report_updates(query, name, want, rows)
    if query.endswith("-approximate"):
        return report_estimates(query, name, want, rows)
    return report(name, query, want, Counter(rows))


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
    parser.add_argument("--run", choices=RUNS, help="only one kind of events")
    parser.add_argument("--loops")
    arguments = parser.parse_args()
    listed = subprocess.run(
        [arguments.program, "nexmark-list"], check=True, stdout=subprocess.PIPE, text=True
    ).stdout.split()
    statements = queries()
    right = True
    for name, options in RUNS.items():
        if arguments.run not in (None, name):
            continue
        settings = [*options, "--events", arguments.events]
        with tempfile.TemporaryDirectory() as directory:
            subprocess.run(
                [arguments.program, "nexmark-export", directory, *settings], check=True
            )
            if arguments.loops:
                right &= same_events(arguments.loops, directory, settings)
            database = connect(directory, settings)
            for query in arguments.queries or listed:
                want = expected(database, statements[query.partition("-")[0]])
                rows = given(arguments.program, query, settings)
                right &= check(query, name, want, rows)
    sys.exit(0 if right else 1)


if __name__ == "__main__":
    main()
