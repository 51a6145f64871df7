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
  static Stamp start() noexcept { return {}; }
  static void finish(Stamp) noexcept {}
};

/// Times every k-th operation inside the window. `start` and `finish` may be on different workers: a stamp travels.
class LatencyProbe {
 public:
  using Clock = std::chrono::steady_clock;
  using Stamp = Clock::time_point;  // the epoch: not timed

  LatencyProbe(Worker& worker, const Team& team) noexcept : worker_(worker), every_(team.sample_every()) {}

  Stamp start() noexcept {
    if (--until_next_ != 0) return {};
    until_next_ = every_;
    return worker_.measuring() ? Clock::now() : Stamp{};
  }

  void finish(Stamp started) noexcept {
    if (started == Stamp{}) return;
    const auto elapsed = std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - started);
    worker_.latency().record(static_cast<std::uint64_t>(elapsed.count()));
  }

 private:
  Worker& worker_;
  unsigned every_;
  unsigned until_next_ = 1;
};

}  // namespace syncbench
