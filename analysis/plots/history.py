"""One series of a history: every run's median with its interval, the levels between changes, and where they changed."""

from math import exp

from matplotlib.lines import Line2D
from matplotlib.ticker import EngFormatter, FixedLocator, MaxNLocator

from analysis import layout, style

NAME = "history"
MOST_LABELS = 8


def level(trend):
    """What the series is at now, or None if it never had a number."""
    return exp(trend.parts[-1].level) if trend.known else None


def draw(trend):
    series, look = trend.series, style.look_of(trend.series.place.implementation)
    canvas = style.new_figure("two")
    axis = canvas.subplots()
    places = [i for i, value in enumerate(series.values) if value.value is not None]
    _values(axis, places, trend.known, look)
    for part in trend.parts if places else ():
        axis.hlines(exp(part.level), places[part.begin] - 0.4, places[part.end - 1] + 0.4, color="0.2", linewidth=1.1, zorder=3)
    for change in trend.changes:
        axis.axvline(places[change.place] - 0.5, color="0.35", linewidth=0.9, linestyle=(0, (4, 2)), label="_change")
        axis.text(places[change.place] - 0.5, 1.01, f"{100 * (change.ratio - 1):+.1f} %", transform=axis.get_xaxis_transform(),
                  ha="center", va="bottom", fontsize=style.SMALL, color="0.2")
    for i, value in enumerate(series.values):
        if value.broken:
            axis.plot([i], [0.04], transform=axis.get_xaxis_transform(), marker="X", markersize=5, markerfacecolor="white",
                      markeredgecolor=look.colour, linestyle="none", label="_broken")
    _axes(axis, series)
    handles = [Line2D([], [], label=style.short(series.place.implementation), **{**look.line, "linestyle": "none"})]
    layout.arrange(canvas, [[axis]], 2.2, handles, [style.label(sentence) for sentence in _sentences(trend)])
    return canvas


def _values(axis, places, known, look):
    middles = [value.value for value in known]
    below = [value.value - value.low for value in known]
    above = [value.high - value.value for value in known]
    axis.errorbar(places, middles, yerr=[below, above], **{**look.line, "linestyle": "none"}, markersize=3, ecolor=look.colour,
                  elinewidth=0.6, zorder=2)


def _axes(axis, series):
    axis.set_ylim(0, None)
    axis.set_xlim(-0.7, len(series.values) - 0.3)
    axis.set_ylabel(series.measure.label)
    axis.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    axis.yaxis.set_major_formatter(EngFormatter())
    step = -(-len(series.values) // MOST_LABELS)
    ticks = list(range(0, len(series.values), step))
    axis.xaxis.set_major_locator(FixedLocator(ticks))
    axis.set_xticklabels([style.label(series.values[i].run.build[:10]) for i in ticks])
    axis.set_xlabel("build, in the order of runs")


def _sentences(trend):
    series = trend.series
    found = [f"{series.place}; {series.measure.label}" + (f" in {series.measure.unit}" if series.measure.unit else "") + ".",
             f"{series.machine}; {series.toolchain}.",
             "Medians of runs with the interval of each median; horizontal lines: medians between changes."]
    if series.far:
        found.append("Runs whose processors were far apart.")
    if trend.changes:
        found.append("Dashed: lasting changes found by E-divisive on ranks, with their size.")
    if any(value.broken for value in series.values):
        found.append("\N{MULTIPLICATION SIGN} broken: trials hung, were violated or could not run.")
    return found
