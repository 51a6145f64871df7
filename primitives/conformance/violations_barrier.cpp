// Barriers, plain and breakable, each broken in one way. What is broken in a plain one breaks the same rule in a
// breakable one that is made from it.
#include <semaphore.h>

#include <algorithm>
#include <cstdlib>

#include "primitives/conformance/rules.hpp"
#include "primitives/conformance/sound_coordination.hpp"
#include "primitives/conformance/threads.hpp"
#include "primitives/conformance/violations.hpp"

namespace syncbench::conformance {
namespace {

using Index = std::uint32_t;
using Inner = std::unique_lock<std::mutex>;

// ---- Phases ---------------------------------------------------------------------------------------------------------

struct OpensOneEarly : SoundBarrier {
  OpensOneEarly(Index parties, PhaseAction action) : SoundBarrier(std::max(parties - 1, 1U), std::move(action)) {}
};
struct WakesOne : SoundBarrier {
  using SoundBarrier::SoundBarrier;
  void complete() override {
    if (action_) action_();
    arrived_ = 0;
    ++phase_;
    opened_.notify_one();
  }
};
/// Who waits looks at the count alone, which belongs to the next phase as soon as somebody is there.
struct KnowsNoPhases : SoundBarrier {
  using SoundBarrier::SoundBarrier;
  Index arrive_and_wait(Index) override {
    Inner inner(inner_);
    const Index index = count_arrival();
    ++inside_;
    while (arrived_ != 0) opened_.wait(inner);
    --inside_;
    return index;
  }
};
/// Opens, and sets the count back later: an arrival in between is forgotten.
struct OpensBeforeItResets : SoundBarrier {
  using SoundBarrier::SoundBarrier;
  Index arrive_and_wait(Index) override {
    Inner inner(inner_);
    const std::uint64_t mine = phase_;
    const Index index = arrived_++;
    ++inside_;
    if (arrived_ == parties_) {
      if (action_) action_();
      ++phase_;
      opened_.notify_all();
      inner.unlock();
      std::this_thread::sleep_for(std::chrono::microseconds(50));
      inner.lock();
      arrived_ = 0;
    }
    while (phase_ == mine) opened_.wait(inner);
    --inside_;
    return index;
  }
};
struct GivesAnIndexTwice : SoundBarrier {
  using SoundBarrier::SoundBarrier;
  Index arrive_and_wait(Index rank) override { return std::min(SoundBarrier::arrive_and_wait(rank), parties_ - 2); }
};
struct LetsLateComersPass : SoundBarrier {
  using SoundBarrier::SoundBarrier;
  Index arrive_and_wait(Index rank) override {
    {
      const std::lock_guard inner(inner_);
      if (inside_ >= std::max(2U, parties_)) return 0;  // it takes them for threads that are leaving
    }
    return SoundBarrier::arrive_and_wait(rank);
  }
};

// ---- Action ---------------------------------------------------------------------------------------------------------

struct ActsTwice : SoundBarrier {
  using SoundBarrier::SoundBarrier;
  void complete() override {
    if (action_) action_();
    SoundBarrier::complete();
  }
};
struct NeverActs : SoundBarrier {
  NeverActs(Index parties, const PhaseAction&) : SoundBarrier(parties, {}) {}
};
struct ActsAfterItOpened : SoundBarrier {
  using SoundBarrier::SoundBarrier;
  void complete() override {}
  Index arrive_and_wait(Index) override {
    Inner inner(inner_);
    const std::uint64_t mine = phase_;
    const Index index = arrived_++;
    ++inside_;
    if (arrived_ == parties_) {
      open();
      inner.unlock();
      std::this_thread::sleep_for(std::chrono::microseconds(20));
      if (action_) action_();
      inner.lock();
    }
    while (phase_ == mine) opened_.wait(inner);
    --inside_;
    return index;
  }
};

// ---- Other ways to use it -------------------------------------------------------------------------------------------

struct WaitsForTwoAtLeast : SoundBarrier {
  WaitsForTwoAtLeast(Index parties, PhaseAction action) : SoundBarrier(std::max(parties, 2U), std::move(action)) {}
};
struct TakesNobodyForOne : SoundBarrier {
  TakesNobodyForOne(Index parties, PhaseAction action) : SoundBarrier(std::max(parties, 1U), std::move(action)) {}
};
struct TouchesOnLeaving : SoundBarrier {
  using SoundBarrier::SoundBarrier;
  ~TouchesOnLeaving() override { alive = false; }
  Index arrive_and_wait(Index rank) override {
    const Index last = parties_ - 1;
    const Index index = SoundBarrier::arrive_and_wait(rank);
    if (index == last) return index;
    std::this_thread::sleep_for(std::chrono::microseconds(100));
    if (!alive) std::abort();
    return index;
  }
  std::atomic<bool> alive{true};
};
struct ForgetsWhoDropped : SoundBarrier {
  using SoundBarrier::SoundBarrier;
  void arrive_and_drop() override {
    const std::lock_guard inner(inner_);
    count_arrival();
  }
};
struct WhoArrivesMayGo : SoundBarrier {
  using SoundBarrier::SoundBarrier;
  struct Free : Token {
    void wait() override {}
  };
  std::unique_ptr<Token> arrive() override {
    const auto counted = SoundBarrier::arrive();
    return std::make_unique<Free>();
  }
};
struct CountsThoseWhoLeave : SoundBarrier {
  using SoundBarrier::SoundBarrier;
  std::optional<Index> waiting() const override { return phase_ == 0 ? arrived_ : arrived_ + 1; }
};

/// Keeps threads together, and orders nothing.
struct Relaxed : AnyBarrier {
  Relaxed(Index n, PhaseAction action) : parties(n), act(std::move(action)) {}
  Index arrive_and_wait(Index) override {
    const Index mine = phase.load(std::memory_order_relaxed);
    const Index index = arrived.fetch_add(1, std::memory_order_relaxed);
    if (index + 1 == parties) {
      if (act) act();
      arrived.store(0, std::memory_order_relaxed);
      phase.store(mine + 1, std::memory_order_relaxed);
    }
    while (phase.load(std::memory_order_relaxed) == mine) ::sched_yield();
    return index;
  }
  Index parties;
  PhaseAction act;
  std::atomic<Index> arrived{0};
  std::atomic<Index> phase{0};
};
struct HasRoomForEight : SoundBarrier {
  HasRoomForEight(Index parties, PhaseAction action) : SoundBarrier(std::min(parties, 8U), std::move(action)) {}
};
struct DozesOff : SoundBarrier {
  using SoundBarrier::SoundBarrier;
  Index arrive_and_wait(Index) override {
    using Clock = SteadyTime::clock;
    Inner inner(inner_);
    const std::uint64_t mine = phase_;
    const Index index = count_arrival();
    ++inside_;
    while (phase_ == mine) {
      opened_.wait_for(inner, std::chrono::microseconds(50));
      for (const auto end = Clock::now() + std::chrono::microseconds(100); Clock::now() < end;) continue;
    }
    --inside_;
    return index;
  }
};
/// For two, as the rule has it.
struct TakesASignalForAnArrival : AnyBarrier {
  TakesASignalForAnArrival(Index, const PhaseAction&) { ::sem_init(&second, 0, 0); }
  ~TakesASignalForAnArrival() override { ::sem_destroy(&second); }
  Index arrive_and_wait(Index) override {
    if (!there.exchange(true)) return ::sem_wait(&second), 0;
    there = false;
    return ::sem_post(&second), 1;
  }
  std::atomic<bool> there{false};
  sem_t second;
};
struct CountsToSixtyFour : SoundBarrier {
  using SoundBarrier::SoundBarrier;
  Index arrive_and_wait(Index) override {
    Inner inner(inner_);
    const std::uint64_t mine = phase_;
    total = (total + 1) % 64;
    const Index index = (total + parties_ - 1) % parties_;
    ++inside_;
    if (total % parties_ == 0) complete();
    while (phase_ == mine) opened_.wait(inner);
    --inside_;
    return index;
  }
  Index total = 0;
};

// ---- Breakable ------------------------------------------------------------------------------------------------------

/// A plain barrier as a breakable one that never breaks.
class NeverBreaks final : public AnyBreakableBarrier {
 public:
  NeverBreaks(std::unique_ptr<AnyBarrier> barrier, Index parties) : barrier_(std::move(barrier)), parties_(parties) {}
  Index wait() override { return barrier_->arrive_and_wait(0); }
  Index wait_for(Nanoseconds) override { return wait(); }
  Index wait_until(SteadyTime) override { return wait(); }
  void abort() override {}
  void reset() override {}
  Index parties() const override { return parties_; }
  Index waiting() const override { return barrier_->waiting().value_or(0); }
  bool broken() const override { return false; }

 private:
  std::unique_ptr<AnyBarrier> barrier_;
  Index parties_;
};

Violation<AnyBreakableBarrier> as_breakable(const Violation<AnyBarrier>& violation) {
  const Subject<AnyBarrier>& plain = violation.subject;
  return {violation.rule,
          {.name = plain.name,
           .family = plain.family,
           .traits = plain.traits,
           .sleeps = plain.sleeps,
           .observed = plain.observed,
           .checked = plain.checked,
           .make =
               [make = plain.make](Index parties, PhaseAction action, std::optional<Nanoseconds>) {
                 return std::make_unique<NeverBreaks>(make(parties, std::move(action)), parties);
               }},
          violation.shows,
          violation.needs};
}

template <class B>
Subject<AnyBarrier> broken(std::string_view name) {
  return {.name = name, .family = "broken", .traits = {}, .make = [](Index parties, PhaseAction action) {
            return std::make_unique<B>(parties, std::move(action));
          }};
}
template <class B>
Subject<AnyBarrier> spinning(std::string_view name) {
  auto subject = broken<B>(name);
  subject.sleeps = false;
  return subject;
}
template <class B>
Subject<AnyBarrier> checked(std::string_view name) {
  auto subject = broken<B>(name);
  subject.checked = true;
  return subject;
}

Subject<AnyBreakableBarrier> flawed(std::string_view name, Flaws flaws) {
  return {.name = name,
          .family = "broken",
          .traits = {},
          .make = [flaws](Index parties, PhaseAction action, std::optional<Nanoseconds> timeout) {
            return std::make_unique<SoundBreakableBarrier>(parties, std::move(action), timeout, flaws);
          }};
}

std::vector<Violation<AnyBreakableBarrier>> all_breakable() {
  std::vector<Violation<AnyBreakableBarrier>> all = {
      {"B20", flawed("a timeout ends one wait and no other", {.timeout_breaks_nobody = true})},
      {"B20", flawed("a deadline fails who has passed already", {.timeout_fails_leavers = true}), kViolation},
      {"B21", flawed("an abort is over at once", {.abort_is_not_kept = true})},
      {"B21", flawed("a second abort undoes the first", {.abort_undoes_abort = true})},
      {"B22", flawed("a reset forgets those who wait", {.reset_forgets_waiters = true}), kViolation | kHang},
      {"B23", flawed("a reset when nobody is there breaks it", {.reset_breaks = true})},
      {"B24", flawed("stays broken until those who were told have left", {.reset_waits_for_leavers = true})},
      {"B25", flawed("passes although the action threw", {.failed_action_passes = true})},
      {"B26", flawed("ignores the timeout of a call", {.ignores_call_timeout = true})},
      {"B26", flawed("ignores the timeout of the constructor", {.ignores_default_timeout = true})},
      {"B27", flawed("an action keeps those out who come", {.action_blocks_arrivals = true}), kViolation | kHang},
      {"B28", flawed("an abort fails those who are leaving", {.abort_fails_leavers = true})},
      {"B29", flawed("a deadline fails who has passed already", {.timeout_fails_leavers = true}), kViolation},
      {"B29", flawed("an abort fails those who are leaving", {.abort_fails_leavers = true}), kViolation},
      {"B30", flawed("waiting() counts those who were told", {.counts_the_broken = true})},
      {"B31", flawed("resets at the same time count the same threads twice", {.reset_counts_twice = true}), kViolation},
      {"X6", flawed("gives up when half the time has passed", {.halves_timeouts = true})},
      {"X6", flawed("a timeout ends one wait and no other", {.timeout_breaks_nobody = true})},
      {"X7", flawed("keeps a record of every timeout", {.keeps_timeouts = true}), kViolation},
  };
  for (const Violation<AnyBarrier>& violation : barrier_violations()) {
    const bool borrowed =
        std::ranges::any_of(breakable_barrier_rules(), [&](const auto& rule) { return rule.id == violation.rule; });
    if (borrowed) all.push_back(as_breakable(violation));
  }
  return all;
}

}  // namespace

const std::vector<Violation<AnyBarrier>>& barrier_violations() {
  static const std::vector<Violation<AnyBarrier>> all = {
      {"B1", broken<OpensOneEarly>("opens for one fewer"), kViolation | kHang},
      {"B2", broken<WakesOne>("wakes one of those who wait")},
      {"B3", broken<KnowsNoPhases>("knows no phases: who waits looks at the count")},
      {"B3", broken<OpensBeforeItResets>("opens before it sets its count back")},
      {"B4", broken<GivesAnIndexTwice>("gives an index twice")},
      {"B5", broken<ActsTwice>("runs the action twice")},
      {"B5", broken<NeverActs>("runs no action")},
      {"B5", broken<ActsAfterItOpened>("runs the action when all may leave")},
      {"B6", broken<WaitsForTwoAtLeast>("waits for two at least")},
      {"B6", checked<TakesNobodyForOne>("takes nobody for one")},
      {"B7", broken<LetsLateComersPass>("lets those pass who come while others leave"), kViolation | kHang},
      {"B8", broken<TouchesOnLeaving>("is looked at by those who leave"), kCrash},
      {"B9", broken<ForgetsWhoDropped>("forgets who dropped out")},
      {"B9", broken<WhoArrivesMayGo>("who has arrived may go")},
      {"B10", broken<CountsThoseWhoLeave>("counts one too many after the first phase")},
      {"X1", broken<OpensOneEarly>("opens for one fewer"), kViolation | kHang | kCrash},
      {"X1", spinning<Relaxed>("keeps threads together, and orders nothing"), kCrash, Needs::thread_sanitizer},
      {"X2", broken<TouchesOnLeaving>("is looked at by those who leave"), kCrash},
      {"X3", broken<HasRoomForEight>("has room for eight"), kViolation | kHang},
      {"X4", broken<DozesOff>("waiters spin between short sleeps")},
      {"X5", broken<TakesASignalForAnArrival>("takes a signal for an arrival")},
      {"X8", broken<OpensOneEarly>("opens for one fewer"), kViolation | kHang | kCrash},
      {"X8", spinning<Relaxed>("keeps threads together, and orders nothing"), kCrash, Needs::thread_sanitizer},
      {"X9", broken<CountsToSixtyFour>("counts to sixty-four"), kViolation | kHang},
  };
  return all;
}

const std::vector<Violation<AnyBreakableBarrier>>& breakable_barrier_violations() {
  static const auto all = all_breakable();
  return all;
}

Subject<AnyBarrier> sound_barrier() {
  return checked<SoundBarrier>("sound");
}
Subject<AnyBreakableBarrier> sound_breakable_barrier() {
  auto subject = flawed("sound", {});
  subject.checked = true;
  return subject;
}

}  // namespace syncbench::conformance
