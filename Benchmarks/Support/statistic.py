# SPDX-License-Identifier: Apache-2.0
"""The median of a few figures, and how sure it is."""

import math
import statistics


def interval(values):
    """The narrowest 95 % interval of the median by order statistics, and how sure it really is.

    The k-th least and the k-th greatest of n hold the median unless fewer than k of n coins fall on
    one side. Below six figures nothing is that sure: then it is the least and the greatest.
    """
    ordered, count = sorted(values), len(values)
    best, outside = 1, 2 * 0.5**count
    for rank in range(2, count // 2 + 1):
        tail = 2 * sum(math.comb(count, few) for few in range(rank)) * 0.5**count
        if tail > 0.05:
            break
        best, outside = rank, tail
    return ordered[best - 1], ordered[count - best], 1 - outside


class Ratio:
    """Pairs of figures that were measured next to each other."""

    def __init__(self, own, others):
        self.own, self.others = own, others
        self.ratios = [mine / other for mine, other in zip(own, others)]
        self.median = statistics.median(self.ratios)
        self.low, self.high, self.sureness = interval(self.ratios)

    def met(self, most=None, least=None):
        """Whether the ratio is at most, or at least, so much; None when the interval does not say."""
        if most is not None:
            return True if self.high <= most else False if self.low > most else None
        return True if self.low >= least else False if self.high < least else None

    def row(self, measure, unit, reference, most=None, least=None):
        words = f"{len(self.ratios)} pairs, {self.sureness:.0%}: {self.low:.3f} to {self.high:.3f}"
        row = {
            "measure": measure, "unit": unit, "value": statistics.median(self.own), "reference": reference,
            "referenceValue": statistics.median(self.others), "ratio": self.median, "why": words,
        }  # fmt: skip
        if most is None and least is None:
            return row
        sign, side, bound = ("≤", "at most", most) if most is not None else ("≥", "at least", least)
        row |= {"goal": f"{sign} {bound}", "met": self.met(most, least)}
        if row["met"] is None:
            # bench-table.py would judge by the median alone.
            row |= {"goal": f"{side} {bound}", "why": words + ", undecided"}
        return row


def single(measure, unit, values, most=None):
    """A row of figures that stand for themselves."""
    low, high, sureness = interval(values)
    row = {
        "measure": measure, "unit": unit, "value": statistics.median(values),
        "why": f"{len(values)} runs, {sureness:.0%}: {low:.3f} to {high:.3f}",
    }  # fmt: skip
    return row if most is None else row | {"goal": f"≤ {most}"}
