"""Judges a history: did the last run fall out of what its series does, did anything change for good of late, did it break?

The first two questions are asked apart because each is deaf to what the other hears, and share the chance of a false alarm.
The last value is held against the values since the last change (last_run.py, p adjusted by Holm over all series), and has to
lie beyond every one of them: outliers that came before are no news. A change for good is a change point (changepoints.py)
among the last runs, whose chance of a false alarm is shared out over the series of the store.
"""

import math
from dataclasses import dataclass

from analysis import changepoints, stats
from analysis.history import BREAKS
from analysis.last_run import ENOUGH, Looks, is_unheard_of

MOST_ALPHA = 0.01  # of a single series: a change is looked for again and again inside of the parts found
MUST_BREAK = {"control", "known_bad"}  # standings: what breaks there now and then is no news

WORSE, BETTER, DISTURBED, SKIPPED = "worse", "better", "disturbed", "not measured"


@dataclass(frozen=True)
class Rules:
    alpha: float = 0.05  # the chance of any false alarm in the store
    threshold: float = 0.03  # relative: smaller changes do not matter
    last: int = 10  # runs in which a change is news

    @property
    def alpha_of_each(self):
        return self.alpha / 2  # two questions

    @property
    def limit(self):
        return math.log(1 + self.threshold)


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

    @property
    def last(self):
        return self.series.values[-1]

    def log(self, value):
        return math.log(max(value.value, self.series.measure.least))


@dataclass(frozen=True)
class Finding:
    trend: Trend
    what: str  # last run, change, or the verdict of what broke
    change: Change
    verdict: str
    p: float | None = None

    @property
    def worse(self):
        return self.verdict == WORSE


def trends(found, rules):
    share = min(rules.alpha_of_each / max(len(found), 1), MOST_ALPHA)
    return [_trend(one, share, rules) for one in found]


def findings(found, rules):
    """What is news, the worst first."""
    current = _current(found)
    news = [*_broken(current, rules), *_changed(current, rules), *_last_runs(current, rules)]
    return sorted(news, key=lambda f: (not f.worse, -abs(math.log(f.change.ratio)) if f.change.ratio else -math.inf))


def _current(found):
    """The series that the newest build of each machine took part in: it may have needed several runs."""
    newest = {}
    for run in (trend.last.run for trend in found):
        newest[run.machine] = max(run, newest.get(run.machine, run), key=lambda run: run.started_at)
    return [trend for trend in found if trend.last.run.build == newest[trend.series.machine].build]


def _trend(series, alpha, rules):
    known = [value for value in series.values if value.value is not None]
    trend = Trend(series, known, [], [])
    parts = changepoints.parts([trend.log(value) for value in known], alpha, rules.limit)
    changes = [Change(b.begin, known[b.begin - 1].run, known[b.begin].run, math.exp(b.level - a.level))
               for a, b in zip(parts, parts[1:])]
    return Trend(series, known, parts, changes)


def _direction(trend, ratio):
    return WORSE if (ratio < 1) == (trend.series.measure.better > 0) else BETTER


def _broken(found, rules):
    """What broke within the last runs and still is broken, once for all measures of a kind of trial."""
    told = set()
    for trend in found:
        values, one = trend.series.values, trend.series
        good = [i for i, value in enumerate(values) if not value.broken]
        key = one.machine, one.toolchain, one.place
        if not trend.last.broken or trend.last.standing in MUST_BREAK or not good or key in told:
            continue
        first = good[-1] + 1
        if len(values) - first <= rules.last:
            told.add(key)
            yield Finding(trend, trend.last.broken, Change(first, values[first - 1].run, values[first].run, 0.0),
                          WORSE if trend.last.broken in BREAKS else SKIPPED)


def _changed(found, rules):
    """A change for the worse that was made good since is no news."""
    for trend in found:
        for i, change in enumerate(trend.changes):
            direction = _direction(trend, change.ratio)
            if change.place < len(trend.known) - rules.last:
                continue
            since = trend.parts[-1].level - trend.parts[i].level
            if direction == BETTER or (abs(since) > rules.limit and _direction(trend, math.exp(since)) == WORSE):
                yield Finding(trend, "change", change, direction)


def _last_runs(found, rules):
    stretches = [(trend, trend.known[trend.parts[-1].begin:]) for trend in found if trend.parts and trend.last.value is not None]
    looks = [(trend, values, Looks([trend.log(value) for value in values], rules.last)) for trend, values in stretches]
    looks = [(trend, values, look) for trend, values, look in looks if len(values) > ENOUGH]
    worst = _worst_by_run(looks)
    for (trend, values, look), adjusted in zip(looks, stats.holm([look.p[-1] for *_, look in looks])):
        if adjusted >= rules.alpha_of_each or abs(look.away[-1]) <= rules.limit:
            continue
        recent, ratio = int(look.recent[-1]), math.exp(look.away[-1])
        change = Change(len(trend.known) - recent, values[-recent - 1].run, values[-recent].run, ratio)
        earlier = [p for run, p in worst.items()
                   if run.machine == trend.series.machine and run.started_at < change.first.started_at]
        if is_unheard_of(look.p[-1], earlier, rules.alpha_of_each):
            yield Finding(trend, "last run", change, _verdict_of_last(trend, ratio), float(adjusted))


def _worst_by_run(looks):
    worst = {}
    for _, values, look in looks:
        for value, p in zip(values, look.p):
            worst[value.run] = min(p, worst.get(value.run, 1.0))
    return worst


def _verdict_of_last(trend, ratio):
    """A disturbed run among quiet ones shows the disturbance."""
    before = trend.known[trend.parts[-1].begin:-1]
    usual = 2 * sum(value.disturbed for value in before) > len(before)
    direction = _direction(trend, ratio)
    return DISTURBED if direction == WORSE and trend.last.disturbed and not usual else direction
