"""Throughput as a multiple of a baseline's: bars to the right are faster, bars to the left slower, on one logarithmic axis.

Ratios are taken inside blocks, where both saw the same disturbance; the interval is that of their median.
"""

from dataclasses import dataclass
from functools import partial
from math import ceil, floor, log10

from matplotlib.patheffects import withStroke
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from analysis import captions, layout, noise, stats, style
from analysis.plots.throughput import RATE
from analysis.sheets import Sheet, is_paced

NAME = "speed-up"
HEADING = "Speed-up against a baseline"
KIND = "throughput"
AXES = ()
ROW = 0.14  # inches
FOR_NUMBERS = {"one": 0.55, "two": 0.25}  # share of the width, at the right


@dataclass(frozen=True)
class Bar:
    ratio: float
    interval: stats.Interval
    blocks: int


def worth(group):
    return not is_paced(group.figure) and bool(_crowds(group)[0])


def compose(group):
    crowds, failures = _crowds(group)
    shown = group.at(*crowds)
    names = sorted({name for bars in crowds.values() for name in bars})
    sentences = captions.around(
        shown, f"Throughput over that of {group.reference}: medians of ratios inside blocks.",
        _bands([bar for bars in crowds.values() for bar in bars.values() if not isinstance(bar, str)]),
        captions.missing(failures),
        f"\N{DOUBLE DAGGER} {group.reference} measured again: what equals differ by." if _AGAIN in names else "")
    headings = {group.crowd(n): bars for n, bars in crowds.items()}
    return Sheet(sentences, partial(_draw, names, headings, group.reference, sentences))


_AGAIN = "\N{DOUBLE DAGGER} again"


def _crowds(group):
    """By thread count (alone, and those that tell most), by name: a bar, or why there is none. And all that have none."""
    reference = {p.threads: p for p in group.series.get(group.reference, ()) if p.trials}
    again = {p.threads: p for p in group.figure.points if p.copy == 1 and p.implementation == group.reference}
    found = {}
    for n in sorted({group.threads[0], *group.crowds} & reference.keys()):
        bars = {name: _bar(p, reference[n]) for name, series in group.series.items() for p in series
                if p.threads == n and name != group.reference}
        if n in again and bars:
            bars[_AGAIN] = _bar(again[n], reference[n])
        if bars:
            found[n] = bars
    drawn = {n: bars for n, bars in found.items() if any(isinstance(bar, Bar) for bar in bars.values())}
    return drawn, [(name, n, bar) for n, bars in found.items() for name, bar in bars.items() if isinstance(bar, str)]


def _bar(point, reference):
    if not point.trials:
        return point.why_failed
    ratios = stats.block_ratios(noise.by_block(point, RATE), noise.by_block(reference, RATE))
    if not ratios:
        return "no block has both"
    middle = stats.median_ratio(ratios)
    return Bar(middle, stats.median_interval(ratios), len(ratios)) if middle > 0 else "zero"


def _bands(bars):
    counts = sorted({bar.blocks for bar in bars})
    text = f"{captions.span(counts)} {'block' if counts[-1] == 1 else 'blocks'} a bar"
    return f"{text}; whiskers: {captions.interval(counts, 'blocks')}." if counts[-1] > 1 else f"{text}, and no interval."


def _draw(names, crowds, reference, sentences, width):
    canvas = style.new_figure(width)
    axes = canvas.subplots(1, len(crowds), squeeze=False)
    narrow = width == "one" and len(crowds) > 1
    for i, (axis, (heading, found)) in enumerate(zip(axes.ravel(), crowds.items())):
        _scale(axis, [bar for bar in found.values() if isinstance(bar, Bar)], narrow)
        for y, name in enumerate(names):
            _paint(axis, y, name, found.get(name))
        axis.axvline(1, color="black", linewidth=0.6, zorder=3, label="_one")
        axis.set_ylim(len(names) - 0.5, -0.5)
        axis.set_yticks(range(len(names)), [style.short(name, style.BESIDE[width]) for name in names], fontsize=style.SMALL)
        axis.tick_params(axis="y", length=0, labelleft=i == 0)
        axis.tick_params(axis="x", labelsize=style.SMALL - 0.5 if narrow else style.SMALL)
        axis.grid(False, axis="y")
        axis.set_xlabel(f"\N{MULTIPLICATION SIGN} {style.short(reference, 12 if narrow else 20)}", fontsize=style.SMALL)
        axis.text(0, 1.01, heading.replace(", ", "\n") if width == "one" else heading, transform=axis.transAxes, va="bottom",
                  fontsize=style.SMALL, color="0.3")
    layout.arrange(canvas, axes.tolist(), ROW * max(len(names), 3), [], sentences)
    return canvas


def _scale(axis, bars, narrow):
    """Each panel has its own: what differs little alone may differ a thousandfold in a crowd."""
    low = min([1.0, *(bar.interval.low or bar.ratio for bar in bars)]) / 1.1
    high = max([1.0, *(bar.interval.high for bar in bars)]) * 1.1
    share = FOR_NUMBERS["one" if narrow else "two"]
    axis.set_xscale("log")
    axis.set_xlim(low, high * (high / low) ** (share / (1 - share)))
    axis.xaxis.set_major_locator(FixedLocator(ticks(low, high, 2 if narrow else 4)))
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.xaxis.set_minor_locator(NullLocator())


def ticks(low, high, most):
    """At most so many round numbers, 1 among them if there is room for it."""
    if high > 30 * low:
        found = [10.0**power for power in range(ceil(log10(low)), floor(log10(high)) + 1)]
    else:
        steps = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1, 2, 5, 10)
        room = 8 if most == 2 else most  # of two, the outer one shall be far out
        found = next(found for step in steps
                     if len(found := [i * step for i in range(ceil(low / step), floor(high / step) + 1) if i]) <= room)
    if most == 2:
        return sorted({1.0, max(found, key=lambda value: abs(log10(value)), default=1.0)})
    for thinner in range(1, len(found) + 1):
        one = next((i for i, value in enumerate(found) if abs(value - 1) < 1e-9), 0)
        if len(thinned := found[one % thinner::thinner]) <= most:
            return thinned
    return found[:most]


def _paint(axis, y, name, bar):
    if bar is None:
        return
    if not isinstance(bar, Bar):
        text = "\N{EN DASH}"  # the caption has the reason
    else:
        text = _number(bar.ratio)
        look = ({"color": "white", "edgecolor": "0.4", "hatch": "/////"} if name == _AGAIN
                else {"color": style.look_of(name).colour})
        axis.barh(y, bar.ratio - 1, left=1, height=0.66, linewidth=0.5, label=style.label(name), **look)
        if bar.blocks > 1:
            axis.plot([max(bar.interval.low, axis.get_xlim()[0]), bar.interval.high], [y, y], color="black", linewidth=0.8,
                      solid_capstyle="butt", marker="|", markersize=3, markeredgewidth=0.8, label="_interval",
                      path_effects=[withStroke(linewidth=2, foreground="white")])  # bars are as dark as it is
    axis.text(0.995, y, text, transform=axis.get_yaxis_transform(), ha="right", va="center", fontsize=style.SMALL - 0.5,
              color="0.15", label="_ratio")


def _number(ratio):
    if 0.1 <= ratio < 1000:
        return f"{ratio:.2f}"
    if 0.001 <= ratio < 0.1:
        return f"{ratio:.2g}"
    mantissa, exponent = f"{ratio:.1e}".split("e")
    return f"{mantissa}e{int(exponent)}"
