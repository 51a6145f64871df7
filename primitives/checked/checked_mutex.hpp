// A mutex that reports what the source document calls an error: releasing it when it is free, and a negative timeout.
// [Python threading.Lock]
#pragma once

#include <chrono>
#include <system_error>

#include "primitives/checked/timeouts.hpp"
#include "primitives/concepts.hpp"
#include "primitives/platform/platform.hpp"

namespace syncbench {

/// M, with errors, and `locked()`. Any thread may release it (rule M7), so M must allow that too. Of several that try
/// to release one holding, one succeeds. May be destroyed when M may.
template <Platform P, Mutex M>
class CheckedMutex : public M {
 public:
  using M::M;

  void lock() {
    M::lock();
    note_acquired();
  }
  bool try_lock() { return noted(M::try_lock()); }

  /// -1 s waits for ever; every other negative timeout throws std::invalid_argument.
  template <class Rep, class Period>
  [[nodiscard]] bool try_lock_for(const std::chrono::duration<Rep, Period>& timeout) requires TimedMutex<M> {
    if (!means_for_ever(timeout)) return noted(M::try_lock_for(timeout));
    lock();
    return true;
  }
  template <class Clock, class Duration>
  [[nodiscard]] bool try_lock_until(const std::chrono::time_point<Clock, Duration>& instant) requires TimedMutex<M> {
    return noted(M::try_lock_until(instant));
  }

  /// Throws std::system_error (operation_not_permitted) if the mutex is free, and changes nothing.
  void unlock() {
    if (!take_note_back())
      throw std::system_error(std::make_error_code(std::errc::operation_not_permitted), "unlock of a free mutex");
    M::unlock();
  }

  /// Is it held, by whomever? What the answer is worth is up to the caller: it orders nothing.
  bool locked() const noexcept { return held_.load(std::memory_order_relaxed) != 0; }

 private:
  bool noted(bool acquired) noexcept {
    if (acquired) note_acquired();
    return acquired;
  }

  // held_ is 1 from after each acquisition until a release has made up its mind. Whoever turns it to 0 releases M, once
  // for each acquisition; and M keeps the next acquisition from turning it to 1 before that. Release and acquire, since
  // a thread that releases for another must see what that one's acquisition did inside M.
  void note_acquired() noexcept { held_.store(1, std::memory_order_release); }                  // (1) with (2)
  bool take_note_back() noexcept { return held_.exchange(0, std::memory_order_acquire) != 0; }  // (2) with (1)

  typename P::Word held_{0};
};

}  // namespace syncbench
