// The source document's waiting room: patients wait for an appointment and for their turn, the receptionist schedules a
// few at a time and calls everybody, and those whose turn it is not wait again. Or the receptionist calls exactly as
// many as there are appointments (`wake=exact`), which is right only where a condition serves first come, first served.
#include <sched.h>

#include <atomic>
#include <mutex>
#include <optional>

#include "workloads/arrivals.hpp"
#include "workloads/busy_work.hpp"
#include "workloads/witness.hpp"
#include "workloads/workload.hpp"

namespace syncbench {
namespace {

enum : unsigned { kPatient, kReceptionist };

template <class S, class Probe>
class Appointments {
 public:
  Appointments(const Params& params, Team& team)
      : params_(params),
        slots_(static_cast<std::uint64_t>(params["slots"])),
        chairs_(static_cast<std::uint64_t>(params["chairs"])),
        exact_(params["wake"] != 0),
        critical_(steps_for(params["critical"])),
        parallel_(steps_for(params["parallel"])),
        patients_(team.roles()[kPatient]),
        tallies_(team.slots().size()) {
    team.name(&mutex_, sizeof mutex_, "mutex");
    team.name(&called_, sizeof called_, "called");
    team.name(&requested_, sizeof requested_, "requested");
  }

  void run(Worker& worker, Probe& probe) {
    if (is_pointless()) return;
    if (worker.role() == kReceptionist) return receive(worker);
    Tally tally;
    if (params_["rate"] != 0) {
      tally.arrivals.emplace(params_, worker, patients_);
      visit<true>(worker, probe, tally);
    } else {
      visit<false>(worker, probe, tally);
    }
    tallies_[worker.rank()] = tally;
  }

  void close() {
    {
      const std::lock_guard hold(mutex_);
      closed_ = true;
    }
    requested_.notify_all();
    called_.notify_all();
  }

  Verdict verify(Team& team) const {
    if (is_pointless())
      return Verdict::skipped("wake=exact calls the first who came, and this condition wakes whom it likes");
    Tally sum;
    Backlog backlog;
    for (const Tally& tally : tallies_) {
      sum.served += tally.served, sum.numbers += tally.numbers, sum.violations += tally.violations;
      sum.in_vain += tally.in_vain, sum.turned_away += tally.turned_away;
      if (tally.arrivals) backlog.add(*tally.arrivals);
    }
    if (params_["rate"] != 0) backlog.report(team);
    succession_.report(team, witness_.count);
    team.count("woken_in_vain", static_cast<double>(sum.in_vain));
    team.count("turned_away", static_cast<double>(sum.turned_away));
    // Whoever was called is served, the close notwithstanding: those served are the first numbers, each once.
    const bool each_once = scheduled_ == sum.served && sum.numbers == sum.served * (sum.served - 1) / 2;
    if (sum.violations == 0 && each_once && drawn_ == sum.served + waiting_) return {};
    return Verdict::violated(std::to_string(drawn_) + " numbers drawn, " + std::to_string(scheduled_) + " called, " +
                             std::to_string(sum.served) + " served" +
                             (each_once ? "" : ", not each of those called once") + ", " + std::to_string(waiting_) +
                             " left; out of turn, or more than chairs: " + std::to_string(sum.violations) + " times");
  }

 private:
  // A condition that serves in no order may call one whose turn it is not, and then nobody comes.
  bool is_pointless() const noexcept { return exact_ && !S::kTraits.fifo && patients_ > 1; }

  struct alignas(kNoSharing) Tally {
    std::uint64_t served = 0, numbers = 0, violations = 0, in_vain = 0, turned_away = 0;
    std::optional<Arrivals> arrivals;
  };

  template <bool kOpen>
  void visit(Worker& worker, Probe& probe, Tally& tally) {
    std::uint64_t local = worker.rank() + 1;
    while (worker.running()) {
      typename Probe::Stamp due, begun;
      if constexpr (kOpen) {
        due = probe.start_at(tally.arrivals->next(worker));
        if (!worker.running()) break;
        begun = probe.restart(due);
      } else {
        due = probe.start();
      }
      if (!be_served(worker, tally)) break;
      probe.record(probe.stop(due));
      if constexpr (kOpen) probe.record(probe.stop(begun), 1);
      if (parallel_ != 0) local = multiply_chain(local, parallel_);
      worker.done();
    }
    asm volatile("" ::"r"(local));
  }

  /// False once the practice is closed.
  bool be_served(Worker& worker, Tally& tally) {
    std::unique_lock hold(mutex_);
    while (waiting_ >= chairs_ && waiting_ < patients_ && !closed_) {  // no chair: away, and back a little later
      ++tally.turned_away;
      hold.unlock();
      ::sched_yield();
      hold.lock();
    }
    if (closed_) return false;
    const std::uint64_t number = drawn_++;
    tally.violations += ++waiting_ > chairs_;
    if (drawn_ - scheduled_ == 1) requested_.notify_one();  // the first for whom nothing is scheduled yet
    for (bool first = true; number >= scheduled_; first = false) {
      if (closed_) return false;  // and is still waiting_: verify() counts who is left
      tally.in_vain += !first;
      called_.wait(mutex_);
    }
    --waiting_;
    tally.violations += !witness_.step();
    succession_.next(worker.rank());
    if (critical_ != 0) scratch_ = multiply_chain(scratch_, critical_);
    ++tally.served;
    tally.numbers += number;
    return true;
  }

  void receive(Worker& worker) {
    std::unique_lock hold(mutex_);
    for (;;) {
      while (scheduled_ == drawn_ && !closed_) requested_.wait(mutex_);
      if (closed_) return;
      const std::uint64_t batch = std::min(slots_, drawn_ - scheduled_);
      scheduled_ += batch;
      exact_ ? called_.notify(static_cast<std::uint32_t>(batch)) : called_.notify_all();
      worker.done();
    }
  }

  Params params_;
  std::uint64_t slots_, chairs_;
  bool exact_;
  std::uint32_t critical_, parallel_;
  unsigned patients_;
  alignas(kNoSharing) typename S::Mutex mutex_;
  alignas(kNoSharing) typename S::Condition called_;
  alignas(kNoSharing) typename S::Condition requested_;
  // Guarded by mutex_. drawn_ numbers were drawn, the first scheduled_ of them called; those of waiting_ are not
  // served.
  alignas(kNoSharing) std::uint64_t drawn_ = 0;
  std::uint64_t scheduled_ = 0;
  std::uint64_t waiting_ = 0;
  bool closed_ = false;
  std::uint64_t scratch_ = 1;
  Witness witness_;
  Succession succession_;
  std::vector<Tally> tallies_;
};

}  // namespace

Workload appointments_workload() {
  Description about{
      .name = "appointments",
      .source = "Mental Model: The Doctor's Office",
      .summary = "patients wait for their turn, a receptionist calls a few at a time",
      .operation = "one appointment",
      .latency = "from asking for an appointment (with a rate: from when it was due) to being served",
      .invariant = "each number drawn is served once, none before it is called, none more than there are chairs (W4)",
      .roles = {{"patient", "patients", true}, {"receptionist", "receptionists", false, 1}},
      .parameters = {{"slots", "", 3, 1, 1 << 20, "appointments that are called at a time, at most"},
                     {"chairs", "", 64, 1, 1 << 20, "patients who may wait; others come again"},
                     choice("wake", {"all", "exact"},
                            "call everybody, or as many as there are appointments (conditions that serve in order)"),
                     {"critical", "ns", 0, 0, 1e9, "work of being served, under the mutex"},
                     {"parallel", "ns", 0, 0, 1e9, "work of a patient between two visits"}},
      .series = {{"service", "with a rate: from asking for an appointment to being served"}},
      .counts = succession_counts(),
  };
  about.counts.push_back({"woken_in_vain", "", "waits that ended though it was not the patient's turn"});
  about.counts.push_back({"turned_away", "", "times a patient found no chair"});
  add_open_loop(about);
  return make_workload<Appointments, Conditions>(std::move(about));
}

}  // namespace syncbench
