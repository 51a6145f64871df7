// The standard's two timed forms, for every mutex of ours: a mutex writes `try_lock_before(deadline)` once and inherits
// the rest, with every duration and clock of <chrono>.
#pragma once

#include <chrono>

#include "primitives/wait/wait_strategy.hpp"

namespace syncbench {

/// `Self` befriends this base and has `bool try_lock_before(deadline)`.
template <class Self, Platform P>
class TimedForms {
 public:
  /// True: acquired. False: the timeout has passed. A timeout of zero or less tries once.
  template <class Rep, class Period>
  [[nodiscard]] bool try_lock_for(const std::chrono::duration<Rep, Period>& timeout) {
    return before(Deadline<typename P::Clock>::after(timeout));
  }

  /// True: acquired. False: `instant` has passed on its own clock.
  template <class Clock, class Duration>
  [[nodiscard]] bool try_lock_until(const std::chrono::time_point<Clock, Duration>& instant) {
    return attempt_until<typename P::Clock>(instant, [this](const auto& deadline) { return before(deadline); });
  }

 private:
  bool before(const Deadline<typename P::Clock>& deadline) {
    auto& self = static_cast<Self&>(*this);
    return self.try_lock() || self.try_lock_before(deadline);
  }
};

/// For locks that nobody can leave once queued: a timed attempt tries over and over and never queues, so under steady
/// contention it may time out although others pass. It cannot sleep either, since those who release look for sleepers
/// in the queue; with a wait strategy that sleeps there are no timed forms.
template <class Self, Platform P, WaitStrategy Wait>
class TimedFormsByTrying : public TimedForms<Self, P> {
  friend TimedForms<Self, P>;

  bool try_lock_before(const auto& deadline) noexcept {
    typename Wait::Episode episode;
    while (!static_cast<Self&>(*this).try_lock()) {
      if (deadline.passed()) return false;
      episode.spin();
    }
    return true;
  }
};
template <class Self, Platform P, ParkingStrategy Wait>
class TimedFormsByTrying<Self, P, Wait> {};

}  // namespace syncbench
