// Watches a trial's process from outside: waits for it, and when it makes no progress finds out what its threads wait
// for, says which kind of hang it is, and ends it. The other trials go on.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

#include "runner/trial_memory.hpp"

namespace syncbench {

/// SIGINT and SIGTERM, turned from interruptions into something one can ask for. While one lives, both are blocked in
/// this thread and in every process forked from it, so that a trial is never torn apart half-way.
class Interrupts {
 public:
  Interrupts();
  ~Interrupts();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

  /// The signal that has arrived, or 0. Once set it stays.
  int pending();
  int descriptor() const { return descriptor_; }  ///< readable when a signal has arrived

 private:
  int descriptor_;
  int arrived_ = 0;
};

struct WatchResult {
  enum class End { exited, hang, interrupted };
  End end = End::exited;
  int status = 0;      ///< as from waitpid
  std::string report;  ///< for a hang: its kind and who waits on what; a reason that the workload gave goes before it
};

/// Waits until `process` has closed its end of the pipe `exit_pipe` and reaps it; ends it when `patience` is over or
/// the user interrupts. `worker_names` are by rank.
WatchResult watch(pid_t process, int exit_pipe, std::chrono::nanoseconds patience, const TrialMemory& memory,
                  const std::vector<std::string>& worker_names, Interrupts& interrupts);

/// The signal that the watchdog sends to stuck threads to end their sleep once; a trial's process must have a handler
/// for it that does nothing.
int rescue_signal();

}  // namespace syncbench
