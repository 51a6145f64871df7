"""The list of measures: what of a trial is compared, tabulated, drawn and remembered. To add one: a line in `MEASURES`.

A measure looks at one kind of trial, and its value is None where that trial cannot say.
"""

from dataclasses import dataclass
from functools import partial
from typing import Callable


@dataclass(frozen=True)
class Measure:
    name: str  # on the command line and in files
    label: str  # on an axis, without the unit
    unit: str
    kind: str  # of the trials that carry it
    better: int  # 1: higher is better, -1: lower
    value_of: Callable  # trial to number or None
    least: float  # what a zero stands for where ratios are taken: below this nothing can be seen


NEEDED = {"p50": 2, "p90": 10, "p99": 100, "p999": 1000}  # latencies without which a percentile would be the maximum


MOST = 0.9  # of the trials of a point, which have to show a percentile before the point has one


def comparable(trials):
    """The trials of a point without the latencies that they cannot speak of together. Where some show a percentile and some
    have too few latencies for it, the middle of the former would be another percentile's of other trials: a p99 below the
    median. And where most were saturated, latencies grow with the window. The runner's table follows the same rules, and
    shows none where any trial was saturated."""
    timed = [t.latency_ns for t in trials if t.latency_ns is not None]
    if not timed:
        return trials
    if mostly_saturated(trials):
        return [t._replace(latency_ns=None) for t in trials]
    lacking = {name for name, needed in NEEDED.items() if sum(one["count"] >= needed for one in timed) < MOST * len(trials)}
    if not lacking:
        return trials
    return [t._replace(latency_ns=t.latency_ns and {k: v for k, v in t.latency_ns.items() if k not in lacking}) for t in trials]


def mostly_saturated(trials):
    return 2 * sum(t.saturated for t in trials) > len(trials)


def _rate(trial):
    return trial.items_per_second


def _percentile(name, trial):
    """In ns. The runner's table follows the same rule (`Histogram::resolves`)."""
    latency = trial.latency_ns
    if latency is None or latency["count"] < NEEDED[name]:
        return None
    return latency.get(name)


def _longest(trial):
    return None if trial.latency_ns is None else trial.latency_ns.get("max")


def _metric(name, trial):
    return trial.metrics.get(name)


def _latency(name, label):
    return Measure(name, f"{label} latency", "ns", "latency", -1, partial(_percentile, name), 0.1)


MEASURES = {measure.name: measure for measure in (
    Measure("throughput", "throughput", "operations/s", "throughput", 1, _rate, 1.0),
    _latency("p50", "median"),
    _latency("p90", "p90"),
    _latency("p99", "p99"),
    _latency("p999", "p99.9"),
    Measure("max", "longest latency", "ns", "latency", -1, _longest, 0.1),
    Measure("cpu", "processor time", "ns/operation", "throughput", -1, partial(_metric, "cpu_ns_per_operation"), 0.01),
    Measure("jain", "Jain's fairness index", "", "throughput", 1, partial(_metric, "fairness_jain"), 1e-3),
)}
