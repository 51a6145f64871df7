// Combining tree barrier: four ranks share a counter, four counters share one above them, and so on. Whoever comes last
// at a counter goes on to the next; whoever comes last at the root is the last of all. Where the central barrier's one
// line passes from core to core n times, here no line does so more than four times, in log4 n steps.
// [Yew, Tzeng and Lawrie 1987, Distributing hot-spot addressing in large-scale multiprocessors; Mellor-Crummey and
// Scott 1991, section 3.2]
#pragma once

#include <utility>
#include <vector>

#include "primitives/barrier/gate.hpp"
#include "primitives/barrier/ranks.hpp"
#include "primitives/concepts.hpp"

namespace syncbench {

/// By rank. 128 bytes a thread, and 128 a counter. Sleepers are woken by one system call. May be destroyed by any
/// thread that has returned from the last phase. The action runs on the thread that arrived last and must not throw.
template <Platform P, template <class> class WaitFor>
class TreeBarrier {
 public:
  using Wait = WaitFor<P>;
  static constexpr Traits kTraits{.source = "Yew, Tzeng and Lawrie 1987",
                                  .by_rank = true,
                                  .deviations = {{{"B7", "each rank belongs to one thread"}}}};

  /// Phases are numbered from `first`: tests put the wrap-around where they need it.
  explicit TreeBarrier(std::uint32_t parties, PhaseAction action = {}, std::uint32_t first = 0)
      : ranks_(parties, first), counters_(counters_for(parties)), action_(std::move(action)), gate_(first) {
    plant(parties);
  }
  TreeBarrier(const TreeBarrier&) = delete;
  TreeBarrier& operator=(const TreeBarrier&) = delete;
  ~TreeBarrier() { ranks_.await_departures(); }

  /// Returns `rank`.
  std::uint32_t arrive_and_wait(std::uint32_t rank) noexcept {
    const std::uint32_t phase = ranks_.phase_of(rank);
    if (last_of_all(rank)) {
      if (action_) action_();
      gate_.open(phase + 1);
    } else {
      gate_.pass(phase);
    }
    ranks_.leave(rank, phase);
    return rank;
  }

 private:
  static constexpr std::uint32_t kFanIn = 4;  // more: longer queues at a counter; fewer: more steps

  struct alignas(kLinePair) Counter {
    typename P::Word arrived{0};
    std::uint32_t expected = 0;  // ranks or counters below it
    Counter* above = nullptr;    // none: the root
  };

  static std::uint32_t shared_by(std::uint32_t n) noexcept { return n / kFanIn + (n % kFanIn != 0 ? 1 : 0); }

  static std::size_t counters_for(std::uint32_t parties) noexcept {
    std::size_t count = 0;
    std::uint32_t level = parties;
    do count += level = shared_by(level);
    while (level > 1);
    return count;
  }

  // Lays the counters out level by level, the root last.
  void plant(std::uint32_t parties) noexcept {
    std::size_t level = 0;
    for (std::uint32_t below = parties, width = shared_by(parties);; below = width, width = shared_by(width)) {
      for (std::uint32_t i = 0; i < width; ++i) {
        Counter& counter = counters_[level + i];
        counter.expected = i + 1 < width ? kFanIn : below - i * kFanIn;
        if (width > 1) counter.above = &counters_[level + width + i / kFanIn];
      }
      if (width == 1) return;
      level += width;
    }
  }

  bool last_of_all(std::uint32_t rank) noexcept {
    for (Counter* counter = &counters_[rank / kFanIn]; counter != nullptr; counter = counter->above) {
      // (1) synchronizes-with (1): the last at a counter has seen all who came before, and shows them to the one above.
      if (counter->arrived.fetch_add(1, std::memory_order_acq_rel) != counter->expected - 1) return false;
      // Nobody comes here again before the gate has opened, and that publishes it.
      counter->arrived.store(0, std::memory_order_relaxed);
    }
    return true;
  }

  Ranks<P> ranks_;
  std::vector<Counter> counters_;
  const PhaseAction action_;
  alignas(kLinePair) Gate<P, WaitFor> gate_;  // open below the phase that is filling
};

static_assert(ActingBarrier<TreeBarrier<NativePlatform, Backoff>>);

}  // namespace syncbench
