// A recursive mutex that reports what the source document calls an error: a release by a thread that does not hold it,
// the release after the last, and a negative timeout. [Python threading.RLock]
#pragma once

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <system_error>

#include "primitives/checked/timeouts.hpp"
#include "primitives/concepts.hpp"

namespace syncbench {

/// M, with errors. What is refused changes nothing. M knows its owner, so there is nothing to keep beside it.
template <RecursiveMutex M>
class CheckedRecursiveMutex : public M {
 public:
  using M::M;

  /// -1 s waits for ever; every other negative timeout throws std::invalid_argument.
  template <class Rep, class Period>
  [[nodiscard]] bool try_lock_for(const std::chrono::duration<Rep, Period>& timeout) requires TimedMutex<M> {
    if (!means_for_ever(timeout)) return M::try_lock_for(timeout);
    M::lock();
    return true;
  }

  /// Throws std::system_error (operation_not_permitted) unless the calling thread holds it.
  void unlock() {
    require_owner();
    M::unlock();
  }
  [[nodiscard]] std::uint32_t release_all() {
    require_owner();
    return M::release_all();
  }

  /// Throws if the calling thread holds it already, or wants no level.
  void reacquire(std::uint32_t levels) {
    if (levels == 0) throw std::invalid_argument("a recursive mutex is taken one level deep at least");
    if (M::owned())
      throw std::system_error(std::make_error_code(std::errc::resource_deadlock_would_occur), "reacquire by its owner");
    M::reacquire(levels);
  }

 private:
  void require_owner() const {
    if (!M::owned())
      throw std::system_error(std::make_error_code(std::errc::operation_not_permitted),
                              "release of a recursive mutex that this thread does not hold");
  }
};

}  // namespace syncbench
