"""Latency percentiles against threads: what an operation usually costs, and what the unlucky ones pay."""

from functools import partial

from analysis import captions, curves, frame
from analysis.measures import MEASURES, NEEDED

NAME = "latency"
KIND = "latency"
PERCENTILES = ("p50", "p99", "p999")


def seconds(name, trial):
    value = MEASURES[name].value_of(trial)
    return None if value is None else value * 1e-9


def draw(figure, width):
    panels = []
    for name in PERCENTILES:
        label = MEASURES[name].label
        found = curves.curves(figure, partial(seconds, name), f"under {NEEDED[name]} latencies for {label.split()[0]}")
        panels.append(frame.Panel(label, curves.without_zeros(found), log=True, unit="s"))
    drawn = [curve for panel in panels for curve in panel.curves]
    sentences = captions.caption(figure, drawn, partial(seconds, "p50"), "median latency")
    return frame.draw(figure, panels, width, sentences)
