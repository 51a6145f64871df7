"""`syncbench-analyze plot`: figures from result files, written beside the first of them."""

import re
from pathlib import Path

from analysis import points, style
from analysis.commands import reading, writing
from analysis.plots import PLOTS

NAME = "plot"
HELP = "draw throughput and latency against threads"


def add_arguments(parser):
    reading.add_arguments(parser)
    parser.add_argument("-o", "--output", metavar="DIR", help="folder for the figures (default: beside the first file)")
    parser.add_argument("--width", choices=style.WIDTHS, default="one", help="columns of a page (default: %(default)s)")
    writing.add_formats(parser)


def run(arguments):
    trials, environments = reading.read(arguments)
    first = Path(arguments.files[0])
    folder = Path(arguments.output) if arguments.output else first.parent
    for plot in PLOTS:
        chosen = points.figures([t for t in trials if t.kind == plot.KIND], environments)
        for name, figure in zip(_names(f"{first.stem}-{plot.NAME}", chosen), chosen):
            with style.applied():
                writing.figure(plot.draw(figure, arguments.width), folder / name, arguments.formats)
    return 0


def _names(base, chosen):
    """A file name for each figure: the base, then whatever tells this figure from the others."""
    names = []
    for parts in points.labels([figure.setting for figure in chosen]):
        words = [re.sub(r"[^\w.,=+-]+", "_", part, flags=re.ASCII) for part in parts if part]
        name = "-".join([base, *words])
        same = sum(1 for other in names if other.casefold() == name.casefold())
        names.append(f"{name}-{same + 1}" if same else name)
    return names
