"""results/schema.json: what it accepts, and above all what it refuses."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from analysis.conftest import environment, failed, trial, unbelievable

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
    reject("a throughput trial with latencies", {**trial(kind="latency"), **trial(rate=2)}, "$.latency_ns"),
    reject("ok without rate", without(trial(), "items_per_second"), "$"),
    reject("ok without operations", without(trial(), "operations"), "$"),
    reject("ok without duration", without(trial(), "duration_s"), "$"),
    reject("ok without the workers' counts", without(trial(), "worker_operations"), "$"),
    reject("ok with a reason", {**trial(), "reason": "but"}, "$.reason"),
    reject("hang with a rate", {**failed(trial()), "items_per_second": 1.0}, "$.items_per_second"),
    reject("violated with latencies", {**trial(kind="latency"), "verdict": "violated", "reason": "x"}, "$.latency_ns"),
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


@pytest.mark.parametrize("name", [
    "environment", "run", "kind", "workload", "implementation", "threads", "roles", "params", "placement", "copy", "block",
    "seed", "verdict", "validity", "build", "command"])
def test_refuses_a_trial_without_a_field_that_is_always_there(name):
    assert not VALIDATOR.is_valid(without(trial(), name))


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
