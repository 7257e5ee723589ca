# SPDX-License-Identifier: Apache-2.0
"""What checkpoints of a large state cost of which one key in a hundred changes."""

import shutil

from statistic import Ratio, single

RATE = 500


def state(bench):
    """Bytes written, publishes beside checkpoints, and reading all of it at a start."""
    keys, seconds = bench.size(1_000_000, 20_000), bench.size(10, 1)
    place = bench.path("state")
    place.mkdir()
    runs = []
    for _ in range(bench.size(3, 1)):
        runs.append(bench.measure("state", place / "data", keys, seconds, RATE))
        shutil.rmtree(place / "data")
    shutil.rmtree(place)
    words = f"{keys:,} keys, 1 % of them changed"
    written, changed = ([run[name] / 1024 for run in runs] for name in ("writtenBytes", "changedBytes"))
    bench.add(Ratio(written, changed).row(f"{words}: written by a checkpoint", "KiB", "what changed", 2))
    late, alone = ([run[name]["p99Milliseconds"] for run in runs] for name in ("beside", "alone"))
    measure = f"{words} each second: p99 of {RATE} publishes a second, FULL"
    bench.add(Ratio(late, alone).row(measure, "ms", "no checkpoints", 2))
    bench.add(single(f"{words}: all read at a start", "s", [run["readSeconds"] for run in runs], 5))
    size, content = ([run[name] / (1 << 20) for run in runs] for name in ("fileBytes", "stateBytes"))
    bench.add(Ratio(size, content).row(f"{words}: the file at rest", "MiB", "keys and values"))
    pipeline(bench, keys, seconds)


def pipeline(bench, keys, seconds):
    """The same of a pipeline that counts by key, whose state is these counts."""
    place = bench.path("pipeline")
    place.mkdir()
    run = bench.measure("pipeline", place / "data", keys, seconds, RATE)
    shutil.rmtree(place)
    words = f"a pipeline of {keys:,} keys, 1 % of them changed"
    written, changed = ([run[name] / 1024] for name in ("writtenBytes", "changedBytes"))
    bench.add(Ratio(written, changed).row(f"{words}: state written", "KiB", "what changed", 2))
    late, alone = ([run[name]["p99Milliseconds"]] for name in ("beside", "alone"))
    measure = f"{words} each second: p99 of {RATE} publishes a second, FULL"
    bench.add(Ratio(late, alone).row(measure, "ms", "no checkpoints", 2))
    bench.add(single(f"{words}: a restart until it has caught up", "s", [run["restartSeconds"]], 5))
