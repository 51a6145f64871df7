// The source document's warning: wait in a `while` loop, not after an `if`. A giver hands out tokens one by one and
// notifies; now and then it notifies everybody although there is nothing, which for the waiters is a spurious wake-up.
// Who looks again (`wait=while`) waits on. Who does not (`wait=if`) takes a token that is not there, and the trial is
// violated: that is what this workload is for.
#include <mutex>
#include <vector>

#include "workloads/busy_work.hpp"
#include "workloads/witness.hpp"
#include "workloads/workload.hpp"

namespace syncbench {
namespace {

enum : unsigned { kWaiter, kGiver };

template <class S, class Probe>
class WhileOrIf {
 public:
  WhileOrIf(const Params& params, Team& team)
      : looks_again_(params["wait"] == 0),
        spurious_(static_cast<std::uint32_t>(params["spurious"])),
        most_(team.roles()[kWaiter]),
        tallies_(team.slots().size()) {
    team.name(&mutex_, sizeof mutex_, "mutex");
    team.name(&given_, sizeof given_, "given");
    team.name(&taken_, sizeof taken_, "taken");
  }

  void run(Worker& worker, Probe&) {
    if (worker.role() == kGiver) return give(worker);
    looks_again_ ? take<true>(worker) : take<false>(worker);
  }

  void close() {
    {
      const std::lock_guard hold(mutex_);
      closed_ = true;
    }
    given_.notify_all();
    taken_.notify_all();
  }

  Verdict verify(Team& team) const {
    Tally sum;
    for (const Tally& tally : tallies_)
      sum.taken += tally.taken, sum.not_there += tally.not_there, sum.survived += tally.survived;
    team.count("spurious_survived", static_cast<double>(sum.survived));
    team.count("taken_from_nothing", static_cast<double>(sum.not_there));
    team.count("false_alarms", static_cast<double>(false_alarms_));
    succession_.report(team, witness_.count);
    const bool conserved = given_count_ == sum.taken + tokens_ && witness_.count == given_count_ + sum.taken;
    if (sum.not_there == 0 && conserved) return {};
    return Verdict::violated("of " + std::to_string(given_count_) + " tokens given " + std::to_string(sum.taken) +
                             " were taken and " + std::to_string(tokens_) + " are left; " +
                             std::to_string(sum.not_there) + " times a waiter went on when there was none" +
                             (looks_again_ ? "" : ", for it did not look again (wait=if)"));
  }

 private:
  struct alignas(kNoSharing) Tally {
    std::uint64_t taken = 0, not_there = 0, survived = 0;
  };

  template <bool kLooksAgain>
  void take(Worker& worker) {
    Tally tally;
    while (worker.running()) {
      std::unique_lock hold(mutex_);
      if constexpr (kLooksAgain) {
        for (bool first = true; tokens_ == 0 && !closed_; first = false) {
          tally.survived += !first;
          given_.wait(mutex_);
        }
      } else {
        if (tokens_ == 0 && !closed_) given_.wait(mutex_);
      }
      if (closed_) break;
      if (tokens_ == 0) {  // what would follow in a program is a read of something that is not there
        ++tally.not_there;
        continue;
      }
      --tokens_;
      ++tally.taken;
      step(worker);
      taken_.notify_one();
      hold.unlock();
      worker.done();
    }
    tallies_[worker.rank()] = tally;
  }

  // As many tokens as there are waiters, so that it is the waiters who wait most of the time.
  void give(Worker& worker) {
    for (std::uint32_t turn = 1; worker.running(); ++turn) {
      std::unique_lock hold(mutex_);
      if (spurious_ != 0 && turn % spurious_ == 0) {
        ++false_alarms_;
        given_.notify_all();
      }
      while (tokens_ >= most_ && !closed_) taken_.wait(mutex_);
      if (closed_) return;
      ++tokens_;
      ++given_count_;
      step(worker);
      given_.notify_one();
      hold.unlock();
      worker.done();
    }
  }

  void step(const Worker& worker) noexcept {
    witness_.step();
    succession_.next(worker.rank());
  }

  bool looks_again_;
  std::uint32_t spurious_;
  std::uint64_t most_;
  alignas(kNoSharing) typename S::Mutex mutex_;
  alignas(kNoSharing) typename S::Condition given_;
  alignas(kNoSharing) typename S::Condition taken_;
  // Guarded by mutex_:
  alignas(kNoSharing) std::uint64_t tokens_ = 0;
  std::uint64_t given_count_ = 0, false_alarms_ = 0;
  bool closed_ = false;
  Witness witness_;
  Succession succession_;
  std::vector<Tally> tallies_;
};

}  // namespace

Workload while_or_if_workload() {
  Description about{
      .name = "while-or-if",
      .source = "Spurious Wakeups (Always use while loops)",
      .summary = "a giver hands out tokens and gives false alarms; waiters look again, or do not",
      .operation = "one token taken",
      .latency = "",
      .invariant = "a token is taken only where there is one: wait=while holds, wait=if is shown to break (C10)",
      .roles = {{"waiter", "waiters", true}, {"giver", "givers", false, 1}},
      .parameters = {choice("wait", {"while", "if"}, "look again after each wait, or not"),
                     {"spurious", "", 4, 0, 1e9, "before each so many-th token a notification without one; 0: never"}},
      .counts = succession_counts(),
  };
  about.counts.push_back({"false_alarms", "", "notifications without a token"});
  about.counts.push_back({"spurious_survived", "", "waits that ended without a token, and were begun again"});
  about.counts.push_back({"taken_from_nothing", "", "waits that ended without a token, and were not"});
  return make_workload<WhileOrIf, Conditions>(std::move(about));
}

}  // namespace syncbench
