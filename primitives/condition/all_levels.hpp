// What a wait gives up and takes again. Of most locks that is one `unlock` and one `lock`, and this header is not
// there. A recursive mutex has to be given up with all its levels, or a thread that waits two levels deep keeps out for
// ever the one that would notify it; and afterwards it must be as deep in as before (rule R6). [The source document's
// Condition over an RLock; std::condition_variable_any unlocks one level only]
#pragma once

#include <cassert>
#include <cstdint>
#include <mutex>

#include "primitives/concepts.hpp"

namespace syncbench {

/// A recursive mutex as the wait of a condition sees it: unlocked at once, locked as deep as it was.
template <RecursiveMutex M>
class AllLevels {
 public:
  explicit AllLevels(M& mutex) noexcept : mutex_(mutex) {}
  void unlock() { levels_ = mutex_.release_all(); }
  void lock() { mutex_.reacquire(levels_); }

 private:
  M& mutex_;
  std::uint32_t levels_ = 0;
};

template <class Lock>
Lock& all_levels(Lock& lock) noexcept {
  return lock;
}

template <RecursiveMutex M>
AllLevels<M> all_levels(M& mutex) noexcept {
  return AllLevels<M>(mutex);
}

/// A unique_lock says all through the wait that it owns its mutex: nobody can ask, since the waiting thread has it.
template <RecursiveMutex M>
AllLevels<M> all_levels(std::unique_lock<M>& lock) noexcept {
  assert(lock.owns_lock() && "wait without the lock");
  return AllLevels<M>(*lock.mutex());
}

}  // namespace syncbench
