# SPDX-License-Identifier: Apache-2.0
"""NEXMARK's queries give what DuckDB gives over the same events, row for row."""

import os
import pathlib
import subprocess
import sys

import pytest

from support.process import BINARY, REPOSITORY

PROGRAM = pathlib.Path(os.environ.get("WEIR_NEXMARK", BINARY.with_name("weir-nexmark"))).absolute()
CHECK = REPOSITORY / "Benchmarks/Nexmark/check.py"


@pytest.mark.load
def test_every_query_gives_duckdbs_rows():
    # Out of order by up to 500 places, over midnight: the hardest of the runs that check.py knows.
    command = [CHECK, PROGRAM, "--events", "100000", "--run", "out of order"]
    run = subprocess.run(
        [sys.executable, *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    print(run.stdout)
    assert run.returncode == 0
    assert run.stdout.count("ok    q") >= 25
