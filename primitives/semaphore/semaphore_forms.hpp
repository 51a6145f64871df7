// The standard's timed forms and `release()`, for every semaphore of ours: a semaphore writes `try_acquire()`,
// `acquire_before(deadline)` and `release(n)`, and inherits the rest, with every duration and clock of <chrono>.
#pragma once

#include <chrono>
#include <cstddef>

#include "primitives/platform/platform.hpp"

namespace syncbench {

/// `Self` befriends this base and has `bool acquire_before(deadline)`, called after an attempt that failed: true
/// exactly if a permit was taken. A permit that is there is taken also when the deadline has passed (rule S8).
template <class Self, Platform P>
class SemaphoreForms {
 public:
  /// True: a permit was taken. False: the timeout has passed. A timeout of zero or less tries once.
  template <class Rep, class Period>
  [[nodiscard]] bool try_acquire_for(const std::chrono::duration<Rep, Period>& timeout) {
    return before(Deadline<typename P::Clock>::after(timeout));
  }

  /// True: a permit was taken. False: `instant` has passed on its own clock.
  template <class Clock, class Duration>
  [[nodiscard]] bool try_acquire_until(const std::chrono::time_point<Clock, Duration>& instant) {
    return attempt_until<typename P::Clock>(instant, [this](const auto& deadline) { return before(deadline); });
  }

 private:
  bool before(const Deadline<typename P::Clock>& deadline) {
    auto& self = static_cast<Self&>(*this);
    return self.try_acquire() || self.acquire_before(deadline);
  }
};

}  // namespace syncbench
