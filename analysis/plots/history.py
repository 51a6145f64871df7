"""One series of a history: every run's median with its interval, the levels between changes, and where they changed."""

from math import exp

from matplotlib.lines import Line2D
from matplotlib.ticker import EngFormatter, FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullFormatter, NullLocator

from analysis import layout, style
from analysis.curves import WIDE

NAME = "history"
MOST_LABELS = {"one": 6, "two": 10}
BUILD = 19  # characters of its name
CHANGE = {"one": 0.13, "two": 0.06}  # share of the width that the words over a change take
ROWS = 3  # of such words
UNITS = {"ns": (1e-9, "s"), "ns/operation": (1e-9, "s")}  # as they are drawn: a prefix belongs to a unit without one


def level(trend):
    """What the series is at now, or None if it never had a number."""
    return exp(trend.parts[-1].level) if trend.known else None


def draw(trend, width="two"):
    series, look = trend.series, style.look_of(trend.series.place.implementation)
    scale, _ = _unit(series.measure)
    canvas = style.new_figure(width)
    axis = canvas.subplots()
    places = [i for i, value in enumerate(series.values) if value.value is not None]
    _values(axis, places, trend.known, look, scale)
    for part in trend.parts if places else ():
        axis.hlines(exp(part.level) * scale, places[part.begin] - 0.4, places[part.end - 1] + 0.4, color="0.2", linewidth=1.1,
                    zorder=3)
    _changes(axis, [(places[change.place] - 0.5, change.ratio) for change in trend.changes], len(series.values), width)
    for i, value in enumerate(series.values):
        if value.broken:
            axis.plot([i], [0.04], transform=axis.get_xaxis_transform(), marker="X", markersize=5, markerfacecolor="white",
                      markeredgecolor=look.colour, linestyle="none", label="_broken")
    _axes(axis, trend, width)
    handles = [Line2D([], [], label=style.short(series.place.implementation), **{**look.line, "linestyle": "none"})]
    layout.arrange(canvas, [[axis]], 2.2 if width == "two" else 1.8, handles,
                   [style.label(sentence) for sentence in _sentences(trend)])
    return canvas


def _unit(measure):
    return UNITS.get(measure.unit, (1.0, ""))


def _values(axis, places, known, look, scale):
    middles = [value.value * scale for value in known]
    below = [(value.value - value.low) * scale for value in known]
    above = [(value.high - value.value) * scale for value in known]
    axis.errorbar(places, middles, yerr=[below, above], **{**look.line, "linestyle": "none"}, markersize=3, ecolor=look.colour,
                  elinewidth=0.6, zorder=2)


def _changes(axis, changes, runs, width):
    """Words over changes that are close to each other stand in rows."""
    ends = []  # of the last word in each row
    for place, ratio in changes:
        axis.axvline(place, color="0.35", linewidth=0.9, linestyle=(0, (4, 2)), label="_change")
        row = next((i for i, end in enumerate(ends) if place >= end), len(ends))
        if row == ROWS:
            continue  # too many for words: the lines say where, and `history show` how large they are
        ends[row:row + 1] = [place + CHANGE[width] * runs]
        words = f"{100 * (ratio - 1):+.1f} %" if 0.1 < ratio < 10 else f"\N{MULTIPLICATION SIGN}{ratio:.2g}"
        axis.text(place, 1.01 + 0.055 * row, words, transform=axis.get_xaxis_transform(), ha="center", va="bottom",
                  fontsize=style.SMALL - 0.5, color="0.2")


def _axes(axis, trend, width):
    series, (_, unit) = trend.series, _unit(trend.series.measure)
    axis.set_xlim(-0.7, len(series.values) - 0.3)
    axis.set_ylabel(series.measure.label + ("\nper operation" if series.measure.unit.endswith("/operation") else ""))
    known = [value.value for value in trend.known if value.value > 0]
    if known and max(known) > WIDE * min(known):
        axis.set_yscale("log")
        axis.yaxis.set_major_locator(LogLocator(10, numticks=8))
        axis.yaxis.set_minor_formatter(NullFormatter())
    else:
        axis.set_ylim(0, 1.08 * axis.get_ylim()[1])
        axis.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]) if known else NullLocator())
    number = EngFormatter(unit=unit, sep="\N{NO-BREAK SPACE}" if unit else "")
    axis.yaxis.set_major_formatter(number if series.measure.unit else FuncFormatter(lambda value, _: f"{value:g}"))
    step = -(-len(series.values) // MOST_LABELS[width])
    ticks = list(range(0, len(series.values), step))
    axis.xaxis.set_major_locator(FixedLocator(ticks))
    axis.set_xticklabels([style.short(series.values[i].run.build, BUILD) for i in ticks], rotation=30, ha="right",
                         rotation_mode="anchor", fontsize=style.SMALL)
    axis.set_xlabel("build, in the order of runs")


def _sentences(trend):
    series = trend.series
    unit = "" if series.measure.unit in UNITS else series.measure.unit  # else the axis has it
    found = [f"{series.place}; {series.measure.label}" + (f" in {unit}" if unit else "") + ".",
             f"{series.machine}; {series.toolchain}.",
             "Medians of runs with the interval of each median; horizontal lines: medians between changes."]
    if series.far:
        found.append("Runs whose processors were far apart.")
    if trend.changes:
        found.append("Dashed: lasting changes found by E-divisive on ranks, with their size.")
    if any(value.broken for value in series.values):
        found.append("\N{MULTIPLICATION SIGN} broken: trials hung, were violated or could not run.")
    return found
