"""Reads result files: JSON lines in, `Trial` and `Environment` values out.

The record contract is results/README.md. A file may have been cut short (a full disk, a crash of the machine), so a
line that is not a record costs that line and one warning that names it; a file written under another schema is refused
as a whole, because its numbers could mean something else.
"""

import json
import math
from dataclasses import dataclass
from pathlib import Path

from analysis.errors import UsageError

SCHEMA = "syncbench/1"
PERCENTILES = ("p50", "p99", "p999")


@dataclass(frozen=True)
class Environment:
    """What the figures need to know of the machine a trial ran on."""

    host: str
    pus: int | None


UNKNOWN_ENVIRONMENT = Environment("unknown", None)


@dataclass(frozen=True)
class Trial:
    """One line of a result file, reduced to what the analysis uses."""

    kind: str
    workload: str
    implementation: str
    standing: str | None  # what it is to the others; older files do not say
    threads: int
    roles: tuple[tuple[str, int], ...]
    params: tuple[tuple[str, float], ...]
    policy: str
    role_order: str
    granted: tuple[int, ...]
    oversubscribed: bool
    window_ns: int
    copy: int
    block: int
    environment: str
    build: str
    verdict: str
    reason: str
    doubts: tuple[str, ...]
    items_per_second: float | None
    latency_ns: dict | None
    line_ns: float | None


def read(paths, warn):
    """All trials of the files, in order, and the environments by id. `warn` is called with one line a problem."""
    trials, environments = [], {}
    for path in {Path(path).resolve(): path for path in paths}.values():  # a file named twice is read once
        before = len(trials)
        for where, record in _records(Path(path), warn):
            try:
                if record["record"] == "environment":
                    environments[record["id"]] = _environment(record)
                else:
                    trials.append(_trial(record))
            except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as problem:
                warn(f"{where}: not a usable record, skipped ({_describe(problem)})")
        if len(trials) == before:
            raise UsageError(f"{path}: no trial record in this file")
    for name in sorted({t.environment for t in trials} - environments.keys()):
        warn(f"environment {name!r} is not in these files: host and number of PUs are unknown")
        environments[name] = UNKNOWN_ENVIRONMENT
    return trials, environments


def _records(path, warn):
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as problem:
        raise UsageError(f"{path}: {problem.strerror}") from problem
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        try:
            record = json.loads(line, parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            warn(f"{where}: not a complete JSON object, skipped")
            continue
        if not isinstance(record, dict) or "schema" not in record:
            warn(f"{where}: not a syncbench record, skipped")
        elif record["schema"] != SCHEMA:
            raise UsageError(f"{where}: schema {record['schema']!r} is unknown, this program reads {SCHEMA!r}")
        else:
            yield where, record


def _refuse_constant(name):
    raise ValueError(f"{name} is not JSON")


def _environment(record):
    pus = record["topology"].get("pus")
    return Environment(_text(record["host"].get("name", "unknown")), None if pus is None else _count(pus))


def _trial(record):
    if record["record"] != "trial":
        raise ValueError(f"record {record['record']!r} is unknown")
    placement, validity = record["placement"], record["validity"]
    trial = Trial(
        kind=_one_of(record["kind"], "throughput", "latency"),
        workload=_text(record["workload"]),
        implementation=_text(record["implementation"]),
        standing=record.get("standing"),
        threads=_count(record["threads"]),
        roles=tuple(sorted((role, int(n)) for role, n in record["roles"].items())),
        params=tuple(sorted((name, _parameter(value)) for name, value in record["params"].items())),
        policy=_text(placement["policy"]),
        role_order=_text(placement["roles"]),
        granted=tuple(int(pu) for pu in placement["granted"]),
        oversubscribed=bool(placement["oversubscribed"]),
        window_ns=_count(record["window_ns"]),
        copy=int(record["copy"]),
        block=int(record["block"]),
        environment=_text(record["environment"]),
        build=_text(record["build"]),
        verdict=_one_of(record["verdict"], "ok", "violated", "hang", "skipped"),
        reason=record.get("reason", ""),
        doubts=() if validity["ok"] else tuple(validity["reasons"]) or ("no reason given",),
        items_per_second=_optional(record, "items_per_second"),
        latency_ns=_latency(record),
        line_ns=_line_ns(record.get("fingerprint", {})),
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
    return {name: _measure(latency[name]) for name in ("count", *PERCENTILES) if name in latency}


def _line_ns(fingerprint):
    """The slower of before and after: a trial during which the machine moved counts as far."""
    return max((_measure(value) for value in fingerprint.get("line_ns", ())), default=None)


def _optional(record, name):
    return _measure(record[name]) if name in record else None


def _parameter(value):
    return value if isinstance(value, str) else _number(value)


def _number(value):
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError(f"{value!r} is not a finite number")
    return value


def _measure(value):
    if _number(value) < 0:
        raise ValueError(f"{value!r} is negative")
    return value


def _count(value):
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(f"{value!r} is not a count")
    return value


def _text(value):
    if not isinstance(value, str) or not value:
        raise ValueError(f"{value!r} is not a name")
    return value


def _one_of(value, *allowed):
    if value not in allowed:
        raise ValueError(f"{value!r} is none of {', '.join(allowed)}")
    return value


def _describe(problem):
    return f"no field {problem}" if isinstance(problem, KeyError) else str(problem)
