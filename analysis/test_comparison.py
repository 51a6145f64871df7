"""What is compared with what, and when which verdict is given."""

from math import exp
from random import Random

import pytest

from analysis import comparison
from analysis.comparison import Rules, compare
from analysis.conftest import environment, failed, trial, unbelievable
from analysis.errors import UsageError
from analysis.load import read
from analysis.measures import MEASURES

THROUGHPUT = [MEASURES["throughput"]]


@pytest.fixture
def sides(written):
    def make(base, new, machines=(environment(),)):
        return [read([written([*machines, *records], name)], pytest.fail) for name, records in (("a.jsonl", base), ("b.jsonl", new))]

    return make


def sample(rate=1e6, n=10, noise=0.01, seed=1, name="ticket/spin", **changes):
    rng = Random(seed)
    return [trial(name, rate=rate * rng.lognormvariate(0, noise), block=i, repetition=i, **changes) for i in range(n)]


def only_row(found):
    (row,) = found.rows
    return row


def verdict(sides, base, new, measures=THROUGHPUT, rules=Rules()):
    return only_row(compare(*sides(base, new), measures, rules)).verdict


def test_a_clear_change_is_named_in_its_direction(sides):
    row = only_row(compare(*sides(sample(1e6), sample(0.9e6, seed=2)), THROUGHPUT))
    assert row.verdict == "slower" and row.is_regression
    assert row.ratio == pytest.approx(0.9, rel=0.02)
    assert row.interval[0] < row.ratio < row.interval[1] < 1
    assert row.adjusted_p < 0.001
    assert verdict(sides, sample(1e6), sample(1.1e6, seed=2)) == "faster"


def test_for_a_cost_more_is_worse(sides):
    def cost(ns):
        return sample(metrics={"cpu_ns_per_operation": ns})

    assert verdict(sides, cost(100.0), cost(150.0), [MEASURES["cpu"]]) == "slower"
    assert verdict(sides, cost(150.0), cost(100.0), [MEASURES["cpu"]]) == "faster"


def test_a_difference_below_the_threshold_is_none_however_sure(sides):
    assert verdict(sides, sample(1e6, 40, 0.002), sample(1.02e6, 40, 0.002, seed=2)) == "same"


def test_too_little_is_not_the_same_but_inconclusive(sides):
    assert verdict(sides, sample(1e6, 4, 0.05), sample(1e6, 4, 0.05, seed=2)) == "inconclusive"


def test_fewer_than_four_values_have_no_interval_and_no_verdict(sides):
    row = only_row(compare(*sides(sample(n=3), sample(5e6, n=3)), THROUGHPUT))
    assert (row.verdict, row.interval) == ("inconclusive", None)


def test_what_spreads_over_a_quarter_is_unstable(sides):
    row = only_row(compare(*sides(sample(1e6, 10, 0.5), sample(1e6, 10, 0.01, seed=2)), THROUGHPUT))
    assert row.verdict == "unstable" and "BASE" in row.note and "NEW" not in row.note


def test_a_clear_change_is_a_change_even_if_a_side_spreads(sides):
    assert verdict(sides, sample(1e6, 12, 0.4), sample(0.1e6, 12, 0.4, seed=2)) == "slower"


def test_near_is_not_compared_with_far(sides):
    base = [*sample(), trial("mcs/spin", fingerprint={"line_ns": [26.0, 26.0]})]
    new = sample(0.2e6, fingerprint={"line_ns": [160.0, 160.0]})
    row = compare(*sides(base, new), THROUGHPUT).rows[0]
    assert row.verdict == "unstable" and "far apart in NEW alone" in row.note


def test_far_is_compared_with_far_where_most_was_far(sides):
    def mixed(near, far, slow=1.0, seed=1):
        return [*sample(5e6, n=near, seed=seed), *sample(slow * 1e6, n=far, seed=seed + 9, fingerprint={"line_ns": [160.0, 160.0]})]

    row = only_row(compare(*sides(mixed(4, 12), mixed(5, 12, 0.8, seed=2)), THROUGHPUT))
    assert (row.verdict, row.note) == ("slower", "processors far apart")
    assert row.ratio == pytest.approx(0.8, rel=0.02)
    assert row.base.left_out == {"near": 4}
    row = only_row(compare(*sides(mixed(8, 12), mixed(8, 3, 0.1, seed=2)), THROUGHPUT))
    assert (row.base.left_out, row.new.left_out, row.note) == ({"far": 12}, {"far": 3}, "")


def test_doubtful_trials_count_where_both_sides_are_mostly_doubtful(sides):
    def busy(rate, seed, sure=3):
        return [*sample(rate, n=sure, seed=seed), *map(unbelievable, sample(rate, n=12, seed=seed + 9))]

    found = compare(*sides(busy(1e6, 1), busy(0.8e6, 2)), THROUGHPUT)
    row = only_row(found)
    assert (row.verdict, row.note, len(row.new.values)) == ("slower", "disturbed", 12)
    assert found.notes == ["Disturbed on both sides in 1 of 1 rows: a quiet machine would tell more."]
    row = only_row(compare(*sides(busy(1e6, 1, sure=1), busy(0.8e6, 2)), THROUGHPUT))
    assert (row.verdict, len(row.new.values)) == ("slower", 12), "also where one side has too few others to set them aside"
    row = only_row(compare(*sides(sample(1e6, n=12), busy(0.8e6, 2)), THROUGHPUT))
    assert (row.verdict, len(row.new.values), row.new.left_out) == ("inconclusive", 3, {"doubtful": 12})


def test_a_point_that_broke_is_a_regression_and_one_that_was_broken_is_not(sides):
    broken = [failed(line, "violated") for line in sample()]
    row = only_row(compare(*sides(sample(), broken), THROUGHPUT))
    assert (row.verdict, row.note, row.is_regression) == ("invalid", "violated in NEW", True)
    row = only_row(compare(*sides(broken, sample()), THROUGHPUT))
    assert (row.verdict, row.note, row.is_regression) == ("invalid", "violated in BASE", False)


def test_one_violation_among_good_trials_breaks_the_point(sides):
    assert verdict(sides, sample(), [*sample(), failed(trial(), "violated")]) == "invalid"


def test_one_new_hang_among_good_trials_is_a_regression_and_a_known_one_is_not(sides):
    hung = [*sample(), failed(trial())]
    row = only_row(compare(*sides(sample(), hung), THROUGHPUT))
    assert (row.verdict, row.note, row.is_regression) == ("invalid", "hang in NEW", True)
    row = only_row(compare(*sides(hung, hung), THROUGHPUT))
    assert (row.verdict, row.is_regression) == ("same", False)


def test_trials_that_do_not_count_are_counted(sides):
    new = [*sample(), failed(trial(), "skipped"), unbelievable(trial()), unbelievable(trial())]
    assert only_row(compare(*sides(sample(), new), THROUGHPUT)).new.left_out == {"skipped": 1, "doubtful": 2}


def test_zero_is_a_collapse_and_not_an_error(sides):
    row = only_row(compare(*sides(sample(), sample(0.0)), THROUGHPUT))
    assert row.verdict == "slower" and row.ratio < 1e-5


def test_places_without_a_partner_are_named(sides):
    base = [*sample(), *sample(threads=4), *sample(name="mcs/spin")]
    new = [*sample(), *sample(threads=8), *sample(params={"critical_ns": 5, "parallel_ns": 500})]
    found = compare(*sides(base, new), THROUGHPUT)
    assert len(found.rows) == 1
    assert [(p.implementation, p.threads) for p in found.only_base] == [("mcs/spin", 2), ("ticket/spin", 4)]
    assert [(dict(p.setting.params)["critical_ns"], p.threads) for p in found.only_new] == [(100, 8), (5, 2)]


def test_sets_with_nothing_in_common_are_refused_with_an_example(sides):
    with pytest.raises(UsageError, match="'counter ticket/spin 2 threads.*300ms.*, the other '.*500ms"):
        compare(*sides(sample(window_ns=300_000_000), sample()), THROUGHPUT)


def test_p_is_adjusted_for_the_length_of_the_table(sides):
    def many(seed):
        return [line for n in range(1, 21) for line in sample(threads=n, seed=seed + n)]

    base, new = many(1), many(100)
    new[:10] = sample(0.97e6, threads=1, seed=200)
    alone = only_row(compare(*sides(base[:10], new[:10]), THROUGHPUT))
    among = compare(*sides(base, new), THROUGHPUT).rows
    row = next(r for r in among if r.place.threads == 1)
    assert row.p == alone.p == alone.adjusted_p
    assert row.adjusted_p == pytest.approx(min(1, 20 * row.p)) or row.adjusted_p > row.p


def test_a_table_too_long_for_its_trials_says_so_and_how_many_would_do(sides):
    many = [line for n in range(1, 41) for line in sample(n=5, threads=n)]
    (note,) = compare(*sides(many, many), THROUGHPUT).notes
    assert note.startswith("Too few values for 40 of 40 rows: 5 against 5") and "; 7 on each side can" in note


def runs(count, effect, seed, name="ticket/spin"):
    """Runs that differ from each other far more than the trials inside them."""
    rng = Random(seed)
    return [line for i in range(count) for line in sample(1e6 * (1 + effect * rng.gauss(0, 1)), seed=rng.random(), run=f"run-{i}", name=name)]


def test_trials_of_few_runs_do_not_pass_for_many_runs(sides):
    """Two pairs of runs that happen to differ: ten trials each must not make a claim of it."""
    base = [*sample(1.00e6, run="a"), *sample(1.10e6, run="b", seed=2)]
    new = [*sample(0.95e6, run="c", seed=3), *sample(1.06e6, run="d", seed=4)]
    found = compare(*sides(base, new), THROUGHPUT)
    assert only_row(found).verdict == "inconclusive"
    assert "Fewer than 5 runs on a side" in found.notes[-1]


def test_with_many_runs_on_both_sides_the_run_is_the_unit(sides):
    row = only_row(compare(*sides(runs(6, 0.05, 1), runs(7, 0.05, 2)), THROUGHPUT))
    assert (len(row.base.values), len(row.new.values)) == (6, 7)
    assert (row.base.trials, row.new.trials) == (60, 70)


def test_a_point_that_only_two_of_many_runs_have_is_two_values(sides):
    others = [line for i in range(6) for line in sample(n=3, name="mcs/spin", run=f"run-{i}")]
    base = [*others, *sample(1e6, run="run-0"), *sample(1e6, run="run-1", seed=2)]
    new = [*others, *sample(0.5e6, run="run-0", seed=3), *sample(0.5e6, run="run-1", seed=4)]
    row = next(r for r in compare(*sides(base, new), THROUGHPUT).rows if r.place.implementation == "ticket/spin")
    assert (row.verdict, len(row.base.values)) == ("inconclusive", 2)


def side_by_side(count, ratio=1.0, drift=0.5, alone=()):
    """Two sets of runs: what both meet moves from pair to pair by far more than what each scatters by itself."""
    rng = Random(9)
    moods = [rng.gauss(0, drift) for _ in range(count)]
    return [[line for i, mood in enumerate(moods) if i not in left_out
             for line in sample(rate * exp(mood), n=2, seed=rng.random(), run=f"{i:03d}.jsonl")]
            for rate, left_out in ((1e6, ()), (ratio * 1e6, alone))]


def test_pairs_see_through_a_machine_that_drifts(sides):
    slower, same = (sides(*side_by_side(14, ratio)) for ratio in (0.9, 1.0))
    row = only_row(compare(*slower, THROUGHPUT, Rules(paired=True)))
    assert row.verdict == "slower" and row.interval[0] < 0.9 < row.interval[1]
    assert row.adjusted_p == pytest.approx(2**-13)
    assert only_row(compare(*slower, THROUGHPUT)).verdict == "unstable"
    assert only_row(compare(*same, THROUGHPUT, Rules(paired=True))).verdict == "same"


def test_ratios_that_scatter_are_unstable_and_moods_are_not(sides):
    base, new = side_by_side(14)
    new = [line for i in range(14) for line in sample(1e6 * Random(i).lognormvariate(0, 0.6), n=2, run=f"{i:03d}.jsonl")]
    row = only_row(compare(*sides(base, new), THROUGHPUT, Rules(paired=True)))
    assert (row.verdict, row.note) == ("unstable", "the middle half of the ratios spreads over more than 25%")


def test_a_run_without_a_partner_is_counted_and_does_not_shift_the_others(sides):
    row = only_row(compare(*sides(*side_by_side(14, 0.9, alone=(0, 5))), THROUGHPUT, Rules(paired=True)))
    assert (row.verdict, len(row.base.values), row.base.left_out, row.new.left_out) == ("slower", 12, {"runs alone": 2}, {})
    assert row.ratio == pytest.approx(0.9, rel=0.02)


def test_few_pairs_have_no_verdict_and_say_how_many_would_do(sides):
    found = compare(*sides(*side_by_side(5, 0.5)), THROUGHPUT, Rules(paired=True))
    assert (only_row(found).verdict, only_row(found).note) == ("inconclusive", "too few pairs")
    (note,) = found.notes
    assert note == "Too few values for 1 of 1 rows: 5 pairs cannot tell anything at 0.05 over so many rows; 6 can, or fewer measures."


def test_sets_of_which_no_runs_are_pairs_are_refused(sides):
    base, new = side_by_side(7)
    with pytest.raises(UsageError, match="nothing to pair"):
        compare(*sides(base, [{**line, "run": "other"} for line in new]), THROUGHPUT, Rules(paired=True))


def test_a_noise_floor_stops_a_claim_and_makes_nothing_the_same(sides):
    base, new = sides(sample(1e6), sample(0.9e6, seed=2))
    place = only_row(compare(base, new, THROUGHPUT)).place
    row = only_row(compare(base, new, THROUGHPUT, floors={(place, "throughput"): 0.2}))
    assert (row.verdict, row.note) == ("inconclusive", "within the noise floor of 20.0%")
    assert only_row(compare(base, new, THROUGHPUT, floors={(place, "throughput"): 0.001})).verdict == "slower"


def test_percentiles_that_too_few_latencies_show_are_inconclusive(sides):
    few = sample(kind="latency", latency={"count": 500})
    found = {row.measure.name: row for row in compare(*sides(few, few), [MEASURES["p50"], MEASURES["p999"]]).rows}
    assert (found["p50"].verdict, found["p999"].verdict) == ("same", "inconclusive")
    assert found["p999"].note == "too few values to tell"
    assert found["p999"].new.left_out == {"unseen": 10}


def test_every_verdict_has_a_test():
    assert comparison.VERDICTS == ("faster", "slower", "same", "inconclusive", "unstable", "invalid")


def test_what_both_sides_skipped_is_no_row(sides):
    skipped = [failed(line, "skipped") for line in sample(name="atomic/fetch_add")]
    found = compare(*sides([*sample(), *skipped], [*sample(), *skipped]), THROUGHPUT)
    assert [row.place.implementation for row in found.rows] == ["ticket/spin"]
    assert found.notes == ["Skipped on both sides, in 1 points: atomic/fetch_add."]
    found = compare(*sides([*sample(), *sample(name="atomic/fetch_add")], [*sample(), *skipped]), THROUGHPUT)
    assert [row.verdict for row in found.rows if row.place.implementation == "atomic/fetch_add"] == ["invalid"]
    with pytest.raises(UsageError, match="was skipped in both"):
        compare(*sides(skipped, skipped), THROUGHPUT)
