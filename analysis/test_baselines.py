"""What the curves are held against: the empty lock as a level line, and ideal scaling up to the processors."""

import pytest

from analysis import baselines, captions, curves, points
from analysis.conftest import environment, failed, trial
from analysis.load import read
from analysis.plots import throughput
from analysis.test_plots import caption, draw, lines  # noqa: F401  draw is a fixture

EMPTY, IDEAL = "none: empty lock", "ideal: n \N{MULTIPLICATION SIGN} std/mutex alone"
RUN = [environment(), trial("none", 1, rate=9e8), *(trial("std/mutex", n, rate=5e7 / n) for n in (1, 2, 4)),
       *(trial("atomic/fetch_add", n, rate=2e8 / n) for n in (1, 2, 4))]


def test_the_empty_lock_is_a_level_line_and_not_a_curve(draw):  # noqa: F811
    (axis,) = draw(throughput, RUN).axes
    assert set(lines(axis)) == {"std/mutex", "atomic/fetch_add", EMPTY, IDEAL}
    assert list(lines(axis)[EMPTY].get_xdata()) == [1, 4]
    assert list(lines(axis)[EMPTY].get_ydata()) == [9e8, 9e8]


def test_the_ideal_line_rises_with_the_threads_up_to_the_processors(draw):  # noqa: F811
    ideal = lines(draw(throughput, RUN).axes[0])[IDEAL]
    assert list(zip(ideal.get_xdata(), ideal.get_ydata())) == [(1, 5e7), (2, 1e8), (4, 1e8)]
    assert ideal.get_linestyle() == "--"


def test_every_line_is_inside_the_axes_and_in_the_legend(draw):  # noqa: F811
    drawing = draw(throughput, RUN)
    (axis,), (legend,) = drawing.axes, drawing.legends
    low, high = axis.get_ylim()
    assert axis.get_yscale() == "log"
    for line in lines(axis).values():
        assert low < min(line.get_ydata()) and max(line.get_ydata()) < high
    assert [text.get_text() for text in legend.get_texts()] == ["atomic/fetch_add", "std/mutex", EMPTY, IDEAL]


def test_the_caption_says_what_they_are(draw):  # noqa: F811
    words = caption(draw(throughput, RUN))
    assert "Empty lock:" in words and "Ideal:" in words


@pytest.mark.parametrize("missing", ["none", "std/mutex"])
def test_what_was_not_measured_has_no_line(draw, missing):  # noqa: F811
    shown = lines(draw(throughput, [r for r in RUN if r.get("implementation") != missing]).axes[0])
    assert IDEAL not in shown and (EMPTY in shown) == (missing != "none")


def test_a_control_that_was_caught_is_a_gap_and_no_baseline(written):
    records = [environment(), failed(trial("none", 2), "violated"), trial("std/mutex", 1)]
    trials, environments = read([written(records)], pytest.fail)
    (figure,) = points.figures(trials, environments)
    drawn, guides = baselines.split(figure, curves.curves(figure, throughput.RATE))
    assert (len(drawn), guides) == (2, [])
    assert "none at 2 (violated)" in captions.gaps(drawn)


def test_files_without_standings_have_no_baselines(draw):  # noqa: F811
    old = [{key: value for key, value in record.items() if key != "standing"} for record in RUN]
    assert set(lines(draw(throughput, old).axes[0])) == {"none", "std/mutex", "atomic/fetch_add"}
