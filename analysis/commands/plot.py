"""`syncbench-analyze plot`: figures from result files, written beside the first of them."""

import re
from argparse import ArgumentTypeError
from pathlib import Path
from zlib import crc32

from analysis import gallery, style
from analysis.commands import reading, writing
from analysis.errors import UsageError
from analysis.plots import PLOTS

NAME = "plot"
HELP = "draw every figure that the records are enough for"
LONGEST = 120  # characters that tell one file from another; a file system takes 255 in all


def add_arguments(parser):
    reading.add_arguments(parser)
    parser.add_argument("-o", "--output", metavar="DIR", help="folder for the figures (default: beside the first file)")
    parser.add_argument("--only", type=_plots, metavar="NAME[,..]", help=f"some of {','.join(plot.NAME for plot in PLOTS)}")
    parser.add_argument("--baseline", metavar="NAME", help="implementation that ratios are to (default: the one that the records "
                                                           "call the reference)")
    parser.add_argument("--width", choices=style.WIDTHS, default="one", help="columns of a page (default: %(default)s)")
    writing.add_formats(parser)


def run(arguments):
    trials, environments = reading.read(arguments)
    if arguments.baseline is not None and arguments.baseline not in (names := {t.implementation for t in trials}):
        raise UsageError(f"--baseline: no trial of {arguments.baseline!r:.80} in these files; there are {_some(names)}")
    first = Path(arguments.files[0])
    folder = Path(arguments.output) if arguments.output else first.parent
    taken = set()
    for picture in gallery.pictures(trials, environments, arguments.only, arguments.baseline):
        path = folder / _name(f"{first.stem}-{picture.plot}", picture.words, taken)
        with style.applied():
            writing.figure(picture.draw(arguments.width), path, arguments.formats)
    if not taken:
        raise UsageError(f"nothing to draw: these records are not enough for {' or '.join(arguments.only)}")
    return 0


def _plots(text):
    chosen, known = text.split(","), [plot.NAME for plot in PLOTS]
    if unknown := [name for name in chosen if name not in known]:
        raise ArgumentTypeError(f"{unknown[0]!r:.80} is none of {', '.join(known)}")
    return chosen


def _some(names):
    shown = sorted(names)[:8]
    return ", ".join(f"{name!r:.60}" for name in shown) + (" ..." if len(names) > len(shown) else "")


def _name(base, words, taken):
    """A file name that no other figure has, on a file system that ignores case either: the base, then what tells this
    figure from the others of its plot."""
    tail = "".join("-" + re.sub(r"[^\w.,=+-]+", "_", word, flags=re.ASCII) for word in words)
    if len(tail) > LONGEST:
        tail = f"{tail[:LONGEST]}-{crc32(tail.encode()):08x}"
    name = stem = base + tail
    number = 1
    while name.casefold() in taken:
        number += 1
        name = f"{stem}-{number}"
    taken.add(name.casefold())
    return name
