# SPDX-License-Identifier: Apache-2.0
"""Reading a topic within the process, beside a C loop over the same rows."""

import shutil
import statistics

from statistic import Ratio

TOPIC = "events"


def fill(bench, name, events):
    """A data directory with so many events of one topic."""
    place = bench.path(name)
    bench.measure("fill", place, TOPIC, events)
    return place


def read(bench):
    """All events of one topic, in large batches, beside one SELECT."""
    events = bench.size(1_000_000, 50_000)
    place = fill(bench, "reading", events)
    results = bench.rounds({
        "store": lambda: bench.measure("read", place, TOPIC),
        "raw": lambda: bench.raw("read", place / "weir.db"),
    })  # fmt: skip
    shutil.rmtree(place)
    for found in results.values():
        assert all(figures["count"] == events for figures in found), "all events are read"
    own, others = ([figures["perSecond"] for figures in results[name]] for name in ("store", "raw"))
    row = Ratio(own, others).row(f"{events:,} events: read in the process", "/s", "C loop", least=0.8)
    used = {
        name: statistics.median(figures["processorMicroseconds"] for figures in found)
        for name, found in results.items()
    }
    words = f"processor {used['store']:.2f} µs an event, C {used['raw']:.2f} µs"
    bench.add(row | {"why": f"{row['why']}; {words}"})
