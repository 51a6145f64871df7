"""Where a series of measurements changed for good: E-divisive (Matteson & James 2014), on ranks.

The series is cut where the two parts differ most, the cut is kept if hardly any order of the same values has one as good (a
permutation test), and both parts are searched in turn. With exponent 2 the energy distance between two parts is that
between their means, so that one pass finds the best cut; taken of ranks it is deaf to outliers, and what chance does to it
depends on the length of the series alone, not on its values: the orders are drawn once for all series of about one length.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from statistics import median

import numpy as np

LEAST = 3  # values in a part: two may be bad luck
FEWEST = 10  # values in a series, from which on there is something to find
MOST_ORDERS = 20_000
BATCH = 500  # orders drawn at once
PLENTY = 20  # orders as good as the one looked at: of so many it is no rarity


@dataclass(frozen=True)
class Part:
    """A stretch of the series in which nothing changed: [begin, end), and the median of its values."""

    begin: int
    end: int
    level: float


def parts(values, alpha, least=0.0):
    """The stretches of a series. `alpha`: the chance to find a change in a series that has none. `least`: steps up to this
    do not separate stretches."""
    cuts = sorted(_cuts(np.asarray(values, dtype=float), 0, alpha)) if len(values) >= FEWEST else []
    found = _between(values, cuts)
    while steps := [abs(b.level - a.level) for a, b in zip(found, found[1:])]:
        if min(steps) > least:
            break
        cuts.pop(steps.index(min(steps)))  # one at a time: what is left of a stretch may then differ enough
        found = _between(values, cuts)
    return found


def _between(values, cuts):
    ends = [0, *cuts, len(values)]
    return [Part(begin, end, median(values[begin:end])) for begin, end in zip(ends, ends[1:]) if begin < end]


def _cuts(values, offset, alpha):
    if len(values) < 2 * LEAST:
        return []
    scores = _scores(_ranks(values)[None, :])[0]
    if _p(float(scores.max()), len(values), alpha) >= alpha:
        return []
    cut = int(scores.argmax()) + LEAST
    return [offset + cut, *_cuts(values[:cut], offset, alpha), *_cuts(values[cut:], offset + cut, alpha)]


def _p(score, n, alpha):
    """The chance that some order of n values has a cut as good as this. A score is the square of a rank sum in units of its
    standard deviation, whose tail is no heavier than the normal one: far out that says, summed over the cuts, what no feasible
    number of orders could. No more orders are drawn than it takes to see that p is large (Besag & Clifford 1991)."""
    bound = (n - 2 * LEAST + 1) * math.erfc(math.sqrt(score / 2))
    if bound < alpha:
        return bound
    orders = beyond = 0
    while orders < _enough(alpha) and beyond < PLENTY:
        beyond += np.count_nonzero(_by_chance(_about(n), orders // BATCH) >= score)
        orders += BATCH
    return (1 + beyond) / (1 + orders)


def _ranks(values):
    """From 1; equal values share the mean of theirs."""
    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[which]


def _scores(ranks):
    """For each row and each cut: the squared difference of the means of both sides, weighted as the energy statistic is, in
    units of its expectation over all orders of different values."""
    n = ranks.shape[1]
    left = np.arange(LEAST, n - LEAST + 1)
    sums = np.cumsum(ranks, axis=1)
    means_left, means_right = sums[:, left - 1] / left, (sums[:, -1:] - sums[:, left - 1]) / (n - left)
    return (means_left - means_right) ** 2 * (left * (n - left) / n) / (n * (n + 1) / 12)


def _enough(alpha):
    """Orders to draw, so that the smallest p possible is well below alpha."""
    return min(4 / alpha, MOST_ORDERS)


def _about(n):
    """From 64 on, one length stands for up to an eighth of it: the longer one, which has more cuts to be surprised by."""
    step = 1 << max(n.bit_length() - 4, 0) if n > 64 else 1
    return -(-n // step) * step


@lru_cache(maxsize=4096)
def _by_chance(n, batch):
    """The best scores of random orders of n ranks."""
    ranks = np.tile(np.arange(1.0, n + 1), (BATCH, 1))
    return _scores(np.random.default_rng([n, batch]).permuted(ranks, axis=1)).max(axis=1)
