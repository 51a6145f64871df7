"""Work inside the lock x work outside: which implementation is the fastest where, and by how much against the reference?

The length of what is locked, and of what is not, decides how contended a lock is. A cell has the marker of the fastest
implementation, and those of all that cannot be told apart from it.
"""

from dataclasses import dataclass
from functools import partial
from math import log
from statistics import median

from matplotlib.lines import Line2D
from matplotlib.ticker import EngFormatter

from analysis import captions, layout, matrix, noise, points, stats, style
from analysis.plots.throughput import RATE
from analysis.sheets import Sheet, is_paced, parameter

NAME = "sections"
HEADING = "The fastest by work inside and outside the lock"
KIND = "throughput"
INSIDE, OUTSIDE = AXES = ("critical_ns", "parallel_ns")
ROW, HIGHER_ROW = 0.3, 0.38  # inches; the higher one where a cell says that there are more
NARROWEST = 0.4  # inches of a cell beside another map
LABELLED = 0.4  # inches of a cell with a label below it
LABEL = 1.0  # inches that the word beside the rows takes
MOST = 3  # markers that a cell holds
ENOUGH = points.ENOUGH  # blocks: fewer tell nothing apart
NO_LOCKS = ("baseline", "control")  # standings


def worth(group):
    """Two values along each axis: a single row is a curve and no map."""
    if any(map(is_paced, group.figures)):
        return False
    places = [_place(figure) for figure in group.figures if any(p.trials for p in figure.points)]
    if any(type(value) not in (int, float) for place in places for value in place):
        return False
    return all(len(set(values)) > 1 for values in zip(*places)) and bool(places)


def compose(group):
    shown = group.at(*group.crowds)
    insides, outsides = (sorted(set(values)) for values in zip(*map(_place, shown.figures)))
    crowds = {n: {(insides.index(_place(figure)[0]), outsides.index(_place(figure)[1])): winner
                  for figure in shown.figures if (winner := _winner(figure, n, shown.reference))} for n in group.crowds}
    sentences = captions.around(shown, _legend_words(shown.reference), _bands(crowds))
    headings = {group.crowd(n): found for n, found in crowds.items()}
    return Sheet(sentences, partial(_draw, insides, outsides, headings, sentences))


def _place(figure):
    return parameter(figure, INSIDE), parameter(figure, OUTSIDE)


@dataclass(frozen=True)
class _Winner:
    names: list  # the fastest in a cell, and those that are like it
    ratio: float | None  # of its rate to that of the reference
    rate: float
    blocks: tuple  # how many each of the others was held against it in


def _winner(figure, threads, reference):
    found = {name: p for name, series in figure.series.items() for p in series if p.threads == threads and p.trials}
    rates = {name: median(map(RATE, p.trials)) for name, p in found.items() if p.trials[0].standing not in NO_LOCKS}
    if not rates:
        return None
    best = min(rates, key=lambda name: (-rates[name], name))
    others = {name: _ratios(found[name], found[best]) for name in sorted(rates, key=lambda name: (-rates[name], name))}
    del others[best]
    blocks = [len(one) for one in others.values()]
    like = [name for name, one in others.items() if _alike(one)]
    ratios = _ratios(found[best], found[reference]) if reference in found else []
    return _Winner([best, *like], stats.median_ratio(ratios) if ratios else None, rates[best], tuple(blocks))


def _ratios(point, other):
    return stats.block_ratios(noise.by_block(point, RATE), noise.by_block(other, RATE))


def _alike(ratios):
    """Whether the interval of a ratio to the fastest holds 1, or too few blocks have both to tell."""
    return len(ratios) < ENOUGH or stats.median_interval(ratios).high >= 1


def _legend_words(reference):
    what = (f"Numbers: throughput of the fastest, times that of {reference}, median of ratios inside blocks; darker: more."
            if reference else "Numbers: throughput of the fastest; darker: more.")
    return (f"Markers: the fastest implementation, and after it those that cannot be told apart from it (the interval of their "
            f"ratio inside blocks holds 1, or fewer than {ENOUGH} blocks have both); +n: so many more. {what}")


def _bands(crowds):
    counts = sorted({n for found in crowds.values() for winner in found.values() for n in winner.blocks})
    if not counts or counts[-1] < ENOUGH:
        return ""
    told = [n for n in counts if n >= ENOUGH]
    return f"{captions.span(counts)} blocks a ratio; intervals: {captions.interval(told, 'blocks')}."


def _draw(insides, outsides, crowds, sentences, width):
    canvas = style.new_figure(width)
    side_by_side = width == "two" and style.WIDTHS[width] >= NARROWEST * len(crowds) * len(outsides)
    axes = canvas.subplots(*((1, len(crowds)) if side_by_side else (len(crowds), 1)), squeeze=False)
    room = style.WIDTHS[width] / (len(crowds) if side_by_side else 1) / len(outsides)
    values = [_value(winner) for found in crowds.values() for winner in found.values()]
    rows = insides[::-1]  # the longest on top, as on any axis
    for axis, (heading, found) in zip(axes.ravel(), crowds.items()):
        cells = {(len(rows) - 1 - y, x): _cell(winner, values) for (y, x), winner in found.items()}
        matrix.paint(axis, list(map(_time, rows)), list(map(_time, outsides)), cells)
        axis.tick_params(axis="x", labelrotation=0 if room > LABELLED else 90)
        axis.set_xlabel("work outside (parallel)")
        axis.set_ylabel("work inside (critical)" if axis is axes.flat[0] or not side_by_side else "")
        axis.text(0, 1.02, heading, transform=axis.transAxes, va="bottom", fontsize=style.SMALL, color="0.3")
    more = any(len(winner.names) > MOST for found in crowds.values() for winner in found.values())
    names = sorted({name for found in crowds.values() for winner in found.values() for name in winner.names[:MOST]})
    handles = [Line2D([], [], label=style.short(name), **{**style.look_of(name).line, "linestyle": "none"}) for name in names]
    layout.arrange(canvas, axes.tolist(), max((HIGHER_ROW if more else ROW) * len(rows), LABEL), handles, sentences)
    matrix.fit(canvas, axes.ravel())
    return canvas


def _cell(winner, values):
    text = matrix.number(winner.rate) if winner.ratio is None else f"{winner.ratio:.2f}\N{MULTIPLICATION SIGN}"
    more = len(winner.names) - MOST
    low, high = min(values), max(values)
    shade = 0.0 if low <= 0 or low == high else log(_value(winner) / low) / log(high / low)
    return matrix.Cell(shade, f"{text}\n+{more}" if more > 0 else text, tuple(winner.names[:MOST]))


def _value(winner):
    return winner.rate if winner.ratio is None else winner.ratio


def _time(nanoseconds):
    return EngFormatter(unit="s", sep="")(nanoseconds * 1e-9) if nanoseconds else "0"
