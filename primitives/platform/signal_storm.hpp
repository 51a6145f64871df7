// Real signals at random moments, for the threads that ask for them: their system calls end with EINTR, and their waits
// with them. A signal also wakes a thread whose wake-up was lost, and so hides the fault; that is why a storm comes in
// bursts of a known number of signals and is quiet after each. What hangs then, hangs.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

#include "primitives/platform/fault_plan.hpp"

namespace syncbench {

/// Has a thread of its own, so it must be made in the process that it is for, after any fork. The signal's handler does
/// nothing and stays for the life of the process: a signal may still be on its way when the storm is over.
class SignalStorm {
 public:
  /// `mean`: between two signals of a burst.
  SignalStorm(std::chrono::nanoseconds mean, std::uint64_t seed);
  ~SignalStorm();
  SignalStorm(const SignalStorm&) = delete;
  SignalStorm& operator=(const SignalStorm&) = delete;

  /// While it lives, the thread that made it may be hit. Must end before its thread does, and before the storm.
  class Target {
   public:
    explicit Target(SignalStorm& storm) : storm_(storm) { storm_.add(); }
    ~Target() { storm_.remove(); }
    Target(const Target&) = delete;
    Target& operator=(const Target&) = delete;

   private:
    SignalStorm& storm_;
  };

  /// The calling thread may be hit from now on; must be taken back before it ends.
  void add();
  void remove();

  /// `signals` more, each to one of the targets; one that finds no target is lost. Returns at once.
  void burst(unsigned signals);
  /// Until the last signal of all bursts is sent.
  void await_quiet();
  /// Signals sent so far.
  unsigned sent() const;

  /// The signal's number, for those who must not block it.
  static int signal_number();

 private:
  void run();
  void strike();

  const std::uint64_t mean_;
  Random random_;
  mutable std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  std::vector<pid_t> targets_;
  unsigned left_ = 0, sent_ = 0;
  bool ending_ = false;
  std::thread thread_;  // last: it uses all above
};

}  // namespace syncbench
