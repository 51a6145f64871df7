// std::counting_semaphore. In GCC 12 it loses wake-ups (GCC bug 104928): a release notifies only when the count was
// zero, and a waiter that lost the race for a permit may go to sleep on a value that is out of date. With sections that
// take random time, four threads hang within seconds. It is listed because people use it, never as a yardstick.
#pragma once

#include <chrono>
#include <cstddef>
#include <semaphore>

#include "primitives/concepts.hpp"
#include "primitives/platform/native.hpp"
#include "primitives/semaphore/semaphore_forms.hpp"

namespace syncbench {

/// std::counting_semaphore with the longest durations mended (libstdc++ 12 overflows on them and returns at once).
template <Platform P>
class StdSemaphore : public SemaphoreForms<StdSemaphore<P>, P> {
 public:
  static constexpr Traits kTraits{.source = "C++20 [thread.sema]",
                                  .promise = Profile::cpp,
                                  .deviations = {{{"S5", "GCC bug 104928: wake-ups are lost"},
                                                  {"S6", "GCC bug 104928: wake-ups are lost"},
                                                  {"S4", "GCC bug 104928: wake-ups are lost"},
                                                  {"S2", "GCC bug 104928: wake-ups are lost"},
                                                  {"X3", "GCC bug 104928: wake-ups are lost"},
                                                  {"X5", "GCC bug 104928: wake-ups are lost"}}}};

  static constexpr std::ptrdiff_t max() noexcept { return std::counting_semaphore<>::max(); }

  explicit StdSemaphore(std::ptrdiff_t start) : semaphore_(start) {}
  void acquire() { semaphore_.acquire(); }
  bool try_acquire() { return semaphore_.try_acquire(); }
  void release(std::ptrdiff_t n = 1) { semaphore_.release(n); }

 private:
  friend SemaphoreForms<StdSemaphore, P>;
  bool acquire_before(const Deadline<typename P::Clock>& deadline) {
    if (!deadline.unlimited()) return semaphore_.try_acquire_until(deadline.instant());
    semaphore_.acquire();
    return true;
  }
  std::counting_semaphore<> semaphore_;
};

static_assert(Semaphore<StdSemaphore<NativePlatform>>);

}  // namespace syncbench
