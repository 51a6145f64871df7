"""The history of measurements: a folder with one file of JSON lines for each machine, one line a run. This file makes the
lines and appends them; history_index.py reads them.

A run is appended by one write under a lock, so that runs added at once never mix, and a line that was cut short by a kill
is not part of the history: it is removed, with a warning, by whoever adds next.
"""

import fcntl
import hashlib
import json
import os
import re
from dataclasses import replace
from pathlib import Path
from statistics import median

from analysis import points, stats
from analysis.errors import UsageError
from analysis.measures import MEASURES
from analysis.places import Place

SCHEMA = "syncbench-history/1"
TOOLCHAIN = ("compiler", "flags", "build_type")  # another one starts another series
BREAKS = {"violated", "hang"}  # in however few trials


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
    figures = points.figures(trials, {trials[0].environment: environment})
    return {
        "schema": SCHEMA, "machine": environment.machine, "run": trials[0].run,
        "started_at": min(t.started_at for t in trials), "build": trials[0].build,
        "toolchain": ", ".join(str(built.get(name, "?")) for name in TOOLCHAIN),
        "points": [_point(figure.setting, point) for figure in figures for point in figure.points if point.copy == 0],
    }


def _point(setting, point):
    one = (point.trials or point.failed)[0]
    # A figure names a split into roles only where it has several; the name here must not depend on what else the run did.
    split = points.role_split(one) if len(one.roles) > 1 else ""
    place = Place(replace(setting, split=split), point.implementation, point.threads)
    broken = BREAKS & {t.verdict for t in point.failed}
    lines = [t.line_ns for t in point.trials or point.failed if t.line_ns is not None]
    entry = {
        "standing": one.standing,
        "broken": min(broken) if broken else None if point.trials else point.why_failed,
        "disturbed": 2 * sum(bool(t.doubts) for t in point.trials) > len(point.trials),
        "line_ns": min(lines, default=None),
        "processors": ",".join(map(str, sorted(set(one.granted)))),
        "values": {m.name: values for m in MEASURES.values() if m.kind == setting.kind and (values := _values(point, m))},
    }
    return {**place.as_json(), **{name: value for name, value in entry.items() if value}}


def _values(point, measure):
    """The median, the ends of its interval, and how many trials it is of."""
    found = [value for t in point.trials if (value := measure.value_of(t)) is not None]
    if not found:
        return None
    interval = stats.median_interval(found)
    return [median(found), interval.low, interval.high, len(found)]


# The store -----------------------------------------------------------------------------------------------------------

def file_name(machine):
    """Readable, and safe whatever the machine calls itself."""
    word = re.sub(r"[^A-Za-z0-9]+", "-", machine.split(",")[0]).strip("-")[:40]
    return f"{word or 'machine'}-{hashlib.sha256(machine.encode(errors='replace')).hexdigest()[:8]}.jsonl"


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
