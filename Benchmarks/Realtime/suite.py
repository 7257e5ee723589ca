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
    found = [json.loads(line) for line in path.read_text().splitlines()]
    # They are written again as rows of this benchmark, with what they have.
    return [{key: value for key, value in row.items() if value is not None} | {"benchmark": bench.name} for row in found]


def filters(bench):
    """Filters beside comparisons by hand, what Centrifugo publishes, and what they allocate."""
    for row in rows(bench, "filters"):
        if "goal" not in row:
            continue
        bench.add(row)
        if row["measure"] in PUBLISHED:
            reference, nanoseconds = PUBLISHED[row["measure"]]
            why = "measured on another machine"
            beside = {"reference": reference, "referenceValue": nanoseconds, "ratio": row["value"] / nanoseconds}
            bench.add({key: row[key] for key in ("measure", "unit", "value")} | beside | {"why": why})
    for row in rows(bench, "allocations", LD_PRELOAD=bench.arguments.counter):
        if row["unit"] == "allocations/million events":
            bench.add(row | {"measure": f"{row['measure']}: allocations"})


def chains(bench):
    """Chains in JSON beside the same in Swift."""
    for row in rows(bench, "chains"):
        if "goal" in row:
            bench.add(row | {"measure": f"a chain in JSON: {row['measure']}"})
