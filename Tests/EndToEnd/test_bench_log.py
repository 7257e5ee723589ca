# SPDX-License-Identifier: Apache-2.0
"""`script/bench log --quick` runs to its end: all parts measure, and what they read is whole."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

from support.process import BINARY, REPOSITORY

PROGRAM = pathlib.Path(os.environ.get("WEIR_STORAGE_MEASURE", BINARY.with_name("storage-measure"))).absolute()
FOLDER = REPOSITORY / "Benchmarks/Log"
# What each part must have a row about.
MEASURES = (
    "FULL, 1 publishers: in the process", "NORMAL, 256 publishers: in the process",
    "FULL, 16 publishers: over HTTP", "from the disk to one WebSocket", "from the disk to one event stream",
    "read in the process", "until ready after kill -9", "entries deleted: p99", "written by a checkpoint",
)  # fmt: skip


@pytest.mark.load
def test_all_parts_run(tmp_path):
    raw, rows = tmp_path / "raw", tmp_path / "rows"
    compiler = [os.environ.get("CC", "cc"), "-O2", "-Wall", "-Wextra", "-Werror"]
    subprocess.run([*compiler, "-o", raw, FOLDER / "raw.c", "-lsqlite3"], check=True)
    command = [FOLDER / "bench.py", BINARY, PROGRAM, raw, rows, "--quick", "--pairs", "1"]
    run = subprocess.run(
        [sys.executable, *command, "--directory", tmp_path],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
    )
    print(run.stdout)
    assert run.returncode == 0
    found = [json.loads(line) for line in rows.read_text().splitlines()]
    for measure in MEASURES:
        assert any(measure in row["measure"] and row["value"] > 0 for row in found), measure
