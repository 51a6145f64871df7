#pragma once

// Whether the number of one trial can be believed. A pure judgement over plain numbers that others measured
// (fingerprint.hpp, the engine's window, the placement read back): each doubt becomes one readable reason with the
// figures that raised it. A trial with reasons is kept in the record and marked; the analysis leaves it out, and the
// schedule may repeat it.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fingerprint.hpp"

namespace syncbench {

// Thresholds, with where they come from. "Seen" means: in an hour of small measurements on a two-processor virtual
// machine whose host kept moving the two between 24-28 ns and 155-175 ns apart.
constexpr double kFarFactor = 2;             ///< seen: between the placements lies a factor 6, within one 1.2
constexpr double kSlowMultiplyShare = 0.05;  ///< seen: the core's speed varied by up to 24 %; ratios resolve 5 %
constexpr double kForeignCpuLimit = 0.04;    ///< seen: trials above it were not repeatable
constexpr double kStealLimit = 0.02;         ///< seen: 0.8-2 % was lost even when the host was quiet
constexpr double kPressureLimit = 0.02;      ///< time in which a ready thread did not run, where each has a processor
constexpr double kOverlapLimit = 0.95;       ///< of the window, in which no worker may wait for a processor
constexpr double kSleepyRate = 100;        ///< sleeps per thread and second, each of which waits a little when it ends
constexpr double kShortestWindow = 0.040;  ///< seconds; seen: shorter windows measure the start
constexpr double kSlicesPerThread = 10;    ///< seen: fewer, and the sample is which thread happened to run
constexpr double kTimeSlice = 0.004;       ///< seconds; the default of most kernels
constexpr double kInvoluntaryRate = 50;    ///< per thread and second; a housekeeping tick of the kernel causes a few
constexpr double kInvoluntaryFloor = 10;   ///< switches that no trial is blamed for, however short

enum class NearFar { kUnknown, kNear, kFar };

/// Where the processors were, given the best line time seen in this run for the same two. Unknown where either is
/// absent or not positive.
NearFar classify(std::optional<double> line_ns, std::optional<double> best_line_ns);

/// What is known about a finished trial. What was not measured stays absent and raises no reason.
struct TrialFacts {
  std::optional<Fingerprint> before;
  std::optional<Fingerprint> after;
  bool line_expected = false;              ///< two different processors were given to the fingerprint
  std::optional<double> best_line_ns;      ///< least in this run for the same two processors
  std::optional<double> best_multiply_ns;  ///< least in this run
  CpuUse cpu;                              ///< what others took, with its uncertainty
  std::vector<std::size_t> requested;      ///< OS index of the processor asked for, per worker; empty: not bound
  std::vector<std::size_t> granted;        ///< the same, read back after binding
  double window_s = 0;                     ///< the measured window
  std::size_t threads = 0;
  std::size_t pus = 0;          ///< processors that the workers share
  bool oversubscribed = false;  ///< more workers than processors
  double time_slice_s = kTimeSlice;
  std::optional<double> involuntary_switches;  ///< of all workers, in the window
  std::optional<double> run_delay_s;           ///< waits for a processor, of all workers
  std::optional<double> p50_ns;                ///< of a latency trial
  std::optional<double> timer_resolution_ns;   ///< least step between two stamps that differ
  std::size_t idle_workers = 0;                ///< completed nothing inside the window
  std::optional<double> voluntary_switches;    ///< likewise: sleeps and yields
};

struct Validity {
  bool ok = true;                    ///< exactly when there is no reason
  std::vector<std::string> reasons;  ///< one sentence each, with figures and units, the weightiest first
};

/// Pure.
Validity judge(const TrialFacts& facts);

}  // namespace syncbench
