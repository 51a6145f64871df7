"""Reading files that are whole, cut short, corrupted, foreign or missing."""

import json
import os

import pytest

from analysis import load, points
from analysis.conftest import environment, failed, trial, unbelievable
from analysis.errors import UsageError
from analysis.load import read


def read_with_warnings(*paths):
    warnings = []
    trials, environments = read(paths, warnings.append, salvage=True)
    return trials, environments, warnings


def test_reads_both_kinds_of_line(written):
    path = written([environment(), trial(threads=4), trial(kind="latency")])
    (fast, slow), environments, warnings = read_with_warnings(path)
    assert (fast.threads, fast.items_per_second, fast.latency_ns) == (4, 1e6, None)
    assert (slow.items_per_second, slow.latency_ns["p999"]) == (None, 900)
    assert (environments["run-1"].host, environments["run-1"].pus) == ("box", 2)
    assert warnings == []


def test_the_slower_of_the_two_fingerprints_counts(written):
    (found,), _, _ = read_with_warnings(written([environment(), trial(fingerprint={"line_ns": [26, 170]})]))
    assert found.line_ns == 170


def test_verdicts_and_doubts_are_kept(written):
    (hung, doubted), _, _ = read_with_warnings(written([environment(), failed(trial()), unbelievable(trial())]))
    assert (hung.verdict, hung.doubts) == ("hang", ())
    assert (doubted.verdict, doubted.doubts) == ("ok", ("foreign CPU 9 %",))


@pytest.mark.parametrize("line, words", [
    ('{"schema":"syncbench/1","record":"tri', "not a complete JSON object"),
    ("\x00\x00\x00", "not a complete JSON object"),
    ("[" * 100000, "not a complete JSON object"),
    (json.dumps(trial()).replace("1000000.0", "NaN"), "not a complete JSON object"),
    ("[1, 2]", "not a syncbench record"),
    ('{"name": "BM_lock"}', "not a syncbench record"),
    (json.dumps(trial() | {"record": "note"}), "'note'"),
    (json.dumps({k: v for k, v in trial().items() if k != "placement"}), "no field 'placement'"),
    (json.dumps({k: v for k, v in trial().items() if k != "items_per_second"}), "no field 'items_per_second'"),
    (json.dumps(trial() | {"threads": "four"}), "'four'"),
    (json.dumps(trial() | {"threads": True}), "True"),
    (json.dumps(trial()).replace("1000000.0", "1e999"), "inf"),
    (json.dumps(trial()).replace("1000000.0", "-1"), "negative"),
    (json.dumps(trial()).replace("1000000.0", "1" + "0" * 400), "not a usable record"),
    (json.dumps(trial() | {"roles": []}), "not a usable record"),
    (json.dumps(trial() | {"verdict": "fine"}), "'fine'"),
    (json.dumps(environment("run-2") | {"topology": {"pus": 0}}), "0 is not a count"),
])
def test_a_bad_line_costs_that_line_and_one_warning_that_names_it(written, line, words):
    path = written([environment(), trial()])
    path.write_text(path.read_text() + line + "\n" + json.dumps(trial(threads=4)) + "\n")
    trials, _, warnings = read_with_warnings(path)
    assert [t.threads for t in trials] == [2, 4]
    assert len(warnings) == 1
    assert warnings[0].startswith(f"{path}:3: ")
    assert words in warnings[0]


def test_a_truncated_last_line_is_such_a_line(written):
    path = written([environment(), trial(), trial()])
    path.write_bytes(path.read_bytes()[:-40])
    trials, _, warnings = read_with_warnings(path)
    assert len(trials) == 1
    assert warnings == [f"{path}:3: not a complete JSON object, skipped"]


def test_another_schema_is_refused_with_its_line(written):
    path = written([environment(), trial(), trial() | {"schema": "syncbench/2"}])
    with pytest.raises(UsageError, match=r"counter.jsonl:3: schema 'syncbench/2' is unknown"):
        read_with_warnings(path)


@pytest.mark.parametrize("records", [[], [environment()]])
def test_a_file_without_trials_is_refused(written, records):
    path = written(records)
    with pytest.raises(UsageError, match="no trial record"):
        read_with_warnings(written([environment(), trial()], "good.jsonl"), path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    for path, words in ((tmp_path / "nothing.jsonl", "No such file"), (tmp_path, "Is a directory")):
        with pytest.raises(UsageError, match=words):
            read_with_warnings(path)


def test_a_trial_whose_environment_was_lost_is_read_with_a_warning(written):
    trials, environments, warnings = read_with_warnings(written([trial(), trial()]))
    assert len(trials) == 2
    assert environments["run-1"].pus is None
    assert len(warnings) == 1 and "run-1" in warnings[0]


def test_a_file_named_twice_is_read_once(written):
    path = written([environment(), trial()])
    other = path.with_name("link.jsonl")
    other.symlink_to(path)
    trials, _, _ = read_with_warnings(path, other)
    assert len(trials) == 1


@pytest.mark.parametrize("damage, line, words", [
    (lambda text: text[:-40], 3, "not a complete JSON object"),
    (lambda text: text.replace("1000000.0", "NaN", 1), 2, "not a complete JSON object"),
    (lambda text: "\n\n" + text[:-40], 5, "not a complete JSON object"),
])
def test_without_salvage_the_first_bad_line_ends_it(written, damage, line, words):
    path = written([environment(), trial(), trial()])
    path.write_text(damage(path.read_text()))
    with pytest.raises(UsageError, match=rf"counter.jsonl:{line}: {words}$"):
        read([path], pytest.fail)


def test_what_is_not_text_is_named(written):
    path = written([environment(), trial()])
    path.write_bytes(path.read_bytes() + b'{"schema": "\xff\xfe"}\n')
    with pytest.raises(UsageError, match="counter.jsonl:3: not text in UTF-8"):
        read([path], pytest.fail)


def test_a_large_file_is_read_by_several_processes_and_says_the_same(written, monkeypatch):
    records = [environment()] + [trial(threads=n, kind=kind) for n in range(1, 40) for kind in ("throughput", "latency")]
    path = written(records)
    lines = path.read_text().splitlines()
    lines[50] = "{broken"
    path.write_text("\n".join(lines) + "\n")
    alone = read_with_warnings(path)
    monkeypatch.setattr(load, "SHARED_FROM", 1)
    monkeypatch.setattr(load.os, "sched_getaffinity", lambda pid: range(3))
    assert read_with_warnings(path) == alone
    assert alone[2] == [f"{path}:51: not a complete JSON object, skipped"]


def test_every_way_to_cut_a_file_in_parts_gives_each_line_once(written):
    path = written([environment(), trial(), trial(threads=4), trial(kind="latency")])
    size = path.stat().st_size
    for cut in range(0, size, 7):
        parts = [load._read_part(str(path), *ends) for ends in ((0, cut), (cut, size))]
        assert [t.threads for part in parts for t in part.trials] == [2, 4, 2]
        assert sum(part.lines for part in parts) == 4


def test_the_rest_of_a_record_is_read_from_the_file(written):
    path = written([environment(), trial(), trial(kind="latency")])
    _, slow = read([path], pytest.fail)[0]
    assert "histogram" not in slow.latency_ns
    assert load.whole(slow) == json.loads(path.read_text().splitlines()[2])
    assert load.distribution(load.whole(slow)["latency_ns"]) == [(100, 2500), (1000, 2500)]
    path.write_text("")
    with pytest.raises(UsageError, match="has changed while it was read"):
        load.whole(slow)


@pytest.mark.parametrize("histogram", [None, [], [[1]], [["a", 1]], [[1, -1]], [[2, 1], [1, 1]], [[1, 1.5]], "x"])
def test_a_histogram_that_is_none_is_refused(histogram):
    with pytest.raises(UsageError, match="not a usable histogram"):
        load.distribution({"histogram": histogram})


@pytest.mark.parametrize("text", ['[[1,2],[', '[[1,2]],"x":[[1,2]]', '[["a",1]]'])
def test_a_histogram_is_only_cut_out_if_it_is_one(text):
    line = f'{{"histogram":{text}}}'.encode()
    cut = load._HISTOGRAM.sub(b'"histogram":[]', line)
    assert cut == line or json.loads(cut) == {"histogram": [], "x": [[1, 2]]}


def test_half_a_character_is_no_text(written):
    path = written([environment(), trial(build="\ud800")])
    with pytest.raises(UsageError, match=":2: not text in UTF-8"):
        read([path], pytest.fail)
    assert read([written([environment(), trial(build="\U0001f600")])], pytest.fail)[0][0].build == "\U0001f600"


def test_what_cannot_be_read_twice_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match="pipe: is not a regular file"):
        read([tmp_path / "pipe"], pytest.fail)


def test_two_machines_of_one_name_are_not_one(written):
    other = environment("run-2")
    other["host"]["cpu"] = "another"
    trials, environments = read([written([environment(), trial(), other, trial(rate=5e6, environment="run-2", run="run-2")])], pytest.fail)
    assert [len(point.trials) for figure in points.figures(trials, environments) for point in figure.points] == [1, 1]


@pytest.mark.parametrize("line, words", [
    (trial(window_ns=10**400), "is not a count"), (trial() | {"threads": 2**63}, "is not a count"), (trial(block="1"), "is not a whole number"),
    (environment() | {"build": "x"}, "'x' is not an object"), (environment() | {"system": []}, "is not an object")])
def test_what_the_rest_of_the_program_could_not_bear_is_named(written, line, words):
    with pytest.raises(UsageError, match=f":2: not a usable record .*{words}"):
        read([written([environment(), line, trial()])], pytest.fail)
