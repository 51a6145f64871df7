// A semaphore whose releases wake too few, whose attempts keep or make permits, and whose order is relaxed. The healthy
// twin is the plainest there is: a release always asks the kernel to wake as many as it has permits for. The catalog's
// is primitives/semaphore/count_semaphore.hpp.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <type_traits>

#include "primitives/concepts.hpp"
#include "primitives/semaphore/semaphore_forms.hpp"

namespace syncbench::mutants {

enum class SemaphoreFault {
  none,
  wakes_on_zero_only,     ///< a release wakes only where there was no permit before
  wakes_one,              ///< however many permits it brings
  wakes_before_it_adds,   ///< whoever wakes up finds nothing, and nobody wakes it again
  touches_after_adding,   ///< asks whether somebody waits when the permit is there already
  takes_in_two_steps,     ///< a load, then a store
  keeps_the_permit,       ///< takes a permit, sees that the time is up, and says no
  gives_up_after_waking,  ///< looks at its clock before it looks at the permits
  believes_the_wake_up,   ///< takes waking up for a permit
  takes_relaxed,
  releases_relaxed,
  claims_order,  ///< unfair, and says that it is first come, first served
};

template <Platform P, SemaphoreFault kFault = SemaphoreFault::none>
class CountSemaphore : public SemaphoreForms<CountSemaphore<P, kFault>, P> {
  using Fault = SemaphoreFault;

 public:
  static constexpr Traits kTraits{
      .source = "Dijkstra 1965, EWD 123", .fifo = kFault == Fault::claims_order, .state = "the permits"};
  static constexpr std::ptrdiff_t max() { return 0x3fffffff; }

  explicit CountSemaphore(std::ptrdiff_t start) : permits_(static_cast<std::uint32_t>(start)) {}
  CountSemaphore(const CountSemaphore&) = delete;
  CountSemaphore& operator=(const CountSemaphore&) = delete;

  void acquire() { acquire_before(Never{}); }

  bool try_acquire() {
    std::uint32_t seen = permits_.load(kTake);
    if constexpr (kFault == Fault::takes_in_two_steps) {
      if (seen != 0) permits_.store(seen - 1, kTake == std::memory_order_acquire ? std::memory_order_seq_cst : kTake);
      return seen != 0;
    }
    while (seen != 0)
      if (permits_.compare_exchange_weak(seen, seen - 1, kTake, std::memory_order_relaxed)) return true;
    return false;
  }

  void release(std::ptrdiff_t n = 1) {
    const auto added = static_cast<std::uint32_t>(n);
    const void* const address = &permits_;
    if (kFault == Fault::wakes_before_it_adds) P::unpark(address, added);
    const std::uint32_t before = permits_.fetch_add(added, kGive);
    if (kFault == Fault::wakes_before_it_adds) return;
    if (kFault == Fault::wakes_on_zero_only && before != 0) return;
    if (kFault == Fault::touches_after_adding && permits_.load(std::memory_order_relaxed) == 0) return;
    P::unpark(address, kFault == Fault::wakes_one ? 1 : added);
  }

  std::ptrdiff_t value() const { return permits_.load(std::memory_order_relaxed); }

 private:
  friend SemaphoreForms<CountSemaphore, P>;
  static constexpr auto kTake = kFault == Fault::takes_relaxed ? std::memory_order_relaxed : std::memory_order_acquire;
  static constexpr auto kGive =
      kFault == Fault::releases_relaxed ? std::memory_order_relaxed : std::memory_order_release;

  bool acquire_before(const auto& deadline) {
    while (!try_acquire()) {
      if (deadline.passed()) return false;
      P::park(permits_, 0, deadline);
      if (kFault == Fault::gives_up_after_waking && deadline.passed()) return false;
      if (kFault == Fault::believes_the_wake_up) return permits_.fetch_sub(1, kTake), true;
    }
    return kFault != Fault::keeps_the_permit || !deadline.passed();
  }

  typename P::Word permits_;
};

/// Refuses what would go above the start; `kChecksFirst`: looks, and adds afterwards.
template <Platform P, bool kChecksFirst = true>
class BoundedSemaphore : public CountSemaphore<P> {
 public:
  explicit BoundedSemaphore(std::ptrdiff_t start) : CountSemaphore<P>(start), bound_(start) {}
  void release(std::ptrdiff_t n = 1) {
    if (!kChecksFirst) guard_.lock();
    const bool fits = this->value() + n <= bound_;
    if (fits) CountSemaphore<P>::release(n);
    if (!kChecksFirst) guard_.unlock();
    if (!fits) throw std::overflow_error("more permits released than were taken");
  }
  std::ptrdiff_t bound() const { return bound_; }

 private:
  struct Guard {
    void lock() {
      while (held.exchange(1, std::memory_order_acquire) != 0) P::park(held, 1, Never{});
    }
    void unlock() {
      const void* const address = &held;
      held.exchange(0, std::memory_order_release);
      P::unpark(address, 1);
    }
    typename P::Word held{0};
  };
  Guard guard_;
  std::ptrdiff_t bound_;
};

}  // namespace syncbench::mutants
