"""What is pooled and what is kept apart."""

from statistics import median

import pytest

from analysis import points
from analysis.conftest import environment, failed, trial, unbelievable
from analysis.load import read

NEAR, FAR = {"line_ns": [26.0, 27.0]}, {"line_ns": [27.0, 160.0]}


@pytest.fixture
def grouped(written):
    def group(*records, machines=(environment(),)):
        return points.figures(*read([written([*machines, *records])], pytest.fail))

    return group


def only_point(figures):
    (figure,) = figures
    (point,) = figure.points
    return point


def rates(point):
    return sorted(t.items_per_second for t in point.trials)


def test_repetitions_are_pooled(grouped):
    assert rates(only_point(grouped(trial(rate=1.0), trial(rate=2.0, repetition=1, block=1)))) == [1, 2]


def test_near_and_far_are_never_pooled(grouped):
    point = only_point(grouped(trial(rate=1.0, fingerprint=NEAR), trial(rate=9.0, fingerprint=FAR)))
    assert rates(point) == [1]
    assert (point.left_out_far, point.only_far) == (1, False)


def test_far_trials_are_used_and_marked_where_there_are_no_others(grouped):
    (figure,) = grouped(trial(threads=2, fingerprint=NEAR), trial("mcs/spin", rate=9.0, fingerprint=FAR))
    far = figure.series["mcs/spin"][0]
    assert (rates(far), far.left_out_far, far.only_far) == ([9], 0, True)


def test_far_is_judged_on_the_same_processors_and_host_alone(grouped):
    place = {"policy": "list:0,9", "roles": "interleaved", "oversubscribed": False}
    close = trial(placement={**place, "granted": [0, 1]}, fingerprint=NEAR)
    apart = trial(placement={**place, "granted": [0, 9]}, fingerprint=FAR)
    elsewhere = trial(placement={**place, "granted": [1, 0]}, fingerprint=FAR, environment="run-2")
    figures = grouped(close, apart, elsewhere, machines=(environment(), environment("run-2", host="other")))
    assert not any(p.only_far or p.left_out_far for figure in figures for p in figure.points)


def test_a_trial_without_a_fingerprint_is_not_far(grouped):
    assert rates(only_point(grouped(trial(rate=1.0, fingerprint={}), trial(rate=2.0, fingerprint=NEAR)))) == [1, 2]


def test_twice_the_best_is_still_near(grouped):
    exactly = {"line_ns": [52.0, 52.0]}
    above = {"line_ns": [52.0, 52.1]}
    best = {"line_ns": [26.0, 26.0]}
    point = only_point(grouped(*(trial(rate=r, fingerprint=f) for r, f in ((1.0, best), (2.0, exactly), (3.0, above)))))
    assert rates(point) == [1, 2]


def test_doubtful_trials_are_left_out_where_enough_others_are_left(grouped):
    sure = [trial(rate=float(i)) for i in (1, 2, 3)]
    point = only_point(grouped(*sure, unbelievable(trial(rate=99.0))))
    assert (median(rates(point)), point.left_out_doubtful, point.doubtful) == (2, 1, False)


def test_doubtful_trials_are_used_and_marked_where_too_few_others_are_left(grouped):
    point = only_point(grouped(trial(rate=1.0), trial(rate=2.0), unbelievable(trial(rate=99.0))))
    assert (rates(point), point.left_out_doubtful, point.doubtful) == ([1, 2, 99], 0, True)


def test_the_reference_measured_again_is_not_pooled(grouped):
    (figure,) = grouped(trial(rate=1.0), trial(rate=5.0, copy=1))
    assert [rates(p) for p in figure.points] == [[1], [5]]
    assert [rates(p) for p in figure.series["ticket/spin"]] == [[1]]


def test_a_point_without_a_measurement_stays_with_its_commonest_verdict(grouped):
    point = only_point(grouped(failed(trial()), failed(trial(), "violated"), failed(trial(), "violated")))
    assert (point.trials, len(point.failed), point.why_failed) == ((), 3, "violated")


@pytest.mark.parametrize("other", [
    trial(workload="prodcons"),
    trial(params={"critical_ns": 100, "parallel_ns": 0}),
    trial(placement={**trial()["placement"], "policy": "spread"}),
    trial(placement={**trial()["placement"], "roles": "grouped"}),
    trial(build="0.2.0"),
    trial(kind="latency"),
    trial(environment="run-2"),
    trial(environment="run-3"),
], ids=["workload", "params", "policy", "role order", "build", "kind", "host", "pus"])
def test_different_settings_are_different_figures(grouped, other):
    machines = (environment(), environment("run-2", host="other"), environment("run-3", pus=4))
    assert len(grouped(trial(), other, machines=machines)) == 2


def test_one_split_into_roles_for_each_thread_count_is_one_figure(grouped):
    assert len(grouped(trial(threads=2, roles={"producer": 1, "consumer": 1}),
                       trial(threads=4, roles={"producer": 1, "consumer": 3}))) == 1


def test_two_splits_of_the_same_threads_are_two_figures(grouped):
    figures = grouped(trial(threads=4, roles={"producer": 3, "consumer": 1}),
                      trial(threads=4, roles={"producer": 1, "consumer": 3}),
                      trial(threads=8, roles={"producer": 2, "consumer": 6}))
    assert [(f.setting.split, f.threads) for f in figures] == [
        ("1 consumer,3 producer", [4]), ("3 consumer,1 producer", [4, 8])]


def test_labels_name_only_what_differs(grouped):
    figures = grouped(trial(), trial(params={"critical_ns": 100, "parallel_ns": 0}))
    assert points.labels([f.setting for f in figures]) == [["parallel_ns=0"], ["parallel_ns=500"]]
    assert points.labels([figures[0].setting]) == [[]]


def test_labels_name_words_as_words(grouped):
    figures = grouped(*[trial(params={"gap_ns": 100, "waiters": word}) for word in ("blocked", "hot")])
    assert points.labels([f.setting for f in figures]) == [["waiters=blocked"], ["waiters=hot"]]


def test_labels_compare_parameters_within_a_workload_alone(grouped):
    buffers = [trial(workload="prodcons", params={"capacity": n}) for n in (1, 16)]
    figures = grouped(trial(params={"lines": 1}), *buffers)
    assert points.labels([f.setting for f in figures]) == [["counter", ""], ["prodcons", "capacity=1"], ["prodcons", "capacity=16"]]


def test_the_processors_of_a_figure_are_those_that_its_workers_got(grouped):
    one = {"policy": "one", "roles": "interleaved", "granted": [0, 0], "oversubscribed": True}
    free = {"policy": "none", "roles": "interleaved", "granted": [], "oversubscribed": False}
    assert grouped(trial(threads=2, placement=one))[0].capacity == 1
    assert grouped(trial(threads=2, placement=free))[0].capacity == 2
    assert grouped(trial(threads=1))[0].capacity == 2


def test_numbers_that_differ_never_look_the_same():
    words = [points.assignment("n", n) for n in (100, 0.5, 1500000, 1000001, 1000002)]
    assert words == ["n=100", "n=0.5", "n=1.5e+06", "n=1000001", "n=1000002"]


def test_trials_of_windows_that_hardly_differ_are_not_pooled(written):
    trials, environments = read([written([environment(), *(trial(window_ns=n) for n in (123_456_781, 123_456_782))])], pytest.fail)
    assert len(points.figures(trials, environments)) == 2
