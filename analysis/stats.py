"""The statistics of the analysis, all free of assumptions about the shape of a distribution.

Timings on shared machines have several modes and long tails, so the centre is the median, its uncertainty comes from
order statistics, and ways are compared by ratios taken inside a block, where both saw the same disturbance, or between
runs by Hodges and Lehmann's shift, the bootstrap, and Mann and Whitney's test; pairs of runs by Wilcoxon's signed ranks.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from statistics import median
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr, ndtri, stdtrit


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
    rank, coverage = _innermost(len(ordered), confidence)
    return Interval(ordered[rank - 1], ordered[-rank], coverage)


@lru_cache(maxsize=1024)
def _innermost(n, confidence):
    """The largest rank with which the rank-th smallest and the rank-th largest of n values cover the median, or 1; and the
    probability that they do."""
    rank, term = 1, n
    below = 1  # of 2**n: the ways in which fewer than `rank` values fall under the median
    while 1 - 2 * (below + term) / 2**n >= confidence:
        below, rank = below + term, rank + 1
        term = term * (n - rank + 1) // rank
    return rank, 1 - 2 * below / 2**n


def block_ratios(values, references):
    """Ratio of the medians in every block that has both; each argument maps a block to its values."""
    both = sorted(values.keys() & references.keys())
    return [median(values[block]) / median(references[block]) for block in both if median(references[block]) > 0]


def median_ratio(ratios):
    """The middle one; of an even number the geometric mean of the two in the middle, so that turning all of them round turns
    the result round."""
    ordered, half = sorted(ratios), len(ratios) // 2
    return ordered[half] if len(ordered) % 2 else math.sqrt(ordered[half - 1] * ordered[half])


# Comparing two samples -----------------------------------------------------------------------------------------------

RESAMPLES = 1000
AT_ONCE = 1 << 24  # resampled pairs in memory
LARGEST_EXACT = 60  # of both samples: beyond it the normal approximation is as good and far cheaper


def hodges_lehmann(base, new):
    """Hodges and Lehmann's estimate of how far `new` is shifted against `base`: the median of all differences of pairs.

    Of logarithms it is the logarithm of a ratio (Hodges & Lehmann 1963).
    """
    return float(np.median(np.subtract.outer(new, base)))


class Bootstrap:
    """Intervals for Hodges and Lehmann's shift by resampling both samples, the same random draws for all of one shape.

    A sample is given in clusters (the runs it comes from): first runs are drawn, then what was measured in them, so that
    ten trials of one run do not count as ten runs. Percentiles are taken a little further out than asked for, since the
    variance of a resample of n is short by (n-1)/n, and below seven values as far as Student's t goes (after Hesterberg
    2015). What the intervals cover is simulated in test_self_check.py: 94 to 96 % from seven values on, a little more below.
    """

    def __init__(self, confidence=0.95, resamples=RESAMPLES, seed=1):
        self._confidence, self._resamples, self._seed = confidence, resamples, seed
        self._weights = {}

    def interval(self, base, new, base_clusters, new_clusters):
        """Ends of the interval of the shift; None for fewer than four values on a side. `*_clusters` are the sizes of the
        runs, in the order of the values."""
        if min(len(base), len(new)) < 4:
            return None
        differences = np.subtract.outer(new, base).ravel()
        order = np.argsort(differences)
        differences = differences[order]
        shifts = np.concatenate([_weighted_medians(differences, weights[:, order])
                                 for weights in self._of_pairs(base_clusters, new_clusters)])
        n, outside = min(_independent(base_clusters), _independent(new_clusters)), (1 - self._confidence) / 2
        if n < 4:  # runs: what is drawn from two or three never lies as far out as the next run may
            shift, half = np.median(differences), -stdtrit(2 * n - 2, outside) * math.sqrt(n / (n - 1)) * shifts.std()
            return float(shift - half), float(shift + half)
        return tuple(map(float, np.quantile(shifts, [tail := self._tail(n, outside), 1 - tail])))

    @staticmethod
    def _tail(n, outside):
        return ndtr((ndtri(outside) if n >= 7 else stdtrit(2 * n - 2, outside)) * math.sqrt(n / (n - 1)))

    def _of_pairs(self, base_clusters, new_clusters):
        """How often each resample holds each pair (new, base): resamples x pairs, in parts that fit into memory."""
        shape = base_clusters, new_clusters
        if shape not in self._weights:
            rng = np.random.default_rng(self._seed)
            base, new = (_times_drawn(clusters, self._resamples, rng) for clusters in shape)
            step = max(1, AT_ONCE // (base.shape[1] * new.shape[1]))
            parts = (_pairs_drawn(base[i:i + step], new[i:i + step]) for i in range(0, self._resamples, step))
            if step < self._resamples:
                return parts  # too many to keep
            self._weights[shape] = list(parts)
        return self._weights[shape]


def _weighted_medians(ordered, weights):
    """Of each row of weights: no resample has to be sorted."""
    below = np.cumsum(weights, axis=1, dtype=weights.dtype)
    total = below[:, -1:]
    low, high = (below < (total + 1) // 2).sum(axis=1), (below <= total // 2).sum(axis=1)
    return (ordered[low] + ordered[high]) / 2


def _pairs_drawn(base, new):
    """In as narrow a type as will do, since a long table spends its time here."""
    most = int(new.sum(axis=1).max()) * int(base.sum(axis=1).max())
    return (new[:, :, None] * base[:, None, :]).reshape(len(base), -1).astype(np.uint16 if most < 1 << 16 else np.uint32)


def _independent(clusters):
    return sum(clusters) if len(clusters) == 1 else len(clusters)


def _times_drawn(clusters, resamples, rng):
    """How often each value is in each resample. Runs are drawn as often as there are runs, values as often as there are
    values in the run that was drawn."""
    drawn = rng.multinomial(len(clusters), [1 / len(clusters)] * len(clusters), size=resamples)
    counts = []
    for cluster, size in enumerate(clusters):
        counts.append(rng.multinomial(drawn[:, cluster] * size, [1 / size] * size))
    return np.concatenate(counts, axis=1).astype(np.uint32)


def mann_whitney(bases, news):
    """Two-sided p of Mann and Whitney's test for many pairs of samples, all of one shape: (pairs, n) and (pairs, m).

    Exact, whatever the distributions; with ties a little too large, never too small.
    """
    from scipy.stats import mannwhitneyu  # takes half a second, which most commands need not wait for

    method = "exact" if bases.shape[1] + news.shape[1] <= LARGEST_EXACT else "asymptotic"
    return mannwhitneyu(bases, news, axis=1, method=method).pvalue


def smallest_p(base, new):
    """The smallest p that Mann and Whitney's test can give for samples of these sizes."""
    return min(1.0, 2 / math.comb(base + new, new))


class OfPairs(NamedTuple):
    """What differences of pairs say together."""

    shift: float  # Hodges and Lehmann's estimate of their centre
    interval: tuple | None  # of the shift; None for fewer pairs than any interval of this confidence needs
    p: float  # two-sided, of Wilcoxon's test


def signed_rank(differences, confidence=0.95):
    """Wilcoxon's signed-rank test of differences of pairs, with the estimate and the interval that belong to it.

    All three are read off the averages of every two differences, each with itself too: their median is the estimate, the
    number of the rarer sign Wilcoxon's statistic, and p is at most 1 - confidence exactly where the interval leaves out 0
    (Hollander & Wolfe 1999, 3.1 to 3.3). Exact for differences that scatter alike to both sides, as those of equal things
    in drawn order do.
    """
    i, j = np.triu_indices(len(differences))
    averages = np.sort((differences[i] + differences[j]) / 2)
    at_most = _signed_rank_distribution(len(differences))
    agreeing = max((averages > 0).sum(), (averages < 0).sum())  # what is 0 speaks against either
    p = min(1.0, 2 * at_most[len(averages) - agreeing])
    outside = int(np.searchsorted(at_most, (1 - confidence) / 2, side="right"))
    interval = (float(averages[outside - 1]), float(averages[-outside])) if outside else None
    return OfPairs(float(np.median(averages)), interval, float(p))


@lru_cache(maxsize=64)
def _signed_rank_distribution(n):
    """P(W <= k) for k from 0: each rank from 1 to n counts or does not, as a coin falls."""
    chances = np.ones(1)
    for rank in range(1, n + 1):
        longer = np.zeros(len(chances) + rank)
        longer[:len(chances)] = chances
        longer[rank:] += chances
        chances = longer / 2
    return np.cumsum(chances)


def smallest_p_of_pairs(n):
    """The smallest p that Wilcoxon's test can give for so many pairs."""
    return min(1.0, 2.0 ** (1 - n))


def holm(ps):
    """The ps adjusted for being many (Holm 1979): below alpha, the chance of a single false claim among all is below it."""
    ps = np.asarray(ps, dtype=float)
    order = np.argsort(ps)
    adjusted = np.maximum.accumulate(ps[order] * np.arange(len(ps), 0, -1))
    result = np.empty_like(adjusted)
    result[order] = np.minimum(adjusted, 1)
    return result
