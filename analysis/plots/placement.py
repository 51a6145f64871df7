"""Placement x implementation: on which processors does each implementation do well, and which of them mind?"""

from functools import partial
from math import log
from statistics import median

from analysis import captions, layout, matrix, stats, style
from analysis.plots.throughput import RATE
from analysis.sheets import Sheet, is_paced

NAME = "placement"
HEADING = "Throughput by placement and implementation"
KIND = "throughput"
AXES = ("policy",)
ROW = 0.135  # inches
CROWDED = "\N{DEGREE SIGN}"  # behind a number
NARROW = 25  # characters of a placement that fit beside a column


def worth(group):
    policies = {figure.setting.policy for figure in group.figures if any(p.trials for p in figure.points)}
    return len(policies) > 1 and not any(map(is_paced, group.figures))


def compose(group):
    shown = group.at(*group.crowds)
    rows, columns = list(shown.series), [figure.setting.policy for figure in shown.figures]
    short = {policy: policy if len(policy) <= NARROW else f"P{i}" for i, policy in enumerate(columns, 1)}
    rates = {n: _rates(shown, n, rows) for n in group.crowds}
    known = [rate for found in rates.values() for rate in found.values() if rate > 0]
    crowds = {n: _cells(shown, n, found, known) for n, found in rates.items()}
    marked = any(cell.text.endswith(CROWDED) for cells in crowds.values() for cell in cells.values())
    sentences = captions.around(
        shown, "Columns: placements. Cells: median operations/s; darker: more, by its logarithm.",
        "; ".join(f"{word}: {policy}" for policy, word in short.items() if word != policy),
        f"{CROWDED} more threads than processors in this placement." if marked else "",
        _reliability(shown), captions.missing(_missing(shown)))
    headings = {group.crowd(n): cells for n, cells in crowds.items()}
    return Sheet(sentences, partial(_draw, rows, list(short.values()), headings, sentences))


def _cells(group, threads, rates, known):
    """By (row, column). A heading that says oversubscribed speaks for all columns; where some have room, cells say it."""
    within = [threads not in figure.oversubscribed for figure in group.figures]
    return {(y, x): matrix.Cell(_shade(rate, known), matrix.number(rate) + (CROWDED if any(within) and not within[x] else ""))
            for (y, x), rate in rates.items()}


def _rates(group, threads, rows):
    """Median rates by (row, column)."""
    found = {}
    for x, figure in enumerate(group.figures):
        for name, series in figure.series.items():
            values = [RATE(t) for p in series if p.threads == threads for t in p.trials]
            if values:
                found[rows.index(name), x] = median(values)
    return found


def _reliability(group):
    """A cell has no room for its interval; how wide they are all the same decides what may be read from the shades."""
    samples = [[RATE(t) for t in p.trials] for series in group.series.values() for p in series if p.trials]
    widths = []
    for values in samples:
        interval, middle = stats.median_interval(values), median(values)
        if len(values) > 1 and middle > 0:
            widths.append(max(interval.high - middle, middle - interval.low) / middle)
    counts = sorted({len(values) for values in samples})
    if not widths:
        return f"{counts[-1]} trial a cell: how far off it is, is unknown."
    what = "95 % intervals of the medians" if counts[0] >= 6 else "Minimum and maximum"
    return (f"{captions.span(counts)} trials a cell. {what} are off the median by at most "
            f"{100 * median(widths):.0f} % in half of the cells, by {100 * max(widths):.0f} % in the worst.")


def _missing(group):
    for figure in group.figures:
        for name, series in figure.series.items():
            for point in series:
                if not point.trials:
                    yield f"{name} on {figure.setting.policy}", point.threads, point.why_failed


def _draw(rows, columns, crowds, sentences, width):
    canvas = style.new_figure(width)
    side_by_side = width == "two"
    shape = (1, len(crowds)) if side_by_side else (len(crowds), 1)
    axes = canvas.subplots(*shape, squeeze=False)
    for axis, (heading, cells) in zip(axes.ravel(), crowds.items()):
        matrix.paint(axis, [style.short(name, style.BESIDE[width]) for name in rows], list(map(style.label, columns)), cells)
        axis.tick_params(axis="x", labelrotation=0 if max(map(len, columns)) * len(columns) < 40 else 90)
        if side_by_side and axis is not axes.flat[0]:
            axis.tick_params(labelleft=False)
        axis.text(0, 1.02, heading, transform=axis.transAxes, va="bottom", fontsize=style.SMALL, color="0.3")
    layout.arrange(canvas, axes.tolist(), ROW * len(rows), [], sentences)
    matrix.fit(canvas, axes.ravel())
    return canvas


def _shade(rate, rates):
    low, high = min(rates, default=1), max(rates, default=1)
    return 0.0 if rate <= low or low == high else log(rate / low) / log(high / low)
