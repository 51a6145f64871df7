"""Work inside the lock x work outside: which implementation is the fastest where, and by how much against the reference?

The length of what is locked, and of what is not, decides how contended a lock is. A cell has the marker of the fastest
implementation, and those of all that cannot be told apart from it.
"""

from functools import partial
from math import log
from statistics import median

from matplotlib.lines import Line2D
from matplotlib.ticker import EngFormatter

from analysis import captions, layout, matrix, noise, stats, style
from analysis.plots.throughput import RATE
from analysis.sheets import Sheet, parameter

NAME = "sections"
HEADING = "The fastest by work inside and outside the lock"
KIND = "throughput"
INSIDE, OUTSIDE = AXES = ("critical_ns", "parallel_ns")
ROW = 0.3  # inches
MOST = 3  # markers that a cell holds
NO_LOCKS = ("baseline", "control")  # standings


def worth(group):
    """Two values along each axis: a single row is a curve and no map."""
    places = [_place(figure) for figure in group.figures if any(p.trials for p in figure.points)]
    if any(type(value) not in (int, float) for place in places for value in place):
        return False
    return all(len(set(values)) > 1 for values in zip(*places)) and bool(places)


def compose(group):
    shown = group.at(*group.crowds)
    insides, outsides = (sorted(set(values)) for values in zip(*map(_place, shown.figures)))
    crowds = {n: {(insides.index(_place(figure)[0]), outsides.index(_place(figure)[1])): winner
                  for figure in shown.figures if (winner := _winner(figure, n, shown.reference))} for n in group.crowds}
    sentences = captions.around(shown, _legend_words(shown.reference), _bands(shown))
    headings = {group.crowd(n): found for n, found in crowds.items()}
    return Sheet(sentences, partial(_draw, insides, outsides, headings, sentences))


def _place(figure):
    return parameter(figure, INSIDE), parameter(figure, OUTSIDE)


class _Winner:
    """The fastest in one cell, those like it, and its ratio to the reference (its rate where there is none)."""

    def __init__(self, names, ratio, rate):
        self.names, self.ratio, self.rate = names, ratio, rate


def _winner(figure, threads, reference):
    points = {name: p for name, series in figure.series.items() for p in series if p.threads == threads and p.trials}
    rates = {name: median(map(RATE, p.trials)) for name, p in points.items() if p.trials[0].standing not in NO_LOCKS}
    if not rates:
        return None
    best = min(rates, key=lambda name: (-rates[name], name))
    like = [name for name in sorted(rates, key=lambda name: (-rates[name], name))
            if name != best and _alike(points[name], points[best])]
    ratios = _ratios(points[best], points[reference]) if reference in points else []
    return _Winner([best, *like], median(ratios) if ratios else None, rates[best])


def _ratios(point, other):
    return stats.block_ratios(noise.by_block(point, RATE), noise.by_block(other, RATE))


def _alike(point, best):
    """Whether the interval of their ratio inside blocks holds 1, or there is no block to tell from."""
    ratios = _ratios(point, best)
    return not ratios or stats.median_interval(ratios).high >= 1


def _legend_words(reference):
    what = (f"Numbers: throughput of the fastest, times that of {reference}, median of ratios inside blocks; darker: more."
            if reference else "Numbers: throughput of the fastest; darker: more.")
    return (f"Markers: the fastest implementation, and after it those that cannot be told apart from it (the interval of their "
            f"ratio inside blocks holds 1); +n: so many more. {what}")


def _bands(group):
    counts = sorted({len(p.trials) for series in group.series.values() for p in series if p.trials})
    coverage = stats.median_interval([0.0] * counts[0]).coverage
    how = "95 % confidence by order statistics" if counts[0] >= 6 else f"minimum to maximum, which covers only {100 * coverage:.0f} %"
    return f"{counts[0]}{f' to {counts[-1]}' if len(counts) > 1 else ''} trials a point; intervals: {how}."


def _draw(insides, outsides, crowds, sentences, width):
    canvas = style.new_figure(width)
    side_by_side = width == "two"
    axes = canvas.subplots(*((1, len(crowds)) if side_by_side else (len(crowds), 1)), squeeze=False)
    values = [_value(winner) for found in crowds.values() for winner in found.values()]
    rows = insides[::-1]  # the longest on top, as on any axis
    for axis, (heading, found) in zip(axes.ravel(), crowds.items()):
        cells = {(len(rows) - 1 - y, x): _cell(winner, values) for (y, x), winner in found.items()}
        matrix.paint(axis, list(map(_time, rows)), list(map(_time, outsides)), cells)
        axis.set_xlabel("work outside (parallel)")
        axis.set_ylabel("work inside (critical)" if axis is axes.flat[0] or not side_by_side else "")
        axis.text(0, 1.02, heading, transform=axis.transAxes, va="bottom", fontsize=style.SMALL, color="0.3")
    names = sorted({name for found in crowds.values() for winner in found.values() for name in winner.names[:MOST]})
    handles = [Line2D([], [], label=style.short(name), **{**style.look_of(name).line, "linestyle": "none"}) for name in names]
    layout.arrange(canvas, axes.tolist(), ROW * len(rows), handles, sentences)
    matrix.fit(canvas, axes.ravel())
    return canvas


def _cell(winner, values):
    text = matrix.number(winner.rate) if winner.ratio is None else f"{winner.ratio:.2f}\N{MULTIPLICATION SIGN}"
    more = len(winner.names) - MOST
    low, high = min(values), max(values)
    shade = 0.0 if low <= 0 or low == high else log(_value(winner) / low) / log(high / low)
    return matrix.Cell(shade, f"{text} +{more}" if more > 0 else text, tuple(winner.names[:MOST]))


def _value(winner):
    return winner.rate if winner.ratio is None else winner.ratio


def _time(nanoseconds):
    return EngFormatter(unit="s", sep="")(nanoseconds * 1e-9) if nanoseconds else "0"
