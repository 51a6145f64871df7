"""Does the last value of a series lie out of those before it? And would the same question have been answered so before?

The first is Student's prediction interval. It takes the noise for normal, which that of machines is not: they have bad days.
So the question is asked of every earlier run too, against all others, and what is no more improbable than the worst of
those answers, over all series of the machine, is a day as there have been others. That is Westfall and Young's maximum
(1993) with the history in place of permutations, and holds for noise of any shape and series that are disturbed together.
"""

import numpy as np
from scipy.special import stdtr

ENOUGH = 5  # values with which one more can be compared
LEAST_SPREAD = 1e-9  # of values that are all the same


class Looks:
    """Of each value of a series, as if it were the last: p of its distance to the level of all others, how many values lie out
    together with it (a fall stays news: these are no part of the others), and the distance. p is 1 where not all of them lie
    beyond all others, on one side."""

    def __init__(self, logs, most):
        self.p, self.recent, self.away = np.ones(len(logs)), np.ones(len(logs), dtype=int), np.zeros(len(logs))
        logs, tries = np.asarray(logs, dtype=float), min(most, len(logs) - ENOUGH)
        for recent in range(1, tries + 1):
            out, away, p = _windows(logs, recent)
            p = np.where(out, np.minimum(1, tries * p), 1.0)
            better = np.flatnonzero(p < self.p[recent - 1:])
            last = better + recent - 1
            self.p[last], self.recent[last], self.away[last] = p[better], recent, away[better]


def _windows(logs, size):
    """Of each window of so many values: whether it lies out, the distance of its last value, and p of that."""
    windows = np.lib.stride_tricks.sliding_window_view(logs, size)
    out = (windows.max(axis=1) < _least_of_others(logs, size)) | (windows.min(axis=1) > -_least_of_others(-logs, size))
    count, centred = len(logs) - size, windows - logs.mean()
    mean = -centred.sum(axis=1) / count
    squares = ((logs - logs.mean()) ** 2).sum() - (centred**2).sum(axis=1) - count * mean**2
    spread = np.sqrt(np.maximum(squares / (count - 1), LEAST_SPREAD**2))
    away = centred[:, -1] - mean
    return out, away, 2 * stdtr(count - 1, -np.abs(away) / (spread * np.sqrt(1 + 1 / count)))


def _least_of_others(logs, size):
    """Outside of each window."""
    before = np.concatenate([[np.inf], np.minimum.accumulate(logs)])
    after = np.concatenate([np.minimum.accumulate(logs[::-1])[::-1], [np.inf]])
    return np.minimum(before[:len(logs) - size + 1], after[size:])


def is_unheard_of(p, earlier, alpha):
    """Whether hardly any earlier run had an answer like this, the worst of its series: at most a share of alpha, or none
    where there are too few for that. A false alarm then has the chance alpha, or of one in as many runs as there are."""
    as_bad = sum(other <= p for other in earlier)
    return (1 + as_bad) / (1 + len(earlier)) <= max(alpha, 1 / (1 + len(earlier)))
