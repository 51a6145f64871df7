"""The index of a history, in SQLite, beside the lines it is made from: it can be deleted at any time.

It knows how much of each file it has seen, and what that looked like; if anything but new lines is there, it is made
again. What is read from it are series: the values of one measure at one place, in the order of time. Runs in which the
processors were far apart make series of their own: a virtual machine is moved about by its host, and what that costs says
nothing about a build.
"""

import hashlib
import json
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from analysis import checks
from analysis.errors import UsageError
from analysis.history import SCHEMA
from analysis.measures import MEASURES
from analysis.places import Place
from analysis.points import FAR

INDEX = "index.sqlite"
LAYOUT = 2


@dataclass(frozen=True)
class Run:
    machine: str
    run: str
    started_at: str
    build: str
    toolchain: str


@dataclass(frozen=True)
class Value:
    """One run's entry in a series."""

    run: Run
    value: float | None  # None: all of it broken
    low: float | None
    high: float | None
    broken: str = ""  # the verdict, of all trials or some
    disturbed: bool = False  # most of the trials
    standing: str = ""
    line_ns: float | None = None
    processors: str = ""


@dataclass(frozen=True)
class Series:
    machine: str
    toolchain: str
    place: Place
    measure: object
    values: list  # of Value, in the order of time
    far: bool = False

    @property
    def name(self):
        return self.measure.name + (" (far)" if self.far else "")


TABLES = """
CREATE TABLE file (name TEXT PRIMARY KEY, size INTEGER, digest TEXT, lines INTEGER);
CREATE TABLE run (id INTEGER PRIMARY KEY, machine TEXT, run TEXT, started_at TEXT, build TEXT, toolchain TEXT, digest TEXT,
                  UNIQUE (machine, run));
CREATE TABLE series (id INTEGER PRIMARY KEY, machine TEXT, toolchain TEXT, place TEXT, measure TEXT,
                     UNIQUE (machine, toolchain, place, measure));
CREATE TABLE value (series INTEGER, run INTEGER, value REAL, low REAL, high REAL, broken TEXT, disturbed INTEGER,
                    standing TEXT, line_ns REAL, processors TEXT);
"""


def series(store, warn, salvage=False):
    """All series of the store, by machine, place and measure. Raises UsageError for a line that is no run, unless salvaged."""
    files = sorted(Path(store).glob("*.jsonl"))
    if not files:
        raise UsageError(f"{store}: no history here (see history add)")
    if salvage:
        return _series(":memory:", files, warn, salvage)  # what was skipped must not be taken for seen
    try:
        return _series(Path(store) / INDEX, files, warn, salvage)
    except sqlite3.DatabaseError:  # damaged, of another layout, or where nobody may write
        _forget(store)
        return _series(":memory:", files, warn, salvage)


def rebuild(store, warn):
    """Makes the index again."""
    _forget(store)
    return series(store, warn)


def _forget(store):
    try:
        (Path(store) / INDEX).unlink(missing_ok=True)
    except OSError:
        pass  # then it is not ours to use either


def _series(path, files, warn, salvage):
    index = sqlite3.connect(path, timeout=60, isolation_level=None)
    try:
        index.execute("BEGIN IMMEDIATE")  # whoever else is here waits, and finds it done
        _lay_out(index)
        _bring_up_to_date(index, files, warn, salvage)
        index.execute("COMMIT")
        return _read(index)
    finally:
        index.close()  # without COMMIT as if nothing had been


def _lay_out(index):
    layout = index.execute("PRAGMA user_version").fetchone()[0]
    if layout == 0:
        for statement in TABLES.split(";"):
            index.execute(statement)
        index.execute(f"PRAGMA user_version = {LAYOUT}")
    elif layout != LAYOUT or index.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
        raise sqlite3.DatabaseError("not the index that is wanted")


# Lines to rows -------------------------------------------------------------------------------------------------------

def _bring_up_to_date(index, files, warn, salvage):
    contents = {path.name: (path, _whole_lines(path, warn)) for path in files}
    seen = {name: rest for name, *rest in index.execute("SELECT name, size, digest, lines FROM file")}
    if any(name not in contents or _digest(contents[name][1][:size]) != digest for name, (size, digest, _) in seen.items()):
        for table in ("file", "run", "series", "value"):
            index.execute(f"DELETE FROM {table}")
        seen = {}
    for name, (path, content) in contents.items():
        size, _, lines = seen.get(name, (0, "", 0))
        if len(content) > size:
            _take_lines(index, path, content[size:], lines, warn, salvage)
            index.execute("INSERT OR REPLACE INTO file VALUES (?, ?, ?, ?)",
                          (name, len(content), _digest(content), content.count(b"\n")))


def _digest(content):
    return hashlib.sha256(content).hexdigest()


def _whole_lines(path, warn):
    try:
        content = path.read_bytes()
    except OSError as problem:
        raise UsageError(f"{path}: {problem.strerror}") from problem
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        warn(f"{path}: the last line was cut short while it was added, and does not count")
    return content[:whole]


def _take_lines(index, path, content, before, warn, salvage):
    for number, line in enumerate(content.split(b"\n")[:-1], before + 1):
        if not line.strip():
            continue
        try:
            _take(index, *_rows(checks.parsed(line)), _digest(line))
        except checks.MALFORMED as problem:
            words = f"{path}:{number}: not a run of a history ({checks.describe(problem)})"
            if not salvage:
                raise UsageError(words) from problem
            warn(f"{words}, skipped")


def _take(index, head, rows, digest):
    """A run that is there twice, as it is where two branches that have it were merged, counts once."""
    known = index.execute("SELECT digest FROM run WHERE machine = ? AND run = ?", head[:2]).fetchone()
    if known == (digest,):
        return
    if known:
        raise ValueError(f"run {head[1]!r:.80} is there with other numbers")
    run = index.execute("INSERT INTO run (machine, run, started_at, build, toolchain, digest) VALUES (?, ?, ?, ?, ?, ?)",
                        (*head, digest)).lastrowid
    for place, measure, value in rows:
        key = (head[0], head[4], place, measure)
        index.execute("INSERT OR IGNORE INTO series (machine, toolchain, place, measure) VALUES (?, ?, ?, ?)", key)
        index.execute("INSERT INTO value SELECT id, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM series "
                      "WHERE machine = ? AND toolchain = ? AND place = ? AND measure = ?", (run, *value, *key))


def _rows(record):
    """All of a line, before any of it is taken."""
    if record["schema"] != SCHEMA:
        raise ValueError(f"schema {record['schema']!r:.60} is unknown")
    head = tuple(_text(record[name]) for name in ("machine", "run", "started_at", "build", "toolchain"))
    return head, [row for point in record["points"] for row in _point(point)]


def _point(point):
    """A row for each measure; what broke broke for all that its kind of trial measures."""
    place = json.dumps(Place.from_json(point).as_json(), sort_keys=True)
    broken, standing, processors = (_text(point.get(name, "")) for name in ("broken", "standing", "processors"))
    line = _number(point["line_ns"]) if "line_ns" in point else None
    found = {name: _interval(values) for name, values in point.get("values", {}).items() if name in MEASURES}
    if broken:
        found = {m.name: (None, None, None) for m in MEASURES.values() if m.kind == point["kind"]} | found
    return [(place, name, (*values, broken, bool(point.get("disturbed", False)), standing, line, processors))
            for name, values in found.items()]


def _interval(values):
    value, low, high = map(_number, values[:3])
    if not low <= value <= high:
        raise ValueError(f"{value:g} is not between {low:g} and {high:g}")
    return value, low, high


def _number(value):
    return float(checks.number(value))


def _text(value):
    if not isinstance(value, str):
        raise ValueError(f"{value!r:.60} is no text")
    return value.encode(errors="replace").decode()


# Rows to series ------------------------------------------------------------------------------------------------------

def _read(index):
    runs = {id_: Run(*rest) for id_, *rest in index.execute("SELECT id, machine, run, started_at, build, toolchain FROM run")}
    values, fastest = {}, {}
    for series_id, run, *rest in index.execute("SELECT * FROM value ORDER BY series, run"):
        value = Value(runs[run], *rest)
        values.setdefault(series_id, []).append(value)
        if value.line_ns is not None:
            key = value.run.machine, value.processors
            fastest[key] = min(value.line_ns, fastest.get(key, value.line_ns))
    found = []
    listed = index.execute("SELECT * FROM series ORDER BY machine, toolchain, place, measure")
    for id_, machine, toolchain, place, measure in listed:
        ordered = sorted(values[id_], key=lambda value: value.run.started_at)
        for far, parted in _near_and_far(ordered, fastest).items():
            found.append(Series(machine, toolchain, Place.from_json(json.loads(place)), MEASURES[measure], parted, far))
    return found


def _near_and_far(values, fastest):
    """Far is what points.py calls so, by the fastest line that was ever seen between the same processors. What broke before
    that was measured stays with the value before it."""
    parts, far = {}, False
    for value in values:
        if value.line_ns is not None:
            far = value.line_ns > FAR * fastest[value.run.machine, value.processors]
        parts.setdefault(far, []).append(value)
    return parts
