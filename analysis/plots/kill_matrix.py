"""The kill matrix: planted bugs down, modes and threads across; dark is soon, a cross is not at all."""

from matplotlib.colors import LogNorm

from analysis import kills, style

NAME = "kill-matrix"
ROW, HEAD, FOOT, NAMES = 0.125, 0.85, 0.08, 2.5  # inches
LONGEST = 48  # characters of a name that fit there
SOONEST, LATEST = 0.01, 10.0  # seconds: where the shades end


def draw(subjects):
    """A figure of the subjects, as `kills.read` gives them: mutants first, then what is healthy and must stay empty."""
    ordered = sorted(subjects, key=lambda one: one.healthy)
    columns = sorted({key for one in ordered for key in one.cells}, key=lambda key: (kills.MODES.index(key[0]), key[1]))
    figure = style.new_figure("two")
    height = HEAD + ROW * len(ordered) + FOOT
    figure.set_size_inches(style.WIDTHS["two"], height)  # names as long as these do not fit into one column
    left, span = NAMES / style.WIDTHS["two"], 0.98 - NAMES / style.WIDTHS["two"]
    axes = figure.add_axes([left, FOOT / height, span, 1 - (HEAD + FOOT) / height])
    axes.grid(False)
    shades = axes.pcolormesh(*_edges(len(columns), len(ordered)), _seconds(ordered, columns), cmap="cividis",
                             norm=LogNorm(SOONEST, LATEST), edgecolor="white", linewidth=0.4)
    for y, one in enumerate(ordered):
        for x, key in enumerate(columns):
            cell = one.cells.get(key)
            if cell is not None and not cell.killed:
                axes.plot(x + 0.5, y + 0.5, "." if one.healthy else "x", color="0.55", markersize=2.2, markeredgewidth=0.6)
    _label(axes, ordered, columns)
    scale = figure.add_axes([left, 1 - 0.42 / height, span, 0.07 / height])
    bar = figure.colorbar(shades, cax=scale, orientation="horizontal", ticklocation="top")
    bar.set_label("seconds until it was killed", fontsize=style.SMALL)
    scale.tick_params(labelsize=style.SMALL)
    return figure


def _edges(columns, rows):
    return range(columns + 1), range(rows + 1)


def _seconds(ordered, columns):
    nan = float("nan")
    def seconds(cell):
        return nan if cell is None or not cell.killed else min(max(cell.seconds, SOONEST), LATEST)
    return [[seconds(one.cells.get(key)) for key in columns] for one in ordered]


def _label(axes, ordered, columns):
    axes.set_ylim(len(ordered), 0)
    axes.set_yticks([y + 0.5 for y in range(len(ordered))], [_name(one) for one in ordered], fontsize=5)
    axes.set_xticks([x + 0.5 for x in range(len(columns))], [str(threads) for _, threads in columns], fontsize=style.SMALL)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    for mode in kills.MODES:
        places = [x for x, key in enumerate(columns) if key[0] == mode]
        if not places:
            continue
        axes.text(sum(places) / len(places) + 0.5, -1.3, mode, ha="center", va="bottom", fontsize=style.SMALL)
        if places[0] > 0:
            axes.axvline(places[0], color="black", linewidth=0.6)


def _name(one):
    name = style.short(one.name, LONGEST)
    if one.healthy:
        return f"healthy: {name}"
    return f"{name}  {style.short(one.rule, 12)}" + (" (equivalent)" if one.equivalent else "")
