"""Every workload over every family, at several thread counts, on every primitive that it can be played on: one real run
with windows of some milliseconds, whose every verdict must be ok; once on all processors, once on one, once at a rate.

SYNCBENCH names the binary. Nothing here looks at how fast anything is.
"""

import json
import os
import re
import subprocess
from pathlib import Path

import jsonschema
import pytest

SYNCBENCH = Path(os.environ.get("SYNCBENCH", "build/bin/syncbench")).resolve()
SOURCE = Path(__file__).resolve().parent.parent
VALIDATOR = jsonschema.Draft202012Validator(json.loads((SOURCE / "results" / "schema.json").read_text()))
QUICK = ["--warmup", "2ms", "-r", "1", "--no-plot", "-q"]
FIRST = min(os.sched_getaffinity(0))


def run(*arguments, cwd=None, prefix=()):
    return subprocess.run(
        [*prefix, SYNCBENCH, *map(str, arguments)], cwd=cwd, capture_output=True, text=True, timeout=500, check=False
    )


def trials_of(path):
    lines = [json.loads(line) for line in Path(path).read_text().splitlines()]
    return [line for line in lines if line["record"] == "trial"]


def workloads():
    listed = run("--list", "workloads").stdout.splitlines()[1:]
    return [line.split()[0] for line in listed]


def primitives_of(workload):
    """The words of the parameter `on`, as --describe prints them; one None where there is none."""
    about = run("--describe", workload).stdout
    found = re.search(r"^ +on +default .*: (.+)$", about, re.MULTILINE)
    return found.group(1).split(", ") if found else [None]


def has_rate(workload):
    return re.search(r"^ +rate +default", run("--describe", workload).stdout, re.MULTILINE) is not None


CASES = [(workload, on) for workload in workloads() for on in primitives_of(workload)]


def check(trials):
    assert trials
    for trial in trials:
        VALIDATOR.validate(trial)
        where = (trial["workload"], trial["implementation"], trial["threads"], trial["kind"], trial["params"])
        assert trial["verdict"] == "ok", (where, trial["verdict"], trial["reason"])
        assert trial["operations"] > 0, where


@pytest.mark.parametrize(("workload", "on"), CASES)
@pytest.mark.parametrize("prefix", [(), ("taskset", "-c", str(FIRST))], ids=["all processors", "one processor"])
def test_every_family_keeps_every_invariant(workload, on, prefix, tmp_path):
    played_on = ["--set", f"on={on}"] if on else []
    threads = "1,2,4,8" if not prefix else "1,2,4"
    done = run("-w", workload, "-t", threads, *played_on, *QUICK, "--duration", "10ms", "-o", "out.jsonl", cwd=tmp_path, prefix=prefix)
    assert done.returncode == 0, done.stdout + done.stderr
    trials = trials_of(tmp_path / "out.jsonl")
    check(trials)
    assert {"spin", "ticket", "futex", "condvar"} <= {trial["family"] for trial in trials}
    assert {2, 4} <= {trial["threads"] for trial in trials}


@pytest.mark.parametrize("workload", [workload for workload in workloads() if has_rate(workload)])
def test_a_rate_is_kept_or_reported_as_saturation(workload, tmp_path):
    done = run(
        "-w", workload, "-t", "4", "-i", "futex", "--rate", "2000,1000000000", *QUICK, "--duration", "60ms", "-o", "out.jsonl",
        cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    trials = trials_of(tmp_path / "out.jsonl")
    check(trials)
    for trial in trials:
        assert trial["counts"]["arrivals"] > 0
        if trial["params"]["rate"] == 1_000_000_000:
            assert trial["saturated"], "nothing does a thousand million operations a second"
    assert "saturated" in done.stdout


@pytest.mark.parametrize("workload", workloads())
def test_no_baseline_is_a_failure(workload, tmp_path):
    """One thread has nobody to race with, so that not even the control may break anything there."""
    done = run("-w", workload, "-t", "2", "-i", "ticket", "--baselines", *QUICK, "--duration", "10ms", "-o", "out.jsonl", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    check(trials_of(tmp_path / "out.jsonl"))


@pytest.mark.parametrize("workload", workloads())
def test_every_control_is_caught(workload, tmp_path):
    """A workload that never fails proves nothing."""
    verdicts = []
    for _ in range(20):
        done = run("-w", workload, "-t", "4", "-i", "none", *QUICK, "--duration", "10ms", "--latency", "off", "-o", "out.jsonl", cwd=tmp_path)
        verdicts.append(done.returncode)
        if done.returncode == 1:
            return
    pytest.fail(f"exit codes {verdicts}")
