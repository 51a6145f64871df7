// Events as people build them from the standard library: a flag under a mutex and a condition variable, an atomic that
// one waits on, a latch. None of them counts the sets, so a clear that follows at once takes the set back.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <latch>
#include <mutex>

#include "primitives/concepts.hpp"
#include "primitives/event/event_forms.hpp"
#include "primitives/platform/native.hpp"

namespace syncbench {

/// What an event that does not count its sets fails: every rule that sets and clears with waiters present.
inline constexpr std::array<Deviation, 6> kFlagAlone = {
    {{"E4", "looks at the flag alone: a clear right after a set sends waiters back to sleep"},
     {"E5", "looks at the flag alone: which set it saw, it cannot tell"},
     {"E8", "looks at the flag alone: generations are not counted"},
     {"X8", "looks at the flag alone: a set that is cleared at once is not noticed"},
     {"X9", "looks at the flag alone: generations are not counted"}}};

/// std::mutex, std::condition_variable and a flag: the reference. As most people write it, it notifies after it has
/// unlocked, when a waiter that found it set may be gone and have destroyed it.
template <Platform P>
class StdEvent : public EventForms<StdEvent<P>, P> {
 public:
  static constexpr Traits kTraits{.source = "C++20 [thread.condition.condvar]",
                                  .promise = Profile::cpp,
                                  .destroy_after_use = false,
                                  .deviations = kFlagAlone};

  void set() {
    {
      const std::lock_guard guard(mutex_);
      set_ = true;
    }
    changed_.notify_all();
  }
  void clear() {
    const std::lock_guard guard(mutex_);
    set_ = false;
  }
  bool is_set() const {
    const std::lock_guard guard(mutex_);
    return set_;
  }

 private:
  friend EventForms<StdEvent, P>;
  bool wait_before(Never) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return set_; });
    return true;
  }
  bool wait_before(const Deadline<typename P::Clock>& deadline) {
    if (deadline.unlimited()) return wait_before(Never{});
    std::unique_lock lock(mutex_);
    return changed_.wait_until(lock, deadline.instant(), [this] { return set_; });
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool set_ = false;
};

/// std::atomic with wait and notify_all, which have no timed forms. To notify an atomic that a waiter has destroyed is
/// undefined, although libstdc++ uses no more of it than the address.
class StdAtomicEvent {
 public:
  static constexpr Traits kTraits{
      .source = "C++20 [atomics.wait]", .promise = Profile::cpp, .destroy_after_use = false, .deviations = kFlagAlone};

  void set() {
    set_.store(1, std::memory_order_release);
    set_.notify_all();
  }
  void clear() { set_.store(0, std::memory_order_release); }
  bool is_set() const { return set_.load(std::memory_order_acquire) != 0; }
  void wait() { set_.wait(0, std::memory_order_acquire); }

 private:
  std::atomic<int> set_{0};  // an int is what libstdc++ hands to the futex as it is
};

/// std::latch of one: a starting gun that fires once.
class StdLatchEvent {
 public:
  static constexpr Traits kTraits{.source = "C++20 [thread.latch]", .promise = Profile::cpp};

  /// Once; further calls have no effect, but must not come from two threads at a time.
  void set() {
    if (!latch_.try_wait()) latch_.count_down();
  }
  bool is_set() const { return latch_.try_wait(); }
  void wait() { latch_.wait(); }

 private:
  std::latch latch_{1};
};

static_assert(Event<StdEvent<NativePlatform>> && OneShotEvent<StdAtomicEvent> && OneShotEvent<StdLatchEvent>);

}  // namespace syncbench
