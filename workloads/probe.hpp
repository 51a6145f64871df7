// How a workload times its operations, or does not. The loop is compiled twice: with NoProbe, whose functions are
// empty, for throughput; with LatencyProbe for latency, in trials of their own, because a time stamp around an
// operation changes who gets the lock.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "workloads/worker.hpp"

namespace syncbench {

class NoProbe {
 public:
  static constexpr bool kTimes = false;
  struct Stamp {};
  NoProbe(Worker&, const Team&) noexcept {}
  struct Elapsed {};
  static Stamp start() noexcept { return {}; }
  static Stamp start_at(std::chrono::steady_clock::time_point) noexcept { return {}; }
  static Stamp restart(Stamp) noexcept { return {}; }
  static Elapsed stop(Stamp) noexcept { return {}; }
  static void record(Elapsed, std::size_t = 0) noexcept {}
};

/// Times every k-th operation inside the window. `start` and `stop` may be on different workers: a stamp travels.
/// `stop` reads the clock and nothing else, so that it can stand inside a lock; `record` belongs outside.
class LatencyProbe {
 public:
  static constexpr bool kTimes = true;
  using Clock = std::chrono::steady_clock;
  using Stamp = Clock::time_point;  // the epoch: not timed
  using Elapsed = std::chrono::nanoseconds;

  LatencyProbe(Worker& worker, const Team& team) noexcept : worker_(worker), every_(team.sample_every()) {}

  Stamp start() noexcept {
    if (--until_next_ != 0) return {};
    until_next_ = every_;
    return worker_.measuring() ? Clock::now() : Stamp{};
  }

  /// As start(), for what was due at `instant`: time since then counts, whoever was late.
  Stamp start_at(Clock::time_point instant) noexcept {
    if (--until_next_ != 0) return {};
    until_next_ = every_;
    return worker_.measuring() ? instant : Stamp{};
  }

  /// A second beginning for an operation that is timed: when it was begun, beside when it was due.
  static Stamp restart(Stamp started) noexcept { return started == Stamp{} ? Stamp{} : Clock::now(); }

  Elapsed stop(Stamp started) const noexcept {
    return started == Stamp{} ? kNotTimed : std::chrono::duration_cast<Elapsed>(Clock::now() - started);
  }

  /// Into the workload's i-th series; 0 is its latency.
  void record(Elapsed elapsed, std::size_t i = 0) noexcept {
    if (elapsed != kNotTimed) worker_.series(i).record(static_cast<std::uint64_t>(std::max(0L, elapsed.count())));
  }

  static constexpr Elapsed kNotTimed{-1};

 private:
  Worker& worker_;
  unsigned every_;
  unsigned until_next_ = 1;
};

}  // namespace syncbench
