// What the harness adds to an operation: the workload `counter` over the control that does not lock, on one thread,
// against a bare loop that does the same work (a step of the witness) and nothing else. Both in turn, so that a change
// of the machine's speed hits both; medians of the differences.
//
//   build/bin/overhead_benchmark [rounds]
#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "workloads/catalog.hpp"
#include "workloads/plain_team.hpp"
#include "workloads/witness.hpp"

namespace syncbench {
namespace {

using Clock = std::chrono::steady_clock;
using Nanoseconds = std::chrono::duration<double, std::nano>;

// The barriers stand where lock and unlock would: each round of the loop really loads and stores.
[[gnu::noinline]] double bare_loop(std::uint64_t operations) {
  static Witness witness;
  std::uint64_t violations = 0;
  const auto begin = Clock::now();
  for (std::uint64_t i = 0; i < operations; ++i) {
    asm volatile("" ::: "memory");
    violations += !witness.step();
    asm volatile("" ::: "memory");
  }
  const Nanoseconds elapsed = Clock::now() - begin;
  if (violations != 0) std::abort();
  return elapsed.count() / static_cast<double>(operations);
}

double harness_loop(const Case& control, const Params& params) {
  PlainTeam team({1}, std::chrono::milliseconds(50));
  if (control.throughput(team, params).kind != Verdict::Kind::ok) std::abort();
  return Nanoseconds(team.elapsed()).count() / static_cast<double>(total_operations(team));
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

int run(int rounds) {
  const Workload& counter = all_workloads().front();
  const auto control = std::ranges::find(counter.cases, Standing::control, &Case::standing);
  Params params;
  for (const Parameter& parameter : counter.description.parameters) params.set(parameter.name, parameter.fallback);
  std::vector<double> bare, harness, difference;
  for (int round = 0; round < rounds; ++round) {
    bare.push_back(bare_loop(50'000'000));
    harness.push_back(harness_loop(*control, params));
    difference.push_back(harness.back() - bare.back());
  }
  std::printf("bare loop      %6.3f ns per operation (median of %d)\n", median(bare), rounds);
  std::printf("counter/none   %6.3f ns per operation\n", median(harness));
  std::printf("overhead       %6.3f ns per operation\n", median(difference));
  return 0;
}

}  // namespace
}  // namespace syncbench

int main(int count, char** words) {
  const int rounds = count > 1 ? std::atoi(words[1]) : 21;
  return syncbench::run(std::clamp(rounds, 1, 10'000));
}
