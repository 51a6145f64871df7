// A futex mutex with three states, and what goes wrong with them: whom a sleeper tells that it sleeps, what waking up
// is taken for, and which writes a hand-over publishes. The healthy one beside it is
// primitives/mutex/tristate_mutex.hpp.
#pragma once

#include <type_traits>

#include "primitives/concepts.hpp"
#include "primitives/mutex/timed_forms.hpp"

namespace syncbench::mutants {

enum class FutexFault {
  none,
  woken_without_mark,         ///< whoever wakes up takes it as if nobody else slept
  sleeps_unannounced,         ///< goes to sleep without marking the word
  believes_the_wake_up,       ///< takes waking up for having acquired
  wake_up_dies_with_timeout,  ///< looks at its clock before it looks at the mutex
  takes_waking_for_timeout,   ///< takes any end of a sleep for the end of its time
  unlocks_relaxed,
  takes_relaxed_after_sleep,
  touches_after_unlock,  ///< asks whether somebody sleeps when it has let go
  claims_order,          ///< unfair, and says that it is first come, first served
};

template <Platform P, FutexFault kFault = FutexFault::none>
class FutexMutex : public TimedForms<FutexMutex<P, kFault>, P> {
 public:
  static constexpr Traits kTraits{.source = "Drepper 2011, Futexes are tricky, mutex3",
                                  .fifo = kFault == FutexFault::claims_order,
                                  .state = "0 free, 1 held, 2 held and somebody may sleep"};

  void lock() {
    if (!try_lock()) sleep_and_take(Never{});
  }
  bool try_lock() {
    std::uint32_t expected = kFree;
    return word_.compare_exchange_strong(expected, kHeld, std::memory_order_acquire, std::memory_order_relaxed);
  }
  void unlock() {
    constexpr auto kOrder = kFault == FutexFault::unlocks_relaxed ? std::memory_order_relaxed  //
                                                                  : std::memory_order_release;
    const void* const address = &word_;
    const std::uint32_t before = word_.exchange(kFree, kOrder);
    constexpr bool kTouches = kFault == FutexFault::touches_after_unlock;
    if (before == kContended || (kTouches && word_.load(std::memory_order_relaxed) == kContended))
      P::unpark(address, 1);
  }

 private:
  friend TimedForms<FutexMutex, P>;
  static constexpr std::uint32_t kFree = 0, kHeld = 1, kContended = 2;

  bool try_lock_before(const auto& deadline) { return sleep_and_take(deadline); }

  bool sleep_and_take(const auto& deadline) {
    constexpr bool kTimed = !std::is_same_v<std::remove_cvref_t<decltype(deadline)>, Never>;
    while (!take_contended()) {
      if (deadline.passed()) return false;
      P::park(word_, kFault == FutexFault::sleeps_unannounced ? kHeld : kContended, deadline);
      if (kFault == FutexFault::woken_without_mark && try_lock()) return true;
      if (kFault == FutexFault::believes_the_wake_up) return true;
      if (kFault == FutexFault::wake_up_dies_with_timeout && deadline.passed()) return false;
      if (kFault == FutexFault::takes_waking_for_timeout && kTimed) return false;
    }
    return true;
  }

  // As contended: others may be asleep.
  bool take_contended() {
    if (kFault == FutexFault::sleeps_unannounced) return try_lock();
    constexpr auto kOrder =
        kFault == FutexFault::takes_relaxed_after_sleep ? std::memory_order_relaxed : std::memory_order_acquire;
    return word_.exchange(kContended, kOrder) == kFree;
  }

  typename P::Word word_{kFree};
};

}  // namespace syncbench::mutants
