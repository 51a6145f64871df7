// The build's own part comes from CMake through build_info.hpp, written at configure time.
#include "runner/run_environment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "build_info.hpp"
#include "runner/environment.hpp"
#include "runner/hardware_counters.hpp"
#include "workloads/busy_work.hpp"

namespace syncbench {
namespace {

BuildInfo build_info() {
  BuildInfo build = compiled_build_info();
  build.version = SYNCBENCH_VERSION;
  build.revision = SYNCBENCH_REVISION;
  build.flags = SYNCBENCH_FLAGS;
  build.build_type = SYNCBENCH_BUILD_TYPE;
  build.libraries["benchmark"] = SYNCBENCH_BENCHMARK_VERSION;
  build.libraries["hwloc"] = SYNCBENCH_HWLOC_VERSION;
  build.libraries["boost"] = SYNCBENCH_BOOST_VERSION;
  build.libraries["fmt"] = fmt::format("{}.{}.{}", FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100);
  return build;
}

// The fastest of several rounds, as in the delay loop's calibration.
double timer_cost() {
  using Clock = std::chrono::steady_clock;
  constexpr int kCalls = 1000;
  double best = 1e9;
  for (int round = 0; round < 20; ++round) {
    const auto begin = Clock::now();
    for (int i = 1; i < kCalls; ++i) static_cast<void>(Clock::now());
    best = std::min(best, std::chrono::duration<double, std::nano>(Clock::now() - begin).count() / kCalls);
  }
  return best;
}

// Finer than the cost of a stamp it cannot be seen; coarse timers repeat a value and then jump.
double timer_resolution() {
  using Clock = std::chrono::steady_clock;
  constexpr int kSteps = 1000;
  auto least = Clock::duration::max();
  auto before = Clock::now();
  for (int seen = 0; seen < kSteps;) {
    const auto now = Clock::now();
    if (now == before) continue;
    least = std::min(least, now - before);
    before = now;
    ++seen;
  }
  return std::chrono::duration<double, std::nano>(least).count();
}

TopologySummary summary_of(const Topology& topology) {
  const Machine& machine = topology.machine();
  TopologySummary summary;
  summary.pus = machine.pus.size();
  summary.cores = machine.cores();
  summary.packages = machine.packages();
  summary.numa_nodes = machine.numa_nodes();
  for (const Pu& pu : machine.pus) summary.allowed_os.push_back(pu.os);
  std::ranges::sort(summary.allowed_os);
  summary.synthetic = machine.synthetic;
  summary.is_this_system = topology.is_this_system();
  return summary;
}

}  // namespace

nlohmann::ordered_json describe_run(const Topology& topology) {
  return capture_environment(
      build_info(), summary_of(topology),
      {.timer_ns = timer_cost(), .timer_resolution_ns = timer_resolution(), .work_ns_per_step = nanoseconds_per_step()},
      {.hardware = describe_hardware_counters(), .energy = describe_energy()});
}

std::string version_text() {
  const BuildInfo build = build_info();
  return fmt::format("syncbench {} ({}, {}{})", build.version, build.compiler, build.build_type,
                     build.revision.empty() ? "" : ", " + build.revision);
}

}  // namespace syncbench
