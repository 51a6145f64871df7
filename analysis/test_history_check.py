"""What a history says is so: changes where they are, no alarm where nothing is, and figures that show both."""

from math import exp
from pathlib import Path
from random import Random

import pytest

from analysis import history_check, history_index, style
from analysis.history_index import Run, Series, Value
from analysis.measures import MEASURES
from analysis.places import Place
from analysis.plots import history as history_plot
from analysis.test_gallery import assert_fits
from analysis.test_plots import assert_apart
from analysis.test_history import called, only_file, point, record, runs, store, values  # noqa: F401, store is a fixture


def test_a_history_without_change_passes(capsys, store):
    status, out, err = called(capsys, "check", "--store", store(runs([1e6] * 40)))
    assert (status, err) == (0, "") and "0 worse, 0 better" in out


def test_a_lasting_change_for_the_worse_is_exit_1_and_names_the_commits(capsys, store):
    status, out, err = called(capsys, "check", "--store", store(runs([1e6] * 30 + [0.9e6] * 5)))
    assert status == 1 and "between build-29 and build-30" in err and "(change)" in err
    assert "1 worse" in out


def test_a_change_for_the_better_is_told_and_passes(capsys, store):
    status, out, err = called(capsys, "check", "--store", store(runs([1e6] * 30 + [1.2e6] * 5)))
    assert (status, err) == (0, "") and "0 worse, 1 better" in out


def test_an_old_change_is_no_news(capsys, store):
    folder = store(runs([1e6] * 20 + [0.8e6] * 30))
    assert called(capsys, "check", "--store", folder)[0] == 0
    assert called(capsys, "check", "--store", folder, "--last", "40")[0] == 1


def test_a_last_run_far_out_is_exit_1_and_is_held_against_the_level_since_the_last_change(capsys, store):
    status, _, err = called(capsys, "check", "--store", store(runs([0.5e6] * 20 + [1e6] * 20 + [0.7e6])))
    assert status == 1 and "(last run)" in err and "between build-39 and build-40" in err and "-3" in err


def test_for_a_cost_more_is_worse(capsys, store):
    folder = store([record(i, [point(1e6, values={"cpu": [100.0 * (1.5 if i > 20 else 1), 90, 160, 7]})]) for i in range(26)])
    assert called(capsys, "check", "--store", folder, "--measures", "cpu")[0] == 1


def test_a_point_that_broke_in_the_last_run_is_exit_1_and_one_that_was_always_broken_is_not(capsys, store):
    broken = {key: value for key, value in point(0).items() if key != "values"} | {"broken": "hang"}
    folder = store([*runs([1e6] * 5), record(5, [broken])])
    status, _, err = called(capsys, "check", "--store", folder)
    assert status == 1 and ": hang, between build-4 and build-5" in err
    assert called(capsys, "check", "--store", store([record(9, [broken], machine="other, x")]), "--machine", "other")[0] == 0


def test_other_machines_and_other_flags_are_other_series(store):
    folder = store([record(0, [point(1e6)]), record(1, [point(2e6)], machine="other, x"), record(2, [point(3e6)], toolchain="clang")])
    assert values(folder) == [[3e6], [1e6], [2e6]]


def test_a_fall_is_news_in_every_run_until_it_is_a_change(capsys, store):
    for n in range(1, 9):
        (only_file(store([])) if n > 1 else Path("/nonexistent")).unlink(missing_ok=True)
        status, _, err = called(capsys, "check", "--store", store(runs([1e6] * 30 + [0.8e6] * n)))
        assert status == 1 and "between build-29 and build-30" in err, n


def heavy(rng):
    return 0.02 * rng.gauss(0, 1) / max(rng.random(), 1e-3) ** 0.5


def bad_days(rng):
    return rng.gauss(0, 0.02) - 0.3 * (rng.random() < 0.02)


@pytest.mark.parametrize("noise", [lambda rng: rng.gauss(0, 0.02), heavy, bad_days], ids=["normal", "heavy tails", "bad days"])
def test_whole_stores_of_noise_raise_a_false_alarm_in_at_most_one_of_twenty(noise):
    """Thirty series of forty runs. No change is too small to matter."""
    alarms, stores, rules = 0, 40, history_check.Rules(threshold=0.0)
    for seed in range(stores):
        rng = Random(seed)
        found = [Series("m", "g", Place.from_json(point(1e6, threads=i + 1)), MEASURES["throughput"],
                        [Value(Run("m", f"r{n}", f"t{n:03d}", f"b{n}", "g"), 1e6 * exp(noise(rng)), 0, 0) for n in range(40)])
                 for i in range(30)]
        alarms += bool(history_check.findings(history_check.trends(found, rules), rules))
    assert alarms / stores <= 0.05 + 0.069  # two standard errors


def test_a_fall_after_a_rise_is_not_hidden_by_it(capsys, store):
    status, out, err = called(capsys, "check", "--store", store(runs([1e6] * 20 + [1.2e6] * 7 + [0.8e6])))
    assert status == 1 and "(last run)" in err and "between build-26 and build-27" in err and "1 worse, 1 better" in out
    folder = store(runs([1e6] * 20 + [1.3e6] * 10 + [1.1e6] * 10, machine="other"))
    status, out, err = called(capsys, "check", "--store", folder, "--machine", "other", "--last", "25")
    assert status == 1 and "(change), between build-29 and build-30" in err and "1 worse, 1 better" in out


def test_a_fall_that_was_made_good_is_no_news(capsys, store):
    status, out, err = called(capsys, "check", "--last", "30", "--store", store(runs([1e6] * 30 + [0.7e6] * 10 + [1e6] * 12)))
    assert (status, err) == (0, "") and "0 worse, 1 better" in out


def test_two_machines_are_judged_apart_each_by_its_newest_build(capsys, store):
    """A build may need several runs, one for each workload say; an older one is judged no more."""
    others = [one | {"run": f"x{i}"} for i, one in enumerate(runs([1e6] * 30 + [0.5e6], workload="other"))]
    folder = store(runs([1e6] * 30 + [0.5e6]) + others + runs([1e6] * 32, machine="quiet"))
    status, out, err = called(capsys, "check", "--store", folder)
    assert status == 1 and "2 worse" in out and err.count("build-29 and build-30") == 2
    store([record(50, [point(1e6, threads=8)])])
    assert called(capsys, "check", "--store", folder)[0] == 0


def broken(verdict="hang", **more):
    return {key: value for key, value in point(0, **more).items() if key != "values"} | {"broken": verdict}


def test_what_breaks_is_told_once_from_where_it_began_until_it_is_old(capsys, store):
    good = point(1e6, kind="latency", values={"p50": [100, 99, 101, 7], "p99": [400, 390, 410, 7]})
    folder = store([record(i, [good if i < 10 else broken(kind="latency")]) for i in range(13)])
    status, _, err = called(capsys, "check", "--store", folder, "--measures", "all")
    assert status == 1 and err.count("\n") == 1 and "latency: hang, between build-9 and build-10" in err
    store([record(i, [broken(kind="latency")]) for i in range(13, 21)])
    assert called(capsys, "check", "--store", folder, "--measures", "all")[0] == 0


@pytest.mark.parametrize("entry, status, words", [
    (point(1e6) | {"broken": "hang"}, 1, "1 worse"),  # one trial of ten is enough
    (broken("violated", standing="control"), 0, "0 worse"),
    (broken("skipped"), 0, "1 not measured"),
])
def test_what_counts_as_broken(capsys, store, entry, status, words):
    found, out, _ = called(capsys, "check", "--store", store([*runs([1e6] * 5), record(5, [entry])]))
    assert found == status and words in out


def test_far_runs_are_a_series_of_their_own(capsys, store):
    folder = store(runs([1e6] * 30, line_ns=30.0, processors="0,1") + [record(30, [point(0.4e6, line_ns=90.0, processors="0,1")])])
    assert called(capsys, "check", "--store", folder)[0] == 0
    assert [(one.name, len(one.values)) for one in history_index.series(folder, pytest.fail)] == [("throughput", 30), ("throughput (far)", 1)]
    store([record(31, [broken()])])  # without a line: belongs to what came last
    assert called(capsys, "check", "--store", folder)[0] == 1


def test_a_disturbed_run_among_quiet_ones_is_told_and_passes_and_among_disturbed_ones_counts(capsys, store):
    last = record(30, [point(0.6e6, disturbed=True)])
    status, out, _ = called(capsys, "check", "--store", store([*runs([1e6] * 30), last]))
    assert status == 0 and "1 disturbed" in out
    assert called(capsys, "check", "--store", store([*runs([1e6] * 30, disturbed=True, machine="m"), last | {"machine": "m"}]))[0] == 1


def test_hostile_words_are_shown_as_text(capsys, store):
    words = "\x1b[2J\u202e<b>"
    folder = store([one | {"build": words, "toolchain": words} for one in runs([1e6] * 30 + [0.5e6] * 6, name=words, machine=words)])
    status, out, err = called(capsys, "check", "--store", folder)
    assert status == 1 and not {"\x1b", "\u202e"} & set(out + err)


# Showing


def test_series_are_listed_and_chosen(capsys, store):
    folder = store([record(i, [point(1e6), point(2e6, "mcs/spin"), point(3e6, threads=4)]) for i in range(3)])
    _, out, _ = called(capsys, "show", "--store", folder)
    assert out.count("\nticket/spin") == 2 and out.count("\nmcs/spin") == 1
    _, out, _ = called(capsys, "show", "--store", folder, "--impl", "mcs", "--format", "csv")
    assert out.count("\n") == 2
    assert called(capsys, "show", "--store", folder, "--impl", "nothing")[0] == 2


def test_what_is_drawn_is_the_same_bytes_each_time_and_stays_in_its_folder(capsys, store, tmp_path):
    names = ["../../x", "<script>", "$\\frac{", "a" * 300]
    folder = store([record(i, [point(1e6 if i < 15 else 2e6, name) for name in names]) for i in range(30)])
    contents = []
    for out in ("one", "two"):
        status, printed, _ = called(capsys, "show", "--store", folder, "-o", tmp_path / "figures" / out, "--formats", "svg,png")
        assert status == 0
        contents.append({path.name: path.read_bytes() for path in (tmp_path / "figures" / out).iterdir()})
    assert len(contents[0]) == 8 and contents[0] == contents[1]
    assert sorted(p.name for p in (tmp_path / "figures").iterdir()) == ["one", "two"]


def drawn(folder, width="two"):
    (trend,) = history_check.trends(history_index.series(folder, pytest.fail), history_check.Rules())
    with style.applied():
        drawing = history_plot.draw(trend, width)
        drawing.canvas.draw()
    assert_fits(drawing, style.WIDTHS[width])
    return drawing


@pytest.mark.parametrize("width", style.WIDTHS)
def test_changes_close_to_each_other_have_words_that_can_be_read(store, width):
    (axis,) = drawn(store(runs([1e6] * 60 + [1.6e6] * 8 + [3e6] * 60)), width).axes
    assert len([line for line in axis.lines if line.get_label() == "_change"]) == 2
    first, second = axis.texts
    assert first.get_text()[:2] == "+6" and second.get_text()[:2] in ("+8", "+9")
    assert_apart([first.get_window_extent(), second.get_window_extent()])


@pytest.mark.parametrize("measure, value, words", [
    ("p99", 2e4, "20\N{NO-BREAK SPACE}µs"), ("cpu", 300.0, "300\N{NO-BREAK SPACE}ns"), ("jain", 0.8, "0.8"), ("throughput", 4e6, "4M")])
def test_values_are_drawn_in_units_that_a_reader_knows(store, measure, value, words):
    kind = MEASURES[measure].kind
    folder = store([record(i, [point(0, kind=kind, values={measure: [value] * 3 + [7]})]) for i in range(3)])
    (axis,) = drawn(folder).axes
    assert words in [label.get_text() for label in axis.get_yticklabels()]


def test_a_collapse_is_drawn_on_a_logarithmic_axis(store):
    (axis,) = drawn(store(runs([1e6] * 20 + [1e2] * 20))).axes
    assert axis.get_yscale() == "log" and axis.texts[0].get_text().startswith("\N{MULTIPLICATION SIGN}")


def test_too_many_series_to_draw_are_refused(capsys, store, tmp_path):
    folder = store([record(0, [point(1e6, threads=n) for n in range(1, 60)])])
    status, _, err = called(capsys, "show", "--store", folder, "-o", tmp_path / "f")
    assert status == 2 and "59 series are too many to draw" in err and not (tmp_path / "f").exists()


def test_an_empty_store_is_refused_with_what_to_do(capsys, tmp_path):
    status, _, err = called(capsys, "check", "--store", tmp_path)
    assert status == 2 and "no history here (see history add)" in err
