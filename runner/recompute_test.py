"""Each number of a record follows from the raw counts beside it: real records are recomputed from their JSON alone.

SYNCBENCH names the binary. The formulas are written down here a second time, from results/README.md; what is derived
by one program only is believed by that program only.
"""

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

SYNCBENCH = Path(os.environ.get("SYNCBENCH", "build/bin/syncbench")).resolve()
RUN = ["--duration", "30ms", "--warmup", "2ms", "-r", "1", "--no-plot", "--latency", "all", "-q"]
RUNS = {
    "a lock": ["-w", "counter", "-i", "spin,futex,std", "-t", "1,3"],
    "two roles": ["-w", "prodcons", "-i", "ticket,std", "--set", "producers=1", "--set", "consumers=2"],
    "series, some of them by order": ["-w", "starting-gun", "-i", "futex,std", "-t", "4"],
    "operations of all together": ["-w", "group-photo", "-i", "spin,std", "-t", "2"],
    "arrivals on time": ["-w", "permits", "-i", "futex", "-t", "2", "--rate", "2000", "--critical", "1us"],
    "more arrivals than can be served": ["-w", "permits", "-i", "spin", "-t", "2", "--rate", "1000000", "--critical", "1ms"],
}  # fmt: skip


@pytest.fixture(scope="module")
def trials(tmp_path_factory):
    """All finished trials of all runs."""
    folder, found = tmp_path_factory.mktemp("runs"), []
    for number, arguments in enumerate(RUNS.values()):
        out = folder / f"{number}.jsonl"
        done = subprocess.run([SYNCBENCH, *arguments, *RUN, "-o", out], cwd=folder, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        found += [json.loads(line) for line in out.read_text().splitlines()]
    return [record for record in found if record["record"] == "trial" and record["verdict"] == "ok"]


def by_role(trial):
    """Operations of the workers, role by role."""
    pairs = list(zip(trial["worker_roles"], trial["worker_operations"]))
    return [[count for r, count in pairs if r == role] for role in trial["roles"] if trial["roles"][role]]


def ratio(part, whole):
    return part / whole if whole > 0 else None


def jain(counts):
    return ratio(sum(counts) ** 2, len(counts) * sum(c * c for c in counts))


def dice(counts):
    """The share of the busier half; of an odd number the one in the middle counts half."""
    if len(counts) < 2:
        return None
    ordered = sorted(counts, reverse=True)
    half = sum(ordered[: len(ordered) // 2]) + (ordered[len(ordered) // 2] / 2 if len(ordered) % 2 else 0)
    return ratio(half, sum(ordered))


def worst_role(trial, index, worst):
    values = [value for value in map(index, by_role(trial)) if value is not None]
    return worst(values) if values else None


def per_operation(trial, amount):
    return None if amount is None else ratio(amount, trial["operations"])


def per_operation_around(trial, amount):
    """What was read around the window counts the operations of the longer time."""
    return None if amount is None else ratio(amount, trial["operations"] * trial["span_s"] / trial["duration_s"])


def metrics_of(trial):
    counts, calls, hardware = trial.get("counts", {}), trial["system_calls"], trial.get("hardware", {})
    duration, delay, migrations = trial["duration_s"], trial.get("run_delay_s"), trial.get("migrations")
    joules = trial.get("energy_j")
    return {
        "fairness_jain": worst_role(trial, jain, min),
        "share_least_most": worst_role(trial, lambda c: ratio(min(c), max(c)), min),
        "fairness_dice": worst_role(trial, dice, max),
        "longest_streak": counts.get("longest_streak"),
        "handovers_per_1000": ratio(1000 * counts["handovers"], counts["sections"]) if "handovers" in counts else None,
        "cpu_ns_per_operation": per_operation(trial, trial["cpu_s"] * 1e9),
        "cpus_used": trial["cpu_s"] / duration,
        "voluntary_switches_per_operation": per_operation(trial, trial["voluntary_switches"]),
        "involuntary_switches_per_second": trial["involuntary_switches"] / duration,
        "futex_calls_per_operation": per_operation(trial, calls["futex_waits"] + calls["futex_wakes"]),
        "yields_per_operation": per_operation(trial, calls["yields"]),
        "overlap_share": None if delay is None else max(0, 1 - delay / duration),
        "migrations_per_second": None if migrations is None else migrations / trial["span_s"],
        "cycles_per_operation": per_operation_around(trial, hardware.get("cycles")),
        "instructions_per_cycle": ratio(hardware["instructions"], hardware["cycles"])
                                  if {"instructions", "cycles"} <= hardware.keys() else None,
        "cache_misses_per_operation": per_operation_around(trial, hardware.get("cache_misses")),
        "energy_nj_per_operation": per_operation_around(trial, None if joules is None else joules * 1e9),
    }  # fmt: skip


def operations_of(trial):
    counting = [n for role, n in zip(trial["worker_roles"], trial["worker_operations"]) if role in trial["counting_roles"]]
    return min(counting) if trial["together"] else sum(counting)


def saturated(trial):
    left, begun = trial["counts"]["backlog_end"], trial["counts"]["arrivals"]
    return left > 2 * trial["threads"] and left > 0.05 * (left + begun)


SHARES = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p999": 0.999}


def percentile(histogram, share):
    """The least bound that so many values do not exceed."""
    wanted, seen = max(1, share * sum(count for _, count in histogram)), 0
    for bound, count in histogram:
        seen += count
        if seen >= wanted * (1 - 1e-9):
            return bound
    raise AssertionError("more than all")


def latencies_of(latency):
    """Everything but count, min, max, sum and the buckets themselves."""
    histogram, count = latency["histogram"], sum(count for _, count in latency["histogram"])
    time = sum(bound * count for bound, count in histogram)
    half = next(i for i in range(1, len(histogram) + 1) if 2 * sum(b * c for b, c in histogram[:i]) >= time)
    derived = {"count": count, "mean": latency["sum"] / count,
               "time_weighted_p50": min(histogram[half - 1][0], latency["max"])}  # fmt: skip
    for name, share in SHARES.items():
        if count * (1 - share) >= 1 - 1e-9:
            derived[name] = min(percentile(histogram, share), latency["max"])
    return derived


def all_latencies(trial):
    yield from [trial["latency_ns"]] if "latency_ns" in trial else []
    for series in trial.get("series_ns", {}).values():
        yield from series if isinstance(series, list) else [series]


def differing(recomputed, recorded):
    """Names whose two values differ, and names that only one side has."""
    expected = {name: value for name, value in recomputed.items() if value is not None}
    return {name: (expected.get(name), recorded.get(name)) for name in expected.keys() | recorded.keys()
            if name not in expected or name not in recorded
            or not math.isclose(expected[name], recorded[name], rel_tol=1e-9, abs_tol=1e-12)}  # fmt: skip


def test_the_runs_show_what_there_is_to_recompute(trials):
    """Otherwise the tests below might hold for want of anything to hold for."""
    assert {trial["kind"] for trial in trials} == {"throughput", "latency"}
    assert {trial["saturated"] for trial in trials if "saturated" in trial} == {False, True}
    assert any(len(trial["counting_roles"]) < len(trial["roles"]) for trial in trials)
    assert any(isinstance(series, list) for trial in trials for series in trial.get("series_ns", {}).values())
    shown = {name for trial in trials for name in trial["metrics"]}
    assert {"fairness_dice", "longest_streak", "handovers_per_1000", "futex_calls_per_operation"} <= shown


def test_operations_and_rates_follow_from_the_workers_counts(trials):
    for trial in trials:
        assert trial["operations"] == operations_of(trial)
        if trial["kind"] == "throughput":
            assert trial["items_per_second"] == pytest.approx(trial["operations"] / trial["duration_s"], rel=1e-9)


def test_every_metric_follows_from_the_counts_of_its_record(trials):
    for trial in trials:
        assert differing(metrics_of(trial), trial["metrics"]) == {}


def test_every_percentile_follows_from_its_histogram(trials):
    seen = 0
    for trial in trials:
        for latency in all_latencies(trial):
            raw = {"min", "max", "sum", "histogram", "timer_ns"}
            recorded = {name: value for name, value in latency.items() if name not in raw}
            assert differing(latencies_of(latency), recorded) == {}
            bounds = [bound for bound, _ in latency["histogram"]]
            assert bounds == sorted(set(bounds))
            assert latency["min"] <= bounds[0] and latency["max"] <= bounds[-1], "the ends lie in the outer buckets"
            assert latency["sum"] <= sum(bound * count for bound, count in latency["histogram"]) <= 1.016 * latency["sum"]
            seen += 1
    assert seen > 20


def test_whether_a_trial_was_saturated_follows_from_its_arrivals(trials):
    for trial in trials:
        assert ("saturated" in trial) == ("arrivals" in trial.get("counts", {}))
        if "saturated" in trial:
            assert trial["saturated"] == saturated(trial)


def test_the_shares_that_others_took_follow_from_seconds(trials):
    for trial in trials:
        raw, shares = trial["accounting"], trial["fingerprint"]
        capacity = raw["elapsed_s"] * raw.get("processors", 0)
        expected = {}
        if "busy_s" in raw:
            expected["foreign_cpu"] = min(1, max(0, (raw["busy_s"] - raw["own_s"]) / capacity))
        if "steal_s" in raw:
            expected["steal"] = min(1, raw["steal_s"] / capacity)
        if "pressure_s" in raw:
            expected["pressure"] = min(1, raw["pressure_s"] / raw["elapsed_s"])
        assert differing(expected, {name: shares[name] for name in shares if not name.endswith("_ns")}) == {}


def test_a_record_holds_no_number_that_nobody_recomputes(trials):
    """A new field is raw, and then listed here, or derived, and then recomputed above."""
    raw = {"threads", "roles", "params", "placement", "window_ns", "warmup_ns", "repetition", "copy", "block", "order",
           "seed", "duration_s", "worker_operations", "counts", "cpu_s", "voluntary_switches", "involuntary_switches",
           "system_calls", "span_s", "run_delay_s", "migrations", "hardware", "energy_j", "accounting"}  # fmt: skip
    derived = {"operations", "items_per_second", "metrics", "latency_ns", "series_ns", "saturated", "together", "fingerprint"}
    words = {"schema", "record", "environment", "run", "kind", "workload", "implementation", "family", "standing", "worker_roles",
             "counting_roles", "verdict", "reason", "validity", "build", "command", "started_at"}  # fmt: skip
    for trial in trials:
        assert trial.keys() <= raw | derived | words


if __name__ == "__main__":
    sys.exit(pytest.main([__file__]))
