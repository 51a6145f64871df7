"""One line a point: all that was measured about one implementation at one thread count, as the runner's own table shows it.

Throughput and latency come from trials of their own and meet here again. Ratios to the reference are taken inside blocks.
"""

from collections import defaultdict
from dataclasses import dataclass, replace
from statistics import median

from analysis import captions, labels, noise, points, stats
from analysis.measures import MEASURES
from analysis.places import Place
from analysis.tables import Column, Table, as_count, as_number, as_ratio

LATENCIES = ("p50", "p99", "p999", "max")


@dataclass(frozen=True)
class Estimate:
    """Of one measure at one point."""

    value: float  # the median
    interval: stats.Interval
    trials: int


@dataclass(frozen=True)
class Line:
    place: Place  # its setting is of no kind
    standing: str
    oversubscribed: bool
    estimates: dict  # by the name of the measure
    to_reference: Estimate | None  # ratio of throughputs
    verdict: str  # ok, or why there is no number
    marks: tuple  # what to know before believing it
    runs: int  # whose trials are in it

    def value(self, measure):
        found = self.estimates.get(measure)
        return found.value if found else None


def lines(trials, environments):
    """In the order of settings, implementations and threads."""
    found = defaultdict(list)
    for figure in points.figures(trials, environments):
        references = {p.threads: p for p in figure.points if p.copy == 0 and standing(p) == "reference"}
        for point in figure.points:
            if point.copy == 0:
                place = Place(replace(figure.setting, kind=""), point.implementation, point.threads)
                found[place].append((point, references.get(point.threads), point.threads in figure.oversubscribed))
    return [_line(place, parts) for place, parts in found.items()]


def standing(point):
    return next((t.standing for t in (*point.trials, *point.failed) if t.standing), "variant")


def to_reference(point, reference, measure=MEASURES["throughput"]):
    """The ratio inside blocks, where both were measured in one; near is not held against far."""
    if reference is None or reference.only_far != point.only_far:
        return None
    value_of = measure.value_of
    ratios = stats.block_ratios(noise.by_block(point, value_of), noise.by_block(reference, value_of))
    return Estimate(stats.median_ratio(ratios), stats.median_interval(ratios), len(ratios)) if ratios else None


def _line(place, parts):
    estimates, ratio, marks = {}, None, {}
    for point, reference, oversubscribed in parts:
        for measure in MEASURES.values():
            values = [v for t in point.trials if t.kind == measure.kind and (v := measure.value_of(t)) is not None]
            if values:
                estimates[measure.name] = _estimate(values)
        ratio = ratio or to_reference(point, reference)
        marks.update(_marks(point))
    first, _, oversubscribed = parts[0]
    failures = [point.why_failed for point, _, _ in parts if point.failed and not point.trials]
    return Line(place, standing(first), oversubscribed, estimates, ratio, failures[0] if failures else "ok",
                tuple(f"{word}:{n}" if n else word for word, n in marks.items()),
                captions.most_runs(point for point, _, _ in parts))


def _marks(point):
    """A word, and how many trials it is about: 0 for all."""
    saturated = sum(t.saturated for t in point.trials)
    doubtful = sum(bool(t.doubts) for t in point.trials) if point.doubtful else 0
    marks = {"far": point.left_out_far, "doubtful": doubtful, "left out": point.left_out_doubtful, "saturated": saturated}
    marks = {word: n for word, n in marks.items() if n}
    if point.failed and point.trials:
        marks[point.why_failed] = len(point.failed)
    return {**marks, "all far": 0} if point.only_far else marks


def _estimate(values):
    return Estimate(median(values), stats.median_interval(values), len(values)) if values else None


COLUMNS = [*labels.COLUMNS, Column("items/s", as_number), Column("low", as_number), Column("high", as_number),
           Column("n", as_count), Column("x ref", as_ratio), Column("x low", as_ratio), Column("x high", as_ratio),
           Column("p50 ns", as_number),
           Column("p99 ns", as_number), Column("p99.9 ns", as_number), Column("max ns", as_number), Column("Jain", as_ratio),
           Column("CPU ns/op", as_number), Column("verdict"), Column("marks")]


# What a column of a paper has room for; --columns chooses otherwise.
NARROW = ("workload", "setting", "implementation", "threads", "items/s", "low", "high", "x ref", "p50 ns", "p99 ns", "Jain",
          "CPU ns/op", "verdict")


def table(found):
    words = labels.by_place([line.place for line in found])
    return Table(COLUMNS, [[*words[line.place], *_cells(line)] for line in found], _notes(found),
                 (*labels.FOLDABLE, "verdict", "marks"))


def _cells(line):
    rate, ratio = line.estimates.get("throughput"), line.to_reference
    marks = " ".join([*(["over"] if line.oversubscribed else []), *line.marks])
    return [*([rate.value, rate.interval.low, rate.interval.high, rate.trials] if rate else [None] * 4),
            *([ratio.value, ratio.interval.low, ratio.interval.high] if ratio else [None] * 3),
            *map(line.value, LATENCIES), line.value("jain"), line.value("cpu"), line.verdict, marks]


def _notes(found):
    estimates = [e for line in found if (e := line.estimates.get("throughput"))]
    if not estimates:
        return []
    counts = sorted({e.trials for e in estimates})
    ends = f"; low and high: {captions.interval(counts)}" if counts[-1] > 1 else ""
    notes = [f"Medians over trials{ends}."]
    if pooled := captions.pooled(max(line.runs for line in found)):
        notes.append(pooled)
    references = sorted({line.place.implementation for line in found if line.standing == "reference"})
    if references:
        notes.append(f"x ref: throughput over that of {', '.join(references)}, inside blocks.")
    return notes
