"""Latency percentiles against threads: what an operation usually costs, and what the unlucky ones pay."""

from functools import partial

from analysis import captions, curves, frame
from analysis.across import Threads
from analysis.measures import MEASURES, NEEDED

NAME = "latency"
HEADING = "Latency percentiles against threads"
KIND = "latency"
AXES = ()
PERCENTILES = ("p50", "p99", "p999")


def seconds(name, trial):
    value = MEASURES[name].value_of(trial)
    return None if value is None else value * 1e-9


def too_few(name):
    """Why there is no number where no trial has the percentile."""
    return f"under {NEEDED[name]} latencies for {MEASURES[name].label.split()[0]}"


def worth(group):
    """Where all were asked for more than can be done, nobody has a latency."""
    return not all(p.saturated for series in group.series.values() for p in series)


def compose(group):
    figure, panels = group.figure, []
    threads = Threads(figure)
    for name in PERCENTILES:
        found = curves.curves(figure, partial(seconds, name), too_few(name))
        panels.append(frame.Panel(MEASURES[name].label, curves.without_zeros(found), threads, log=True, unit="s"))
    drawn = [curve for panel in panels for curve in panel.curves]
    sentences = captions.caption(figure, drawn, partial(seconds, "p50"), "median latency")
    return frame.sheet(panels, sentences)
