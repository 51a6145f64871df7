// `--stress`, `--mutants` and `--replay`: what the stress suite finds, as a table, as JSON lines, and in full.
#pragma once

#include <string>

#include "runner/options.hpp"

namespace syncbench {

/// Every program over the chosen implementations in the chosen modes, within --stress-time. Returns the exit code:
/// kDone, kViolated, kHang if all that was found are hangs, kInterrupted.
int run_stress(const Options& options);

/// Runs one schedule again and prints its steps. kViolated if it fails again. Throws UsageError.
int run_replay(const std::string& text);

}  // namespace syncbench
