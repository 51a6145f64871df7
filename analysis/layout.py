"""Stacks the parts of a figure: caption at the bottom, then the legend, then the axes.

Each part is measured as it will be rendered and gets the room that it needs, in inches; the figure grows in height. So
neither one implementation nor twenty-five can make parts overlap, and the legend can never cover data.
"""

from typing import NamedTuple

from matplotlib.transforms import Bbox

from analysis import style

PAD = 0.06  # between any two parts
MOST_COLUMNS = 6


class _Hang(NamedTuple):
    """Inches that ticks, names and headings of axes take beyond them."""

    left: float
    right: float
    below: float
    above: float


def arrange(canvas, grid, height, handles, sentences):
    """Adds legend and caption to a figure that already has its axes, and gives everything its place. `grid`: rows of axes,
    the upper first; `height`: inches of each axes, or of those of each row."""
    width = canvas.get_figwidth()
    heights = [height] * len(grid) if isinstance(height, (int, float)) else height
    note = _note(canvas, sentences, width - 2 * PAD)
    floor = 2 * PAD + _size(canvas, note)[1]
    legend = _legend(canvas, handles, width - 2 * PAD) if handles else None
    legend_at, floor = floor, floor + (_size(canvas, legend)[1] + PAD if legend else 0)
    for _ in range(3):  # what hangs over depends a little on how large the axes are
        boxes, total = _boxes(canvas, grid, heights, floor)
        canvas.set_size_inches(width, total)
        for axis, (x, y, across, up) in boxes:
            axis.set_position((x / width, y / total, across / width, up / total))
    note.set_position((PAD / width, PAD / total))
    if legend:
        legend.set_bbox_to_anchor((0.5, legend_at / total), canvas.transFigure)
    if len(grid) > 1:
        canvas.align_ylabels([axis for row in grid for axis in row])


def _boxes(canvas, grid, heights, floor):
    """Left, bottom, width and height of each axes in inches, and the height of all."""
    hangs = [[_hang(canvas, axis) for axis in row] for row in grid]
    columns = range(len(grid[0]))
    lefts = [max(row[c].left for row in hangs if c < len(row)) + (PAD if c == 0 else 2 * PAD) for c in columns]
    rights = [max(row[c].right for row in hangs if c < len(row)) for c in columns]
    across = (canvas.get_figwidth() - sum(lefts) - sum(rights) - PAD) / len(columns)
    boxes, bottom = [], floor
    for row, hang, height in reversed(list(zip(grid, hangs, heights))):
        bottom += max(h.below for h in hang)
        for c, axis in enumerate(row):
            boxes.append((axis, (sum(lefts[:c + 1]) + sum(rights[:c]) + c * across, bottom, across, height)))
        bottom += height + max(h.above for h in hang) + PAD
    return boxes, bottom


def _hang(canvas, axis):
    whole = axis.get_tightbbox(canvas.canvas.get_renderer())
    inside = axis.get_window_extent()
    whole = Bbox.union([whole, inside])
    sides = inside.x0 - whole.x0, whole.x1 - inside.x1, inside.y0 - whole.y0, whole.y1 - inside.y1
    return _Hang(*(side / canvas.dpi for side in sides))


def _size(canvas, artist):
    box = artist.get_window_extent(canvas.canvas.get_renderer())
    return box.width / canvas.dpi, box.height / canvas.dpi


def _legend(canvas, handles, room):
    """In as many columns as fit."""
    for columns in range(min(MOST_COLUMNS, len(handles)), 0, -1):
        legend = canvas.legend(handles, ["?"] * len(handles), loc="lower center", ncol=columns, frameon=False, borderpad=0,
                               borderaxespad=0, handlelength=3.2, columnspacing=1.2, labelspacing=0.3)
        for text, handle in zip(legend.get_texts(), handles):
            text.set_text(handle.get_label())  # given as labels, names that begin with an underscore would be left out
        if columns == 1 or _size(canvas, legend)[0] <= room:
            return legend
        legend.remove()


def _note(canvas, sentences, room):
    renderer = canvas.canvas.get_renderer()
    note = canvas.text(0, 0, "", fontsize=style.SMALL, color="0.25", va="bottom", linespacing=1.2)

    def fits(line):
        note.set_text(line)
        return note.get_window_extent(renderer).width <= room * canvas.dpi

    note.set_text("\n".join(line for sentence in sentences for line in _wrapped(style.label(sentence), fits)))
    return note


def _wrapped(sentence, fits):
    lines = [""]
    for word in sentence.split():
        longer = f"{lines[-1]} {word}".strip()
        if fits(longer):
            lines[-1] = longer
            continue
        if lines[-1]:
            lines.append("")
        for piece in _pieces(word, fits):
            if lines[-1]:
                lines.append("")
            lines[-1] = piece
    return lines


def _pieces(word, fits):
    """The word, or as much of it at a time as fits into a line: names have no limit."""
    while not fits(word):
        most = next(n for n in range(len(word) - 1, 0, -1) if n == 1 or fits(word[:n]))
        yield word[:most]
        word = word[most:]
    yield word
