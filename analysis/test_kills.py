"""The kill matrix: what is read, what is drawn, and what is refused with its line."""

import json

import pytest

from analysis import cli, kills, style
from analysis.plots import kill_matrix
from analysis.test_gallery import assert_fits
from analysis.test_plots import caption


def line(subject="lock/bug", **changes):
    return {"schema": kills.SCHEMA, "subject": subject, "healthy": False, "rule": "M4", "mode": "plain", "threads": 2,
            "seconds": 0.2, "runs": 10, "killed": True, **changes}


def write(path, lines):
    path.write_text("".join(json.dumps(one) + "\n" for one in lines))
    return path


def many(count):
    return [line(f"lock/bug-{i}", mode=mode, threads=threads, killed=(i + threads) % 3 != 0, seconds=0.01 * (i + 1))
            for i in range(count) for mode in kills.MODES for threads in (2, 3)]


def test_reads_subjects_in_order_and_leaves_out_what_was_not_run(tmp_path):
    found = kills.read(write(tmp_path / "k.jsonl", [
        line(), line(threads=3, killed=False), line(mode="tso", runs=0, killed=False), line("spin", healthy=True, killed=False)]))
    assert [one.name for one in found] == ["lock/bug", "spin"]
    assert set(found[0].cells) == {("plain", 2), ("plain", 3)}
    assert found[0].cells["plain", 2].killed and not found[0].cells["plain", 3].killed


@pytest.mark.parametrize("count", [1, 80])
def test_draws_the_same_bytes_every_time(tmp_path, capsys, count):
    file = write(tmp_path / "k.jsonl", [
        *many(count), line("$\\frac{" + "x" * 200), line("spin", healthy=True, killed=False, rule="")])
    assert cli.main(["kills", str(file)]) == 0
    paths = capsys.readouterr().out.split()
    first = {path: open(path, "rb").read() for path in paths}
    assert [path.rsplit("-", 1)[1] for path in paths] == ["matrix.pdf", "matrix.svg", "matrix.png"]
    assert cli.main(["kills", str(file)]) == 0
    assert all(open(path, "rb").read() == content for path, content in first.items())
    assert b"Type3" not in first[paths[0]]


@pytest.mark.parametrize("width", style.WIDTHS)
def test_what_is_drawn_says_what_its_marks_mean_and_shows_a_false_alarm(tmp_path, width):
    subjects = kills.read(write(tmp_path / "k.jsonl", [
        *many(12), line("spin", healthy=True, killed=False), line("ticket", healthy=True, mode="tso")]))
    with style.applied():
        drawing = kill_matrix.draw(subjects, width)
        drawing.canvas.draw()
    assert_fits(drawing, style.WIDTHS[width])
    scale, axes = drawing.axes
    assert [label.get_text() for label in scale.get_xticklabels()] == ["\N{LESS-THAN OR EQUAL TO}0.01", "0.1", "1",
                                                                      "\N{GREATER-THAN OR EQUAL TO}10"]
    (frame,) = [patch for patch in axes.patches if patch.get_label() == "_alarm"]
    column = [text.get_text() for text in axes.get_yticklabels()].index("healthy: ticket")
    assert int(frame.get_y()) == column
    assert "a false alarm (1 subject)" in caption(drawing) and "not killed" in caption(drawing)


@pytest.mark.parametrize("bad", [
    "", "no json\n", json.dumps(line(schema="syncbench/1")), json.dumps(line(seconds="soon")),
    json.dumps(line(mode="often")), json.dumps(line(killed=1)), "[]", json.dumps(line()).replace("0.2", "NaN")])
def test_refuses_what_is_no_kill_matrix(tmp_path, capsys, bad):
    file = tmp_path / "k.jsonl"
    file.write_text(bad)
    assert cli.main(["kills", str(file)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "k.jsonl" in said
    assert list(tmp_path.iterdir()) == [file]


def test_a_line_ends_where_the_line_ends(tmp_path):
    (tmp_path / "k.jsonl").write_text(json.dumps(line(rule="a\u2028b"), ensure_ascii=False) + "\n")
    assert [subject.rule for subject in kills.read(tmp_path / "k.jsonl")] == ["a\u2028b"]
