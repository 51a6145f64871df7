// A spin lock whose attempts are wrong: taken in two steps, tried with an exchange that may fail for no reason, taken
// and not said. The healthy one beside it is primitives/mutex/ttas_lock.hpp.
#pragma once

#include "primitives/concepts.hpp"
#include "primitives/mutex/timed_forms.hpp"

namespace syncbench::mutants {

enum class SpinFault {
  none,
  tests_then_sets,   ///< a load, then a store
  tries_weakly,      ///< a weak compare-exchange, once
  keeps_it_if_late,  ///< takes it, sees that the time is up, and says no
};

template <Platform P, SpinFault kFault = SpinFault::none>
class SpinLock : public TimedForms<SpinLock<P, kFault>, P> {
 public:
  static constexpr Traits kTraits{.source = "Anderson 1990", .spins = true, .state = "0 free, 1 held"};

  void lock() {
    while (!try_lock()) P::relax();
  }
  bool try_lock() {
    std::uint32_t seen = 0;
    if constexpr (kFault == SpinFault::tests_then_sets) {
      if (word_.load(std::memory_order_acquire) != 0) return false;
      word_.store(1, std::memory_order_relaxed);
      return true;
    } else if constexpr (kFault == SpinFault::tries_weakly) {
      return word_.compare_exchange_weak(seen, 1, std::memory_order_acquire, std::memory_order_relaxed);
    } else {
      return word_.compare_exchange_strong(seen, 1, std::memory_order_acquire, std::memory_order_relaxed);
    }
  }
  void unlock() { word_.store(0, std::memory_order_release); }

 private:
  friend TimedForms<SpinLock, P>;
  bool try_lock_before(const auto& deadline) {
    while (!try_lock()) {
      if (deadline.passed()) return false;
      P::relax();
    }
    return kFault != SpinFault::keeps_it_if_late || !deadline.passed();
  }

  typename P::Word word_{0};
};

}  // namespace syncbench::mutants
