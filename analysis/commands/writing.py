"""What the commands that write share: files that are there whole or not at all, and a figure in all its formats."""

import os
import re
from argparse import ArgumentTypeError
from mmap import ACCESS_READ, mmap
from pathlib import Path
from zlib import crc32

from analysis import style
from analysis.errors import UsageError

LONGEST = 120  # characters that tell one file from another; a file system takes 255 in all


def formats(text):
    """The type of an option --formats."""
    chosen = tuple(dict.fromkeys(text.split(",")))
    if unknown := [form for form in chosen if form not in style.FORMATS]:
        raise ArgumentTypeError(f"{unknown[0]!r} is none of {', '.join(style.FORMATS)}")
    return chosen


def add_formats(parser):
    parser.add_argument("--formats", type=formats, default=style.FORMATS, metavar="LIST",
                        help=f"some of {','.join(style.FORMATS)} (default: all)")


def add_width(parser, default):
    parser.add_argument("--width", choices=style.WIDTHS, default=default, help="columns of a page (default: %(default)s)")


def figure(drawing, base, forms):
    """Writes a drawing as base.form for each form, and prints the paths. Call inside `style.applied()`."""
    for form in forms:
        path = base.with_name(f"{base.name}.{form}")
        write(path, style.render(drawing, form))
        print(path, flush=True)


class FileNames:
    """Gives each figure a name of its own, on a file system that ignores case either, and that leads out of no folder."""

    def __init__(self):
        self._taken = set()

    def of(self, base, words):
        """The base, which is taken as it is, then what tells this figure from others."""
        tail = "".join("-" + re.sub(r"[^\w.,=+-]+", "_", word, flags=re.ASCII) for word in words)
        if len(tail) > LONGEST:
            tail = f"{tail[:LONGEST]}-{crc32(tail.encode()):08x}"
        name = stem = base + tail
        number = 1
        while name.casefold() in self._taken:
            number += 1
            name = f"{stem}-{number}"
        self._taken.add(name.casefold())
        return name


MEASURED = re.compile(rb'"schema": ?"syncbench(-history)?/')


def refuse_inputs(output, inputs):
    """Raises UsageError where the output is one of the files to be read, other measurements, or a folder: before the work is
    done, not after it."""
    output = Path(output)
    if output.is_dir():
        raise UsageError(f"{output}: is a folder; -o wants the name of a file")
    if any(output.exists() and Path(path).exists() and output.samefile(path) for path in inputs):
        raise UsageError(f"{output}: is one of the files to be read, and would be written over")
    if output.is_file() and _is_measured(output):
        raise UsageError(f"{output}: holds measurements, and would be written over")


def _is_measured(path):
    try:
        if path.stat().st_size == 0:
            return False
        with open(path, "rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as content:
            return MEASURED.search(content) is not None
    except OSError as problem:
        raise UsageError(f"{path}: {problem.strerror}") from problem


def write(path, content):
    """Bytes to a file. Whoever reads it sees the old content or the new, never half of it. A device or a pipe stays what it
    is, and a link points to where it did."""
    path = Path(os.path.realpath(path))
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            path.write_bytes(content)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            beside.write_bytes(content)
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as problem:
        raise UsageError(f"{path}: {problem.strerror}") from problem
