"""The few statistics that the figures use, all free of assumptions about the shape of a distribution.

Timings on shared machines have several modes and long tails, so the centre is the median, its uncertainty comes from
order statistics, and ways are compared by ratios taken inside a block, where both saw the same disturbance.
"""

import math
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Interval:
    """A range for the median of what was sampled; `coverage` is the probability that such a range holds it."""

    low: float
    high: float
    coverage: float


def median_interval(values, confidence=0.95):
    """The narrowest symmetric pair of order statistics that covers the median with at least `confidence`.

    The true median lies below the k-th smallest of n values when fewer than k of them fall under it, which has a
    binomial probability whatever the distribution is. Below six values not even minimum and maximum reach 95 %: they
    are what is returned, and the coverage says what they are worth.
    """
    ordered = sorted(values)
    n = len(ordered)
    rank = 1
    while _coverage(n, rank + 1) >= confidence:
        rank += 1
    return Interval(ordered[rank - 1], ordered[n - rank], _coverage(n, rank))


def _coverage(n, rank):
    """Probability that the median lies between the rank-th smallest and the rank-th largest of n values."""
    below = sum(math.comb(n, i) for i in range(rank))
    return 1 - 2 * below / 2**n


def block_ratios(values, references):
    """Ratio of the medians in every block that has both; each argument maps a block to its values."""
    both = sorted(values.keys() & references.keys())
    return [median(values[block]) / median(references[block]) for block in both if median(references[block]) > 0]
