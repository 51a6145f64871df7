"""The sentences under a figure say what happened to the trials, in numbers."""

import pytest

from analysis import captions, curves, points
from analysis.conftest import environment, failed, trial, unbelievable
from analysis.load import read
from analysis.plots.throughput import RATE as rate


@pytest.fixture
def caption(written):
    def make(*records):
        (figure,) = points.figures(*read([written([environment(), *records])], pytest.fail))
        return " ".join(captions.caption(figure, curves.curves(figure, rate), rate, "throughput"))

    return make


def times(n, **fields):
    return [trial(rate=1e6 + i, **fields) for i in range(n)]


def test_says_what_was_held_fixed(caption):
    assert ("counter (critical_ns=100, parallel_ns=500); placement compact, roles interleaved; host box with 2 PUs; "
            "build 0.1.0-4-gabc; windows of 500ms.") in caption(trial())


@pytest.mark.parametrize("records, sentence", [
    (times(10), "Median of 10 trials; bands: 95 % confidence interval of the median by order statistics."),
    (times(3), "Median of 3 trials; bands: minimum to maximum, which covers the median with only 75 %."),
    (times(1), "Median of 1 trial; a single trial has no band."),
    (times(10) + times(4, threads=4),
     "Median of 4 to 10 trials; bands: 95 % confidence interval of the median by order statistics, with fewer than "
     "6 trials minimum to maximum, which covers the median with only 88 % at worst."),
    (times(3) + times(5, threads=4),
     "Median of 3 to 5 trials; bands: minimum to maximum, which covers the median with only 75 % at worst."),
    ([failed(trial())], "No point has a number."),
])
def test_says_what_the_bands_mean(caption, records, sentence):
    assert sentence in caption(*records)


def test_counts_what_was_left_out(caption):
    text = caption(*times(4), trial(fingerprint={"line_ns": [170, 170]}), unbelievable(trial()), failed(trial()),
                   failed(trial(), "skipped"), failed(trial(), "skipped"))
    assert ("Trials left out: 1 with far processors (a cache line took over 2x the best), 1 doubtful, 1 hang, "
            "2 skipped.") in text


def test_an_implementation_that_was_violated_once_has_no_number(caption):
    text = caption(*times(4), failed(trial(), "violated"))
    assert "Trials left out: 4 beside a violated one, 1 violated." in text
    assert "ticket/spin at 2 (violated)" in text


def test_says_nothing_of_what_did_not_happen(caption):
    text = caption(*times(6))
    for word in ("left out", "Far", "Doubtful", "no number", "twice"):
        assert word not in text


def test_names_points_that_rest_on_far_or_doubtful_trials(caption):
    text = caption(trial(), trial("mcs/spin", fingerprint={"line_ns": [170, 170]}), unbelievable(trial("clh/spin")))
    assert "Far processors in every trial: mcs/spin at 2." in text
    assert "Doubtful (too few undisturbed trials): clh/spin at 2." in text


def test_names_points_without_a_number(caption):
    text = caption(trial(), failed(trial(threads=8)), failed(trial(threads=4)), failed(trial("none"), "violated"))
    assert "\N{MULTIPLICATION SIGN} no number: none at 2 (violated); ticket/spin at 4, 8 (hang)." in text


def test_the_reference_measured_again_shows_the_noise_inside_blocks(caption):
    again = [trial(rate=rate * factor, copy=copy, block=block) for block, rate in enumerate((1e6, 4e6, 9e6))
             for copy, factor in ((0, 1), (1, 1 + block / 10))]
    assert ("ticket/spin measured twice, ratio of throughput inside a block, median (range): "
            "1.10 (1.00\N{EN DASH}1.20) at 2.") in caption(*again)


def test_says_where_runs_were_pooled(caption):
    two = [*times(3, run="a"), *times(3, run="b")]
    assert "Trials of up to 2 runs pooled: intervals do not allow for" in caption(*two)
    assert "pooled" not in caption(*times(3, run="a"), *times(3, threads=4, run="b")), "each point is of one run"
