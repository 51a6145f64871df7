"""Changes are found where they were made, and nowhere else."""

import math

import numpy as np
import pytest

from analysis import changepoints


def cuts(values, alpha=0.01, least=0.0):
    return [part.begin for part in changepoints.parts(values, alpha, least)][1:]


def noise(seed, n, scale=0.02):
    return np.random.default_rng(seed).normal(0, scale, n)


@pytest.mark.parametrize("at", [20, 50, 80])
def test_a_step_of_5_percent_at_2_percent_noise_is_found_within_three_runs(at):
    found = 0
    for seed in range(20):
        values = noise(seed, 100)
        values[at:] -= 0.05
        found += any(abs(cut - at) <= 3 for cut in cuts(values))
    assert found >= 18


def test_two_steps_are_two_cuts_with_the_levels_between_them():
    values = noise(1, 120)
    values[40:80] += 0.2
    first, second, third = changepoints.parts(values, 0.01)
    assert (first.end, second.end, third.end) == (40, 80, 120)
    assert (first.level, second.level, third.level) == (pytest.approx(0, abs=0.02), pytest.approx(0.2, abs=0.02), pytest.approx(0, abs=0.02))


def test_a_slow_drift_is_told_as_steps():
    assert cuts(noise(2, 100) + np.linspace(0, 0.3, 100))


def test_single_outliers_are_no_change():
    values = noise(3, 60)
    values[[10, 30, 59]] = 5.0
    assert cuts(values) == []


def test_five_runs_suffice_and_four_do_not():
    """History's other question, about the last run, fills the gap."""
    for n, found in ((5, [55]), (4, [])):
        values = noise(4, 60)
        values[60 - n:] -= 0.5
        assert cuts(values) == found


@pytest.mark.parametrize("draw", [
    lambda rng: rng.normal(0, 0.03, 40), lambda rng: 0.03 * rng.standard_t(2, 40), lambda rng: rng.lognormal(0, 1, 40),
    lambda rng: rng.integers(0, 3, 40).astype(float)], ids=["normal", "heavy tails", "skewed", "ties"])
def test_noise_has_changes_as_often_as_asked_for_at_most(draw):
    rng = np.random.default_rng(9)
    assert sum(bool(cuts(draw(rng), alpha=0.05)) for _ in range(400)) <= 400 * (0.05 + 0.022)  # two standard errors


def test_steps_too_small_to_matter_are_merged_away():
    values = noise(5, 200, 0.002)
    values[100:] += 0.01
    assert cuts(values) == [100]
    assert cuts(values, least=0.03) == []


def test_short_series_and_constant_ones_have_no_changes():
    assert cuts([1.0] * 4 + [9.0] * 5) == []
    assert cuts([1.0] * 50) == []
    assert changepoints.parts([], 0.01) == []
    assert [(part.begin, part.end) for part in changepoints.parts([1.0], 0.01)] == [(0, 1)]


def test_a_clear_step_is_found_whatever_the_number_of_series_it_is_looked_for_in():
    """No feasible number of permutations tells chances like this one."""
    values = noise(6, 200)
    values[100:] -= 0.05
    assert cuts(values, alpha=1e-7) == [pytest.approx(100, abs=3)]


@pytest.mark.parametrize("n", [12, 30, 100])
def test_the_bound_of_p_is_above_what_permutations_show(n):
    scores = np.concatenate([changepoints._by_chance(n, batch) for batch in range(20)])
    for score in np.quantile(scores, [0.99, 0.999]):
        assert (scores >= score).mean() <= (n - 2 * changepoints.LEAST + 1) * math.erfc(math.sqrt(score / 2))
