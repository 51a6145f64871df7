"""Stacks the parts of a figure: caption at the bottom, then the legend, then the axes.

Each part is measured as it will be rendered and gets the room that it needs, in inches; the figure grows in height. So
neither one implementation nor fifteen can make parts overlap, and the legend can never cover data.
"""

from analysis import style

PAD = 0.06  # between any two parts
BELOW = 0.36  # tick numbers and the name of the thread axis
ABOVE = 0.17  # the label of the oversubscribed region
BETWEEN = 0.1  # panels above each other
MOST_COLUMNS = 6


def arrange(canvas, axes, side_by_side, handles, sentences):
    """Adds legend and caption to a figure that already has its axes, and gives everything its place."""
    width = canvas.get_figwidth()
    note, legend = _note(canvas, sentences, width - 2 * PAD), _legend(canvas, handles, width - 2 * PAD)
    legend_at = PAD + _size(canvas, note)[1] + PAD
    axes_at = legend_at + _size(canvas, legend)[1] + PAD + BELOW
    if side_by_side:
        height = axes_at + 2.2 + ABOVE
        boxes = _columns(canvas, axes, axes_at, 2.2)
    else:
        each = 2.0 if len(axes) == 1 else 1.3
        height = axes_at + len(axes) * (each + BETWEEN) - BETWEEN + ABOVE
        boxes = _rows(canvas, axes, axes_at, each)
    canvas.set_size_inches(width, height)
    note.set_position((PAD / width, PAD / height))
    legend.set_bbox_to_anchor((0.5, legend_at / height), canvas.transFigure)
    for axis, (x, y, across, up) in zip(axes, boxes):
        axis.set_position((x / width, y / height, across / width, up / height))
    if not side_by_side:
        canvas.align_ylabels(axes)


def _columns(canvas, axes, bottom, height):
    overhangs = [(PAD if axis is axes[0] else 2 * PAD) + _overhang(canvas, axis) for axis in axes]
    across = (canvas.get_figwidth() - sum(overhangs) - PAD) / len(axes)
    return [(sum(overhangs[:i + 1]) + i * across, bottom, across, height) for i in range(len(axes))]


def _rows(canvas, axes, bottom, height):
    left = PAD + max(_overhang(canvas, axis) for axis in axes)
    across = canvas.get_figwidth() - left - PAD
    return [(left, bottom + i * (height + BETWEEN), across, height) for i in reversed(range(len(axes)))]


def _overhang(canvas, axis):
    """Inches that the numbers and the name of the value axis take to the left of the axes."""
    numbers = axis.yaxis.get_tightbbox(canvas.canvas.get_renderer())
    return max(0, axis.bbox.x0 - numbers.x0) / canvas.dpi


def _size(canvas, artist):
    box = artist.get_window_extent(canvas.canvas.get_renderer())
    return box.width / canvas.dpi, box.height / canvas.dpi


def _legend(canvas, handles, room):
    """In as many columns as fit."""
    for columns in range(min(MOST_COLUMNS, len(handles)), 0, -1):
        legend = canvas.legend(handles=handles, loc="lower center", ncol=columns, frameon=False, borderpad=0,
                               borderaxespad=0, handlelength=3.2, columnspacing=1.2, labelspacing=0.3)
        if columns == 1 or _size(canvas, legend)[0] <= room:
            return legend
        legend.remove()


def _note(canvas, sentences, room):
    renderer = canvas.canvas.get_renderer()
    note = canvas.text(0, 0, "", fontsize=style.SMALL, color="0.25", va="bottom", linespacing=1.2)

    def fits(line):
        note.set_text(line)
        return note.get_window_extent(renderer).width <= room * canvas.dpi

    note.set_text("\n".join(line for sentence in sentences for line in _wrapped(sentence, fits)))
    return note


def _wrapped(sentence, fits):
    lines = [""]
    for word in sentence.split():
        longer = f"{lines[-1]} {word}".strip()
        if fits(longer):
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
