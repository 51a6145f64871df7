"""The kill matrix: planted bugs down, modes and threads across; dark is soon, a cross is not at all."""

from matplotlib.colors import LogNorm

from analysis import kills, style

NAME = "kill-matrix"
ROW = 0.125  # inches
SOONEST, LATEST = 0.01, 10.0  # seconds: where the shades end


def draw(subjects, width):
    """A figure of the subjects, as `kills.read` gives them: mutants first, then what is healthy and must stay empty."""
    ordered = sorted(subjects, key=lambda one: one.healthy)
    columns = sorted({key for one in ordered for key in one.cells}, key=lambda key: (kills.MODES.index(key[0]), key[1]))
    figure = style.new_figure(width)
    figure.set_size_inches(style.WIDTHS[width], 0.75 + ROW * len(ordered))
    axes = figure.add_axes([0.52, 0.02, 0.46, 1 - 0.5 / figure.get_figheight()])
    axes.grid(False)
    shades = axes.pcolormesh(*_edges(len(columns), len(ordered)), _seconds(ordered, columns), cmap="cividis",
                             norm=LogNorm(SOONEST, LATEST), edgecolor="white", linewidth=0.4)
    for y, one in enumerate(ordered):
        for x, key in enumerate(columns):
            cell = one.cells.get(key)
            if cell is not None and not cell.killed:
                axes.plot(x + 0.5, y + 0.5, "." if one.healthy else "x", color="0.55", markersize=2.2, markeredgewidth=0.6)
    _label(axes, ordered, columns)
    bar = figure.colorbar(shades, ax=axes, location="top", pad=0.25 / figure.get_figheight(), aspect=30, fraction=0.03)
    bar.set_label("seconds until it was killed", fontsize=style.SMALL)
    bar.ax.tick_params(labelsize=style.SMALL)
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
        axes.text(sum(places) / len(places) + 0.5, -1.6, mode, ha="center", va="bottom", fontsize=style.SMALL)
        if places[0] > 0:
            axes.axvline(places[0], color="black", linewidth=0.6)


def _name(one):
    name = one.name.replace("$", r"\$")  # no mathematics in names
    if one.healthy:
        return f"healthy: {name}"
    return f"{name}  {one.rule}" + (" (equivalent)" if one.equivalent else "")
