// The source document's combination of an event and a condition: submitters put tasks into a queue, workers wait for
// work, and an event says that it is time to go home. As in the document workers wait with a timeout (`poll`), and the
// shutdown sets the event and then wakes everybody under the lock. Beyond it, the queue is bounded, and what was
// accepted before the shutdown is still taken out and accounted for, each task once; only the work of a task is left
// out then, since a thousand tasks of a millisecond would hold up the end of the trial for a second.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>

#include "primitives/families.hpp"
#include "workloads/arrivals.hpp"
#include "workloads/ring.hpp"
#include "workloads/scheduled_round.hpp"
#include "workloads/workload.hpp"

namespace syncbench {
namespace {

enum : unsigned { kSubmitter, kWorker };
enum : std::size_t { kService = 1, kShutdown = 2 };

template <class F, class Probe>
class WorkerPool {
 public:
  WorkerPool(const Params& params, Team& team)
      : params_(params),
        poll_(static_cast<std::int64_t>(params["poll"])),
        parallel_(steps_for(params["parallel"])),
        submitters_(team.roles()[kSubmitter]),
        workers_(team.roles()[kWorker]),
        queue_(static_cast<std::size_t>(params["capacity"])),
        tallies_(team.slots().size()) {
    team.name(&mutex_, sizeof mutex_, "mutex");
    team.name(&work_, sizeof work_, "work");
    team.name(&room_, sizeof room_, "room");
    team.name(&shutdown_, sizeof shutdown_, "shutdown");
  }

  void run(Worker& worker, Probe& probe) {
    Tally tally;
    if (worker.role() == kWorker) {
      work(worker, probe, tally);
      leave(probe);
    } else if (params_["rate"] != 0) {
      tally.arrivals.emplace(params_, worker, submitters_);
      submit_all<true>(worker, probe, tally);
    } else {
      submit_all<false>(worker, probe, tally);
    }
    tallies_[worker.rank()] = tally;
  }

  void close() {
    shutdown_at_ = std::chrono::steady_clock::now();
    shutdown_.set();
    const std::lock_guard hold(mutex_);
    sealed_ = true;
    left_over_ = std::min(queue_.size, queue_.capacity);
    work_.notify_all();
    room_.notify_all();
  }

  Verdict verify(Team& team) const {
    Tally sum;
    Backlog backlog;
    for (const Tally& tally : tallies_) {
      sum.accepted += tally.accepted, sum.accepted_sum += tally.accepted_sum;
      sum.done += tally.done, sum.done_sum += tally.done_sum;
      sum.violations += tally.violations, sum.too_late += tally.too_late, sum.timeouts += tally.timeouts;
      if (tally.arrivals) backlog.add(*tally.arrivals);
    }
    if (params_["rate"] != 0) backlog.report(team);
    queue_.succession.report(team, sum.accepted + sum.done);
    team.count("timeouts", static_cast<double>(sum.timeouts));
    team.count("left_over", static_cast<double>(left_over_));
    const bool same = sum.accepted == sum.done && sum.accepted_sum == sum.done_sum;
    if (same && sum.violations == 0 && sum.too_late == 0 && queue_.size == 0) return {};
    return Verdict::violated(std::to_string(sum.accepted) + " tasks accepted, " + std::to_string(sum.done) + " done, " +
                             std::to_string(queue_.size) + " left" + (same ? "" : "; not each once") + "; " +
                             std::to_string(sum.too_late) + " accepted after the shutdown; queue out of bounds " +
                             std::to_string(sum.violations) + " times");
  }

 private:
  using Task = Item<Probe>;
  struct alignas(kNoSharing) Tally {
    std::uint64_t accepted = 0, accepted_sum = 0, done = 0, done_sum = 0;
    std::uint64_t violations = 0, too_late = 0, timeouts = 0;
    std::optional<Arrivals> arrivals;
  };

  template <bool kOpen>
  void submit_all(Worker& worker, Probe& probe, Tally& tally) {
    for (Task task{worker.role_rank(), 1}; begin_operation<kOpen>(worker, probe, tally.arrivals, task.due, task.put);
         ++task.number) {
      if (!submit(task, worker.rank(), tally)) break;
      ++tally.accepted;
      tally.accepted_sum += mix(task.identity());
      worker.done();
    }
    if constexpr (kOpen) tally.arrivals->end();
  }

  /// False once the pool shuts down.
  bool submit(const Task& task, unsigned rank, Tally& tally) {
    const std::lock_guard hold(mutex_);
    while (queue_.size >= queue_.capacity && !shutdown_.is_set()) room_.wait(mutex_);
    if (shutdown_.is_set()) return false;
    tally.too_late += sealed_;
    tally.violations += !queue_.push(task, rank);
    work_.notify_one();
    return true;
  }

  void work(Worker& worker, Probe& probe, Tally& tally) {
    std::uint64_t local = worker.rank() + 1;
    for (Task task; take(task, worker.rank(), tally);) {
      probe.record(probe.stop(task.due));
      probe.record(probe.stop(task.put), kService);
      ++tally.done;
      tally.done_sum += mix(task.identity());
      if (parallel_ != 0 && worker.running()) local = multiply_chain(local, parallel_);
      worker.done();
    }
    asm volatile("" ::"r"(local));
  }

  /// False once the pool shuts down and nothing is left (or the queue is beyond repair: see the control).
  bool take(Task& task, unsigned rank, Tally& tally) {
    const std::lock_guard hold(mutex_);
    while (queue_.size == 0) {
      if (shutdown_.is_set()) return false;
      tally.timeouts += work_.wait_for(mutex_, poll_) == std::cv_status::timeout;
    }
    if (queue_.size > queue_.capacity && shutdown_.is_set()) return ++tally.violations, false;
    tally.violations += !queue_.pop(task, rank);
    room_.notify_one();
    return true;
  }

  // The last worker out has the time that the shutdown took. Relaxed: it is a count, and shutdown_at_ was published by
  // the event, which everybody saw who leaves.
  void leave(Probe& probe) noexcept {
    if constexpr (Probe::kTimes) {
      if (left_.fetch_add(1, std::memory_order_relaxed) + 1 == workers_)
        probe.record(Probe::Clock::now() - shutdown_at_, kShutdown);
    }
  }

  Params params_;
  std::chrono::nanoseconds poll_;
  std::uint32_t parallel_;
  unsigned submitters_, workers_;
  std::chrono::steady_clock::time_point shutdown_at_;
  alignas(kNoSharing) typename F::Mutex mutex_;
  alignas(kNoSharing) typename F::Condition work_;
  alignas(kNoSharing) typename F::Condition room_;
  alignas(kNoSharing) typename F::Event shutdown_;
  alignas(kNoSharing) Ring<Task> queue_;  // guarded by mutex_, and:
  bool sealed_ = false;                   // everybody was told: nothing may be accepted any more
  std::size_t left_over_ = 0;             // tasks in the queue at that moment
  alignas(kNoSharing) std::atomic<unsigned> left_{0};
  std::vector<Tally> tallies_;
};

}  // namespace

Workload worker_pool_workload() {
  Description about{
      .name = "worker-pool",
      .source = "Combining Primitives: Event + Condition",
      .summary = "submitters queue tasks, workers do them, an event sends everybody home",
      .operation = "one task",
      .latency = "from submitting a task (with a rate: from when it was due) to a worker starting it",
      .invariant = "every task accepted is done once, none is accepted after the shutdown, and all go home (W3)",
      .roles = {{"submitter", "submitters", false}, {"worker", "workers", true}},
      .parameters = {{"capacity", "", 1024, 1, 1 << 20, "places in the queue"},
                     {"poll", "ns", 1e9, 1000, 1e12, "timeout of a worker's wait for work"},
                     {"parallel", "ns", 0, 0, 1e9, "work of a task; none for those still queued at the shutdown"}},
      .series = {{"service", "with a rate: from submitting a task to a worker starting it"},
                 {"shutdown", "from setting the event to the last worker out, the queue emptied; one value a trial"}},
      .counts = succession_counts(),
  };
  about.counts.push_back({"timeouts", "", "waits for work that ended by their timeout"});
  about.counts.push_back(
      {"left_over", "", "tasks still queued at the shutdown, which the workers take before they leave"});
  add_open_loop(about);
  Workload workload = make_workload<WorkerPool, Families>(std::move(about));
  add_scheduled<WorkerPool, Families>(workload, "");
  return workload;
}

}  // namespace syncbench
