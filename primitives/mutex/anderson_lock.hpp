// Array lock: a ticket lock whose numbers are called in many places, each on a cache line of its own, so that a
// hand-over disturbs the one waiter whose number comes next and not all of them. [Anderson 1990, The performance of
// spin lock alternatives for shared-memory multiprocessors, section 4.2]
//
// In the published form a slot holds a flag, and more threads than slots break it. Here a slot holds the number that
// was called there last: threads that share a slot wait for different numbers. [Dice 2011, Brief announcement: a
// partitioned ticket lock]
#pragma once

#include <array>
#include <cassert>

#include "primitives/concepts.hpp"
#include "primitives/mutex/timed_forms.hpp"
#include "primitives/platform/native.hpp"
#include "primitives/wait/busy.hpp"
#include "primitives/wait/park.hpp"

namespace syncbench {

/// kSlots + 2 cache lines. FIFO. A number that was drawn cannot be given back, so a timed attempt draws none, and there
/// are none where the wait sleeps. Up to 2^31 - 1 threads; those beyond kSlots share slots, and where the wait sleeps
/// they wake each other up. Any thread may unlock. May be destroyed as soon as it is free: unlock's last access is to
/// the slot where it calls the next number.
template <Platform P, template <class> class WaitFor, std::uint32_t kSlots = 16>
class AndersonLock : public TimedFormsByTrying<AndersonLock<P, WaitFor, kSlots>, P, WaitFor<P>> {
 public:
  using Wait = WaitFor<P>;
  static_assert(WaitStrategy<Wait>);
  static_assert(kSlots >= 2 && (kSlots & (kSlots - 1)) == 0, "the slots must stay in order when the numbers wrap");
  static constexpr Traits kTraits{.source = "Anderson 1990, section 4.2; Dice 2011", .fifo = true};

  /// The numbers start at `first`: tests put the wrap-around where they need it.
  explicit AndersonLock(std::uint32_t first = 0) noexcept : next_(first & ~kAsleep) {
    const std::uint32_t start = first & ~kAsleep;
    // Elsewhere than at `start`, a number that will not be waited for there until the others have all been called.
    for (std::uint32_t i = 0; i < kSlots; ++i) {
      const std::uint32_t number = start + i * kOne;
      slot(number).store(i == 0 ? number : number - kSlots * kOne, std::memory_order_relaxed);  // published with *this
    }
  }
  ~AndersonLock() { assert(is_free() && "destroyed while held"); }

  void lock() noexcept {
    // Relaxed: drawing a number orders nothing, only being called does.
    const std::uint32_t mine = next_.fetch_add(kOne, std::memory_order_relaxed);
    if (number(slot(mine).load(std::memory_order_acquire)) != mine) wait_for(mine);  // (2) with (1)
    held_.store(mine, std::memory_order_relaxed);
  }

  bool try_lock() noexcept {
    // If the next number to be drawn has been called, the lock is free and nobody is queued. The acquire at (2) read
    // the call, so drawing the number needs no order of its own.
    std::uint32_t mine = next_.load(std::memory_order_relaxed);
    if (number(slot(mine).load(std::memory_order_acquire)) != mine) return false;  // (2) with (1)
    if (!next_.compare_exchange_strong(mine, mine + kOne, std::memory_order_relaxed)) return false;
    held_.store(mine, std::memory_order_relaxed);
    return true;
  }

  void unlock() noexcept {
    assert(!is_free() && "unlock of a free lock");
    call(held_.load(std::memory_order_relaxed) + kOne);
  }

 private:
  // A slot: the number that was called there last, and in bit 0 the mark "someone may be asleep here".
  static constexpr std::uint32_t kAsleep = 1;
  static constexpr std::uint32_t kOne = 2;

  static constexpr std::size_t kLine = 64;
  struct alignas(kLine) Slot {
    typename P::Word called;
  };

  typename P::Word& slot(std::uint32_t number) noexcept { return slots_[number / kOne % kSlots].called; }
  static std::uint32_t number(std::uint32_t called) noexcept { return called & ~kAsleep; }
  // Meaningful to the holder, or when nobody else is there.
  bool is_free() noexcept {
    const std::uint32_t next = next_.load(std::memory_order_relaxed);
    return number(slot(next).load(std::memory_order_relaxed)) == next;
  }

  // If the mark is up, all who wait at this slot are woken: the one who was called, and those whose numbers come
  // kSlots, 2 * kSlots... later, if any, to put up the mark again.
  void call(std::uint32_t next) noexcept {
    typename P::Word& called = slot(next);
    if constexpr (Wait::kParks) {
      const void* const address = &called;
      const std::uint32_t before = called.exchange(next, std::memory_order_release);  // (1) synchronizes-with (2)
      if ((before & kAsleep) != 0) Wait::unpark(address, kEverybody);
    } else {
      called.store(next, std::memory_order_release);  // (1)
    }
  }

  [[gnu::noinline]] void wait_for(std::uint32_t mine) noexcept {
    typename P::Word& called = slot(mine);
    typename Wait::Episode episode;
    for (;;) {
      const std::uint32_t seen = called.load(std::memory_order_acquire);  // (2) with (1)
      if (number(seen) == mine) return;
      if (!episode.spin()) sleep(called, seen);
    }
  }

  // The mark must be in the word before we sleep on it. Relaxed: the kernel compares the word again under its own lock,
  // and the exchange at (1) reads the mark from this same word.
  static void sleep(typename P::Word& called, std::uint32_t seen) noexcept {
    if constexpr (Wait::kParks) {
      if ((seen & kAsleep) == 0 && !called.compare_exchange_strong(seen, seen | kAsleep, std::memory_order_relaxed))
        return;
      Wait::park(called, seen | kAsleep, Never{});
    }
  }

  // held_: the holder's number, for unlock. Relaxed: whoever unlocks does so after who locked, if it is another thread.
  // Away from what those who wait look at.
  alignas(kLine) typename P::Word next_;  // the next number to be drawn
  alignas(kLine) typename P::Word held_{0};
  std::array<Slot, kSlots> slots_;
};

static_assert(TimedMutex<AndersonLock<NativePlatform, Spin>> && Mutex<AndersonLock<NativePlatform, SpinThenPark>>);

}  // namespace syncbench
