"""Who is best where, as far as the records can tell: one contest for each setting, crowd and measure.

The best of the medians leads; who is not proven to be worse than the leader is tied with it. Proven means what it means in
`compare`: larger than the threshold, with an interval that excludes 1, and a p adjusted by Holm over the contest. That the
leader is chosen after the fact costs no more than that: it is a comparison with the best (Hsu 1984).
"""

from dataclasses import dataclass, replace
from functools import cached_property

from analysis import comparison, sheets, stats, summary
from analysis.comparison import FASTER, SAME
from analysis.measures import MEASURES
from analysis.places import Place

CROWDS = UNCONTENDED, CONTENDED, OVERSUBSCRIBED = "uncontended", "contended", "oversubscribed"
OUTSIDE = ("control", "baseline")  # standings that are measured beside the others, not against them
# What counts in a workload where the rate is not the point: how soon the other one runs.
BY_LATENCY = ("ping-pong", "starting-gun", "timed-wait")
UNFAIR, COSTLY = 0.1, 1.5  # how much less even, how many times the processor time: below it is not worth a word


@dataclass(frozen=True)
class Contest:
    figure: object
    crowd: str
    threads: int
    measure: object
    leader: object  # a point
    rows: tuple  # of comparison: each other as BASE against the leader as NEW, the next best first
    apart: tuple  # names that ran on far processors only, where the leader did not
    broken: tuple  # names of those who broke or have no number, and why
    points: dict  # by name, those that took part

    @property
    def value(self):
        return self._median(self.leader)

    @cached_property
    def rivals(self):
        """Those who are not proven to be worse than the leader."""
        return [row for row in self.rows if row.verdict != FASTER]

    @property
    def outcome(self):
        """alone, winner, equal (all who are tied are proven to be the same), tie, or nobody: nobody is told from anybody."""
        if not self.rows:
            return "alone"
        if not self.rivals:
            return "winner"
        if all(row.verdict == SAME for row in self.rivals):
            return "equal"
        return "nobody" if len(self.rivals) == len(self.rows) and len(self.rows) > 1 else "tie"

    @property
    def reference(self):
        """What ratios are to, if it took part and is not the leader itself."""
        found = next((p for p in self.points.values() if summary.standing(p) == "reference"), None)
        return found if found is not self.leader else None

    @property
    def to_reference(self):
        return summary.to_reference(self.leader, self.reference, self.measure)

    @property
    def line(self):
        return self.line_of(self.leader.implementation)

    def line_of(self, implementation):
        """The place of the line of the result table that this rests on."""
        return Place(replace(self.figure.setting, kind=""), implementation, self.threads)

    def costs(self):
        """What being first costs, as (measure, the leader's value, who does best in it, its value): differences whose
        intervals do not meet."""
        for name, is_worse in (("jain", lambda own, best: best - own > UNFAIR), ("cpu", lambda own, best: own > COSTLY * best)):
            measure = MEASURES[name]
            found = {p.implementation: estimate for p in self.points.values() if (estimate := _estimate(p, measure))}
            own = found.pop(self.leader.implementation, None)
            if own is None or not found:
                continue
            best = max(sorted(found), key=lambda one: measure.better * found[one][0])
            if is_worse(own[0], found[best][0]) and _apart(own[1], found[best][1]):
                yield measure, own[0], best, found[best][0]

    def _median(self, point):
        return comparison.side_of(point, self.measure).median


def _estimate(point, measure):
    values = sorted(v for t in point.trials if (v := measure.value_of(t)) is not None)
    return (summary.median(values), stats.median_interval(values)) if len(values) > 1 else None


def _apart(one, other):
    return one.low > other.high or other.low > one.high


def of_figures(figures):
    """By setting without its kind, in the order of the figures: the contests that count in it, by crowd."""
    return {setting: in_crowds(figure, measure) if measure else {} for setting, figure, measure in _settings(figures)}


def without_result(figures):
    """By setting and crowd: why nobody has a number there, where it was measured."""
    found = {}
    for setting, figure, measure in _settings(figures):
        for crowd, threads in _crowds(figure).items() if measure else ():
            if threads and contest(figure, crowd, threads, measure) is None:
                found[setting, crowd] = _why_nobody([p for p in figure.points if p.copy == 0 and p.threads == threads], measure)
    return found


def _settings(figures):
    """Each setting without its kind, with the figure and the measure that count in it."""
    kinds = {}
    for figure in figures:
        kinds.setdefault(replace(figure.setting, kind=""), {})[figure.setting.kind] = figure
    for setting, of_kind in kinds.items():
        measure = _measure(setting, of_kind)
        yield setting, measure and of_kind[measure.kind], measure


def _why_nobody(points, measure):
    if any(p.saturated for p in points):
        return "saturated"
    if any(p.trials for p in points):
        return f"too few latencies for {measure.name}" if measure.kind == "latency" else "no number"
    return points[0].why_failed


def _measure(setting, of_kind):
    """What counts, or None where that was not measured. At a given rate all who keep up do the same number of operations, and
    so do all who wait for a deadline."""
    paced = any(map(sheets.is_paced, of_kind.values()))
    if "latency" in of_kind and (paced or setting.workload in BY_LATENCY):
        return MEASURES["p99" if paced else "p50"]
    return None if paced or setting.workload == "timed-wait" or "throughput" not in of_kind else MEASURES["throughput"]


def in_crowds(figure, measure):
    """The contests by crowd, where anybody has a number."""
    return {crowd: found for crowd, threads in _crowds(figure).items()
            if threads and (found := contest(figure, crowd, threads, measure))}


def _crowds(figure):
    """One thread count stands for each crowd: an average over thread counts would be nobody's number."""
    beyond = {n for n in figure.threads if n in figure.oversubscribed or (figure.capacity or n) < n}
    within = [n for n in figure.threads if n not in beyond]
    return {UNCONTENDED: 1 if 1 in within else None, CONTENDED: max((n for n in within if n > 1), default=None),
            OVERSUBSCRIBED: max(beyond, default=None)}


def contest(figure, crowd, threads, measure):
    """None if nobody has a number there."""
    here = [p for p in figure.points if p.copy == 0 and p.threads == threads and summary.standing(p) not in OUTSIDE]
    fit = [p for p in here if not p.saturated and not _breaks(p)]
    able = {p.implementation: side for p in fit if (side := comparison.side_of(p, measure)).usable}
    near = {name: side for name, side in able.items() if not side.only_far} or able
    if not near:
        return None
    leader = max(sorted(near), key=lambda name: measure.better * near[name].median)
    setting = figure.setting
    rows = [comparison.Row(Place(setting, name, threads), measure, side, near[leader])
            for name, side in near.items() if name != leader]
    rows.sort(key=lambda row: (-measure.better * row.base.median, row.place.implementation))
    points = {p.implementation: p for p in here if p.implementation in near}
    broken = tuple((p.implementation, p.why_failed) for p in here if p.failed and (_breaks(p) or not p.trials))
    return Contest(figure, crowd, threads, measure, points[leader], _judged(rows),
                   tuple(sorted(able.keys() - near.keys())), broken, points)


def _breaks(point):
    """Sometimes or always: what hangs now and then wins nothing."""
    return any(t.verdict in ("hang", "violated") for t in point.failed)


def _judged(rows):
    return tuple(comparison.judged(rows, comparison.Rules(), {})) if rows else ()
