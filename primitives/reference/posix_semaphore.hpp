// The semaphore of POSIX. Timed waits are on the monotonic clock: an extension of the C library that has become a part
// of the standard since. [POSIX.1-2017, sem_wait; POSIX.1-2024, sem_clockwait]
#pragma once

#include <semaphore.h>

#include <climits>
#include <cstddef>

#include "primitives/reference/posix_mutex.hpp"
#include "primitives/reference/sanitizer.hpp"
#include "primitives/semaphore/semaphore_forms.hpp"

namespace syncbench {

/// 32 bytes. Any thread may release. May be destroyed as soon as the last acquire has returned.
/// A release beyond `max` throws std::system_error (value_too_large) and adds nothing.
template <Platform P>
class PosixSemaphore : public SemaphoreForms<PosixSemaphore<P>, P> {
 public:
  static constexpr Traits kTraits{.source = "POSIX.1-2017, sem_wait", .promise = Profile::posix};

  static constexpr std::ptrdiff_t max() noexcept { return SEM_VALUE_MAX; }

  explicit PosixSemaphore(std::ptrdiff_t start) {
    assert(start >= 0 && start <= max());
    if (::sem_init(&semaphore_, 0, static_cast<unsigned>(start)) != 0) posix_refuses(errno, "sem_init");
  }
  PosixSemaphore(const PosixSemaphore&) = delete;
  PosixSemaphore& operator=(const PosixSemaphore&) = delete;
  ~PosixSemaphore() { ::sem_destroy(&semaphore_); }

  void acquire() {
    while (::sem_wait(&semaphore_) != 0)
      if (errno != EINTR) posix_refuses(errno, "sem_wait");
  }

  bool try_acquire() {
    while (::sem_trywait(&semaphore_) != 0) {
      if (errno == EAGAIN) return false;
      if (errno != EINTR) posix_refuses(errno, "sem_trywait");
    }
    return true;
  }

  void release(std::ptrdiff_t n = 1) {
    assert(n >= 0);
    for (; n > 0; --n)
      if (::sem_post(&semaphore_) != 0) [[unlikely]]
        posix_refuses(errno, "sem_post");
  }

  std::ptrdiff_t value() const noexcept {
    int permits = 0;
    ::sem_getvalue(&semaphore_, &permits);
    return permits;
  }

 private:
  friend SemaphoreForms<PosixSemaphore, P>;
  bool acquire_before(const Deadline<typename P::Clock>& deadline) {
    if (deadline.unlimited()) return acquire(), true;
    const timespec limit = to_timespec(deadline);
    while (::sem_clockwait(&semaphore_, CLOCK_MONOTONIC, &limit) != 0) {
      if (errno == ETIMEDOUT) return false;
      if (errno != EINTR) posix_refuses(errno, "sem_clockwait");
    }
    tsan_acquired(&semaphore_);  // it knows sem_post, but not sem_clockwait
    return true;
  }

  mutable sem_t semaphore_;  // mutable: sem_getvalue wants it so
};

static_assert(CountingSemaphore<PosixSemaphore<NativePlatform>>);

}  // namespace syncbench
