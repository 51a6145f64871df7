// The source document's warning: wait in a `while` loop, not after an `if`. A giver hands out tokens one by one and
// notifies one waiter for each. Now and then it notifies everybody although there is none, which for the waiters is a
// spurious wake-up; and a waiter that comes by may take the token before the one that was notified for it. Who looks
// again (`wait=while`) waits on. Who does not (`wait=if`) goes on without a token, and the trial is violated: to show
// that is what this workload is for.
#include <sched.h>

#include <mutex>
#include <vector>

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
        spurious_(static_cast<std::uint64_t>(params["spurious"])),
        most_(team.roles()[kWaiter]),
        tallies_(team.slots().size()) {
    team.name(&mutex_, sizeof mutex_, "mutex");
    team.name(&given_, sizeof given_, "given");
    team.name(&taken_, sizeof taken_, "taken");
  }

  void run(Worker& worker, Probe&) {
    Tally tally;
    if (worker.role() == kGiver) {
      give(worker, tally);
    } else {
      looks_again_ ? take<true>(worker, tally) : take<false>(worker, tally);
    }
    tallies_[worker.rank()] = tally;
  }

  void close() {
    {
      const std::lock_guard hold(mutex_);
      closed_ = true;
    }
    given_.notify_all();
    taken_.notify_all();
  }

  // Runs after the join, so plain reads will do.
  Verdict verify(Team& team) const {
    Tally sum;
    for (const Tally& tally : tallies_) {
      sum.given += tally.given, sum.alarms += tally.alarms, sum.taken += tally.taken;
      sum.without_token += tally.without_token, sum.survived += tally.survived, sum.torn += tally.torn;
    }
    team.count("tokens_taken", static_cast<double>(sum.taken));
    team.count("false_alarms", static_cast<double>(sum.alarms));
    team.count("spurious_survived", static_cast<double>(sum.survived));
    team.count("without_token", static_cast<double>(sum.without_token));
    succession_.report(team, sum.given + sum.taken);
    return judge(sum);
  }

 private:
  struct alignas(kNoSharing) Tally {
    std::uint64_t given = 0, alarms = 0;
    std::uint64_t taken = 0, without_token = 0, survived = 0;
    std::uint64_t torn = 0;
  };

  // A count that fell below zero is a huge one, and would be conserved all the same.
  Verdict judge(const Tally& sum) const {
    const bool conserved = tokens_ <= most_ && sum.given == sum.taken + tokens_;
    const bool alone = sum.torn == 0;
    if (sum.without_token == 0 && conserved && alone) return {};
    std::string why;
    if (sum.without_token != 0)
      why = std::to_string(sum.without_token) + " times a wait ended without a token and the waiter went on" +
            (looks_again_ ? "" : ", because it does not look again (wait=if)") + "; ";
    return Verdict::violated(why + std::to_string(sum.given) + " tokens given, " + std::to_string(sum.taken) +
                             " taken, " +
                             (tokens_ <= most_ ? std::to_string(tokens_) + " left" : "fewer than none left") +
                             (alone ? "" : "; the mutex did not exclude"));
  }

  template <bool kLooksAgain>
  void take(Worker& worker, Tally& tally) {
    while (worker.running()) {
      {
        const std::lock_guard hold(mutex_);
        presence_.enter(worker.rank());
        if constexpr (kLooksAgain) {
          for (bool first = true; tokens_ == 0 && !closed_; first = false) {
            tally.survived += !first;
            await_token(worker, tally);
          }
        } else {
          if (tokens_ == 0 && !closed_) await_token(worker, tally);
        }
        if (closed_) return;
        if (tokens_ == 0) {  // a program would now use what is not there
          ++tally.without_token;
          continue;
        }
        --tokens_;
        ++tally.taken;
        taken_.notify_one();
        leave(worker, tally);
      }
      worker.done();
    }
  }

  void await_token(const Worker& worker, Tally& tally) {
    ++waiting_;
    tally.torn += !presence_.is_alone(worker.rank());
    given_.wait(mutex_);
    presence_.enter(worker.rank());
    --waiting_;
    ++returned_;
  }

  void give(Worker& worker, Tally& tally) {
    for (std::uint64_t turn = 1; worker.running(); ++turn) {
      if (spurious_ != 0 && turn % spurious_ == 0) raise_false_alarm(tally);
      {
        const std::lock_guard hold(mutex_);
        while (tokens_ >= most_ && !closed_) taken_.wait(mutex_);
        if (closed_) return;
        presence_.enter(worker.rank());
        ++tokens_;
        ++tally.given;
        given_.notify_one();
        leave(worker, tally);
      }
      worker.done();
    }
  }

  // Wakes all who wait although there is no token, and puts none there before they have looked: a token that came in
  // the meantime would hide who does not look.
  void raise_false_alarm(Tally& tally) {
    std::unique_lock hold(mutex_);
    while (tokens_ != 0 && !closed_) taken_.wait(mutex_);
    give_way(hold, [&] { return waiting_ != 0; });
    if (closed_) return;
    ++tally.alarms;
    const std::uint64_t all = returned_ + waiting_;
    given_.notify_all();
    give_way(hold, [&] { return returned_ >= all; });
  }

  // Not for ever: what does not synchronize may never come to it.
  void give_way(std::unique_lock<typename S::Mutex>& hold, auto enough) {
    for (unsigned look = 0; look < kPatience && !closed_ && !enough(); ++look) {
      hold.unlock();
      ::sched_yield();
      hold.lock();
    }
  }

  void leave(const Worker& worker, Tally& tally) noexcept {
    succession_.next(worker.rank());
    tally.torn += !presence_.is_alone(worker.rank());
  }

  static constexpr unsigned kPatience = 10'000;  // some milliseconds

  bool looks_again_;
  std::uint64_t spurious_;
  std::uint64_t most_;  // as many tokens as waiters
  alignas(kNoSharing) typename S::Mutex mutex_;
  alignas(kNoSharing) typename S::Condition given_;
  alignas(kNoSharing) typename S::Condition taken_;
  // Guarded by mutex_:
  alignas(kNoSharing) std::uint64_t tokens_ = 0;
  std::uint64_t waiting_ = 0, returned_ = 0;  // those in a wait for a token; waits that have ended
  bool closed_ = false;
  Presence presence_;
  Succession succession_;
  alignas(kNoSharing) std::vector<Tally> tallies_;
};

}  // namespace

Workload while_or_if_workload() {
  Description about{
      .name = "while-or-if",
      .source = "The Producer-Consumer Pattern with Conditions (Key Insight); Spurious Wakeups",
      .summary = "a giver hands out tokens and raises false alarms; waiters look again, or do not",
      .operation = "one token taken",
      .latency = "",
      .invariant =
          "a token is taken only where there is one, and none is lost: wait=while keeps it, wait=if is shown to break "
          "it (C10)",
      .roles = {{"waiter", "waiters", true}, {"giver", "givers", false, 1}},
      .parameters = {choice("wait", {"while", "if"}, "look again after a wait, or do not"),
                     {"spurious", "", 4, 0, 1e9,
                      "before every so many-th token all are notified for nothing; 0: never"}},
      .counts = succession_counts(),
  };
  about.counts.front().meaning = "sections of the mutex in which a token is given or taken";
  about.counts.push_back({"tokens_taken", "", "tokens taken"});
  about.counts.push_back({"false_alarms", "", "notifications of all without a token"});
  about.counts.push_back({"spurious_survived", "", "waits that ended without a token, and were begun again"});
  about.counts.push_back({"without_token", "", "waits that ended without a token, and were not"});
  return make_workload<WhileOrIf, Conditions>(std::move(about));
}

}  // namespace syncbench
