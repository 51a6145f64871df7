"""results/schema.json: what it accepts, and above all what it refuses."""

import json
from copy import deepcopy
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from analysis.conftest import LATENCIES, environment, failed, trial, unbelievable

RESULTS = Path(__file__).resolve().parent.parent / "results"
SCHEMA = json.loads((RESULTS / "schema.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA)
EXAMPLES = sorted((RESULTS / "example").glob("*.jsonl"))


def without(record, name):
    return {k: v for k, v in record.items() if k != name}


def test_the_schema_is_a_schema():
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("record", [
    environment(),
    {**environment(), "host": {}, "system": {}, "build": {}, "calibration": {}},
    trial(),
    trial(kind="latency"),
    without(trial(kind="latency"), "latency_ns"),
    failed(trial()),
    failed(trial(kind="latency"), "violated"),
    without(failed(trial(), "skipped"), "operations"),
    unbelievable(trial()),
    without(without(trial(), "reason"), "fingerprint"),
    trial(rate=0),
    trial(copy=1),
    trial(params={"critical_ns": 1.5, "waiters": "hot", "capacity": 5}),
    trial(placement={"policy": "none", "roles": "grouped", "granted": [], "oversubscribed": False}),
])
def test_accepts(record):
    VALIDATOR.validate(record)


def reject(name, record, path):
    return pytest.param(record, path, id=name)


@pytest.mark.parametrize("record, path", [
    reject("another schema", {**trial(), "schema": "syncbench/2"}, "$.schema"),
    reject("another record", {**trial(), "record": "note"}, "$.record"),
    reject("a field of ours that does not exist", {**trial(), "speed": 1}, "$"),
    reject("a latency trial with a rate", {**trial(kind="latency"), "items_per_second": 1.0}, "$.items_per_second"),
    reject("a throughput trial with latencies", {**without(trial(kind="latency"), "series_ns"), **trial(rate=2)},
           "$.latency_ns"),
    reject("a throughput trial with series", {**trial(), "series_ns": trial(kind="latency")["series_ns"]}, "$.series_ns"),
    reject("violated with series", {**failed(trial(kind="latency"), "violated"), "series_ns": {"first": [LATENCIES]}},
           "$.series_ns"),
    reject("a time in words", trial(params={"gap_ns": "long"}), "$.params.gap_ns"),
    reject("a choice of two words", trial(params={"waiters": "very hot"}), "$.params.waiters"),
    reject("a count in words", trial(counts={"sections": "many"}), "$.counts.sections"),
    reject("a counter of the processor that we do not read", trial(hardware={"user_only": True, "stalls": 1}),
           "$.hardware"),
    reject("system calls of which some are missing", trial(system_calls={"futex_waits": 1, "yields": 1}), "$.system_calls"),
    reject("ok without rate", without(trial(), "items_per_second"), "$"),
    reject("ok without operations", without(trial(), "operations"), "$"),
    reject("ok without duration", without(trial(), "duration_s"), "$"),
    reject("ok without the workers' counts", without(trial(), "worker_operations"), "$"),
    reject("ok with a reason", {**trial(), "reason": "but"}, "$.reason"),
    reject("hang with a rate", {**failed(trial()), "items_per_second": 1.0}, "$.items_per_second"),
    reject("violated with latencies",
           {**without(trial(kind="latency"), "series_ns"), "verdict": "violated", "reason": "x"}, "$.latency_ns"),
    reject("hang without reason", without(failed(trial()), "reason"), "$"),
    reject("skipped with an empty reason", failed(trial(), "skipped", ""), "$.reason"),
    reject("doubt without a reason", trial(validity={"ok": False, "reasons": []}), "$.validity.reasons"),
    reject("reason without doubt", trial(validity={"ok": True, "reasons": ["x"]}), "$.validity.reasons"),
    reject("no threads", trial(threads=1) | {"threads": 0}, "$.threads"),
    reject("half a thread", trial() | {"threads": 1.5}, "$.threads"),
    reject("an endless number", trial(params={"critical_ns": float("inf")}), "$.params.critical_ns"),
    reject("a parameter in words", trial(params={"critical_ns": "100ns"}), "$.params.critical_ns"),
    reject("a metric in words", trial(metrics={"jain": "high"}), "$.metrics.jain"),
    reject("a negative rate", trial(rate=2) | {"items_per_second": -1}, "$.items_per_second"),
    reject("no window", trial(duration_s=0), "$.duration_s"),
    reject("a third copy", trial(copy=2), "$.copy"),
    reject("a fingerprint of one side", trial(fingerprint={"line_ns": [26.0]}), "$.fingerprint.line_ns"),
    reject("a share above all", trial(fingerprint={"steal": 1.5}), "$.fingerprint.steal"),
    reject("local time", trial(started_at="2024-01-02 03:04:05"), "$.started_at"),
    reject("a machine without processors", {**environment(), "topology": {"pus": 0}}, "$.topology.pus"),
    reject("a nested setting", {**environment(), "system": {"smt": {"active": True}}}, "$.system.smt"),
    reject("an environment with trial fields", {**environment(), "threads": 2}, "$"),
])
def test_refuses(record, path):
    """The path makes sure that it is refused for the planted fault and not for another."""
    assert [error.json_path for error in VALIDATOR.iter_errors(record)] == [path]


WHOLE = [environment(), trial(), trial(kind="latency")]
OPTIONAL = {  # what a run may be unable to measure; inside host, system, build, params and metrics all is optional
    "reason", "standing", "metrics", "cpu_s", "voluntary_switches", "involuntary_switches", "fingerprint", "latency_ns", "line_ns",
    "multiply_ns", "foreign_cpu", "steal", "timer_ns", "work_ns_per_step", "cores", "packages", "numa_nodes",
    "allowed_os", "synthetic", "p50", "p90", "p99", "p999", "timer_resolution_ns", "counting_roles", "together", "counts",
    "saturated", "series_ns", "sum", "time_weighted_p50", "system_calls", "span_s", "run_delay_s", "migrations",
    "hardware", "cycles", "instructions", "cache_misses", "branch_misses", "energy_j", "pressure", "accounting",
    "processors", "busy_s", "own_s", "steal_s", "pressure_s", "throttled_periods"}
OPEN = {"host", "system", "build", "libraries", "params", "metrics", "counts", "series_ns", "roles"}


def places(value, path=()):
    """Where each value of a record is, from the outside in."""
    if path:
        yield path
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield from places(value[key], (*path, key))


def at(record, path):
    for key in path:
        record = record[key]
    return record


def changed(record, path, change):
    """A copy of the record in which `change` was applied to what holds the value at `path`."""
    record = deepcopy(record)
    change(at(record, path[:-1]), path[-1])
    return record


def accepted(record, paths, change):
    return [path for path in paths if VALIDATOR.is_valid(changed(record, path, change))]


def inside_open(path):
    return bool(OPEN & set(path[:-1])) and path[0] != "placement"


@pytest.mark.parametrize("record", WHOLE, ids=["environment", "throughput", "latency"])
class TestEveryPlaceOfARecord:
    """One fault at a time, at each place that can have it; what is accepted in spite of it is listed."""

    def test_has_a_value(self, record):
        assert accepted(record, places(record), lambda holder, key: holder.__setitem__(key, None)) == []

    def test_is_needed_unless_it_may_be_unmeasured(self, record):
        fields = [p for p in places(record) if isinstance(p[-1], str) and not inside_open(p) and p[-1] not in OPTIONAL]
        assert accepted(record, fields, lambda holder, key: holder.__delitem__(key)) == []

    def test_has_no_unknown_neighbours(self, record):
        fields = [p for p in places(record) if isinstance(p[-1], str) and not inside_open(p)]
        assert accepted(record, fields, lambda holder, key: holder.__setitem__("surprise", 1)) == []

    def test_is_not_negative_unless_it_is_a_setting_or_a_metric(self, record):
        numbers = [p for p in places(record) if type(at(record, p)) in (int, float)]
        numbers = [p for p in numbers if p[0] not in ("system", "params", "metrics")]
        assert accepted(record, numbers, lambda holder, key: holder.__setitem__(key, -1)) == []

    def test_is_whole_where_it_counts(self, record):
        measured = {"system", "params", "metrics", "calibration", "fingerprint", "duration_s", "items_per_second",
                    "cpu_s", "span_s", "run_delay_s", "energy_j", "accounting", "counts"}
        counts = [p for p in places(record) if type(at(record, p)) is int and p[0] not in measured]
        counts = [p for p in counts if p[0] not in ("latency_ns", "series_ns") or p[-1] == "count" or p[-2:-1] and type(p[-2]) is int and p[-1] == 1]
        assert accepted(record, counts, lambda holder, key: holder.__setitem__(key, 1.5)) == []

    def test_is_not_zero_where_nothing_would_be_there(self, record):
        something = {"threads", "pus", "cores", "packages", "numa_nodes", "count", "duration_s", "timer_ns",
                     "work_ns_per_step"}
        chosen = [p for p in places(record) if p[-1] in something or "line_ns" in p[:-1] or "multiply_ns" in p[:-1]]
        chosen += [p for p in places(record) if "histogram" in p and len(p) == 4 and p[-1] == 1]
        assert accepted(record, chosen, lambda holder, key: holder.__setitem__(key, 0)) == []

    def test_is_not_empty(self, record):
        may_be = {"reason", "synthetic", "metrics", "params", "system", "host", "calibration", "fingerprint",
                  "warnings", "granted", "reasons"} | ({"build"} if record["record"] == "environment" else set())
        filled = [p for p in places(record) if isinstance(at(record, p), (str, list, dict))]
        filled = [p for p in filled if p[-1] not in may_be and not inside_open(p)]
        assert accepted(record, filled, lambda holder, key: holder.__setitem__(key, type(holder[key])())) == []


@pytest.mark.parametrize("record, path", [
    reject("what is no record", [], "$"),
    reject("a trial that does not say its schema", without(trial(), "schema"), "$"),
    reject("an environment that does not say what it is", without(environment(), "record"), "$"),
    reject("an endless metric", trial(metrics={"depth": float("-inf")}), "$.metrics.depth"),
    reject("a bucket of three", trial(kind="latency", latency={"histogram": [[1, 2, 3]]}), "$.latency_ns.histogram[0]"),
    reject("a doubtful doubt", trial(validity={"ok": "perhaps", "reasons": ["x"]}), "$.validity.ok"),
    reject("a name of two words", trial(workload="two words"), "$.workload"),
    reject("a metric of two words", trial(metrics={"two words": 1}), "$.metrics"),
    reject("an unknown kind", trial() | {"kind": "both"}, "$.kind"),
    reject("an unknown verdict", failed(trial(), "fine"), "$.verdict"),
    reject("an unknown layout", trial(placement={**trial()["placement"], "roles": "mixed"}), "$.placement.roles"),
    reject("a machine without a name", {**environment(), "host": {"name": ""}}, "$.host.name"),
    reject("a processor twice", {**environment(), "topology": {"pus": 2, "allowed_os": [0, 0]}},
           "$.topology.allowed_os"),
    reject("three sides", trial(fingerprint={"line_ns": [1, 2, 3]}), "$.fingerprint.line_ns"),
    reject("a share above all", trial(fingerprint={"foreign_cpu": 1.5}), "$.fingerprint.foreign_cpu"),
    reject("a warning without words", {**environment(), "warnings": [""]}, "$.warnings[0]"),
    reject("a doubt without words", trial(validity={"ok": False, "reasons": [""]}), "$.validity.reasons[0]"),
])
def test_refuses_values_that_no_runner_writes(record, path):
    assert path in [error.json_path for error in VALIDATOR.iter_errors(record)]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_every_line_of_the_example_is_valid_and_consistent(path):
    records = [json.loads(line, parse_constant=pytest.fail) for line in path.read_text().splitlines()]
    known = {r["id"] for r in records if r["record"] == "environment"}
    for record in records:
        VALIDATOR.validate(record)
        if record["record"] == "trial":
            assert record["environment"] in known
            assert_consistent(record)


def assert_consistent(record):
    """What a schema cannot say."""
    assert sum(record["roles"].values()) == len(record["worker_roles"]) == record["threads"]
    if record["verdict"] != "ok":
        return
    assert len(record["worker_operations"]) == record["threads"]
    assert record["operations"] <= sum(record["worker_operations"])
    if "items_per_second" in record:
        assert record["items_per_second"] == pytest.approx(record["operations"] / record["duration_s"])
    if latency := record.get("latency_ns"):
        assert sum(count for _, count in latency["histogram"]) == latency["count"]
        steps = [latency[name] for name in ("min", "p50", "p90", "p99", "p999")]
        assert steps == sorted(steps)
