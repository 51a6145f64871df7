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

// The defaults, but played on the primitive that the case is for.
Params defaults_of(const Workload& workload, const Case& subject) {
  Params params;
  for (const Parameter& parameter : workload.description.parameters) {
    params.set(parameter.name, parameter.fallback);
    if (parameter.name == "on")
      params.set("on", static_cast<double>(std::ranges::find(parameter.words, subject.on) - parameter.words.begin()));
  }
  return params;
}

// So many of each role, or as many as there can be.
std::vector<unsigned> roles_of(const Workload& workload, unsigned count) {
  std::vector<unsigned> counts;
  for (const Role& role : workload.description.roles)
    counts.push_back(role.most == 0 ? count : std::min(count, role.most));
  return counts;
}

PlainTeam team_for(const Workload& workload, std::vector<unsigned> roles) {
  return {std::move(roles), std::chrono::milliseconds(20), 1 + workload.description.series.size()};
}

struct CaseTest : testing::TestWithParam<std::pair<const Workload*, const Case*>> {
  const Workload& workload = *GetParam().first;
  const Case& subject = *GetParam().second;
  std::vector<unsigned> two_of_each = roles_of(workload, 2);
};

TEST_P(CaseTest, keeps_the_invariant_and_the_control_breaks_it) {
  std::string reason;
  bool violated = false;
  // A control needs a chance to be caught: two threads must overlap inside one window.
  const int rounds = subject.standing == Standing::control ? 200 : 1;
  for (int round = 0; round < rounds && !violated; ++round) {
    PlainTeam team = team_for(workload, two_of_each);
    const Verdict verdict = subject.throughput(team, defaults_of(workload, subject));
    violated = verdict.kind == Verdict::Kind::violated;
    reason = verdict.reason;
    EXPECT_GT(total_operations(team), 0U);
    EXPECT_EQ(team.merged(0).count(), 0U) << "a throughput trial must not read the clock";
  }
  EXPECT_EQ(violated, subject.standing == Standing::control) << reason;
}

struct RealCaseTest : CaseTest {};  // controls are caught, not timed
struct LockTest : CaseTest {};      // what has a critical section

TEST_P(RealCaseTest, times_every_third_operation_in_a_latency_trial) {
  PlainTeam team = team_for(workload, two_of_each);
  const Verdict verdict = subject.latency(team, defaults_of(workload, subject));
  EXPECT_EQ(verdict.kind, Verdict::Kind::ok) << verdict.reason;
  EXPECT_GT(team.merged(0).count(), 0U);
  EXPECT_LE(team.merged(0).count(), total_operations(team) / 3 + team.slots().size() + 1);
}

TEST_P(LockTest, keeps_the_invariant_with_work_inside_and_outside_and_uneven_roles) {
  Params params = defaults_of(workload, subject);
  params.set("critical", 50);
  params.set("parallel", 100);
  std::vector<unsigned> uneven = roles_of(workload, 1);
  if (workload.description.roles.back().most == 0) uneven.back() = 3;
  PlainTeam team = team_for(workload, uneven);
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
  std::string name = std::string(info.param.first->description.name) + "_" + std::string(info.param.second->on) + "_" +
                     std::string(info.param.second->implementation);
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
    Params params = defaults_of(counter, subject);
    params.set("critical", 100);
    PlainTeam team({2}, std::chrono::milliseconds(5));
    EXPECT_EQ(subject.throughput(team, params).kind, Verdict::Kind::skipped);
  }
}

}  // namespace
}  // namespace syncbench
