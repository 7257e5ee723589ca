#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints the line coverage of each module under Sources and fails below the threshold.

Usage: llvm-cov export -summary-only … | script/coverage-table.py THRESHOLD_PERCENT
"""

import collections
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def lines_by_module(export):
    """Returns module → [covered lines, lines], from llvm-cov's summary."""
    modules = collections.defaultdict(lambda: [0, 0])
    sources = ROOT / "Sources"
    for file in export["data"][0]["files"]:
        path = pathlib.Path(file["filename"])
        if not path.is_relative_to(sources):
            continue
        lines = file["summary"]["lines"]
        module = modules[path.relative_to(sources).parts[0]]
        module[0] += lines["covered"]
        module[1] += lines["count"]
    return modules


def main():
    threshold = float(sys.argv[1])
    modules = lines_by_module(json.load(sys.stdin))
    total = [sum(column) for column in zip(*modules.values())] or [0, 0]
    print(f"{'module':<14}{'lines':>8}{'covered':>9}{'%':>8}")
    below = []
    for name, (covered, count) in [*sorted(modules.items()), ("total", total)]:
        percent = 100 * covered / count if count else 0.0
        print(f"{name:<14}{count:>8}{covered:>9}{percent:>8.1f}")
        if percent < threshold:
            below.append(name)
    unmeasured = {
        path.name for path in (ROOT / "Sources").iterdir() if any(path.rglob("*.swift"))
    } - modules.keys()
    if unmeasured:
        print(f"without a line to measure: {', '.join(sorted(unmeasured))}")
    if below:
        print(f"below {threshold:g} %: {', '.join(below)}")
    return 1 if "total" in below else 0


if __name__ == "__main__":
    sys.exit(main())
