// The scheduler's own proof: planted faults of the textbook kind are found, by the way of going wrong that they have,
// made small, and run again from their string as often as one likes; what is right stays silent; a missing fence is
// found with store buffers and only with them.
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <set>
#include <stdexcept>

#include "primitives/schedule/explore.hpp"
#include "primitives/schedule/scheduled_platform.hpp"
#include "primitives/schedule/strategies.hpp"
#include "primitives/stress/make_programs.hpp"

namespace syncbench::schedule {
namespace {

using namespace stress;
using P = ScheduledPlatform;
using Kind = Outcome::Kind;
constexpr auto kAcquire = std::memory_order_acquire;
constexpr auto kRelease = std::memory_order_release;
constexpr auto kRelaxed = std::memory_order_relaxed;

struct Traited {
  static constexpr Traits kTraits{.source = "planted"};
};

// ---- Planted faults -------------------------------------------------------------------------------------------------

/// Looks, then takes: two steps.
struct TakesInTwoSteps {
  void lock() {
    while (word.load(kAcquire) != 0) P::relax();
    word.store(1, kRelaxed);
  }
  void unlock() { word.store(0, kRelease); }
  P::Word word{0};
};
/// A woken waiter takes the lock as if nobody else slept.
struct ForgetsOtherSleepers {
  void lock() {
    std::uint32_t expected = 0;
    if (word.compare_exchange_strong(expected, 1, kAcquire, kRelaxed)) return;
    while (word.exchange(2, kAcquire) != 0) P::park(word, 2, Never{});
    word.store(1, kRelaxed);
  }
  void unlock() {
    if (word.exchange(0, kRelease) == 2) P::unpark(&word, 1);
  }
  P::Word word{0};
};
/// Looks at itself after it has let go.
struct TouchesAfterUnlock {
  void lock() {
    while (word.exchange(1, kAcquire) != 0) P::relax();
  }
  void unlock() {
    word.store(0, kRelease);
    (void)word.load(kRelaxed);
  }
  P::Word word{0};
};
/// Waits for a word that nobody changes.
struct NeverLetsGo {
  void lock() {
    while (word.exchange(1, kAcquire) != 0) P::relax();
  }
  void unlock() {}
  P::Word word{0};
};
/// Passes the lock on, and nothing that was written under it.
struct UnlocksRelaxed {
  void lock() {
    while (word.exchange(1, kAcquire) != 0) P::relax();
  }
  void unlock() { word.store(0, kRelaxed); }
  P::Word word{0};
};
/// Goes on as if the lock were its own when it wakes up.
struct BelievesTheWakeUp {
  void lock() {
    std::uint32_t expected = 0;
    if (word.compare_exchange_strong(expected, 1, kAcquire, kRelaxed)) return;
    if (word.exchange(2, kAcquire) == 0) return;
    P::park(word, 2, Never{});
    word.store(2, kRelaxed);
  }
  void unlock() {
    if (word.exchange(0, kRelease) == 2) P::unpark(&word, 1);
  }
  P::Word word{0};
};
/// A weak exchange may fail for no reason, and the attempt with it.
struct TriesWeakly {
  void lock() {
    while (!try_lock()) P::relax();
  }
  bool try_lock() {
    std::uint32_t expected = 0;
    return word.compare_exchange_weak(expected, 1, kAcquire, kRelaxed);
  }
  void unlock() { word.store(0, kRelease); }
  P::Word word{0};
};
/// Wakes somebody only when the count was zero.
struct WakesOnZeroOnly {
  explicit WakesOnZeroOnly(std::ptrdiff_t permits) : count(static_cast<std::uint32_t>(permits)) {}
  void acquire() {
    for (;;) {
      std::uint32_t seen = count.load(kRelaxed);
      while (seen != 0)
        if (count.compare_exchange_weak(seen, seen - 1, kAcquire, kRelaxed)) return;
      P::park(count, 0, Never{});
    }
  }
  bool try_acquire() {
    std::uint32_t seen = count.load(kRelaxed);
    while (seen != 0)
      if (count.compare_exchange_weak(seen, seen - 1, kAcquire, kRelaxed)) return true;
    return false;
  }
  void release(std::ptrdiff_t n = 1) {
    if (count.fetch_add(static_cast<std::uint32_t>(n), kRelease) == 0) P::unpark(&count, 1);
  }
  P::Word count;
};
/// Waiters look at the flag alone: a set that is cleared at once passes them by.
struct FlagAlone {
  void set() {
    flag.store(1, kRelease);
    P::unpark(&flag, kEverybody);
  }
  void clear() { flag.store(0, kRelease); }
  bool is_set() const { return flag.load(kAcquire) != 0; }
  void wait() {
    while (flag.load(kAcquire) == 0) P::park(flag, 0, Never{});
  }
  P::Word flag{0};
};
/// Opens before it has set the count back.
struct OpensTooSoon {
  explicit OpensTooSoon(std::uint32_t n) : parties(n) {}
  std::uint32_t arrive_and_wait() {
    const std::uint32_t phase = open.load(kAcquire);
    const std::uint32_t index = arrived.fetch_add(1, kRelaxed);
    if (index + 1 == parties) {
      open.store(phase + 1, kRelease);
      arrived.store(0, kRelaxed);
      return index;
    }
    while (open.load(kAcquire) == phase) P::relax();
    return index;
  }
  std::uint32_t parties;
  P::Word arrived{0}, open{0};
};
/// Gives the lock up, and begins to wait a little later.
struct WaitsTooLate : Traited {
  void notify_one() {
    sequence.fetch_add(1, kRelaxed);
    P::unpark(&sequence, 1);
  }
  void notify_all() {
    sequence.fetch_add(1, kRelaxed);
    P::unpark(&sequence, kEverybody);
  }
  template <class Lock>
  void wait(Lock& lock) {
    lock.unlock();
    const std::uint32_t seen = sequence.load(kRelaxed);
    P::park(sequence, seen, Never{});
    lock.lock();
  }
  P::Word sequence{0};
};
struct PlainMutex {
  void lock() {
    while (!try_lock()) P::park(word, 1, Never{});
  }
  bool try_lock() { return word.exchange(1, kAcquire) == 0; }
  void unlock() {
    word.store(0, kRelease);
    P::unpark(&word, 1);
  }
  P::Word word{0};
};
/// Each says that it wants in and looks at the other: right only if a store is seen before the load that follows it.
/// [Dekker, in Dijkstra 1965, EWD 123]
template <std::memory_order kStore>
struct Intentions {
  static constexpr std::string_view kName = "intentions";
  static constexpr std::string_view kRules = "M1";
  static constexpr Range kThreads{2, 2};
  explicit Intentions(Shape) {}
  void body(unsigned thread) {
    wants[thread].store(1, kStore);
    if (wants[1 - thread].load(kAcquire) == 0) {
      inside.visit();
    }
    wants[thread].store(0, kRelease);
  }
  void check() {}
  P::Word wants[2];
  Crowd inside{1};
};
template <class T>
using FencedIntentions = Intentions<std::memory_order_seq_cst>;
template <class T>
using BareIntentions = Intentions<std::memory_order_release>;

template <class T>
using Planted = Implementation<"planted", "planted", Standing::variant, "a fault", T>;
template <class T>
struct With : T, Traited {
  using T::T;
};
template <class C, class M>
struct With<ConditionOver<C, M>> : ConditionOver<C, M> {};

template <template <class> class Scenario, class T>
Program program() {
  std::vector<Program> all;
  Programs(all, Mode::scheduled).add<Scenario, Planted<With<T>>>("planted");
  return all.at(0);
}

constexpr Budget kBudget{.time = std::chrono::milliseconds(20), .bound = 2};

Exploration explored(const Program& planted, unsigned threads, bool store_buffers = false) {
  Budget budget = kBudget;
  budget.store_buffers = store_buffers;
  for (const Shape& shape : explored_shapes(planted))
    if (shape.threads == threads) return explore(planted, shape, budget);
  throw std::logic_error("not for so many threads");
}

void expect_found(const Program& planted, unsigned threads, Kind kind, const std::string& rule = "") {
  const Exploration result = explored(planted, threads);
  ASSERT_TRUE(result.failure) << planted.scenario << ": nothing after " << result.schedules << " schedules";
  EXPECT_EQ(to_text(result.failure->kind), to_text(kind)) << result.failure->reason;
  EXPECT_EQ(result.failure->reason.substr(0, rule.size()), rule);
  EXPECT_FALSE(result.failure->trace.empty());
  EXPECT_LT(result.schedules, 5000U);
}

TEST(Scheduler, finds_two_holders) {
  expect_found(program<Exclusion, TakesInTwoSteps>(), 2, Kind::violated);
}
TEST(Scheduler, finds_a_sleeper_that_nobody_wakes) {
  expect_found(program<Exclusion, ForgetsOtherSleepers>(), 3, Kind::deadlock);
}
TEST(Scheduler, finds_a_touch_after_the_end) {
  expect_found(program<LastOneDestroys, TouchesAfterUnlock>(), 2, Kind::violated);
}
TEST(Scheduler, tells_threads_that_look_for_ever_from_threads_that_sleep_for_ever) {
  expect_found(program<Exclusion, NeverLetsGo>(), 2, Kind::livelock);
}
TEST(Scheduler, finds_a_permit_that_nobody_takes) {
  expect_found(program<SingleReleases, WakesOnZeroOnly>(), 3, Kind::deadlock);
}
TEST(Scheduler, finds_a_set_that_passes_a_waiter_by) {
  expect_found(program<SetAndClear, FlagAlone>(), 2, Kind::deadlock);
}
TEST(Scheduler, finds_a_barrier_that_opens_too_soon) {
  EXPECT_TRUE(explored(program<Phases, OpensTooSoon>(), 2).failure);
}
TEST(Scheduler, finds_a_notification_between_unlocking_and_waiting) {
  expect_found(program<Tokens, ConditionOver<WaitsTooLate, PlainMutex>>(), 2, Kind::deadlock);
}
TEST(Scheduler, finds_an_unlock_that_does_not_release) {
  expect_found(program<Exclusion, UnlocksRelaxed>(), 2, Kind::violated, "X1");
}
TEST(Scheduler, finds_a_lock_that_takes_waking_up_for_having_acquired) {
  expect_found(program<Exclusion, BelievesTheWakeUp>(), 3, Kind::violated);
}
TEST(Scheduler, finds_a_weak_exchange_that_is_tried_once) {
  expect_found(program<Attempts, TriesWeakly>(), 2, Kind::violated, "M3");
}

TEST(Scheduler, is_silent_about_a_lock_that_is_right) {
  const Exploration result = explored(program<Exclusion, PlainMutex>(), 3);
  EXPECT_FALSE(result.failure) << result.failure->reason;
  EXPECT_GE(result.complete_bound, 2);
  EXPECT_GT(result.schedules, 100U);
}

TEST(StoreBuffers, show_a_missing_fence_and_nothing_else_does) {
  EXPECT_FALSE(explored(program<BareIntentions, PlainMutex>(), 2).failure);
  EXPECT_TRUE(explored(program<BareIntentions, PlainMutex>(), 2, true).failure);
  EXPECT_FALSE(explored(program<FencedIntentions, PlainMutex>(), 2, true).failure);
}

/// Three threads that add to what they have read, each in two steps: ends in every order there is.
struct Increments {
  static inline std::set<std::string> ends;
  static constexpr std::string_view kName = "increments";
  static constexpr std::string_view kRules = "M2";
  static constexpr Range kThreads{2, 3};
  explicit Increments(Shape its) : shape(its) {}
  void body(unsigned thread) {
    own[thread].store(thread + 1, kRelaxed);
    const std::uint32_t seen = word.load(kRelaxed);
    (void)own[thread].load(kRelaxed);
    word.store(seen * 10 + thread + 1, kRelaxed);
    other.fetch_add((thread + 1) * seen, kRelaxed);
  }
  void check() { ends.insert(std::to_string(word.load(kRelaxed)) + "/" + std::to_string(other.load(kRelaxed))); }
  Shape shape;
  P::Word word{0}, other{0}, own[3];
};

// Runs all schedules with so many preemptions; returns how many there were.
std::size_t run_all(unsigned bound, bool reduces) {
  Increments::ends.clear();
  Scheduler scheduler({});
  std::optional<Increments> execution;
  std::vector<std::function<void()>> bodies;
  for (unsigned thread = 0; thread < 3; ++thread) bodies.emplace_back([&, thread] { execution->body(thread); });
  Exhaustive all(bound, reduces);
  std::size_t runs = 0;
  do {
    ++runs;
    scheduler.run([&] { execution.emplace(Shape{.threads = 3}); }, bodies, [&] { execution->check(); }, all);
  } while (all.advance());
  return runs;
}

TEST(SleepSets, leave_out_runs_and_no_end) {
  for (unsigned bound = 0; bound <= 4; ++bound) {
    const std::size_t all = run_all(bound, false);
    const auto ends = Increments::ends;
    const std::size_t fewer = run_all(bound, true);
    EXPECT_EQ(Increments::ends, ends) << "with " << bound << " preemptions";
    EXPECT_LE(fewer, all);
    if (bound >= 2) {
      EXPECT_LT(fewer, all * 3 / 4) << "with " << bound << " preemptions";
    }
  }
  EXPECT_GT(Increments::ends.size(), 10U);
}

TEST(Replay, reproduces_a_failure_a_hundred_times) {
  const Program planted = program<Exclusion, ForgetsOtherSleepers>();
  const Shape shape = explored_shapes(planted).back();
  const Exploration found = explore(planted, shape, kBudget);
  ASSERT_TRUE(found.failure);
  for (int i = 0; i < 100; ++i) {
    const Replayed again = replay({planted}, found.replay);
    ASSERT_EQ(again.outcome.kind, found.failure->kind);
    ASSERT_EQ(render(again.outcome), render(*found.failure));
  }
}

TEST(Replay, runs_a_program_of_the_catalog_from_its_string) {
  const Replayed replayed = replay(all_programs(), "mutex:ticket/park:exclusion:3:sc:0=1,3=2");
  EXPECT_EQ(replayed.outcome.kind, Kind::passed) << replayed.outcome.reason;
  EXPECT_EQ(replayed.program->implementation, "ticket/park");
  EXPECT_FALSE(replayed.outcome.trace.empty());
}

TEST(Replay, refuses_what_is_not_a_replay_string) {
  for (const char* text : {"", "mutex", "mutex:ticket/park:exclusion:3", "mutex:ticket/park:exclusion:3:arm:",
                           "mutex:ticket/park:exclusion:9:sc:", "mutex:ticket/park:exclusion:3:sc:x=1",
                           "mutex:ticket/park:exclusion:3:sc:1", "mutex:ticket/park:exclusion:3:sc:99999999=1"})
    EXPECT_THROW(replay(all_programs(), text), std::invalid_argument) << text;
}

TEST(Programs, of_the_four_families_hold_under_every_schedule_with_one_preemption) {
  std::size_t count = 0;
  for (const Program& one : all_programs()) {
    if (!one.runs(Mode::scheduled)) continue;
    if (one.family != "spin" && one.family != "ticket" && one.family != "futex" && one.family != "condvar") continue;
    for (const Shape& shape : explored_shapes(one)) {
      const Exploration result =
          explore(one, shape, {.time = std::chrono::milliseconds(0), .bound = 1, .random_runs = 20, .seed = count});
      EXPECT_FALSE(result.failure) << one.name() << ": " << result.failure->reason << "\n" << result.replay;
      EXPECT_GE(result.complete_bound, 1) << one.name();
      ++count;
    }
  }
  EXPECT_GT(count, 200U);
}

}  // namespace
}  // namespace syncbench::schedule
