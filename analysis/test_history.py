"""A history: nothing that was added is ever lost, nothing that was not added is in it, and what it says is so."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pytest

from analysis import history, history_index, load
from analysis.cli import main
from analysis.conftest import environment, failed, trial, unbelievable
from analysis.errors import UsageError

ROOT = Path(__file__).resolve().parent.parent
MACHINE = "box, made up, 2 PUs, pack:1"


def point(rate, name="ticket/spin", threads=2, **more):
    return {"workload": "counter", "policy": "compact", "role_order": "interleaved", "split": "", "window": "500ms", "kind": "throughput",
            "params": {"critical_ns": 100}, "implementation": name, "threads": threads, "values": {"throughput": [rate, rate * 0.99, rate * 1.01, 7]}, **more}


def record(number, points, machine=MACHINE, toolchain="g++, -O3"):
    return {"schema": history.SCHEMA, "machine": machine, "run": f"run-{number}", "started_at": f"2026-01-01T{number // 60:02d}:{number % 60:02d}:00Z",
            "build": f"build-{number}", "toolchain": toolchain, "points": points}


def runs(rates, seed=1, noise=0.02, machine=MACHINE, **changes):
    rng = Random(seed)
    return [record(i, [point(rate * rng.lognormvariate(0, noise), **changes)], machine) for i, rate in enumerate(rates)]


@pytest.fixture
def store(tmp_path):
    def fill(records):
        for one in records:
            history.add(tmp_path / "store", one, pytest.fail)
        return tmp_path / "store"

    return fill


def called(capsys, *arguments):
    try:
        status = main(["history", *map(str, arguments)])
    except SystemExit as end:
        status = end.code
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def only_file(folder):
    (path,) = folder.glob("*.jsonl")
    return path


def values(folder, **options):
    return [[value.value for value in one.values] for one in history_index.series(folder, pytest.fail, **options)]


# Adding


def test_runs_of_a_result_file_are_added_once(capsys, written, tmp_path):
    lines = [environment(), *(trial(rate=r, block=i) for i, r in enumerate((1e6, 2e6, 3e6))), trial(kind="latency"), failed(trial("mcs/spin"))]
    path = written(lines)
    status, out, err = called(capsys, "add", path, "--store", tmp_path / "s")
    assert (status, err) == (0, "") and out == "run-1: added (3 points, build 0.1.0-4-gabc)\n"
    assert called(capsys, "add", path, "--store", tmp_path / "s")[1].startswith("run-1: is there already")
    found = {(one.place.implementation, one.measure.name): one.values for one in history_index.series(tmp_path / "s", pytest.fail)}
    assert found["ticket/spin", "throughput"][0].value == 2e6
    assert found["ticket/spin", "p99"][0].value == 400
    assert (found["mcs/spin", "throughput"][0].value, found["mcs/spin", "throughput"][0].broken) == (None, "hang")


def test_the_same_run_with_other_numbers_is_refused(store):
    folder = store(runs([1e6]))
    with pytest.raises(UsageError, match="'run-0' is there with other numbers"):
        history.add(folder, record(0, [point(9e6)]), pytest.fail)
    assert only_file(folder).read_bytes().count(b"\n") == 1


def test_machines_have_files_of_their_own_whatever_they_are_called(store):
    hostile = ["../../etc/passwd, x", "<script>, x", "", "a/b, x", "A, x", "a, x"]
    folder = store([record(0, [point(1e6)], machine=name) for name in hostile])
    assert len(list(folder.glob("*.jsonl"))) == len(hostile)
    assert {path.parent for path in folder.rglob("*")} == {folder}


def test_eight_adds_at_once_lose_nothing(tmp_path):
    program = ("import sys; from analysis.test_history import *\n"
               "for i in range(8): history.add(sys.argv[1], record(int(sys.argv[2]) * 100 + i, [point(1e6)] * 50), print)")
    adders = [subprocess.Popen([sys.executable, "-c", program, str(tmp_path / "s"), str(n)], cwd=ROOT) for n in range(8)]
    assert [adder.wait(60) for adder in adders] == [0] * 8
    lines = only_file(tmp_path / "s").read_text().splitlines()
    assert len({json.loads(line)["run"] for line in lines}) == 64


def test_a_line_cut_at_any_byte_costs_that_run_alone_and_the_next_add_heals_it(store, tmp_path):
    folder = store(runs([1e6, 2e6]))
    path = only_file(folder)
    content = path.read_bytes()
    first = content.index(b"\n") + 1
    for cut in range(first + 1, len(content), 13):
        path.write_bytes(content[:cut])
        warnings = []
        assert len(history_index.series(folder, warnings.append)[0].values) == 1
        assert len(warnings) == 1 and "cut short" in warnings[0]
        assert history.add(folder, json.loads(content[first:]), warnings.append)
        assert path.read_bytes() == content


def test_an_add_that_is_killed_leaves_a_whole_history(tmp_path):
    program = ("import sys; from analysis.test_history import *\n"
               "for i in range(100000): history.add(sys.argv[1], record(i, [point(1e6)] * 200), print)")
    for attempt in range(3):
        folder = tmp_path / str(attempt)
        adder = subprocess.Popen([sys.executable, "-c", program, str(folder)], cwd=ROOT)
        while not (folder.is_dir() and list(folder.glob("*.jsonl"))):
            time.sleep(0.02)
        time.sleep(0.1 + 0.05 * attempt)
        adder.send_signal(signal.SIGKILL)
        adder.wait()
        history_index.series(folder, lambda line: None)
        assert history.add(folder, record(999_999 % 1000, [point(2e6)], toolchain="later"), lambda line: None)
        history_index.series(folder, pytest.fail)


def test_a_full_disk_leaves_no_half_line(store):
    folder = store(runs([1e6]))
    before = only_file(folder).read_bytes()
    program = ("import resource, signal, sys; from analysis.test_history import *\n"
               "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
               f"resource.setrlimit(resource.RLIMIT_FSIZE, ({len(before)} + 100, {len(before)} + 100))\n"
               "history.add(sys.argv[1], record(5, [point(1e6)] * 50), print)")
    run = subprocess.run([sys.executable, "-c", program, str(folder)], cwd=ROOT, capture_output=True, text=True)
    assert "UsageError" in run.stderr and "File too large" in run.stderr
    assert only_file(folder).read_bytes() == before


# The index


def test_the_index_follows_what_is_added_and_can_be_deleted(store):
    folder = store(runs([1e6, 2e6], noise=0))
    assert values(folder) == [[1e6, 2e6]]
    store([record(2, [point(3e6)])])
    assert values(folder) == [[1e6, 2e6, 3e6]]
    (folder / history_index.INDEX).unlink()
    assert values(folder) == [[1e6, 2e6, 3e6]]


@pytest.mark.parametrize("damage", [
    lambda path: path.write_bytes(b"no database at all" * 300),
    lambda path: path.write_bytes(path.read_bytes()[:5000]),
    lambda path: path.write_bytes(path.read_bytes()[:4096] + os.urandom(len(path.read_bytes()) - 4096)),
    lambda path: sqlite3.connect(path).execute("PRAGMA user_version = 99").connection.close(),
    lambda path: path.write_bytes(b""),
])
def test_a_damaged_index_is_made_again(store, damage):
    folder = store(runs([1e6, 2e6], noise=0))
    assert values(folder) == [[1e6, 2e6]]
    damage(folder / history_index.INDEX)
    assert values(folder) == [[1e6, 2e6]]
    assert values(folder) == [[1e6, 2e6]]


def test_an_index_of_lines_that_were_changed_by_hand_is_made_again(store):
    folder = store(runs([1e6, 2e6], noise=0))
    values(folder)
    path = only_file(folder)
    path.write_text(path.read_text().replace("[1000000.0,990000.0,1010000.0", "[7000000.0,7000000.0,7000000.0"))
    assert values(folder) == [[7e6, 2e6]]
    path.write_text(path.read_text().splitlines(keepends=True)[1])
    assert values(folder) == [[2e6]]


@pytest.mark.parametrize("line, words", [
    (b"{broken", "not a run of a history"), (b"[]", "not a run of a history"), (b"\xff\xfe", "not a run of a history"),
    (b'{"schema": "syncbench-history/9"}', "schema 'syncbench-history/9' is unknown"), (b"[" * 100000, "not a run of a history"),
    (json.dumps(record(9, [point(1e6)])).replace("1000000.0", "NaN").encode(), "NaN is not JSON"),
    (json.dumps(record(9, [point(1e6)])).replace("1000000.0", "1e999").encode(), "not a finite number"),
    (json.dumps(record(9, [{"workload": "x"}])).encode(), "no field"),
])
def test_a_bad_line_is_named_and_loses_nothing_else(capsys, store, line, words):
    folder = store(runs([1e6, 2e6], noise=0))
    path = only_file(folder)
    first, second = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + line + b"\n" + second)
    before = path.read_bytes()
    for _ in range(2):  # an index made from a part of it must not hide it the next time
        status, out, err = called(capsys, "check", "--store", folder)
        assert (status, out) == (2, "") and f"{path}:2: " in err and words in err and err.count("\n") == 1
        status, out, err = called(capsys, "show", "--store", folder, "--salvage")
        assert status == 0 and f"{path}:2: " in err
    assert path.read_bytes() == before


def test_a_record_says_what_its_trials_were(written, tmp_path):
    def roles(one, **split):
        return one | {"roles": split, "worker_roles": [name for name, n in split.items() for _ in range(n)], "threads": 4}

    lines = [environment(), *(unbelievable(trial(block=i)) for i in range(3)), failed(trial(block=3)),
             roles(trial("queue"), producer=1, consumer=3)]
    trials, environments = load.read([written(lines)], pytest.fail)
    (found,) = history.lines_of(trials, environments)
    spin, queue = sorted(found["points"], key=lambda one: one["implementation"], reverse=True)
    assert (spin["disturbed"], spin["broken"], spin["line_ns"], spin["processors"]) == (True, "hang", 27.0, "0,1")
    assert (queue["split"], spin["split"], "broken" in queue, "disturbed" in queue) == ("3 consumer,1 producer", "", False, False)


def test_a_run_that_two_branches_had_counts_once_and_other_numbers_are_named(capsys, store):
    folder = store(runs([1e6, 2e6], noise=0))
    path = only_file(folder)
    first, second = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + second + first)
    assert values(folder) == [[1e6, 2e6]]
    path.write_bytes(first + second + first.replace(b"build-0", b"build-9"))
    status, _, err = called(capsys, "check", "--store", folder)
    assert status == 2 and f"{path}:3: " in err and "'run-0' is there with other numbers" in err


@pytest.mark.parametrize("more", [
    {"values": {"throughput": [1, 2]}}, {"values": {"throughput": [1, 2, 3, 1]}}, {"params": {"a": [1]}}, {"params": {"a": 10**400}},
    {"params": []}, {"values": []}, {"broken": 7}, {"line_ns": "x"}, {"threads": "many"}])
def test_a_point_that_is_none_is_named_and_taken_in_no_part(capsys, store, more):
    folder = store([record(0, [point(1e6), point(1e6, threads=3, **more) if "threads" not in more else point(1e6, **more)]), *runs([1e6] * 3)[1:]])
    status, _, err = called(capsys, "check", "--store", folder)
    assert status == 2 and f"{only_file(folder)}:1: not a run of a history" in err
    assert [len(one.values) for one in history_index.series(folder, lambda line: None, salvage=True)] == [2]


def test_a_number_of_runs_that_is_none_is_told_so(capsys, store):
    status, _, err = called(capsys, "check", "--store", store(runs([1e6])), "--last", "0")
    assert status == 2 and "'0' is not a number from 1 to 10000" in err
