"""The history of measurements: a folder with one file of JSON lines for each machine, one line a run, which are the truth,
and an index in SQLite that can be deleted at any time.

A run is appended by one write under a lock, so that runs added at once never mix, and a line that was cut short by a kill
is not part of the history: it is removed, with a warning, by whoever adds next. The index knows how much of each file it
has seen, and what that looked like; if anything but new lines is there, it is made again.
"""

import fcntl
import hashlib
import json
import os
import re
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from analysis import checks, summary
from analysis.errors import UsageError
from analysis.measures import MEASURES
from analysis.places import Place

SCHEMA = "syncbench-history/1"
INDEX = "index.sqlite"
LAYOUT = 1  # of the index
TOOLCHAIN = ("compiler", "flags", "build_type")  # another one starts another series


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
    value: float | None  # None: broken
    low: float | None
    high: float | None
    broken: str  # the verdict, or empty


@dataclass(frozen=True)
class Series:
    machine: str
    toolchain: str
    place: Place
    measure: object
    values: list  # of Value, in the order of time


# Runs to lines -------------------------------------------------------------------------------------------------------

def lines_of(trials, environments):
    """A record for each run in the trials, oldest first."""
    runs = {}
    for trial in trials:
        runs.setdefault((trial.run, trial.environment, trial.build), []).append(trial)
    records = [_record(found, environments[environment]) for (_, environment, _), found in runs.items()]
    return sorted(records, key=lambda record: (record["started_at"], record["run"]))


def _record(trials, environment):
    built = environment.facts.get("build", {})
    id_of = trials[0].environment
    return {
        "schema": SCHEMA, "machine": environment.machine, "run": trials[0].run,
        "started_at": min(t.started_at for t in trials), "build": trials[0].build,
        "toolchain": ", ".join(str(built.get(name, "?")) for name in TOOLCHAIN),
        "points": [_point(line) for line in summary.lines(trials, {id_of: environment})],
    }


def _point(line):
    """Rates and latencies have trials of their own: one may be broken where the other is not."""
    values = {name: [e.value, e.interval.low, e.interval.high, e.trials] for name, e in line.estimates.items()}
    broken = {} if line.verdict == "ok" else {"broken": line.verdict}
    return {**line.place.as_json(), **broken, **({"values": values} if values or not broken else {})}


# The store -----------------------------------------------------------------------------------------------------------

def file_name(machine):
    """Readable, and safe whatever the machine calls itself."""
    word = re.sub(r"[^A-Za-z0-9]+", "-", machine.split(",")[0]).strip("-")[:40]
    return f"{word or 'machine'}-{hashlib.sha256(machine.encode()).hexdigest()[:8]}.jsonl"


def add(store, record, warn):
    """Appends a run. False if it is there already. Raises UsageError if it is there with other numbers."""
    path = Path(store) / file_name(record["machine"])
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            return _append(file, path, record, warn)
    except OSError as problem:
        raise UsageError(f"{path}: {problem.strerror}") from problem


def _append(file, path, record, warn):
    file.seek(0)
    content = file.read()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        warn(f"{path}: the last line was cut short while it was added; removed, add that run again")
        file.truncate(whole)
    line = json.dumps(record, separators=(",", ":"), allow_nan=False, sort_keys=True).encode() + b"\n"
    mark = f'"run":{json.dumps(record["run"])},'.encode()
    for known in content[:whole].splitlines(keepends=True):
        if known == line:
            return False
        if mark in known and _is_run(known, record["run"]):
            raise UsageError(f"{path}: run {record['run']!r:.80} is there with other numbers")
    try:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())
    except OSError:
        os.ftruncate(file.fileno(), whole)  # half a line on a full disk is not history
        raise
    return True


def _is_run(line, run):
    try:
        return json.loads(line).get("run") == run
    except (ValueError, AttributeError, RecursionError):
        return False


# The index -----------------------------------------------------------------------------------------------------------

TABLES = """
CREATE TABLE file (name TEXT PRIMARY KEY, size INTEGER, digest TEXT, lines INTEGER);
CREATE TABLE run (id INTEGER PRIMARY KEY, machine TEXT, run TEXT, started_at TEXT, build TEXT, toolchain TEXT);
CREATE TABLE series (id INTEGER PRIMARY KEY, machine TEXT, toolchain TEXT, place TEXT, measure TEXT,
                     UNIQUE (machine, toolchain, place, measure));
CREATE TABLE value (series INTEGER, run INTEGER, value REAL, low REAL, high REAL, broken TEXT);
CREATE INDEX value_of_series ON value (series);
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
            _take(index, checks.parsed(line))
        except checks.MALFORMED as problem:
            words = f"{path}:{number}: not a run of a history ({checks.describe(problem)})"
            if not salvage:
                raise UsageError(words) from problem
            warn(f"{words}, skipped")


def _take(index, record):
    if record["schema"] != SCHEMA:
        raise ValueError(f"schema {record['schema']!r:.60} is unknown")
    head = tuple(str(record[name]) for name in ("machine", "run", "started_at", "build", "toolchain"))
    rows = [row for point in record["points"] for row in _values(point)]
    run = index.execute("INSERT INTO run (machine, run, started_at, build, toolchain) VALUES (?, ?, ?, ?, ?)", head).lastrowid
    for place, measure, value in rows:
        key = (head[0], head[4], place, measure)
        index.execute("INSERT OR IGNORE INTO series (machine, toolchain, place, measure) VALUES (?, ?, ?, ?)", key)
        index.execute("INSERT INTO value SELECT id, ?, ?, ?, ?, ? FROM series WHERE machine = ? AND toolchain = ? AND place = ? AND measure = ?",
                      (run, *value, *key))


def _values(point):
    place = json.dumps(Place.from_json(point).as_json(), sort_keys=True)
    found = {}
    for name, values in (point.get("values", {}) if "broken" in point else point["values"]).items():
        if name in MEASURES:
            value, low, high = map(checks.number, values[:3])
            found[name] = (place, name, (value, low, high, ""))
    if "broken" in point:  # what is missing is what broke
        name = "p50" if "throughput" in found else "throughput"
        found[name] = (place, name, (None, None, None, str(point["broken"])))
    return list(found.values())


def _read(index):
    runs = {id_: Run(*rest) for id_, *rest in index.execute("SELECT id, machine, run, started_at, build, toolchain FROM run")}
    values = {}
    for series_id, run, *rest in index.execute("SELECT series, run, value, low, high, broken FROM value ORDER BY series, run"):
        values.setdefault(series_id, []).append(Value(runs[run], *rest))
    found = []
    for id_, machine, toolchain, place, measure in index.execute("SELECT * FROM series ORDER BY machine, toolchain, place, measure"):
        ordered = sorted(values[id_], key=lambda value: value.run.started_at)
        found.append(Series(machine, toolchain, Place.from_json(json.loads(place)), MEASURES[measure], ordered))
    return found
