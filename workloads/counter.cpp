// The source document's first example: threads that increment one shared counter. With a mutex around the increment the
// sum is exact; without one, updates are lost. The section can be made longer (`critical`), wider (`lines`) and rarer
// (`parallel`); with all three at their defaults it is the bare increment. And there can be many counters, each with
// its mutex (`locks`), of which some are more popular than others (`skew`).
#include "workloads/busy_work.hpp"
#include "workloads/picks.hpp"
#include "workloads/scheduled_round.hpp"
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

auto draw_places(std::size_t workers, std::size_t places, Skew skew) {
  return draw_picks(
      workers, [popularity = Popularity(places, skew)](std::mt19937_64& random) { return popularity.draw(random); });
}

template <class M, class Probe>
class Counter {
 public:
  Counter(const Params& params, Team& team)
      : critical_(steps_for(params["critical"])),
        parallel_(steps_for(params["parallel"])),
        more_lines_(static_cast<std::size_t>(params["lines"]) - 1),
        places_(static_cast<std::size_t>(params["locks"])),
        fits_(places_.size() * more_lines_ <= kMostLines),
        lines_(fits_ ? places_.size() * more_lines_ : 0),
        tallies_(team.slots().size()) {
    if (is_many()) picks_ = draw_places(tallies_.size(), places_.size(), skew_of(params));
    team.name(places_.data(), places_.size() * sizeof(Guarded), is_many() ? "a mutex" : "mutex");
  }

  void run(Worker& worker, Probe& probe) {
    if (!fits_) return;
    const bool bare = critical_ == 0 && parallel_ == 0 && more_lines_ == 0;
    if (is_many()) return bare ? loop<false, true>(worker, probe) : loop<true, true>(worker, probe);
    bare ? loop<false, false>(worker, probe) : loop<true, false>(worker, probe);
  }

  void close() noexcept {}

  Verdict verify(Team& team) const {
    if (!fits_) return Verdict::skipped("so many locks with so many lines each would take more than 64 MiB");
    std::uint64_t violations = 0, counted = 0;
    for (const Tally& tally : tallies_) violations += tally.violations;
    Successions successions;
    for (const Guarded& place : places_) {
      counted += place.witness.count;
      successions.add(place.succession);
    }
    successions.report(team, counted);
    const std::uint64_t expected = total_operations(team);
    if (counted == expected && violations == 0) return {};
    return Verdict::violated("counted " + std::to_string(counted) + " of " + std::to_string(expected) +
                             " increments; the witness was out of step " + std::to_string(violations) + " times");
  }

 private:
  struct Guarded {
    alignas(kNoSharing) M mutex;
    // Guarded by it:
    alignas(kNoSharing) Witness witness;
    Succession succession;
    std::uint64_t scratch = 1;  // where the delay work starts and ends
  };
  static constexpr std::size_t kMostLines = (std::size_t{64} << 20) / sizeof(Line);

  bool is_many() const noexcept { return places_.size() > 1; }

  // Decided once, outside the loop: whether there is any work beyond the increment, and any choice between counters.
  template <bool kWithWork, bool kMany>
  void loop(Worker& worker, Probe& probe) noexcept {
    std::uint64_t violations = 0;
    std::uint64_t local = worker.rank() + 1;
    Guarded* const places = places_.data();
    [[maybe_unused]] const auto* const picks = kMany ? &picks_[worker.rank()] : nullptr;
    [[maybe_unused]] std::size_t at = 0, i = 0;
    while (worker.running()) {
      if constexpr (kMany) at = (*picks)[i++];
      Guarded& place = places[at];
      const auto started = probe.start();
      place.mutex.lock();
      const auto waited = probe.stop(started);
      violations += !place.witness.step();
      place.succession.next(worker.rank());
      if constexpr (kWithWork) {
        for (std::size_t line = at * more_lines_; line < (at + 1) * more_lines_; ++line) ++lines_[line].touched;
        if (critical_ != 0) place.scratch = multiply_chain(place.scratch, critical_);
      }
      place.mutex.unlock();
      probe.record(waited);
      if constexpr (kWithWork) {
        if (parallel_ != 0) local = multiply_chain(local, parallel_);
      }
      worker.done();
    }
    asm volatile("" ::"r"(local));
    tallies_[worker.rank()].violations = violations;
  }

  // Constant during a trial, the vectors too:
  std::uint32_t critical_;
  std::uint32_t parallel_;
  std::size_t more_lines_;  // of each counter, beyond its own
  std::vector<Guarded> places_;
  bool fits_;
  std::vector<Line> lines_;  // counter by counter
  std::vector<Picks<Place>> picks_;
  std::vector<Tally> tallies_;
};

// The floor: one atomic add, with nothing to hold a section together.
template <class M, class Probe>
requires requires(M counter) {
  counter.increment();
}
class Counter<M, Probe> {
 public:
  Counter(const Params& params, Team& team)
      : has_section_(params["critical"] > 0 || params["lines"] > 1),
        parallel_(steps_for(params["parallel"])),
        places_(static_cast<std::size_t>(params["locks"])) {
    if (places_.size() > 1) picks_ = draw_places(team.slots().size(), places_.size(), skew_of(params));
  }

  void run(Worker& worker, Probe& probe) noexcept {
    if (has_section_) return;
    places_.size() > 1 ? loop<true>(worker, probe) : loop<false>(worker, probe);
  }

  void close() noexcept {}

  Verdict verify(Team& team) const {
    if (has_section_) return Verdict::skipped("one atomic add has no critical section to fill");
    const std::uint64_t expected = total_operations(team);
    std::uint64_t counted = 0;
    for (const Cell& place : places_) counted += place.counter.value();
    if (counted == expected) return {};
    return Verdict::violated("counted " + std::to_string(counted) + " of " + std::to_string(expected));
  }

 private:
  struct alignas(kNoSharing) Cell {
    M counter;
  };

  template <bool kMany>
  void loop(Worker& worker, Probe& probe) noexcept {
    std::uint64_t local = worker.rank() + 1;
    Cell* const places = places_.data();
    [[maybe_unused]] const auto* const picks = kMany ? &picks_[worker.rank()] : nullptr;
    [[maybe_unused]] std::size_t at = 0, i = 0;
    while (worker.running()) {
      if constexpr (kMany) at = (*picks)[i++];
      const auto started = probe.start();
      places[at].counter.increment();
      probe.record(probe.stop(started));
      if (parallel_ != 0) local = multiply_chain(local, parallel_);
      worker.done();
    }
    asm volatile("" ::"r"(local));
  }

  bool has_section_;
  std::uint32_t parallel_;
  std::vector<Cell> places_;
  std::vector<Picks<Place>> picks_;
};

}  // namespace

Workload counter_workload() {
  Workload workload = make_workload<Counter, Mutexes>({
      .name = "counter",
      .source = "Why Do We Need Synchronization? (the shared counter)",
      .summary = "threads increment one shared counter under a mutex",
      .operation = "one increment: lock, increment, unlock",
      .latency = "time to acquire: from asking for the mutex to holding it",
      .invariant = "the counters add up to the number of increments, and a two-word witness is never out of step (W1)",
      .roles = {{"worker", "workers", true}},
      .parameters = {{"critical", "ns", 0, 0, 1e9, "work inside the critical section"},
                     {"parallel", "ns", 0, 0, 1e9, "work between two increments, outside"},
                     {"lines", "", 1, 1, 4096, "cache lines of each counter, written inside the critical section"},
                     {"locks", "", 1, 1, kMostPlaces, "counters, each with a mutex of its own"},
                     skew_parameter("which counter: all alike, or the k-th with 1/k of the first one's share")},
      .counts = succession_counts(),
  });
  add_scheduled<Counter, Mutexes>(workload, "");
  return workload;
}

}  // namespace syncbench
