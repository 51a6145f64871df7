"""What all pictures with curves share: panels of curves with bands, gaps and guides, over any of the axes in across.py.

A figure of the papers' kind in one call: say which panels there are and what the caption says, and `sheet` does the
rest. Where legend, caption and axes go is layout.py's business.
"""

from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from math import nan

from matplotlib.lines import Line2D
from matplotlib.ticker import EngFormatter, FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullFormatter, NullLocator

from analysis import layout, style
from analysis.sheets import Sheet

MARK = 0.065  # share of the axes' height that a cross, or another mark at the edge, takes
STACK = 0.35  # and all that stand above each other together, at the most
MOST_MARKS = 8  # that do: of more a number says how many
MOST_POINTS = 16  # of a curve that have a marker: more of them would hide its dashes
SPREAD = 1.3  # room below and above the curves, on a log axis


@dataclass(frozen=True)
class Panel:
    """One set of axes to be drawn: a quantity over threads, places or rates."""

    label: str
    curves: list
    across: object  # one of across.py
    log: bool
    unit: str = ""
    guides: list = field(default_factory=list)
    share: bool = False  # from 0 to 1: a number without a prefix
    heading: str = ""

    @property
    def looks(self):
        """What the legend has to explain: names of implementations, then guides."""
        return [curve.implementation for curve in self.curves], self.guides

    def paint(self, axis):
        for curve in self.curves:
            _curve(axis, curve)
        stack(axis, self._gaps, {"marker": "X", "markersize": 5})
        for guide in self.guides:
            axis.plot(guide.threads, guide.values, label=guide.label, zorder=1.5, **style.guide(guide.dash))
        highs = [e.interval.high for c in self.curves for e in c.estimates]
        if not highs:
            axis.yaxis.set_major_locator(NullLocator())
            return
        self._scale(axis, highs + [max(guide.values) for guide in self.guides])
        # After the scale is set: setting it brings a formatter of its own.
        number = EngFormatter(unit=self.unit, sep="\N{NO-BREAK SPACE}" if self.unit else "")
        axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}") if self.share else number)

    @property
    def _gaps(self):
        return [(gap.at, curve.implementation) for curve in self.curves for gap in curve.gaps]

    def _scale(self, axis, highs):
        """Leaves the bottom to the crosses."""
        room = stacked(self._gaps)
        if self.log:
            lows = [e.interval.low or e.median for c in self.curves for e in c.estimates]
            lows += [min(guide.values) for guide in self.guides]
            _log_axis(axis, min(lows), max(highs), room)
        else:
            _linear_axis(axis, 1.05 if self.share else 1.08 * max(highs) or 1, room)


def sheet(panels, sentences):
    """The panels side by side in a figure that is two columns wide, above each other in a narrow one."""
    return Sheet(sentences, partial(_draw, panels, sentences))


def _draw(panels, sentences, width):
    canvas = style.new_figure(width)
    columns = _columns(len(panels)) if width == "two" else 1
    rows = -(-len(panels) // columns)
    axes = canvas.subplots(rows, columns, squeeze=False).ravel()
    for i, (axis, panel) in enumerate(zip(axes, panels)):
        axis.set_ylabel(panel.label)
        panel.paint(axis)
        # One heading for panels above each other that share the axis below them.
        panel.across.apply(axis, labelled=i < columns or panels[i - columns].across is not panel.across)
        shared = i + columns < len(panels) and panels[i + columns].across is panel.across
        axis.tick_params(axis="x", which="both", labelbottom=not shared)
        axis.set_xlabel("" if shared else panel.across.label)
        axis.text(0, 1.02, panel.heading, transform=axis.transAxes, va="bottom", fontsize=style.SMALL, color="0.3")
    grid = [list(axes[row * columns:(row + 1) * columns]) for row in range(rows)]
    height = (2.2 if rows == 1 else 1.8) if width == "two" else (2.0 if rows == 1 else 1.3)
    layout.arrange(canvas, grid, height, _legend(panels), sentences)
    return canvas


def _columns(panels):
    return 2 if panels == 4 else min(panels, 3)


def _legend(panels):
    """A line for each implementation, even one that has no number anywhere, then the guides."""
    names = sorted({name for panel in panels for name in panel.looks[0]})
    looks = {name: style.look_of(name).line for name in names}
    looks.update({guide.label: style.guide(guide.dash) for panel in panels for guide in panel.looks[1]})
    return [Line2D([], [], label=style.short(label), **look) for label, look in looks.items()]


def _log_axis(axis, low, high, room):
    """`room` is the share of the height, at the bottom, that the curves leave to the crosses."""
    axis.set_yscale("log")
    low, high = low / SPREAD, high * SPREAD
    low /= (high / low) ** (room / (1 - room))
    axis.set_ylim(low, high)
    axis.yaxis.set_major_locator(LogLocator(10, subs=(1,) if high > 300 * low else (1, 2, 5), numticks=8))
    axis.yaxis.set_minor_formatter(NullFormatter())


def _linear_axis(axis, high, room):
    axis.set_ylim(-high * room / (1 - room), high)
    ticks = MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]).tick_values(0, high)
    axis.yaxis.set_major_locator(FixedLocator([tick for tick in ticks if 0 <= tick <= high]))
    if room:
        axis.axhline(0, color="0.6", linewidth=0.5, zorder=1, label="_zero")


def _curve(axis, curve):
    """One line object for the whole curve, broken at gaps: a line across a gap would claim what was not measured."""
    look = style.look_of(curve.implementation)
    found = {e.at: e for e in curve.estimates}
    places = sorted({*found, *(gap.at for gap in curve.gaps)})
    values = [found[n].median if n in found else nan for n in places]
    every = None if curve.gaps else -(-len(places) // MOST_POINTS) or None
    axis.plot(places, values, label=style.label(curve.implementation), markevery=every, **look.line)
    for measured, run in groupby(places, key=lambda n: n in found):
        if measured:
            _band(axis, [found[n] for n in run], look.colour)


def _band(axis, estimates, colour):
    places = [e.at for e in estimates]
    lows, highs = [e.interval.low for e in estimates], [e.interval.high for e in estimates]
    if len(estimates) == 1:
        axis.vlines(places, lows, highs, colors=colour, linewidth=0.8)  # a band of one point has no area
    else:
        axis.fill_between(places, lows, highs, color=colour, alpha=0.18, linewidth=0)


def stack(axis, marks, look, top=False):
    """A hollow mark for each place and implementation, at the bottom or at the top, those of one place above each other: the
    smaller the more there are. `look`: arguments of `Axes.plot`, or a function that takes the implementation and gives
    them."""
    step = stacked(marks) / _most(marks) if marks else 0
    total, below = Counter(place for place, _ in marks), Counter()
    for place, name in marks:
        height = step * (below[place] + 0.5)
        below[place] += 1
        at = [place], [1 - height if top else height]
        if below[place] == MOST_MARKS < total[place]:
            axis.text(at[0][0], at[1][0], f"+{total[place] - MOST_MARKS + 1}", transform=axis.get_xaxis_transform(), ha="center",
                      va="center", fontsize=5, color="0.3", label="_more")
        elif below[place] <= MOST_MARKS:
            words = look(name) if callable(look) else look
            axis.plot(*at, transform=axis.get_xaxis_transform(), linestyle="none", clip_on=False, zorder=4, label="_gap",
                      markerfacecolor="white", markeredgecolor=style.look_of(name).colour, markeredgewidth=0.8 * step / MARK,
                      **{**words, "markersize": words["markersize"] * step / MARK})


def stacked(marks):
    """The share of the height that they take."""
    return min(MARK * _most(marks), STACK)


def _most(marks):
    return min(max(Counter(place for place, _ in marks).values(), default=0), MOST_MARKS)
