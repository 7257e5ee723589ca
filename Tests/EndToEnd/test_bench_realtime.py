# SPDX-License-Identifier: Apache-2.0
"""`script/bench realtime --quick` runs to its end: all parts measure, and what readers check holds."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

from support.process import BINARY, REPOSITORY

SUITE = pathlib.Path(os.environ.get("WEIR_BENCH", BINARY.with_name("weir-bench"))).absolute()
# What each part must have a row about.
MEASURES = (
    "a tag filter: equality", "allocations", "beyond one that nobody reads", "a chain in JSON: a filter",
    "subscribers of one chain: an event less the chain once", "p99 from POST to hand",
    "until the last has recovered", "publishes a second meanwhile",
)  # fmt: skip


@pytest.mark.load
def test_all_parts_run(tmp_path):
    limit, counter, rows = tmp_path / "limit", tmp_path / "counter.so", tmp_path / "rows"
    compiler = [os.environ.get("CC", "cc"), "-O2"]
    subprocess.run([*compiler, "-o", limit, REPOSITORY / "Benchmarks/Fanout/limit.c", "-lcrypto"], check=True)
    source = REPOSITORY / "Benchmarks/Baselines/malloc-count.c"
    subprocess.run([*compiler, "-shared", "-fPIC", "-o", counter, source], check=True)
    program = REPOSITORY / "Benchmarks/Realtime/bench.py"
    run = subprocess.run(
        [sys.executable, program, BINARY, SUITE, counter, limit, rows, "--quick", "--pairs", "1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=900,
    )
    print(run.stdout)
    assert run.returncode == 0
    found = [json.loads(line) for line in rows.read_text().splitlines()]
    for measure in MEASURES:
        assert any(measure in row["measure"] for row in found), measure
    lost = [row for row in found if "lost, doubled" in row["measure"]]
    assert [row["value"] for row in lost] == [0], lost
