// When a wait gives up. Every waiting loop takes one of the two types below, so that the timed and the untimed form of
// an operation share one body: with Never the compiler drops the clock. The public `_for` and `_until` forms of all
// primitives turn their argument into a Deadline here, once, which is why deadlines never stretch over several waits.
#pragma once

#include <chrono>
#include <type_traits>

namespace syncbench {

/// `duration` in units of `To`, rounded up. What `To` cannot hold becomes its longest or shortest; NaN the shortest.
/// std::chrono's own conversions overflow instead: a time point at the end of a coarser clock would wrap into the past.
template <class To, class Rep, class Period>
constexpr To saturating_ceil(const std::chrono::duration<Rep, Period>& duration) noexcept {
  using Real = std::chrono::duration<double, typename To::period>;
  const Real real(duration);
  if (!(real > Real(To::min()))) return To::min();
  if (real >= Real(To::max())) return To::max();
  if constexpr (std::is_floating_point_v<Rep>) return std::chrono::ceil<To>(real);
  return std::chrono::ceil<To>(duration);
}

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
    return Deadline(Clock::now() + saturating_ceil<typename Clock::duration>(timeout));
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

/// The deadline that lies as far ahead as `limit` lies ahead of `now`, both counted since some other clock's epoch.
/// They are compared before they are subtracted: the difference of the extremes overflows.
template <class Clock, class Duration>
Deadline<Clock> deadline_after(Duration limit, Duration now) noexcept {
  const bool endless = limit == Duration::max() || (now < now.zero() && limit > Duration::max() + now);
  if (endless) return Deadline<Clock>::after(std::chrono::hours::max());
  return Deadline<Clock>::after(limit <= now ? Duration::zero() : limit - now);
}

/// Runs `attempt(deadline)` with `instant` translated to `Clock`. A clock other than `Clock` can be set while we wait,
/// so its own time decides: an attempt that gave up too early by that clock is repeated. One that was set ahead is
/// noticed when the attempt ends, not before.
template <class Clock, class OtherClock, class Duration, class Attempt>
bool attempt_until(const std::chrono::time_point<OtherClock, Duration>& instant, Attempt attempt) {
  if constexpr (std::is_same_v<Clock, OtherClock>) {
    return attempt(Deadline<Clock>::at(
        typename Clock::time_point(saturating_ceil<typename Clock::duration>(instant.time_since_epoch()))));
  } else {
    const auto limit = saturating_ceil<typename OtherClock::duration>(instant.time_since_epoch());
    for (;;) {
      if (attempt(deadline_after<Clock>(limit, OtherClock::now().time_since_epoch()))) return true;
      if (OtherClock::now().time_since_epoch() >= limit) return false;
    }
  }
}

}  // namespace syncbench
