"""Latency percentiles against threads: what an operation usually costs, and what the unlucky ones pay."""

from functools import partial

from analysis import captions, curves, frame

NAME = "latency"
KIND = "latency"
PERCENTILES = {"p50": ("median", 2), "p99": ("p99", 100), "p999": ("p99.9", 1000)}  # name, samples needed to see it


def percentile(trial, name):
    """In seconds. A percentile with less than one sample beyond it would be the maximum under a finer name.

    The runner's table follows the same rule (`Histogram::resolves`).
    """
    latency = trial.latency_ns
    if latency is None or latency["count"] < PERCENTILES[name][1]:
        return None
    return latency[name] * 1e-9 if name in latency else None


def draw(figure, width):
    panels = []
    for name, (label, needed) in PERCENTILES.items():
        found = curves.curves(figure, partial(percentile, name=name), f"under {needed} latencies for {label}")
        panels.append(frame.Panel(f"{label} latency", curves.without_zeros(found), log=True, unit="s"))
    drawn = [curve for panel in panels for curve in panel.curves]
    sentences = captions.caption(figure, drawn, partial(percentile, name="p50"), "median latency")
    return frame.draw(figure, panels, width, sentences)
