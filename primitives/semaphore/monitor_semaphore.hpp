// Semaphore from a std::mutex and a std::condition_variable, the way Python's threading builds it.
// [Hoare 1974, Monitors, section 2]
#pragma once

#include <algorithm>
#include <cassert>
#include <condition_variable>
#include <cstddef>
#include <mutex>

#include "primitives/concepts.hpp"
#include "primitives/platform/native.hpp"
#include "primitives/semaphore/semaphore_forms.hpp"

namespace syncbench {

/// Unfair. May be destroyed by whoever acquired last (S12): a release does everything inside the inner mutex, and POSIX
/// allows a mutex to be destroyed as soon as it is unlocked.
template <Platform P>
class MonitorSemaphore : public SemaphoreForms<MonitorSemaphore<P>, P> {
 public:
  static constexpr Traits kTraits{.source = "Hoare 1974, Monitors"};

  static constexpr std::ptrdiff_t max() noexcept { return 0x3fffffff; }

  explicit MonitorSemaphore(std::ptrdiff_t start) : value_(start) {
    assert(start >= 0 && start <= max() && "permits out of range");
  }
  MonitorSemaphore(const MonitorSemaphore&) = delete;
  MonitorSemaphore& operator=(const MonitorSemaphore&) = delete;
  ~MonitorSemaphore() { assert(waiting_ == 0 && "destroyed while waited for"); }

  void acquire() { acquire_before(Deadline<typename P::Clock>::at(P::Clock::time_point::max())); }

  bool try_acquire() {
    const std::lock_guard inner(mutex_);
    return take();
  }

  void release(std::ptrdiff_t n = 1) {
    const std::lock_guard inner(mutex_);
    assert(n >= 1 && n <= max() - value_ && "release of no permit, or of more than max()");
    value_ += n;
    for (std::ptrdiff_t wake = std::min(n, waiting_); wake != 0; --wake) released_.notify_one();
  }

  std::ptrdiff_t value() const {
    const std::lock_guard inner(mutex_);
    return value_;
  }

 private:
  friend SemaphoreForms<MonitorSemaphore, P>;

  bool take() noexcept {
    if (value_ == 0) return false;
    --value_;
    return true;
  }

  // A notification that comes together with the deadline is not lost: a permit that is there is taken, and if somebody
  // else took it, that release is spent.
  bool acquire_before(const Deadline<typename P::Clock>& deadline) {
    std::unique_lock inner(mutex_);
    ++waiting_;
    while (value_ == 0 && !deadline.passed()) {
      if (deadline.unlimited()) {
        released_.wait(inner);
      } else {
        released_.wait_until(inner, deadline.instant());
      }
    }
    --waiting_;
    return take();
  }

  mutable typename P::Mutex mutex_;  // guards all below
  typename P::ConditionVariable released_;
  std::ptrdiff_t value_;
  std::ptrdiff_t waiting_ = 0;
};

static_assert(CountingSemaphore<MonitorSemaphore<NativePlatform>>);

}  // namespace syncbench
