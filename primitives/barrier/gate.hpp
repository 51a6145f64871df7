// A number that only grows, and threads that wait until it has grown past theirs. Every barrier below is made of such
// gates: one that all threads wait at, or one for each pair of threads that tell each other of their arrival.
// [Reed and Kanodia 1979, Synchronization with eventcounts and sequencers: `await` and `advance`]
#pragma once

#include "primitives/platform/native.hpp"
#include "primitives/wait/busy.hpp"
#include "primitives/wait/park.hpp"

namespace syncbench {

/// Four bytes. Numbers wrap at 2^31; `pass` compares distances, so a waiter may fall behind by up to 2^30. One thread
/// at a time may open, each time for a higher number. `open` touches the gate once; what follows only names its
/// address.
template <Platform P, template <class> class WaitFor>
class Gate {
 public:
  using Wait = WaitFor<P>;
  static_assert(WaitStrategy<Wait>);

  /// Lets pass what is below `number`.
  explicit Gate(std::uint32_t number = 0) noexcept : word_(number * kOne) {}

  /// The same for a gate in an array, before anybody knows it. Relaxed: as for a constructor, that is the other's
  /// affair.
  void start_at(std::uint32_t number) noexcept { word_.store(number * kOne, std::memory_order_relaxed); }

  /// What it is open below, modulo 2^31. Relaxed: may be out of date, see TicketBarrier.
  std::uint32_t number() const noexcept { return word_.load(std::memory_order_relaxed) / kOne; }

  /// Returns once the gate is open for `number`: what was written before that `open`, the caller sees.
  void pass(std::uint32_t number) noexcept {
    if (!is_open(word_.load(std::memory_order_acquire), number)) wait_for(number);  // (2) with (1)
  }

  /// Lets pass what is below `number`, and wakes whoever sleeps: one system call, none if nobody does.
  void open(std::uint32_t number) noexcept {
    if constexpr (Wait::kParks) {
      const void* const address = &word_;
      const std::uint32_t before = word_.exchange(number * kOne, std::memory_order_release);  // (1) with (2), (3)
      if ((before & kAsleep) != 0) Wait::unpark(address, kEverybody);
    } else {
      word_.store(number * kOne, std::memory_order_release);  // (1) synchronizes-with (2), (3)
    }
  }

 private:
  // word_: twice the number that the gate is open below, and in bit 0 the mark "somebody may be asleep on this word".
  static constexpr std::uint32_t kAsleep = 1;
  static constexpr std::uint32_t kOne = 2;

  static bool is_open(std::uint32_t seen, std::uint32_t number) noexcept {
    return static_cast<std::int32_t>((seen & ~kAsleep) - number * kOne) > 0;
  }

  [[gnu::noinline]] void wait_for(std::uint32_t number) noexcept {
    typename Wait::Episode episode;
    for (;;) {
      const std::uint32_t seen = word_.load(std::memory_order_acquire);  // (3) with (1)
      if (is_open(seen, number)) return;
      if (episode.spin()) continue;
      if constexpr (Wait::kParks) sleep(seen);
    }
  }

  // The mark must be in the word before we sleep on it. Relaxed: whoever opens reads the mark from this same word, and
  // the kernel compares the word again before it puts us to sleep. A mark that is there already was set by a thread
  // that waits for the same opening, which will wake both.
  void sleep(std::uint32_t seen) noexcept {
    if ((seen & kAsleep) == 0 &&
        !word_.compare_exchange_strong(seen, seen | kAsleep, std::memory_order_relaxed, std::memory_order_relaxed))
      return;
    Wait::park(word_, seen | kAsleep, Never{});
  }

  typename P::Word word_;
};

}  // namespace syncbench
