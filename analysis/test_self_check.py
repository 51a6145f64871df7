"""The statistics judged by their own standard: data whose truth is known, because it was drawn.

Coverage of the intervals, false alarms of a whole table under A/A, and the power for a change of 5 %. Noise comes from
several made-up distributions and from the real trials of the example, whose scatter around the medians of their points is
that of a two-core virtual machine. Everything is seeded: a failure repeats.
"""

from pathlib import Path
from statistics import median

import numpy as np
import pytest

from analysis import comparison, points, stats
from analysis.comparison import Row, Rules, Side, judged
from analysis.load import read
from analysis.measures import MEASURES

EXAMPLE = Path(__file__).resolve().parent.parent / "results" / "example" / "two-core.jsonl"
THROUGHPUT = MEASURES["throughput"]


def scatter_of_example():
    """Logarithms of throughputs over the median of their point, each point's own degrees of freedom given back."""
    trials, environments = read([EXAMPLE], pytest.fail)
    found = []
    for figure in points.figures(trials, environments):
        for point in figure.points if figure.setting.kind == "throughput" else ():
            values = np.log([t.items_per_second for t in point.trials])
            if len(values) > 3:
                found.extend((values - np.median(values)) * np.sqrt(len(values) / (len(values) - 1)))
    return np.array(found)


SCATTER = scatter_of_example()
NOISE = {
    "normal": lambda rng, n: rng.normal(0, 0.03, n),
    "skewed": lambda rng, n: 0.03 * rng.lognormal(0, 0.6, n),
    "heavy tails": lambda rng, n: 0.03 * rng.standard_t(3, n),
    "this machine": lambda rng, n: rng.choice(SCATTER, n),
}


def side(logs, clusters=None):
    values = tuple(np.exp(logs))
    return Side(values, clusters or (len(values),), median(values), 0.0, len(values), {}, False, False, None)


def coverage(noise, sizes, repeats=2000, seed=11):
    rng, bootstrap = np.random.default_rng(seed), stats.Bootstrap()
    hits = 0
    for _ in range(repeats):
        low, high = bootstrap.interval(noise(rng, sizes[0]), noise(rng, sizes[1]), (sizes[0],), (sizes[1],))
        hits += low <= 0 <= high
    return hits / repeats


@pytest.mark.parametrize("noise", NOISE.values(), ids=NOISE)
@pytest.mark.parametrize("sizes", [(7, 7), (10, 10), (9, 20)], ids=str)
def test_intervals_of_the_ratio_cover_94_to_96_percent(noise, sizes):
    assert 0.94 - 0.01 <= coverage(noise, sizes) <= 0.96 + 0.01  # a hundredth is two standard errors of 2000 draws


@pytest.mark.parametrize("n", [4, 5, 6])
def test_intervals_of_few_values_cover_no_less(n):
    assert coverage(NOISE["normal"], (n, n)) >= 0.94


@pytest.mark.parametrize("runs", [3, 4])
def test_intervals_of_a_few_runs_allow_for_what_differs_between_runs(runs):
    rng, bootstrap, hits = np.random.default_rng(5), stats.Bootstrap(), 0
    for _ in range(1000):
        sides = [(rng.normal(0, 0.03, runs)[:, None] + rng.normal(0, 0.02, (runs, 7))).ravel() for _ in range(2)]
        low, high = bootstrap.interval(*sides, (7,) * runs, (7,) * runs)
        hits += low <= 0 <= high
    assert hits / 1000 >= 0.94


@pytest.mark.parametrize("n", [6, 7, 10, 25])
def test_intervals_of_a_median_cover_what_they_say(n):
    """By order statistics, so that the steps are coarse: what is promised is the coverage that comes with the interval."""
    rng = np.random.default_rng(3)
    found = [stats.median_interval(rng.standard_t(3, n)) for _ in range(2000)]
    assert sum(i.low <= 0 <= i.high for i in found) / 2000 == pytest.approx(found[0].coverage, abs=0.012)
    assert found[0].coverage >= 0.95


@pytest.mark.parametrize("noise", NOISE.values(), ids=NOISE)
@pytest.mark.parametrize("pairs", [7, 10, 25])
def test_intervals_of_pairs_cover_no_less_than_they_say(noise, pairs):
    """Exact, so that the steps are coarse for few pairs: 98 % for seven, for 25 hardly more than 95 %."""
    rng, hits = np.random.default_rng(12), 0
    for _ in range(2000):
        low, high = stats.signed_rank(noise(rng, pairs) - noise(rng, pairs)).interval
        hits += low <= 0 <= high
    assert 0.94 <= hits / 2000 <= {7: 1, 10: 0.975, 25: 0.965}[pairs]


def table_of(rng, noise, size, rows, effects=()):
    """Rows of equal things, but for the first, which differ by these effects."""
    effects = [*effects, *[0.0] * (rows - len(effects))]
    return [Row(None, THROUGHPUT, side(noise(rng, size)), side(noise(rng, size) + effect)) for effect in effects]


def claims(rows, rules):
    return [row.verdict for row in judged(rows, rules, {}) if row.verdict in comparison.CLAIMS]


@pytest.mark.parametrize("noise", NOISE.values(), ids=NOISE)
def test_false_alarms_come_in_at_most_one_table_of_twenty(noise):
    """With no threshold at all, so that it is the test that holds them back."""
    rng, rules = np.random.default_rng(21), Rules(threshold=0.0)
    alarms = sum(bool(claims(table_of(rng, noise, 10, 20), rules)) for _ in range(200))
    assert alarms / 200 <= 0.05 + 0.03  # two standard errors of 200 tables


@pytest.mark.parametrize("noise", NOISE.values(), ids=NOISE)
def test_pairs_that_drift_together_raise_no_more_false_alarms(noise):
    rng, rules, alarms = np.random.default_rng(23), Rules(threshold=0.0, paired=True), 0
    for _ in range(200):
        moods = [rng.normal(0, 0.4, 25).cumsum() for _ in range(20)]
        rows = [Row(None, THROUGHPUT, side(mood + noise(rng, 25)), side(mood + noise(rng, 25))) for mood in moods]
        alarms += bool(claims(rows, rules))
    assert alarms / 200 <= 0.05 + 0.03


def test_the_false_alarm_rate_would_show_if_p_were_not_adjusted(monkeypatch):
    monkeypatch.setattr(stats, "holm", lambda ps: np.asarray(ps))
    rng = np.random.default_rng(21)
    assert sum(bool(claims(table_of(rng, NOISE["normal"], 10, 20), Rules(threshold=0.0))) for _ in range(100)) > 40


def power(size, noise, effect=np.log(0.95), rows=20, tables=60):
    rng = np.random.default_rng(33)
    return sum("slower" in claims(table_of(rng, noise, size, rows, [effect]), Rules()) for _ in range(tables)) / tables


def test_a_change_of_5_percent_is_seen_where_the_noise_is_3_percent():
    assert power(20, NOISE["normal"]) >= 0.9


def test_the_gates_pairs_see_10_percent_at_the_noise_of_this_machine_whatever_it_drifts():
    """As scripts/regression-check asks: 25 pairs of two trials each, 37 rows, 1 % for the table."""
    rng, rules, seen = np.random.default_rng(34), Rules(alpha=0.01, threshold=0.05, paired=True), 0

    def run(mood, effect=0.0):
        return side(mood + effect + np.median(NOISE["this machine"](rng, 50).reshape(25, 2), axis=1))

    for _ in range(60):
        moods = [rng.normal(0, 0.4, 25).cumsum() for _ in range(37)]
        seen += "slower" in claims([Row(None, THROUGHPUT, run(mood), run(mood, 0.0 if i else np.log(0.9)))
                                    for i, mood in enumerate(moods)], rules)
    assert seen / 60 >= 0.5


def test_a_change_of_5_percent_takes_sixty_trials_at_the_noise_of_this_machine():
    """12 % from trial to trial. The README tells this number."""
    few, many = (power(size, NOISE["this machine"], rows=1) for size in (10, 60))
    assert few < 0.4 < 0.8 <= many


def test_equal_things_are_called_the_same_when_measured_well_and_never_a_difference_when_not():
    rng = np.random.default_rng(4)
    quiet = [judged([Row(None, THROUGHPUT, side(rng.normal(0, 0.01, 20)), side(rng.normal(0, 0.01, 20)))], Rules(), {})[0].verdict
             for _ in range(100)]
    assert quiet.count("same") >= 95
    loud = [judged([Row(None, THROUGHPUT, side(rng.normal(0, 0.2, 7)), side(rng.normal(0, 0.2, 7)))], Rules(), {})[0].verdict
            for _ in range(100)]
    assert loud.count("same") == 0


def test_holm_adjusts_as_published():
    """The worked example of Holm (1979) in words: the smallest times all, the next times one less, never falling."""
    assert stats.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert list(stats.holm([])) == []


def test_the_exact_test_knows_its_smallest_p():
    base, new = np.arange(5.0)[None], np.arange(5.0)[None] + 10
    assert stats.mann_whitney(base, new)[0] == pytest.approx(stats.smallest_p(5, 5)) == pytest.approx(2 / 252)
    assert stats.mann_whitney(np.ones((1, 9)), np.ones((1, 9)))[0] == 1


def test_the_weighted_median_is_the_bootstrap_that_it_stands_for():
    """Against resamples that are really drawn and really sorted."""
    rng = np.random.default_rng(8)
    base, new = rng.normal(0, 1, 6), rng.normal(0.5, 1, 5)
    bootstrap = stats.Bootstrap(resamples=50)
    weights = bootstrap._of_pairs((6,), (5,))[0].reshape(50, 5, 6)
    drawn = []
    for resample in weights:
        differences = [new[j] - base[i] for j in range(5) for i in range(6) for _ in range(int(resample[j, i]))]
        drawn.append(np.median(differences))
    tail = bootstrap._tail(5, 0.025)
    assert bootstrap.interval(base, new, (6,), (5,)) == pytest.approx(tuple(np.quantile(drawn, [tail, 1 - tail])))


@pytest.mark.parametrize("runs", [2, 3])
def test_two_runs_that_differ_as_runs_do_are_no_regression(runs):
    """What differs between runs is the most of it: ten trials of each say hardly more than one."""
    rng, bootstrap, hits = np.random.default_rng(5), stats.Bootstrap(), 0
    for _ in range(1000):
        sides = [(rng.normal(0, 0.05, runs)[:, None] + rng.normal(0, 0.005, (runs, 5))).ravel() for _ in range(2)]
        low, high = bootstrap.interval(*sides, (5,) * runs, (5,) * runs)
        hits += low <= 0 <= high
    assert hits / 1000 >= 0.94


def test_many_values_are_resampled_in_parts_that_fit_into_memory(monkeypatch):
    rng = np.random.default_rng(8)
    sample = rng.normal(0, 1, 20), rng.normal(0.5, 1, 15), (20,), (15,)
    at_once = stats.Bootstrap().interval(*sample)
    monkeypatch.setattr(stats, "AT_ONCE", 700 * 300)
    assert stats.Bootstrap().interval(*sample) == at_once
    assert len(list(stats.Bootstrap()._of_pairs((20,), (15,)))) == 2
