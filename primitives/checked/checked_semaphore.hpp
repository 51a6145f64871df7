// A semaphore that reports what the source document and POSIX call errors: a negative start, the release of no permit,
// and more permits than it can count. [Python threading.Semaphore; POSIX.1-2017 sem_post, EOVERFLOW]
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stdexcept>

#include "primitives/concepts.hpp"
#include "primitives/platform/platform.hpp"

namespace syncbench {

/// S, with errors. What is refused changes nothing, also when several threads try at once.
template <Platform P, Semaphore S>
class CheckedSemaphore : public S {
 public:
  /// Throws std::invalid_argument unless 0 <= start <= max().
  explicit CheckedSemaphore(std::ptrdiff_t start) : S(possible(start)), permits_(start) {}

  void acquire() {
    S::acquire();
    note_taken();
  }
  bool try_acquire() { return noted(S::try_acquire()); }
  template <class Rep, class Period>
  [[nodiscard]] bool try_acquire_for(const std::chrono::duration<Rep, Period>& timeout) {
    return noted(S::try_acquire_for(timeout));
  }
  template <class Clock, class Duration>
  [[nodiscard]] bool try_acquire_until(const std::chrono::time_point<Clock, Duration>& instant) {
    return noted(S::try_acquire_until(instant));
  }

  /// Throws std::invalid_argument if n < 1, and std::overflow_error if there would be more than max() permits.
  void release(std::ptrdiff_t n = 1) {
    if (n < 1) throw std::invalid_argument("a semaphore releases one permit at least");
    note_returned(n);
    try {
      S::release(n);
    } catch (...) {  // a bounded semaphore has refused: its bound comes before max()
      permits_.fetch_sub(n, std::memory_order_relaxed);
      throw;
    }
  }

 private:
  static std::ptrdiff_t possible(std::ptrdiff_t start) {
    if (start < 0 || start > S::max()) throw std::invalid_argument("a semaphore starts with 0 to max() permits");
    return start;
  }

  // permits_ counts up before a release and down after an acquisition, so S never holds more than it says. Relaxed: it
  // refuses by its own value alone and orders nothing.
  void note_returned(std::ptrdiff_t n) {
    std::int64_t seen = permits_.load(std::memory_order_relaxed);
    do {
      if (n > S::max() - seen) throw std::overflow_error("more permits than a semaphore can count");
    } while (!permits_.compare_exchange_weak(seen, seen + n, std::memory_order_relaxed));
  }
  void note_taken() noexcept { permits_.fetch_sub(1, std::memory_order_relaxed); }
  bool noted(bool acquired) noexcept {
    if (acquired) note_taken();
    return acquired;
  }

  typename P::template Atomic<std::int64_t> permits_;
};

}  // namespace syncbench
