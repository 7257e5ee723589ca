#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Counts what the Autobahn testsuite found; fails if a case failed or was not strictly right.

Usage: conformance-report.py INDEX.JSON LEAST
LEAST is how many cases there must be.
"""

import collections
import json
import sys

GOOD = {"OK", "INFORMATIONAL"}


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        agents = json.load(file)
    cases = [(name, case) for results in agents.values() for name, case in results.items()]
    if len(cases) < int(sys.argv[2]):
        sys.exit(f"error: {len(cases)} cases were run, there are {sys.argv[2]}")
    bad = [(n, c) for n, c in cases if not {c["behavior"], c["behaviorClose"]} <= GOOD]
    for name, case in bad:
        print(f"case {name}: {case['behavior']}, closing {case['behaviorClose']}")
    counts = collections.Counter(case["behavior"] for _, case in cases)
    print(", ".join(f"{count} {kind}" for kind, count in sorted(counts.items())))
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
