#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sums JUnit XML reports into one line "N passed, N failed".

Usage: script/count-tests.py REPORT.xml…
A report that is missing or holds no test counts as one failure: its runner died
or ran nothing. Skipped tests, and failed ones with what they say, are named before the line.
"""

import pathlib
import sys
import xml.etree.ElementTree as ElementTree

LONGEST_COMPLAINT = 300


def outcome(case):
    """Returns how one test case ended."""
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    return "skipped" if case.find("skipped") is not None else "passed"


def complaint(case):
    """Returns what a failed case says, in a line."""
    said = next((part for kind in ("failure", "error") for part in case.iter(kind)), None)
    words = [] if said is None else f"{said.get('message', '')} {said.text or ''}".split()
    return " ".join(words)[:LONGEST_COMPLAINT]


def cases_of(path):
    try:
        return list(ElementTree.parse(path).iter("testcase"))
    except (OSError, ElementTree.ParseError) as error:
        print(f"no report of {path.stem}: {error}")
        return []


def main():
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for path in map(pathlib.Path, sys.argv[1:]):
        cases = cases_of(path)
        if not cases:
            print(f"no test ran: {path.stem}")
            counts["failed"] += 1
        for case in cases:
            kind = outcome(case)
            counts[kind] += 1
            if kind != "passed":
                named = f"{path.stem}: {case.get('classname')} {case.get('name')}"
                print(f"{kind}: {named}: {complaint(case)}".removesuffix(": "))
    print(f"{counts['passed']} passed, {counts['failed']} failed")
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
