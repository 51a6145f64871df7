// Tournament barrier: the ranks play rounds whose winners are known beforehand. The loser of a match tells the winner
// that it has come (and all that it has beaten), and waits at the gate; the winner waits for the loser and goes on to
// the next round. Rank 0 wins the last match, so it knows of all: it runs the action and opens the gate. Unless waiters
// may sleep, an arrival takes no atomic read-modify-write. Any number of parties: who has no opponent in a round wins
// it. [Hensgen, Finkel and Manber 1988, Two algorithms for barrier synchronization; Mellor-Crummey and Scott 1991,
// section 3.4, with one flag for the release as they advise for coherent caches]
#pragma once

#include <array>
#include <utility>
#include <vector>

#include "primitives/barrier/gate.hpp"
#include "primitives/barrier/ranks.hpp"
#include "primitives/concepts.hpp"

namespace syncbench {

/// By rank. 256 bytes a thread. Sleepers at the gate are woken by one system call. May be destroyed by any thread that
/// has returned from the last phase. The action runs on rank 0 and must not throw.
template <Platform P, template <class> class WaitFor>
class TournamentBarrier {
 public:
  using Wait = WaitFor<P>;
  static constexpr Traits kTraits{.source = "Hensgen, Finkel and Manber 1988",
                                  .by_rank = true,
                                  .deviations = {{{"B7", "each rank belongs to one thread"}}}};

  /// Phases are numbered from `first`: tests put the wrap-around where they need it.
  explicit TournamentBarrier(std::uint32_t parties, PhaseAction action = {}, std::uint32_t first = 0)
      : ranks_(parties, first), matches_(parties), action_(std::move(action)), gate_(first) {
    for (Matches& matches : matches_)
      for (auto& lost : matches.lost_in_round) lost.start_at(first);
  }
  TournamentBarrier(const TournamentBarrier&) = delete;
  TournamentBarrier& operator=(const TournamentBarrier&) = delete;
  ~TournamentBarrier() { ranks_.await_departures(); }

  /// Returns `rank`.
  std::uint32_t arrive_and_wait(std::uint32_t rank) noexcept {
    const std::uint32_t phase = ranks_.phase_of(rank);
    // `open` releases and `pass` acquires all the way up, so rank 0 has seen every arrival; the gate hands that on.
    const std::size_t round = win_matches(rank, phase);
    if (rank == 0) {
      if (action_) action_();
      gate_.open(phase + 1);
    } else {
      matches_[rank - (1U << round)].lost_in_round[round].open(phase + 1);
      gate_.pass(phase);
    }
    ranks_.leave(rank, phase);
    return rank;
  }

 private:
  // For each round, the phases in which the opponent of this rank has come and lost.
  struct alignas(kLinePair) Matches {
    std::array<Gate<P, WaitFor>, 32> lost_in_round;
  };

  // The round that `rank` loses: that of its lowest bit. Rank 0 wins them all.
  std::size_t win_matches(std::uint32_t rank, std::uint32_t phase) noexcept {
    std::size_t round = 0;
    for (std::uint32_t step = 1; step < ranks_.count() && (rank & step) == 0; step *= 2, ++round)
      if (rank + step < ranks_.count()) matches_[rank].lost_in_round[round].pass(phase);
    return round;
  }

  Ranks<P> ranks_;
  std::vector<Matches> matches_;
  const PhaseAction action_;
  alignas(kLinePair) Gate<P, WaitFor> gate_;  // open below the phase that is filling
};

static_assert(ActingBarrier<TournamentBarrier<NativePlatform, Backoff>>);

}  // namespace syncbench
