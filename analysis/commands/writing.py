"""What the commands that write share: files that are there whole or not at all, and a figure in all its formats."""

import os
import re
from argparse import ArgumentTypeError
from collections import Counter
from pathlib import Path

from analysis import style
from analysis.errors import UsageError


def formats(text):
    """The type of an option --formats."""
    chosen = tuple(dict.fromkeys(text.split(",")))
    if unknown := [form for form in chosen if form not in style.FORMATS]:
        raise ArgumentTypeError(f"{unknown[0]!r} is none of {', '.join(style.FORMATS)}")
    return chosen


def add_formats(parser):
    parser.add_argument("--formats", type=formats, default=style.FORMATS, metavar="LIST",
                        help=f"some of {','.join(style.FORMATS)} (default: all)")


def figure(drawing, base, forms):
    """Writes a drawing as base.form for each form, and prints the paths. Call inside `style.applied()`."""
    for form in forms:
        path = base.with_name(f"{base.name}.{form}")
        write(path, style.render(drawing, form))
        print(path, flush=True)


def distinct(names):
    """As names of files: without anything that leads out of a folder, and no two alike, not even where case does not count."""
    found, seen = [], Counter()
    for name in names:
        safe = re.sub(r"[^\w.,=+-]+", "_", name, flags=re.ASCII)[:150]
        seen[safe.casefold()] += 1
        found.append(f"{safe}-{seen[safe.casefold()]}" if seen[safe.casefold()] > 1 else safe)
    return found


def write(path, content):
    """Bytes to a file. Whoever reads it sees the old content or the new, never half of it."""
    path = Path(path)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            beside.write_bytes(content)
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as problem:
        raise UsageError(f"{path}: {problem.strerror}") from problem
