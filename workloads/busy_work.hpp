// Work of a known length that only keeps the processor busy: a chain of multiplications, each needing the one before.
// It is one function, aligned and never inlined, since an inlined loop runs at a speed that depends on where the linker
// put it; and it starts from a value that the caller's data decides, since otherwise the processor begins the chain
// before the lock that guards it has arrived.
#pragma once

#include <cstdint>

namespace syncbench {

/// `steps` dependent multiplications, starting from `seed`. Keep the result where `seed` came from.
std::uint64_t multiply_chain(std::uint64_t seed, std::uint32_t steps) noexcept;

/// Nanoseconds that one step takes on this machine; measured once per process, on the first call (about 1 ms).
double nanoseconds_per_step();

/// The number of steps that takes `nanoseconds`; 0 for 0, otherwise at least 1.
std::uint32_t steps_for(double nanoseconds);

}  // namespace syncbench
