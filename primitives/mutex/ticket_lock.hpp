// Ticket lock: draw a number, wait until it is called. First come, first served.
// [Mellor-Crummey and Scott 1991, Algorithms for scalable synchronization on shared-memory multiprocessors,
// section 2.2]
//
// Where the wait strategy sleeps, a sleeper sets a mark beside the number being called, and the thread that calls the
// next number wakes just the one whose number it is (sleepers wait under a tag made from their number).
#pragma once

#include <bit>
#include <cassert>

#include "primitives/concepts.hpp"
#include "primitives/mutex/timed_forms.hpp"
#include "primitives/platform/native.hpp"
#include "primitives/wait/busy.hpp"
#include "primitives/wait/park.hpp"

namespace syncbench {

/// Eight bytes. FIFO for `lock`. A timed attempt draws no ticket (it could not give it back in the middle of the
/// queue): it acquires when it finds the lock free with nobody queued, so under steady contention it may time out
/// although others pass. Up to 2^31 - 1 threads. May be destroyed as soon as it is free: unlock's last access is the
/// release.
template <Platform P, template <class> class WaitFor>
class TicketLock : public TimedForms<TicketLock<P, WaitFor>, P> {
 public:
  using Wait = WaitFor<P>;
  static_assert(WaitStrategy<Wait>);
  static constexpr Traits kTraits{
      .source = "Mellor-Crummey and Scott 1991, section 2.2",
      .fifo = true,
      .state = "twice the next ticket, then twice the ticket being called, +1 somebody may be asleep"};

  /// The numbers start at `first`: tests put the wrap-around where they need it.
  explicit TicketLock(std::uint32_t first = 0) noexcept : next_(first & ~kAsleep), called_(first & ~kAsleep) {}
  ~TicketLock() { assert(is_free() && "destroyed while held"); }

  void lock() noexcept {
    // Relaxed: drawing a number orders nothing, only being called does.
    const std::uint32_t mine = next_.fetch_add(kOne, std::memory_order_relaxed);
    if (number(called_.load(std::memory_order_acquire)) != mine) wait_for(mine);  // (2) with (1)
  }

  bool try_lock() noexcept {
    std::uint32_t mine = number(called_.load(std::memory_order_acquire));  // (3) with (1)
    // If the number being called has not been drawn yet, the lock is free and nobody is queued. The acquire at (3) read
    // the release that called it, so winning the number needs no order of its own.
    return next_.compare_exchange_strong(mine, mine + kOne, std::memory_order_relaxed);
  }

  void unlock() noexcept {
    assert(!is_free() && "unlock of a free lock");
    const std::uint32_t next = number(called_.load(std::memory_order_relaxed)) + kOne;  // only the holder changes it
    if constexpr (Wait::kParks) {
      call_and_wake(next);
    } else {
      called_.store(next, std::memory_order_release);  // (1) synchronizes-with (2) to (5)
    }
  }

 private:
  friend TimedForms<TicketLock, P>;

  // called_: the number being called, and in bit 0 the mark "someone may be asleep waiting for a later number".
  static constexpr std::uint32_t kAsleep = 1;
  static constexpr std::uint32_t kOne = 2;

  // Meaningful to the holder, or when nobody else is there.
  bool is_free() const noexcept {
    return next_.load(std::memory_order_relaxed) == number(called_.load(std::memory_order_relaxed));
  }
  static std::uint32_t number(std::uint32_t called) noexcept { return called & ~kAsleep; }
  static std::uint32_t tag_of(std::uint32_t ticket) noexcept {
    return std::rotl(1U, static_cast<int>(ticket / kOne % 32));
  }

  [[gnu::noinline]] void wait_for(std::uint32_t mine) noexcept {
    typename Wait::Episode episode;
    for (;;) {
      const std::uint32_t seen = called_.load(std::memory_order_acquire);  // (4) with (1)
      if (number(seen) == mine) return;
      rest(episode, seen, mine, Never{}, tag_of(mine));
    }
  }

  bool try_lock_before(const auto& deadline) noexcept {
    typename Wait::Episode episode;
    while (!try_lock()) {
      if (deadline.passed()) return false;
      // Acquire: next_ must be read after called_. Read before it, it could look drawn while `seen` is a number that
      // was called since to nobody, and we would sleep on a lock that is free.
      const std::uint32_t seen = called_.load(std::memory_order_acquire);  // (5) with (1)
      const std::uint32_t next = next_.load(std::memory_order_relaxed);
      if (number(seen) == next) continue;  // free by now: do not sleep on it
      rest(episode, seen, next, deadline, kAnyTag);
    }
    return true;
  }

  // One step of waiting, while called_ is `seen`, for `mine` to be called.
  void rest(typename Wait::Episode& episode, std::uint32_t seen, std::uint32_t mine, const auto& deadline,
            std::uint32_t tag) noexcept {
    if (spin(episode, (mine - number(seen)) / kOne)) return;
    if constexpr (Wait::kParks) {
      // The mark must be in the word before we sleep on it. Relaxed: the kernel compares the word again under its own
      // lock, and the holder's exchange at (1) reads the mark from this same word.
      if ((seen & kAsleep) == 0 && !called_.compare_exchange_strong(seen, seen | kAsleep, std::memory_order_relaxed))
        return;
      Wait::park(called_, seen | kAsleep, deadline, tag);
    }
  }

  // Some strategies rest by how many are ahead (Proportional).
  static bool spin(auto& episode, std::uint32_t ahead) noexcept {
    if constexpr (requires { episode.spin(ahead); }) {
      return episode.spin(ahead);
    } else {
      return episode.spin();
    }
  }

  // The mark stays while two or more are queued, since the thread behind the next one may be asleep too. When it is
  // dropped, whoever turns out to be asleep all the same (late comers, timed attempts) is woken to look again.
  void call_and_wake(std::uint32_t next) noexcept {
    const std::uint32_t queued = (next_.load(std::memory_order_relaxed) - next) / kOne;
    const bool keep = queued > 1 && (called_.load(std::memory_order_relaxed) & kAsleep) != 0;
    const void* const address = &called_;
    const std::uint32_t before = called_.exchange(next | (keep ? kAsleep : 0), std::memory_order_release);  // (1)
    if ((before & kAsleep) != 0) Wait::unpark(address, kEverybody, keep ? tag_of(next) : kAnyTag);
  }

  typename P::Word next_;    // the next number to be drawn
  typename P::Word called_;  // the number that holds the lock, and the mark
};

static_assert(TimedMutex<TicketLock<NativePlatform, Yield>> && TimedMutex<TicketLock<NativePlatform, Park>>);

}  // namespace syncbench
