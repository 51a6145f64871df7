// The open loop's schedule: its rate, its spread, and that being late is charged and never forgiven. And the counts
// that workloads hand in about the lock that guards them.
#include "workloads/arrivals.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "workloads/plain_team.hpp"
#include "workloads/witness.hpp"

namespace syncbench {
namespace {

using namespace std::chrono_literals;
using Clock = Arrivals::Clock;

Params open_loop(double rate, bool poisson) {
  Params params;
  params.set("rate", rate);
  params.set("arrivals", poisson ? 0 : 1);
  return params;
}

// Nobody waits here: the schedule is far in the past, or the trial is over.
struct Schedule : testing::Test {
  Control control;
  WorkerSlot slot;
  Worker worker{control, slot, {}, 0, 0, 0};

  std::vector<double> intervals(Arrivals& arrivals, int count) {
    std::vector<double> gaps;
    auto last = arrivals.next(worker);
    for (int i = 0; i < count; ++i) {
      const auto due = arrivals.next(worker);
      gaps.push_back(static_cast<double>((due - last).count()));
      last = due;
    }
    return gaps;
  }
};

TEST_F(Schedule, of_fixed_arrivals_is_even_and_shared_by_the_workers) {
  control.phase = Phase::stop;
  Arrivals arrivals(open_loop(1000, false), worker, 4);
  for (const double gap : intervals(arrivals, 100)) EXPECT_NEAR(gap, 4e6, 2) << "4 workers share 1000 a second";
}

TEST_F(Schedule, of_poisson_arrivals_has_the_rate_as_its_mean_and_exponential_gaps) {
  control.phase = Phase::stop;
  Arrivals arrivals(open_loop(1e6, true), worker, 1);
  const auto gaps = intervals(arrivals, 100'000);
  double sum = 0, longer = 0;
  for (const double gap : gaps) sum += gap, longer += gap > 1000;
  EXPECT_NEAR(sum / 1e5, 1000, 15);                // the mean's own deviation is 3
  EXPECT_NEAR(longer / 1e5, std::exp(-1), 0.008);  // likewise 0.0015
}

TEST_F(Schedule, goes_on_without_the_system_and_charges_it_for_the_delay) {
  control.phase = Phase::measure;
  Arrivals arrivals(open_loop(1e5, false), worker, 1);
  const auto first = arrivals.next(worker);
  std::this_thread::sleep_for(20ms);
  EXPECT_EQ((arrivals.next(worker) - first).count(), 10'000) << "due when it was due, however late";
  EXPECT_GE(arrivals.behind(), 1900);
  EXPECT_GE(arrivals.most_behind(), arrivals.behind());
  EXPECT_EQ(arrivals.arrived(), 2);
}

TEST_F(Schedule, counts_what_fell_due_while_the_last_operation_lasted) {
  control.phase = Phase::measure;
  Arrivals arrivals(open_loop(1e5, false), worker, 1);
  arrivals.next(worker);
  EXPECT_EQ(arrivals.most_behind(), 0);
  std::this_thread::sleep_for(20ms);  // blocked, until the trial ended
  arrivals.end();
  EXPECT_GE(arrivals.behind(), 1900);
  EXPECT_GE(arrivals.most_behind(), 1900);
}

TEST_F(Schedule, is_never_ahead_of_time) {
  control.phase = Phase::measure;
  Arrivals arrivals(open_loop(2000, true), worker, 1);
  for (int i = 0; i < 20; ++i) {
    const auto due = arrivals.next(worker);
    EXPECT_GE(Clock::now(), due);
  }
}

TEST_F(Schedule, does_not_keep_a_worker_beyond_the_end) {
  control.phase = Phase::measure;
  Arrivals arrivals(open_loop(0.001, false), worker, 1);
  std::jthread end([&] {
    std::this_thread::sleep_for(5ms);
    control.phase = Phase::stop;
  });
  arrivals.next(worker);  // due in 1000 seconds
}

TEST(Succession, counts_hand_overs_and_the_longest_run_of_one_owner) {
  Succession succession;
  for (const unsigned rank : {0, 0, 1, 1, 1, 0, 2}) succession.next(rank);
  PlainTeam team({1}, 1ms);
  succession.report(team, 7);
  EXPECT_EQ(team.counts().at("sections"), 7);
  EXPECT_EQ(team.counts().at("handovers"), 3);
  EXPECT_EQ(team.counts().at("longest_streak"), 3);
}

TEST(Succession, of_one_owner_is_one_streak) {
  Succession succession;
  for (int i = 0; i < 5; ++i) succession.next(3);
  PlainTeam team({1}, 1ms);
  succession.report(team, 5);
  EXPECT_EQ(team.counts().at("handovers"), 0);
  EXPECT_EQ(team.counts().at("longest_streak"), 5);
}

}  // namespace
}  // namespace syncbench
