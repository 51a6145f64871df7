"""Fairness against threads: Jain's index, and the share of the slowest worker in what the fastest one got."""

from functools import partial

from analysis import baselines, captions, curves, frame
from analysis.across import Threads

NAME = "fairness"
HEADING = "Fairness against threads"
KIND = "throughput"
AXES = ()
METRICS = {"fairness_jain": "Jain's index", "share_least_most": "least over most"}
ALL_TO_ONE = (0, (1, 1.5))


def metric(name, trial):
    return trial.metrics.get(name)


def worth(group):
    """Alone everybody is fair, so it takes a count of more threads; and one count alone is no course."""
    counts = {t.threads for t in group.trials if any(name in t.metrics for name in METRICS)}
    return len(counts) > 1


def compose(group):
    figure, threads = group.figure, Threads(group.figure)
    panels = []
    for name, label in METRICS.items():
        drawn = curves.curves(figure, partial(metric, name), "not recorded")
        guides = [_all_to_one(figure)] if name == "fairness_jain" else []
        panels.append(frame.Panel(label, drawn, threads, log=False, guides=guides, share=True))
    drawn = [curve for panel in panels for curve in panel.curves]
    sentences = captions.caption(figure, drawn, partial(metric, "fairness_jain"), "Jain's index")
    return frame.sheet(panels, [
        *sentences,
        "Jain's index (Jain, Chiu, Hawe 1984) of the workers' operations: 1 for equal shares, 1/n if one of n has all.",
        "Least over most: operations of the slowest worker over those of the fastest; 0: somebody got nothing."])


def _all_to_one(figure):
    return baselines.Guide("1/n: one has all", tuple(figure.threads), tuple(1 / n for n in figure.threads), ALL_TO_ONE)
