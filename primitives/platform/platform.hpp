// What a primitive may ask of the world: atomics, a pause, a yield, a clock, and a place to sleep. Every primitive
// takes its platform as a template parameter, so that the same source runs on real threads at no cost (NativePlatform)
// and on platforms that disturb or control them.
#pragma once

#include <atomic>
#include <concepts>
#include <cstdint>

#include "primitives/platform/deadline.hpp"

namespace syncbench {

/// Wakes every sleeper, whatever tag it sleeps under.
inline constexpr std::uint32_t kAnyTag = 0xffffffffU;
/// As a count of sleepers to wake: all of them.
inline constexpr std::uint32_t kEverybody = 0x7fffffffU;

/// - `Atomic<T>` has the interface of std::atomic. `Word` is the only type one can sleep on.
/// - `park(word, seen, deadline, tag)` sleeps while `word` holds `seen`; it may return at any time for any reason, so
///   callers loop. The comparison and the falling asleep are one step with respect to `unpark`.
/// - `unpark(address, count, tag)` wakes up to `count` threads that sleep at `address` under a tag that shares a bit.
/// It
///   never dereferences the address: a hand-over may already have ended the life of what was there.
/// - `Mutex` and `ConditionVariable` have the interface of the standard's: what a textbook builds monitors from.
template <class P>
concept Platform = requires(const typename P::Word& word, std::uint32_t n, Deadline<typename P::Clock> deadline) {
  typename P::template Atomic<std::uint32_t>;
  typename P::Mutex;
  typename P::ConditionVariable;
  requires std::same_as<typename P::Word, typename P::template Atomic<std::uint32_t>>;
  { P::Clock::now() }
  noexcept;
  { P::relax() }
  noexcept;
  { P::yield() }
  noexcept;
  { P::park(word, n, deadline, n) }
  noexcept;
  { P::park(word, n, Never{}, n) }
  noexcept;
  { P::unpark(&word, n, n) }
  noexcept;
};

}  // namespace syncbench
