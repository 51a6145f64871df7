"""Where a series of measurements changed for good: E-divisive (Matteson & James 2014), on ranks.

The series is cut where the two parts differ most, the cut is kept if hardly any order of the same values has one as good (a
permutation test), and both parts are searched in turn. With exponent 2 the energy distance between two parts is that
between their means, so that one pass finds the best cut; taken of ranks it is deaf to outliers, and what chance does to it
depends on the length of the series alone, not on its values.
"""

from dataclasses import dataclass
from functools import lru_cache
from statistics import median

import numpy as np

LEAST = 3  # values in a part: two may be bad luck
FEWEST = 10  # values in a series, from which on there is something to find
MOST_ORDERS = 20_000


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
    best = int(scores.argmax())
    orders = _by_chance(len(values), _enough(alpha))
    if (1 + np.count_nonzero(orders >= scores[best])) / (1 + len(orders)) >= alpha:
        return []
    cut = best + LEAST
    return [offset + cut, *_cuts(values[:cut], offset, alpha), *_cuts(values[cut:], offset + cut, alpha)]


def _ranks(values):
    """From 1; equal values share the mean of theirs."""
    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[which]


def _scores(ranks):
    """For each row and each cut: the squared difference of the means of both sides, weighted as the energy statistic is."""
    n = ranks.shape[1]
    left = np.arange(LEAST, n - LEAST + 1)
    sums = np.cumsum(ranks, axis=1)
    means_left, means_right = sums[:, left - 1] / left, (sums[:, -1:] - sums[:, left - 1]) / (n - left)
    return (means_left - means_right) ** 2 * (left * (n - left) / n)


def _enough(alpha):
    """Orders to draw, so that the smallest p possible is well below alpha."""
    return int(min(max(199, 4 / alpha), MOST_ORDERS))


@lru_cache(maxsize=512)
def _by_chance(n, orders):
    """The best score of so many random orders of n ranks."""
    rng, best = np.random.default_rng(n), []
    for begin in range(0, orders, 500):
        ranks = np.tile(np.arange(1.0, n + 1), (min(500, orders - begin), 1))
        best.append(_scores(rng.permuted(ranks, axis=1)).max(axis=1))
    return np.concatenate(best)
