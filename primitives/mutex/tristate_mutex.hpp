// Futex mutex with three states: the third one, "contended", tells the thread that unlocks whether a system call is
// needed, so that without contention both operations are one atomic instruction. Unfair: a running thread may take the
// lock before the woken one gets to it. [Drepper 2011, Futexes are tricky, section 6, mutex3]
#pragma once

#include <cassert>

#include "primitives/concepts.hpp"
#include "primitives/mutex/timed_forms.hpp"
#include "primitives/platform/native.hpp"
#include "primitives/wait/park.hpp"

namespace syncbench {

/// Four bytes. May be destroyed as soon as it is free: unlock's last access is its exchange, the wake-up that may
/// follow only names the address.
template <Platform P, template <class> class WaitFor>
class TristateMutex : public TimedForms<TristateMutex<P, WaitFor>, P> {
 public:
  using Wait = WaitFor<P>;
  static_assert(ParkingStrategy<Wait>, "without sleepers the third state has no use: TtasLock is this lock without it");

  static constexpr Traits kTraits{.source = "Drepper 2011, Futexes are tricky, mutex3",
                                  .state = "0 free, 1 held, 2 held and somebody may sleep"};

  TristateMutex() = default;
  ~TristateMutex() { assert(word_.load(std::memory_order_relaxed) == kFree && "destroyed while held"); }

  void lock() noexcept {
    if (!take()) wait_and_take(Never{});
  }
  bool try_lock() noexcept { return take(); }
  void unlock() noexcept {
    const void* const address = &word_;
    const std::uint32_t before = word_.exchange(kFree, std::memory_order_release);  // (1) with (2), (3)
    assert(before != kFree && "unlock of a free lock");
    if (before == kContended) Wait::unpark(address, 1);
  }

 private:
  friend TimedForms<TristateMutex, P>;

  static constexpr std::uint32_t kFree = 0;
  static constexpr std::uint32_t kHeld = 1;       // nobody sleeps: unlock needs no system call
  static constexpr std::uint32_t kContended = 2;  // held, and somebody may sleep: unlock wakes one

  bool take() noexcept {
    std::uint32_t expected = kFree;
    return word_.compare_exchange_strong(expected, kHeld, std::memory_order_acquire,  // (2) with (1)
                                         std::memory_order_relaxed);
  }

  bool try_lock_before(const auto& deadline) noexcept { return wait_and_take(deadline); }

  [[gnu::noinline]] bool wait_and_take(const auto& deadline) noexcept {
    for (typename Wait::Episode episode; episode.spin();) {
      if (word_.load(std::memory_order_relaxed) == kFree && take()) return true;
      if (deadline.passed()) return false;
    }
    return sleep_and_take(deadline);
  }

  // Whoever slept takes the lock as kContended, since others may be asleep still; it costs at most one idle wake-up. A
  // thread that gives up leaves kContended behind for the same reason, so a wake-up it received is passed on by the
  // next unlock (rule M6).
  bool sleep_and_take(const auto& deadline) noexcept {
    while (word_.exchange(kContended, std::memory_order_acquire) != kFree) {  // (3) with (1)
      if (deadline.passed()) return false;
      Wait::park(word_, kContended, deadline);
    }
    return true;
  }

  typename P::Word word_{kFree};
};

static_assert(TimedMutex<TristateMutex<NativePlatform, Park>>);

}  // namespace syncbench
