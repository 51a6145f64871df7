"""Where all of it comes from: the files, so that anybody can see that they are the same, and the commands to do it again."""

import hashlib
import os
import shlex
from dataclasses import dataclass
from urllib.parse import quote

from analysis.errors import UsageError
from analysis.report.markup import Markup, h, join, scrolling


@dataclass(frozen=True)
class Source:
    name: str  # relative to the page
    size: int
    sha256: str
    what: str  # of it is in there


def of(path, folder, what):
    """`folder`: where the page will be. Raises UsageError."""
    try:
        with open(path, "rb") as file:
            digest = hashlib.sha256()
            for chunk in iter(lambda: file.read(1 << 20), b""):
                digest.update(chunk)
            return Source(os.path.relpath(path, folder), file.tell(), digest.hexdigest(), what)
    except OSError as problem:
        raise UsageError(f"{path}: {problem.strerror}") from problem


def section(sources, commands, options=""):
    """`commands`: those that measured. `options`: of this report, after the names of the result files."""
    rows = [h("tr", h("td", h("a", one.name, href=f"./{quote(os.fsencode(one.name))}")), h("td", one.what),
              h("td", f"{one.size:,} bytes".replace(",", "\N{NARROW NO-BREAK SPACE}"), class_="n"),
              h("td", h("code", one.sha256)))
            for one in sources]
    head = h("tr", [h("th", name, scope="col") for name in ("file", "content", "size", "SHA-256")])
    results = " ".join(shlex.quote(one.name) for one in sources if one.what.endswith("trials"))
    again = [f"syncbench-analyze {command} {results}" for command in ("plot", "table", "report")]
    again[-1] += options
    return [scrolling("Files", h("table", h("thead", head), h("tbody", rows), class_="plain")),
            h("p", "Measured by:"), h("pre", _lines(commands) or "(the records do not say)"),
            h("p", "The figures, the tables and this page again, in the folder of this page:"), h("pre", _lines(again))]


def _lines(commands):
    return join(commands, Markup("\n"))
