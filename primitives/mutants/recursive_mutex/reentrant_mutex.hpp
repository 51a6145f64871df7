// A recursive mutex whose owner is known too early or too late, and whose levels are miscounted. The healthy one beside
// it is primitives/recursive_mutex/reentrant_mutex.hpp.
#pragma once

#include <utility>

#include "primitives/mutants/mutex/futex_mutex.hpp"
#include "primitives/platform/thread_number.hpp"

namespace syncbench::mutants {

enum class ReentrantFault {
  none,
  clears_its_owner_last,   ///< wipes the owner out when the mutex is free: it may be the next owner's number
  signs_before_it_enters,  ///< writes itself down as the owner, then waits for the mutex
  does_not_deepen,         ///< the owner's attempt succeeds, and is not counted
  gives_up_one_level,      ///< release_all releases the innermost level
};

template <Platform P, ReentrantFault kFault = ReentrantFault::none>
class ReentrantMutex {
 public:
  static constexpr Traits kTraits{.source = "POSIX.1-2017, PTHREAD_MUTEX_RECURSIVE"};

  void lock() {
    if (owned()) return deepen();
    if (kFault == ReentrantFault::signs_before_it_enters) sign();
    mutex_.lock();
    enter(1);
  }
  bool try_lock() {
    if (owned()) {
      if (kFault != ReentrantFault::does_not_deepen) deepen();
      return true;
    }
    if (!mutex_.try_lock()) return false;
    enter(1);
    return true;
  }
  void unlock() {
    if (--depth_ == 0) leave();
  }
  bool owned() const { return owner_.load(std::memory_order_relaxed) == this_thread_number(); }
  std::uint32_t depth() const { return owned() ? depth_ : 0; }
  std::uint32_t release_all() {
    const std::uint32_t levels = depth_;
    if (kFault == ReentrantFault::gives_up_one_level) return unlock(), levels;
    depth_ = 0;
    leave();
    return levels;
  }
  void reacquire(std::uint32_t levels) {
    if (owned()) return depth_ = levels, void();
    mutex_.lock();
    enter(levels);
  }

 private:
  void deepen() { ++depth_; }
  void sign() { owner_.store(this_thread_number(), std::memory_order_relaxed); }
  void enter(std::uint32_t levels) {
    sign();
    depth_ = levels;
  }
  void leave() {
    if (kFault == ReentrantFault::clears_its_owner_last) mutex_.unlock();
    owner_.store(kNoThread, std::memory_order_relaxed);
    if (kFault != ReentrantFault::clears_its_owner_last) mutex_.unlock();
  }

  typename P::template Atomic<std::uint64_t> owner_{kNoThread};
  std::uint32_t depth_ = 0;
  FutexMutex<P> mutex_;
};

}  // namespace syncbench::mutants
