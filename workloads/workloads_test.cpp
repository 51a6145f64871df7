// Every case of every workload, for a few milliseconds on plain threads: real implementations keep the invariant, the
// control breaks it. Nothing here measures; placement, windows and processes are the runner's.
#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <string>
#include <thread>
#include <vector>

#include "workloads/catalog.hpp"

namespace syncbench {
namespace {

class PlainTeam : public Team {
 public:
  PlainTeam(std::vector<unsigned> roles, std::chrono::milliseconds window) : roles_(std::move(roles)), window_(window) {
    unsigned threads = 0;
    for (const unsigned count : roles_) threads += count;
    slots_ = std::vector<WorkerSlot>(threads);
  }

  void run(void* state, void (*body)(void*, Worker&), void (*close)(void*)) override {
    control_.phase = Phase::measure;
    std::vector<std::thread> threads;
    for (unsigned role = 0, rank = 0; role < roles_.size(); ++role) {
      for (unsigned role_rank = 0; role_rank < roles_[role]; ++role_rank, ++rank) {
        threads.emplace_back([=, this] {
          Worker worker(control_, slots_[rank], rank, role, role_rank);
          body(state, worker);
        });
      }
    }
    std::this_thread::sleep_for(window_);
    control_.phase = Phase::stop;
    close(state);
    for (std::thread& thread : threads) thread.join();
  }
  std::span<const unsigned> roles() const override { return roles_; }
  std::span<const WorkerSlot> slots() const override { return slots_; }
  unsigned sample_every() const override { return 3; }
  void name(const void*, std::size_t, std::string_view) override {}

 private:
  std::vector<unsigned> roles_;
  std::chrono::milliseconds window_;
  Control control_;
  std::vector<WorkerSlot> slots_;
};

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

TEST_P(CaseTest, times_every_third_operation_in_a_latency_trial) {
  if (subject.standing == Standing::control) GTEST_SKIP() << "controls are caught, not timed";
  PlainTeam team(two_of_each, std::chrono::milliseconds(20));
  const Verdict verdict = subject.latency(team, defaults_of(workload));
  EXPECT_EQ(verdict.kind, Verdict::Kind::ok) << verdict.reason;
  EXPECT_GT(latencies(team), 0U);
  EXPECT_LE(latencies(team), total_operations(team) / 3 + team.slots().size() + 1);
}

TEST_P(CaseTest, keeps_the_invariant_with_work_inside_and_outside_and_uneven_roles) {
  if (subject.standing == Standing::control || subject.standing == Standing::baseline) GTEST_SKIP() << "needs a lock";
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

std::vector<std::pair<const Workload*, const Case*>> all_cases() {
  std::vector<std::pair<const Workload*, const Case*>> cases;
  for (const Workload& workload : all_workloads())
    for (const Case& subject : workload.cases) cases.emplace_back(&workload, &subject);
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Workloads, CaseTest, testing::ValuesIn(all_cases()), [](const auto& info) {
  std::string name =
      std::string(info.param.first->description.name) + "_" + std::string(info.param.second->implementation);
  for (char& c : name)
    if (c == '/' || c == '-') c = '_';
  return name;
});

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
