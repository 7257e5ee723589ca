# SPDX-License-Identifier: Apache-2.0
"""What publishers feel of retention that deletes much at once."""

import os
import shutil
import statistics

from reading import TOPIC, fill
from statistic import Ratio

RATE = 500


def retention(bench):
    """p99 of publishes, each due at its own instant, while entries of another topic are deleted."""
    events = bench.size(1_000_000, 20_000)
    template = fill(bench, "template", events)
    seconds = []

    def run(duration):
        place = bench.path("retention")
        shutil.copytree(template, place)
        # What was copied is not written to the disk meanwhile.
        os.sync()
        figures = bench.measure("retain", place, TOPIC, duration, RATE)
        shutil.rmtree(place)
        return figures

    def beside():
        figures = run("all")
        seconds.append(figures["seconds"])
        assert figures["deletedEntries"] >= events - 1, "all are deleted"
        return figures["p99Milliseconds"]

    # For as long as the other takes.
    beside()
    results = bench.rounds({
        "with": beside,
        "without": lambda: run(statistics.median(seconds))["p99Milliseconds"],
    })  # fmt: skip
    shutil.rmtree(template)
    words = f"{events:,} entries deleted: p99 of {RATE} publishes a second, FULL"
    row = Ratio(results["with"], results["without"]).row(words, "ms", "nothing is deleted", 2)
    bench.add(row | {"why": f"{row['why']}; deleted in {statistics.median(seconds):.1f} s"})
