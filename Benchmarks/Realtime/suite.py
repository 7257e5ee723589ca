# SPDX-License-Identifier: Apache-2.0
"""What is measured within one process, by `weir-bench`: filters and chains beside the same in Swift."""

import json
import os
import pathlib
import subprocess

# What Centrifugo publishes of these very conditions, in ns, measured on a machine of its own.
PUBLISHED = {
    "a tag filter: two numbers and a part of a text": ("Centrifugo's tag filter, as published", 11.7),
    "an expression: two numbers and a part of a text, of tags": ("CEL in Centrifugo, as published", 79),
}
PATIENCE_SECONDS = 1800


def rows(bench, name, **environment):
    """The rows of one of its benchmarks."""
    path = pathlib.Path(bench.directory, f"{name}.rows")
    command = [bench.arguments.suite, name, "--rows", str(path)] + ["--quick"] * bench.is_quick
    done = subprocess.run(
        command, stdout=subprocess.DEVNULL, env=os.environ | environment, timeout=PATIENCE_SECONDS
    )
    if done.returncode:
        raise SystemExit(f"error: {' '.join(command)} ended with {done.returncode}")
    return [json.loads(line) for line in path.read_text().splitlines()]


def filters(bench):
    """Filters beside comparisons by hand, what Centrifugo publishes, and what they allocate."""
    for row in rows(bench, "filters"):
        if row["goal"] is None:
            continue
        bench.add({**row, "benchmark": bench.name})
        if row["measure"] in PUBLISHED:
            reference, nanoseconds = PUBLISHED[row["measure"]]
            why = "measured on another machine"
            own = {key: row[key] for key in ("measure", "unit", "value")}
            bench.add({**own, "reference": reference, "referenceValue": nanoseconds, "why": why,
                       "ratio": row["value"] / nanoseconds})  # fmt: skip
    for row in rows(bench, "allocations", LD_PRELOAD=bench.arguments.counter):
        if row["unit"] == "allocations/million events":
            bench.add({**row, "benchmark": bench.name, "measure": f"{row['measure']}: allocations"})


def chains(bench):
    """Chains in JSON beside the same in Swift."""
    for row in rows(bench, "chains"):
        if row["goal"] is not None:
            bench.add({**row, "benchmark": bench.name, "measure": f"a chain in JSON: {row['measure']}"})
