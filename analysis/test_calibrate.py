"""`calibrate` as its users see it: what a table and JSON say of made-up pairs, and what is refused."""

import json

import pytest

from analysis.cli import main
from analysis.conftest import environment, failed, trial


def calibrated(capsys, *arguments):
    status = main(["calibrate", *map(str, arguments)])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def pair(block, first, again, name="std/mutex", threads=2):
    return [trial(name, threads, rate=first, block=block), trial(name, threads, rate=again, block=block, copy=1)]


def pairs(*rates, **changes):
    return [line for block, (first, again) in enumerate(rates) for line in pair(block, first, again, **changes)]


EIGHT = pairs((1e6, 1.01e6), (2e6, 2e6), (1e6, 0.98e6), (1e6, 1e6), (4e6, 4.08e6), (1e6, 1e6), (1e6, 0.99e6), (1e6, 1.03e6))


def test_the_ratio_is_taken_inside_blocks_and_has_an_interval(capsys, written):
    status, out, err = calibrated(capsys, written([environment(), *EIGHT]), "--format", "json")
    assert (status, err) == (0, "")
    (floor,) = json.loads(out)["points"]
    assert (floor["workload"], floor["implementation"], floor["threads"]) == ("counter", "std/mutex", 2)
    assert (floor["params"], floor["placement"]) == ({"critical_ns": 100, "parallel_ns": 500}, "compact")
    assert (floor["pairs"], floor["trials"]) == (8, 16)
    assert floor["ratio"]["median"] == pytest.approx(1)
    assert (floor["ratio"]["low"], floor["ratio"]["high"]) == (pytest.approx(0.98), pytest.approx(1.03))
    assert floor["ratio"]["coverage"] >= 0.95


def test_the_spread_is_that_of_single_trials(capsys, written):
    _, out, _ = calibrated(capsys, written([environment(), *pairs((90, 110), (110, 90))]), "--format", "json")
    assert json.loads(out)["points"][0]["cv"] == pytest.approx(20 / 3**0.5 / 100)


def test_the_table_has_a_row_for_each_point_and_marks_what_rests_on_few_pairs(capsys, written):
    lines = [environment(), *EIGHT, *pairs((1e6, 2e6), threads=4)]
    status, out, _ = calibrated(capsys, written(lines))
    heading, two, four, _, note = out.splitlines()
    assert status == 0 and heading.split()[:3] == ["workload", "threads", "setting"]
    assert "0.980 .. 1.030 " in two and "*" not in two and two.split()[:2] == ["counter", "2"]
    assert "2.000 .. 2.000 *" in four
    assert note.startswith("* fewer than six pairs")


def test_several_files_are_pooled_only_as_far_as_they_may_be(capsys, written):
    other = [{**line, "environment": "run-2", "build": "0.2.0"} for line in EIGHT]
    first = written([environment(), *EIGHT], "a.jsonl")
    second = written([environment("run-2"), *other], "b.jsonl")
    _, out, _ = calibrated(capsys, first, second, first)
    assert out.count("\ncounter") == 2 and "build=0.2.0" in out
    again = written([environment("run-2"), *({**line, "environment": "run-2"} for line in EIGHT)], "c.jsonl")
    _, out, _ = calibrated(capsys, first, again, "--format", "json")
    assert [floor["pairs"] for floor in json.loads(out)["points"]] == [16], "the same block of another run is another block"


def test_a_pair_near_and_far_is_no_pair(capsys, written):
    lines = [environment(), *pair(0, 1e6, 1e6), *pair(1, 1e6, 5e5)]
    lines[-1]["fingerprint"] = {**lines[-1]["fingerprint"], "line_ns": [160.0, 160.0]}
    _, out, _ = calibrated(capsys, written(lines), "--format", "json")
    assert json.loads(out)["points"][0]["pairs"] == 1


@pytest.mark.parametrize("lines, words", [
    ([trial("std/mutex"), trial("ticket/spin")], "nowhere measured twice"),
    ([failed(line) for line in EIGHT], "no pair of which both"),
    ([EIGHT[0], {**EIGHT[1], "block": 7}], "no pair of which both"),
])
def test_files_without_pairs_are_refused_in_one_line(capsys, written, lines, words):
    path = written([environment(), *lines])
    status, out, err = calibrated(capsys, written([environment(), *EIGHT], "good.jsonl") if "nowhere" in words else path, path)
    assert (status, out) == (2, "")
    assert err.count("\n") == 1 and str(path) in err and words in err
