#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures some of the queries on Bytewax, over the bids that nexmark-export wrote.

Usage: bytewax_queries.py DIRECTORY [EVENTS-OF-COUNT]

Needs the package bytewax. Bids are in memory before the clock starts; one worker, batches of
a thousand, rows go nowhere. `count` is the keyed tumbling count of the same name: a million
ticks of a thousand keys, 50 ms out of order. Prints one JSON object a query with processor
nanoseconds of this process per event.
"""

import csv
import json
import sys
import time
from datetime import datetime, timedelta, timezone

import bytewax.operators as op
from bytewax.dataflow import Dataflow
from bytewax.operators import windowing as win
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.testing import TestingSource, run_main

START = datetime(2015, 7, 15, tzinfo=timezone.utc)
STEP = 0x9E3779B97F4A7C15
MASK = (1 << 64) - 1
BATCH = 1_000


class Nothing(DynamicSink):
    """Drops what it gets."""

    class Partition(StatelessSinkPartition):
        def write_batch(self, items):
            pass

    def build(self, step_id, worker_index, worker_count):
        return self.Partition()


def word(seed, number, field):
    mixed = (seed + number * 64 * STEP + (field + 1) * STEP) & MASK
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9 & MASK
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB & MASK
    return mixed ^ (mixed >> 31)


def ticks(count, shuffle=500, seed=1):
    """The ticks of `nexmark-run count --shuffle 500`."""
    made = []
    for place in range(count):
        number = place // shuffle * shuffle + place % shuffle * 953 % shuffle
        key = word(seed, number, 0) * 1_000 >> 64
        made.append((str(key), START + timedelta(milliseconds=number * 100 // 1_000)))
    return made


def bids(directory, limit):
    with open(f"{directory}/bid.csv", encoding="utf-8") as file:
        rows = (row for row in csv.reader(file) if row[0] != "n")
        return [
            (row[1], row[2], int(row[3]), START + timedelta(milliseconds=int(row[6]) - 1436918400000))
            for _, row in zip(range(limit), rows)
        ]  # fmt: skip


def counting(name, items, key, time_of, wait, windower):
    """A count for each key and window; nothing else runs in the flow."""
    flow = Dataflow(name)
    stream = op.input("in", flow, TestingSource(items, batch_size=BATCH))
    clock = win.EventClock(time_of, wait_for_system_duration=wait)
    counts = win.count_window("count", stream, clock, windower, key)
    op.output("out", counts.down, Nothing())
    return flow


def stateless(name, items, build):
    flow = Dataflow(name)
    stream = op.input("in", flow, TestingSource(items, batch_size=BATCH))
    op.output("out", build(stream), Nothing())
    return flow


def flows(directory, count):
    """Names, events and flows."""
    made = ticks(count)
    second, ten = timedelta(seconds=1), timedelta(seconds=10)
    wait = timedelta(milliseconds=50)
    tumbling = win.TumblingWindower(length=second, align_to=START)
    yield "count", count, counting("count", made, lambda t: t[0], lambda t: t[1], wait, tumbling)
    del made
    rows = bids(directory, 184_000)
    events = len(rows) * 50 // 46
    wait = timedelta(seconds=4)
    yield "q0", events, stateless("q0", rows, lambda stream: stream)
    yield "q1", events, stateless(
        "q1", rows, lambda stream: op.map("map", stream, lambda b: (b[0], b[1], b[2] * 908, b[3]))
    )
    yield "q2", events, stateless(
        "q2", rows, lambda stream: op.filter("filter", stream, lambda b: int(b[0]) % 123 == 0)
    )
    sliding = win.SlidingWindower(length=ten, offset=timedelta(seconds=2), align_to=START)
    yield "q5", events, counting("q5", rows, lambda b: b[0], lambda b: b[3], wait, sliding)
    session = win.SessionWindower(gap=ten)
    yield "q11", events, counting("q11", rows, lambda b: b[1], lambda b: b[3], wait, session)


def main():
    directory = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    for name, events, flow in flows(directory, count):
        start = time.process_time()
        run_main(flow)
        taken = (time.process_time() - start) * 1e9
        print(
            json.dumps(
                {"query": name, "events": events, "nanosecondsPerEvent": round(taken / events, 1)}
            ),
            flush=True,
        )


if __name__ == "__main__":
    main()
