// The ways in which a run ends early, each with its exit code. They are thrown wherever the fault is found, with one
// line that names the flag or file, the value and what is allowed, and caught in one place: main.
#pragma once

#include <stdexcept>

namespace syncbench {

/// Exit codes of the program; scripts depend on them.
enum ExitCode : int {
  kDone = 0,
  kViolated = 1,     ///< an invariant was broken, or an implementation crashed
  kUsage = 2,        ///< the command line asks for something impossible; nothing was started, no file touched
  kIncomplete = 3,   ///< disk full, threads could not be started, time limit reached: what finished was kept
  kEnvironment = 4,  ///< --strict-env refused this machine
  kHang = 5,         ///< a trial made no progress and was ended
  kInterrupted = 130,
  kTerminated = 143
};

struct UsageError : std::runtime_error {
  using runtime_error::runtime_error;
};
struct IncompleteError : std::runtime_error {
  using runtime_error::runtime_error;
};
struct EnvironmentError : std::runtime_error {
  using runtime_error::runtime_error;
};

}  // namespace syncbench
