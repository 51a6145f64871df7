// A mutex built from a std::mutex and a std::condition_variable, the way a textbook builds any primitive: a flag, and a
// queue of those who wait for it to change. It costs two mutex operations where one would do; it is here because the
// other primitives of the `condvar` family are built the same way, and this is what they pay. [Hoare 1974, Monitors]
#pragma once

#include <cassert>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "primitives/concepts.hpp"
#include "primitives/mutex/timed_forms.hpp"
#include "primitives/platform/native.hpp"

namespace syncbench {

/// Unfair. May be destroyed as soon as it is free: everything that unlock does happens inside the inner mutex, and
/// POSIX allows a mutex to be destroyed as soon as it is unlocked.
template <Platform P>
class MonitorMutex : public TimedForms<MonitorMutex<P>, P> {
 public:
  static constexpr Traits kTraits{.source = "Hoare 1974, Monitors"};

  MonitorMutex() = default;
  ~MonitorMutex() { assert(!held_ && waiting_ == 0 && "destroyed while held or waited for"); }

  void lock() {
    std::unique_lock inner(mutex_);
    ++waiting_;
    while (held_) freed_.wait(inner);
    --waiting_;
    held_ = true;
  }

  bool try_lock() {
    const std::lock_guard inner(mutex_);
    return !std::exchange(held_, true);
  }

  void unlock() {
    const std::lock_guard inner(mutex_);
    assert(held_ && "unlock of a free mutex");
    held_ = false;
    if (waiting_ != 0) freed_.notify_one();
  }

 private:
  friend TimedForms<MonitorMutex, P>;

  bool try_lock_before(const Deadline<typename P::Clock>& deadline) {
    std::unique_lock inner(mutex_);
    ++waiting_;
    while (held_ && !deadline.passed()) {
      if (deadline.unlimited()) {
        freed_.wait(inner);
      } else {
        freed_.wait_until(inner, deadline.instant());
      }
    }
    --waiting_;
    // If a notification reached us together with the deadline and the flag is down, we take the lock; if another thread
    // took it first, that thread's unlock notifies again. Either way no notification is lost (rule M6).
    return !std::exchange(held_, true);
  }

  typename P::Mutex mutex_;  // guards all below
  typename P::ConditionVariable freed_;
  unsigned waiting_ = 0;
  bool held_ = false;
};

static_assert(TimedMutex<MonitorMutex<NativePlatform>>);

}  // namespace syncbench
