// How a workload times its operations, or does not. The loop is compiled twice: with NoProbe, whose functions are
// empty, for throughput; with LatencyProbe for latency, in trials of their own, because a time stamp around an
// operation changes who gets the lock.
#pragma once

#include <chrono>
#include <cstdint>

#include "workloads/worker.hpp"

namespace syncbench {

class NoProbe {
 public:
  struct Stamp {};
  NoProbe(Worker&, const Team&) noexcept {}
  struct Elapsed {};
  static Stamp start() noexcept { return {}; }
  static Elapsed stop(Stamp) noexcept { return {}; }
  static void record(Elapsed) noexcept {}
};

/// Times every k-th operation inside the window. `start` and `stop` may be on different workers: a stamp travels.
/// `stop` reads the clock and nothing else, so that it can stand inside a lock; `record` belongs outside.
class LatencyProbe {
 public:
  using Clock = std::chrono::steady_clock;
  using Stamp = Clock::time_point;  // the epoch: not timed
  using Elapsed = std::chrono::nanoseconds;

  LatencyProbe(Worker& worker, const Team& team) noexcept : worker_(worker), every_(team.sample_every()) {}

  Stamp start() noexcept {
    if (--until_next_ != 0) return {};
    until_next_ = every_;
    return worker_.measuring() ? Clock::now() : Stamp{};
  }

  Elapsed stop(Stamp started) const noexcept {
    return started == Stamp{} ? kNotTimed : std::chrono::duration_cast<Elapsed>(Clock::now() - started);
  }

  void record(Elapsed elapsed) noexcept {
    if (elapsed != kNotTimed) worker_.latency().record(static_cast<std::uint64_t>(elapsed.count()));
  }

 private:
  static constexpr Elapsed kNotTimed{-1};

  Worker& worker_;
  unsigned every_;
  unsigned until_next_ = 1;
};

}  // namespace syncbench
