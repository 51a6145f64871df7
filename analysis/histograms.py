"""Histograms of several trials made one, read again from the files: loading leaves them out, and few figures need them."""

import math
from collections import Counter

from analysis import load
from analysis.errors import UsageError


def merged(trials, pick):
    """The histograms of these trials together: pairs of upper bound in ns, and count; empty if none has one. `pick` takes
    the whole record and gives an object like `latency_ns`, or None."""
    together = Counter()
    for trial in trials:
        for upper, count in of(trial, pick):
            together[upper] += count
    return sorted(together.items())


def of(trial, pick):
    """The histogram of one trial; empty if it has none."""
    try:
        found = pick(load.whole(trial))
        return [] if found is None else load.distribution(found)
    except (TypeError, AttributeError, KeyError, IndexError) as problem:
        raise UsageError(f"{where(trial)}: not a usable distribution") from problem
    except UsageError as problem:
        raise UsageError(f"{where(trial)}: {problem}") from problem


def where(trial):
    """File and line of a trial: what is wrong with it is found long after its line was counted."""
    path, offset = trial.source
    with open(path, "rb") as file:
        return f"{path}:{file.read(offset).count(bytes([10])) + 1}"


def above(pairs):
    """Pairs of bound, and share of all values above it: the complement of the cumulative distribution."""
    total = left = sum(count for _, count in pairs)
    shares = []
    for upper, count in pairs:
        left -= count
        shares.append((upper, left / total))
    return shares


def value(trial, found, name):
    """A percentile of a distribution; None where too few values stand behind it to be told."""
    try:
        number = found.get(name)
    except AttributeError as problem:
        raise UsageError(f"{where(trial)}: not a usable distribution") from problem
    if number is None or (type(number) in (int, float) and 0 <= number < math.inf):
        return number
    raise UsageError(f"{where(trial)}: {name} of a distribution is no time")
