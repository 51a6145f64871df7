// What the two workloads of meetings have in common: the same threads meet at barriers, phase after phase. Group-photo
// is one barrier, with something to set up for who came first; phases is several barriers in turn, with a straggler.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <optional>
#include <vector>

#include "workloads/busy_work.hpp"
#include "workloads/workload.hpp"

namespace syncbench {

enum class Straggler { none, rotating, fixed };

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
    std::uint64_t violations = 0;
    std::uint64_t local = rank + 1;
    bool timed = false, next_timed = false;
    std::size_t place = 0;
    for (std::uint64_t phase = 1;; ++phase) {
      if (parallel_ != 0) local = multiply_chain(local, parallel_);
      if (is_late(rank, phase)) local = multiply_chain(local, delay_);
      mine.phase.store(phase, std::memory_order_relaxed);
      if (rank == 0) announce(worker, probe, phase);
      Set& set = mine.sets[phase % kSets];
      if constexpr (Probe::kTimes) {
        if (timed) set.arrived = Probe::Clock::now();
      }
      set.index = arrive_at(*places_[place].barrier, rank);
      if constexpr (Probe::kTimes) {
        if (timed) set.left = Probe::Clock::now();
        if (rank == 0) record(phase - 1, probe);
        next_timed = timed_[(phase + 1) % 2].load(std::memory_order_relaxed);
      }
      if (phase % kLookEvery == 0) violations += is_anybody_behind(rank, phase);
      if (phase % kLookEvery == 1 && rank == 0 && phase > 1) violations += !is_permutation((phase - 1) % kSets);
      if (setup_ != 0 && set.index == 0) local = multiply_chain(local, setup_);
      worker.done();
      if (last_[phase % 2].load(std::memory_order_relaxed)) break;
      timed = next_timed;
      if (++place == places_.size()) place = 0;
    }
    asm volatile("" ::"r"(local));
    mine.violations = violations;
  }

  void close() noexcept {}

  Verdict verify(Team&) const {
    std::uint64_t violations = 0;
    for (const Mark& mark : marks_) violations += mark.violations;
    const std::uint64_t phases = marks_[0].phase.load(std::memory_order_relaxed);
    for (const Mark& mark : marks_)
      if (mark.phase.load(std::memory_order_relaxed) != phases)
        return Verdict::violated("one thread passed " + std::to_string(phases) + " phases, another " +
                                 std::to_string(mark.phase.load(std::memory_order_relaxed)));
    if (violations == 0) return {};
    return Verdict::violated("left before the others had arrived, or arrival indices were no permutation: noticed " +
                             std::to_string(violations) + " times");
  }

 private:
  using Time = typename Probe::Stamp;

  // Three sets in turn. After passing phase k the leader reads what all wrote about phase k - 1: they wrote it before
  // they arrived at k, and the barrier orders that. They write the same set again before arriving at phase k + 2, so
  // after passing k + 1, which they cannot before the leader has arrived there, that is, has read.
  static constexpr std::size_t kSets = 3;
  // Now and then, because looking costs a cache line from another core.
  static constexpr std::uint64_t kLookEvery = 16;
  struct Set {
    std::uint32_t index = 0;
    [[no_unique_address]] Time arrived{};
    [[no_unique_address]] Time left{};
  };
  struct alignas(kNoSharing) Mark {
    std::atomic<std::uint64_t> phase{0};  // that this thread has arrived at; ordered by the barrier, so relaxed
    std::array<Set, kSets> sets{};
    std::uint64_t violations = 0;
  };
  struct alignas(kNoSharing) Place {
    std::optional<B> barrier;  // made in place: it cannot be moved
  };

  bool is_late(unsigned rank, std::uint64_t phase) const noexcept {
    if (straggler_ == Straggler::none || delay_ == 0) return false;
    return rank == (straggler_ == Straggler::fixed ? parties_ - 1 : phase % parties_);
  }

  // One thread decides for all whether this phase is the last, so that nobody waits for those who left, and whether the
  // next one is timed. Two flags in turn: a flag is written again only after everybody has passed the phase in between.
  void announce(Worker& worker, Probe& probe, std::uint64_t phase) noexcept {
    last_[phase % 2].store(!worker.running(), std::memory_order_relaxed);
    if constexpr (Probe::kTimes) timed_[(phase + 1) % 2].store(probe.start() != Time{}, std::memory_order_relaxed);
  }

  bool is_anybody_behind(unsigned rank, std::uint64_t phase) const noexcept {
    const Mark& neighbour = marks_[rank + 1 == parties_ ? 0 : rank + 1];
    return neighbour.phase.load(std::memory_order_relaxed) < phase;
  }

  // Of the phase before: see kSets.
  bool is_permutation(std::size_t set) const noexcept {
    if (!B::kTraits.deviation("B4").empty()) return true;
    std::uint64_t sum = 0, squares = 0, expected_sum = 0, expected_squares = 0;
    for (std::uint64_t i = 0; i < parties_; ++i) {
      const std::uint64_t index = marks_[i].sets[set].index;
      sum += index, squares += index * index;
      expected_sum += i, expected_squares += i * i;
    }
    return sum == expected_sum && squares == expected_squares;
  }

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
  alignas(kNoSharing) std::array<std::atomic<bool>, 2> last_{};
  std::array<std::atomic<bool>, 2> timed_{};
  alignas(kNoSharing) std::vector<Mark> marks_;
};

/// The series that Meeting records, for a Description.
inline std::vector<Series> meeting_series() {
  return {{"first_out", "from the last thread arriving to the first one leaving"},
          {"skew", "from the first thread leaving to the last one"}};
}

}  // namespace syncbench
