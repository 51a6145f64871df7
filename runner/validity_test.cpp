// Every reason, on a trial that differs from a believable one in a single fact, at its limit and just beyond.

#include "validity.hpp"

#include <gtest/gtest.h>

namespace syncbench {
namespace {

/// Two workers on two processors for half a second on a quiet machine.
TrialFacts believable() {
  TrialFacts facts;
  facts.before = Fingerprint{26, 1.0};
  facts.after = Fingerprint{27, 1.0};
  facts.line_expected = true;
  facts.best_line_ns = 25;
  facts.best_multiply_ns = 1.0;
  facts.cpu.elapsed_s = 0.5;
  facts.cpu.foreign_cpu = 0.01;
  facts.cpu.steal = 0.0;
  facts.cpu.throttled_periods = 0;
  facts.cpu.pressure = 0.001;
  facts.requested = {0, 1};
  facts.granted = {0, 1};
  facts.window_s = 0.5;
  facts.threads = 2;
  facts.pus = 2;
  facts.involuntary_switches = 3;
  return facts;
}

void expect_ok(const TrialFacts& facts) {
  const Validity validity = judge(facts);
  EXPECT_TRUE(validity.ok);
  for (const std::string& reason : validity.reasons) ADD_FAILURE() << reason;
}

void expect_only(const TrialFacts& facts, const std::string& reason) {
  const Validity validity = judge(facts);
  EXPECT_FALSE(validity.ok);
  EXPECT_EQ(validity.reasons, std::vector<std::string>{reason});
}

TEST(Classify, far_begins_beyond_twice_the_best) {
  EXPECT_EQ(classify(50, 25), NearFar::kNear);
  EXPECT_EQ(classify(50.1, 25), NearFar::kFar);
  EXPECT_EQ(classify(24, 25), NearFar::kNear);
}

TEST(Classify, nothing_is_said_without_both_times) {
  EXPECT_EQ(classify(std::nullopt, 25), NearFar::kUnknown);
  EXPECT_EQ(classify(25, std::nullopt), NearFar::kUnknown);
  EXPECT_EQ(classify(0, 25), NearFar::kUnknown);
  EXPECT_EQ(classify(25, 0), NearFar::kUnknown);
}

TEST(Validity, a_quiet_trial_is_believed) {
  expect_ok(believable());
}

TEST(Validity, what_was_not_measured_raises_no_reason) {
  TrialFacts facts;
  facts.window_s = 0.5;
  expect_ok(facts);
  facts.threads = 8;
  expect_ok(facts);
}

TEST(Validity, a_far_line_is_a_reason) {
  TrialFacts facts = believable();
  facts.before->line_ns = 163;
  facts.after->line_ns = 160;
  expect_only(facts, "cache line 163 ns away, 25 ns at best in this run: the host moved the processors");
  facts.best_line_ns.reset();  // always far, as far as this run knows
  expect_ok(facts);
}

TEST(Validity, a_line_that_changed_is_a_reason_without_any_best) {
  TrialFacts facts = believable();
  facts.best_line_ns.reset();
  facts.after->line_ns = 163;
  expect_only(facts, "cache line 26 ns away before and 163 ns after: the host moved the processors");
  std::swap(facts.before, facts.after);
  expect_only(facts, "cache line 163 ns away before and 26 ns after: the host moved the processors");
}

TEST(Validity, a_far_line_counts_where_only_one_was_timed) {
  TrialFacts facts = believable();
  facts.before.reset();
  facts.after->line_ns = 163;
  expect_only(facts, "cache line 163 ns away, 25 ns at best in this run: the host moved the processors");
}

TEST(Validity, a_line_that_could_not_be_timed_is_a_reason_where_it_was_expected) {
  TrialFacts facts = believable();
  facts.after->line_ns.reset();
  expect_only(facts, "the cache line could not be timed after the trial: a processor was busy");
  facts.before->line_ns.reset();
  expect_only(facts, "the cache line could not be timed before and after the trial: a processor was busy");
  facts.after->line_ns = 26;
  expect_only(facts, "the cache line could not be timed before the trial: a processor was busy");
  facts.line_expected = false;
  expect_ok(facts);
}

TEST(Validity, a_slow_multiply_is_a_reason) {
  TrialFacts facts = believable();
  facts.after->multiply_ns = 1.05;
  expect_ok(facts);
  facts.after->multiply_ns = 1.2;
  expect_only(facts, "a multiply took 1.200 ns, 1.000 ns at best in this run: a processor ran 20 % slower");
  facts.best_multiply_ns.reset();
  expect_only(facts, "a multiply took 1.200 ns, 1.000 ns at best in this run: a processor ran 20 % slower");
}

TEST(Validity, foreign_work_beyond_the_limit_and_its_uncertainty_is_a_reason) {
  TrialFacts facts = believable();
  facts.cpu.foreign_cpu = 0.05;
  facts.cpu.foreign_uncertainty = 0.02;
  expect_ok(facts);
  facts.cpu.foreign_cpu = 0.12;
  expect_only(facts, "other programs took 12 % of the processors (4 % is the limit, the counters resolve 2 %)");
}

TEST(Validity, steal_beyond_the_limit_and_its_uncertainty_is_a_reason) {
  TrialFacts facts = believable();
  facts.cpu.steal = 0.03;
  facts.cpu.steal_uncertainty = 0.02;
  expect_ok(facts);
  facts.cpu.steal_uncertainty = 0;
  expect_only(facts, "the host took 3 % of the processors (2 % is the limit, the counters resolve 0 %)");
}

TEST(Validity, throttling_is_a_reason) {
  TrialFacts facts = believable();
  facts.cpu.throttled_periods = 1;
  expect_only(facts, "a processor quota stopped the program in 1 period");
  facts.cpu.throttled_periods = 3;
  expect_only(facts, "a processor quota stopped the program in 3 periods");
}

TEST(Validity, another_processor_than_asked_for_is_a_reason) {
  TrialFacts facts = believable();
  facts.granted = {0, 3};
  expect_only(facts, "worker 1 ran on processor 3 and not on 1 as asked");
  facts.granted = {0};
  expect_only(facts, "2 workers were to be bound and 1 were");
}

TEST(Validity, a_short_window_is_a_reason) {
  TrialFacts facts = believable();
  facts.window_s = 0.040;
  expect_ok(facts);
  facts.window_s = 0.012;
  expect_only(facts, "window 12 ms is shorter than 40 ms");
}

TEST(Validity, few_time_slices_are_a_reason_where_threads_outnumber_processors) {
  TrialFacts facts = believable();
  facts.threads = 8;
  facts.requested = facts.granted = {0, 1, 0, 1, 0, 1, 0, 1};
  facts.oversubscribed = true;
  facts.window_s = 0.160;
  expect_ok(facts);
  facts.window_s = 0.048;
  expect_only(facts, "window covers 3 time slices a thread; 10 are needed where threads outnumber processors");
  facts.oversubscribed = false;
  expect_ok(facts);
}

TEST(Validity, waiting_for_a_processor_is_a_reason_where_each_worker_has_one) {
  TrialFacts facts = believable();
  facts.cpu.pressure = 0.02;
  expect_ok(facts);
  facts.cpu.pressure = 0.12;
  expect_only(facts, "a ready program waited for a processor during 12 % of the trial (2 % is the limit)");
  facts.voluntary_switches = 1000 * facts.window_s * static_cast<double>(facts.threads);
  expect_ok(facts);  // workers that sleep make pressure of their own
  facts.voluntary_switches = 0;
  facts.oversubscribed = true;
  expect_ok(facts);
  facts.oversubscribed = false;
  facts.run_delay_s = 0.01;
  expect_ok(facts);  // it was not the workers who waited
  facts.run_delay_s = 0.02;
  expect_only(facts, "a ready program waited for a processor during 12 % of the trial (2 % is the limit)");
  facts.requested = facts.granted = {};
  expect_ok(facts);
}

TEST(Validity, workers_that_did_not_run_together_are_a_reason_unless_they_outnumber_the_processors) {
  TrialFacts facts = believable();
  facts.run_delay_s = 0.025;
  expect_ok(facts);
  facts.run_delay_s = 0.1;
  const std::string reason =
      "workers waited 100 ms for a processor in a window of 500 ms: all ran together in 80 % of it for certain (95 % "
      "is "
      "the limit)";
  expect_only(facts, reason);
  facts.requested = facts.granted = {};  // nor where nobody bound them
  expect_only(facts, reason);
  facts.voluntary_switches = 1000 * facts.window_s * static_cast<double>(facts.threads);
  expect_ok(facts);  // each wake-up is a short wait
  facts.voluntary_switches = 0;
  facts.oversubscribed = true;
  expect_ok(facts);
}

TEST(Validity, a_timer_with_wider_steps_than_what_it_times_is_a_reason) {
  TrialFacts facts = believable();
  facts.timer_resolution_ns = 40;
  facts.p50_ns = 20;
  expect_ok(facts);  // short against the step, and seen all the same
  facts.p50_ns = 0;
  expect_only(facts, "half of the latencies are at most 0 ns and the timer goes in steps of 40 ns");
  facts.timer_resolution_ns.reset();
  expect_ok(facts);
}

TEST(Validity, a_worker_that_completed_nothing_is_a_reason) {
  TrialFacts facts = believable();
  facts.threads = 2;
  facts.idle_workers = 1;
  expect_only(facts, "1 of 2 workers completed nothing in the window: starved, or a wake-up was lost");
}

TEST(Validity, interruptions_are_a_reason_where_each_worker_has_a_processor) {
  TrialFacts facts = believable();
  facts.involuntary_switches = 50;
  expect_ok(facts);
  facts.involuntary_switches = 51;
  expect_only(facts, "workers were interrupted 51 times by other programs (50 at most for this window)");
  facts.oversubscribed = true;
  expect_ok(facts);
  facts.oversubscribed = false;
  facts.window_s = 0.040;
  facts.involuntary_switches = 10;
  expect_ok(facts);
}

TEST(Validity, all_reasons_are_given_and_the_placement_first) {
  TrialFacts facts = believable();
  facts.cpu.foreign_cpu = 0.5;
  facts.granted = {1, 0};
  const Validity validity = judge(facts);
  ASSERT_EQ(validity.reasons.size(), 2U);
  EXPECT_EQ(validity.reasons[0], "worker 0 ran on processor 1 and not on 0 as asked");
}

}  // namespace
}  // namespace syncbench
