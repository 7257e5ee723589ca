# SPDX-License-Identifier: Apache-2.0
"""`script/bench realtime --quick` runs to its end: all parts measure, and what readers check holds."""

import json
import os
import subprocess
import sys

import pytest

from support.process import BINARY, REPOSITORY

PROGRAM = REPOSITORY / "Benchmarks/Realtime/bench.py"
# What each part that needs a server must have a row about.
MEASURES = (
    "beyond one that nobody reads", "subscribers of one chain: an event less the chain once",
    "p99 from POST to hand", "until the last has recovered", "publishes a second meanwhile",
)  # fmt: skip
# Stands in for weir-bench: it writes rows as that does.
SUITE = """#!/bin/sh
case $1 in
  filters) row='"measure":"a tag filter: two numbers and a part of a text","unit":"ns CPU/event","value":117,
    "reference":"by hand","referenceValue":58.5,"ratio":2,"goal":"≤ 3","met":true' ;;
  allocations) row='"measure":"10,000 equalities in a set","unit":"allocations/million events","value":0,
    "reference":null,"ratio":null,"goal":"≤ 0","met":true' ;;
  chains) row='"measure":"a filter","unit":"ns CPU/event","value":4,"ratio":2,"goal":"≤ 5","met":true' ;;
esac
printf '{"benchmark":"%s",%s,"why":null}\\n' "$1" "$row" | tr -d '\\n' >"$3"
"""


def rows(tmp_path, *options):
    """The rows of a run that must succeed, by their measures."""
    path = tmp_path / "rows"
    run = subprocess.run(
        [sys.executable, PROGRAM, BINARY, path, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
    )
    print(run.stdout)
    assert run.returncode == 0
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.load
def test_all_parts_with_a_server_run(tmp_path):
    limit = tmp_path / "limit"
    compiler = [os.environ.get("CC", "cc"), "-O2", "-o", limit]
    subprocess.run([*compiler, REPOSITORY / "Benchmarks/Fanout/limit.c", "-lcrypto"], check=True)
    found = rows(tmp_path, "--limit", limit, "--quick", "--pairs", "1")
    for measure in MEASURES:
        assert any(measure in row["measure"] for row in found), measure
    lost = [row for row in found if "lost, doubled" in row["measure"]]
    assert [row["value"] for row in lost] == [0], lost


def test_what_is_measured_in_a_process_stands_beside_what_others_publish(tmp_path):
    suite = tmp_path / "suite"
    suite.write_text(SUITE)
    suite.chmod(0o755)
    # Nothing is counted by a shell.
    options = ("--suite", suite, "--counter", "/dev/null", "--limit", suite)
    found = rows(tmp_path, *options, "--parts", "filters", "chains")
    assert {row["benchmark"] for row in found} == {"realtime"}
    assert [(row["measure"].split(":")[0], row["value"], row.get("ratio"), row.get("goal")) for row in found] == [
        ("a tag filter", 117, 2, "≤ 3"),
        ("a tag filter", 117, 10, None),
        ("10,000 equalities in a set", 0, None, "≤ 0"),
        ("a chain in JSON", 4, 2, "≤ 5"),
    ]
