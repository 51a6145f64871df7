// The table's statistics on hand-made results: exact coverage of the median's interval, ratios inside blocks, near and
// far kept apart, verdicts in words.
#include "runner/summary.hpp"

#include <gtest/gtest.h>

#include <map>

#include "runner/made_up.hpp"

namespace syncbench {
namespace {

// Chance that at most `most` of n fall on one side of the median.
double tail(std::size_t n, std::size_t most) {
  double sum = 0, chance = 1;
  for (std::size_t i = 0; i < n; ++i) chance /= 2;
  for (std::size_t i = 0; i <= most; ++i) {
    sum += chance;
    chance = chance * static_cast<double>(n - i) / static_cast<double>(i + 1);
  }
  return sum;
}

std::vector<double> from_n_down(std::size_t n) {
  std::vector<double> values;
  for (std::size_t i = n; i > 0; --i) values.push_back(static_cast<double>(i));
  return values;
}

TEST(Median, of_nothing_is_absent) {
  EXPECT_FALSE(median_of({}));
}

TEST(Median, is_the_middle_or_the_mean_of_the_two_in_the_middle) {
  EXPECT_EQ(median_of({5})->value, 5);
  EXPECT_EQ(median_of({9, 1, 5})->value, 5);
  EXPECT_EQ(median_of({9, 1, 5, 6})->value, 5.5);
  EXPECT_EQ(median_of({9, 1, 5, 6})->count, 4U);
}

TEST(MedianInterval, is_the_narrowest_of_order_statistics_with_95_percent) {
  for (std::size_t n = 1; n <= 30; ++n) {
    const Median median = *median_of(from_n_down(n));
    const auto cut = static_cast<std::size_t>(median.low) - 1;  // values are their own ranks
    EXPECT_EQ(median.high, static_cast<double>(n - cut)) << "n = " << n << ": not symmetric";
    if (n < 6) {
      EXPECT_EQ(cut, 0U) << "n = " << n << ": no interval reaches 95 %, so it is the range";
    } else {
      EXPECT_GE(1 - 2 * tail(n, cut), 0.95) << "n = " << n;
    }
    EXPECT_LT(1 - 2 * tail(n, cut + 1), 0.95) << "n = " << n << ": a narrower interval would do";
  }
}

// [Hollander and Wolfe, Nonparametric Statistical Methods, table of order statistics for the median]
TEST(MedianInterval, agrees_with_published_ranks) {
  for (const auto& [n, rank] :
       std::map<std::size_t, double>{{6, 1}, {8, 1}, {9, 2}, {10, 2}, {15, 4}, {20, 6}, {25, 8}, {30, 10}})
    EXPECT_EQ(median_of(from_n_down(n))->low, rank) << "n = " << n;
}

// Two implementations at one place: the reference, and one to compare with it.
struct Summaries : testing::Test {
  std::vector<Point> points = points_of({"-w", "counter", "-i", "futex,std", "-t", "2"}, made_up_machine(2));
  std::size_t other = is_reference(*points[0].subject) ? 1 : 0;
  std::size_t reference = 1 - other;
  std::vector<TrialResult> results;

  TrialResult& add(std::size_t point, std::size_t block, std::uint64_t operations_each, unsigned copy = 0) {
    results.push_back(made_up_result(points, {.point = point, .copy = copy, .block = block}, operations_each));
    return results.back();
  }
  void add_latency(std::size_t point, std::uint64_t nanoseconds) {
    TrialResult& result = add(point, 0, 1);
    result.trial.kind = Kind::latency;
    for (int i = 0; i < 1000; ++i) latency_in(result).record(nanoseconds);
  }
  static void put_line(TrialResult& result, double before, double after) {
    result.line_between = {0, 1};
    result.before.line_ns = before;
    result.after.line_ns = after;
  }
  SummaryRow row(std::size_t point) const { return summarize(points, results).rows.at(point); }
};

TEST_F(Summaries, have_a_row_for_every_point_run_or_not) {
  const Summary summary = summarize(points, {});
  ASSERT_EQ(summary.rows.size(), points.size());
  EXPECT_EQ(summary.rows[0].verdict, "not run");
  EXPECT_FALSE(summary.rows[0].items_per_second || summary.rows[0].ratio || summary.rows[0].p50 ||
               summary.reference_again);
}

TEST_F(Summaries, take_the_median_rate) {
  for (const std::uint64_t operations : {100, 300, 200}) add(other, 0, operations);
  EXPECT_EQ(row(other).items_per_second->value, 400);  // two workers, one second
  EXPECT_EQ(row(other).items_per_second->count, 3U);
}

// Twice as fast in every block, although the machine's speed changes tenfold from block to block: a ratio of medians
// over a different set of blocks would be off.
TEST_F(Summaries, take_ratios_inside_blocks) {
  add(reference, 0, 100), add(other, 0, 200);
  add(reference, 1, 1000), add(other, 1, 2000);
  add(reference, 2, 10), add(other, 2, 20);
  add(reference, 3, 50'000);
  const Summary summary = summarize(points, results);
  EXPECT_EQ(summary.rows[other].ratio->value, 2);
  EXPECT_EQ(summary.rows[other].ratio->low, 2);
  EXPECT_EQ(summary.rows[other].ratio->high, 2);
  EXPECT_EQ(summary.rows[other].ratio->count, 3U);
  EXPECT_FALSE(summary.rows[reference].ratio) << "the reference over itself is the noise floor, not a ratio";
}

TEST_F(Summaries, leave_out_ratios_of_blocks_without_a_reference) {
  add(other, 0, 200), add(reference, 1, 100);
  EXPECT_FALSE(row(other).ratio);
}

TEST_F(Summaries, divide_by_the_mean_of_the_two_references_of_a_block) {
  add(reference, 0, 100), add(reference, 0, 300, 1), add(other, 0, 400);
  EXPECT_EQ(row(other).ratio->value, 2);
}

TEST_F(Summaries, divide_by_no_reference_that_completed_nothing) {
  add(reference, 0, 0), add(reference, 0, 0, 1), add(other, 0, 400);
  const Summary summary = summarize(points, results);
  EXPECT_FALSE(summary.rows[other].ratio);
  EXPECT_FALSE(summary.reference_again);
}

TEST_F(Summaries, tell_the_noise_floor_from_the_reference_measured_again) {
  add(reference, 0, 100), add(reference, 0, 110, 1);
  add(reference, 1, 1000), add(reference, 1, 900, 1);
  add(reference, 2, 10), add(reference, 2, 10, 1);
  const Summary summary = summarize(points, results);
  EXPECT_DOUBLE_EQ(summary.reference_again->value, 1);
  EXPECT_DOUBLE_EQ(summary.reference_again->low, 0.9);
  EXPECT_DOUBLE_EQ(summary.reference_again->high, 1.1);
  EXPECT_EQ(summary.rows[reference].items_per_second->count, 3U) << "the second copy is not one more repetition";
}

TEST_F(Summaries, never_average_near_with_far) {
  put_line(add(other, 0, 1000), 25, 26);
  put_line(add(other, 1, 100), 25, 160);  // moved apart during the trial
  put_line(add(other, 2, 1000), 27, 25);
  EXPECT_EQ(row(other).items_per_second->value, 2000);
  EXPECT_EQ(row(other).items_per_second->low, 2000);
  EXPECT_EQ(row(other).far, 1U);
}

TEST_F(Summaries, keep_far_trials_of_a_point_that_has_no_others) {
  put_line(add(reference, 0, 1000), 25, 25);
  put_line(add(other, 0, 100), 160, 160);
  EXPECT_EQ(row(other).items_per_second->value, 200);
  EXPECT_EQ(row(other).far, 0U);
}

TEST_F(Summaries, show_the_backlog_and_no_latency_of_a_trial_that_was_asked_for_too_much) {
  add_latency(other, 100);
  results.back().outcome.sample.counts = {{"arrivals", 1000}, {"backlog_most", 9}, {"backlog_end", 4}};
  add(other, 0, 500).outcome.sample.counts = {{"arrivals", 1000}, {"backlog_most", 11}, {"backlog_end", 4}};
  EXPECT_EQ(row(other).saturated, 0U);
  EXPECT_EQ(row(other).backlog, 11);
  EXPECT_EQ(row(other).p50, 100);
  results.front().outcome.sample.counts["backlog_end"] = 60;  // more than a twentieth of 1060
  EXPECT_EQ(row(other).saturated, 1U);
  EXPECT_FALSE(row(other).p50) << "it would grow with the window";
  EXPECT_NE(render(summarize(points, results), false).find("saturated:1"), std::string::npos);
}

// The slow ones have too few latencies for a p99: that of the fast one alone would lie below the median of all.
TEST_F(Summaries, show_no_percentile_that_only_some_trials_have) {
  for (int i = 0; i < 2; ++i) {
    TrialResult& slow = add(other, 0, 1);
    slow.trial.kind = Kind::latency;
    for (int j = 0; j < 10; ++j) latency_in(slow).record(50'000);
  }
  add_latency(other, 100);
  EXPECT_NEAR(*row(other).p50, 50'000, 1000);
  EXPECT_FALSE(row(other).p99);
}

TEST_F(Summaries, take_the_middle_between_two_ratios_as_it_is_for_their_reciprocals) {
  add(reference, 0, 100), add(other, 0, 1000);
  add(reference, 1, 1000), add(other, 1, 100);
  EXPECT_NEAR(row(other).ratio->value, 1, 1e-9) << "ten times as fast and ten times as slow";
  EXPECT_NEAR(row(other).ratio->low, 0.1, 1e-9);
  EXPECT_NEAR(row(other).ratio->high, 10, 1e-9);
}

TEST_F(Summaries, count_doubtful_trials_and_keep_them) {
  add(other, 0, 100).validity = {.ok = false, .reasons = {"noisy"}};
  add(other, 1, 100);
  EXPECT_EQ(row(other).doubtful, 1U);
  EXPECT_EQ(row(other).items_per_second->count, 2U);
}

TEST_F(Summaries, take_percentiles_from_latency_trials_and_rates_from_the_others) {
  add(other, 0, 100);
  add_latency(other, 50);
  EXPECT_EQ(row(other).p50, 50);
  EXPECT_EQ(row(other).p999, 50);
  EXPECT_EQ(row(other).items_per_second->count, 1U);
}

TEST_F(Summaries, name_the_worst_that_happened_and_how_often) {
  add(other, 0, 100);
  EXPECT_EQ(row(other).verdict, "ok");
  add(other, 1, 100).outcome.verdict = Verdict::skipped("no section");
  EXPECT_EQ(row(other).verdict, "skipped 1/2");
  TrialResult& hung = add(other, 2, 100);
  hung.outcome.end = TrialOutcome::End::hang;
  hung.outcome.reason = "DEADLOCK: all sleep";
  EXPECT_EQ(row(other).verdict, "hang 1/3");
  for (int i = 0; i < 2; ++i) add(other, 3, 100).outcome.verdict = Verdict::violated("lost");
  EXPECT_EQ(row(other).verdict, "violated 2/5");
  EXPECT_EQ(row(other).reason, "no section") << "the first that was not ok";
}

TEST_F(Summaries, give_no_rate_to_what_was_violated) {
  add(other, 0, 100).outcome.verdict = Verdict::violated("lost 3");
  EXPECT_FALSE(row(other).items_per_second);
  EXPECT_EQ(row(other).reason, "lost 3");
}

TEST_F(Summaries, call_a_crash_violated_and_a_trial_that_did_not_start_skipped) {
  add(other, 0, 100).outcome.end = TrialOutcome::End::crashed;
  EXPECT_EQ(row(other).verdict, "violated 1/1");
  results.clear();
  add(other, 0, 100).outcome.end = TrialOutcome::End::not_started;
  EXPECT_EQ(row(other).verdict, "skipped 1/1");
}

TEST_F(Summaries, are_shown_with_names_verdicts_and_reasons) {
  add(reference, 0, 100), add(reference, 0, 110, 1);
  add(other, 0, 100).outcome.verdict = Verdict::violated("lost 3 updates");
  const std::string table = render(summarize(points, results), false);
  for (const char* word : {"std/mutex", "tristate/backoff-park", "violated 1/1", "lost 3 updates", "items/s", "x std",
                           "p99.9", "reference measured again: 1.10"})
    EXPECT_NE(table.find(word), std::string::npos) << word << " is missing in\n" << table;
  EXPECT_EQ(table.find('\033'), std::string::npos);
  EXPECT_NE(render(summarize(points, results), true).find("\033[31mviolated 1/1\033[0m"), std::string::npos);
}

TEST_F(Summaries, say_how_much_of_a_short_latency_is_the_stamp) {
  TrialResult& result = add(other, 0, 100);
  result.trial.kind = Kind::latency;
  for (int i = 0; i < 100; ++i) latency_in(result).record(59);
  const std::string words = "one time stamp of 20 ns: below 60 ns";
  EXPECT_NE(render(summarize(points, results), false, 20).find(words), std::string::npos);
  EXPECT_EQ(render(summarize(points, results), false, 19).find("time stamp"), std::string::npos);
  EXPECT_EQ(render(summarize(points, results), false).find("time stamp"), std::string::npos) << "not known";
}

TEST_F(Summaries, show_how_many_trials_an_interval_rests_on_and_call_a_baseline_one) {
  points = points_of({"-w", "counter", "-i", "none,std", "-t", "1"}, made_up_machine(2));
  const std::size_t control = is_reference(*points[0].subject) ? 1 : 0;
  for (int i = 0; i < 37; ++i) add(control, 0, 100);
  const std::string table = render(summarize(points, results), false);
  EXPECT_NE(table.find(" 37 "), std::string::npos) << table;
  EXPECT_NE(table.find("ok baseline\n"), std::string::npos) << table;
}

}  // namespace
}  // namespace syncbench
