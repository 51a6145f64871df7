// The waits that sleep: park at once, or spin for a while first. Sleeping costs two system calls and, across cores, the
// time to wake an idle processor (tens of microseconds on a virtual machine); spinning first avoids it when the wait is
// short, and must stay short enough not to matter when the wait is long.
#pragma once

#include "primitives/wait/wait_strategy.hpp"

namespace syncbench {

/// Sleeps as soon as there is something to wait for.
template <Platform P>
struct Park {
  static constexpr bool kParks = true;
  using Word = typename P::Word;

  struct Episode {
    static bool spin() noexcept { return false; }
  };

  template <class D>
  static void park(const Word& word, std::uint32_t seen, const D& deadline, std::uint32_t tag = kAnyTag) noexcept {
    P::park(word, seen, deadline, tag);
  }
  static void unpark(const void* address, std::uint32_t count, std::uint32_t tag = kAnyTag) noexcept {
    P::unpark(address, count, tag);
  }
};

/// Pauses, then yields, then sleeps. The pauses catch a partner that runs on another core; the yields run a partner
/// that waits for this very core, for less than a sleep and a wake-up would cost; what lasts longer is worth a sleep.
template <Platform P, unsigned kPauses, unsigned kYields>
struct PauseYieldPark : Park<P> {
  class Episode {
   public:
    bool spin() noexcept {
      if (steps_ < kPauses) {
        P::relax();
      } else if (steps_ < kPauses + kYields) {
        P::yield();
      } else {
        return false;
      }
      ++steps_;
      return true;
    }

   private:
    unsigned steps_ = 0;
  };
};

/// For a hand-over from one thread to another.
template <Platform P>
struct SpinThenPark : PauseYieldPark<P, 100, 20> {};

/// For a wait for many threads, some of which may need this core: pausing for long would keep them from arriving.
template <Platform P>
struct YieldThenPark : PauseYieldPark<P, 16, 40> {};

/// Looks that grow rare: pauses that double, a few yields, then sleep. For an unfair lock, where looking
/// often takes the cache line away from a holder that would be through with several more sections before the line is
/// back: with empty sections on two cores it passes twice as many as SpinThenPark. A hand-over is noticed later.
template <Platform P>
struct BackoffThenPark : Park<P> {
  class Episode {
   public:
    bool spin() noexcept {
      if (pauses_ <= kLongest) {
        for (unsigned i = 0; i < pauses_; ++i) P::relax();
        pauses_ *= 2;
      } else if (yields_ < kYields) {
        P::yield();
        ++yields_;
      } else {
        return false;
      }
      return true;
    }

   private:
    static constexpr unsigned kLongest = 64;  // 127 pauses in all, as in Backoff
    static constexpr unsigned kYields = 4;
    unsigned pauses_ = 1;
    unsigned yields_ = 0;
  };
};

}  // namespace syncbench
