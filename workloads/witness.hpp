// The two-word witness: a counter and its complement, which only a thread that is alone can keep in step. A sum that
// comes out right can hide two errors that cancel; a pair out of step is seen by the next thread that looks.
#pragma once

#include <cstdint>

namespace syncbench {

struct Witness {
  std::uint64_t count = 0;
  std::uint64_t complement = ~std::uint64_t{0};

  /// One step; true if the pair was in step before.
  bool step() noexcept {
    const std::uint64_t seen = count;
    const bool in_step = complement == ~seen;
    count = seen + 1;
    complement = ~(seen + 1);
    return in_step;
  }
};

}  // namespace syncbench
