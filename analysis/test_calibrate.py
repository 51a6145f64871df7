"""`calibrate` as its users see it: equal things are compared, and what compare makes of them is told."""

import json

import pytest

from analysis import calibration
from analysis.cli import main
from analysis.conftest import environment, failed, trial


def calibrated(capsys, *arguments):
    status = main(["calibrate", *map(str, arguments)])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def run(name, rates, **changes):
    """A run of one point."""
    return [trial("std/mutex", rate=rate, block=i, repetition=i, run=name, **changes) for i, rate in enumerate(rates)]


EIGHT = [1e6, 1.01e6, 1.02e6, 0.99e6, 1e6, 1.03e6, 0.98e6, 1e6]
SLOW = [0.9 * rate for rate in EIGHT]


def floors(path):
    return {key[1]: value for key, value in calibration.read(path).floors.items()}


def test_two_runs_of_one_build_differ_by_the_floor(capsys, written, tmp_path):
    path, saved = written([environment(), *run("a", EIGHT), *run("b", SLOW)]), tmp_path / "calibration.json"
    status, out, err = calibrated(capsys, path, "-o", saved)
    assert (status, err) == (0, "")
    assert "1 pairs of runs" in out and "1 of 1 rows, in 1 of 1 tables" in out
    assert floors(saved) == {"throughput": pytest.approx(1 / 0.9 - 1)}


def test_the_reference_measured_again_is_compared_with_itself(capsys, written, tmp_path):
    again = run("a", SLOW, copy=1)
    calibrated(capsys, written([environment(), *run("a", EIGHT), *again]), "-o", tmp_path / "c.json")
    record = json.loads((tmp_path / "c.json").read_text())
    assert record["compared"] == {"A/A pairs": 1, "halves of a run": calibration.HALVINGS}
    assert floors(tmp_path / "c.json")["throughput"] == pytest.approx(1 / 0.9 - 1)


def test_one_run_is_halved_and_said_to_be_one(capsys, written):
    status, out, _ = calibrated(capsys, written([environment(), *run("a", EIGHT)]))
    assert status == 0 and "10 halves of a run" in out and "One run" in out


def test_more_pairs_of_runs_than_anybody_needs_are_sampled(capsys, written, tmp_path):
    runs = [line for i in range(12) for line in run(f"r{i}", EIGHT[:4])]
    calibrated(capsys, written([environment(), *runs]), "-o", tmp_path / "c.json")
    assert json.loads((tmp_path / "c.json").read_text())["compared"] == {"pairs of runs": calibration.MOST_PAIRS}


def test_a_floor_of_many_comparisons_is_what_most_stay_below():
    many = calibration.Floor(None, "throughput", (1.01,) * 99 + (3.0,))
    few = calibration.Floor(None, "throughput", (0.5, 1.0))
    assert (many.value, few.value) == (pytest.approx(0.01), pytest.approx(1.0))


def test_what_is_written_is_read_again_for_every_place(capsys, written, tmp_path):
    lines = [line for n in (1, 2) for line in [*run("a", EIGHT, threads=n), *run("b", EIGHT, threads=n)]]
    calibrated(capsys, written([environment(), *lines]), "-o", tmp_path / "c.json", "--measures", "throughput,cpu,jain")
    found = calibration.read(tmp_path / "c.json").floors
    assert sorted((place.threads, measure) for place, measure in found) == [
        (n, measure) for n in (1, 2) for measure in ("cpu", "jain", "throughput")]


@pytest.mark.parametrize("lines, words", [
    ([trial("std/mutex")], "nothing in these files was measured twice"),
    ([failed(line) for line in run("a", EIGHT)], "nothing in these files was measured twice"),
    ([*run("a", EIGHT), *run("b", EIGHT, build="other")], "2 builds (0.1.0-4-gabc; other), and one is wanted"),
])
def test_files_that_hold_nothing_equal_are_refused_in_one_line(capsys, written, lines, words):
    status, out, err = calibrated(capsys, written([environment(), *lines]))
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert words in err


@pytest.mark.parametrize("content, words", [
    (b"", "no calibration"), (b"[]", "no calibration"), (b"\xff\xfe", "no calibration"), (b'{"schema": "syncbench-calibration/9"}', "unknown"),
    (b'{"schema": "syncbench-calibration/1", "machine": "m", "points": [{"floor": NaN, "measure": "jain"}]}', "no calibration"),
])
def test_a_damaged_calibration_is_refused(capsys, written, tmp_path, content, words):
    path = written([environment(), *run("a", EIGHT)])
    (tmp_path / "c.json").write_bytes(content)
    status = main(["compare", str(path), str(path), "--calibration", str(tmp_path / "c.json")])
    err = capsys.readouterr().err
    assert status == 2 and words in err and "c.json" in err


def test_rows_that_could_make_no_claim_are_no_proof_of_its_absence(capsys, written):
    status, out, _ = calibrated(capsys, written([environment(), *run("a", EIGHT[:6])]))
    assert status == 0
    assert "0 of 0 rows, in 0 of 0 tables" in out and "Not counted: 10 rows of too few values for any claim." in out


def test_a_run_of_two_repetitions_has_one_pair_of_halves(capsys, written):
    _, out, _ = calibrated(capsys, written([environment(), *run("a", EIGHT[:2])]))
    assert "Compared: 1 halves of a run." in out
