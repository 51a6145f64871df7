"""`syncbench-analyze plot`: figures from result files, written beside the first of them."""

from argparse import ArgumentTypeError
from pathlib import Path

from analysis import gallery, style
from analysis.commands import reading, writing
from analysis.errors import UsageError
from analysis.plots import PLOTS

NAME = "plot"
HELP = "draw every figure that the records are enough for"


def add_arguments(parser):
    reading.add_arguments(parser)
    parser.add_argument("-o", "--output", metavar="DIR", help="folder for the figures (default: beside the first file)")
    parser.add_argument("--only", type=_plots, metavar="NAME[,..]", help=f"some of {','.join(plot.NAME for plot in PLOTS)}")
    parser.add_argument("--baseline", metavar="NAME", help="implementation that ratios are to (default: the one that the records "
                                                           "call the reference)")
    writing.add_width(parser, "one")
    writing.add_formats(parser)


def run(arguments):
    trials, environments = reading.read(arguments)
    if arguments.baseline is not None and arguments.baseline not in (names := {t.implementation for t in trials}):
        raise UsageError(f"--baseline: no trial of {arguments.baseline!r:.80} in these files; there are {_some(names)}")
    first = Path(arguments.files[0])
    folder = Path(arguments.output) if arguments.output else first.parent
    names, drawn = writing.FileNames(), 0
    for picture in gallery.pictures(trials, environments, arguments.only, arguments.baseline):
        path = folder / names.of(f"{first.stem}-{picture.plot}", picture.words)
        with style.applied():
            writing.figure(picture.draw(arguments.width), path, arguments.formats)
        drawn += 1
    if not drawn:
        raise UsageError(f"nothing to draw: these records are not enough for {' or '.join(arguments.only or ['any figure'])}")
    return 0


def _plots(text):
    chosen, known = text.split(","), [plot.NAME for plot in PLOTS]
    if unknown := [name for name in chosen if name not in known]:
        raise ArgumentTypeError(f"{unknown[0]!r:.80} is none of {', '.join(known)}")
    return chosen


def _some(names):
    shown = sorted(names)[:8]
    return ", ".join(f"{name!r:.60}" for name in shown) + (" ..." if len(names) > len(shown) else "")
