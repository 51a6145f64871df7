"""The figures by their structure: what is drawn, where, and that no part lies on another."""

from itertools import combinations

import pytest
from matplotlib.text import Text

from analysis import points, sheets, style
from analysis.conftest import environment, failed, sweep, trial
from analysis.load import read
from analysis.plots import latency, throughput

NAMES = "ttas/backoff ttas/spin ttas/pause ttas/yield ticket/spin".split()


@pytest.fixture
def draw(written):
    """Draws the only picture of a plot in the records."""
    def make(plot, records, width="one"):
        trials, environments = read([written(records)], pytest.fail)
        (group,) = sheets.groups(points.figures([t for t in trials if t.kind == plot.KIND], environments), plot.AXES)
        with style.applied():
            drawing = plot.compose(group).draw(width)
            drawing.canvas.draw()
            return drawing

    return make


def lines(axis):
    return {line.get_label(): line for line in axis.lines if not line.get_label().startswith("_")}


def crosses(axis):
    return [line for line in axis.lines if line.get_label() == "_gap"]


def caption(drawing):
    return " ".join(drawing.texts[0].get_text().split())


def said(axis):
    return [text for text in axis.texts if text.get_text()]


def throughputs(rates, name="ticket/spin"):
    return [trial(name, threads, rate=rate) for threads, rate in rates.items()]


@pytest.mark.parametrize("plot, labels", [
    (throughput, ["throughput (operations/s)"]), (latency, ["median latency", "p99 latency", "p99.9 latency"])])
def test_axes_are_named_and_have_no_title(draw, plot, labels):
    axes = draw(plot, sweep(NAMES[:2])).axes
    assert [axis.get_ylabel() for axis in axes] == labels
    assert axes[-1].get_xlabel() == "threads"
    assert not any(axis.get_title() for axis in axes)


@pytest.mark.parametrize("plot", [throughput, latency])
def test_every_implementation_has_one_line_and_one_entry_in_the_legend_with_its_look(draw, plot):
    drawing = draw(plot, sweep(NAMES[:5]))
    (legend,) = drawing.legends
    assert [text.get_text() for text in legend.get_texts()] == sorted(NAMES[:5])
    for axis in drawing.axes:
        assert set(lines(axis)) == set(NAMES[:5])
        for name, line in lines(axis).items():
            assert (line.get_color(), line.get_marker()) == (style.look_of(name).colour, style.look_of(name).marker)
        assert axis.get_legend() is None


def test_the_line_goes_through_the_medians_and_the_band_between_the_ends(draw):
    records = [environment()] + [trial(threads=n, rate=r * n) for n in (1, 2) for r in (1e6, 2e6, 6e6)]
    (axis,) = draw(throughput, records).axes
    assert list(lines(axis)["ticket/spin"].get_ydata()) == [2e6, 4e6]
    (band,) = axis.collections
    corners = {tuple(corner) for corner in band.get_paths()[0].vertices}
    assert {(1, 1e6), (1, 6e6), (2, 2e6), (2, 12e6)} <= corners


def test_percentiles_are_drawn_each_in_its_panel_in_seconds(draw):
    shape = {"p50": 100, "p99": 4000, "p999": 90000}
    axes = draw(latency, [environment(), trial(kind="latency", latency=shape)]).axes
    assert [list(lines(a)["ticket/spin"].get_ydata()) for a in axes] == [
        pytest.approx([1e-7]), pytest.approx([4e-6]), pytest.approx([9e-5])]


def test_a_percentile_that_too_few_latencies_show_is_a_gap_with_its_reason(draw):
    drawing = draw(latency, [environment(), trial(kind="latency", latency={"count": 999})])
    assert [len(crosses(axis)) for axis in drawing.axes] == [0, 0, 1]
    assert "ticket/spin at 2 (under 1000 latencies for p99.9)" in caption(drawing)


def test_the_thread_axis_is_logarithmic_with_the_measured_counts_as_plain_numbers(draw):
    (axis,) = draw(throughput, [environment(), *throughputs({1: 9e6, 3: 8e6, 16: 7e6})]).axes
    assert axis.get_xscale() == "log"
    assert [label.get_text() for label in axis.get_xticklabels()] == ["1", "3", "16"]


def test_many_thread_counts_are_all_ticked_and_only_as_many_numbered_as_fit(draw):
    (axis,) = draw(throughput, [environment(), *throughputs({n: 1e6 for n in range(1, 65)})]).axes
    shown = [label for label in axis.get_xticklabels() if label.get_text()]
    assert {"1", "2", "4", "8", "16", "32", "64"} <= {label.get_text() for label in shown}
    assert_apart([label.get_window_extent() for label in shown])
    assert len(axis.get_xticks(minor=True)) + len(axis.get_xticks()) >= 64


def test_the_value_axis_is_linear_from_zero_until_curves_would_lie_on_it(draw):
    near = draw(throughput, [environment(), *throughputs({1: 30e6, 2: 1e6})]).axes[0]
    wide = draw(throughput, [environment(), *throughputs({1: 31e6, 2: 1e6})]).axes[0]
    assert (near.get_yscale(), near.get_ylim()[0]) == ("linear", 0)
    assert wide.get_yscale() == "log"


@pytest.mark.parametrize("plot", [throughput, latency])
@pytest.mark.parametrize("spread", [1, 1.5, 40, 1e6])
def test_there_are_always_two_numbers_on_the_value_axis(draw, plot, spread):
    records = [environment()]
    for threads, scale in ((1, 1), (2, spread)):
        records.append(trial(threads=threads, rate=77 * scale))
        tail = {name: 77 * scale for name in ("p50", "p99", "p999")}
        records.append(trial(threads=threads, kind="latency", latency=tail))
    for axis in draw(plot, records).axes:
        low, high = axis.get_ylim()
        shown = [t.get_text() for y, t in zip(axis.get_yticks(), axis.get_yticklabels()) if low <= y <= high]
        assert len([text for text in shown if text]) >= 2
        assert len(set(shown)) == len(shown)


def shading(axis):
    return [patch for patch in axis.patches if patch.get_label() == "_oversubscribed"]


def pu_line(axis):
    return [line.get_xdata()[0] for line in axis.lines if line.get_label() == "_PU"]


def test_the_oversubscribed_region_is_shaded_from_the_number_of_processors_and_labelled(draw):
    for axis in draw(latency, sweep(["ticket/spin"])).axes:
        (region,) = shading(axis)
        left, right = region.get_extents().transformed(axis.transData.inverted()).intervalx
        assert (left, right) == (pytest.approx(2), pytest.approx(axis.get_xlim()[1]))
        assert pu_line(axis) == [2]
    (label,) = said(draw(throughput, sweep(["ticket/spin"])).axes[0])
    assert label.get_text() == "oversubscribed (more than 2 PUs)"


@pytest.mark.parametrize("threads, line, text", [((1, 2), [2], ["2 PUs"]), ((1,), [], [])])
def test_nothing_is_shaded_where_every_thread_has_a_processor(draw, threads, line, text):
    (axis,) = draw(throughput, sweep(["ticket/spin"], threads)).axes
    assert (shading(axis), pu_line(axis), [t.get_text() for t in said(axis)]) == ([], line, text)


def test_the_whole_figure_is_shaded_where_all_threads_share_a_processor(draw):
    place = {"policy": "one", "roles": "interleaved", "granted": [0] * 4, "oversubscribed": True}
    (axis,) = draw(throughput, [environment(), trial(threads=4, placement=place)]).axes
    assert len(shading(axis)) == 1
    assert said(axis)[0].get_text() == "oversubscribed (more than 1 PU)"


def test_without_an_environment_the_runners_own_mark_is_used(written):
    free = {"policy": "none", "roles": "interleaved", "granted": []}
    records = [trial(threads=n, placement={**free, "oversubscribed": n > 4}) for n in (4, 8)]
    (group,) = sheets.groups(points.figures(*read([written(records)], lambda line: None)))
    with style.applied():
        (axis,) = throughput.compose(group).draw("one").axes
    assert len(shading(axis)) == 1
    assert said(axis)[0].get_text() == "oversubscribed"


def test_a_point_without_a_measurement_is_a_cross_at_the_bottom_and_breaks_the_line(draw):
    records = [environment(), *throughputs({1: 4e6, 2: 3e6, 8: 2e6}), failed(trial(threads=4))]
    drawing = draw(throughput, records)
    (axis,) = drawing.axes
    (cross,) = crosses(axis)
    assert (cross.get_xdata()[0], cross.get_marker(), cross.get_markerfacecolor()) == (4, "X", "white")
    assert cross.get_window_extent().y0 < axis.bbox.y0 + 0.1 * axis.bbox.height
    values = list(lines(axis)["ticket/spin"].get_ydata())
    assert values[2] != values[2] and [values[0], values[1], values[3]] == [4e6, 3e6, 2e6]
    assert "ticket/spin at 4 (hang)" in caption(drawing)


def test_crosses_of_one_thread_count_stand_above_each_other_and_below_the_curves(draw):
    records = [environment(), *throughputs({2: 1e3, 4: 1e6}, "std/mutex")]
    records += [failed(trial(name, threads=2)) for name in NAMES[:4]]
    (axis,) = draw(throughput, records).axes
    boxes = [cross.get_window_extent() for cross in crosses(axis)]
    assert len(boxes) == 4
    assert_apart(boxes)
    lowest = axis.transData.transform((2, 1e3))[1]
    assert max(box.y1 for box in boxes) < lowest


def test_crosses_on_a_linear_axis_have_a_strip_of_their_own_below_zero(draw):
    records = [environment(), *throughputs({1: 2e6, 2: 1e6}, "std/mutex"), trial("mcs/spin", 4, rate=0)]
    records += [failed(trial(name, threads=4)) for name in NAMES]
    (axis,) = draw(throughput, records).axes
    assert axis.get_yscale() == "linear" and min(axis.get_yticks()) == 0
    assert max(cross.get_window_extent().y1 for cross in crosses(axis)) < axis.transData.transform((4, 0))[1]


def test_of_many_crosses_a_number_says_how_many_more(draw):
    names = [f"lock-{i}/spin" for i in range(11)]
    (axis,) = draw(throughput, [environment(), trial("std/mutex", 1), *(failed(trial(name, threads=2)) for name in names)]).axes
    assert len(crosses(axis)) == 7 and "+4" in [text.get_text() for text in axis.texts]


def test_a_long_curve_has_a_marker_at_some_of_its_points_and_its_dashes_stay_visible(draw):
    (axis,) = draw(throughput, [environment(), *throughputs({n: 1e6 for n in range(1, 65)})]).axes
    assert lines(axis)["ticket/spin"].get_markevery() == 4
    (axis,) = draw(throughput, [environment(), *throughputs({n: 1e6 for n in range(1, 17)})]).axes
    assert lines(axis)["ticket/spin"].get_markevery() in (None, 1)


def test_a_rate_of_zero_is_drawn_on_a_linear_axis_and_a_cross_on_a_logarithmic_one(draw):
    zero = trial(threads=8, rate=0)
    assert crosses(draw(throughput, [environment(), *throughputs({1: 1e6}), zero]).axes[0]) == []
    drawing = draw(throughput, [environment(), *throughputs({1: 1e6, 2: 1e3}), zero])
    assert len(crosses(drawing.axes[0])) == 1
    assert "ticket/spin at 8 (zero)" in caption(drawing)


@pytest.mark.parametrize("plot", [throughput, latency])
def test_a_figure_in_which_everything_failed_is_still_drawn(draw, plot):
    drawing = draw(plot, [environment(), failed(trial()), failed(trial(kind="latency"))])
    assert all(len(crosses(axis)) == 1 for axis in drawing.axes)
    assert [text.get_text() for text in drawing.legends[0].get_texts()] == ["ticket/spin"]


def is_number(artist):
    return isinstance(artist, Text) and artist.get_visible() and artist.get_text()[:1].isdigit()


def assert_apart(boxes):
    for a, b in combinations(boxes, 2):
        common = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
        assert min(common) <= 1, (a, b)  # a pixel, for the rounding of text
