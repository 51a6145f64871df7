// When a wait gives up. Every waiting loop takes one of the two types below, so that the timed and the untimed form of
// an operation share one body: with Never the compiler drops the clock. The public `_for` and `_until` forms of all
// primitives turn their argument into a Deadline here, once, which is why deadlines never stretch over several waits.
#pragma once

#include <chrono>

namespace syncbench {

/// No deadline.
struct Never {
  static constexpr bool passed() noexcept { return false; }
};

/// An instant on a platform's monotonic clock.
/// Saturates: a duration too long for the clock means "no limit", zero, negative and NaN mean "already passed".
template <class Clock>
class Deadline {
 public:
  using TimePoint = typename Clock::time_point;

  /// `timeout` from now, rounded up: a wait never ends before its deadline (rule X6).
  template <class Rep, class Period>
  static Deadline after(const std::chrono::duration<Rep, Period>& timeout) noexcept {
    if (!(timeout > timeout.zero())) return Deadline(TimePoint::min());
    if (std::chrono::duration<double>(timeout) > kTooLong) return Deadline(TimePoint::max());
    return Deadline(Clock::now() + std::chrono::ceil<typename Clock::duration>(timeout));
  }

  static Deadline at(TimePoint instant) noexcept { return Deadline(instant); }

  bool passed() const noexcept { return instant_ == TimePoint::min() || (!unlimited() && Clock::now() >= instant_); }
  bool unlimited() const noexcept { return instant_ == TimePoint::max(); }
  TimePoint instant() const noexcept { return instant_; }

 private:
  explicit Deadline(TimePoint instant) noexcept : instant_(instant) {}

  // A century: beyond it `now + timeout` comes near the end of a 64-bit nanosecond clock, and nobody waits for it.
  static constexpr std::chrono::duration<double> kTooLong = std::chrono::hours(24 * 36525);

  TimePoint instant_;
};

/// Runs `attempt(deadline)` with `instant` translated to `Clock`. A clock other than `Clock` can be set while we wait,
/// so its own time decides: an attempt that gave up too early by that clock is repeated.
template <class Clock, class OtherClock, class Duration, class Attempt>
bool attempt_until(const std::chrono::time_point<OtherClock, Duration>& instant, Attempt attempt) {
  if constexpr (std::is_same_v<Clock, OtherClock>) {
    return attempt(Deadline<Clock>::at(std::chrono::ceil<typename Clock::duration>(instant)));
  } else {
    for (;;) {
      if (attempt(Deadline<Clock>::after(instant - OtherClock::now()))) return true;
      if (OtherClock::now() >= instant) return false;
    }
  }
}

}  // namespace syncbench
