"""The kill matrix: planted bugs down, modes and threads across; dark is soon, a cross is not at all."""

from matplotlib.colors import LogNorm
from matplotlib.patches import Rectangle

from analysis import kills, layout, style

NAME = "kill-matrix"
ROW, SCALE = 0.125, 0.07  # inches
LONGEST = {"one": 26, "two": 48}  # characters of a name that fit beside a row
SOONEST, LATEST = 0.01, 10.0  # seconds: where the shades end
ALARM = style.VERMILION


def draw(subjects, width="two"):
    """A figure of the subjects, as `kills.read` gives them: mutants first, then what is healthy and must stay empty."""
    ordered = sorted(subjects, key=lambda one: one.healthy)
    columns = sorted({key for one in ordered for key in one.cells}, key=lambda key: (kills.MODES.index(key[0]), key[1]))
    canvas = style.new_figure(width)
    scale, axes = canvas.subplots(2, 1)
    axes.grid(False)
    shades = axes.pcolormesh(*_edges(len(columns), len(ordered)), _seconds(ordered, columns), cmap="cividis",
                             norm=LogNorm(SOONEST, LATEST), edgecolor="white", linewidth=0.4)
    for y, one in enumerate(ordered):
        for x, key in enumerate(columns):
            if key in one.cells:
                _mark(axes, x, y, one.cells[key].killed, one.healthy)
    _label(axes, ordered, columns, width)
    bar = canvas.colorbar(shades, cax=scale, orientation="horizontal", ticklocation="top")
    bar.set_ticks([0.01, 0.1, 1, 10], labels=["\N{LESS-THAN OR EQUAL TO}0.01", "0.1", "1", "\N{GREATER-THAN OR EQUAL TO}10"])
    bar.set_label("seconds until it was killed", fontsize=style.SMALL)
    scale.tick_params(labelsize=style.SMALL)
    layout.arrange(canvas, [[scale], [axes]], [SCALE, ROW * len(ordered)], [], list(_sentences(ordered)))
    return canvas


def _edges(columns, rows):
    return range(columns + 1), range(rows + 1)


def _seconds(ordered, columns):
    nan = float("nan")
    def seconds(cell):
        return nan if cell is None or not cell.killed else min(max(cell.seconds, SOONEST), LATEST)
    return [[seconds(one.cells.get(key)) for key in columns] for one in ordered]


def _mark(axes, x, y, killed, healthy):
    if not killed:
        axes.plot(x + 0.5, y + 0.5, "." if healthy else "x", color="0.55", markersize=2.2, markeredgewidth=0.6)
    elif healthy:
        axes.add_patch(Rectangle((x + 0.06, y + 0.1), 0.88, 0.8, fill=False, edgecolor=ALARM, linewidth=1.2, label="_alarm"))


def _sentences(ordered):
    yield "Beside a row: the planted bug and the rule that it breaks. Beside a column: threads, and above them the mode."
    yield "\N{MULTIPLICATION SIGN} not killed; white: not run there."
    if any(one.healthy for one in ordered):
        yield "Healthy: what bugs were planted in. \N{MIDDLE DOT} not killed, as it must be."
    if any(one.equivalent for one in ordered):
        yield "Equivalent: behaves like the healthy code here, so nothing can kill it."
    alarms = [one for one in ordered if one.healthy and any(cell.killed for cell in one.cells.values())]
    if alarms:
        yield f"Framed: healthy and killed, a false alarm ({len(alarms)} {'subject' if len(alarms) == 1 else 'subjects'})."


def _label(axes, ordered, columns, width):
    axes.set_ylim(len(ordered), 0)
    axes.set_yticks([y + 0.5 for y in range(len(ordered))], [_name(one, LONGEST[width]) for one in ordered], fontsize=5)
    axes.set_xticks([x + 0.5 for x in range(len(columns))], [str(threads) for _, threads in columns], fontsize=style.SMALL)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    for mode in kills.MODES:
        places = [x for x, key in enumerate(columns) if key[0] == mode]
        if not places:
            continue
        axes.text(sum(places) / len(places) + 0.5, -1.3, mode, ha="center", va="bottom",
                  fontsize=style.SMALL if width == "two" else 5.5)
        if places[0] > 0:
            axes.axvline(places[0], color="black", linewidth=0.6)


def _name(one, most):
    name = style.short(one.name, most)
    if one.healthy:
        return f"healthy: {name}"
    return f"{name}  {style.short(one.rule, 12)}" + (" (equivalent)" if one.equivalent else "")
