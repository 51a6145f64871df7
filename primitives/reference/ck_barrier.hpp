// The barriers of Concurrency Kit: one counter, a combining tree, dissemination, a tournament, and the two trees of
// Mellor-Crummey and Scott. All wait busily and never give the processor away. The code is in the library, not in its
// headers: one call an arrival. [Mellor-Crummey and Scott 1991, section 3; concurrencykit.org, ck_barrier]
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include "primitives/concepts.hpp"
#include "primitives/reference/ck.hpp"

namespace syncbench {

/// By rank: each thread has a state, which says what its next phase looks like. `Algorithm` keeps what they share.
/// Waits read memory that others write to until the last has left, and nobody is told when that is: it may be destroyed
/// only when all have returned.
template <class Algorithm>
class CkBarrier {
 public:
  static constexpr Traits kTraits{.source = Algorithm::kSource,
                                  .promise = Profile::cpp,
                                  .destroy_after_use = false,
                                  .spins = true,
                                  .by_rank = true,
                                  .deviations = {{{"B7", "each rank belongs to one thread"},
                                                  {"B8", "the library does not tell when the last thread has left"},
                                                  {"X2", "the library does not tell when the last thread has left"}}}};

  explicit CkBarrier(std::uint32_t parties) : shared_(parties), states_(parties) {
    for (State& state : states_) shared_.join(state.of_library);
  }
  CkBarrier(const CkBarrier&) = delete;
  CkBarrier& operator=(const CkBarrier&) = delete;

  /// Returns `rank`.
  std::uint32_t arrive_and_wait(std::uint32_t rank) noexcept {
    shared_.wait(rank, states_[rank].of_library);
    return rank;
  }

 private:
  struct alignas(128) State {  // lines are fetched in pairs
    typename Algorithm::State of_library;
  };
  Algorithm shared_;
  std::vector<State> states_;
};

class CkCentralized {
 public:
  using State = ck_barrier_centralized_state_t;
  static constexpr std::string_view kSource = "Concurrency Kit, ck_barrier_centralized";

  explicit CkCentralized(std::uint32_t parties) : parties_(parties) {}
  void join(State& state) noexcept { state = CK_BARRIER_CENTRALIZED_STATE_INITIALIZER; }
  void wait(std::uint32_t, State& state) noexcept { ck_barrier_centralized(&barrier_, &state, parties_); }

 private:
  ck_barrier_centralized_t barrier_ = CK_BARRIER_CENTRALIZED_INITIALIZER;
  unsigned parties_;
};

class CkCombining {
 public:
  using State = ck_barrier_combining_state_t;
  static constexpr std::string_view kSource = "Yew, Tzeng and Lawrie 1987; Concurrency Kit, ck_barrier_combining";
  static constexpr std::uint32_t kGroup = 4;  // threads that share a leaf of the tree

  explicit CkCombining(std::uint32_t parties) : groups_((parties + kGroup - 1) / kGroup) {
    ck_barrier_combining_init(&barrier_, &root_);
    for (std::uint32_t i = 0; i < groups_.size(); ++i)
      ck_barrier_combining_group_init(&barrier_, &groups_[i], std::min(kGroup, parties - i * kGroup));
  }
  void join(State& state) noexcept { state.sense = ~0U; }
  void wait(std::uint32_t rank, State& state) noexcept {
    ck_barrier_combining(&barrier_, &groups_[rank / kGroup], &state);
  }

 private:
  ck_barrier_combining_t barrier_;
  ck_barrier_combining_group_t root_;
  std::vector<ck_barrier_combining_group_t> groups_;
};

class CkDissemination {
 public:
  using State = ck_barrier_dissemination_state_t;
  static constexpr std::string_view kSource =
      "Hensgen, Finkel and Manber 1988; Concurrency Kit, ck_barrier_dissemination";

  explicit CkDissemination(std::uint32_t parties) : barriers_(parties), flags_(parties), flags_of_(parties) {
    for (std::uint32_t i = 0; i < parties; ++i) {
      flags_[i].resize(ck_barrier_dissemination_size(parties));
      flags_of_[i] = flags_[i].data();
    }
    ck_barrier_dissemination_init(barriers_.data(), flags_of_.data(), parties);
  }
  void join(State& state) noexcept { ck_barrier_dissemination_subscribe(barriers_.data(), &state); }
  void wait(std::uint32_t, State& state) noexcept { ck_barrier_dissemination(barriers_.data(), &state); }

 private:
  std::vector<ck_barrier_dissemination_t> barriers_;
  std::vector<std::vector<ck_barrier_dissemination_flag_t>> flags_;
  std::vector<ck_barrier_dissemination_flag_t*> flags_of_;
};

class CkTournament {
 public:
  using State = ck_barrier_tournament_state_t;
  static constexpr std::string_view kSource = "Hensgen, Finkel and Manber 1988; Concurrency Kit, ck_barrier_tournament";

  explicit CkTournament(std::uint32_t parties) : rounds_(parties), rounds_of_(parties) {
    for (std::uint32_t i = 0; i < parties; ++i) {
      rounds_[i].resize(ck_barrier_tournament_size(parties));
      rounds_of_[i] = rounds_[i].data();
    }
    ck_barrier_tournament_init(&barrier_, rounds_of_.data(), parties);
  }
  void join(State& state) noexcept { ck_barrier_tournament_subscribe(&barrier_, &state); }
  void wait(std::uint32_t, State& state) noexcept { ck_barrier_tournament(&barrier_, &state); }

 private:
  ck_barrier_tournament_t barrier_;
  std::vector<std::vector<ck_barrier_tournament_round_t>> rounds_;
  std::vector<ck_barrier_tournament_round_t*> rounds_of_;
};

class CkMcsTree {
 public:
  using State = ck_barrier_mcs_state_t;
  static constexpr std::string_view kSource = "Mellor-Crummey and Scott 1991; Concurrency Kit, ck_barrier_mcs";

  explicit CkMcsTree(std::uint32_t parties) : nodes_(parties) { ck_barrier_mcs_init(nodes_.data(), parties); }
  void join(State& state) noexcept { ck_barrier_mcs_subscribe(nodes_.data(), &state); }
  void wait(std::uint32_t, State& state) noexcept { ck_barrier_mcs(nodes_.data(), &state); }

 private:
  std::vector<ck_barrier_mcs_t> nodes_;
};

static_assert(RankedBarrier<CkBarrier<CkCentralized>> && Barrier<CkBarrier<CkMcsTree>>);

}  // namespace syncbench
