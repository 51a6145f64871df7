// What the two workloads of meetings have in common: the same threads meet at barriers, phase after phase. Group-photo
// is one barrier, with something to set up for who came first; phases is several barriers in turn, with a straggler.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "workloads/busy_work.hpp"
#include "workloads/workload.hpp"

namespace syncbench {

enum class Straggler { none, rotating, fixed };

/// Were the arrival indices of each phase a permutation? Each thread adds up what it got, in registers: a hash of the
/// index times a pseudo-random weight of the phase, the same for all. The sums of all threads together are then the sum
/// of the weights times that of the hashes; other indices in any phase change it, but for a chance of about 2^-60.
class IndexCheck {
 public:
  void add(std::uint32_t index) noexcept {
    weight_ = weight_ * 0x5851f42d4c957f2dU + 0x14057b7ef767814fU;  // Knuth's MMIX generator
    weights_ += weight_;
    sum_ += weight_ * hash(index);
  }
  /// Adds what another thread got in the same phases.
  void merge(const IndexCheck& other) noexcept {
    weights_ = other.weights_;
    sum_ += other.sum_;
  }
  bool holds(std::uint32_t parties) const noexcept {
    std::uint64_t hashes = 0;
    for (std::uint32_t index = 0; index < parties; ++index) hashes += hash(index);
    return sum_ == weights_ * hashes;
  }

 private:
  static std::uint64_t hash(std::uint32_t index) noexcept {
    const std::uint64_t spread = (index + std::uint64_t{1}) * 0x9e3779b97f4a7c15U;
    return (spread ^ (spread >> 32)) * 0xd6e8feb86659fd93U;
  }

  std::uint64_t weight_ = 1;
  std::uint64_t weights_ = 0;
  std::uint64_t sum_ = 0;
};

template <class B, class Probe>
class Meeting {
 public:
  Meeting(const Params& params, Team& team)
      : parties_(static_cast<std::uint32_t>(team.slots().size())),
        parallel_(steps_for(params["parallel"])),
        setup_(steps_for(params.value_or("setup", 0))),
        delay_(steps_for(params.value_or("delay", 0))),
        straggler_(static_cast<Straggler>(static_cast<int>(params.value_or("straggler", 0)))),
        places_(static_cast<std::size_t>(params.value_or("barriers", 1))),
        marks_(parties_) {
    for (Place& place : places_) {
      place.barrier.emplace(parties_);
      team.name(&place.barrier, sizeof place.barrier, "barrier");
    }
  }

  void run(Worker& worker, Probe& probe) {
    const unsigned rank = worker.rank();
    Mark& mine = marks_[rank];
    IndexCheck indices;
    std::uint64_t violations = 0;
    std::uint64_t local = rank + 1;
    bool timed = false;  // this phase
    std::size_t place = 0;
    for (std::uint64_t phase = 1;; ++phase) {
      if (parallel_ != 0) local = multiply_chain(local, parallel_);
      if (is_late(rank, phase)) local = multiply_chain(local, delay_);
      mine.phase.store(phase, std::memory_order_relaxed);
      if (rank == 0) announce(worker, probe, phase);
      const std::uint32_t index = meet(*places_[place].barrier, rank, timed, mine.sets[phase % kSets]);
      if constexpr (Probe::kTimes) {
        if (rank == 0) record(phase - 1, probe);
        timed = timed_[(phase + 1) % 2].load(std::memory_order_relaxed) == phase + 1;
      }
      indices.add(index);
      if (phase % kLookEvery == 0) violations += is_neighbour_behind(rank, phase);
      if (setup_ != 0 && (kIndexed ? index : rank) == 0) local = multiply_chain(local, setup_);
      worker.done();
      if (phase >= last_.load(std::memory_order_relaxed)) break;
      if (++place == places_.size()) place = 0;
    }
    asm volatile("" ::"r"(local));
    mine.violations = violations;
    mine.indices = indices;
  }

  void close() noexcept {}

  Verdict verify(Team&) const {
    std::uint64_t violations = 0;
    for (const Mark& mark : marks_) violations += mark.violations;
    if (violations != 0)
      return Verdict::violated("left before the neighbour had arrived: noticed " + std::to_string(violations) +
                               " times");
    const std::uint64_t phases = marks_[0].phase.load(std::memory_order_relaxed);
    for (const Mark& mark : marks_)
      if (mark.phase.load(std::memory_order_relaxed) != phases)
        return Verdict::violated("one thread passed " + std::to_string(phases) + " phases, another " +
                                 std::to_string(mark.phase.load(std::memory_order_relaxed)));
    if (kIndexed && !are_permutations())
      return Verdict::violated("in some of " + std::to_string(phases) + " phases the arrival indices were not 0 to " +
                               std::to_string(parties_ - 1));
    return {};
  }

 private:
  using Time = typename Probe::Stamp;

  // A barrier may say that its indices tell nothing: the rank serves in their place.
  static constexpr bool kIndexed = B::kTraits.deviation("B4").empty();
  // Now and then, because looking costs a cache line from another core.
  static constexpr std::uint64_t kLookEvery = 16;
  // Three sets in turn. After passing phase k the leader reads what all stamped in phase k - 1: they wrote it before
  // they arrived at k, and the barrier orders that. They write the same set again on arriving at phase k + 2, so after
  // passing k + 1, which they cannot before the leader has arrived there, that is, has read.
  static constexpr std::size_t kSets = 3;
  struct Set {
    [[no_unique_address]] Time arrived{};
    [[no_unique_address]] Time left{};
  };
  struct alignas(kNoSharing) Mark {
    std::atomic<std::uint64_t> phase{0};  // that this thread has arrived at; ordered by the barrier, so relaxed
    std::array<Set, kSets> sets{};
    std::uint64_t violations = 0;
    IndexCheck indices;
  };
  struct alignas(kNoSharing) Place {
    std::optional<B> barrier;  // made in place: it cannot be moved
  };

  static std::uint32_t meet(B& barrier, unsigned rank, [[maybe_unused]] bool timed, [[maybe_unused]] Set& set) {
    if constexpr (Probe::kTimes) {
      if (timed) {
        set.arrived = Probe::Clock::now();
        const std::uint32_t index = arrive_at(barrier, rank);
        set.left = Probe::Clock::now();
        return index;
      }
    }
    return arrive_at(barrier, rank);
  }

  bool is_late(unsigned rank, std::uint64_t phase) const noexcept {
    if (straggler_ == Straggler::none || delay_ == 0) return false;
    return rank == (straggler_ == Straggler::fixed ? parties_ - 1 : phase % parties_);
  }

  // One thread decides for all which phase is the last, so that nobody waits for those who left, and whether the next
  // one is timed. It writes before it arrives, and the others read after they have passed: the barrier orders that, so
  // relaxed. It writes only when there is news; otherwise every reader keeps its copy of the line. The two places for
  // what is timed are taken in turn: one is written again only after everybody has passed the phase in between.
  void announce(Worker& worker, Probe& probe, std::uint64_t phase) noexcept {
    if (!worker.running()) last_.store(phase, std::memory_order_relaxed);
    if constexpr (Probe::kTimes) {
      if (probe.start() != Time{}) timed_[(phase + 1) % 2].store(phase + 1, std::memory_order_relaxed);
    }
  }

  // All look, each at the next: together they would see anybody who is missing.
  bool is_neighbour_behind(unsigned rank, std::uint64_t phase) const noexcept {
    const Mark& neighbour = marks_[rank + 1 == parties_ ? 0 : rank + 1];
    return neighbour.phase.load(std::memory_order_relaxed) < phase;
  }

  bool are_permutations() const noexcept {
    IndexCheck all;
    for (const Mark& mark : marks_) all.merge(mark.indices);
    return all.holds(parties_);
  }

  // Of a phase that is over for all: see kSets. Nothing if it was not timed.
  void record(std::uint64_t phase, Probe& probe) noexcept {
    const std::size_t set = phase % kSets;
    if (marks_[0].sets[set].left == Time{}) return;
    Time last_in = marks_[0].sets[set].arrived, first_out = marks_[0].sets[set].left, last_out = first_out;
    for (Mark& mark : marks_) {
      last_in = std::max(last_in, mark.sets[set].arrived);
      first_out = std::min(first_out, mark.sets[set].left);
      last_out = std::max(last_out, mark.sets[set].left);
    }
    marks_[0].sets[set].left = Time{};
    probe.record(last_out - last_in);
    probe.record(std::max(Time::duration::zero(), first_out - last_in), 1);
    probe.record(last_out - first_out, 2);
  }

  std::uint32_t parties_;
  std::uint32_t parallel_, setup_, delay_;
  Straggler straggler_;
  alignas(kNoSharing) std::vector<Place> places_;
  alignas(kNoSharing) std::atomic<std::uint64_t> last_{std::numeric_limits<std::uint64_t>::max()};
  std::array<std::atomic<std::uint64_t>, 2> timed_{};
  alignas(kNoSharing) std::vector<Mark> marks_;
};

/// The series that Meeting records, for a Description.
inline std::vector<Series> meeting_series() {
  return {{"first_out", "from the last thread arriving to the first one leaving"},
          {"skew", "from the first thread leaving to the last one"}};
}

}  // namespace syncbench
