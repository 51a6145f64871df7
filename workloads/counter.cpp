// The source document's first example: threads that increment one shared counter. With a mutex around the increment the
// sum is exact; without one, updates are lost. The section can be made longer (`critical`), wider (`lines`) and rarer
// (`parallel`); with all three at their defaults it is the bare increment. And there can be many counters, each with
// its mutex (`locks`), of which some are more popular than others (`skew`).
#include <mutex>

#include "workloads/busy_work.hpp"
#include "workloads/picks.hpp"
#include "workloads/witness.hpp"
#include "workloads/workload.hpp"

namespace syncbench {
namespace {

struct alignas(kNoSharing) Line {
  std::uint64_t touched = 0;
};

struct alignas(kNoSharing) Tally {
  std::uint64_t violations = 0;
};

template <class M, class Probe>
class Counter {
 public:
  Counter(const Params& params, Team& team)
      : critical_(steps_for(params["critical"])),
        parallel_(steps_for(params["parallel"])),
        lines_(static_cast<std::size_t>(params["lines"]) - 1),
        skew_(skew_of(params)),
        many_(params["locks"] > 1 ? static_cast<std::size_t>(params["locks"]) : 0),
        tallies_(team.slots().size()) {
    team.name(&mutex_, sizeof mutex_, "mutex");
  }

  void run(Worker& worker, Probe& probe) {
    if (!many_.empty()) return loop_over_many(worker, probe);
    const bool bare = critical_ == 0 && parallel_ == 0 && lines_.empty();
    bare ? loop<false>(worker, probe) : loop<true>(worker, probe);
  }

  void close() noexcept {}

  Verdict verify(Team& team) const {
    std::uint64_t violations = 0;
    for (const Tally& tally : tallies_) violations += tally.violations;
    std::uint64_t counted = witness_.count;
    for (const Guarded& one : many_) counted += one.witness.count;
    if (many_.empty()) succession_.report(team, counted);  // of one lock; many have none in common
    const std::uint64_t expected = total_operations(team);
    if (counted == expected && violations == 0) return {};
    return Verdict::violated("counted " + std::to_string(counted) + " of " + std::to_string(expected) +
                             " increments; the witness was out of step " + std::to_string(violations) + " times");
  }

 private:
  // Decided once, outside the loop: whether there is any work beyond the increment.
  template <bool kWithWork>
  void loop(Worker& worker, Probe& probe) noexcept {
    std::uint64_t violations = 0;
    std::uint64_t local = worker.rank() + 1;
    while (worker.running()) {
      const auto started = probe.start();
      mutex_.lock();
      const auto waited = probe.stop(started);
      violations += !witness_.step();
      succession_.next(worker.rank());
      if constexpr (kWithWork) {
        for (Line& line : lines_) ++line.touched;
        if (critical_ != 0) scratch_ = multiply_chain(scratch_, critical_);
      }
      mutex_.unlock();
      probe.record(waited);
      if constexpr (kWithWork) {
        if (parallel_ != 0) local = multiply_chain(local, parallel_);
      }
      worker.done();
    }
    asm volatile("" ::"r"(local));
    tallies_[worker.rank()].violations = violations;
  }

  struct alignas(kNoSharing) Guarded {
    M mutex;
    Witness witness;
    std::uint64_t scratch = 1;
  };

  // With many counters the lines belong to all, so each worker writes copies of its own.
  void loop_over_many(Worker& worker, Probe& probe) {
    Picks picks(many_.size(), skew_, worker.rank());
    std::vector<Line> lines(lines_.size());
    std::uint64_t violations = 0;
    std::uint64_t local = worker.rank() + 1;
    while (worker.running()) {
      Guarded& one = many_[picks.next()];
      const auto started = probe.start();
      one.mutex.lock();
      const auto waited = probe.stop(started);
      violations += !one.witness.step();
      for (Line& line : lines) ++line.touched;
      if (critical_ != 0) one.scratch = multiply_chain(one.scratch, critical_);
      one.mutex.unlock();
      probe.record(waited);
      if (parallel_ != 0) local = multiply_chain(local, parallel_);
      worker.done();
    }
    asm volatile("" ::"r"(local));
    tallies_[worker.rank()].violations = violations;
  }

  alignas(kNoSharing) M mutex_;
  // Guarded by mutex_:
  alignas(kNoSharing) Witness witness_;
  Succession succession_;
  std::uint64_t scratch_ = 1;  // where the delay work starts and ends
  alignas(kNoSharing) std::uint32_t critical_;
  std::uint32_t parallel_;
  std::vector<Line> lines_;
  Skew skew_;
  std::vector<Guarded> many_;  // empty with one lock
  std::vector<Tally> tallies_;
};

// The floor: one atomic add, with nothing to hold a section together.
template <class M, class Probe>
requires requires(M counter) {
  counter.increment();
}
class Counter<M, Probe> {
 public:
  Counter(const Params& params, Team&)
      : has_section_(params["critical"] > 0 || params["lines"] > 1 || params["locks"] > 1),
        parallel_(steps_for(params["parallel"])) {}

  void run(Worker& worker, Probe& probe) noexcept {
    if (has_section_) return;
    std::uint64_t local = worker.rank() + 1;
    while (worker.running()) {
      const auto started = probe.start();
      counter_.increment();
      probe.record(probe.stop(started));
      if (parallel_ != 0) local = multiply_chain(local, parallel_);
      worker.done();
    }
    asm volatile("" ::"r"(local));
  }

  void close() noexcept {}

  Verdict verify(Team& team) const {
    if (has_section_)
      return Verdict::skipped("one atomic add has no critical section to fill, and counts in one place");
    const std::uint64_t expected = total_operations(team);
    if (counter_.value() == expected) return {};
    return Verdict::violated("counted " + std::to_string(counter_.value()) + " of " + std::to_string(expected));
  }

 private:
  alignas(kNoSharing) M counter_;
  alignas(kNoSharing) bool has_section_;
  std::uint32_t parallel_;
};

}  // namespace

Workload counter_workload() {
  return make_workload<Counter, Mutexes>({
      .name = "counter",
      .source = "Why Do We Need Synchronization? (the shared counter)",
      .summary = "threads increment one shared counter under a mutex",
      .operation = "one increment: lock, increment, unlock",
      .latency = "time to acquire: from asking for the mutex to holding it",
      .invariant = "the counter equals the number of increments, and a two-word witness is never out of step (W1)",
      .roles = {{"worker", "workers", true}},
      .parameters = {{"critical", "ns", 0, 0, 1e9, "work inside the critical section"},
                     {"parallel", "ns", 0, 0, 1e9, "work between two increments, outside"},
                     {"lines", "", 1, 1, 4096, "cache lines written inside the critical section"},
                     {"locks", "", 1, 1, 1 << 16, "counters, each with its own mutex"},
                     skew_parameter("which counter: all alike, or the k-th with 1/k of the first one's share")},
      .counts = succession_counts(),
  });
}

}  // namespace syncbench
