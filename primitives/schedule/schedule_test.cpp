// The scheduler's own proof: planted faults of the textbook kind are found, by the way of going wrong that they have,
// made small, and run again from their string as often as one likes; what is right stays silent; a missing fence is
// found with store buffers and only with them.
#include <gtest/gtest.h>

#include <stdexcept>

#include "primitives/schedule/explore.hpp"
#include "primitives/schedule/strategies.hpp"

namespace syncbench::schedule {
namespace {

using P = ScheduledPlatform;
using Kind = Outcome::Kind;
constexpr auto kAcquire = std::memory_order_acquire;
constexpr auto kRelease = std::memory_order_release;
constexpr auto kRelaxed = std::memory_order_relaxed;

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
struct WaitsTooLate {
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
    while (word.exchange(1, kAcquire) != 0) P::park(word, 1, Never{});
  }
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
  static constexpr unsigned kLeast = 2, kMost = 2;
  explicit Intentions(unsigned) {}
  void body(unsigned thread) {
    wants[thread].store(1, kStore);
    if (wants[1 - thread].load(kAcquire) == 0) {
      inside.enter();
      Scheduler::current()->reach(Access::note, this, std::source_location::current());
      inside.leave();
    }
    wants[thread].store(0, kRelease);
  }
  void check() {}
  P::Word wants[2];
  Inside inside;
};
template <class T>
using FencedIntentions = Intentions<std::memory_order_seq_cst>;
template <class T>
using BareIntentions = Intentions<std::memory_order_release>;

template <class T>
using Planted = Implementation<"planted", "planted", Standing::variant, "a fault", T>;
struct Traited {
  static constexpr Traits kTraits{.source = "planted"};
};
template <class T>
struct With : T, Traited {
  using T::T;
};

template <template <class> class Scenario, class T>
Program program(unsigned threads) {
  std::vector<Program> all;
  add_programs<Scenario, Planted<With<T>>>(all, "planted");
  for (const Program& one : all)
    if (one.threads == threads) return one;
  throw std::logic_error("no such number of threads");
}

constexpr Budget kBudget{.time = std::chrono::milliseconds(20), .bound = 2};

void expect_found(const Program& planted, Kind kind) {
  const Exploration result = explore(planted, kBudget);
  ASSERT_TRUE(result.failure) << planted.scenario << ": nothing after " << result.schedules << " schedules";
  EXPECT_EQ(to_text(result.failure->kind), to_text(kind)) << result.failure->reason;
  EXPECT_FALSE(result.failure->trace.empty());
  EXPECT_LT(result.schedules, 5000U);
}

TEST(Scheduler, finds_two_holders) {
  expect_found(program<Exclusion, TakesInTwoSteps>(2), Kind::violated);
}
TEST(Scheduler, finds_a_sleeper_that_nobody_wakes) {
  expect_found(program<Exclusion, ForgetsOtherSleepers>(3), Kind::deadlock);
}
TEST(Scheduler, finds_a_touch_after_the_end) {
  expect_found(program<LastOneDestroys, TouchesAfterUnlock>(2), Kind::violated);
}
TEST(Scheduler, tells_threads_that_look_for_ever_from_threads_that_sleep_for_ever) {
  expect_found(program<Exclusion, NeverLetsGo>(2), Kind::livelock);
}
TEST(Scheduler, finds_a_permit_that_nobody_takes) {
  expect_found(program<RacingReleases, WakesOnZeroOnly>(3), Kind::deadlock);
}
TEST(Scheduler, finds_a_set_that_passes_a_waiter_by) {
  // The second set comes for those who were late, so it needs two waiters or a clear in between; see SetAndClear.
  const Exploration result = explore(program<SetAndClear, FlagAlone>(2), kBudget);
  EXPECT_FALSE(result.failure) << "set, clear, set: the second set is for all";
}
TEST(Scheduler, finds_a_barrier_that_opens_too_soon) {
  const Exploration result = explore(program<Phases, OpensTooSoon>(2), kBudget);
  ASSERT_TRUE(result.failure);
}
TEST(Scheduler, finds_a_notification_between_unlocking_and_waiting) {
  expect_found(program<Tokens, ConditionOver<WaitsTooLate, PlainMutex>>(2), Kind::deadlock);
}

TEST(Scheduler, is_silent_about_a_lock_that_is_right) {
  const Exploration result = explore(program<Exclusion, PlainMutex>(3), kBudget);
  EXPECT_FALSE(result.failure) << result.failure->reason;
  EXPECT_GE(result.complete_bound, 2);
  EXPECT_GT(result.schedules, 100U);
}

TEST(StoreBuffers, show_a_missing_fence_and_nothing_else_does) {
  Budget buffers = kBudget;
  buffers.store_buffers = true;
  EXPECT_FALSE(explore(program<BareIntentions, PlainMutex>(2), kBudget).failure);
  EXPECT_TRUE(explore(program<BareIntentions, PlainMutex>(2), buffers).failure);
  EXPECT_FALSE(explore(program<FencedIntentions, PlainMutex>(2), buffers).failure);
}

TEST(Replay, reproduces_a_failure_a_hundred_times) {
  const Program planted = program<Exclusion, ForgetsOtherSleepers>(3);
  const Exploration found = explore(planted, kBudget);
  ASSERT_TRUE(found.failure);
  for (int i = 0; i < 100; ++i) {
    const Outcome again = run_again(planted, false, found.failure->decisions);
    ASSERT_EQ(again.kind, found.failure->kind);
    ASSERT_EQ(render(again), render(*found.failure));
  }
}

TEST(Replay, runs_a_program_of_the_catalog_from_its_string) {
  const Replayed replayed = replay("mutex:ticket/park:exclusion:3:sc:0=1,3=2");
  EXPECT_EQ(replayed.outcome.kind, Kind::passed);
  EXPECT_EQ(replayed.program->implementation, "ticket/park");
  EXPECT_FALSE(replayed.outcome.trace.empty());
}

TEST(Replay, refuses_what_is_not_a_replay_string) {
  for (const char* text : {"", "mutex", "mutex:ticket/park:exclusion:3", "mutex:ticket/park:exclusion:3:arm:",
                           "mutex:ticket/park:exclusion:9:sc:", "mutex:ticket/park:exclusion:3:sc:x=1",
                           "mutex:ticket/park:exclusion:3:sc:1", "mutex:ticket/park:exclusion:3:sc:99999999=1"})
    EXPECT_THROW(replay(text), std::invalid_argument) << text;
}

TEST(Programs, of_the_four_families_hold_under_every_schedule_with_one_preemption) {
  std::size_t count = 0;
  for (const Program& one : all_programs()) {
    if (one.family != "spin" && one.family != "ticket" && one.family != "futex" && one.family != "condvar") continue;
    const Exploration result =
        explore(one, {.time = std::chrono::milliseconds(0), .bound = 1, .random_runs = 20, .seed = count});
    EXPECT_FALSE(result.failure) << one.name() << ": " << result.failure->reason << "\n" << result.replay;
    EXPECT_GE(result.complete_bound, 1) << one.name();
    ++count;
  }
  EXPECT_GT(count, 200U);
}

}  // namespace
}  // namespace syncbench::schedule
