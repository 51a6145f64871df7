"""How many operations took longer than ...: the complement of the cumulative distribution, where tails can be seen.

Both axes are logarithmic. A percentile is one point of a curve here: p99 is where it crosses 0.01.
"""

from dataclasses import dataclass

from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from analysis import captions, curves, frame, histograms, style
from analysis.across import Times

NAME = "ccdf"
HEADING = "Distribution of latencies"
KIND = "latency"
AXES = ()
LEAST = 0.1  # ns: where a zero stands
MARKS = 0.18  # from marker to marker along a curve, of the diagonal of the axes


@dataclass(frozen=True)
class Steps:
    """One set of axes: a falling staircase for each implementation."""

    label: str
    found: dict  # implementation -> pairs of latency in s, and share above
    across: Times
    least: float  # share at the bottom
    heading: str

    @property
    def looks(self):
        return list(self.found), []

    def paint(self, axis):
        for i, (name, pairs) in enumerate(self.found.items()):
            (first, _), (last, _) = pairs[0], pairs[-1]
            times = [first, *(time for time, _ in pairs[:-1]), last]
            shares = [1.0, *(share for _, share in pairs[:-1]), pairs[-2][1] if len(pairs) > 1 else 1.0]
            # Markers stand apart from those of the next curve, which may run close by.
            axis.plot(times, shares, drawstyle="steps-post", label=style.label(name), markevery=(MARKS * (i % 5) / 5, MARKS),
                      **style.look_of(name).line)
        axis.set_yscale("log")
        axis.set_ylim(self.least / 1.5, 1.3)
        axis.yaxis.set_major_locator(LogLocator(10, numticks=8))
        axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.yaxis.set_minor_formatter(NullFormatter())


def latencies(record):
    return record.get("latency_ns")


def worth(group):
    return any(t.latency_ns and t.latency_ns["count"] for p in _points(group.at(*group.crowds)) for t in p.trials)


def _points(group):
    return (point for series in group.series.values() for point in series)


def compose(group):
    shown = group.at(*group.crowds)
    counts = []
    crowds = {n: _staircases(shown.at(n), counts) for n in group.crowds}
    pairs = [pair for found in crowds.values() for stairs in found.values() for pair in stairs]
    across = Times(min(time for time, _ in pairs), max(time for time, _ in pairs), "latency")
    least = min((share for _, share in pairs if share > 0), default=0.1)
    panels = [Steps("share that took longer", found, across, least, group.crowd(n)) for n, found in crowds.items() if found]
    return frame.sheet(panels, captions.around(
        shown, f"All latencies of a point's trials together, {captions.span([min(counts), max(counts)])} of them; no bands: where "
        "fewer than ten are left, at ten over their number and below, chance shapes the curve.",
        captions.missing(_missing(shown, crowds))))


def _staircases(group, counts):
    """By implementation; `counts` gets how many latencies each rests on."""
    found = {}
    for name, (point, *_) in group.series.items():
        pairs = histograms.merged([t for t in point.trials if t.latency_ns], latencies)
        total = sum(count for _, count in pairs)
        if total:
            counts.append(total)
            found[name] = [(max(upper, LEAST) * 1e-9, share) for upper, share in histograms.above(pairs)]
    return found


def _missing(group, crowds):
    for name, series in group.series.items():
        for point in series:
            if name not in crowds[point.threads]:
                yield name, point.threads, curves.why_none(point, "no latency seen")
