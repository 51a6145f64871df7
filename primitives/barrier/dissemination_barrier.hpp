// Dissemination barrier: in round r each thread tells the one 2^r ranks ahead that it has come, and waits for the one
// 2^r ranks behind. What a thread knows of doubles with every round, so that after ceil(log2 n) rounds each knows of
// all. There is no last arrival and no release: everybody finds out alone, as soon as possible. Any number of parties.
// [Hensgen, Finkel and Manber 1988, Two algorithms for barrier synchronization; Mellor-Crummey and Scott 1991, section
// 3.3]
//
// Published versions alternate between two sets of flags and reverse their sense, since a fast partner may signal the
// next phase before we have looked at this one. A flag here is a gate, and says which phase has been signalled: a
// partner that is one ahead (it cannot be two) has signalled this one as well.
#pragma once

#include <array>
#include <vector>

#include "primitives/barrier/gate.hpp"
#include "primitives/barrier/ranks.hpp"
#include "primitives/concepts.hpp"

namespace syncbench {

/// By rank. 256 bytes a thread. n ceil(log2 n) stores a phase, each to a line that one thread reads. Sleepers are woken
/// one by one, by their partner of the round. May be destroyed by any thread that has returned from the last phase. Has
/// no place for an action: no thread is the last.
template <Platform P, template <class> class WaitFor>
class DisseminationBarrier {
 public:
  using Wait = WaitFor<P>;
  static constexpr Traits kTraits{
      .source = "Hensgen, Finkel and Manber 1988",
      .by_rank = true,
      .deviations = {{{"B5", "no thread is the last to arrive, so there is none to run an action"},
                      {"B7", "each rank belongs to one thread"}}}};

  /// Phases are numbered from `first`: tests put the wrap-around where they need it.
  explicit DisseminationBarrier(std::uint32_t parties, std::uint32_t first = 0)
      : ranks_(parties, first), flags_(parties) {
    for (Flags& flags : flags_)
      for (auto& flag : flags.of_round) flag.start_at(first);
  }
  DisseminationBarrier(const DisseminationBarrier&) = delete;
  DisseminationBarrier& operator=(const DisseminationBarrier&) = delete;
  ~DisseminationBarrier() { ranks_.await_departures(); }

  /// Returns `rank`.
  std::uint32_t arrive_and_wait(std::uint32_t rank) noexcept {
    const std::uint32_t phase = ranks_.phase_of(rank);
    const std::uint32_t parties = ranks_.count();
    std::size_t round = 0;
    for (std::uint32_t reach = 1; reach < parties; reach *= 2, ++round) {
      const std::uint32_t ahead = parties - rank > reach ? rank + reach : rank + reach - parties;
      // `open` releases and `pass` acquires: what each rank has heard of, it hands on with its own signal.
      flags_[ahead].of_round[round].open(phase + 1);
      flags_[rank].of_round[round].pass(phase);
    }
    ranks_.leave(rank, phase);
    return rank;
  }

 private:
  // Which phases this rank has been signalled in, for each round, by the same rank each time. One pair of lines for all
  // rounds: signals of later rounds that come early arrive together.
  struct alignas(kLinePair) Flags {
    std::array<Gate<P, WaitFor>, 32> of_round;
  };

  Ranks<P> ranks_;
  std::vector<Flags> flags_;
};

static_assert(Barrier<DisseminationBarrier<NativePlatform, Backoff>> &&
              !ActingBarrier<DisseminationBarrier<NativePlatform, Backoff>>);

}  // namespace syncbench
