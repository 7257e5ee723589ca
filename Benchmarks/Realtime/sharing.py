# SPDX-License-Identifier: Apache-2.0
"""Many subscribers of one chain beside as many of a plain topic: the chain is computed once."""

from statistic import Ratio, single

# It lets every event through, and has to read each.
PIPE = '[{"filter":"has(data.seq)"}]'
PATIENCE_SECONDS = 60


def share(bench):
    """Processor time of an event that goes to all, less that of the chain with one subscriber."""
    count = bench.size(10_000, 200)
    # Of each its own server: a chain goes on for a while when its readers have left.
    plain, chained = bench.start_weir("weir"), bench.start_weir("weir with a chain")

    def cost(server, subscribers, *options):
        """Processor time of an event, in µs."""
        options += ("--subscribers", subscribers, "--patience", PATIENCE_SECONDS)
        # An event for all takes a while, and there have to be some.
        seconds = bench.arguments.seconds * bench.size(3, 1)
        return bench.run(server, *options, seconds=seconds)["process"]["microsecondsPerEvent"]

    results = bench.rounds({
        "plain": lambda: cost(plain, count),
        "chained": lambda: cost(chained, count, "--pipe", PIPE),
        "one plain": lambda: cost(plain, 1),
        "one chained": lambda: cost(chained, 1, "--pipe", PIPE),
    })  # fmt: skip
    plain.stop()
    chained.stop()

    once = [own - other for own, other in zip(results["one chained"], results["one plain"])]
    bench.add(single("a chain of one filter, once: an event", "µs CPU", once))
    words = f"{count:,} subscribers of one chain"
    bench.add(Ratio(results["chained"], results["plain"]).row(f"{words}: an event", "µs CPU", "a plain topic"))
    less = [own - other for own, other in zip(results["chained"], once)]
    row = Ratio(less, results["plain"]).row(f"{words}: an event less the chain once", "µs CPU", "a plain topic", 1.05)
    bench.add(row)
