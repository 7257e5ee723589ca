# SPDX-License-Identifier: Apache-2.0
"""What checkpoints of a large state cost of which one key in a hundred changes."""

import shutil

from statistic import Ratio, single

RATE = 500


def state(bench):
    """Bytes written, publishes beside checkpoints, and reading all of it at a start."""
    keys, seconds = bench.size(1_000_000, 20_000), bench.size(10, 1)
    runs = measure(bench, "state", keys, seconds, bench.size(5, 1))
    words = f"{keys:,} keys, 1 % of them changed"
    compare(bench, words, "written by a checkpoint", runs)
    bench.add(single(f"{words}: all read at a start", "s", [run["readSeconds"] for run in runs], 5))
    size, content = ([run[name] / (1 << 20) for run in runs] for name in ("fileBytes", "stateBytes"))
    bench.add(Ratio(size, content).row(f"{words}: the file at rest", "MiB", "keys and values"))
    # The same of a pipeline that counts by key, whose state is these counts.
    runs = measure(bench, "pipeline", keys, seconds, bench.size(5, 1))
    words = f"a pipeline of {words}"
    compare(bench, words, "state written", runs, "the same events without a pipeline")
    restarts = [run["restartSeconds"] for run in runs]
    bench.add(single(f"{words}: a restart until it has caught up", "s", restarts, 5))


def measure(bench, part, keys, seconds, count):
    """Some runs, each in a directory of its own."""
    place = bench.path(part)
    place.mkdir()
    runs = []
    for _ in range(count):
        runs.append(bench.measure(part, place / "data", keys, seconds, RATE))
        shutil.rmtree(place / "data")
    shutil.rmtree(place)
    return runs


def compare(bench, words, written_words, runs, alone_words="no checkpoints"):
    """What was written beside what changed, and publishes beside checkpoints."""
    written, changed = ([run[name] / 1024 for run in runs] for name in ("writtenBytes", "changedBytes"))
    bench.add(Ratio(written, changed).row(f"{words}: {written_words}", "KiB", "what changed", 2))
    late, alone = ([run[name]["p99Milliseconds"] for run in runs] for name in ("beside", "alone"))
    figure = f"{words} each second: p99 of {RATE} publishes a second, FULL"
    bench.add(Ratio(late, alone).row(figure, "ms", alone_words, 2))
