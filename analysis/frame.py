"""What all figures over thread counts share: curves, bands, gaps, the thread axis and the oversubscribed region.

A figure of the papers' kind in one call: say which panels there are and what the caption says, and `draw` does the
rest. Where legend, caption and axes go is layout.py's business.
"""

from collections import Counter
from dataclasses import dataclass, field
from itertools import groupby
from math import log2, nan, sqrt

from matplotlib.lines import Line2D
from matplotlib.ticker import EngFormatter, FixedLocator, LogLocator, MaxNLocator, NullFormatter, NullLocator

from analysis import layout, style

MARGIN = 2**0.3  # room left and right of the outermost thread counts, on a log axis
CROSS = 0.065  # share of the axes' height that a cross takes
SPREAD = 1.3  # room below and above the curves, on a log axis


@dataclass(frozen=True)
class Panel:
    """One set of axes to be drawn: a quantity over the thread counts."""

    label: str
    curves: list
    log: bool
    unit: str = ""
    guides: list = field(default_factory=list)


def draw(figure, panels, width, sentences):
    """A matplotlib figure with one set of axes a panel, side by side if the figure is two columns wide."""
    canvas = style.new_figure(width)
    side_by_side = width == "two"
    shape = (1, len(panels)) if side_by_side else (len(panels), 1)
    axes = canvas.subplots(*shape, sharex=True, squeeze=False).ravel()
    for axis, panel in zip(axes, panels):
        _values(axis, panel)
        _thread_axis(axis, figure)
        _machine(axis, figure, labelled=side_by_side or axis is axes[0])
        if side_by_side or axis is axes[-1]:
            axis.set_xlabel("threads")
    layout.arrange(canvas, axes, side_by_side, _legend(panels), sentences)
    return canvas


def _legend(panels):
    """A line for each implementation, even one that has no number anywhere, then the guides."""
    names = sorted({curve.implementation for panel in panels for curve in panel.curves})
    looks = {name: style.look_of(name).line for name in names}
    looks.update({guide.label: style.guide(guide.dash) for panel in panels for guide in panel.guides})
    return [Line2D([], [], label=label, **look) for label, look in looks.items()]


def _values(axis, panel):
    axis.set_ylabel(panel.label)
    for curve in panel.curves:
        _curve(axis, curve)
    _crosses(axis, panel.curves)
    for guide in panel.guides:
        axis.plot(guide.threads, guide.values, label=guide.label, zorder=1.5, **style.guide(guide.dash))
    highs = [e.interval.high for c in panel.curves for e in c.estimates]
    highs += [max(guide.values) for guide in panel.guides]
    if not highs:
        axis.yaxis.set_major_locator(NullLocator())
        return
    if panel.log:
        lows = [e.interval.low or e.median for c in panel.curves for e in c.estimates]
        lows += [min(guide.values) for guide in panel.guides]
        _log_axis(axis, min(lows), max(highs), _cross_height(panel.curves))
    else:
        axis.set_ylim(0, 1.08 * max(highs) or 1)
        axis.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    # After the scale is set: setting it brings a formatter of its own.
    axis.yaxis.set_major_formatter(EngFormatter(unit=panel.unit, sep="\N{NO-BREAK SPACE}" if panel.unit else ""))


def _log_axis(axis, low, high, room):
    """`room` is the share of the height, at the bottom, that the curves leave to the crosses."""
    axis.set_yscale("log")
    low, high = low / SPREAD, high * SPREAD
    low /= (high / low) ** (room / (1 - room))
    axis.set_ylim(low, high)
    axis.yaxis.set_major_locator(LogLocator(10, subs=(1,) if high > 300 * low else (1, 2, 5), numticks=8))
    axis.yaxis.set_minor_formatter(NullFormatter())


def _curve(axis, curve):
    """One line object for the whole curve, broken at gaps: a line across a gap would claim what was not measured."""
    look = style.look_of(curve.implementation)
    found = {e.threads: e for e in curve.estimates}
    threads = sorted({*found, *(gap.threads for gap in curve.gaps)})
    values = [found[n].median if n in found else nan for n in threads]
    axis.plot(threads, values, label=curve.implementation, **look.line)
    for measured, run in groupby(threads, key=lambda n: n in found):
        if measured:
            _band(axis, [found[n] for n in run], look.colour)


def _band(axis, estimates, colour):
    threads = [e.threads for e in estimates]
    lows, highs = [e.interval.low for e in estimates], [e.interval.high for e in estimates]
    if len(estimates) == 1:
        axis.vlines(threads, lows, highs, colors=colour, linewidth=0.8)  # a band of one point has no area
    else:
        axis.fill_between(threads, lows, highs, color=colour, alpha=0.18, linewidth=0)


def _crosses(axis, curves):
    """A hollow cross at the bottom for each gap, those of one thread count above each other."""
    below = Counter()
    for curve in curves:
        for gap in curve.gaps:
            height = CROSS * (below[gap.threads] + 0.5)
            below[gap.threads] += 1
            axis.plot([gap.threads], [height], transform=axis.get_xaxis_transform(), marker="X", markersize=5,
                      markerfacecolor="white", markeredgecolor=style.look_of(curve.implementation).colour,
                      markeredgewidth=0.8, linestyle="none", clip_on=False, zorder=4, label="_gap")


def _cross_height(curves):
    most = max(Counter(gap.threads for curve in curves for gap in curve.gaps).values(), default=0)
    return min(CROSS * most, 0.5)


def _thread_axis(axis, figure):
    threads = figure.threads
    axis.set_xscale("log", base=2)
    axis.set_xlim(threads[0] / MARGIN, threads[-1] * MARGIN)
    axis.xaxis.set_major_locator(FixedLocator(_labelled(threads)))
    axis.xaxis.set_minor_locator(FixedLocator(threads))
    axis.xaxis.set_major_formatter("{x:.0f}")
    axis.xaxis.set_minor_formatter(NullFormatter())


def _labelled(threads):
    """The counts whose numbers fit side by side; powers of two come first, for they are what a reader looks for."""
    room = max(log2(threads[-1] / threads[0]) / 12, 0.05)
    kept = []
    for n in sorted(threads, key=lambda n: (n & (n - 1) != 0, n)):
        if all(abs(log2(n / other)) >= room for other in kept):
            kept.append(n)
    return sorted(kept)


def _machine(axis, figure, labelled):
    """Where the processors end: beyond them threads take turns, which is another experiment."""
    left, right = axis.get_xlim()
    known = figure.capacity is not None
    if not known and not figure.oversubscribed:
        return
    end = figure.capacity if known else figure.oversubscribed[0] / sqrt(2)
    beyond = end < figure.threads[-1]
    if beyond:
        axis.axvspan(max(end, left), right, color="0.94", linewidth=0, zorder=0, label="_oversubscribed")
    if known and left < end < right:
        axis.axvline(end, color="0.45", linewidth=0.8, linestyle=(0, (4, 2)), zorder=1, label="_pus")
    words = f"{end} {'PU' if end == 1 else 'PUs'}" if known else ""
    if beyond:
        words = f"oversubscribed (more than {words})" if known else "oversubscribed"
    if labelled and (beyond or end < right):
        axis.text(1, 1.02, words, transform=axis.transAxes, ha="right", va="bottom", fontsize=style.SMALL, color="0.3")
