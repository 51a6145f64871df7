// The waits that never sleep: spin, pause, yield, backoff. They suit short waits with a processor for every thread. The
// first two burn their whole time slice when the thread they wait for is not running; the last two give it away.
#pragma once

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

}  // namespace syncbench
