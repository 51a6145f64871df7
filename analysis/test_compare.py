"""`compare` as its users see it: tables, exit status, and which files it refuses to hold together."""

import csv
import io
import json

import pytest

from analysis.cli import main
from analysis.conftest import environment, failed, trial
from analysis.test_comparison import sample, side_by_side


def compared(capsys, *arguments):
    status = main(["compare", *map(str, arguments)])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


@pytest.fixture
def files(written):
    def make(base, new, machine=environment(), other=None):
        return written([machine, *base], "base.jsonl"), written([other or machine, *new], "new.jsonl")

    return make


def test_a_regression_is_exit_1_and_a_line_that_names_it(capsys, files):
    status, out, err = compared(capsys, *files(sample(), sample(0.8e6, seed=2)))
    assert status == 1
    assert "slower" in out and "1 slower." in out
    assert err.startswith("syncbench-analyze: warning: slower: counter ticket/spin 2 threads") and err.count("\n") == 1


@pytest.mark.parametrize("factor", [1, 1.3])
def test_no_change_and_an_improvement_are_exit_0(capsys, files, factor):
    status, _, err = compared(capsys, *files(sample(), sample(factor * 1e6, seed=2)))
    assert (status, err) == (0, "")


def test_something_that_broke_is_exit_1(capsys, files):
    status, out, _ = compared(capsys, *files(sample(), [failed(line) for line in sample()]))
    assert status == 1 and "hang in NEW" in out and "0 (10 hang)" in out


def test_files_of_one_name_are_pairs(capsys, tmp_path):
    """Whatever their runs are called."""
    for folder, lines in zip(("base", "new"), side_by_side(12, 0.9)):
        (tmp_path / folder).mkdir()
        for line in lines:
            line = {**line, "run": f"{folder} {line['run']}"}
            path = tmp_path / folder / line["run"].split()[1]
            path.write_text((path.read_text() if path.exists() else json.dumps(environment()) + "\n") + json.dumps(line) + "\n")
    status, out, _ = compared(capsys, tmp_path / "base", tmp_path / "new", "--paired")
    assert status == 1 and "1 slower." in out and "signed ranks of pairs" in out
    assert compared(capsys, tmp_path / "base", tmp_path / "new")[0] == 0
    status, _, err = compared(capsys, tmp_path / "base" / "000.jsonl", tmp_path / "new" / "001.jsonl", "--paired")
    assert status == 2 and "nothing to pair" in err and err.count("\n") == 1


@pytest.mark.parametrize("form, parse", [("json", json.loads), ("csv", lambda text: list(csv.DictReader(io.StringIO(text))))])
def test_programs_can_read_it(capsys, files, form, parse):
    _, out, _ = compared(capsys, *files(sample(), sample(0.8e6, seed=2)), "--format", form)
    rows = parse(out)["rows"] if form == "json" else parse(out)
    assert rows[0]["verdict"] == "slower" and float(rows[0]["ratio"]) == pytest.approx(0.8, rel=0.03)


def test_all_measures_and_only_the_claims(capsys, files):
    latency = sample(kind="latency")
    slower = sample(kind="latency", latency={"p99": 900})
    status, out, _ = compared(capsys, *files([*sample(), *latency], [*sample(), *slower]), "--measures", "all", "--only", "claims",
                              "--format", "csv")
    assert status == 1
    assert [(row["measure"], row["base"], row["verdict"]) for row in csv.DictReader(io.StringIO(out))] == [("p99", "400.0", "slower")]


def test_the_threshold_and_alpha_can_be_chosen(capsys, files):
    paths = files(sample(), sample(0.92e6, seed=2))
    assert compared(capsys, *paths)[0] == 1
    assert compared(capsys, *paths, "--threshold", "10%")[0] == 0
    assert compared(capsys, *paths, "--alpha", "0.000001")[0] == 0


def test_two_machines_are_refused_unless_asked_for(capsys, files):
    paths = files(sample(), sample(environment="run-2"), other=environment("run-2", host="other"))
    status, out, err = compared(capsys, *paths)
    assert (status, out) == (2, "") and "two machines (box, " in err and "--across" in err
    assert compared(capsys, *paths, "--across")[0] == 0


def test_free_memory_does_not_make_another_machine(capsys, files):
    def with_memory(name, amount):
        machine = environment(name)
        machine["topology"]["synthetic"] = f"pack:1 [NUMANode(memory={amount})] core:2 pu:1"
        return machine

    paths = files(sample(), sample(environment="run-2"), with_memory("run-1", 1000), with_memory("run-2", 2000))
    assert compared(capsys, *paths)[0] == 0


def test_other_flags_are_named(capsys, files):
    def built(name, flags):
        machine = environment(name)
        machine["build"]["flags"] = flags
        return machine

    paths = files(sample(), sample(environment="run-2"), built("run-1", "-O3"), built("run-2", "-O2"))
    status, _, err = compared(capsys, *paths)
    assert status == 0 and "differ in flags: -O3 and -O2" in err


def test_a_side_of_two_builds_is_refused(capsys, files):
    status, _, err = compared(capsys, *files([*sample(), *sample(build="x")], sample()))
    assert status == 2 and "2 builds (0.1.0-4-gabc; x), and one is wanted" in err


def test_folders_are_sides_of_many_files(capsys, written, tmp_path):
    for side, factor in (("base", 1), ("new", 0.8)):
        (tmp_path / side).mkdir()
        for i in range(6):
            written([environment(), *sample(factor * 1e6, seed=i, run=f"{side}-{i}")], f"{side}/{i}.jsonl")
    status, out, _ = compared(capsys, tmp_path / "base", tmp_path / "new")
    assert status == 1 and " 6 " in out
    (tmp_path / "empty").mkdir()
    assert "no *.jsonl" in compared(capsys, tmp_path / "empty", tmp_path / "new")[2]


def test_the_calibration_beside_the_files_is_used_and_named(capsys, files, tmp_path):
    base, new = files(sample(), sample(0.9e6, seed=2))
    twice = tmp_path / "aa.jsonl"
    twice.write_text("".join(json.dumps(line) + "\n" for line in [environment(), *sample(run="a"), *sample(0.7e6, run="b", seed=5)]))
    assert main(["calibrate", str(twice), "-o", str(tmp_path / "calibration.json")]) == 0
    capsys.readouterr()
    status, out, _ = compared(capsys, base, new)
    assert status == 0 and "calibration.json" in out


def test_a_calibration_of_another_machine_is_refused_or_passed_over_where_nobody_named_it(capsys, files, tmp_path):
    path = tmp_path / "calibration.json"
    path.write_text('{"schema": "syncbench-calibration/1", "machine": "elsewhere", "points": []}')
    sides = files(sample(), sample())
    status, out, err = compared(capsys, *sides)
    assert (status, "calibration.json" in out) == (0, False) and "is of another machine (elsewhere), and does not count" in err
    status, out, err = compared(capsys, *sides, "--calibration", path)
    assert (status, out) == (2, "") and err.endswith("is of another machine (elsewhere)\n")


def test_each_row_tells_the_threshold_that_it_was_judged_by(capsys, files, tmp_path):
    sides = files(sample(), sample(0.9e6, seed=2))
    place = {"workload": "counter", "policy": "compact", "role_order": "interleaved", "split": "", "window": "500ms",
             "kind": "throughput", "params": {"critical_ns": 100, "parallel_ns": 500}, "implementation": "ticket/spin"}
    for threads, known, threshold in ((2, 1, 0.5), (4, 0, 0.03)):
        floors = {"schema": "syncbench-calibration/1", "machine": "box, made up, 2 PUs, pack:1 core:2 pu:1",
                  "points": [{**place, "threads": threads, "measure": "throughput", "floor": 0.5}]}
        (tmp_path / "calibration.json").write_text(json.dumps(floors))
        _, out, _ = compared(capsys, *sides, "--format", "json")
        assert [row["threshold"] for row in json.loads(out)["rows"]] == [threshold]
        assert f"has a noise floor for {known} of 1 rows" in out


def test_a_gate_that_has_nothing_to_judge_does_not_pass(capsys, files):
    status, out, err = compared(capsys, *files(sample(), sample(seed=2)), "--measures", "p99,max")
    assert (status, out) == (2, "") and "only throughput trials are in both, which carry no p99 or max" in err


def test_points_that_only_one_side_has_are_named(capsys, files):
    _, out, _ = compared(capsys, *files([*sample(), *sample(threads=4)], sample()))
    assert "Only in BASE: counter ticket/spin 4 threads" in out


@pytest.mark.parametrize("arguments, words", [
    (["--measures", "speed"], "'speed' is none of throughput"),
    (["--threshold", "5"], "'5' is no percentage"),
    (["--threshold", "nan%"], "'nan%' is no percentage"),
    (["--alpha", "2"], "'2' is not between 0 and 1"),
    (["--calibration", "nowhere.json"], "nowhere.json: No such file"),
])
def test_bad_options_are_one_line_and_exit_2(capsys, files, arguments, words):
    try:
        status, _, err = compared(capsys, *files(sample(), sample()), *arguments)
    except SystemExit as end:
        status, err = end.code, capsys.readouterr().err
    assert (status, err.count("\n")) == (2, 1) and words in err


def test_hostile_names_do_not_reach_the_output(capsys, files):
    paths = files(sample(name="<script>\x1b[2J|\\input"), sample(name="<script>\x1b[2J|\\input"))
    for form in ("console", "markdown", "json", "csv", "latex"):
        _, out, _ = compared(capsys, *paths, "--format", form)
        assert "\x1b" not in out
        assert form in ("console", "json", "csv") or "<script>" not in out
        assert form != "latex" or "\\input" not in out
