"""The axes along which pictures go: threads with the machine's borders, places in a queue, rates, times."""

from dataclasses import dataclass
from math import log2, sqrt

from matplotlib.ticker import EngFormatter, FixedLocator, LogLocator, NullFormatter

from analysis import points, style

MARGIN = 2**0.3  # room left and right of the outermost values, on a log axis
BORDERS = {"package": (0, (1, 1.5)), "core": (0, (4, 1.5, 1, 1.5)), "PU": (0, (4, 2))}


@dataclass(frozen=True)
class Threads:
    """Thread counts, logarithmic, with lines where the processors end and shade beyond."""

    figure: points.Figure
    label = "threads"

    def apply(self, axis, labelled):
        counts = self.figure.threads
        _logarithmic(axis, counts, 2, 12)
        axis.xaxis.set_major_formatter("{x:.0f}")
        self._machine(axis, labelled)

    def _machine(self, axis, labelled):
        """Where the processors end: beyond them threads take turns, which is another experiment."""
        figure = self.figure
        left, right = axis.get_xlim()
        known = figure.capacity is not None
        if not known and not figure.oversubscribed:
            return
        end = figure.capacity if known else figure.oversubscribed[0] / sqrt(2)
        beyond = end < figure.threads[-1]
        if beyond:
            axis.axvspan(max(end, left), right, color="0.94", linewidth=0, zorder=0, label="_oversubscribed")
        for border in shown_borders(figure):
            axis.axvline(border.threads, color="0.45", linewidth=0.8, linestyle=BORDERS[border.of], zorder=1, label=f"_{border.of}")
        words = f"{end} {'PU' if end == 1 else 'PUs'}" if known else ""
        if beyond:
            words = f"oversubscribed (more than {words})" if known else "oversubscribed"
        if labelled and (beyond or end < right):
            axis.text(1, 1.02, words, transform=axis.transAxes, ha="right", va="bottom", fontsize=style.SMALL, color="0.3")


def shown_borders(figure):
    """Those of a figure that lie on its thread axis."""
    return [b for b in figure.borders if figure.threads[0] / MARGIN < b.threads < figure.threads[-1] * MARGIN]


@dataclass(frozen=True)
class Places:
    """First, second, third ... in an order."""

    most: int
    label: str

    def apply(self, axis, labelled):
        axis.set_xlim(1 - 0.03 * self.most, self.most * 1.03)
        step = next(step for step in (1, 2, 5, 10, 20, 50, 100, 500, 10**9) if self.most <= 8 * step)
        axis.xaxis.set_major_locator(FixedLocator([1, *range(max(step, 2), self.most + 1, step)]))
        axis.xaxis.set_major_formatter("{x:.0f}")


@dataclass(frozen=True)
class Rates:
    """Operations a second, logarithmic, a number at each that was asked for."""

    rates: tuple
    label = "offered load (operations/s)"

    def apply(self, axis, labelled):
        _logarithmic(axis, self.rates, 10, 7)
        axis.xaxis.set_major_formatter(EngFormatter(sep=""))


@dataclass(frozen=True)
class Times:
    """Seconds, logarithmic."""

    least: float
    most: float
    label: str

    def apply(self, axis, labelled):
        axis.set_xscale("log")
        axis.set_xlim(self.least / 1.15, self.most * 1.15)
        axis.xaxis.set_major_locator(LogLocator(10, subs=(1,) if self.most > 20 * self.least else (1, 2, 5), numticks=7))
        axis.xaxis.set_major_formatter(EngFormatter(unit="s", sep=""))
        axis.xaxis.set_minor_formatter(NullFormatter())


def _logarithmic(axis, values, base, room):
    axis.set_xscale("log", base=base)
    axis.set_xlim(values[0] / MARGIN, values[-1] * MARGIN)
    axis.xaxis.set_major_locator(FixedLocator(_labelled(values, room)))
    axis.xaxis.set_minor_locator(FixedLocator(values))
    axis.xaxis.set_minor_formatter(NullFormatter())


def _labelled(values, most):
    """Those whose numbers fit side by side; powers of two come first, for they are what a reader looks for."""
    room = max(log2(values[-1] / values[0]) / most, 0.05)
    kept = []
    for n in sorted(values, key=lambda n: (not _power_of_two(n), n)):
        if all(abs(log2(n / other)) >= room for other in kept):
            kept.append(n)
    return sorted(kept)


def _power_of_two(value):
    return isinstance(value, int) and value & (value - 1) == 0
