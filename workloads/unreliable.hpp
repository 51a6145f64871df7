// The source document's unreliable workers: one of those whom a barrier waits for does not come. It calls the meeting
// off (abort), keeps the others waiting until their patience ends (timeout), or sends them back to the start (reset).
// Whatever it does, all must learn the same; then one of them repairs the barrier, and all meet as if nothing had been.
//
// A cycle has four steps, between which all gather (at a count of the harness, not at what is measured):
//   1  the others wait at the barrier, and the unreliable one fails them
//   2  the barrier is asked how it is; if it is broken, all try again, in vain
//   3  the unreliable one resets it, and all pass one good phase
//   4  the leader looks at what everybody got
// In a race the unreliable one belongs to no party: it aborts while the last of the others arrives.
#pragma once

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "workloads/blocked.hpp"
#include "workloads/busy_work.hpp"
#include "workloads/workload.hpp"

namespace syncbench {

enum class Failure : unsigned { abort, timeout, reset, race };

template <class B, class Probe>
class Unreliable {
 public:
  Unreliable(const Params& params, Team& team)
      : parties_(static_cast<std::uint32_t>(team.slots().size())),
        failure_(static_cast<unsigned>(params["failure"])),
        timeout_(static_cast<std::int64_t>(params["timeout"])),
        hot_(params["waiters"] != 0),
        barrier_(parties_),
        race_(std::max(1U, parties_ - 1)),
        seats_(parties_) {
    team.name(&barrier_, sizeof barrier_, "barrier");
    team.name(&race_, sizeof race_, "barrier of the race");
  }

  void run(Worker& worker, Probe& probe) {
    const unsigned rank = worker.rank();
    seats_[rank].thread.store(::gettid(), std::memory_order_relaxed);
    std::uint64_t gathered = 0;
    for (std::uint64_t number = 1;; ++number) {
      const Cycle cycle = plan(number);
      B& barrier = cycle.failure == Failure::race ? race_ : barrier_;
      if (rank == 0) {
        over_ = !worker.running();
        timed_ = probe.start();
      }
      gather(++gathered);
      if (over_) return;
      fail(cycle, rank, barrier, gathered);
      gather(++gathered);
      if (rank == 0) ask(cycle, barrier);
      if (cycle.failure != Failure::reset && takes_part(cycle, rank)) seats_[rank].again = attempt(barrier);
      gather(++gathered);
      recover(cycle, rank, barrier);
      gather(++gathered);
      if (rank == 0) judge(cycle, barrier, probe);
      worker.done();
    }
  }

  void close() noexcept {}

  Verdict verify(Team& team) const {
    team.count("aborts", static_cast<double>(ended_[kAborted]));
    team.count("timeouts", static_cast<double>(ended_[kTimedOut]));
    team.count("resets", static_cast<double>(ended_[kReset]));
    team.count("race_passed", static_cast<double>(ended_[kRacePassed]));
    team.count("race_broken", static_cast<double>(ended_[kRaceBroken]));
    if constexpr (Probe::kTimes) {
      std::uint64_t blocked = 0, not_blocked = 0;
      for (const Seat& seat : seats_) blocked += seat.blocked, not_blocked += seat.not_blocked;
      team.count("blocked", static_cast<double>(blocked));
      team.count("not_blocked", static_cast<double>(not_blocked));
    }
    if (violations_ == 0) return {};
    return Verdict::violated(std::string(first_violation_) + "; " + std::to_string(violations_) + " violations in all");
  }

 private:
  using Clock = std::chrono::steady_clock;
  using Time = typename Probe::Stamp;

  static constexpr std::uint32_t kBroken = ~0U;  // in place of an arrival index
  enum : unsigned { kAborted, kTimedOut, kReset, kRacePassed, kRaceBroken, kEndings };

  struct Cycle {
    std::uint64_t number;
    Failure failure;
    unsigned unreliable;  // who fails the others
    unsigned last;        // who arrives last in a race
  };

  // What one worker got in this cycle. Plain: whoever reads it has gathered with the writer since.
  struct alignas(kNoSharing) Seat {
    std::uint32_t failed = 0, again = 0, good = 0;  // arrival indices, or kBroken
    // In a failure by timeout, and in throughput trials too: that nobody gave up early takes a clock to see.
    Clock::time_point deadline{}, gave_up{};
    [[no_unique_address]] Time failing{};    // before the abort or the reset
    [[no_unique_address]] Time out{};        // failed, or back from failing the others
    [[no_unique_address]] Time resetting{};  // before the repair
    [[no_unique_address]] Time passed{};     // the good phase
    ThreadId thread{0};
    std::uint64_t blocked = 0, not_blocked = 0;
  };

  // Every worker knows the plan. Each is the unreliable one in turn. Mixed failures go by the fractions of multiples of
  // the golden ratio, which are spread evenly also over every k-th cycle: whichever are timed, all kinds are among
  // them.
  Cycle plan(std::uint64_t number) const noexcept {
    const std::uint64_t mixed = (number * 0x9e3779b97f4a7c15U) >> 62;
    const auto failure = static_cast<Failure>(failure_ == 0 ? mixed : failure_ - 1);
    const auto unreliable = static_cast<unsigned>(number % parties_);
    // Alone, there is nobody to keep waiting or to race with.
    return {number, parties_ == 1 ? Failure::abort : failure, unreliable, (unreliable + 1) % parties_};
  }

  static bool takes_part(const Cycle& cycle, unsigned rank) noexcept {
    return cycle.failure != Failure::race || rank != cycle.unreliable;
  }

  // Step 1.
  void fail(const Cycle& cycle, unsigned rank, B& barrier, std::uint64_t gathered) {
    Seat& mine = seats_[rank];
    if (rank == cycle.unreliable) {
      let_down(cycle, mine, barrier, gathered);
    } else if (cycle.failure == Failure::timeout) {
      mine.deadline = Clock::now() + timeout_;
      mine.failed = attempt(barrier, timeout_);
      mine.gave_up = Clock::now();
    } else {
      if (cycle.failure == Failure::race && rank == cycle.last) take_aim(cycle, barrier, gathered);
      mine.failed = attempt(barrier);
    }
    mine.out = now();
  }

  void let_down(const Cycle& cycle, Seat& mine, B& barrier, std::uint64_t gathered) {
    if (cycle.failure == Failure::timeout) return;
    if (cycle.failure == Failure::race) {
      await([&] { return go_.load(std::memory_order_relaxed) == cycle.number; });
      linger(lead_);
      return barrier.abort();
    }
    const bool all_wait = !hot_ && await_waiting(barrier, parties_ - 1, gathered);
    if constexpr (Probe::kTimes) confirm_blocked(mine, cycle);
    mine.failing = now();
    if (cycle.failure == Failure::abort) return barrier.abort();
    barrier.reset();
    // Who came after the reset waits for a phase that is not to be. If all had come before, the one must be enough.
    if (!all_wait)
      await([&] {
        barrier.reset();
        return come(gathered + 1) + 1 >= parties_;
      });
  }

  // The last one in a race gives the word and arrives.
  void take_aim(const Cycle& cycle, const B& barrier, std::uint64_t gathered) {
    await_waiting(barrier, parties_ - 2, gathered);
    go_.store(cycle.number, std::memory_order_relaxed);
    linger(-lead_);
  }

  // Step 2. A race leaves the barrier broken, too: an abort that is too late for one phase breaks the next.
  void ask(const Cycle& cycle, const B& barrier) {
    expect(barrier.broken() == (cycle.failure != Failure::reset),
           cycle.failure == Failure::reset ? "broken after a reset" : "not broken after a failure");
    expect(barrier.waiting() == 0, "somebody is said to wait after all have failed");
  }

  // Step 3. After a failure by reset it is one more, of a barrier that nobody is at: nothing must change.
  void recover(const Cycle& cycle, unsigned rank, B& barrier) {
    Seat& mine = seats_[rank];
    if (rank == cycle.unreliable) {
      mine.resetting = now();
      barrier.reset();
      repaired_.store(cycle.number, std::memory_order_release);  // (1)
    } else {
      await([&] { return repaired_.load(std::memory_order_acquire) == cycle.number; });  // with (1)
    }
    if (!takes_part(cycle, rank)) return;
    mine.good = attempt(barrier);
    mine.passed = now();
  }

  // Step 4.
  void judge(const Cycle& cycle, const B& barrier, Probe& probe) {
    switch (cycle.failure) {
      case Failure::abort:
        judge_broken(cycle), ++ended_[kAborted];
        break;
      case Failure::timeout:
        judge_broken(cycle), judge_lateness(cycle), ++ended_[kTimedOut];
        break;
      case Failure::reset:
        judge_broken(cycle), ++ended_[kReset];
        break;
      case Failure::race:
        judge_race(cycle);
        break;
    }
    for (unsigned rank = 0; rank < parties_; ++rank)
      if (cycle.failure != Failure::reset && takes_part(cycle, rank))
        expect(seats_[rank].again == kBroken, "a call to a broken barrier passed");
    expect(are_permutation(cycle, &Seat::good), "the phase after the reset was not passed by all, each with its index");
    expect(!barrier.broken() && barrier.waiting() == 0, "broken, or waited at, after a good phase");
    if constexpr (Probe::kTimes) {
      if (timed_ != Time{}) record(cycle, probe);
    }
  }

  void judge_broken(const Cycle& cycle) {
    for (unsigned rank = 0; rank < parties_; ++rank)
      if (rank != cycle.unreliable) expect(seats_[rank].failed == kBroken, "passed a phase to which one did not come");
  }

  // The first deadline breaks it for all, so nobody is out before that.
  void judge_lateness(const Cycle& cycle) {
    for (unsigned rank = 0; rank < parties_; ++rank)
      if (rank != cycle.unreliable) expect(seats_[rank].gave_up >= first_deadline(cycle), "timed out early");
  }

  void judge_race(const Cycle& cycle) {
    const bool passed = are_permutation(cycle, &Seat::failed);
    std::uint32_t broken = 0;
    for (unsigned rank = 0; rank < parties_; ++rank)
      broken += rank != cycle.unreliable && seats_[rank].failed == kBroken;
    expect(passed || broken == parties_ - 1, "an abort during the last arrival: some passed, others did not");
    ++ended_[passed ? kRacePassed : kRaceBroken];
    handicap(passed);
  }

  // Whoever won gives the other more time, so that about half of the races go either way: ever more while one keeps
  // winning, less when it changes.
  void handicap(bool passed) noexcept {
    lead_step_ =
        passed == passed_last_ ? std::min(2 * lead_step_, kMostLead / 4) : std::max(lead_step_ / 4, kLeastStep);
    passed_last_ = passed;
    lead_ = std::clamp(lead_ + (passed ? -lead_step_ : lead_step_), -kMostLead, kMostLead);
  }

  bool are_permutation(const Cycle& cycle, std::uint32_t Seat::*index) {
    std::fill(seen_.begin(), seen_.end(), false);
    for (unsigned rank = 0; rank < parties_; ++rank) {
      if (!takes_part(cycle, rank)) continue;
      const std::uint32_t got = seats_[rank].*index;
      if (got >= parties_ - (cycle.failure == Failure::race) || seen_[got]) return false;
      seen_[got] = true;
    }
    return true;
  }

  void record(const Cycle& cycle, Probe& probe) {
    const Seat& culprit = seats_[cycle.unreliable];
    Time out = parties_ == 1 ? culprit.out : Time{}, passed{};
    for (unsigned rank = 0; rank < parties_; ++rank) {
      if (rank != cycle.unreliable) out = std::max(out, seats_[rank].out);
      if (takes_part(cycle, rank)) passed = std::max(passed, seats_[rank].passed);
    }
    const Time failing = cycle.failure == Failure::timeout ? first_deadline(cycle) : culprit.failing;
    if (cycle.failure != Failure::race) probe.record(out - failing);
    probe.record(passed - culprit.resetting, 1);
  }

  Clock::time_point first_deadline(const Cycle& cycle) const noexcept {
    auto first = Clock::time_point::max();
    for (unsigned rank = 0; rank < parties_; ++rank)
      if (rank != cycle.unreliable) first = std::min(first, seats_[rank].deadline);
    return first;
  }

  void expect(bool kept, std::string_view otherwise) noexcept {
    if (kept) return;
    if (violations_++ == 0) first_violation_ = otherwise;
  }

  template <class... Timeout>
  static std::uint32_t attempt(B& barrier, Timeout... timeout) {
    try {
      if constexpr (sizeof...(timeout) == 0) {
        return barrier.wait();
      } else {
        return barrier.wait_for(timeout...);
      }
    } catch (const BrokenBarrier&) {
      return kBroken;
    }
  }

  // The clock, if this cycle is timed.
  Time now() const noexcept {
    if constexpr (Probe::kTimes) {
      if (timed_ != Time{}) return Probe::Clock::now();
    }
    return {};
  }

  // Until so many wait. For a while only, and not once somebody is out: then this is not the barrier to wait for.
  bool await_waiting(const B& barrier, std::uint32_t others, std::uint64_t gathered) const {
    bool all = false;
    const auto end = Clock::now() + kPatience;
    await([&] {
      all = barrier.waiting() == others;
      return all || come(gathered + 1) != 0 || Clock::now() >= end;
    });
    return all;
  }

  void confirm_blocked(Seat& mine, const Cycle& cycle) {
    if (timed_ == Time{} || hot_ || !sleeps<B>()) return;
    for (unsigned rank = 0; rank < parties_; ++rank)
      if (rank != cycle.unreliable) ++(await_blocked(seats_[rank].thread, kPatience) ? mine.blocked : mine.not_blocked);
  }

  // All have come here for the `count`-th time. One read-modify-write each, whose order is that of the count: what was
  // written before coming is seen by all who go on.
  void gather(std::uint64_t count) noexcept {
    come_.fetch_add(1, std::memory_order_acq_rel);  // (2)
    await([&] { return come(count) >= parties_; });
  }
  // How many have come for the `count`-th time.
  std::uint64_t come(std::uint64_t count) const noexcept {
    const std::uint64_t before = (count - 1) * parties_;
    return come_.load(std::memory_order_acquire) - before;  // with (2)
  }

  // Gives the processor away now and then: who is awaited may need it.
  static void await(auto condition) {
    for (unsigned looks = 1; !condition(); ++looks)
      if (looks % kLooks == 0) ::sched_yield();
  }

  // Works for so many steps; long work makes room for others, since on one processor nothing else would let them race.
  static void linger(std::int64_t steps) noexcept {
    for (; steps > 0; steps -= kChunk) {
      asm volatile("" ::"r"(multiply_chain(1, static_cast<std::uint32_t>(std::min(steps, kChunk)))));
      if (steps > kChunk) ::sched_yield();
    }
  }

  static constexpr unsigned kLooks = 64;
  static constexpr std::chrono::milliseconds kPatience{20};
  static constexpr std::int64_t kLeastStep = 8, kMostLead = 4096, kChunk = 256;

  std::uint32_t parties_;
  unsigned failure_;
  std::chrono::nanoseconds timeout_;
  bool hot_;
  alignas(kNoSharing) B barrier_;
  alignas(kNoSharing) B race_;
  alignas(kNoSharing) std::atomic<std::uint64_t> come_{0};
  alignas(kNoSharing) std::atomic<std::uint64_t> go_{0};  // the race of this cycle is on
  std::atomic<std::uint64_t> repaired_{0};                // in this cycle
  // The leader's; others read them between two gatherings.
  alignas(kNoSharing) bool over_ = false;
  [[no_unique_address]] Time timed_{};
  std::int64_t lead_ = 0;  // steps that the abort of a race waits for the last arrival; negative: the other way round
  std::int64_t lead_step_ = kLeastStep;
  bool passed_last_ = false;
  std::array<std::uint64_t, kEndings> ended_{};
  std::uint64_t violations_ = 0;
  std::string_view first_violation_;
  std::vector<bool> seen_ = std::vector<bool>(parties_);
  alignas(kNoSharing) std::vector<Seat> seats_;
};

}  // namespace syncbench
