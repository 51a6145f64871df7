// Every case of every workload, for a few milliseconds on plain threads: real implementations keep the invariant, the
// control breaks it. Nothing here measures; placement, windows and processes are the runner's.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "workloads/catalog.hpp"
#include "workloads/plain_team.hpp"

namespace syncbench {
namespace {

Params defaults_of(const Workload& workload) {
  Params params;
  for (const Parameter& parameter : workload.description.parameters) params.set(parameter.name, parameter.fallback);
  return params;
}

std::uint64_t latencies(const Team& team) {
  std::uint64_t count = 0;
  for (const WorkerSlot& slot : team.slots()) count += slot.latency.count();
  return count;
}

struct CaseTest : testing::TestWithParam<std::pair<const Workload*, const Case*>> {
  const Workload& workload = *GetParam().first;
  const Case& subject = *GetParam().second;
  std::vector<unsigned> two_of_each = std::vector<unsigned>(workload.description.roles.size(), 2);
};

TEST_P(CaseTest, keeps_the_invariant_and_the_control_breaks_it) {
  std::string reason;
  bool violated = false;
  // A control needs a chance to be caught: two threads must overlap inside one window.
  const int rounds = subject.standing == Standing::control ? 200 : 1;
  for (int round = 0; round < rounds && !violated; ++round) {
    PlainTeam team(two_of_each, std::chrono::milliseconds(20));
    const Verdict verdict = subject.throughput(team, defaults_of(workload));
    violated = verdict.kind == Verdict::Kind::violated;
    reason = verdict.reason;
    EXPECT_GT(total_operations(team), 0U);
    EXPECT_EQ(latencies(team), 0U) << "a throughput trial must not read the clock";
  }
  EXPECT_EQ(violated, subject.standing == Standing::control) << reason;
}

struct RealCaseTest : CaseTest {};  // controls are caught, not timed
struct LockTest : CaseTest {};      // what has a critical section

TEST_P(RealCaseTest, times_every_third_operation_in_a_latency_trial) {
  PlainTeam team(two_of_each, std::chrono::milliseconds(20));
  const Verdict verdict = subject.latency(team, defaults_of(workload));
  EXPECT_EQ(verdict.kind, Verdict::Kind::ok) << verdict.reason;
  EXPECT_GT(latencies(team), 0U);
  EXPECT_LE(latencies(team), total_operations(team) / 3 + team.slots().size() + 1);
}

TEST_P(LockTest, keeps_the_invariant_with_work_inside_and_outside_and_uneven_roles) {
  Params params = defaults_of(workload);
  params.set("critical", 50);
  params.set("parallel", 100);
  std::vector<unsigned> uneven(two_of_each.size(), 1);
  uneven.back() = 3;
  PlainTeam team(uneven, std::chrono::milliseconds(20));
  const Verdict verdict = subject.throughput(team, params);
  EXPECT_EQ(verdict.kind, Verdict::Kind::ok) << verdict.reason;
  EXPECT_GT(total_operations(team), 0U);
}

std::vector<std::pair<const Workload*, const Case*>> cases_without(std::vector<Standing> left_out) {
  std::vector<std::pair<const Workload*, const Case*>> cases;
  for (const Workload& workload : all_workloads())
    for (const Case& subject : workload.cases)
      if (std::ranges::count(left_out, subject.standing) == 0) cases.emplace_back(&workload, &subject);
  return cases;
}

std::string name_of(const testing::TestParamInfo<CaseTest::ParamType>& info) {
  std::string name =
      std::string(info.param.first->description.name) + "_" + std::string(info.param.second->implementation);
  for (char& c : name)
    if (c == '/' || c == '-') c = '_';
  return name;
}

INSTANTIATE_TEST_SUITE_P(Workloads, CaseTest, testing::ValuesIn(cases_without({Standing::known_bad})), name_of);
INSTANTIATE_TEST_SUITE_P(Workloads, RealCaseTest,
                         testing::ValuesIn(cases_without({Standing::control, Standing::known_bad})), name_of);
INSTANTIATE_TEST_SUITE_P(Workloads, LockTest,
                         testing::ValuesIn(cases_without({Standing::control, Standing::baseline, Standing::known_bad})),
                         name_of);

TEST(Baseline, refuses_a_critical_section) {
  const Workload& counter = all_workloads().front();
  for (const Case& subject : counter.cases) {
    if (subject.standing != Standing::baseline) continue;
    Params params = defaults_of(counter);
    params.set("critical", 100);
    PlainTeam team({2}, std::chrono::milliseconds(5));
    EXPECT_EQ(subject.throughput(team, params).kind, Verdict::Kind::skipped);
  }
}

}  // namespace
}  // namespace syncbench
