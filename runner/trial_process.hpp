// Runs one trial in a process of its own, forked for it: its state is built afresh, a crash or a hang ends that process
// and nothing else, and no thread of an earlier trial can disturb it.
#pragma once

#include <chrono>

#include "runner/sample.hpp"
#include "runner/thread_team.hpp"
#include "runner/watchdog.hpp"

namespace syncbench {

struct TrialSpec {
  RoundFunction round;
  Params params;
  TeamPlan team;
  std::vector<bool> series_by_order = {};  ///< by series, in a latency trial: one distribution a place in an order
  bool together = false;                   ///< all workers do each operation together
  std::chrono::nanoseconds patience{};     ///< beyond warm-up and window, before the trial counts as hung
};

/// Must be called from a process with one thread. Throws IncompleteError if no process can be started.
TrialOutcome run_trial(const TrialSpec& spec, Interrupts& interrupts);

}  // namespace syncbench
