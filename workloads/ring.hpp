// The buffer that threads pass items through, and how the items are told apart. What guards it is the workload's
// affair, and may fail: then contents and counts go wrong, but no index.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "workloads/busy_work.hpp"
#include "workloads/witness.hpp"

namespace syncbench {

// Spreads an item's identity over 64 bits, so that sums of it tell two multisets apart. [Steele, Lea and Flood 2014,
// SplitMix64's finalizer]
inline std::uint64_t mix(std::uint64_t x) noexcept {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31);
}

template <class Probe>
struct Item {
  std::uint32_t producer = 0;
  std::uint64_t number = 0;                           // counts from 1 for each producer
  [[no_unique_address]] typename Probe::Stamp due{};  // when it should have been put in
  [[no_unique_address]] typename Probe::Stamp put{};  // when its producer asked to
  std::uint64_t identity() const noexcept { return number * 0x10001 + producer; }
};

// The places. Guarded by the buffer's lock; where the lock does not exclude, contents and counts go wrong, but no
// index.
template <class I>
struct Ring {
  explicit Ring(std::size_t room) : capacity(room), places(room) {}

  /// False if there was no room.
  bool push(const I& item, unsigned rank) noexcept {
    const std::size_t place = head + size;
    places[place < capacity ? place : (place - capacity) % capacity] = item;
    succession.next(rank);
    return ++size <= capacity;
  }
  /// False if there was none.
  bool pop(I& item, unsigned rank) noexcept {
    const std::size_t first = head;
    item = places[first];
    head = first + 1 == capacity ? 0 : first + 1;
    succession.next(rank);
    return --size < capacity;
  }
  void work(std::uint32_t steps) noexcept {
    if (steps != 0) scratch = multiply_chain(scratch, steps);
  }

  std::size_t size = 0;
  std::size_t head = 0;
  std::uint64_t scratch = 1;
  Succession succession;
  // Constant during a trial, but for the contents:
  alignas(kNoSharing) std::size_t capacity;
  std::vector<I> places;
};

}  // namespace syncbench
