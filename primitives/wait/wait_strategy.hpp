// What a thread does while it waits: one axis of every implementation, independent of the algorithm. The algorithm owns
// the loop and the condition it waits for; the strategy says whether to go on looking (and rests a little in between)
// or to sleep, and how to sleep.
//
//   typename Wait::Episode episode;              // one per wait: backoff and spin limits start afresh
//   while (!what_i_wait_for()) {
//     if (deadline.passed()) return give_up();
//     if (episode.spin()) continue;              // rested; look again
//     announce_a_sleeper();                      // how the other side learns of it is the algorithm's affair
//     Wait::park(word, value_with_announcement, deadline);
//   }
#pragma once

#include <concepts>
#include <cstdint>

#include "primitives/platform/platform.hpp"

namespace syncbench {

/// - `Episode::spin()` rests for one step and returns true, or returns false at once: spinning no longer pays, sleep.
/// - `kParks` is false for strategies whose `spin()` is always true; those have no `park`, and algorithms leave out all
///   bookkeeping of sleepers.
/// - `park` and `unpark` keep the contract of Platform.
template <class W>
concept WaitStrategy = requires(typename W::Episode episode) {
  { W::kParks } -> std::convertible_to<bool>;
  { episode.spin() }
  noexcept->std::same_as<bool>;
};

template <class W>
concept ParkingStrategy = WaitStrategy<W> && W::kParks && requires(const typename W::Word& word, std::uint32_t n) {
  { W::park(word, n, Never{}, n) }
  noexcept;
  { W::unpark(&word, n, n) }
  noexcept;
};

/// A base for what waits the way T does: gives it T's `Wait`, if T has one.
template <class T>
struct WaitsLike {};
template <class T>
requires requires {
  typename T::Wait;
}
struct WaitsLike<T> {
  using Wait = typename T::Wait;
};

}  // namespace syncbench
