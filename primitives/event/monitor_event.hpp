// Event from a std::mutex and a std::condition_variable, with the count of sets that most people leave out: without it,
// a clear that follows a set at once sends everybody back to sleep. [Hoare 1974, Monitors]
#pragma once

#include <condition_variable>
#include <mutex>

#include "primitives/concepts.hpp"
#include "primitives/event/event_forms.hpp"
#include "primitives/platform/native.hpp"

namespace syncbench {

/// May be destroyed by any waiter that has been let go, if the others have been too: the destructor waits until they
/// have left.
template <Platform P>
class MonitorEvent : public EventForms<MonitorEvent<P>, P> {
 public:
  static constexpr Traits kTraits{.source = "Hoare 1974, Monitors"};

  MonitorEvent() = default;
  MonitorEvent(const MonitorEvent&) = delete;
  MonitorEvent& operator=(const MonitorEvent&) = delete;
  ~MonitorEvent() {
    std::unique_lock inner(mutex_);
    changed_.wait(inner, [this] { return inside_ == 0; });
  }

  void set() {
    const std::lock_guard inner(mutex_);
    if (set_) return;
    set_ = true;
    ++sets_;
    if (inside_ != 0) changed_.notify_all();
  }

  void clear() {
    const std::lock_guard inner(mutex_);
    set_ = false;
  }

  bool is_set() const {
    const std::lock_guard inner(mutex_);
    return set_;
  }

 private:
  friend EventForms<MonitorEvent, P>;

  bool wait_before(const auto& deadline) {
    std::unique_lock inner(mutex_);
    if (set_) return true;
    const std::uint64_t before = sets_;
    ++inside_;
    while (sets_ == before && !deadline.passed()) sleep(inner, deadline);
    const bool was_set = sets_ != before;
    // For the destructor, which may be waiting for us. Under the mutex: it cannot get past it before we have left.
    if (--inside_ == 0) changed_.notify_all();
    return was_set;
  }

  void sleep(std::unique_lock<typename P::Mutex>& inner, Never) { changed_.wait(inner); }
  void sleep(std::unique_lock<typename P::Mutex>& inner, const Deadline<typename P::Clock>& deadline) {
    if (deadline.unlimited()) return changed_.wait(inner);
    changed_.wait_until(inner, deadline.instant());
  }

  mutable typename P::Mutex mutex_;  // guards all below
  typename P::ConditionVariable changed_;
  std::uint64_t sets_ = 0;
  unsigned inside_ = 0;
  bool set_ = false;
};

static_assert(Event<MonitorEvent<NativePlatform>>);

}  // namespace syncbench
