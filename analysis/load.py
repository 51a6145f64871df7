"""Reads result files: JSON lines in, `Trial` and `Environment` values out.

The record contract is results/README.md. A line that is not a record ends the reading with its file and number: what
follows from half a file looks like the truth and is not. `salvage` reads on after a warning for each such line, which is
what a figure drawn while a run goes on wants. A trial keeps what most of the analysis asks for; the rest of its record,
histograms above all, is read again from the file by those who need it (`whole`).

A run of a large machine has a hundred thousand records. Two habits make their reading ten times as fast: histograms are
cut out before the line is parsed, and Python's collector, which would walk over all that was read, is paused.
"""

import gc
import os
import re
import stat
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from analysis import checks
from analysis.errors import UsageError

SCHEMA = "syncbench/1"
PERCENTILES = ("p50", "p90", "p99", "p999")
METRICS = ("fairness_jain", "share_least_most", "cpu_ns_per_operation")
LATENCY = ("count", *PERCENTILES, "max")
SHARED_FROM = 8 << 20  # bytes: from here on a second process is worth its start


class Environment(NamedTuple):
    """What the analysis needs to know of the machine a trial ran on, and everything that was recorded of it."""

    host: str
    pus: int | None
    machine: str  # two environments with the same are the same machine, as far as a record can tell
    facts: dict  # the record


UNKNOWN_ENVIRONMENT = Environment("unknown", None, "unknown", {})


class Trial(NamedTuple):
    """One line of a result file, reduced to what the analysis uses."""

    kind: str
    workload: str
    implementation: str
    family: str
    standing: str | None  # what it is to the others; older files do not say
    threads: int
    roles: tuple[tuple[str, int], ...]
    params: tuple[tuple[str, float], ...]
    policy: str
    role_order: str
    granted: tuple[int, ...]
    oversubscribed: bool
    saturated: bool
    window_ns: int
    repetition: int
    copy: int
    block: int
    run: str
    environment: str
    build: str
    started_at: str
    verdict: str
    reason: str
    doubts: tuple[str, ...]
    operations: int
    items_per_second: float | None
    latency_ns: dict | None  # of LATENCY what is there
    metrics: dict  # of METRICS what is there
    line_ns: float | None
    source: tuple[str, int]  # file, and the byte where the line begins


def read(paths, warn, salvage=False):
    """All trials of the files, in order, and the environments by id. `warn` is called with one line a problem.

    Raises UsageError for a file that cannot be read, holds no trial or another schema, and, without `salvage`, for a
    line that is no record.
    """
    trials, environments = [], {}
    with _collector_paused():
        for path in {Path(path).resolve(): path for path in paths}.values():  # a file named twice is read once
            found = _read_file(str(path))
            for fault in found.faults:
                if fault.fatal or not salvage:
                    raise UsageError(f"{fault.where}: {fault.words}")
                warn(f"{fault.where}: {fault.words}, skipped")
            if not found.trials:
                raise UsageError(f"{path}: no trial record in this file")
            trials += found.trials
            environments |= found.environments
    for name in sorted({t.environment for t in trials} - environments.keys()):
        warn(f"environment {name!r} is not in these files: host and number of PUs are unknown")
        environments[name] = UNKNOWN_ENVIRONMENT
    return trials, _told_apart(environments)


def _told_apart(environments):
    """Machines of one name, as those in a cloud have, are not one machine: these get names that tell more."""
    machines = defaultdict(set)
    for environment in environments.values():
        machines[environment.host].add(environment.machine)
    return {name: e if len(machines[e.host]) == 1 else e._replace(host=e.machine) for name, e in environments.items()}


def whole(trial):
    """The whole record of a trial, from its file."""
    path, offset = trial.source
    try:
        with open(path, "rb") as file:
            file.seek(offset)
            return checks.parsed(file.readline())
    except (OSError, ValueError, RecursionError) as problem:
        raise UsageError(f"{path}: has changed while it was read") from problem


def distribution(latencies):
    """The histogram of an object like `latency_ns` of a whole record: pairs of upper bound in ns, and count."""
    try:
        pairs = [(checks.measure(upper), checks.whole_number(count)) for upper, count in latencies["histogram"]]
    except (KeyError, TypeError, ValueError) as problem:
        raise UsageError(f"not a usable histogram ({checks.describe(problem)})") from problem
    if not pairs or any(a >= b for (a, _), (b, _) in zip(pairs, pairs[1:])):
        raise UsageError("not a usable histogram (bounds do not rise)")
    return pairs


# Files to lines ------------------------------------------------------------------------------------------------------

class _Fault(NamedTuple):
    where: str
    words: str
    fatal: bool


class _Part(NamedTuple):
    """What was found in some lines of a file; line numbers of faults count from the first of them."""

    trials: list
    environments: dict
    faults: list
    lines: int


def _read_file(path):
    try:
        status = os.stat(path)
        if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):  # a pipe cannot be read twice
            raise UsageError(f"{path}: is not a regular file")
        parts = _parts(path, status.st_size)
    except OSError as problem:
        raise UsageError(f"{path}: {problem.strerror}") from problem
    trials, environments, faults, before = [], {}, [], 0
    for part in parts:
        trials += part.trials
        environments |= part.environments
        faults += [_Fault(f"{path}:{before + f.where}", f.words, f.fatal) for f in part.faults]
        before += part.lines
    return _Part(trials, environments, faults, before)


def _parts(path, size):
    processors = len(os.sched_getaffinity(0))
    if size < SHARED_FROM or processors < 2:
        return [_read_part(path, 0, size)]
    bounds = [size * i // processors for i in range(processors + 1)]
    with ProcessPoolExecutor(processors - 1, mp_context=get_context("fork")) as pool:
        others = [pool.submit(_read_part, path, *ends) for ends in zip(bounds[1:], bounds[2:])]
        return [_read_part(path, *bounds[:2]), *(other.result() for other in others)]


def _read_part(path, begin, end):
    """The lines that begin in these bytes of the file."""
    trials, environments, faults, lines = [], {}, [], 0
    known = {}

    def same(value):
        return known.setdefault(value, value)

    with _collector_paused(), open(path, "rb") as file:
        if begin:
            file.seek(begin - 1)
            file.readline()
        offset = file.tell()
        for line in iter(file.readline, b""):
            if offset >= end:
                break
            lines += 1
            try:
                found = _value(line, (path, offset), same)
                if isinstance(found, Trial):
                    trials.append(found)
                elif found is not None:
                    environments[found.facts["id"]] = found
            except _NotARecord as problem:
                faults.append(_Fault(lines, *problem.args))
            offset += len(line)
    return _Part(trials, environments, faults, lines)


class _NotARecord(Exception):
    """What is wrong with a line, and whether the whole file is refused for it."""


# What a writer of this project puts there; anything else is left in, and looked at.
_HISTOGRAM = re.compile(rb'"histogram":\[\[[0-9.,\[\]eE+-]*\]\]')


def _value(line, source, same):
    """The trial or environment of a line, None for an empty one. `same` gives one object for all values that are equal:
    most of a run's trials differ in few fields."""
    if line.isspace():
        return None
    try:
        record = checks.parsed(_HISTOGRAM.sub(b'"histogram":[]', line))
    except UnicodeError as problem:
        raise _NotARecord("not text in UTF-8", False) from problem
    except (ValueError, RecursionError) as problem:
        raise _NotARecord("not a complete JSON object", False) from problem
    if not isinstance(record, dict) or "schema" not in record:
        raise _NotARecord("not a syncbench record", False)
    if record["schema"] != SCHEMA:
        raise _NotARecord(f"schema {record['schema']!r:.60} is unknown, this program reads {SCHEMA!r}", True)
    try:
        return _environment(record) if record["record"] == "environment" else _trial(record, source, same)
    except checks.MALFORMED as problem:
        raise _NotARecord(f"not a usable record ({checks.describe(problem)})", False) from problem


@contextmanager
def _collector_paused():
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


# Lines to values -----------------------------------------------------------------------------------------------------

def _environment(record):
    checks.text(record["id"])
    topology, host = (checks.mapping(record[name]) for name in ("topology", "host"))
    for name in ("system", "build", "calibration"):
        checks.mapping(record.get(name, {}))
    pus = topology.get("pus")
    name = checks.text(host.get("name", "unknown"))
    shape = re.sub(r"\(memory=\d+\)", "", str(topology.get("synthetic", "")))  # what is free at the start differs
    machine = f"{name}, {host.get('cpu', '?')}, {pus} PUs, {shape}"
    return Environment(name, None if pus is None else checks.count(pus), machine, record)


def _trial(record, source, same):
    if record["record"] != "trial":
        raise ValueError(f"record {record['record']!r:.60} is unknown")
    placement, validity, metrics = record["placement"], record["validity"], record.get("metrics", {})
    trial = Trial(
        kind=same(checks.one_of(record["kind"], "throughput", "latency")),
        workload=same(checks.text(record["workload"])),
        implementation=same(checks.text(record["implementation"])),
        family=same(checks.text(record.get("family", "unknown"))),
        standing=record.get("standing"),
        threads=checks.count(record["threads"]),
        roles=same(tuple(sorted((role, checks.whole_number(n)) for role, n in record["roles"].items()))),
        params=same(tuple(sorted((name, checks.parameter(value)) for name, value in record["params"].items()))),
        policy=same(checks.text(placement["policy"])),
        role_order=same(checks.text(placement["roles"])),
        granted=same(tuple(map(checks.whole_number, placement["granted"]))),
        oversubscribed=bool(placement["oversubscribed"]),
        saturated=bool(record.get("saturated", False)),
        window_ns=checks.count(record["window_ns"]),
        repetition=checks.whole_number(record.get("repetition", 0)),
        copy=checks.whole_number(record["copy"]),
        block=checks.whole_number(record["block"]),
        run=same(checks.text(record.get("run", record["environment"]))),
        environment=same(checks.text(record["environment"])),
        build=same(checks.text(record["build"])),
        started_at=same(str(record.get("started_at", ""))),
        verdict=same(checks.one_of(record["verdict"], "ok", "violated", "hang", "skipped")),
        reason=str(record.get("reason", "")),
        doubts=() if validity["ok"] else tuple(map(str, validity["reasons"])) or ("no reason given",),
        operations=checks.whole_number(record.get("operations", 0)),
        items_per_second=_optional(record, "items_per_second"),
        latency_ns=_latency(record),
        metrics={name: checks.number(metrics[name]) for name in METRICS if name in metrics},
        line_ns=_line_ns(record.get("fingerprint", {})),
        source=source,
    )
    _require_measurement(trial)
    return trial


def _require_measurement(trial):
    """A trial that claims to be a measurement has to carry one (a latency trial may have seen no operation at all)."""
    if trial.verdict == "ok" and trial.kind == "throughput" and trial.items_per_second is None:
        raise KeyError("items_per_second")


def _latency(record):
    latency = record.get("latency_ns")
    if latency is None:
        return None
    return {name: checks.measure(latency[name]) for name in LATENCY if name in latency or name == "count"}


def _line_ns(fingerprint):
    """The slower of before and after: a trial during which the machine moved counts as far."""
    return max((checks.measure(value) for value in fingerprint.get("line_ns", ())), default=None)


def _optional(record, name):
    return checks.measure(record[name]) if name in record else None
