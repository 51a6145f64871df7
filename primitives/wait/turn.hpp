// A word at which one thread waits until another one tells it how to go on: the hand-over of queue locks, each of whose
// waiters looks at a word of its own. Whoever is told may end the life of the word at once, or let somebody else use
// it: the teller touches it no more.
#pragma once

#include <cstdint>

#include "primitives/wait/wait_strategy.hpp"

namespace syncbench {

/// Four bytes. At any time one thread at most waits and one at most tells.
template <Platform P, template <class> class WaitFor>
class Turn {
 public:
  using Wait = WaitFor<P>;
  static_assert(WaitStrategy<Wait>);

  // What `look` may find, besides what was told.
  static constexpr std::uint32_t kUntold = 0;  // whoever waits looks again
  static constexpr std::uint32_t kAsleep = 1;  // whoever waits is asleep or about to be: must be woken as well
  static constexpr std::uint32_t kTold = 2;    // this and above: told this

  /// For the next use. Relaxed: whoever gets to know of this word gets to know of this store as well.
  void reset() noexcept { word_.store(kUntold, std::memory_order_relaxed); }

  /// What was told, or less than kTold. What the teller did before is seen by whoever finds it told.
  std::uint32_t look() const noexcept { return word_.load(std::memory_order_acquire); }  // (2) with (1)

  void tell(std::uint32_t what) noexcept {
    if constexpr (Wait::kParks) {
      const void* const address = &word_;
      const std::uint32_t before = word_.exchange(what, std::memory_order_release);  // (1) synchronizes-with (2)
      if (before == kAsleep) Wait::unpark(address, 1);
    } else {
      word_.store(what, std::memory_order_release);  // (1)
    }
  }

  /// One step of waiting to be told. Whoever gives up may leave the announcement of a sleeper behind: at worst it costs
  /// a wake-up of nobody.
  void rest(typename Wait::Episode& episode, const auto& deadline) noexcept {
    if (episode.spin()) return;
    if constexpr (Wait::kParks) {
      // Relaxed: announces a sleeper, no data. The exchange at (1) reads it from this same word, and the kernel
      // compares the word again before it lets us sleep.
      std::uint32_t seen = kUntold;
      if (word_.compare_exchange_strong(seen, kAsleep, std::memory_order_relaxed) || seen == kAsleep)
        Wait::park(word_, kAsleep, deadline);
    }
  }

 private:
  typename P::Word word_{kUntold};
};

}  // namespace syncbench
