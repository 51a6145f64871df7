// The public face of every breakable barrier: the three forms of waiting. A barrier writes `wait_before(deadline)` once
// and inherits the rest, with every duration and clock of <chrono>.
#pragma once

#include <chrono>
#include <optional>

#include "primitives/platform/platform.hpp"

namespace syncbench {

/// An instant of a clock that can be set, as a deadline of `Clock`. `attempt_until` repeats an attempt that gave up too
/// early by the caller's clock; a breakable barrier has no second attempt, because giving up breaks it. So this
/// deadline asks the caller's clock before it says that it has passed. One that was set ahead is noticed when a sleep
/// ends.
template <class Clock, class CallersClock>
class DeadlineOn {
 public:
  explicit DeadlineOn(typename CallersClock::duration limit) noexcept : limit_(limit), translated_(translate()) {}

  bool passed() const noexcept {
    if (!translated_.passed()) return false;
    if (now() >= limit_) return true;
    translated_ = translate();
    return false;
  }
  bool unlimited() const noexcept { return translated_.unlimited(); }
  auto instant() const noexcept { return translated_.instant(); }
  operator Deadline<Clock>() const noexcept { return translated_; }  // NOLINT: implicit, for `park`

 private:
  static auto now() noexcept { return CallersClock::now().time_since_epoch(); }
  Deadline<Clock> translate() const noexcept { return deadline_after<Clock>(limit_, now()); }

  typename CallersClock::duration limit_;
  mutable Deadline<Clock> translated_;
};

/// `Self` befriends this base and has `std::uint32_t wait_before(deadline)`: the arrival index, or throws
/// BrokenBarrier.
template <class Self, Platform P>
class BreakableForms {
 public:
  explicit BreakableForms(std::optional<std::chrono::nanoseconds> default_timeout) : timeout_(default_timeout) {}

  /// With the timeout that the barrier was built with, or none.
  std::uint32_t wait() { return timeout_ ? wait_for(*timeout_) : self().wait_before(Never{}); }

  /// A timeout of zero or less waits for nobody: it completes the phase, or breaks the barrier.
  template <class Rep, class Period>
  std::uint32_t wait_for(const std::chrono::duration<Rep, Period>& timeout) {
    return self().wait_before(Deadline<Clock>::after(timeout));
  }

  template <class CallersClock, class Duration>
  std::uint32_t wait_until(const std::chrono::time_point<CallersClock, Duration>& instant) {
    const auto limit = saturating_ceil<typename CallersClock::duration>(instant.time_since_epoch());
    if constexpr (std::is_same_v<CallersClock, Clock>) {
      return self().wait_before(Deadline<Clock>::at(typename Clock::time_point(limit)));
    } else {
      return self().wait_before(DeadlineOn<Clock, CallersClock>(limit));
    }
  }

 private:
  using Clock = typename P::Clock;
  Self& self() noexcept { return static_cast<Self&>(*this); }

  const std::optional<std::chrono::nanoseconds> timeout_;
};

}  // namespace syncbench
