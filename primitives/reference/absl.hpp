// Abseil's primitives. A Mutex keeps its waiters in a queue and passes over it freely while that costs nothing; after
// waiting for long a thread is preferred. Threads can also wait for a predicate that the mutex evaluates when it is
// released; Notification is built on that. [abseil.io/docs/cpp/guides/synchronization]
//
// Debian compiles Abseil with its assertions, so each lock and unlock looks whether the deadlock detector is on. It is
// switched off here, or the graph of all locks ever held at a time would be measured.
#pragma once

#include <absl/synchronization/mutex.h>
#include <absl/synchronization/notification.h>
#include <absl/time/time.h>

#include "primitives/concepts.hpp"
#include "primitives/condition/condition_forms.hpp"
#include "primitives/event/event_forms.hpp"
#include "primitives/platform/native.hpp"

namespace syncbench {

/// What is left until `deadline`, which is not unlimited.
template <class Clock>
absl::Duration absl_rest(const Deadline<Clock>& deadline) noexcept {
  if (deadline.passed()) return absl::ZeroDuration();
  return absl::FromChrono(deadline.instant() - Clock::now());
}

/// One word. Approximately fair. Its holder unlocks it; it may be destroyed once it is free (Abseil relies on that
/// itself). There is no timed lock: LockWhenWithDeadline always returns holding the mutex, however late.
class AbslMutex {
 public:
  static constexpr Traits kTraits{.source = "Abseil, absl::Mutex",
                                  .promise = Profile::cpp,
                                  .deviations = {{{"M7", "only its holder may unlock it"},
                                                  {"M7b", "undefined; ends the program or does nothing"}}}};

  void lock() { mutex_.Lock(); }
  bool try_lock() { return mutex_.TryLock(); }
  void unlock() { mutex_.Unlock(); }

  absl::Mutex* native_handle() noexcept { return &mutex_; }

 private:
  static inline const bool kDetectorIsOff = [] {
    absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
    return true;
  }();
  absl::Mutex mutex_;
};

/// One word. Waits on an AbslMutex. A waiter whose deadline passes may look at it once more after it was notified, so
/// it may be destroyed only when all have left.
template <Platform P>
class AbslCondition : public ConditionForms<AbslCondition<P>, P> {
 public:
  static constexpr Traits kTraits{
      .source = "Abseil, absl::CondVar",
      .promise = Profile::cpp,
      .destroy_after_use = false,
      .deviations = {{{"C8", "a waiter notified just before its deadline may report a timeout, as documented"},
                      {"C11", "a waiter whose deadline passes looks at it once more after it was notified"},
                      {"X6", "deadlines are on the wall clock, and come late when that is set back"}}}};

  void notify(std::uint32_t n) noexcept {
    if (n >= kEverybody) return condition_.SignalAll();
    for (; n != 0; --n) condition_.Signal();
  }

 private:
  friend ConditionForms<AbslCondition, P>;
  bool wait_before(AbslMutex& mutex, Never) {
    condition_.Wait(mutex.native_handle());
    return true;
  }
  // A wall clock that was set ahead ends a wait too early; that is a wake-up for no reason.
  bool wait_before(AbslMutex& mutex, const Deadline<typename P::Clock>& deadline) {
    if (deadline.unlimited()) return wait_before(mutex, Never{});
    return !condition_.WaitWithTimeout(mutex.native_handle(), absl_rest(deadline)) || !deadline.passed();
  }
  absl::CondVar condition_;
};

/// A mutex and a flag: fires once. May be destroyed as soon as a wait has returned: the destructor waits for Notify.
template <Platform P>
class AbslNotification : public EventForms<AbslNotification<P>, P> {
 public:
  static constexpr Traits kTraits{
      .source = "Abseil, absl::Notification",
      .promise = Profile::cpp,
      .deviations = {{{"X6", "deadlines are on the wall clock, and come late when that is set back"}}}};

  /// Once; further calls have no effect, but must not come from two threads at a time.
  void set() {
    if (!notification_.HasBeenNotified()) notification_.Notify();
  }
  bool is_set() const { return notification_.HasBeenNotified(); }

 private:
  friend EventForms<AbslNotification, P>;
  bool wait_before(Never) {
    notification_.WaitForNotification();
    return true;
  }
  bool wait_before(const Deadline<typename P::Clock>& deadline) {
    if (deadline.unlimited()) return wait_before(Never{});
    while (!notification_.WaitForNotificationWithTimeout(absl_rest(deadline)))
      if (deadline.passed()) return false;  // otherwise the wall clock was set ahead
    return true;
  }
  absl::Notification notification_;
};

static_assert(Mutex<AbslMutex> && ConditionFor<AbslCondition<NativePlatform>, AbslMutex>);
static_assert(TimedEvent<AbslNotification<NativePlatform>>);

}  // namespace syncbench
