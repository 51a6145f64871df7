"""The statistics against their definitions, over made-up samples."""

from random import Random
from statistics import median

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, wilcoxon

from analysis.stats import block_ratios, median_interval, median_ratio, signed_rank, smallest_p_of_pairs

samples = st.lists(st.floats(0, 1e12), min_size=1, max_size=60)


@given(samples)
def test_the_interval_holds_the_median_of_the_sample_and_ends_at_values_of_it(values):
    found = median_interval(values)
    assert found.low <= median(values) <= found.high
    assert {found.low, found.high} <= set(values)


@given(samples, st.randoms(use_true_random=False))
def test_the_order_of_the_sample_does_not_matter(values, random):
    shuffled = values[:]
    random.shuffle(shuffled)
    assert median_interval(shuffled) == median_interval(values)


@given(st.integers(1, 200))
def test_the_interval_is_the_narrowest_that_reaches_95_percent(n):
    """With the values 0 to n-1 the lower end is its own rank."""
    found = median_interval(range(n))
    rank = int(found.low)
    assert found.high == n - 1 - rank
    assert found.coverage == pytest.approx(1 - 2 * binom.cdf(rank, n, 0.5))
    if rank > 0:
        assert found.coverage >= 0.95
    if n >= 6:
        assert found.coverage >= 0.95 > 1 - 2 * binom.cdf(rank + 1, n, 0.5)


@pytest.mark.parametrize("n, coverage", [(1, 0), (2, 0.5), (3, 0.75), (5, 0.9375)])
def test_few_values_give_their_range_and_say_what_it_is_worth(n, coverage):
    found = median_interval(range(n))
    assert (found.low, found.high, found.coverage) == (0, n - 1, coverage)


@pytest.mark.parametrize("n", [3, 6, 10, 25])
def test_the_coverage_is_what_repeated_sampling_shows(n):
    random = Random(n)
    intervals = [median_interval([random.expovariate(1) for _ in range(n)]) for _ in range(4000)]
    true_median = 0.6931471805599453
    hit = sum(i.low <= true_median <= i.high for i in intervals) / len(intervals)
    assert hit == pytest.approx(intervals[0].coverage, abs=0.02)


@given(st.dictionaries(st.integers(0, 9), st.lists(st.floats(1, 1e6), min_size=1, max_size=4), min_size=1),
       st.floats(0.125, 8))
def test_ratios_see_a_factor_and_nothing_of_the_disturbance_that_a_block_shares(blocks, factor):
    scaled = {block: [factor * value for value in values] for block, values in blocks.items()}
    assert block_ratios(scaled, blocks) == pytest.approx([factor] * len(blocks))


def test_blocks_that_only_one_side_has_and_references_of_zero_give_no_ratio():
    assert block_ratios({1: [2.0], 2: [4.0], 3: [8.0]}, {2: [2.0], 3: [0.0], 4: [1.0]}) == [2.0]


@pytest.mark.parametrize("n", [1, 2, 5, 6, 17, 100])
def test_the_ranks_of_a_median_are_those_of_the_binomial_distribution(n):
    interval = median_interval(range(1, n + 1))
    within = {rank: 1 - 2 * binom.cdf(rank - 1, n, 0.5) for rank in range(1, n // 2 + 1)}
    assert interval.low == max((rank for rank, coverage in within.items() if coverage >= 0.95), default=1)
    assert interval.coverage == pytest.approx(within.get(interval.low, 0))


def test_the_median_of_many_values_does_not_take_long():
    assert median_interval(range(20_000)).coverage == pytest.approx(0.95, abs=0.002)


differences = st.lists(st.floats(-1, 1), min_size=1, max_size=25, unique_by=abs).map(np.array)


@given(differences)
def test_p_of_pairs_is_wilcoxons(found):
    found = found[found != 0]
    if len(found):
        assert signed_rank(found).p == pytest.approx(wilcoxon(found, mode="exact").pvalue)


@given(st.lists(st.sampled_from([-2.0, -1.0, 0.0, 1.0, 2.0, 3.0]), min_size=1, max_size=25).map(np.array))
def test_the_interval_of_pairs_leaves_out_zero_where_p_says_so(found):
    pairs = signed_rank(found)
    assert pairs.p <= 1
    if pairs.interval is not None:
        low, high = pairs.interval
        assert low <= pairs.shift <= high
        assert (pairs.p <= 0.05) == (not low <= 0 <= high)


def test_equal_pairs_do_not_differ_and_five_pairs_have_no_interval():
    assert signed_rank(np.zeros(9)) == (0.0, (0.0, 0.0), 1.0)
    assert signed_rank(np.ones(5)).interval is None
    assert signed_rank(np.ones(6)) == (1.0, (1.0, 1.0), smallest_p_of_pairs(6))


@given(st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=20))
def test_the_middle_of_ratios_turned_round_is_the_middle_turned_round(ratios):
    assert median_ratio([1 / r for r in ratios]) == pytest.approx(1 / median_ratio(ratios))
    assert min(ratios) * 0.999 <= median_ratio(ratios) <= max(ratios) * 1.001
