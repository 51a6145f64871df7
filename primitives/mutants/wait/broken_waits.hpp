// Ways to sleep and to wake that break whatever is built on them: the primitives over them are the catalog's own. The
// healthy wait beside them is primitives/wait/park.hpp.
#pragma once

#include "primitives/wait/park.hpp"

namespace syncbench::mutants {

/// Reads the word again just before it sleeps, and so sleeps on what its caller has not seen. [libstdc++'s wait for
/// types that are no futex read its version after the value]
template <Platform P>
struct SleepsOnWhatIsThere : Park<P> {
  template <class D>
  static void park(const typename P::Word& word, std::uint32_t, const D& deadline,
                   std::uint32_t tag = kAnyTag) noexcept {
    P::park(word, word.load(std::memory_order_relaxed), deadline, tag);
  }
};

/// Wakes one sleeper, whoever it is, where those were meant that sleep under a tag.
template <Platform P>
struct WakesWhoeverIsFirst : Park<P> {
  static void unpark(const void* address, std::uint32_t, std::uint32_t = kAnyTag) noexcept { P::unpark(address, 1); }
};

}  // namespace syncbench::mutants
