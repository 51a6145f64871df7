// A workload under the scheduler: the same class that is timed, run by fibers for a handful of operations, in every
// order that the scheduler thinks of. For workloads whose workers wait in primitives alone: a loop of their own that
// looks at plain memory would keep the one real thread for ever.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "primitives/schedule/scheduled_platform.hpp"
#include "primitives/stress/programs.hpp"
#include "workloads/probe.hpp"
#include "workloads/workload.hpp"

namespace syncbench {

/// The team of a scheduled round: no threads, no clock. Its workers are told to stop when they have done a few
/// operations.
class ScheduledTeam final : public Team {
 public:
  /// As many workers as `workers`, dealt to the roles in turn.
  ScheduledTeam(unsigned workers, std::size_t roles);

  Worker worker(unsigned rank) {
    return {control_, slots_[rank], {}, rank, roles_of_[rank], rank / static_cast<unsigned>(roles_.size())};
  }
  void finished(unsigned rank) { slots_[rank].finished.store(1, std::memory_order_relaxed); }
  unsigned workers() const { return static_cast<unsigned>(slots_.size()); }
  /// What the thread does that is not a worker: lets the others work for a while, then stops them.
  void stop_after_a_while();

  void run(void*, const RoundCalls&) override {}  // fibers are the scheduler's to run
  std::span<const unsigned> roles() const override { return roles_; }
  std::span<const WorkerSlot> slots() const override { return slots_; }
  std::span<Histogram> series(unsigned) override { return {}; }
  unsigned sample_every() const override { return 1; }
  void count(std::string_view, double) override {}
  void name(const void*, std::size_t, std::string_view) override {}

 private:
  static constexpr std::uint64_t kOperations = 3;
  std::vector<unsigned> roles_, roles_of_;
  Control control_;
  std::vector<WorkerSlot> slots_;
};

/// One run: workers first, then the thread that stops them.
template <class W>
class ScheduledRound final : public stress::Execution {
 public:
  static inline Params params;  ///< of all runs; set when the workload is described
  static inline std::size_t roles = 1;

  explicit ScheduledRound(stress::Shape shape) : team_(shape.threads - 1, roles), workload_(params, team_) {}
  void body(unsigned thread) override {
    if (thread < team_.workers()) {
      Worker worker = team_.worker(thread);
      NoProbe probe(worker, team_);
      workload_.run(worker, probe);
      return team_.finished(thread);
    }
    team_.stop_after_a_while();
    workload_.close();
  }
  void check() override {
    const Verdict verdict = workload_.verify(team_);
    stress::expect(verdict.kind != Verdict::Kind::violated, verdict.reason);
  }
  const void* state() const override { return &workload_; }
  std::size_t state_size() const override { return sizeof workload_; }

 private:
  ScheduledTeam team_;
  W workload_;
};

/// The parameters' defaults, but for buffers of one place, which is where they break.
Params params_for_scheduling(const Description& about);

/// Lets the representatives of `Table` that suit be scheduled under `W`. Call after add_cases or make_workload.
template <template <class, class> class W, template <class> class Table>
void add_scheduled(Workload& workload, std::string_view on) {
  Table<schedule::ScheduledPlatform>::for_each([&]<class I>() {
    if constexpr (I::kStanding == Standing::representative && I::kTraits.promise == Profile::strict) {
      using Round = ScheduledRound<W<typename I::Type, NoProbe>>;
      for (Case& one : workload.cases) {
        if (one.on != on || one.implementation != I::kName) continue;
        Round::params = params_for_scheduling(workload.description);
        Round::roles = workload.description.roles.size();
        one.scheduled = [](stress::Shape shape) -> std::unique_ptr<stress::Execution> {
          return std::make_unique<Round>(shape);
        };
      }
    }
  });
}

/// A program for each case of each workload that can be scheduled: "prodcons:tristate/backoff-park:condition".
const std::vector<stress::Program>& scheduled_workloads();

}  // namespace syncbench
