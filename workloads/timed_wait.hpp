// Waits with a deadline, in rounds: all waiters of a round wait at one primitive until the same instant, and the
// controller sets it (fires the event, unlocks the mutex, ...) never, well before that instant, or as close to it as it
// can. It clears up when all are through, so that no wait can meet the set of another round.
//
// Whether a wait was right is judged from what the waiter itself can know: a false must not come before the deadline,
// nor after a set that was complete when the wait began; a true must not come before the set began. And from what the
// kernel knows: a waiter that slept when a set was made and completed in time must have been let go by it.
#pragma once

#include <sched.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "workloads/blocked.hpp"
#include "workloads/timed_primitives.hpp"
#include "workloads/workload.hpp"

namespace syncbench {

/// Moves the set of racing rounds towards the place where half of the waits are granted: a step later after a round
/// with more grants, a step earlier after one with fewer. The step halves when it turns, and doubles from the
/// third round on that goes the same way: two are what brings it back. [Dixon and Mood 1948, the up-and-down method]
class Lead {
 public:
  using Nanoseconds = std::chrono::nanoseconds;
  explicit Lead(Nanoseconds timeout) : most_(timeout / 2), step_(std::max(timeout / 64, kFinest)) {}

  /// How long before the deadline the set should come; negative: after it.
  Nanoseconds now() const noexcept { return lead_; }

  void learn(std::size_t granted, std::size_t waits) noexcept {
    if (2 * granted == waits) return;
    const bool later = 2 * granted > waits;
    run_ = later == later_ ? run_ + 1 : 1;
    if (run_ == 1) step_ = step_ / 2;
    if (run_ > 2) step_ = step_ * 2;
    step_ = std::clamp(step_, kFinest, std::max(most_ / 4, kFinest));
    later_ = later;
    lead_ = std::clamp(lead_ + (later ? -step_ : step_), -most_, most_);
  }

 private:
  static constexpr Nanoseconds kFinest{200};
  Nanoseconds most_;
  Nanoseconds step_;
  Nanoseconds lead_{0};
  bool later_ = false;
  unsigned run_ = 0;  // rounds in a row that went the same way
};

/// `On`: what the rounds are played on (timed_primitives.hpp).
template <class On, class Probe>
class TimedWait {
 public:
  enum Role : unsigned { kWaiter, kController };
  enum class Set { mixed, never, racing, always };  // the words of the parameter `set`; mixed: the others in turn

  TimedWait(const Params& params, Team& team)
      : team_(team),
        set_(static_cast<Set>(static_cast<int>(params["set"]))),
        timeout_(static_cast<std::int64_t>(params["timeout"])),
        on_(team.roles()[kWaiter], team),
        waiters_(team.roles()[kWaiter]),
        asleep_(waiters_.size(), false),
        lead_(timeout_) {}

  void run(Worker& worker, Probe& probe) {
    worker.role() == kWaiter ? wait(waiters_[worker.role_rank()], worker, probe) : control(worker);
  }

  /// No wait is longer than the timeout, and the controller ends the rounds.
  void close() noexcept {}

  Verdict verify(Team& team) const {
    team.count("race_true", static_cast<double>(race_true_));
    team.count("race_false", static_cast<double>(race_false_));
    team.count("blocked", static_cast<double>(blocked_));
    team.count("not_blocked", static_cast<double>(not_blocked_));
    Faults all = faults_;
    for (const Waiter& waiter : waiters_) all.add(waiter.faults);
    std::string text = first_fault_;
    const auto tell = [&text](std::uint64_t times, std::string_view what) {
      if (times != 0) text += (text.empty() ? "" : "; ") + std::to_string(times) + " times " + std::string(what);
    };
    tell(all.early, "timed out before the deadline");
    tell(all.unset, "granted before anything was set");
    tell(all.missed, "timed out though it had been set before the wait began");
    tell(all.slept_through, "timed out asleep though it was set before the deadline");
    tell(all.unsound, On::kUnsound);
    return text.empty() ? Verdict{} : Verdict::violated(text);
  }

 private:
  using Clock = std::chrono::steady_clock;

  struct Faults {
    std::uint64_t early = 0, unset = 0, missed = 0, slept_through = 0, unsound = 0;
    void add(const Faults& other) noexcept {
      early += other.early, unset += other.unset, missed += other.missed;
      slept_through += other.slept_through, unsound += other.unsound;
    }
  };
  struct alignas(kNoSharing) Waiter {
    std::atomic<std::uint64_t> begun{0};    // about to wait in this round
    std::atomic<std::uint64_t> through{0};  // out again
    ThreadId thread{0};
    bool granted = false;  // in this round; published by `through`
    Faults faults;
  };

  void wait(Waiter& self, Worker& worker, Probe& late) {
    Probe waking(worker, team_);  // samples of its own: grants and timeouts come in a rhythm
    self.thread.store(::gettid(), std::memory_order_relaxed);
    for (std::uint64_t round = 1;; ++round) {
      while (round_.load(std::memory_order_acquire) != round) ::sched_yield();
      if (over_) return;
      wait_once(self, round, late, waking);
      self.through.store(round, std::memory_order_release);
      worker.done();
    }
  }

  // Who came too late to wait does not count as late.
  void wait_once(Waiter& self, std::uint64_t round, Probe& late, Probe& waking) {
    const TimePoint deadline = deadline_;
    const bool was_set = set_done_.load(std::memory_order_acquire) == round;
    bool in_time = true;
    if constexpr (Probe::kTimes) in_time = Clock::now() < deadline;
    self.begun.store(round, std::memory_order_release);
    const Waited waited = on_.wait(deadline);
    Probe& probe = waited.granted ? waking : late;
    const bool timed = in_time && (!waited.granted || kind_ == Set::always);
    const auto took = probe.stop(timed ? probe.start_at(waited.granted ? set_at_ : deadline) : typename Probe::Stamp{});
    self.faults.early += !waited.granted && Clock::now() < deadline;
    self.faults.unsound += !on_.leave(waited);
    self.faults.unset += waited.granted && set_begun_.load(std::memory_order_relaxed) != round;
    self.faults.missed += !waited.granted && was_set && On::kLetsAllPass;
    self.granted = waited.granted;
    probe.record(took, waited.granted ? 1 : 0);
  }

  void control(Worker& worker) {
    on_.begin();
    for (std::uint64_t round = 1;; ++round) {
      kind_ = set_ == Set::mixed ? kTurns[(round - 1) % kTurns.size()] : set_;
      over_ = !worker.running();
      deadline_ = Clock::now() + timeout_;
      round_.store(round, std::memory_order_release);
      if (over_) break;
      const bool in_time = play(round);
      for (const Waiter& waiter : waiters_) await_mark(waiter.through, round, TimePoint::max());
      judge(in_time);
      worker.done();
    }
    on_.end();
  }

  // True if it was set before the deadline.
  bool play(std::uint64_t round) {
    switch (kind_) {
      case Set::always:
        await_asleep(round);
        break;
      case Set::racing:
        await_instant(deadline_ - lead_.now());
        break;
      default:
        if constexpr (requires { on_.inspect(); }) on_.inspect();
        // Wakes up after the waiters, so as not to need a processor when they do.
        std::this_thread::sleep_until(deadline_ + kAfterwards);
        return false;
    }
    if constexpr (Probe::kTimes) set_at_ = Clock::now();
    set_begun_.store(round, std::memory_order_relaxed);  // seen by whoever is let go
    const bool took = on_.set(deadline_);
    const bool before = Clock::now() < deadline_;
    if (took) set_done_.store(round, std::memory_order_release);
    faults_.early += !took && before;
    return took && before;
  }

  void judge(bool in_time) {
    const auto granted = static_cast<std::size_t>(std::ranges::count(waiters_, true, &Waiter::granted));
    if (kind_ == Set::racing) {
      race_true_ += granted;
      race_false_ += waiters_.size() - granted;
      lead_.learn(granted, waiters_.size());
    }
    if (kind_ == Set::always) {
      std::uint64_t slept = 0;  // and were not let go
      for (std::size_t i = 0; i < waiters_.size(); ++i) slept += asleep_[i] && !waiters_[i].granted;
      if (in_time && (On::kLetsAllPass || granted == 0)) faults_.slept_through += slept;
    }
    const std::string fault = on_.clear_up(kind_ != Set::never, granted);
    if (first_fault_.empty()) first_fault_ = fault;
  }

  // What spins never sleeps; what has not got there when half of the time is over is not waited for.
  void await_asleep(std::uint64_t round) {
    const TimePoint latest = deadline_ - timeout_ / 2;
    for (std::size_t i = 0; i < waiters_.size(); ++i) {
      asleep_[i] = await_mark(waiters_[i].begun, round, latest) && sleeps<typename On::Primitive>() &&
                   await_blocked(waiters_[i].thread, latest - Clock::now());
      ++(asleep_[i] ? blocked_ : not_blocked_);
    }
  }

  static bool await_mark(const std::atomic<std::uint64_t>& mark, std::uint64_t round, TimePoint latest) noexcept {
    while (mark.load(std::memory_order_acquire) != round) {
      if (latest != TimePoint::max() && Clock::now() >= latest) return false;
      ::sched_yield();
    }
    return true;
  }

  static void await_instant(TimePoint instant) {
    std::this_thread::sleep_until(instant - kAwakeBefore);
    while (Clock::now() < instant) ::sched_yield();
  }

  static constexpr std::array kTurns{Set::never, Set::racing, Set::always};
  static constexpr std::chrono::microseconds kAfterwards{50};
  static constexpr std::chrono::microseconds kAwakeBefore{200};

  alignas(kNoSharing) Team& team_;
  Set set_;
  std::chrono::nanoseconds timeout_;
  alignas(kNoSharing) On on_;
  // The round; published by round_.
  alignas(kNoSharing) std::atomic<std::uint64_t> round_{0};
  TimePoint deadline_;
  Set kind_ = Set::never;
  bool over_ = false;
  // The set; the round in which it last began, and was last complete.
  alignas(kNoSharing) std::atomic<std::uint64_t> set_begun_{0};
  std::atomic<std::uint64_t> set_done_{0};
  TimePoint set_at_;
  alignas(kNoSharing) std::vector<Waiter> waiters_;
  // The controller's:
  alignas(kNoSharing) std::vector<char> asleep_;
  Lead lead_;
  Faults faults_;
  std::string first_fault_;
  std::uint64_t race_true_ = 0, race_false_ = 0;
  std::uint64_t blocked_ = 0, not_blocked_ = 0;
};

template <class E, class Probe>
using TimedWaitOnEvent = TimedWait<OnEvent<E>, Probe>;
template <class M, class Probe>
using TimedWaitOnMutex = TimedWait<OnMutex<M>, Probe>;
template <class S, class Probe>
using TimedWaitOnSemaphore = TimedWait<OnSemaphore<S>, Probe>;
template <class C, class Probe>
using TimedWaitOnCondition = TimedWait<OnCondition<C>, Probe>;
template <class B, class Probe>
using TimedWaitOnBarrier = TimedWait<OnBarrier<B>, Probe>;

}  // namespace syncbench
