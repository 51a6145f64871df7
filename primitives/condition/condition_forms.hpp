// The public face of every condition of ours: the interface of std::condition_variable_any plus notify(n). A condition
// writes `wait_before(lock, deadline)` and `notify(n)`, and inherits the rest.
#pragma once

#include <chrono>
#include <condition_variable>
#include <utility>

#include "primitives/condition/all_levels.hpp"
#include "primitives/platform/platform.hpp"

namespace syncbench {

/// `Self` befriends this base and has
/// - `bool wait_before(lock, deadline)`: gives up `lock`, waits, takes `lock` again; true if notified (or woken for no
///   reason), false if the deadline passed. Giving up and waiting are one step for whoever notifies holding `lock`, or
///   after having held it. Of a recursive mutex all levels are given up, and as many taken again (all_levels.hpp).
/// - `void notify(n)`: wakes at least min(n, waiters) of those who waited when it was called; without waiters, nothing
///   is stored.
template <class Self, Platform P>
class ConditionForms {
 public:
  void notify_one() noexcept { self().notify(1); }
  void notify_all() noexcept { self().notify(kEverybody); }

  template <class Lock>
  void wait(Lock& lock) {
    give_up_and_wait(lock, Never{});
  }

  template <class Lock, class Predicate>
  void wait(Lock& lock, Predicate predicate) {
    while (!predicate()) wait(lock);
  }

  template <class Lock, class Rep, class Period>
  std::cv_status wait_for(Lock& lock, const std::chrono::duration<Rep, Period>& timeout) {
    return status(give_up_and_wait(lock, DeadlineOf::after(timeout)));
  }

  /// The last value of the predicate, evaluated under `lock`.
  template <class Lock, class Rep, class Period, class Predicate>
  bool wait_for(Lock& lock, const std::chrono::duration<Rep, Period>& timeout, Predicate predicate) {
    return wait_true(lock, DeadlineOf::after(timeout), predicate);
  }

  template <class Lock, class Clock, class Duration>
  std::cv_status wait_until(Lock& lock, const std::chrono::time_point<Clock, Duration>& instant) {
    // A second attempt would mean: the time is up by our clock, not yet by the caller's. The lock was free for a
    // moment, so a notification may have found nobody waiting; the caller is sent to look, as if woken for no reason.
    bool attempted = false;
    return status(attempt_until<typename P::Clock>(instant, [&](const DeadlineOf& deadline) {
      return std::exchange(attempted, true) || give_up_and_wait(lock, deadline);
    }));
  }

  template <class Lock, class Clock, class Duration, class Predicate>
  bool wait_until(Lock& lock, const std::chrono::time_point<Clock, Duration>& instant, Predicate predicate) {
    return attempt_until<typename P::Clock>(
        instant, [&](const DeadlineOf& deadline) { return wait_true(lock, deadline, predicate); });
  }

 private:
  using DeadlineOf = Deadline<typename P::Clock>;

  template <class Lock>
  bool give_up_and_wait(Lock& lock, const auto& deadline) {
    auto&& whole = all_levels(lock);
    return self().wait_before(whole, deadline);
  }

  template <class Lock, class Predicate>
  bool wait_true(Lock& lock, const DeadlineOf& deadline, Predicate& predicate) {
    while (!predicate()) {
      if (!give_up_and_wait(lock, deadline)) return predicate();
    }
    return true;
  }

  static std::cv_status status(bool notified) {
    return notified ? std::cv_status::no_timeout : std::cv_status::timeout;
  }

  Self& self() noexcept { return static_cast<Self&>(*this); }
};

}  // namespace syncbench
