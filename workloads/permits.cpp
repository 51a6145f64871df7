// The source document's semaphore: a resource of which there are only so many. Each worker takes a permit, uses the
// resource for a while and gives it back. With one permit the semaphore is a mutex that anybody may unlock. With a
// rate, requests come when they come, and each worker serves its share of them.
#include <atomic>
#include <optional>

#include "workloads/arrivals.hpp"
#include "workloads/busy_work.hpp"
#include "workloads/scheduled_round.hpp"
#include "workloads/witness.hpp"
#include "workloads/workload.hpp"

namespace syncbench {
namespace {

struct alignas(kNoSharing) Tally {
  std::uint64_t violations = 0;
  std::optional<Arrivals> arrivals;
};

template <class S, class Probe>
class Permits {
 public:
  Permits(const Params& params, Team& team)
      : params_(params),
        permits_(static_cast<std::ptrdiff_t>(params["permits"])),
        critical_(steps_for(params["critical"])),
        parallel_(steps_for(params["parallel"])),
        semaphore_(permits_),
        tallies_(team.slots().size()) {
    team.name(&semaphore_, sizeof semaphore_, "semaphore");
  }

  void run(Worker& worker, Probe& probe) {
    if (params_["rate"] == 0)
      return permits_ == 1 ? loop<true, false>(worker, probe) : loop<false, false>(worker, probe);
    tallies_[worker.rank()].arrivals.emplace(params_, worker, static_cast<unsigned>(tallies_.size()));
    permits_ == 1 ? loop<true, true>(worker, probe) : loop<false, true>(worker, probe);
  }

  void close() noexcept {}

  Verdict verify(Team& team) const {
    std::uint64_t violations = 0;
    Backlog backlog;
    for (const Tally& tally : tallies_) {
      violations += tally.violations;
      if (tally.arrivals) backlog.add(*tally.arrivals);
    }
    if (params_["rate"] != 0) backlog.report(team);
    if (permits_ == 1) succession_.report(team, witness_.count);
    if (violations != 0)
      return Verdict::violated("more inside than permits: noticed " + std::to_string(violations) + " times");
    if (permits_ == 1 && witness_.count != total_operations(team))
      return Verdict::violated("one permit, and " + std::to_string(total_operations(team)) + " sections left " +
                               std::to_string(witness_.count) + " marks");
    if constexpr (CountingSemaphore<S>) {
      if (semaphore_.value() != permits_)
        return Verdict::violated("started with " + std::to_string(permits_) + " permits, ended with " +
                                 std::to_string(semaphore_.value()));
    }
    return {};
  }

 private:
  // One permit excludes, so a plain witness shows every second visitor. More permits take a shared count of those
  // inside: two atomic additions a section, the same for every implementation.
  template <bool kAlone, bool kOpen>
  void loop(Worker& worker, Probe& probe) noexcept {
    Tally& tally = tallies_[worker.rank()];
    std::uint64_t violations = 0;
    std::uint64_t local = worker.rank() + 1;
    for (typename Probe::Stamp due{}, begun{}; begin_operation<kOpen>(worker, probe, tally.arrivals, due, begun);) {
      semaphore_.acquire();
      const auto waited = probe.stop(due);
      const auto served = probe.stop(begun);
      if constexpr (kAlone) {
        violations += !witness_.step();
        succession_.next(worker.rank());
        if (critical_ != 0) scratch_ = multiply_chain(scratch_, critical_);
      } else {
        violations += inside_.fetch_add(1, std::memory_order_relaxed) >= permits_;
        if (critical_ != 0) local = multiply_chain(local, critical_);
        inside_.fetch_sub(1, std::memory_order_relaxed);
      }
      semaphore_.release(1);
      probe.record(waited);
      probe.record(served, 1);
      if (parallel_ != 0) local = multiply_chain(local, parallel_);
      worker.done();
    }
    if constexpr (kOpen) tally.arrivals->end();
    asm volatile("" ::"r"(local));
    tally.violations = violations;
  }

  Params params_;
  std::ptrdiff_t permits_;
  std::uint32_t critical_;
  std::uint32_t parallel_;
  alignas(kNoSharing) S semaphore_;
  alignas(kNoSharing) Witness witness_;  // with one permit
  Succession succession_;                // likewise
  std::uint64_t scratch_ = 1;
  alignas(kNoSharing) std::atomic<std::ptrdiff_t> inside_{0};  // with more
  alignas(kNoSharing) std::vector<Tally> tallies_;
};

}  // namespace

Workload permits_workload() {
  Description about{
      .name = "permits",
      .source = "The Foundation: What Are Synchronization Primitives? (Semaphore)",
      .summary = "threads take a permit, use the resource, give the permit back",
      .operation = "one permit taken and given back",
      .latency = "time to acquire: from asking for a permit (with a rate: from when it was due) to having it",
      .invariant = "never more inside than permits; as many permits at the end as at the start (S2)",
      .roles = {{"worker", "workers", true}},
      .parameters = {{"permits", "", 1, 1, 1 << 20, "permits of the semaphore"},
                     {"critical", "ns", 0, 0, 1e9, "work while holding a permit"},
                     {"parallel", "ns", 0, 0, 1e9, "work between two permits"}},
      .series = {{"service", "with a rate: from asking for a permit to having it"}},
      .counts = succession_counts(),
  };
  add_open_loop(about);
  Workload workload = make_workload<Permits, Semaphores>(std::move(about));
  add_scheduled<Permits, Semaphores>(workload, "");
  return workload;
}

}  // namespace syncbench
