// When to stop, on made-up results: a group goes on while any of its intervals is wide, and only then; the interval is
// the table's; and what can never have one holds nobody up.
#include "runner/precision.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "runner/made_up.hpp"

namespace syncbench {
namespace {

using namespace std::chrono_literals;

struct Precisions : testing::Test {
  std::vector<Point> points = points_of({"-w", "counter", "-i", "futex,std", "-t", "1,2"}, made_up_machine(2));
  Precision precision{points, 0.02};
  std::vector<TrialResult> results;

  TrialResult made(std::size_t point, std::uint64_t operations, Kind kind = Kind::throughput, unsigned copy = 0) const {
    return made_up_result(points, {.point = point, .kind = kind, .copy = copy}, operations);
  }
  void add(const TrialResult& result) {
    precision.add(result);
    results.push_back(result);
  }
  void add_all(std::size_t point, const std::vector<std::uint64_t>& operations) {
    for (const std::uint64_t each : operations) add(made(point, each));
  }
  // Half the interval is 1 % of the median: six values, whose range it is.
  void add_narrow(std::size_t point) { add_all(point, {990, 995, 1000, 1000, 1005, 1010}); }
  void add_wide(std::size_t point) { add_all(point, {900, 950, 1000, 1000, 1050, 1100}); }
  void add_narrow_everywhere() {
    for (std::size_t i = 0; i < points.size(); ++i) add_narrow(i);
  }
  std::vector<std::size_t> wide() const {
    std::vector<std::size_t> indices;
    for (const WidePoint& one : precision.wide()) indices.push_back(one.point);
    return indices;
  }
};

TEST_F(Precisions, are_reached_when_every_interval_of_the_group_is_narrow) {
  add_narrow_everywhere();
  EXPECT_TRUE(precision.reached(points[0].group));
  EXPECT_TRUE(wide().empty());
}

TEST_F(Precisions, are_not_reached_by_a_group_with_one_wide_point_and_no_other_group_waits_for_it) {
  ASSERT_EQ(points[0].group, points[1].group);
  ASSERT_NE(points[0].group, points[2].group);
  add_narrow(0), add_wide(1), add_narrow(2), add_narrow(3);
  EXPECT_FALSE(precision.reached(points[0].group));
  EXPECT_TRUE(precision.reached(points[2].group));
  EXPECT_EQ(wide(), std::vector<std::size_t>{1});
  EXPECT_DOUBLE_EQ(relative_width(precision.wide()[0].median), 0.1);
}

TEST_F(Precisions, come_with_more_trials) {
  add_narrow_everywhere();
  add_all(0, {500});  // seven values: the range still
  EXPECT_FALSE(precision.reached(points[0].group));
  add_all(0, {1000, 1000});  // nine: the interval leaves out the least and the greatest
  EXPECT_TRUE(precision.reached(points[0].group));
}

TEST_F(Precisions, need_six_trials_however_equal_they_are) {
  add_narrow(1);
  add_all(0, {1000, 1000, 1000, 1000, 1000});
  EXPECT_FALSE(precision.reached(points[0].group));
  EXPECT_TRUE(std::isinf(relative_width(precision.wide()[0].median)));
  add_all(0, {1000});
  EXPECT_TRUE(precision.reached(points[0].group));
}

TEST_F(Precisions, are_judged_by_rates_alone) {
  add_narrow_everywhere();
  add(made(0, 10, Kind::latency));
  add(made(0, 10, Kind::throughput, 1));
  EXPECT_TRUE(precision.reached(points[0].group)) << "a latency trial or the second copy is not one more repetition";
}

TEST_F(Precisions, rest_on_the_trials_that_the_table_shows) {
  add_narrow_everywhere();
  TrialResult far = made(0, 100), near = made(0, 1000), doubtful = made(1, 100);
  far.line_between = near.line_between = {0, 1};
  far.before.line_ns = far.after.line_ns = 160;
  near.before.line_ns = near.after.line_ns = 25;
  doubtful.validity = {.ok = false, .reasons = {"noisy"}};
  for (const TrialResult& trial : {far, near, doubtful}) add(trial);
  EXPECT_TRUE(precision.reached(points[0].group));
  EXPECT_EQ(summarize(points, results).rows[0].items_per_second->low, 990);
}

TEST_F(Precisions, are_undone_by_a_near_trial_that_shows_the_others_to_be_far) {
  add_narrow(1);
  TrialResult result = made(0, 1000);
  result.line_between = {0, 1};
  result.before.line_ns = result.after.line_ns = 160;
  for (int i = 0; i < 6; ++i) add(result);
  EXPECT_TRUE(precision.reached(points[0].group));
  result.before.line_ns = result.after.line_ns = 25;
  add(result);
  EXPECT_FALSE(precision.reached(points[0].group)) << "one near trial is all there is";
}

TEST_F(Precisions, do_not_wait_for_what_has_no_rate) {
  add_narrow(1);
  TrialResult bad = made(0, 100);
  bad.outcome.end = TrialOutcome::End::hang;
  for (int i = 0; i < 6; ++i) add(bad);
  EXPECT_TRUE(precision.reached(points[0].group)) << "it hangs every time";
  add_wide(0);
  EXPECT_FALSE(precision.reached(points[0].group)) << "it has a rate after all";
  bad.outcome.end = TrialOutcome::End::finished;
  bad.outcome.verdict = Verdict::violated("lost 3");
  add(bad);
  EXPECT_TRUE(precision.reached(points[0].group)) << "what was violated once has no rate";
}

TEST_F(Precisions, of_a_median_of_zero_are_reached_only_if_all_is_zero) {
  add_narrow(1);
  add_all(0, {0, 0, 0, 0, 0, 0});
  EXPECT_TRUE(precision.reached(points[0].group));
  add_all(0, {5});
  EXPECT_FALSE(precision.reached(points[0].group));
}

constexpr Budget kBudget{.least_rounds = 7, .trials_a_round = 10, .smallest_block = 4, .a_trial = 250ms, .limit = {}};

TEST(Budgets, without_a_time_limit_are_twenty_times_the_least) {
  EXPECT_EQ(most_rounds(kBudget), 140U);
}

TEST(Budgets, with_a_time_limit_are_what_fits_if_one_block_is_left) {
  Budget budget = kBudget;
  budget.limit = 5min;
  EXPECT_EQ(most_rounds(budget), 301U);
  budget.limit = 1ms;
  EXPECT_EQ(most_rounds(budget), 7U) << "the least is asked for in any case";
}

TEST(Budgets, are_bounded_by_the_trials_that_can_be_planned) {
  Budget budget = kBudget;
  budget.limit = 24h * 365;
  EXPECT_EQ(most_rounds(budget), kMostTrials / 10);
  budget.trials_a_round = 2 * kMostTrials;
  EXPECT_EQ(most_rounds(budget), 7U);
}

}  // namespace
}  // namespace syncbench
