"""What all heat maps share: rows, columns, a shade and a word in each cell.

Shades only guide the eye and stay light; what a cell says is written in it, so that it can be read in grey and cited.
"""

from dataclasses import dataclass

from matplotlib.colors import LinearSegmentedColormap
from matplotlib.ticker import EngFormatter

from analysis import style

SHADES = LinearSegmentedColormap.from_list("shades", ["#FFFFFF", "#7FB2D9"])
LARGEST, SMALLEST = 6.5, 3.5  # points
FILLED = 0.94  # share of a cell that its text may take
APART = 0.14  # inches from mark to mark


@dataclass(frozen=True)
class Cell:
    shade: float  # 0 to 1
    text: str
    marks: tuple = ()  # implementations whose markers stand above the text


def number(value):
    """Three digits and a prefix."""
    return EngFormatter(sep="")(float(f"{value:.3g}"))


def paint(axis, rows, columns, cells):
    """`rows` and `columns`: what stands beside them, the first on top and at the left. `cells`: by (row, column) as numbers;
    one that is not there is crossed out."""
    axis.grid(False)
    axis.set_xlim(0, len(columns))
    axis.set_ylim(len(rows), 0)
    axis.set_yticks([y + 0.5 for y in range(len(rows))], rows, fontsize=style.SMALL)
    axis.set_xticks([x + 0.5 for x in range(len(columns))], columns, fontsize=style.SMALL)
    axis.tick_params(length=0)
    for y in range(len(rows)):
        for x in range(len(columns)):
            if (y, x) in cells:
                _cell(axis, x, y, cells[y, x])
            else:
                axis.plot([x + 0.5], [y + 0.5], "x", color="0.6", markersize=3, markeredgewidth=0.6, label="_gap")


def _cell(axis, x, y, cell):
    axis.axvspan(x, x + 1, 1 - (y + 1) / axis.get_ylim()[0], 1 - y / axis.get_ylim()[0], facecolor=SHADES(cell.shade),
                 edgecolor="white", linewidth=0.5, zorder=0.5)
    axis.text(x + 0.5, y + (0.72 if cell.marks else 0.5), cell.text, ha="center", va="center", fontsize=LARGEST,
              linespacing=0.9, zorder=3, gid="cell", color="black")
    for i, name in enumerate(cell.marks):
        line = style.look_of(name).line
        axis.plot([x + 0.5], [y + 0.32], **{**line, "linestyle": "none"}, label=style.label(name), zorder=3,
                  gid=f"mark {i - (len(cell.marks) - 1) / 2}")


def fit(canvas, axes):
    """Makes what stands in the cells small enough for them, and puts marks beside each other, once the axes have their size."""
    renderer = canvas.canvas.get_renderer()
    texts = [(text, axis) for axis in axes for text in axis.texts if text.get_gid() == "cell"]
    if not texts:
        return
    cell = min(axis.bbox.width / axis.get_xlim()[1] for _, axis in texts)
    widest = max(text.get_window_extent(renderer).width for text, _ in texts)
    size = max(SMALLEST, min(LARGEST, LARGEST * FILLED * cell / widest))
    for text, _ in texts:
        text.set_fontsize(size)
    apart = min(cell * 0.28, APART * canvas.dpi)
    for axis in axes:
        for line in axis.lines:
            if (line.get_gid() or "").startswith("mark "):
                line.set_markersize(min(4.5, 0.8 * apart / canvas.dpi * 72))
                line.set_xdata([line.get_xdata()[0] + float(line.get_gid().split()[1]) * apart / cell])
                line.set_gid(None)  # it would become an id of the SVG, the same in many cells
    for text, _ in texts:
        text.set_gid(None)
