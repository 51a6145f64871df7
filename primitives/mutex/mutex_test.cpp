// What every mutex of the catalog must do, rule by rule (M1 to M10, X1 to X9), natively and in the observed world, and
// the proof that these tests can fail: the control, which excludes nobody, is caught by the same witness.
#include <atomic>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <limits>
#include <memory>
#include <mutex>
#include <vector>

#include "primitives/test_support.hpp"

namespace syncbench::testing {
namespace {

using Steady = std::chrono::steady_clock;
using System = std::chrono::system_clock;

/// Two plain words that are equal whenever nobody is between them: a second holder sees them differ, a lost update
/// shows in the sum, and ThreadSanitizer sees an order that is too weak.
template <class M>
class Witness {
 public:
  explicit Witness(M& mutex) : mutex_(mutex) {}

  /// Call while holding the mutex.
  void visit() {
    if (first_ != second_) ++violations_;
    ++first_;
    asm volatile("" ::: "memory");
    if (by_chance(256)) ::sched_yield();  // leaves the door open long enough, also on one processor
    ++second_;
  }
  bool violated() const { return violations_ != 0; }
  /// The rule after the team has gone: `visits` calls, none beside another, and the mutex left free.
  void expect(std::uint64_t visits) {
    EXPECT_EQ(violations_, 0U) << "M1: two holders";
    EXPECT_EQ(first_, visits) << "M2: updates lost";
    EXPECT_EQ(second_, visits) << "M2: updates lost";
    ASSERT_TRUE(mutex_.try_lock()) << "M3, M5: left locked";
    mutex_.unlock();
  }

 private:
  M& mutex_;
  std::uint64_t first_ = 0;
  std::uint64_t second_ = 0;
  std::uint64_t violations_ = 0;
};

/// One of the ways to acquire, picked at random; false if it did not.
template <class M>
bool acquire_somehow(M& mutex) {
  if (by_chance(2)) return mutex.lock(), true;
  if constexpr (kTimedFormsTestable<M>) {
    if (by_chance(3)) return mutex.try_lock_for(std::chrono::microseconds(by_chance(2) ? 20 : 300));
    if (by_chance(3)) return mutex.try_lock_until(System::now() + 100us);
    if (by_chance(3)) return mutex.try_lock_for(0us);
  }
  return mutex.try_lock();
}

/// `count` threads acquire in all ways at once for a while.
template <class M>
void expect_exclusion(M& mutex, std::chrono::milliseconds time, int count) {
  Witness witness(mutex);
  std::atomic<std::uint64_t> visits{0};
  run_team_for(time, count, [&](int) {
    if (!acquire_somehow(mutex)) return;
    witness.visit();
    mutex.unlock();
    visits.fetch_add(1, std::memory_order_relaxed);
  });
  witness.expect(visits);
}

/// True if another thread could take the mutex now.
template <class M>
bool free_for_others(M& mutex) {
  bool taken = false;
  std::thread([&] {
    taken = mutex.try_lock();
    if (taken) mutex.unlock();
  }).join();
  return taken;
}

template <class C>
class Mutexes : public ::testing::Test {
 protected:
  typename C::Mutex mutex;
};
TYPED_TEST_SUITE(Mutexes, AllCases, NameOfCase);

template <class C>
class TimedMutexes : public Mutexes<C> {
 protected:
  void SetUp() override {
    if (!kTimedFormsTestable<typename C::Mutex>)
      GTEST_SKIP() << "no timed forms, or none that ThreadSanitizer understands";
  }
};
TYPED_TEST_SUITE(TimedMutexes, AllCases, NameOfCase);

// ---- Exclusion ------------------------------------------------------------------------------------------------------

TYPED_TEST(Mutexes, M1_M2_X1_X8_HoldersNeverOverlapAndSeeEachOthersWrites) {
  constexpr int kThreads = 4;
  constexpr int kRounds = rounds<TypeParam, typename TypeParam::Mutex>(500);
  Witness witness(this->mutex);
  run_team(kThreads, [&](int) {
    for (int round = 0; round < kRounds; ++round) {
      const std::scoped_lock guard(this->mutex);
      witness.visit();
    }
  });
  witness.expect(kThreads * kRounds);
}

TYPED_TEST(Mutexes, M1_M3_M5_AllWaysToAcquireExcludeEachOther) {
  expect_exclusion(this->mutex, 30ms, 4);
}

TYPED_TEST(Mutexes, X3_OneProcessorIsEnough) {
  const OneProcessor one;
  expect_exclusion(this->mutex, 20ms, 4);
}

TYPED_TEST(Mutexes, X3_SixteenThreadsAreNotTooMany) {
  expect_exclusion(this->mutex, 20ms, 16);
}

TYPED_TEST(Mutexes, M3_TryLockIsTrueWhenFreeAndFalseWhenHeld) {
  for (int round = 0; round < 1000; ++round) {
    ASSERT_TRUE(this->mutex.try_lock());
    if (round % 100 == 0) {
      ASSERT_FALSE(free_for_others(this->mutex));
    }
    this->mutex.unlock();
  }
}

TYPED_TEST(Mutexes, M3_X8_TryLockSeesWhatTheLastHolderWrote) {
  Witness witness(this->mutex);
  std::atomic<std::uint64_t> visits{0};
  run_team(3, [&](int) {
    for (int mine = 0; mine < 200;) {
      if (!this->mutex.try_lock()) continue;
      witness.visit();
      this->mutex.unlock();
      visits.fetch_add(1, std::memory_order_relaxed);
      ++mine;
    }
  });
  witness.expect(visits);
}

TYPED_TEST(Mutexes, M11_GuardsReleaseWhenAnExceptionPasses) {
  EXPECT_THROW(
      {
        const std::lock_guard guard(this->mutex);
        throw 1;
      },
      int);
  EXPECT_TRUE(free_for_others(this->mutex));
}

TYPED_TEST(Mutexes, SeveralAreLockedTogetherInAnyOrderWithoutDeadlock) {
  typename TypeParam::Mutex a, b, c;
  int sum = 0;
  run_team(3, [&](int index) {
    for (int round = 0; round < 60; ++round) {
      if (index == 0) {
        const std::scoped_lock all(a, b, c);
        ++sum;
      } else if (index == 1) {
        const std::scoped_lock all(c, b, a);
        ++sum;
      } else {
        std::lock(b, a, c);
        const std::scoped_lock all(std::adopt_lock, a, b, c);
        ++sum;
      }
    }
  });
  EXPECT_EQ(sum, 180);
}

TYPED_TEST(Mutexes, ConditionVariableAnyWaitsOnIt) {
  constexpr int kTurns = rounds<TypeParam, typename TypeParam::Mutex>(100);
  std::condition_variable_any changed;
  int turn = 0;
  run_team(2, [&](int index) {
    std::unique_lock lock(this->mutex);
    while (turn < kTurns) {
      changed.wait(lock, [&] { return turn % 2 == index || turn >= kTurns; });
      ++turn;
      changed.notify_all();
    }
  });
  EXPECT_GE(turn, kTurns);
}

// ---- Waking ---------------------------------------------------------------------------------------------------------

// Starts `count` threads that wait for `mutex` and calls `each` while holding it.
template <class M, class Body>
std::vector<std::unique_ptr<Worker>> queue_up(M& mutex, int count, Body each) {
  std::vector<std::unique_ptr<Worker>> workers;
  for (int index = 0; index < count; ++index) {
    workers.push_back(std::make_unique<Worker>([&mutex, index, each] {
      mutex.lock();
      each(index);
      mutex.unlock();
    }));
    await_waiting<M>(*workers.back());
  }
  return workers;
}

TYPED_TEST(Mutexes, M4_EverySleeperIsWokenInTurn) {
  if (!kSleeps<typename TypeParam::Mutex>) GTEST_SKIP() << "nobody sleeps";
  for (int round = 0; round < 5; ++round) {
    int served = 0;
    this->mutex.lock();
    auto workers = queue_up(this->mutex, 4, [&](int) { ++served; });
    this->mutex.unlock();
    for (auto& worker : workers) worker->join();
    EXPECT_EQ(served, 4);
  }
}

TYPED_TEST(Mutexes, M4_X3_FiniteRoundsEndWhenHoldersLoseTheProcessor) {
  constexpr int kRounds = rounds<TypeParam, typename TypeParam::Mutex>(40);
  Witness witness(this->mutex);
  run_team(4, [&](int) {
    for (int round = 0; round < kRounds; ++round) {
      const std::scoped_lock guard(this->mutex);
      witness.visit();
      if (by_chance(4)) ::sched_yield();
      if (by_chance(16)) std::this_thread::sleep_for(20us);
    }
  });
  witness.expect(4 * kRounds);
}

TYPED_TEST(Mutexes, X4_SleepersUseNoProcessorTime) {
  if (!kSleeps<typename TypeParam::Mutex>) GTEST_SKIP() << "waits by spinning";
  if (!std::is_same_v<typename TypeParam::World, NativePlatform>) GTEST_SKIP() << "woken for no reason on purpose";
  std::atomic<std::int64_t> used{-1};
  this->mutex.lock();
  Worker worker([&] {
    timespec time;
    this->mutex.lock();
    this->mutex.unlock();
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    used = time.tv_sec * 1'000'000'000 + time.tv_nsec;
  });
  await_waiting<typename TypeParam::Mutex>(worker);
  std::this_thread::sleep_for(60ms);
  this->mutex.unlock();
  worker.join();
  EXPECT_LT(std::chrono::nanoseconds(used), 20ms * kSlowness);
}

// ---- Order ----------------------------------------------------------------------------------------------------------

/// A mutex whose numbers start at `first` where it has numbers, for the rules that must survive a wrap-around.
template <class M>
std::unique_ptr<M> make_mutex(std::uint32_t first) {
  if constexpr (std::constructible_from<M, std::uint32_t>) {
    return std::make_unique<M>(first);
  } else {
    return std::make_unique<M>();
  }
}

constexpr std::array<std::uint32_t, 5> kFirstNumbers = {0, (1U << 8) - 6, (1U << 16) - 6, (1U << 31) - 6, 0U - 6};

TYPED_TEST(Mutexes, M10_X9_DeclaredFifoGrantsInOrderOfArrivalAlsoAcrossTheWrap) {
  using M = typename TypeParam::Mutex;
  if (!kDeclaresFifo<M>) GTEST_SKIP() << "declares no order";
  if (std::is_same_v<typename TypeParam::World, NativePlatform>) GTEST_SKIP() << "arrival is visible when observed";
  for (const std::uint32_t first : kFirstNumbers) {
    const auto numbered = make_mutex<M>(first);
    std::vector<int> order;
    numbered->lock();
    auto workers = queue_up(*numbered, 5, [&](int index) { order.push_back(index); });
    EXPECT_FALSE(numbered->try_lock());
    numbered->unlock();
    for (auto& worker : workers) worker->join();
    EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4})) << "first number " << first;
  }
}

TYPED_TEST(Mutexes, X9_RulesHoldAcrossTheWrapOfNumbers) {
  using M = typename TypeParam::Mutex;
  if (!std::constructible_from<M, std::uint32_t>) GTEST_SKIP() << "no numbers";
  for (const std::uint32_t first : kFirstNumbers) expect_exclusion(*make_mutex<M>(first), 5ms, 3);
}

// ---- Lifetime -------------------------------------------------------------------------------------------------------

/// What the last of several users deletes right after its own unlock.
template <class M>
struct Shared {
  M mutex;
  int users = 0;
  std::uint64_t words[2] = {0, 0};
};

// Two threads take each object in turn; whoever comes second deletes it at once.
template <class M>
void destroy_after_use(int rounds, bool sleeping) {
  std::vector<std::unique_ptr<Shared<M>>> owned(rounds);
  for (auto& object : owned) object = std::make_unique<Shared<M>>();
  std::vector<Shared<M>*> objects;
  for (auto& object : owned) objects.push_back(object.release());
  std::atomic<int> arrived{0};
  run_team(2, [&](int) {
    for (int round = 0; round < rounds; ++round) {
      ++arrived;
      await([&] { return arrived >= 2 * round + 2; });
      Shared<M>* const object = objects[round];
      object->mutex.lock();
      const bool last = ++object->users == 2;
      if (sleeping && !last) std::this_thread::sleep_for(50us);  // the other one has time to fall asleep
      object->mutex.unlock();
      if (last) delete object;
    }
  });
}

TYPED_TEST(Mutexes, M9_X2_TheNextOwnerMayDestroyIt) {
  destroy_after_use<typename TypeParam::Mutex>(200, false);
}

TYPED_TEST(Mutexes, M9_X2_TheNextOwnerMayDestroyItWhenItSlept) {
  destroy_after_use<typename TypeParam::Mutex>(20, true);
}

// ---- Timed forms ----------------------------------------------------------------------------------------------------

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Calls check(name, attempt) for each way to say "do not wait".
template <class M, class Check>
void for_each_expired(Check check) {
  using std::chrono::duration;
  check("0", [](M& m) { return m.try_lock_for(0ns); });
  check("-1 ns", [](M& m) { return m.try_lock_for(-1ns); });
  check("hours::min", [](M& m) { return m.try_lock_for(std::chrono::hours::min()); });
  check("NaN", [](M& m) { return m.try_lock_for(duration<float>(std::nanf(""))); });
  check("-infinity", [](M& m) { return m.try_lock_for(duration<double>(-kInfinity)); });
  check("steady past", [](M& m) { return m.try_lock_until(Steady::now() - 1s); });
  check("steady epoch", [](M& m) { return m.try_lock_until(Steady::time_point()); });
  check("steady min", [](M& m) { return m.try_lock_until(Steady::time_point::min()); });
  check("steady NaN", [](M& m) {
    return m.try_lock_until(std::chrono::time_point<Steady, duration<double>>(duration<double>(kNaN)));
  });
  check("system past", [](M& m) { return m.try_lock_until(System::now() - 1s); });
  check("system min", [](M& m) { return m.try_lock_until(System::time_point::min()); });
  check("system min hours",
        [](M& m) { return m.try_lock_until(std::chrono::time_point<System, std::chrono::hours>::min()); });
  check("system NaN", [](M& m) {
    return m.try_lock_until(std::chrono::time_point<System, duration<double>>(duration<double>(kNaN)));
  });
}

/// Calls check(name, attempt) for each way to say "for ever".
template <class M, class Check>
void for_each_unlimited(Check check) {
  using std::chrono::duration;
  check("hours::max", [](M& m) { return m.try_lock_for(std::chrono::hours::max()); });
  check("nanoseconds::max", [](M& m) { return m.try_lock_for(std::chrono::nanoseconds::max()); });
  check("infinity", [](M& m) { return m.try_lock_for(duration<double>(kInfinity)); });
  check("steady max", [](M& m) { return m.try_lock_until(Steady::time_point::max()); });
  check("steady max hours",
        [](M& m) { return m.try_lock_until(std::chrono::time_point<Steady, std::chrono::hours>::max()); });
  check("system max", [](M& m) { return m.try_lock_until(System::time_point::max()); });
  check("system max hours",
        [](M& m) { return m.try_lock_until(std::chrono::time_point<System, std::chrono::hours>::max()); });
}

TYPED_TEST(TimedMutexes, X6_ExpiredTimeoutsTryOnce) {
  using M = typename TypeParam::Mutex;
  if constexpr (kTimedFormsTestable<M>) {
    for_each_expired<M>([&](const char* name, auto attempt) {
      ASSERT_TRUE(attempt(this->mutex)) << name << ": free, so acquired";
      Worker([&] { EXPECT_FALSE(attempt(this->mutex)) << name << ": held"; }).join();
      this->mutex.unlock();
    });
  }
}

TYPED_TEST(TimedMutexes, X6_TheLongestTimeoutsWaitUntilReleased) {
  using M = typename TypeParam::Mutex;
  if constexpr (kTimedFormsTestable<M>) {
    for_each_unlimited<M>([&](const char* name, auto attempt) {
      std::atomic<bool> released{false};
      this->mutex.lock();
      Worker worker([&] {
        EXPECT_TRUE(attempt(this->mutex)) << name;
        EXPECT_TRUE(released) << name;
        this->mutex.unlock();
      });
      if (kSleeps<M> || !std::is_same_v<typename TypeParam::World, NativePlatform>) await_waiting<M>(worker);
      released = true;
      this->mutex.unlock();
      worker.join();
    });
  }
}

TYPED_TEST(TimedMutexes, M5_X6_NeverGivesUpEarlyAndLeavesTheMutexIntact) {
  using M = typename TypeParam::Mutex;
  if constexpr (kTimedFormsTestable<M>) {
    this->mutex.lock();
    Worker([&] {
      for (const auto timeout : {1us, 333us, 2000us}) {
        const auto start = Steady::now();
        EXPECT_FALSE(this->mutex.try_lock_for(timeout));
        EXPECT_GE(Steady::now() - start, timeout);
        const auto instant = System::now() + timeout;
        EXPECT_FALSE(this->mutex.try_lock_until(instant));
        EXPECT_GE(System::now(), instant);
        const auto monotonic = Steady::now() + timeout;
        EXPECT_FALSE(this->mutex.try_lock_until(monotonic));
        EXPECT_GE(Steady::now(), monotonic);
      }
    }).join();
    EXPECT_FALSE(free_for_others(this->mutex)) << "M5: still held";
    this->mutex.unlock();
    EXPECT_TRUE(free_for_others(this->mutex)) << "M5: free after the holder's release";
  }
}

TYPED_TEST(TimedMutexes, X6_AClockThatIsSetBackOrOnDoesNotTrapTheWaiter) {
  using M = typename TypeParam::Mutex;
  if constexpr (kTimedFormsTestable<M>) {
    HandSetClock::hand = 0;
    this->mutex.lock();
    std::atomic<int> ended{0};
    Worker worker([&] {
      EXPECT_FALSE(this->mutex.try_lock_until(HandSetClock::time_point(100us)));
      ++ended;
    });
    // The clock stands still, so its instant has not come although the time is up by every other clock.
    std::this_thread::sleep_for(2ms);
    EXPECT_EQ(ended, 0);
    HandSetClock::hand = 1'000'000;
    worker.join();
    this->mutex.unlock();
  }
}

// One release, aimed at the deadline of a timed waiter; an untimed one waits as well.
template <class M>
void release_at_the_deadline(M& mutex, std::chrono::microseconds timeout) {
  std::atomic<int> ready{0};
  mutex.lock();
  Worker timed([&] {
    ++ready;
    if (mutex.try_lock_for(timeout)) mutex.unlock();
  });
  Worker untimed([&] {
    ++ready;
    mutex.lock();
    mutex.unlock();
  });
  await([&] { return ready == 2; });
  const auto aim = Steady::now() + timeout - 60us;
  while (Steady::now() < aim) ::sched_yield();
  mutex.unlock();
  timed.join();
  untimed.join();
}

TYPED_TEST(TimedMutexes, M6_AWaiterWhoseTimeIsUpSwallowsNoHandOver) {
  using M = typename TypeParam::Mutex;
  if constexpr (kTimedFormsTestable<M>) {
    for (int round = 0; round < 25; ++round) {
      release_at_the_deadline(this->mutex, std::chrono::microseconds(150 + 17 * (round % 10)));
      ASSERT_TRUE(free_for_others(this->mutex));
    }
  }
}

TYPED_TEST(TimedMutexes, M4_M6_TimedSleepersAreWokenBetweenUntimedOnes) {
  using M = typename TypeParam::Mutex;
  if constexpr (kTimedFormsTestable<M> && kSleeps<M>) {
    for (int round = 0; round < 5; ++round) {
      std::atomic<int> served{0};
      this->mutex.lock();
      std::vector<std::unique_ptr<Worker>> workers;
      for (int index = 0; index < 5; ++index) {
        workers.push_back(std::make_unique<Worker>([&, index] {
          const bool acquired = index % 2 == 0 ? this->mutex.try_lock_for(1h) : (this->mutex.lock(), true);
          EXPECT_TRUE(acquired);
          ++served;
          this->mutex.unlock();
        }));
        await_waiting<M>(*workers.back());
      }
      this->mutex.unlock();
      for (auto& worker : workers) worker->join();
      EXPECT_EQ(served, 5);
    }
  }
}

TYPED_TEST(TimedMutexes, M4_M5_AttemptsWithLongLimitsEndWhenTheMutexIsFree) {
  using M = typename TypeParam::Mutex;
  if constexpr (kTimedFormsTestable<M>) {
    constexpr int kRounds = rounds<TypeParam, M>(120);
    Witness witness(this->mutex);
    run_team(3, [&](int) {
      for (int round = 0; round < kRounds; ++round) {
        EXPECT_TRUE(this->mutex.try_lock_for(1h));
        witness.visit();
        if (by_chance(8)) ::sched_yield();
        this->mutex.unlock();
      }
    });
    witness.expect(3 * kRounds);
  }
}

TYPED_TEST(TimedMutexes, X7_ManyExpiredTimeoutsLeaveNothingBehind) {
  using M = typename TypeParam::Mutex;
  if constexpr (kTimedFormsTestable<M>) {
    this->mutex.lock();
    run_team(2, [&](int) {
      for (int round = 0; round < 500; ++round) EXPECT_FALSE(this->mutex.try_lock_for(1ns));
    });
    this->mutex.unlock();
    expect_exclusion(this->mutex, 2ms, 2);
  }
}

// ---- Signals --------------------------------------------------------------------------------------------------------

TYPED_TEST(Mutexes, X5_SignalsNeitherEndNorLoseAWait) {
  using M = typename TypeParam::Mutex;
  const InterruptingSignal signal;
  std::atomic<bool> released{false};
  std::atomic<bool> ended{false};
  this->mutex.lock();
  Worker worker([&] {
    this->mutex.lock();
    EXPECT_TRUE(released) << "a signal ended the wait";
    this->mutex.unlock();
    ended = true;
  });
  if constexpr (kSleeps<M>) await_waiting<M>(worker);
  for (int i = 0; i < 50; ++i) {
    worker.signal(InterruptingSignal::kNumber);
    if constexpr (kSleeps<M>) await_waiting<M>(worker);
  }
  EXPECT_FALSE(ended);
  released = true;
  this->mutex.unlock();
  worker.join();
}

TYPED_TEST(TimedMutexes, X5_X6_SignalsNeitherShortenNorStretchADeadline) {
  using M = typename TypeParam::Mutex;
  if constexpr (kTimedFormsTestable<M>) {
    const InterruptingSignal signal;
    std::atomic<bool> ended{false};
    this->mutex.lock();
    Worker worker([&] {
      const auto start = Steady::now();
      EXPECT_FALSE(this->mutex.try_lock_for(20ms));
      EXPECT_GE(Steady::now() - start, 20ms);
      ended = true;
    });
    while (!ended) {  // goes on for as long as the wait does: one that starts afresh each time never ends
      worker.signal(InterruptingSignal::kNumber);
      std::this_thread::sleep_for(1ms);
    }
    worker.join();
    this->mutex.unlock();
  }
}

// ---- What is not a mutex --------------------------------------------------------------------------------------------

TEST(Controls, M1_M2_TheWitnessCatchesAMutexThatExcludesNobody) {
  if (kUnderThreadSanitizer) GTEST_SKIP() << "a real data race, and reported as one";
  constexpr int kRounds = 100;
  NoMutex mutex;
  Witness witness(mutex);
  for (int round = 0; round < kRounds && !witness.violated(); ++round) {
    run_team_for(5ms, 2, [&](int) {
      const std::scoped_lock guard(mutex);
      witness.visit();
    });
  }
  EXPECT_TRUE(witness.violated()) << "the suite would not notice a mutex that does nothing";
}

TEST(Controls, TheMutexThatExcludesNobodyIsAlwaysFree) {
  NoMutex mutex;
  mutex.lock();
  EXPECT_TRUE(mutex.try_lock());
}

TEST(Baseline, FetchAddCountsEveryIncrement) {
  FetchAdd<NativePlatform> counter;
  run_team(4, [&](int) {
    for (int i = 0; i < 5000; ++i) counter.increment();
  });
  EXPECT_EQ(counter.value(), 20'000U);
}

}  // namespace
}  // namespace syncbench::testing
