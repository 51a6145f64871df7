// The waits that never sleep: spin, pause, yield, backoff, proportional. They suit short waits with a processor for
// every thread. The first two burn their whole time slice when the thread they wait for is not running; the others give
// it away.
#pragma once

#include <algorithm>

#include "primitives/wait/wait_strategy.hpp"

namespace syncbench {

/// Looks again at once. The control among the waits: shows what a pause is worth.
template <Platform P>
struct Spin {
  static constexpr bool kParks = false;
  struct Episode {
    static bool spin() noexcept { return true; }
  };
};

/// One pause instruction between looks.
template <Platform P>
struct Pause {
  static constexpr bool kParks = false;
  struct Episode {
    static bool spin() noexcept {
      P::relax();
      return true;
    }
  };
};

/// Offers the processor to another thread between looks.
template <Platform P>
struct Yield {
  static constexpr bool kParks = false;
  struct Episode {
    static bool spin() noexcept {
      P::yield();
      return true;
    }
  };
};

/// Pauses twice as long after each look, then yields between looks: a wait that outlasts the pauses is a wait for a
/// thread that may need this processor. [Anderson 1990, section 3: exponential backoff for spin locks]
template <Platform P>
struct Backoff {
  static constexpr bool kParks = false;
  class Episode {
   public:
    bool spin() noexcept {
      if (pauses_ > kLongest) {
        P::yield();
      } else {
        for (unsigned i = 0; i < pauses_; ++i) P::relax();
        pauses_ *= 2;
      }
      return true;
    }

   private:
    static constexpr unsigned kLongest = 32;  // 63 pauses in all before the first yield: 1 to 3 us by processor
    unsigned pauses_ = 1;
  };
};

/// For locks that know how many are served before the caller: pauses about as long as they will take, so that each
/// waiter looks when its turn is near and not at every hand-over; then yields between looks, as Backoff does.
/// [Mellor-Crummey and Scott 1991, section 2.2: proportional backoff for the ticket lock]
template <Platform P>
struct Proportional {
  static constexpr bool kParks = false;
  class Episode {
   public:
    /// `ahead`: how many hand-overs from now on it will be the caller's turn.
    bool spin(std::uint32_t ahead) noexcept {
      if (paused_ > kLongest) {
        P::yield();
      } else {
        const unsigned pauses = kForEach * std::clamp(ahead, 1U, kMost);
        for (unsigned i = 0; i < pauses; ++i) P::relax();
        paused_ += pauses;
      }
      return true;
    }
    bool spin() noexcept { return spin(1); }

   private:
    static constexpr unsigned kForEach = 4;  // a short section and its hand-over: 60 to 200 ns by processor
    static constexpr unsigned kMost = 16;
    static constexpr unsigned kLongest = 63;  // pauses in all before the first yield, as in Backoff
    unsigned paused_ = 0;
  };
};

}  // namespace syncbench
