// Recursive mutex from any mutex: beside it stand the number of the thread that holds it and how many times over. The
// owner finds its own number there and counts up or down; everybody else goes through the mutex.
// [POSIX.1-2017, PTHREAD_MUTEX_RECURSIVE; the source document's RLock]
#pragma once

#include <cassert>
#include <chrono>
#include <cstdint>
#include <system_error>
#include <utility>

#include "primitives/concepts.hpp"
#include "primitives/platform/thread_number.hpp"
#include "primitives/wait/wait_strategy.hpp"

namespace syncbench {

/// Sixteen bytes and those of M. Between threads it is what M is: fairness, progress, waiting, timed forms. The owner
/// acquires again at once in every form, down to kDepthLimit levels; beyond, `lock` throws std::system_error
/// (resource_unavailable_try_again), the other forms return false, and nothing changes. May be destroyed as soon as it
/// is free, if M may: unlock's last access is M's.
template <Platform P, Mutex M, std::uint32_t kDepthLimit = 0xffffffffU>
class ReentrantMutex : public WaitsLike<M> {
 public:
  static_assert(kDepthLimit >= 1);
  static constexpr Traits kTraits = M::kTraits.as("POSIX.1-2017, PTHREAD_MUTEX_RECURSIVE");

  ReentrantMutex() = default;
  ReentrantMutex(const ReentrantMutex&) = delete;
  ReentrantMutex& operator=(const ReentrantMutex&) = delete;
  ~ReentrantMutex() { assert(depth_ == 0 && "destroyed while held"); }

  void lock() {
    if (owned()) {
      if (!deepen()) fail_too_deep();
    } else {
      mutex_.lock();
      become_owner(1);
    }
  }

  bool try_lock() {
    return enter([this] { return mutex_.try_lock(); });
  }

  template <class Rep, class Period>
  [[nodiscard]] bool try_lock_for(const std::chrono::duration<Rep, Period>& timeout) requires TimedMutex<M> {
    return enter([&] { return mutex_.try_lock_for(timeout); });
  }

  template <class Clock, class Duration>
  [[nodiscard]] bool try_lock_until(const std::chrono::time_point<Clock, Duration>& instant) requires TimedMutex<M> {
    return enter([&] { return mutex_.try_lock_until(instant); });
  }

  void unlock() {
    assert(owned() && "unlock by a thread that does not hold the lock");
    if (--depth_ == 0) leave();
  }

  /// Does the calling thread hold it? Never draws a number: a thread without one holds nothing.
  bool owned() const noexcept { return owner_.load(std::memory_order_relaxed) == number_of_this_thread; }

  /// Does anybody hold it? By the time that the answer is there it may be another; it orders nothing.
  bool locked() const noexcept { return owner_.load(std::memory_order_relaxed) != kNoThread; }

  /// How many times over the calling thread holds it: 0 if another does.
  std::uint32_t depth() const noexcept { return owned() ? depth_ : 0; }

  /// Gives up every level, as the wait of a condition must (rule R6), and returns how many there were.
  [[nodiscard]] std::uint32_t release_all() {
    assert(owned() && "release by a thread that does not hold the lock");
    const std::uint32_t levels = std::exchange(depth_, 0);
    leave();
    return levels;
  }

  /// Acquires `levels` levels at once: what `release_all` returned. The calling thread holds none.
  void reacquire(std::uint32_t levels) {
    assert(!owned() && levels >= 1 && levels <= kDepthLimit);
    mutex_.lock();
    become_owner(levels);
  }

 private:
  bool enter(auto acquire) {
    if (owned()) return deepen();
    if (!acquire()) return false;
    become_owner(1);
    return true;
  }

  bool deepen() noexcept {
    if (depth_ == kDepthLimit) return false;
    ++depth_;
    return true;
  }

  void become_owner(std::uint32_t levels) noexcept {
    owner_.store(this_thread_number(), std::memory_order_relaxed);
    depth_ = levels;
  }

  // The owner is wiped out before the mutex is free. Afterwards it could be the next owner's number that goes, and that
  // thread would wait for itself for ever; or the object could be gone.
  void leave() {
    owner_.store(kNoThread, std::memory_order_relaxed);
    mutex_.unlock();
  }

  [[gnu::noinline, noreturn]] static void fail_too_deep() {
    throw std::system_error(std::make_error_code(std::errc::resource_unavailable_try_again),
                            "recursive mutex: too deep");
  }

  // Relaxed throughout: a thread asks this word one question only, "is it my number?". Only the thread itself ever
  // stores its number, and it stores kNoThread before it lets go; of its own stores a thread always sees the last one
  // or something newer, and what others store is not its number. So the answer is exact, and a yes means that the
  // thread is inside, where mutex_ has ordered everything else. Atomic, because others read while the owner writes.
  typename P::template Atomic<std::uint64_t> owner_{kNoThread};
  std::uint32_t depth_ = 0;  // guarded by mutex_, so only the owner reads or writes it
  M mutex_;
};

}  // namespace syncbench
