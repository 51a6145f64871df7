// A clock that is set by hand, as a wall clock can be.
#pragma once

#include <atomic>
#include <chrono>

namespace syncbench::conformance {

struct HandSetClock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<HandSetClock>;
  static constexpr bool is_steady = false;
  static inline std::atomic<rep> hand{0};
  static time_point now() noexcept { return time_point(duration(hand.load())); }
};

}  // namespace syncbench::conformance
