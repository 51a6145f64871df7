// Open loop: when the next operation is due, whether or not the last one is through. The schedule is drawn in advance
// of each arrival and never waits for the system under test, so a stall is charged to every arrival that falls into it.
// A closed loop would leave those out ("coordinated omission"). [Tene 2013, How NOT to Measure Latency]
#pragma once

#include <time.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <optional>
#include <vector>

#include "workloads/workload.hpp"

namespace syncbench {

/// One worker's arrivals: `rate` a second, all workers of its role together; each has its share, and they are out of
/// step. A rate of 0 is a closed loop: everything is due at once, always.
class Arrivals {
 public:
  using Clock = std::chrono::steady_clock;

  Arrivals(const Params& params, const Worker& worker, unsigned workers)
      : interval_ns_(params["rate"] > 0 ? 1e9 * workers / params["rate"] : 0),
        poisson_(params["arrivals"] == 0),
        state_(0x9e3779b97f4a7c15U * (worker.role_rank() + 1)),
        begin_(Clock::now()),
        due_ns_(interval_ns_ * (worker.role_rank() + 1.0) / workers) {}

  bool open() const noexcept { return interval_ns_ > 0; }

  /// Waits until the next arrival is due, and returns when that was; behind schedule it does not wait. The trial's end
  /// ends the wait.
  Clock::time_point next(const Worker& worker) noexcept {
    const auto due = begin_ + std::chrono::nanoseconds(static_cast<std::int64_t>(due_ns_));
    due_ns_ += poisson_ ? -interval_ns_ * std::log(random()) : interval_ns_;
    const auto now = Clock::now();
    if (now < due) {
      behind_ns_ = 0;
      wait_until(due, worker);
    } else {
      behind_ns_ = static_cast<double>((now - due).count());
      most_behind_ns_ = std::max(most_behind_ns_, behind_ns_);
    }
    ++arrived_;
    return due;
  }

  /// To be called when the worker begins nothing more: what fell due while its last operation lasted is behind, too.
  void end() noexcept {
    const auto due = begin_ + std::chrono::nanoseconds(static_cast<std::int64_t>(due_ns_));
    behind_ns_ = std::max(0.0, static_cast<double>((Clock::now() - due).count()));
    most_behind_ns_ = std::max(most_behind_ns_, behind_ns_);
  }

  /// Arrivals so far, and how many were due and not begun: at most, and when the last one began (or at the end).
  double arrived() const noexcept { return static_cast<double>(arrived_); }
  double most_behind() const noexcept { return open() ? most_behind_ns_ / interval_ns_ : 0; }
  double behind() const noexcept { return open() ? behind_ns_ / interval_ns_ : 0; }

 private:
  // Sleeps while there is time, gives the processor away when there is little: a wake-up takes some tens of
  // microseconds, and the processor may be needed by those who serve.
  static void wait_until(Clock::time_point due, const Worker& worker) noexcept {
    constexpr auto kWakeUp = std::chrono::microseconds(80);
    constexpr auto kLongest = std::chrono::milliseconds(1);  // between two looks whether the trial is over
    while (worker.running()) {
      const auto left = due - Clock::now();
      if (left <= left.zero()) return;
      if (left <= kWakeUp) {
        NativePlatform::yield();
        continue;
      }
      const auto nap = std::min<std::chrono::nanoseconds>(left - kWakeUp, kLongest);
      const timespec time{0, static_cast<long>(std::min<std::int64_t>(nap.count(), 999'999'999))};
      ::clock_nanosleep(CLOCK_MONOTONIC, 0, &time, nullptr);
    }
  }

  // In (0, 1]. [Marsaglia 2003, Xorshift RNGs]
  double random() noexcept {
    state_ ^= state_ << 13U;
    state_ ^= state_ >> 7U;
    state_ ^= state_ << 17U;
    return (static_cast<double>(state_ >> 11U) + 1) * 0x1p-53;
  }

  double interval_ns_;
  bool poisson_;
  std::uint64_t state_;
  Clock::time_point begin_;
  double due_ns_;
  double behind_ns_ = 0, most_behind_ns_ = 0;
  std::uint64_t arrived_ = 0;
};

/// How an operation begins: at once, or, in an open loop, when it is due. `due` is what its latency counts from;
/// `begun` is for the further series "service", and empty in a closed loop, where the two are one. False: the trial is
/// over.
template <bool kOpen, class Probe>
bool begin_operation(const Worker& worker, Probe& probe, [[maybe_unused]] std::optional<Arrivals>& arrivals,
                     typename Probe::Stamp& due, [[maybe_unused]] typename Probe::Stamp& begun) noexcept {
  if constexpr (kOpen) {
    due = probe.start_at(arrivals->next(worker));
    begun = probe.restart(due);
  } else {
    due = probe.start();
  }
  return worker.running();
}

/// Sums of what the arrivals of all workers say, handed in with the verdict.
class Backlog {
 public:
  void add(const Arrivals& one) noexcept {
    arrived_ += one.arrived();
    most_ += one.most_behind();
    last_ += one.behind();
  }
  void report(Team& team) const {
    team.count("arrivals", arrived_);
    team.count("backlog_most", std::floor(most_));
    team.count("backlog_end", std::floor(last_));
  }

 private:
  double arrived_ = 0, most_ = 0, last_ = 0;
};

/// The parameters of an open loop.
inline void add_open_loop(Description& about) {
  about.parameters.push_back(
      {"rate", "1/s", 0, 0, 1e9, "arrivals a second, whether or not the last is through; 0: none"});
  about.parameters.push_back(choice("arrivals", {"poisson", "fixed"}, "how the arrivals of `rate` are spread"));
  about.counts.push_back({"arrivals", "", "operations begun, with a rate"});
  about.counts.push_back({"backlog_most", "", "arrivals due and not begun, at most (sum over the workers)"});
  about.counts.push_back({"backlog_end", "", "the same at the end"});
}

}  // namespace syncbench
