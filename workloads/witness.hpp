// What a section guarded by a lock writes down about itself. The two-word witness: a counter and its complement, which
// only a thread that is alone can keep in step. A sum that comes out right can hide two errors that cancel; a pair out
// of step is seen by the next thread that looks. The presence: a mark over a whole section. And the succession: who
// came after whom.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <vector>

#include "workloads/workload.hpp"

namespace syncbench {

struct Witness {
  std::uint64_t count = 0;
  std::uint64_t complement = ~std::uint64_t{0};

  /// One step; true if the pair was in step before.
  bool step() noexcept {
    const std::uint64_t seen = count;
    const bool in_step = complement == ~seen;
    count = seen + 1;
    complement = ~(seen + 1);
    return in_step;
  }
};

/// A mark that each leaves on entering a section and looks for on leaving it. It covers the whole section, where the
/// witness covers an instant: for sections so far apart that two without a lock seldom meet. Relaxed: it is there to be
/// written and read, not to order anything.
struct Presence {
  void enter(unsigned rank) noexcept { owner.store(rank, std::memory_order_relaxed); }
  /// Nobody has entered since.
  bool is_alone(unsigned rank) const noexcept { return owner.load(std::memory_order_relaxed) == rank; }

  std::atomic<unsigned> owner{0};
};

/// How a lock went from hand to hand. Guarded by it.
struct Succession {
  std::uint32_t owner = ~std::uint32_t{0};
  std::uint64_t streak = 0;  // sections of `owner` since it came
  std::uint64_t longest = 0;
  std::uint64_t handovers = 0;

  void next(std::uint32_t rank) noexcept {
    if (rank != owner) hand_over(rank);
    ++streak;
  }

  void hand_over(std::uint32_t rank) noexcept {
    longest = std::max(longest, streak);
    handovers += owner != ~std::uint32_t{0};
    owner = rank;
    streak = 0;
  }

  /// After the trial: the hand-overs of another lock as well.
  void add(const Succession& other) noexcept {
    handovers += other.handovers;
    longest = std::max({longest, other.longest, other.streak});
  }

  /// After the trial: how many `sections` there were, how often the next one was somebody else's, and the longest run
  /// of one owner.
  void report(Team& team, std::uint64_t sections) const {
    team.count("sections", static_cast<double>(sections));
    team.count("handovers", static_cast<double>(handovers));
    team.count("longest_streak", static_cast<double>(std::max(longest, streak)));
  }
};

/// Many locks, each with a succession of its own: from hand to hand means the same lock's.
class Successions {
 public:
  void add(const Succession& one) noexcept {
    all_.handovers += one.handovers;
    all_.longest = std::max({all_.longest, one.longest, one.streak});
  }
  void report(Team& team, std::uint64_t sections) const { all_.report(team, sections); }

 private:
  Succession all_;
};

/// What Succession reports, for a workload's Description.
inline std::vector<Count> succession_counts() {
  return {{"sections", "", "sections of the lock, or of all locks"},
          {"handovers", "", "sections whose owner was not that of the same lock's section before"},
          {"longest_streak", "", "most sections of one owner in a row at one lock"}};
}

}  // namespace syncbench
