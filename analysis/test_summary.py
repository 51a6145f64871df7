"""One line a point, as a table and as the formats of other tools."""

import csv
import io
import json

import pytest

from analysis import summary
from analysis.cli import main
from analysis.conftest import environment, failed, trial, unbelievable
from analysis.load import read


@pytest.fixture
def lines(written):
    def make(*records):
        return summary.lines(*read([written([environment(), *records])], pytest.fail))

    return make


def block(number, rate, name="ticket/spin", **changes):
    return trial(name, rate=rate, block=number, repetition=number, **changes)


def test_throughput_and_latency_of_a_point_are_one_line(lines):
    (line,) = lines(block(0, 1e6), block(1, 3e6), trial(kind="latency"))
    assert (line.value("throughput"), line.value("p50"), line.value("max")) == (2e6, 100, 1000)
    assert (line.value("jain"), line.value("cpu"), line.verdict) == (0.99, 120.0, "ok")
    assert line.estimates["throughput"].trials == 2


def test_the_ratio_to_the_reference_is_taken_inside_blocks(lines):
    rates = [(1e6, 2e6), (5e6, 10e6), (2e6, 4.2e6)]
    records = [line for i, (reference, rate) in enumerate(rates) for line in (block(i, reference, "std/mutex"), block(i, rate))]
    found = {line.place.implementation: line for line in lines(*records)}
    assert found["ticket/spin"].to_reference.value == 2
    assert found["std/mutex"].to_reference.value == 1


def test_without_a_reference_there_is_no_ratio_and_near_is_not_held_against_far(lines):
    assert lines(block(0, 1e6))[0].to_reference is None
    far = {"line_ns": [160.0, 160.0]}
    found = lines(block(0, 1e6, "std/mutex"), block(0, 1e6, fingerprint=far))
    assert [line.to_reference for line in found if line.standing != "reference"] == [None]


def test_what_to_know_before_believing_it(lines):
    (line,) = lines(*(block(i, 1e6) for i in range(3)), unbelievable(block(3, 1e6)), failed(block(4, 1e6)),
                    block(5, 1e6, fingerprint={"line_ns": [160.0, 160.0]}))
    assert set(line.marks) == {"left out:1", "hang:1", "far:1"}
    (line,) = lines(failed(block(0, 1e6)))
    assert (line.verdict, line.estimates) == ("hang", {})
    (line,) = lines(block(0, 1e6, saturated=True), unbelievable(block(1, 1e6)))
    assert set(line.marks) == {"saturated:1", "doubtful:1"}


def output(capsys, *arguments):
    try:
        status = main([*map(str, arguments)])
    except SystemExit as end:
        status = end.code
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_the_table_can_be_cut_to_columns(capsys, written):
    path = written([environment(), block(0, 1e6), block(1, 1e6)])
    _, out, _ = output(capsys, "table", path, "--columns", "threads,items/s", "--format", "csv")
    assert out == "threads,items/s\n2,1000000.0\n"
    status, out, err = output(capsys, "table", path, "--columns", "speed")
    assert (status, out) == (2, "") and "'speed' is none of workload, setting" in err


@pytest.mark.parametrize("form", ["console", "markdown", "json", "csv", "latex"])
def test_the_table_has_every_form(capsys, written, form):
    status, out, err = output(capsys, "table", written([environment(), block(0, 1e6), failed(block(1, 1e6, "mcs/spin"))]), "--format", form)
    assert (status, err) == (0, "") and "ticket/spin" in out and "hang" in out


def exported(capsys, path, tool):
    status, out, err = output(capsys, "export", path, "--to", tool)
    assert (status, err) == (0, "")
    return out


NAME = "counter/ticket/spin/critical_ns:100/parallel_ns:500/placement:compact/interleaved/500ms/threads:2"


@pytest.fixture
def run(written):
    return written([environment(), *(block(i, 1e6 + i) for i in range(3)), trial(kind="latency"), failed(block(0, 1e6, "mcs/spin"))])


def test_bencher_gets_values_with_limits(capsys, run):
    found = json.loads(exported(capsys, run, "bencher"))
    assert list(found) == [NAME], "what has no number is not exported"
    assert found[NAME]["throughput"] == {"value": 1000001.0, "lower_value": 1e6, "upper_value": 1000002.0}
    assert found[NAME]["p99"]["value"] == 400


def test_github_action_gets_bigger_is_better(capsys, run):
    (found,) = json.loads(exported(capsys, run, "github-action"))
    assert (found["name"], found["unit"], found["value"]) == (NAME, "operations/s", 1000001.0)


def test_otava_gets_a_row_with_time_and_commit(capsys, run):
    (row,) = csv.DictReader(io.StringIO(exported(capsys, run, "otava")))
    assert (row["time"], row["commit"], row[f"{NAME}/throughput"]) == ("2024-01-02T03:04:05Z", "0.1.0-4-gabc", "1000001.0")


def test_google_benchmark_gets_every_trial_in_ns_per_operation(capsys, run):
    found = json.loads(exported(capsys, run, "gbench"))
    assert found["context"]["host_name"] == "box"
    assert [entry["repetition_index"] for entry in found["benchmarks"]] == [0, 1, 2]
    entry = found["benchmarks"][0]
    assert (entry["name"], entry["real_time"], entry["time_unit"], entry["threads"]) == (NAME, pytest.approx(1000), "ns", 2)
    assert entry["items_per_second"] * entry["real_time"] == pytest.approx(1e9)


def test_two_builds_are_not_exported_as_one(capsys, written):
    status, _, err = output(capsys, "export", written([environment(), block(0, 1e6), block(1, 1e6, build="x")]), "--to", "bencher")
    assert status == 2 and "2 builds" in err


def test_an_export_is_written_whole(capsys, run, tmp_path):
    status, out, _ = output(capsys, "export", run, "--to", "bencher", "-o", tmp_path / "new" / "out.json")
    assert (status, out) == (0, "") and json.loads((tmp_path / "new" / "out.json").read_text())
    status, _, err = output(capsys, "export", run, "--to", "bencher", "-o", run / "x.json")
    assert status == 2 and err.count("\n") == 1


def test_the_table_says_where_runs_were_pooled(lines):
    notes = summary.table(lines(block(0, 1e6, run="a"), block(1, 2e6, run="b"))).notes
    assert "Trials of up to 2 runs pooled: intervals do not allow for what differs between runs." in notes
    assert len(summary.table(lines(block(0, 1e6), block(1, 2e6))).notes) == len(notes) - 1


def latencies(count, ns, **changes):
    return trial(kind="latency", latency={"count": count, "p50": ns, "p99": ns + 1}, **changes)


def test_a_percentile_that_some_trials_cannot_show_is_not_shown(lines):
    """The slow ones have too few latencies for a p99: that of the fast ones alone would lie below the median of all."""
    slow = [latencies(50, 1000 + i) for i in range(3)]
    (line,) = lines(*slow, latencies(5000, 10), latencies(5000, 11))
    assert (line.value("p50"), line.value("p99")) == (1000, None)
    (line,) = lines(latencies(50, 1000), *(latencies(5000, 10 + i) for i in range(19)))
    assert line.value("p99") == 20, "one in twenty does not matter"


def test_where_most_were_saturated_there_is_no_latency(lines):
    late = [latencies(5000, 10**9 + i, saturated=True) for i in range(3)]
    (line,) = lines(*late, latencies(5000, 10), latencies(5000, 11))
    assert (line.value("p50"), line.value("max")) == (None, None) and "saturated:3" in line.marks
    (line,) = lines(*late[:2], *(latencies(5000, 10 + i) for i in range(3)))
    assert line.value("p50") == 12
