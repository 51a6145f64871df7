"""Made-up records for the tests: a small model of a lock that collapses, written as the lines of a result file."""

import json
from random import Random

import pytest
from hypothesis import settings

# Machines that measure are busy, and a test that fails has to fail again.
settings.register_profile("repeatable", derandomize=True, database=None, deadline=None)
settings.load_profile("repeatable")

LATENCIES = {"count": 5000, "min": 10, "sum": 600000.0, "mean": 120.0, "p50": 100, "p90": 200, "p99": 400, "p999": 900,
             "max": 1000, "time_weighted_p50": 1000, "timer_ns": 20.5, "histogram": [[100, 2500], [1000, 2500]]}
STANDINGS = {"none": "control", "atomic/fetch_add": "baseline", "std/mutex": "reference"}
SERIES = {name: value for name, value in LATENCIES.items() if name != "timer_ns"}


def environment(name="run-1", host="box", pus=2):
    return {
        "schema": "syncbench/1", "record": "environment", "id": name,
        "host": {"name": host, "cpu": "made up", "hypervisor": True},
        "topology": {"pus": pus, "cores": pus, "packages": 1, "numa_nodes": 1, "allowed_os": list(range(pus)),
                     "synthetic": "pack:1 core:2 pu:1"},
        "system": {"kernel": "6.1", "smt": False, "timer_slack_ns": 1},
        "build": {"version": "0.1.0", "libraries": {"benchmark": "1.7.1"}},
        "calibration": {"timer_ns": 20.5, "timer_resolution_ns": 1, "work_ns_per_step": 1.1}, "warnings": [],
    }


def trial(implementation="ticket/spin", threads=2, kind="throughput", rate=1e6, latency=None, **changes):
    """One believable trial; `changes` replace whole fields."""
    record = {
        "schema": "syncbench/1", "record": "trial", "environment": "run-1", "run": "run-1", "kind": kind,
        "workload": "counter", "implementation": implementation, "family": implementation.split("/")[0],
        "standing": STANDINGS.get(implementation, "variant"),
        "threads": threads, "roles": {"worker": threads}, "worker_roles": ["worker"] * threads,
        "params": {"critical_ns": 100, "parallel_ns": 500},
        "counting_roles": ["worker"], "together": False, "counts": {"sections": 9000}, "saturated": False,
        "placement": {"policy": "compact", "roles": "interleaved", "granted": [i % 2 for i in range(threads)],
                      "oversubscribed": threads > 2},
        "window_ns": 500_000_000, "warmup_ns": 0, "repetition": 0, "copy": 0, "block": 0, "order": 0, "seed": 7, "duration_s": 0.5, "operations": int(rate / 2),
        "worker_operations": [int(rate / 2 / threads)] * threads, "metrics": {"fairness_jain": 0.99, "cpu_ns_per_operation": 120.0}, "cpu_s": 0.9,
        "voluntary_switches": 3, "involuntary_switches": 0,
        "system_calls": {"futex_waits": 5, "futex_wakes": 4, "yields": 0},
        "span_s": 0.51, "run_delay_s": 0.001, "migrations": 0, "energy_j": 12.5,
        "hardware": {"cycles": 900, "instructions": 800, "cache_misses": 7, "branch_misses": 6, "user_only": False},
        "fingerprint": {"line_ns": [26.0, 27.0], "multiply_ns": [0.9, 0.9], "foreign_cpu": 0.01, "steal": 0.0,
                        "pressure": 0.0},
        "accounting": {"elapsed_s": 0.6, "processors": 2, "busy_s": 1.0, "own_s": 0.99, "steal_s": 0.0,
                       "pressure_s": 0.0, "throttled_periods": 0},
        "verdict": "ok", "reason": "", "validity": {"ok": True, "reasons": []},
        "build": "0.1.0-4-gabc", "command": "syncbench -w counter",
        "started_at": "2024-01-02T03:04:05Z",
    }
    if kind == "throughput":
        record["items_per_second"] = rate
    else:
        record["latency_ns"] = {**LATENCIES, **(latency or {})}
        record["series_ns"] = {"first": SERIES, "runner": [SERIES, SERIES]}
    return {**record, **changes}


def failed(record, verdict="hang", reason="worker 0 waits for the lock"):
    """The same trial with an invariant that did not hold."""
    kept = {k: v for k, v in record.items() if k not in ("items_per_second", "latency_ns", "series_ns")}
    return {**kept, "verdict": verdict, "reason": reason}


def unbelievable(record, reason="foreign CPU 9 %"):
    return {**record, "validity": {"ok": False, "reasons": [reason]}}


def sweep(implementations, threads=(1, 2, 4, 8, 16), repetitions=10, steepness=0.6, seed=1):
    """Throughput and latency trials of a whole run, the environment first."""
    noise = Random(seed)
    lines = [environment()]
    for i, name in enumerate(implementations):
        for n in threads:
            for repetition in range(repetitions):
                rate = (2e7 + 3e6 * i) / n ** (steepness + 0.04 * i) * noise.uniform(0.9, 1.1)
                low = 1e9 * n / rate
                tail = {"p50": low, "p90": 2 * low, "p99": 9 * low, "p999": (40 + 9 * i) * low}
                place = {"repetition": repetition, "block": 100 * n + repetition}
                lines.append(trial(name, n, rate=rate, **place))
                lines.append(trial(name, n, kind="latency", latency=tail, **place))
    return lines


@pytest.fixture
def written(tmp_path):
    """A function that writes records as a result file and gives its path."""
    def write(records, name="counter.jsonl"):
        path = tmp_path / name
        path.write_text("".join(json.dumps(record) + "\n" for record in records))
        return path

    return write
