"""Judges a history: did the last run fall out of what its series does, and did anything change for good of late?

Two questions, because each is deaf to what the other hears. The last value is held against the spread of the values since
the last change (Student's prediction interval of logarithms, p adjusted by Holm over all series, and it has to lie beyond
every one of them: outliers that came before are no news). A change for good is a change point (changepoints.py) among the last
runs; their chance of a false alarm is shared out over the series of the store.
"""

import math
from dataclasses import dataclass
from statistics import mean, stdev

from scipy.special import stdtr

from analysis import changepoints, stats

MOST_ALPHA = 0.01  # of a single series: a change is looked for again and again inside of the parts found
RECENT = 4  # runs: five make a change point
ENOUGH = 5  # values with which one more can be compared


@dataclass(frozen=True)
class Rules:
    alpha: float = 0.05  # the chance of any false alarm in the store, of each of the two questions
    threshold: float = 0.03  # relative: smaller changes do not matter
    last: int = 10  # runs in which a change is news


@dataclass(frozen=True)
class Change:
    """From one level to another. `before` and `first` are the runs between which it came."""

    place: int  # of `first` in the series
    before: object
    first: object
    ratio: float  # new level over old


@dataclass(frozen=True)
class Trend:
    """A series, the parts between its changes, and the changes."""

    series: object
    known: list  # the values that are numbers
    parts: list
    changes: list


@dataclass(frozen=True)
class Finding:
    trend: Trend
    what: str  # last run, change or broken
    change: Change
    worse: bool
    p: float | None = None


def trends(found, rules):
    share = min(rules.alpha / max(len(found), 1), MOST_ALPHA)
    return [_trend(one, share, rules) for one in found]


def findings(found, rules):
    """What is news in the series of one machine, the worst first."""
    runs = [trend.series.values[-1].run for trend in found]
    newest = max((run.started_at for run in runs), default="")
    builds = {run.build for run in runs if run.started_at == newest}
    current = [trend for trend, run in zip(found, runs) if run.build in builds]  # one build may be measured in several runs
    news = [*_broken(current), *_changed(current, rules), *_last_runs(current, rules)]
    told, kept = set(), []
    for finding in news:  # a point that broke or changed for good need not be told again as a bad last run
        if id(finding.trend) not in told:
            told.add(id(finding.trend))
            kept.append(finding)
    return sorted(kept, key=lambda f: (not f.worse, -abs(math.log(f.change.ratio)) if f.change.ratio else -math.inf))


def _trend(series, alpha, rules):
    known = [value for value in series.values if value.value is not None]
    logs = [math.log(max(value.value, series.measure.least)) for value in known]
    parts = changepoints.parts(logs, alpha, math.log(1 + rules.threshold))
    changes = [Change(b.begin, known[b.begin - 1].run, known[b.begin].run, math.exp(b.level - a.level)) for a, b in zip(parts, parts[1:])]
    return Trend(series, known, parts, changes)


def _is_worse(trend, ratio):
    return (ratio < 1) == (trend.series.measure.better > 0)


def _broken(found):
    for trend in found:
        last = trend.series.values[-1]
        good = [value for value in trend.series.values if not value.broken]
        if last.broken and good:
            yield Finding(trend, "broken", Change(len(trend.series.values) - 1, good[-1].run, last.run, 0.0), True)


def _changed(found, rules):
    for trend in found:
        recent = [c for c in trend.changes if c.place >= len(trend.known) - rules.last]
        if recent:
            change = max(recent, key=lambda c: abs(math.log(c.ratio)))
            yield Finding(trend, "change", change, _is_worse(trend, change.ratio))


def _last_runs(found, rules):
    tests = [test for trend in found if (test := _last_against_before(trend)) is not None]
    for (trend, change, p), adjusted in zip(tests, stats.holm([p for *_, p in tests])):
        if change is not None and adjusted < rules.alpha and abs(math.log(change.ratio)) > math.log(1 + rules.threshold):
            yield Finding(trend, "last run", change, _is_worse(trend, change.ratio), float(adjusted))


def _last_against_before(trend):
    """The last value against the level before it: the change if it lies out, and p. A fall stays news until it is old enough to
    be a change point: up to `RECENT` values that lie out together are left out of what came before."""
    values = trend.known[trend.parts[-1].begin:] if trend.parts else []
    if trend.series.values[-1].broken or len(values) <= ENOUGH:
        return None
    logs = [math.log(max(value.value, trend.series.measure.least)) for value in values]
    tests = [_out(logs, recent) for recent in range(1, min(RECENT, len(logs) - ENOUGH) + 1)]
    p, recent, ratio, out = min(tests)
    change = Change(len(trend.known) - recent, values[-recent - 1].run, values[-recent].run, ratio) if out else None
    return trend, change, min(1.0, len(tests) * p)


def _out(logs, recent):
    """Of the last value: p, how many are recent, its ratio to the level before them, and whether all of these lie beyond all of
    those before, on one side."""
    before, after = logs[:-recent], logs[-recent:]
    out = max(after) < min(before) or min(after) > max(before)
    spread = max(stdev(before), 1e-9) * math.sqrt(1 + 1 / len(before))
    p = 2 * stdtr(len(before) - 1, -abs(logs[-1] - mean(before)) / spread)
    return float(p) if out else 1.0, recent, math.exp(logs[-1] - mean(before)), out
