// What the barriers whose threads have fixed numbers keep for each of them: the phase that it is in. It lies in a line
// of the thread's own, so reading and advancing it costs next to nothing, and it tells the destructor when everybody
// has left: the anonymous barriers pay an atomic instruction a departure for that.
#pragma once

#include <cassert>
#include <vector>

#include "primitives/platform/native.hpp"

namespace syncbench {

/// Lines that are fetched in pairs (as adjacent-line prefetchers do) are kept apart in pairs.
inline constexpr std::size_t kLinePair = 128;

template <Platform P>
class Ranks {
 public:
  Ranks(std::uint32_t parties, std::uint32_t first) : ranks_(parties) {
    assert(parties >= 1 && parties <= 1U << 31U && "a barrier is for one thread at least");
    for (Rank& rank : ranks_) rank.phase.store(first, std::memory_order_relaxed);  // nobody else knows it yet
  }

  std::uint32_t count() const noexcept { return static_cast<std::uint32_t>(ranks_.size()); }

  /// The phase that `rank`, the caller, arrives in. Relaxed: only the caller writes it.
  std::uint32_t phase_of(std::uint32_t rank) const noexcept {
    assert(rank < count() && "this barrier has no such rank");
    return ranks_[rank].phase.load(std::memory_order_relaxed);
  }

  /// The caller's last access to its barrier in `phase`.
  void leave(std::uint32_t rank, std::uint32_t phase) noexcept {
    ranks_[rank].phase.store(phase + 1, std::memory_order_release);  // (1) synchronizes-with (2)
  }

  /// Returns once all have left the last phase. The caller has left it, or knows of one who has: it sees that one's
  /// number already, so all numbers are alike only when all have left.
  void await_departures() const noexcept {
    while (!all_alike()) P::yield();
  }

 private:
  struct Rank {
    alignas(kLinePair) typename P::Word phase;  // the phase that it is in, or will arrive in next
  };

  bool all_alike() const noexcept {
    const std::uint32_t phase = ranks_.front().phase.load(std::memory_order_acquire);  // (2) with (1)
    for (const Rank& rank : ranks_)
      if (rank.phase.load(std::memory_order_acquire) != phase) return false;  // (2) with (1)
    return true;
  }

  std::vector<Rank> ranks_;
};

}  // namespace syncbench
