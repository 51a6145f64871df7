// Condition built from a std::mutex and a std::condition_variable, for any lock: what std::condition_variable_any is,
// with one difference. The inner mutex is released before the signal is given. libstdc++ signals while holding it, so
// that the thread it wakes runs into that mutex at once and sleeps again; on one processor that is two switches for
// nothing.
#pragma once

#include <condition_variable>
#include <mutex>

#include "primitives/concepts.hpp"
#include "primitives/condition/condition_forms.hpp"
#include "primitives/platform/native.hpp"

namespace syncbench {

/// May be destroyed as soon as all waiters have been notified: the destructor waits until they have left.
template <Platform P>
class MonitorCondition : public ConditionForms<MonitorCondition<P>, P> {
 public:
  static constexpr Traits kTraits{.source = "Hoare 1974, Monitors"};

  MonitorCondition() = default;
  MonitorCondition(const MonitorCondition&) = delete;
  MonitorCondition& operator=(const MonitorCondition&) = delete;
  ~MonitorCondition() {
    while (waiting_.load(std::memory_order_acquire) != 0) P::yield();  // (2) with (1)
  }

  void notify(std::uint32_t n) noexcept {
    // Relaxed: a waiter that this notification is meant for was counted under the caller's lock, which the notifier has
    // held since (or nobody can ask that it be woken).
    const std::uint32_t waiting = waiting_.load(std::memory_order_relaxed);
    if (waiting == 0) return;
    // A waiter holds the inner mutex from before it gives up the caller's lock until it sleeps: once we have had it,
    // all who were counted are asleep, and the signal cannot pass them by.
    { const std::lock_guard passed(mutex_); }
    if (n >= waiting) return signal_.notify_all();
    for (; n != 0; --n) signal_.notify_one();
  }

 private:
  friend ConditionForms<MonitorCondition, P>;

  template <class Lock>
  bool wait_before(Lock& lock, const auto& deadline) {
    bool notified = true;
    {
      std::unique_lock inner(mutex_);
      waiting_.fetch_add(1, std::memory_order_relaxed);
      lock.unlock();
      notified = sleep(inner, deadline);
    }
    waiting_.fetch_sub(1, std::memory_order_release);  // (1) synchronizes-with (2): our last access
    lock.lock();
    return notified;
  }

  bool sleep(std::unique_lock<typename P::Mutex>& inner, Never) {
    signal_.wait(inner);
    return true;
  }

  bool sleep(std::unique_lock<typename P::Mutex>& inner, const Deadline<typename P::Clock>& deadline) {
    if (deadline.unlimited()) return sleep(inner, Never{});
    if (signal_.wait_until(inner, deadline.instant()) == std::cv_status::no_timeout) return true;
    // The standard library reports a timeout by the clock alone, also when a notification came just before it. Pass on
    // what we may have consumed (rule C8): at worst another waiter is woken for no reason.
    signal_.notify_one();
    return false;
  }

  typename P::Mutex mutex_;
  typename P::ConditionVariable signal_;
  typename P::Word waiting_{0};  // threads between giving up the caller's lock and taking it again
};

static_assert(ConditionFor<MonitorCondition<NativePlatform>, std::mutex>);

}  // namespace syncbench
