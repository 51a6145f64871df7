// The pool of workers at its edges: the queue always full, workers that poll, tasks left over at the shutdown, arrivals
// at a rate. That every case keeps the invariant, and that the control breaks it, is tested with all workloads.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>

#include "primitives/families.hpp"
#include "workloads/plain_team.hpp"
#include "workloads/workload.hpp"

namespace syncbench {

Workload worker_pool_workload();

namespace {

using std::chrono::milliseconds;

const Workload& pool() {
  static const Workload workload = worker_pool_workload();
  return workload;
}

Params params_with(std::initializer_list<std::pair<const char*, double>> changes) {
  Params params;
  for (const Parameter& parameter : pool().description.parameters) params.set(parameter.name, parameter.fallback);
  for (const auto& [name, value] : changes) params.set(name, value);
  return params;
}

PlainTeam team_of(unsigned submitters, unsigned workers, milliseconds window = milliseconds(15)) {
  return {{submitters, workers}, window, 1 + pool().description.series.size()};
}

std::uint64_t operations_of(const PlainTeam& team, unsigned first, unsigned count) {
  std::uint64_t total = 0;
  for (unsigned rank = first; rank < first + count; ++rank) total += team.slots()[rank].operations.load();
  return total;
}

// Every family but the control.
struct Pool : testing::TestWithParam<const Case*> {
  const Case& family = *GetParam();
};

std::vector<const Case*> families() {
  std::vector<const Case*> all;
  for (const Case& one : pool().cases)
    if (one.standing != Standing::control) all.push_back(&one);
  return all;
}

INSTANTIATE_TEST_SUITE_P(Families, Pool, testing::ValuesIn(families()),
                         [](const auto& one) { return std::string(one.param->family); });

TEST_P(Pool, does_every_accepted_task_before_the_workers_leave) {
  PlainTeam team = team_of(3, 2);
  const Verdict verdict = family.throughput(team, params_with({}));
  EXPECT_EQ(verdict.kind, Verdict::Kind::ok) << verdict.reason;
  EXPECT_EQ(operations_of(team, 0, 3), operations_of(team, 3, 2));
  EXPECT_GE(team.counts().at("left_over"), 0);
  EXPECT_LE(team.counts().at("left_over"), 1024);
  EXPECT_EQ(team.counts().at("sections"), 2.0 * static_cast<double>(operations_of(team, 3, 2)));
}

TEST_P(Pool, comes_to_its_end_with_one_place_in_the_queue) {
  for (const auto& [submitters, workers] : {std::pair{1U, 4U}, {4U, 1U}, {6U, 6U}}) {
    PlainTeam team = team_of(submitters, workers);
    const Verdict verdict = family.throughput(team, params_with({{"capacity", 1}}));
    EXPECT_EQ(verdict.kind, Verdict::Kind::ok) << verdict.reason;
  }
}

TEST_P(Pool, looks_for_work_by_itself_when_nobody_calls) {
  PlainTeam team = team_of(1, 3);
  // The first task comes after a fifth of a second, and the team waits for it: until then the workers can only poll.
  const Verdict verdict = family.throughput(team, params_with({{"poll", 1e6}, {"rate", 5}, {"arrivals", 1}}));
  EXPECT_EQ(verdict.kind, Verdict::Kind::ok) << verdict.reason;
  EXPECT_GE(team.counts().at("timeouts"), 1);
}

TEST_P(Pool, wakes_sleeping_workers_for_the_shutdown_and_does_not_wait_for_their_timeout) {
  PlainTeam team = team_of(1, 3);
  const Verdict verdict = family.latency(team, params_with({{"poll", 60e9}, {"rate", 200}, {"arrivals", 1}}));
  EXPECT_EQ(verdict.kind, Verdict::Kind::ok) << verdict.reason;
  EXPECT_LT(team.elapsed(), std::chrono::seconds(30));
  EXPECT_EQ(team.counts().at("timeouts"), 0);
}

TEST_P(Pool, times_the_shutdown_once_a_trial) {
  PlainTeam team = team_of(2, 3);
  const Verdict verdict = family.latency(team, params_with({}));
  EXPECT_EQ(verdict.kind, Verdict::Kind::ok) << verdict.reason;
  const Histogram shutdown = team.merged(2);
  ASSERT_EQ(shutdown.count(), 1U);
  EXPECT_LT(std::chrono::nanoseconds(shutdown.max()), team.elapsed());
  EXPECT_EQ(team.merged(1).count(), 0U) << "without a rate there is no second beginning";
}

TEST_P(Pool, leaves_out_the_work_of_tasks_that_are_left_over) {
  // On a busy machine the queue may not be full in time.
  for (int round = 0; round < 20; ++round) {
    PlainTeam team = team_of(1, 1, milliseconds(30));
    const Verdict verdict = family.throughput(team, params_with({{"parallel", 50e6}}));
    EXPECT_EQ(verdict.kind, Verdict::Kind::ok) << verdict.reason;
    if (team.counts().at("left_over") != 1024) continue;
    EXPECT_LT(team.elapsed(), std::chrono::seconds(20)) << "a thousand times 50 ms are 51 s";
    return;
  }
  FAIL() << "the queue was never full at the shutdown";
}

TEST_P(Pool, counts_latency_at_a_rate_from_when_a_task_was_due) {
  PlainTeam team = team_of(2, 1, milliseconds(60));
  // A worker does one task in 2 ms, and four times as many come.
  const Verdict verdict =
      family.latency(team, params_with({{"rate", 2000}, {"parallel", 2e6}, {"capacity", 1}, {"arrivals", 1}}));
  EXPECT_EQ(verdict.kind, Verdict::Kind::ok) << verdict.reason;
  ASSERT_GT(team.merged(0).count(), 0U);
  EXPECT_EQ(team.merged(0).count(), team.merged(1).count());
  EXPECT_GT(team.merged(0).max(), team.merged(1).max()) << "who comes behind schedule has waited since he was due";
  EXPECT_GE(team.counts().at("arrivals"), static_cast<double>(operations_of(team, 0, 2)));
}

// Caught or not (a small queue on one processor may never be torn): it ends, and no index leaves the queue, which
// AddressSanitizer would see.
TEST(PoolControl, ends_and_keeps_inside_a_small_queue) {
  const auto control =
      std::ranges::find_if(pool().cases, [](const Case& one) { return one.standing == Standing::control; });
  ASSERT_NE(control, pool().cases.end());
  for (const double capacity : {1.0, 2.0, 3.0, 7.0}) {
    PlainTeam team = team_of(3, 3);
    const Verdict verdict = control->throughput(team, params_with({{"capacity", capacity}, {"poll", 1e6}}));
    EXPECT_EQ(verdict.kind == Verdict::Kind::violated, !verdict.reason.empty());
  }
}

}  // namespace
}  // namespace syncbench
