"""`syncbench-analyze plot`: figures from result files, written beside the first of them."""

import re
import sys
from argparse import ArgumentTypeError
from pathlib import Path

from analysis import load, points, style
from analysis.errors import UsageError
from analysis.plots import PLOTS

NAME = "plot"
HELP = "draw throughput and latency against threads"


def add_arguments(parser):
    parser.add_argument("files", nargs="+", metavar="FILE", help="result file of syncbench (JSON lines)")
    parser.add_argument("-o", "--output", metavar="DIR", help="folder for the figures (default: beside the first file)")
    parser.add_argument("--width", choices=style.WIDTHS, default="one", help="columns of a page (default: %(default)s)")
    parser.add_argument("--formats", type=formats, default=style.FORMATS, metavar="LIST",
                        help=f"some of {','.join(style.FORMATS)} (default: all)")


def run(arguments):
    trials, environments = load.read(arguments.files, _warn)
    first = Path(arguments.files[0])
    folder = Path(arguments.output) if arguments.output else first.parent
    for plot in PLOTS:
        chosen = points.figures([t for t in trials if t.kind == plot.KIND], environments)
        for name, figure in zip(_names(f"{first.stem}-{plot.NAME}", chosen), chosen):
            _write(plot, figure, arguments, folder / name)
    return 0


def _write(plot, figure, arguments, base):
    with style.applied():
        drawing = plot.draw(figure, arguments.width)
        for form in arguments.formats:
            path = base.with_name(f"{base.name}.{form}")
            content = style.render(drawing, form)
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            except OSError as problem:
                raise UsageError(f"{path}: {problem.strerror}") from problem
            print(path, flush=True)


def _names(base, chosen):
    """A file name for each figure: the base, then whatever tells this figure from the others."""
    names = []
    for parts in points.labels(chosen):
        words = [re.sub(r"[^\w.,=+-]+", "_", part, flags=re.ASCII) for part in parts if part]
        name = "-".join([base, *words])
        same = sum(1 for other in names if other.casefold() == name.casefold())
        names.append(f"{name}-{same + 1}" if same else name)
    return names


def formats(text):
    chosen = tuple(dict.fromkeys(text.split(",")))
    if unknown := [form for form in chosen if form not in style.FORMATS]:
        raise ArgumentTypeError(f"{unknown[0]!r} is none of {', '.join(style.FORMATS)}")
    return chosen


def _warn(line):
    print(f"syncbench-analyze: warning: {line}", file=sys.stderr)
