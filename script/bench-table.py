#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Merges benchmark rows into one table and says which goals are missed.

Usage: script/bench-table.py [--json FILE] [--markdown FILE] ROWS…

ROWS holds one JSON object a line: benchmark, measure, unit, value, and where there is
something to compare with: reference (its name), referenceValue, ratio, goal, met, and
why: what explains a ratio beyond its goal.
A row with a reference but no value is a reference's half: it completes the rows of the
same benchmark and measure. ratio is value / referenceValue unless the row says it.
goal is text like "<= 0.5" or ">= 3", about the ratio where there is one, else the value;
met is worked out from it unless the row says it.
"""

import argparse
import json
import operator
import re
import sys

COLUMNS = (
    "benchmark", "measure", "unit", "value", "reference", "referenceValue", "ratio", "goal", "met", "why",
)  # fmt: skip
COMPARISONS = {
    "<=": operator.le, "≤": operator.le, "<": operator.lt,
    ">=": operator.ge, "≥": operator.ge, ">": operator.gt,
}  # fmt: skip


def read_rows(path):
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                try:
                    yield json.loads(line)
                except json.JSONDecodeError as error:
                    sys.exit(f"error: {path}:{number}: not a JSON object: {error}")


def merge(rows):
    """Joins the references' halves to the rows they belong to."""
    halves = [row for row in rows if row.get("value") is None]
    merged = []
    for row in (row for row in rows if row.get("value") is not None):
        own = [
            half
            for half in halves
            if (half["benchmark"], half["measure"]) == (row["benchmark"], row["measure"])
        ]
        if row.get("referenceValue") is not None or not own:
            merged.append(row)
        merged += [
            row | {key: half[key] for key in ("reference", "referenceValue")} for half in own
        ]
    return merged


def judge(row):
    """Fills in ratio and met where they follow from the rest."""
    row = {column: row.get(column) for column in COLUMNS}
    if row["ratio"] is None and row["referenceValue"]:
        row["ratio"] = row["value"] / row["referenceValue"]
    goal = re.match(r"\s*(<=|>=|≤|≥|<|>)\s*([0-9.]+)", str(row["goal"] or ""))
    if row["met"] is None and goal:
        measured = row["value"] if row["ratio"] is None else row["ratio"]
        row["met"] = COMPARISONS[goal.group(1)](measured, float(goal.group(2)))
    return row


def shown(value):
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "NO"
    return f"{value:,.4g}" if isinstance(value, float) and abs(value) < 1e4 else (
        f"{value:,.0f}" if isinstance(value, (int, float)) else str(value)
    )


def write_markdown(rows, path):
    """One table for each benchmark, without the columns that none of its rows has."""
    with open(path, "w", encoding="utf-8") as file:
        for name in dict.fromkeys(row["benchmark"] for row in rows):
            own = [row for row in rows if row["benchmark"] == name]
            columns = [
                column
                for column in COLUMNS[1:]
                if any(row[column] is not None for row in own)
            ]
            numbers = ("value", "referenceValue", "ratio")
            file.write(f"## {name}\n\n| {' | '.join(columns)} |\n|")
            file.write("".join("---:|" if column in numbers else "---|" for column in columns))
            for row in own:
                cells = ("" if row[c] is None else shown(row[c]) for c in columns)
                file.write(f"\n| {' | '.join(cells)} |")
            file.write("\n\n")


def print_table(rows):
    cells = [COLUMNS, *(tuple(shown(row[column]) for column in COLUMNS) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells)]
    for line in cells:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())


def main():
    parser = argparse.ArgumentParser(description="Prints benchmark rows as one table.")
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--markdown", metavar="FILE")
    parser.add_argument("rows", nargs="+", metavar="ROWS")
    arguments = parser.parse_args()
    rows = [judge(row) for row in merge([row for path in arguments.rows for row in read_rows(path)])]
    print_table(rows)
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump(rows, file, indent=2, ensure_ascii=False)
            file.write("\n")
    if arguments.markdown:
        write_markdown(rows, arguments.markdown)
    missed = [row for row in rows if row["met"] is False]
    for row in missed:
        about = "value" if row["ratio"] is None else "ratio"
        print(
            f"goal missed: {row['benchmark']} {row['measure']}: "
            f"{about} {shown(row[about])}, goal {row['goal']}"
        )
    if not missed:
        print(f"goals met: {sum(row['met'] is True for row in rows)}, missed: none")


if __name__ == "__main__":
    main()
