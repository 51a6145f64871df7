"""`syncbench-analyze kills`: the kill matrix of `syncbench --mutants -o FILE`, as a figure beside the file."""

from pathlib import Path

from analysis import kills, style
from analysis.commands.plot import formats
from analysis.errors import UsageError
from analysis.plots import kill_matrix

NAME = "kills"
HELP = "draw which planted bugs a run of syncbench --mutants has found, and how soon"


def add_arguments(parser):
    parser.add_argument("file", metavar="FILE", help="what syncbench --mutants -o FILE has written")
    parser.add_argument("-o", "--output", metavar="DIR", help="folder for the figure (default: beside the file)")
    parser.add_argument("--formats", type=formats, default=style.FORMATS, metavar="LIST",
                        help=f"some of {','.join(style.FORMATS)} (default: all)")


def run(arguments):
    source = Path(arguments.file)
    subjects = kills.read(source)
    folder = Path(arguments.output) if arguments.output else source.parent
    with style.applied():
        figure = kill_matrix.draw(subjects)
        for form in arguments.formats:
            path = folder / f"{source.stem}-{kill_matrix.NAME}.{form}"
            content = style.render(figure, form)
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            except OSError as problem:
                raise UsageError(f"{path}: {problem.strerror}") from problem
            print(path, flush=True)
    return 0
