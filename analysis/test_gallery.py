"""All pictures of a whole study, by their structure: what is drawn, that it fits, and that no name can do harm."""

from collections import Counter
from itertools import product
from math import log
from xml.etree import ElementTree

import pytest
from matplotlib.text import Text

from analysis import gallery, histograms, style
from analysis.conftest import SERIES, environment, failed, trial
from analysis.errors import UsageError
from analysis.load import read
from analysis.plots import PLOTS, ccdf, placement, response, sections, speed_up, wake
from analysis.test_plots import assert_apart, caption, lines

PLOT_NAMES = [plot.NAME for plot in PLOTS]
MANY = ["std/mutex", *(f"{algorithm}/{wait}" for algorithm in ("ttas", "ticket", "mcs", "clh", "tristate", "hemlock")
                       for wait in ("spin", "park", "spin-park", "backoff"))]
HOSTILE = ["$\\frac{", "$\\frac{$", "<script>alert(1)</script>",
           "\\input{x}", "../..", "x" * 200, "\U0001F980 crab", "a\u200fb\u202ec", "_under",
           "line\nbreak", "--><b>", "{x:.0f}", "%s%n", "\u0301"]
COUNTS = {"fairness_jain": 0.8, "share_least_most": 0.5, "cpu_ns_per_operation": 90.0}


def measured(name, threads, rate=1e6, kind="throughput", policy="compact", pus=2, **changes):
    granted = [i % pus for i in range(threads)]
    place = {"policy": policy, "roles": "interleaved", "granted": granted, "oversubscribed": threads > pus}
    record = trial(name, threads, kind, rate, placement=place, metrics=COUNTS, **changes)
    if kind == "latency":
        record["series_ns"] = {"runner": [{**SERIES, "p50": 100 * k + threads} for k in range(1, threads + 1)]}
    return record


def study(names, blocks=3):
    """Records that are enough for every plot: threads, work inside and outside, placements, rates."""
    lines = [environment()]
    for (i, name), block in product(enumerate(names), range(blocks)):
        faster = (1 + i / 10) * (1 + block / 100)
        for n in (1, 2, 8):
            lines += [measured(name, n, faster * 1e7 / n, block=block + 10 * n),
                      measured(name, n, kind="latency", block=block + 10 * n)]
        for inside, outside in product((0, 1000), (0, 500)):
            lines.append(measured(name, 2, faster * 1e6, params={"critical_ns": inside, "parallel_ns": outside}, block=block,
                                  workload="maze"))
        lines += [measured(name, 2, faster * 1e6, policy=policy, workload="moved", block=block) for policy in ("one", "spread")]
        lines += [measured(name, 2, kind="latency", params={"rate": rate}, workload="paced", block=block,
                           saturated=rate > 5e5 * i + 1e5) for rate in (1e5, 1e6, 1e7)]
    return lines + [failed(line) for line in lines if line.get("threads") == 8 and line["implementation"] in names[3:]]


@pytest.fixture
def pictures(written):
    def make(records, *only, **options):
        return list(gallery.pictures(*read([written(records)], pytest.fail), only=only or None, **options))

    return make


@pytest.fixture
def drawn(pictures):
    """Draws the only picture of one plot."""
    def make(plot, records, width="one", **options):
        (picture,) = pictures(records, plot.NAME, **options)
        return rendered(picture, width)

    return make


def rendered(picture, width):
    with style.applied():
        drawing = picture.draw(width)
        drawing.canvas.draw()
        return drawing


def words(drawing):
    return [text.get_text() for axis in drawing.axes for text in axis.findobj(Text) if text.get_visible() and text.get_text()]


# All of them ---------------------------------------------------------------------------------------------------------

def test_a_study_has_every_picture(pictures):
    assert {picture.plot for picture in pictures(study(MANY[:3]))} == set(PLOT_NAMES)


@pytest.mark.parametrize("width, inches", [("one", 3.33), ("two", 7.0)])
@pytest.mark.parametrize("count", [1, 5, 25])
def test_no_part_lies_on_another_or_leaves_the_page(pictures, width, inches, count):
    seen = Counter()
    for picture in pictures(study(MANY[:count], blocks=1)):
        seen[picture.plot] += 1
        if seen[picture.plot] == 1:
            assert_fits(rendered(picture, width), inches)
    assert len(seen) == (len(PLOTS) if count > 1 else len(PLOTS) - 1)  # one is no multiple of itself


def assert_fits(drawing, inches):
    assert drawing.get_figwidth() == inches
    renderer = drawing.canvas.get_renderer()
    parts = [axis.get_tightbbox(renderer) for axis in drawing.axes]
    parts += [part.get_window_extent(renderer) for part in (*drawing.legends, drawing.texts[0])]
    assert_apart(parts)
    for box in parts:
        assert box.x0 >= -1 and box.x1 <= drawing.bbox.x1 + 1 and box.y0 >= -1 and box.y1 <= drawing.bbox.y1 + 1
    for axis in drawing.axes:
        near = axis.get_tightbbox(renderer)
        texts = [text for text in axis.findobj(Text) if text.get_visible() and text.get_text()]
        boxes = [text.get_window_extent(renderer) for text in texts]
        assert_apart([box for box in boxes if near.overlaps(box)])


@pytest.mark.parametrize("width", style.WIDTHS)
def test_hostile_names_are_drawn_as_text_and_stay_on_the_page(pictures, width):
    records = study(["std/mutex", *HOSTILE], blocks=1)
    records = [records[0], *(r for r in records[1:] if r["workload"] != "moved" or r["placement"]["policy"] != "spread"),
               *(measured(name, 2, policy="../" + "z" * 200, workload="moved") for name in HOSTILE)]
    for record in records[1:]:
        record["build"], record["role_order"] = "$\\frac{<b>", "y" * 200
    seen = set()
    for picture in pictures(records):
        if picture.plot not in seen:
            seen.add(picture.plot)
            drawing = rendered(picture, width)
            assert_fits(drawing, style.WIDTHS[width])
            ElementTree.fromstring(in_style(drawing, "svg"))
            assert not any(control in text for text in words(drawing) for control in "\u200f\u202e")
    assert seen == set(PLOT_NAMES)


def in_style(drawing, form):
    with style.applied():
        return style.render(drawing, form)


def test_what_the_legend_says_is_the_name_and_no_mathematics(drawn):
    drawing = drawn(PLOTS[0], [environment(), *(trial(name) for name in ("$x$", "_under", "x" * 200))])
    assert [text.get_text() for text in drawing.legends[0].get_texts()] == [
        "$x$", "_under", "x" * 15 + "\N{HORIZONTAL ELLIPSIS}" + "x" * 16]


def test_every_picture_says_what_it_holds_fixed_and_from_how_many_trials(pictures):
    for picture in pictures(study(MANY[:3])):
        text = " ".join(picture.caption)
        assert "host box with 2 PUs" in text and "windows of 500ms" in text
        assert "trial" in text or "block" in text
        assert picture.heading


@pytest.mark.parametrize("kind", ["throughput", "latency"])
def test_records_of_one_kind_have_no_pictures_of_the_other(pictures, kind):
    found = pictures([line for line in study(MANY[:2]) if line.get("kind", kind) == kind])
    assert {picture.module.KIND for picture in found} == {kind}


@pytest.mark.parametrize("records", [
    [measured("std/mutex", 2)],
    [measured("std/mutex", 2, params={"critical_ns": 0, "parallel_ns": n}) for n in (0, 1)],
    [measured("std/mutex", 2, kind="latency", params={"rate": 100})],
    [failed(measured(name, 2, policy=policy)) for name in MANY[:2] for policy in ("one", "none")]])
def test_what_would_say_nothing_is_no_picture(pictures, records):
    assert {p.plot for p in pictures([environment(), *records])} <= {"throughput", "latency", "ccdf", "wake"}


def test_only_what_was_asked_for_is_drawn(pictures):
    assert {picture.plot for picture in pictures(study(MANY[:2]), "cpu", "ccdf")} == {"cpu", "ccdf"}


# One by one ----------------------------------------------------------------------------------------------------------

def histogram(*pairs):
    count = sum(n for _, n in pairs)
    return {"histogram": [list(pair) for pair in pairs], "count": count}


def test_the_distribution_falls_by_the_share_of_latencies_up_to_each_bound(drawn):
    records = [measured("std/mutex", 2, kind="latency", latency=histogram((100, 6), (1000, 2))),
               measured("std/mutex", 2, kind="latency", latency=histogram((200, 1), (1000, 1)))]
    drawing = drawn(ccdf, [environment(), *records])
    (line,) = lines(drawing.axes[0]).values()
    assert list(line.get_xdata()) == pytest.approx([1e-7, 1e-7, 2e-7, 1e-6])
    assert list(line.get_ydata()) == pytest.approx([1, 0.4, 0.3, 0.3])
    assert (drawing.axes[0].get_xscale(), drawing.axes[0].get_yscale()) == ("log", "log")
    assert "10 of them" in caption(drawing)


def test_a_distribution_that_is_none_is_refused_with_its_line(pictures):
    records = [environment(), measured("std/mutex", 2, kind="latency", latency=histogram((100, 6), (90, 2)))]
    (picture,) = pictures(records, "ccdf")
    with pytest.raises(UsageError, match=r"counter.jsonl:2: .*do not rise"):
        picture.draw()


def test_bars_are_medians_of_ratios_inside_blocks(drawn):
    records = [measured(name, 2, rate * scale, block=block) for block, scale in enumerate((1, 10, 100))
               for name, rate in (("std/mutex", 1e6), ("mcs/spin", (2, 3, 8)[block] * 1e6))]
    (axis,) = drawn(speed_up, [environment(), *records]).axes
    (bar,) = axis.patches
    assert (bar.get_x(), bar.get_x() + bar.get_width()) == (1, 3)
    (whisker,) = [line for line in axis.lines if line.get_label() == "_interval"]
    assert list(whisker.get_xdata()) == [2, 8]
    assert axis.get_xlabel() == "\N{MULTIPLICATION SIGN} std/mutex"


def test_a_bar_of_one_block_has_no_whisker_and_what_has_no_bar_a_dash(drawn):
    records = [measured("std/mutex", 2), measured("mcs/spin", 2, 2e6), measured("clh/spin", 2, block=1)]
    drawing = drawn(speed_up, [environment(), *records])
    (axis,) = drawing.axes
    assert not [line for line in axis.lines if line.get_label() == "_interval"]
    assert [text.get_text() for text in axis.texts if text.get_label() == "_ratio"] == ["\N{EN DASH}", "2.00"]
    assert "clh/spin at 2 (no block has both)" in caption(drawing)


@pytest.mark.parametrize("low, high", [(0.995, 1.004), (0.85, 1.15), (0.68, 1.4), (0.9, 3.3), (1e-4, 1.2), (0.5, 40)])
def test_a_narrow_scale_has_the_one_and_a_number_far_from_it(low, high):
    one, other = sorted(speed_up.ticks(low, high, 2), key=lambda tick: tick != 1)
    assert one == 1 and low <= other <= high
    assert abs(log(other)) > 0.6 * max(-log(low), log(high)) or high > 30 * low


def test_another_baseline_can_be_asked_for(drawn):
    records = [environment(), *(measured(name, 2, rate) for name, rate in (("std/mutex", 1e6), ("mcs/spin", 4e6)))]
    (axis,) = drawn(speed_up, records, baseline="mcs/spin").axes
    assert [label.get_text() for label in axis.get_yticklabels()] == ["std/mutex"]
    assert axis.patches[0].get_width() == pytest.approx(-0.75)


def test_without_a_common_block_there_is_no_ratio(pictures):
    assert pictures([environment(), measured("std/mutex", 2, block=1), measured("mcs/spin", 2, block=2)], "speed-up") == []


def maze(rates):
    return [environment(), *(measured(name, 2, rate * (1 + block / 100), block=block, params={"critical_ns": a, "parallel_ns": b})
                             for name, rate in rates.items() for a, b in product((0, 100), repeat=2) for block in range(3))]


def test_a_cell_has_the_fastest_and_who_cannot_be_told_from_it(drawn):
    (axis,) = drawn(sections, maze({"std/mutex": 1e6, "mcs/spin": 2e6, "clh/spin": 2e6, "atomic/fetch_add": 9e6})).axes
    assert sorted(line.get_label() for line in axis.lines) == ["clh/spin"] * 4 + ["mcs/spin"] * 4
    assert [text.get_text() for text in axis.texts].count("2.00\N{MULTIPLICATION SIGN}") == 4


def test_placements_stand_in_columns_with_the_median_rate_in_the_cell(drawn):
    records = [measured(name, 2, rate, policy=policy) for policy, rate in (("one", 1.23e6), ("spread", 4.5e3))
               for name in ("std/mutex", "mcs/spin")]
    records.append(failed(measured("clh/spin", 2, policy="one")))
    drawing = drawn(placement, [environment(), *records])
    (axis,) = drawing.axes
    assert [label.get_text() for label in axis.get_xticklabels()] == ["one", "spread"]
    assert [text.get_text() for text in axis.texts].count("1.23M") == 2
    assert "clh/spin on one at 2 (hang)" in caption(drawing)


def test_placements_with_long_names_are_numbered_and_cells_say_where_threads_take_turns(drawn):
    long = [f"hwloc:package:{i}.core:0-3.pu:0" for i in (0, 1)]
    crowd = {"roles": "interleaved", "granted": [0, 0], "oversubscribed": True}
    drawing = drawn(placement, [environment(), *(measured("std/mutex", 2, policy=policy) for policy in long),
                                trial("std/mutex", 2, placement={"policy": "one", **crowd}, metrics=COUNTS)])
    (axis,) = drawing.axes
    assert [label.get_text() for label in axis.get_xticklabels()] == ["P1", "P2", "one"]
    assert f"P1: {long[0]}; P2: {long[1]}" in caption(drawing)
    cells = [text.get_text() for text in axis.texts if text.get_text() != "2 threads"]
    assert [cell.endswith(placement.CROWDED) for cell in cells] == [False, False, True]
    assert "more threads than processors in this placement" in caption(drawing)


@pytest.mark.parametrize("width", style.WIDTHS)
def test_many_lengths_of_sections_fit_into_their_cells(drawn, width):
    names = ["std/mutex", *(f"{algorithm}/spin" for algorithm in ("ttas", "mcs", "clh", "tas", "ticket"))]
    records = [measured(name, n, 1e6, block=block, params={"critical_ns": a, "parallel_ns": b}) for name in names for n in (2, 8)
               for a in (0, 1000) for b in (0, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 50000) for block in range(3)]
    drawing = drawn(sections, [environment(), *records], width=width)
    assert_fits(drawing, style.WIDTHS[width])
    numbers = [text for axis in drawing.axes for text in axis.texts if "\N{MULTIPLICATION SIGN}" in text.get_text()]
    assert len(numbers) == 48 and min(text.get_fontsize() for text in numbers) >= (3.5 if width == "one" else 6)


def test_wake_ups_go_by_place(drawn):
    (axis,) = drawn(wake, [environment(), measured("std/mutex", 2, kind="latency")]).axes
    (line,) = lines(axis).values()
    assert list(zip(line.get_xdata(), line.get_ydata())) == [(1, pytest.approx(102e-9)), (2, pytest.approx(202e-9))]
    assert axis.get_xlabel() == "place of the runner in the order of waking"


def test_a_saturated_rate_is_a_hollow_mark_and_no_latency(drawn):
    loads = [measured("std/mutex", 2, kind="latency", params={"rate": rate}, saturated=rate > 2e5) for rate in (1e5, 2e5, 4e5)]
    drawing = drawn(response, [environment(), *loads])
    for axis in drawing.axes:
        assert list(lines(axis)["std/mutex"].get_xdata()) == [1e5, 2e5]
        (mark,) = [line for line in axis.lines if line.get_label() == "_gap"]
        assert mark.get_xdata()[0] == 4e5
    assert "With 2 threads kept up with at most: std/mutex 200k/s." in caption(drawing)


def test_a_machine_has_borders_where_the_next_thread_meets_something_new(drawn):
    machine = environment(pus=64)
    machine["topology"].update(cores=32, packages=2)
    drawing = drawn(PLOTS[0], [machine, *(measured("std/mutex", n, policy="cores", pus=64) for n in (1, 128))])
    borders = ("_package", "_core", "_PU")
    found = {line.get_label(): line.get_xdata()[0] for line in drawing.axes[0].lines if line.get_label() in borders}
    assert found == {"_package": 16, "_core": 32, "_PU": 64}
    assert "Vertical lines: one package (16), all cores (32), all PUs (64)." in caption(drawing)


def test_only_pictures_of_distributions_read_histograms(pictures, monkeypatch):
    found = pictures(study(MANY[:2], blocks=1), *set(PLOT_NAMES) - {"ccdf", "wake"})
    monkeypatch.setattr(histograms.load, "whole", None)
    assert all(picture.caption for picture in found)
