// The source document's bounded semaphore: one that notices when more permits come back than were taken. It works over
// any semaphore, and costs one more atomic instruction on either side.
// [Python threading.BoundedSemaphore]
#pragma once

#include <cassert>
#include <cstddef>
#include <stdexcept>

#include "primitives/concepts.hpp"
#include "primitives/platform/native.hpp"
#include "primitives/wait/wait_strategy.hpp"

namespace syncbench {

/// `S` with `release` checked: above the number of permits it was built with, it throws std::overflow_error and changes
/// nothing, also when several threads try at once (rule S9). May be destroyed when `S` may: a release settles its count
/// before it lets anybody in.
template <Platform P, Semaphore S>
class BoundedSemaphore : public WaitsLike<S> {
 public:
  static constexpr Traits kTraits = S::kTraits;
  static constexpr std::ptrdiff_t max() noexcept { return S::max(); }

  explicit BoundedSemaphore(std::ptrdiff_t start) : inner_(start), start_(start) {}
  BoundedSemaphore(const BoundedSemaphore&) = delete;
  BoundedSemaphore& operator=(const BoundedSemaphore&) = delete;

  void acquire() {
    inner_.acquire();
    count_taken();
  }
  bool try_acquire() { return counted(inner_.try_acquire()); }
  template <class Duration>
  [[nodiscard]] bool try_acquire_for(const Duration& timeout) {
    return counted(inner_.try_acquire_for(timeout));
  }
  template <class Instant>
  [[nodiscard]] bool try_acquire_until(const Instant& instant) {
    return counted(inner_.try_acquire_until(instant));
  }

  void release(std::ptrdiff_t n = 1) {
    assert(n >= 1 && "release of no permit");
    std::int64_t taken = taken_.load(std::memory_order_relaxed);
    do {
      if (n > taken) throw std::overflow_error("more permits released than were taken");
    } while (!taken_.compare_exchange_weak(taken, taken - n, std::memory_order_relaxed));
    inner_.release(n);
  }

  std::ptrdiff_t value() const requires CountingSemaphore<S> { return inner_.value(); }
  std::ptrdiff_t bound() const noexcept { return start_; }

 private:
  // Counted after the permit is there: the count never exceeds what was really taken, so what is given back never
  // exceeds it either. Relaxed: whoever may release has seen its acquire return, and is counted by then; the count
  // orders nothing else.
  void count_taken() noexcept { taken_.fetch_add(1, std::memory_order_relaxed); }
  bool counted(bool acquired) noexcept {
    if (acquired) count_taken();
    return acquired;
  }

  S inner_;
  std::ptrdiff_t start_;
  typename P::template Atomic<std::int64_t> taken_{0};
};

}  // namespace syncbench
