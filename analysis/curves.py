"""From a figure's points to what is drawn: one curve per implementation, with an interval at each thread count.

Pure numbers, no drawing. A point without a number stays in its curve as a gap with a reason, so that whoever draws the
curve can show that something was tried there.
"""

from dataclasses import dataclass
from statistics import median

from analysis import stats

WIDE = 30  # a linear axis hides the lower curves when the largest value is this many times the smallest


@dataclass(frozen=True)
class Estimate:
    at: float  # the thread count, or whatever else the curve goes along
    median: float
    interval: stats.Interval
    trials: int


@dataclass(frozen=True)
class Gap:
    at: float  # the thread count, or whatever else the curve goes along
    reason: str


@dataclass(frozen=True)
class Curve:
    implementation: str
    estimates: tuple
    gaps: tuple


def curves(figure, value_of, too_few="no value"):
    """`value_of` takes a trial and gives a number, or None if this trial cannot say; `too_few` is the reason for a gap
    where none of the trials can."""
    return [_curve(name, points, value_of, too_few) for name, points in figure.series.items()]


def _curve(implementation, points, value_of, too_few):
    estimates, gaps = [], []
    for point in points:
        values = [value for value in map(value_of, point.trials) if value is not None]
        if values:
            estimates.append(Estimate(point.threads, median(values), stats.median_interval(values), len(values)))
        else:
            gaps.append(Gap(point.threads, why_none(point, too_few)))
    return Curve(implementation, tuple(estimates), tuple(gaps))


def why_none(point, too_few):
    if not point.trials:
        return point.why_failed
    return "saturated" if point.saturated else too_few


def wants_log(drawn):
    """Whether the positive medians differ so much that a linear axis would press some of them onto its bottom."""
    medians = [e.median for curve in drawn for e in curve.estimates if e.median > 0]
    return bool(medians) and max(medians) > WIDE * min(medians)


def without_zeros(drawn):
    """The same curves for a logarithmic axis: a zero has no place there and becomes a gap."""
    def split(curve):
        zeros = tuple(Gap(e.at, "zero") for e in curve.estimates if e.median <= 0)
        gaps = sorted((*curve.gaps, *zeros), key=lambda gap: gap.at)
        return Curve(curve.implementation, tuple(e for e in curve.estimates if e.median > 0), tuple(gaps))

    return [split(curve) for curve in drawn]
