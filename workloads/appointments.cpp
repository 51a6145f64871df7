// The source document's waiting room. A patient draws a number and waits, in a loop, until that number is called; the
// receptionist calls the next few who wait, and tells everybody. Those whose turn it is not have been woken in vain and
// wait again. Or the receptionist tells exactly as many as it calls (`wake=exact`): numbers are drawn
// under the mutex and just before the wait, so a condition that serves first come, first served wakes the right ones;
// any other may wake the wrong ones, and then nobody comes.
#include <sched.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <vector>

#include "workloads/arrivals.hpp"
#include "workloads/busy_work.hpp"
#include "workloads/ring.hpp"
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
    if (would_call_the_wrong_ones()) return;
    Tally tally;
    if (worker.role() == kReceptionist) {
      call(worker, tally);
    } else if (params_["rate"] != 0) {
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

  // Runs after the join, so plain reads will do.
  Verdict verify(Team& team) const {
    if (would_call_the_wrong_ones())
      return Verdict::skipped("wake=exact needs a condition that serves first come, first served");
    Tally sum;
    Backlog backlog;
    for (const Tally& tally : tallies_) {
      sum.served += tally.served, sum.numbers += tally.numbers, sum.wrong += tally.wrong;
      sum.in_vain += tally.in_vain, sum.turned_away += tally.turned_away;
      if (tally.arrivals) backlog.add(*tally.arrivals);
    }
    if (params_["rate"] != 0) backlog.report(team);
    succession_.report(team, sum.served);
    team.count("woken_in_vain", static_cast<double>(sum.in_vain));
    team.count("turned_away", static_cast<double>(sum.turned_away));
    return judge(sum);
  }

 private:
  struct alignas(kNoSharing) Tally {
    std::uint64_t served = 0, numbers = 0;  // how many, and a sum that tells which
    std::uint64_t wrong = 0, in_vain = 0, turned_away = 0;
    std::optional<Arrivals> arrivals;  // with a rate
  };

  bool would_call_the_wrong_ones() const noexcept { return exact_ && !S::kTraits.fifo; }

  // Whoever was called is served, closed or not; so those who were served have the first numbers, each once.
  Verdict judge(const Tally& sum) const {
    std::uint64_t numbers = 0;
    for (std::uint64_t number = 0; number < sum.served; ++number) numbers += mix(number);
    const bool each_once = numbers == sum.numbers && scheduled_ == sum.served;
    const bool misled = exact_ && sum.in_vain != 0;  // first come, first served is exact, too
    if (each_once && sum.wrong == 0 && !misled && drawn_ == sum.served + waiting_) return {};
    return Verdict::violated(
        std::to_string(drawn_) + " numbers drawn, " + std::to_string(scheduled_) + " called, " +
        std::to_string(sum.served) + " served" + (each_once ? "" : ", not each called one once") + ", " +
        std::to_string(waiting_) + " left; not alone at the desk, or more than chairs: " + std::to_string(sum.wrong) +
        " times" + (misled ? "; wake=exact woke " + std::to_string(sum.in_vain) + " out of turn" : ""));
  }

  template <bool kOpen>
  void visit(Worker& worker, Probe& probe, Tally& tally) {
    std::uint64_t local = worker.rank() + 1;
    for (typename Probe::Stamp due{}, begun{}; begin_operation<kOpen>(worker, probe, tally.arrivals, due, begun);) {
      std::unique_lock hold(mutex_);
      const auto number = await_turn(hold, worker.rank(), tally);
      if (!number) break;
      const auto waited = probe.stop(due);
      const auto service = probe.stop(begun);
      be_served(worker.rank(), tally);
      hold.unlock();
      ++tally.served;
      tally.numbers += mix(*number);
      probe.record(waited);
      probe.record(service, 1);
      if (parallel_ != 0) local = multiply_chain(local, parallel_);
      worker.done();
    }
    if constexpr (kOpen) tally.arrivals->end();
    asm volatile("" ::"r"(local));
  }

  /// The patient's number, once it is called; none when the office closes first.
  std::optional<std::uint64_t> await_turn(std::unique_lock<typename S::Mutex>& hold, unsigned rank, Tally& tally) {
    // Without a chair: away, and back a little later. (Only without a lock can there be more waiting than others.)
    while (waiting_ >= chairs_ && waiting_ < patients_ && !closed_) {
      ++tally.turned_away;
      hold.unlock();
      ::sched_yield();
      hold.lock();
    }
    if (closed_) return std::nullopt;
    desk_.enter(rank);
    const std::uint64_t number = drawn_++;
    tally.wrong += ++waiting_ > chairs_;
    if (drawn_ - scheduled_ == 1) requested_.notify_one();  // the first who is not called yet
    for (bool first = true; number >= scheduled_; first = false) {
      if (closed_) return std::nullopt;  // still one of waiting_: verify() counts who is left
      tally.in_vain += !first;
      tally.wrong += !desk_.is_alone(rank);
      called_.wait(mutex_);
      desk_.enter(rank);
    }
    return number;
  }

  void be_served(unsigned rank, Tally& tally) noexcept {
    --waiting_;
    succession_.next(rank);
    if (critical_ != 0) scratch_ = multiply_chain(scratch_, critical_);
    tally.wrong += !desk_.is_alone(rank);
  }

  // One call a section: patients may come and go between two calls.
  void call(Worker& worker, Tally& tally) {
    while (worker.running()) {
      const std::lock_guard hold(mutex_);
      while (drawn_ == scheduled_ && !closed_) requested_.wait(mutex_);
      if (closed_) return;
      desk_.enter(worker.rank());
      const std::uint64_t batch = std::min(slots_, drawn_ - scheduled_);
      scheduled_ += batch;
      exact_ ? called_.notify(static_cast<std::uint32_t>(batch)) : called_.notify_all();
      tally.wrong += !desk_.is_alone(worker.rank());
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
  // Guarded by mutex_. Numbers count from 0: drawn_ of them were drawn, scheduled_ called; waiting_ patients sit on a
  // chair.
  alignas(kNoSharing) std::uint64_t drawn_ = 0;
  std::uint64_t scheduled_ = 0;
  std::uint64_t waiting_ = 0;
  Presence desk_;
  bool closed_ = false;
  std::uint64_t scratch_ = 1;
  Succession succession_;
  alignas(kNoSharing) std::vector<Tally> tallies_;
};

}  // namespace

Workload appointments_workload() {
  Description about{
      .name = "appointments",
      .source = "Mental Model: The Doctor's Office",
      .summary = "patients wait until their number is called, a receptionist calls a few at a time",
      .operation = "one appointment",
      .latency = "from asking for an appointment (with a rate: from when it was due) to the patient's turn",
      .invariant =
          "each number is served once, after it is called, and they are called in the order of arrival; never more "
          "waiting than chairs; with wake=exact nobody is woken out of turn (W4)",
      .roles = {{"patient", "patients", true}, {"receptionist", "receptionists", false, 1}},
      .parameters = {{"slots", "", 3, 1, 1 << 20, "patients who are called at a time, at most"},
                     {"chairs", "", 64, 1, 1 << 20, "patients who may wait; others go away and come again"},
                     choice(
                         "wake", {"all", "exact"},
                         "wake everybody, or as many as are called (conditions that serve in order; others: skipped)"),
                     {"critical", "ns", 0, 0, 1e9, "work of being served, alone, under the mutex"},
                     {"parallel", "ns", 0, 0, 1e9, "work of a patient between two visits"}},
      .series = {{"service", "with a rate: from the patient asking for an appointment to its turn"}},
      .counts = succession_counts(),
  };
  about.counts.front().meaning = "sections of the mutex in which a patient is served";
  about.counts.push_back({"woken_in_vain", "", "waits that ended though it was not the patient's turn"});
  about.counts.push_back({"turned_away", "", "times that a patient found no chair"});
  add_open_loop(about);
  return make_workload<Appointments, Conditions>(std::move(about));
}

}  // namespace syncbench
