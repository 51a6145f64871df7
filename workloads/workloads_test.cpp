// Every case of every workload, for a few milliseconds on plain threads: real implementations keep the invariant, the
// control breaks it. Nothing here measures; placement, windows and processes are the runner's.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <string_view>
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

struct RealCaseTest : CaseTest {};  // what is timed; controls are caught instead
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

std::vector<std::pair<const Workload*, const Case*>> timed_cases() {
  auto cases = cases_without({Standing::control, Standing::known_bad});
  std::erase_if(cases, [](const auto& one) { return one.first->description.latency.empty(); });
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
INSTANTIATE_TEST_SUITE_P(Workloads, RealCaseTest, testing::ValuesIn(timed_cases()), name_of);
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

const Workload& workload_named(std::string_view name) {
  return *std::ranges::find(all_workloads(), name, [](const Workload& one) { return one.description.name; });
}

bool is_real(const Case& subject) {
  return subject.standing != Standing::control && subject.standing != Standing::known_bad;
}

TEST(WhileOrIf, breaks_whoever_does_not_look_again_and_counts_who_does) {
  const Workload& workload = workload_named("while-or-if");
  for (const Case& subject : workload.cases) {
    if (!is_real(subject)) continue;
    SCOPED_TRACE(subject.implementation);
    for (const unsigned waiters : {1U, 3U}) {
      Params params = defaults_of(workload, subject);
      PlainTeam looks_again = team_for(workload, {waiters, 1});
      EXPECT_EQ(subject.throughput(looks_again, params).kind, Verdict::Kind::ok);
      params.set("wait", 1);
      Verdict verdict;
      for (int round = 0; round < 10 && verdict.kind == Verdict::Kind::ok; ++round) {
        PlainTeam team = team_for(workload, {waiters, 1});
        verdict = subject.throughput(team, params);
        EXPECT_EQ(verdict.kind == Verdict::Kind::violated, team.counts().at("without_token") > 0);
        EXPECT_EQ(team.counts().at("spurious_survived"), 0);
      }
      EXPECT_EQ(verdict.kind, Verdict::Kind::violated);
      EXPECT_NE(verdict.reason.find("wait=if"), std::string::npos) << verdict.reason;
    }
  }
}

// What each condition says about itself, by its name.
std::map<std::string_view, bool> conditions_in_order() {
  std::map<std::string_view, bool> fifo;
  Conditions<CountedPlatform>::for_each([&]<class I>() { fifo[I::kName] = I::kTraits.fifo; });
  return fifo;
}

TEST(Appointments, wake_exactly_whom_they_call_where_a_condition_serves_in_order) {
  const Workload& workload = workload_named("appointments");
  const auto fifo = conditions_in_order();
  for (const Case& subject : workload.cases) {
    SCOPED_TRACE(subject.implementation);
    Params params = defaults_of(workload, subject);
    params.set("wake", 1);
    params.set("slots", 2);
    PlainTeam team = team_for(workload, {5, 1});
    const bool in_order = fifo.at(subject.implementation);
    // Who is woken out of turn is a violation here, and in a trial that is skipped nobody works.
    const Verdict verdict = subject.throughput(team, params);
    EXPECT_EQ(verdict.kind, in_order ? Verdict::Kind::ok : Verdict::Kind::skipped) << verdict.reason;
    EXPECT_EQ(total_operations(team) > 0, in_order);
    EXPECT_EQ(team.counts().contains("woken_in_vain"), in_order);
  }
}

TEST(Appointments, turn_away_whom_there_is_no_chair_for_and_wake_in_vain) {
  const Workload& workload = workload_named("appointments");
  double in_vain = 0;  // some conditions may be lucky, not all
  for (const Case& subject : workload.cases) {
    if (!is_real(subject)) continue;
    SCOPED_TRACE(subject.implementation);
    Params params = defaults_of(workload, subject);
    params.set("chairs", 2);
    params.set("slots", 1);
    PlainTeam team = team_for(workload, {4, 1});
    const Verdict verdict = subject.throughput(team, params);
    EXPECT_EQ(verdict.kind, Verdict::Kind::ok) << verdict.reason;
    EXPECT_GT(team.counts().at("turned_away"), 0);
    in_vain += team.counts().at("woken_in_vain");
  }
  EXPECT_GT(in_vain, 0);
}

}  // namespace
}  // namespace syncbench
