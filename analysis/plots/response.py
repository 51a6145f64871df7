"""Response time against offered load: how long operations take that come at their own rate, up to the knee and beyond it.

Where more is due than can be done, the backlog grows for as long as the window lasts: the latency there says how long the
window was, and has no number. Such a rate has a hollow marker at the top.
"""

from dataclasses import dataclass
from functools import partial
from statistics import median

from analysis import captions, curves, frame, matrix, stats, style
from analysis.across import Rates
from analysis.measures import MEASURES
from analysis.plots.latency import seconds, too_few
from analysis.sheets import parameter

NAME = "response"
HEADING = "Response time against offered load"
KIND = "latency"
RATE, = AXES = ("rate",)
PERCENTILES = ("p50", "p99")


@dataclass(frozen=True)
class Loaded(frame.Panel):
    saturated: tuple = ()  # implementation and rate

    def paint(self, axis):
        super().paint(axis)
        marks = [(rate, name) for name, rate in self.saturated]
        self._make_room(axis, frame.stacked(marks))
        frame.stack(axis, marks, lambda name: {"marker": style.look_of(name).marker, "markersize": 4.5}, top=True)

    def _make_room(self, axis, share):
        """Between the curves and what is saturated: as `frame` leaves it for crosses, at the other end."""
        low, high = axis.get_ylim()
        if share and axis.get_yscale() == "log":
            axis.set_ylim(low, high * (high / low) ** (share / (1 - share)))
            axis.plot([0, 1], [1 - share] * 2, transform=axis.transAxes, color="0.6", linewidth=0.5, zorder=1, label="_edge")


def worth(group):
    return len({rate for rate in map(_rate, group.figures) if rate}) > 1


def _rate(figure):
    """Operations due a second; None for a figure of operations that were never due."""
    rate = parameter(figure, RATE)
    return rate if type(rate) in (int, float) and rate > 0 else None


def compose(group):
    shown = group.at(*group.crowds)
    loads = sorted((figure for figure in shown.figures if _rate(figure)), key=_rate)
    across = Rates(tuple(map(_rate, loads)))
    panels, sentences = [], []
    for n in group.crowds:
        saturated = tuple((name, _rate(figure)) for figure in loads for name, series in figure.series.items()
                          for p in series if p.threads == n and p.saturated)
        for name in PERCENTILES:
            drawn = curves.without_zeros(_curves(loads, n, name))
            panels.append(Loaded(MEASURES[name].label, drawn, across, log=True, unit="s", saturated=saturated,
                                 heading=group.crowd(n)))
        sentences.append(_knees(loads, n, saturated))
    drawn = [curve for panel in panels for curve in panel.curves]
    return frame.sheet(panels, captions.around(
        shown, captions.bands(drawn), *sentences, captions.gaps(drawn, lambda rate: f"{matrix.number(rate)}/s"),
        "Hollow above the line: saturated in most trials, where latency grows with the window and has no number."))


def _curves(loads, threads, percentile):
    found = {}
    for figure in loads:
        for name, series in figure.series.items():
            for p in (p for p in series if p.threads == threads):
                estimates, gaps = found.setdefault(name, ([], []))
                values = [value for value in map(partial(seconds, percentile), p.trials) if value is not None]
                if p.saturated:
                    continue
                if values:
                    estimates.append(curves.Estimate(_rate(figure), median(values), stats.median_interval(values), len(values)))
                else:
                    gaps.append(curves.Gap(_rate(figure), too_few(percentile) if p.trials else p.why_failed))
    return [curves.Curve(name, tuple(estimates), tuple(gaps)) for name, (estimates, gaps) in sorted(found.items())]


def _knees(loads, threads, saturated):
    """By implementation the highest rate below the first at which it fell behind."""
    rates = {}
    for figure in loads:
        for name, series in figure.series.items():
            if any(p.threads == threads and p.trials for p in series):
                rates.setdefault(name, []).append(_rate(figure))
    words = []
    for name, offered in sorted(rates.items()):
        behind = min((rate for one, rate in saturated if one == name), default=None)
        kept = [rate for rate in offered if behind is None or rate < behind]
        most = f"{matrix.number(kept[-1])}/s" if kept else "none"
        words.append(f"{name} {most}{' (the highest tried)' if behind is None else ''}")
    return f"With {threads} threads kept up with at most: {', '.join(words)}." if words else ""
