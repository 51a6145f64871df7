// The timed forms for every event of ours: an event writes `wait_before(deadline)` and inherits the rest, with every
// duration and clock of <chrono>.
#pragma once

#include <chrono>

#include "primitives/platform/platform.hpp"

namespace syncbench {

/// `Self` befriends this base and has `bool wait_before(deadline)`: true exactly if the event was set, at the moment of
/// the call or at any moment since.
template <class Self, Platform P>
class EventForms {
 public:
  /// Returns once the event has been set.
  void wait() { self().wait_before(Never{}); }

  /// True: the event was set. False: the timeout has passed. A timeout of zero or less looks once.
  template <class Rep, class Period>
  bool wait_for(const std::chrono::duration<Rep, Period>& timeout) {
    return self().wait_before(Deadline<typename P::Clock>::after(timeout));
  }

  /// True: the event was set. False: `instant` has passed on its own clock.
  template <class Clock, class Duration>
  bool wait_until(const std::chrono::time_point<Clock, Duration>& instant) {
    return attempt_until<typename P::Clock>(instant,
                                            [this](const auto& deadline) { return self().wait_before(deadline); });
  }

 private:
  Self& self() noexcept { return static_cast<Self&>(*this); }
};

}  // namespace syncbench
