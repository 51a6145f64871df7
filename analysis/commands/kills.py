"""`syncbench-analyze kills`: the kill matrix of `syncbench --mutants -o FILE`, as a figure beside the file."""

from pathlib import Path

from analysis import kills, style
from analysis.commands import writing
from analysis.plots import kill_matrix

NAME = "kills"
HELP = "draw which planted bugs a run of syncbench --mutants has found, and how soon"


def add_arguments(parser):
    parser.add_argument("file", metavar="FILE", help="what syncbench --mutants -o FILE has written")
    parser.add_argument("-o", "--output", metavar="DIR", help="folder for the figure (default: beside the file)")
    writing.add_width(parser, "two")
    writing.add_formats(parser)


def run(arguments):
    source = Path(arguments.file)
    subjects = kills.read(source)
    folder = Path(arguments.output) if arguments.output else source.parent
    with style.applied():
        writing.figure(kill_matrix.draw(subjects, arguments.width), folder / f"{source.stem}-{kill_matrix.NAME}",
                       arguments.formats)
    return 0
