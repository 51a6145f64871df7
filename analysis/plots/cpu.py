"""Processor time per operation against threads: what waiting costs, whoever else could have used the processor."""

from analysis import captions, curves, frame
from analysis.across import Threads
from analysis.measures import MEASURES

NAME = "cpu"
HEADING = "Processor time per operation against threads"
KIND = "throughput"
AXES = ()


def cost(trial):
    value = MEASURES["cpu"].value_of(trial)
    return None if value is None else value * 1e-9


def worth(group):
    """One thread count is no course."""
    return len({t.threads for t in group.trials if cost(t) is not None}) > 1


def compose(group):
    figure = group.figure
    drawn = curves.curves(figure, cost, "not recorded")
    log = curves.wants_log(drawn)
    if log:
        drawn = curves.without_zeros(drawn)
    sentences = captions.caption(figure, drawn, cost, "processor time")
    panel = frame.Panel("processor time/operation", drawn, Threads(figure), log, unit="s")
    return frame.sheet([panel], [*sentences, "Processor time of all workers, waiting included."])
