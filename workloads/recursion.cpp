// The source document's RLock: a function that holds the lock calls another that takes it again. Each worker nests to a
// depth and comes back; the counter inside is guarded by the outermost level.
#include "workloads/busy_work.hpp"
#include "workloads/scheduled_round.hpp"
#include "workloads/witness.hpp"
#include "workloads/workload.hpp"

namespace syncbench {
namespace {

struct alignas(kNoSharing) Tally {
  std::uint64_t violations = 0;
};

template <class M, class Probe>
class Recursion {
 public:
  Recursion(const Params& params, Team& team)
      : depth_(static_cast<std::uint32_t>(params["depth"])),
        critical_(steps_for(params["critical"])),
        parallel_(steps_for(params["parallel"])),
        tallies_(team.slots().size()) {
    team.name(&mutex_, sizeof mutex_, "mutex");
  }

  void run(Worker& worker, Probe& probe) noexcept {
    std::uint64_t violations = 0;
    std::uint64_t local = worker.rank() + 1;
    while (worker.running()) {
      const auto started = probe.start();
      mutex_.lock();
      const auto waited = probe.stop(started);
      for (std::uint32_t level = 1; level < depth_; ++level) mutex_.lock();
      violations += !witness_.step();
      succession_.next(worker.rank());
      if (critical_ != 0) scratch_ = multiply_chain(scratch_, critical_);
      for (std::uint32_t level = 0; level < depth_; ++level) mutex_.unlock();
      probe.record(waited);
      if (parallel_ != 0) local = multiply_chain(local, parallel_);
      worker.done();
    }
    asm volatile("" ::"r"(local));
    tallies_[worker.rank()].violations = violations;
  }

  void close() noexcept {}

  Verdict verify(Team& team) {
    std::uint64_t violations = 0;
    for (const Tally& tally : tallies_) violations += tally.violations;
    succession_.report(team, witness_.count);
    if (witness_.count != total_operations(team) || violations != 0)
      return Verdict::violated("counted " + std::to_string(witness_.count) + " of " +
                               std::to_string(total_operations(team)) + " sections; the witness was out of step " +
                               std::to_string(violations) + " times");
    if constexpr (RecursiveMutex<M>) {
      if (mutex_.depth() != 0) return Verdict::violated("not free after as many unlocks as locks");
    }
    return {};
  }

 private:
  alignas(kNoSharing) M mutex_;
  // Guarded by mutex_:
  alignas(kNoSharing) Witness witness_;
  Succession succession_;
  std::uint64_t scratch_ = 1;
  // Constant during a trial:
  alignas(kNoSharing) std::uint32_t depth_;
  std::uint32_t critical_;
  std::uint32_t parallel_;
  std::vector<Tally> tallies_;
};

}  // namespace

Workload recursion_workload() {
  Workload workload = make_workload<Recursion, RecursiveMutexes>({
      .name = "recursion",
      .source = "The Foundation: What Are Synchronization Primitives? (RLock)",
      .summary = "threads take one recursive mutex several times over, and let go as often",
      .operation = "one nest: down to the depth and back",
      .latency = "time to acquire the outermost level",
      .invariant = "sections never overlap; the mutex is free after as many unlocks as locks",
      .roles = {{"worker", "workers", true}},
      .parameters = {{"depth", "", 2, 1, 1000, "levels, the outermost included"},
                     {"critical", "ns", 0, 0, 1e9, "work at the innermost level"},
                     {"parallel", "ns", 0, 0, 1e9, "work between two nests, outside"}},
      .counts = succession_counts(),
  });
  add_scheduled<Recursion, RecursiveMutexes>(workload, "");
  return workload;
}

}  // namespace syncbench
