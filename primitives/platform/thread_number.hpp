// A number for each thread, never used again: an identity that outlives its thread without being mistaken for
// another's. The identifiers of the system and of std::thread are given to new threads when old ones have ended (rule
// R7).
#pragma once

#include <atomic>
#include <cstdint>

namespace syncbench {

inline constexpr std::uint64_t kNoThread = 0;        ///< no thread has this number
inline constexpr std::uint64_t kUnnumbered = ~0ULL;  ///< nor this one

/// The calling thread's number, or kUnnumbered if it has not asked for one yet. Read on fast paths: constinit tells
/// other source files that there is nothing to construct, so that an access is one instruction and not a call to a
/// guard.
inline constinit thread_local std::uint64_t number_of_this_thread = kUnnumbered;

/// The calling thread's number. The first call draws it; 64 bits do not wrap.
inline std::uint64_t this_thread_number() noexcept {
  static constinit std::atomic<std::uint64_t> next{kNoThread + 1};
  // Relaxed: a number is unique whatever order the draws are seen in.
  if (number_of_this_thread == kUnnumbered) [[unlikely]]
    number_of_this_thread = next.fetch_add(1, std::memory_order_relaxed);
  return number_of_this_thread;
}

}  // namespace syncbench
