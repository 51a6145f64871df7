// `--stress`: looks for what breaks implementations, and `--replay`: shows it again, step by step.
#pragma once

#include <string>

#include "runner/options.hpp"

namespace syncbench {

/// Explores every program that --impl chooses under the deterministic scheduler and prints what was found. The exit
/// code is kViolated if anything was.
int run_stress(const Options& options);

/// Runs one schedule again and prints its trace. kViolated if it fails, kDone if it does not. Throws UsageError.
int run_replay(const std::string& text);

}  // namespace syncbench
