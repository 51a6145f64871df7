"""What the commands that read result files share: their arguments, and the reading itself."""

from pathlib import Path

from analysis import load
from analysis.errors import UsageError, warn


def add_arguments(parser):
    parser.add_argument("files", nargs="+", metavar="FILE", help="result file of syncbench, or a folder of such files")
    add_salvage(parser)


def add_salvage(parser):
    parser.add_argument("--salvage", action="store_true",
                        help="skip lines that are no records, with a warning for each, instead of giving up")


def read(arguments):
    return load.read(result_files(arguments.files), warn, arguments.salvage)


def result_files(paths):
    """The files themselves, and of folders the result files in them, in order of their names."""
    found = []
    for path in map(Path, paths):
        inside = sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
        if not inside:
            raise UsageError(f"{path}: no *.jsonl in this folder")
        found += inside
    return found
