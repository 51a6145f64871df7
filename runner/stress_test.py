"""The stress suite as a user runs it: healthy implementations stay silent in every mode, planted bugs are found, told
and replayed, interrupted runs keep what is finished, and bad input is one line.

SYNCBENCH names the binary. Times are short: how much is found in how little time is for `--mutants` to say.
"""

import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

SYNCBENCH = Path(os.environ.get("SYNCBENCH", "build/bin/syncbench")).resolve()


def run(*arguments, **options):
    return subprocess.run(
        [SYNCBENCH, *map(str, arguments)], capture_output=True, text=True, timeout=300, check=False, **options
    )


def lines_of(text):
    return [json.loads(line) for line in text.splitlines()]


def children_of(process):
    found = subprocess.run(["pgrep", "-P", str(process)], capture_output=True, text=True, check=False).stdout.split()
    return [int(one) for one in found]


@pytest.fixture(scope="module")
def everything():
    """All representatives in every mode, with little time each."""
    result = run("--stress", "plain,faulty,scheduled", "--stress-time", "40s", "--seed", "7", "--format", "jsonl", "-q")
    return result, lines_of(result.stdout)


def test_nothing_healthy_is_blamed(everything):
    result, lines = everything
    blamed = [line for line in lines if line["outcome"] not in ("passed", "unsupported")]
    assert not blamed, json.dumps(blamed[0], indent=1)
    assert result.returncode == 0 and result.stderr == ""
    for primitive in ("mutex", "recursive-mutex", "semaphore", "event", "condition", "barrier", "breakable-barrier"):
        for family in ("spin", "ticket", "futex", "condvar"):
            modes = {line["mode"] for line in lines if line["primitive"] == primitive and line["family"] == family}
            assert modes == {"plain", "faulty", "scheduled"}, (primitive, family, modes)


def test_every_cell_says_how_much_was_run(everything):
    for line in everything[1]:
        assert line["schema"] == "syncbench-stress/1"
        if line["outcome"] == "unsupported":
            assert line["implementation"].startswith(("std/", "posix/")) and "platform" in line["reason"]
            continue
        assert line["runs"] > 0 and line["rules"]
        if line["mode"] == "scheduled":
            assert line["complete_bound"] >= 1 or line["everything"]
        else:
            assert line["excluded_at_95"] == pytest.approx(3 / line["runs"])


def test_races_are_centred_and_disturbed_places_told(everything):
    lines = everything[1]
    races = [line["race"] for line in lines if line["mode"] == "plain" and "race" in line]
    even = [one for one in races if 0.2 < one["first_won"] / (one["first_won"] + one["second_won"]) < 0.8]
    assert len(even) > len(races) / 2, races
    points = [point for line in lines for point in line.get("points", [])]
    assert any(point["injected"] for point in points)
    assert {"mutex/ticket_lock.hpp", "semaphore/count_semaphore.hpp"} <= {point["file"] for point in points}


def test_a_known_bad_semaphore_is_run_only_by_name():
    result = run("--stress", "plain", "--stress-time", "1s", "-i", "std/*", "--set", "on=semaphore", "--format", "jsonl")
    assert result.returncode == 2 or all("counting" not in line["implementation"] for line in lines_of(result.stdout))


def test_workloads_run_in_every_mode():
    result = run(
        "--stress", "-w", "prodcons,counter", "-i", "futex", "--stress-time", "6s", "--format", "jsonl", "-q", "--seed", "3"
    )
    lines = lines_of(result.stdout)
    assert result.returncode == 0, result.stdout + result.stderr
    assert {line["mode"] for line in lines} == {"plain", "faulty", "scheduled"}
    assert all(line["outcome"] == "passed" and line["runs"] > 0 for line in lines)


def test_a_workload_without_synchronization_is_caught():
    result = run("--stress", "plain", "-w", "counter", "-i", "none", "--stress-time", "5s", "-q")
    assert result.returncode == 1 and "FORBIDDEN" in result.stdout


@pytest.fixture(scope="module")
def mutant_failures(tmp_path_factory):
    path = tmp_path_factory.mktemp("mutants") / "kills.jsonl"
    result = run("--mutants", "--impl", "futex/woken-without-mark,spin/tests-then-sets,workload/*", "-o", path, "-q")
    return result, lines_of(path.read_text())


def test_mutants_are_killed_and_their_twins_are_not(mutant_failures):
    result, lines = mutant_failures
    assert result.returncode == 0, result.stdout
    assert "nothing healthy was blamed" in result.stdout
    for name in ("futex/woken-without-mark", "spin/tests-then-sets"):
        # On real threads that nobody disturbs it is a matter of luck, and of what else runs on this machine.
        killed = {line["mode"] for line in lines if line["subject"] == name and line["killed"]}
        assert {"faulty", "scheduled"} <= killed <= {"plain", "faulty", "scheduled"}


def test_a_lost_wake_up_is_called_one_and_a_circle_is_told(mutant_failures):
    lines = mutant_failures[1]
    kinds = {line.get("kind") for line in lines if line["subject"] == "futex/woken-without-mark" and line["killed"]}
    assert "LOST_WAKEUP" in kinds
    reasons = [line["reason"] for line in lines if line["killed"] and line["subject"] == "workload/lock-order-reversed"]
    assert reasons and all(re.search(r"thread \d holds lock \d and waits for lock \d", one) for one in reasons)


def test_a_replay_string_fails_the_same_way_a_hundred_times(mutant_failures):
    replay = next(line["replay"] for line in mutant_failures[1] if line.get("replay"))
    runs = [run("--replay", replay) for _ in range(100)]
    assert {one.returncode for one in runs} == {1}
    assert len({one.stdout for one in runs}) == 1
    assert re.search(r"thread \d  \S+\.hpp:\d+  (compare-exchange|exchange|store|load)", runs[0].stdout)


def test_an_interrupted_run_keeps_finished_cells_and_leaves_no_process(tmp_path):
    path = tmp_path / "stress.jsonl"
    with subprocess.Popen(
        [SYNCBENCH, "--stress", "plain", "--stress-time", "60s", "-o", path, "-q"], stdout=subprocess.PIPE
    ) as process:
        while not path.exists() or path.read_text().count("\n") < 4:
            time.sleep(0.05)
        cells = children_of(process.pid)
        process.send_signal(signal.SIGINT)
        process.wait(20)
        assert process.returncode == 130
        assert b"primitive" in process.stdout.read()
    assert len(lines_of(path.read_text())) >= 4
    assert cells and not any(Path(f"/proc/{cell}").exists() for cell in cells)


def test_a_killed_child_is_a_crash_and_the_others_go_on(tmp_path):
    path = tmp_path / "stress.jsonl"
    with subprocess.Popen(
        [SYNCBENCH, "--stress", "plain", "-i", "ticket/park", "--stress-time", "6s", "-o", path, "-q"],
        stdout=subprocess.DEVNULL,
    ) as process:
        while not children_of(process.pid):
            time.sleep(0.01)
        os.kill(children_of(process.pid)[0], signal.SIGKILL)
        process.wait(60)
    outcomes = [line["outcome"] for line in lines_of(path.read_text())]
    assert outcomes.count("CRASH") == 1 and outcomes.count("passed") == len(outcomes) - 1 > 3


def test_a_full_disk_is_told_and_ends_the_run():
    result = run("--stress", "plain", "-i", "ticket/park", "--stress-time", "2s", "-o", "/dev/full", "-q")
    assert result.returncode == 3 and result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["--stress", "often"],
        ["--stress", "plain,,faulty"],
        ["--stress", "--stress-time", "5"],
        ["--stress", "--stress-time", "-5s"],
        ["--stress", "-i", "tickit/park"],
        ["--stress", "--set", "on=mutexes"],
        ["--stress", "--set", "capacity=3"],
        ["--stress", "scheduled", "-i", "std"],
        ["--stress", "--format", "csv"],
        ["--stress", "--resume"],
        ["--stress", "-w", "prodcon"],
        ["--stress", "-t", "4"],
        ["--mutants", "-i", "futex/unheard-of"],
        ["--replay", "mutex"],
        ["--replay", "mutex:ticket/park:exclusion:3:arm:"],
        ["--replay", "mutex:ticket/park:exclusion:9:sc:"],
        ["--replay", "mutex:std/mutex:exclusion:2:sc:"],
    ],
)
def test_bad_input_is_one_line(arguments):
    result = run(*arguments)
    assert result.returncode == 2, result.stdout
    assert result.stdout == "" and result.stderr.count("\n") == 1, result.stderr
