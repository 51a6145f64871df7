// What every condition of the catalog must do, rule by rule (C2 to C13, X1 to X8), each over the mutex of its own
// catalog line, natively and in the observed world.
#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <deque>
#include <limits>
#include <memory>
#include <mutex>
#include <vector>

#include "primitives/test_support.hpp"

namespace syncbench::testing {
namespace {

using Steady = std::chrono::steady_clock;
using System = std::chrono::system_clock;
using std::chrono::duration;

template <class C>
class Conditions : public ::testing::Test {
 protected:
  using M = typename C::Mutex;
  typename C::Mutex mutex;
  typename C::Condition condition;

  /// Threads that wait until notified; `served` holds their indices in the order in which they came out.
  std::vector<std::unique_ptr<Worker>> waiters;
  std::vector<int> served;

  /// Starts one more waiter; when this returns it is waiting: it let go of the mutex, and only its wait does that.
  void add_waiter() {
    const int index = static_cast<int>(waiters.size());
    bool entered = false;
    waiters.push_back(std::make_unique<Worker>([this, index, &entered] {
      mutex.lock();
      entered = true;
      condition.wait(mutex);
      served.push_back(index);
      mutex.unlock();
    }));
    await([&] { return locked([&] { return entered; }); });
  }
  template <class Body>
  auto locked(Body body) {
    const std::lock_guard guard(mutex);
    return body();
  }
  void await_served(std::size_t count) {
    await([&] { return locked([&] { return served.size() >= count; }); });
  }
  void join() {
    for (auto& waiter : waiters) waiter->join();
    waiters.clear();
    served.clear();
  }
};
TYPED_TEST_SUITE(Conditions, AllCases, NameOfCase);

/// Waiters enough to fill more than one batch of wake-ups, or few where each of them occupies a processor.
template <class C>
inline constexpr int kMany = kSleeps<C> ? 20 : 5;

// ---- Notifications --------------------------------------------------------------------------------------------------

TYPED_TEST(Conditions, C2_C13_X1_X8_NoNotificationIsLostInPingPong) {
  for (const bool holding : {true, false}) {
    constexpr int kTurns = rounds<TypeParam, typename TypeParam::Condition>(300);
    int turn = 0;
    run_team(2, [&](int index) {
      for (int mine = index; mine < kTurns; mine += 2) {
        std::unique_lock lock(this->mutex);
        while (turn != mine) this->condition.wait(this->mutex);
        ++turn;
        if (!holding) lock.unlock();
        this->condition.notify_one();
      }
    });
    EXPECT_EQ(turn, kTurns);
  }
}

TYPED_TEST(Conditions, C2_C5_NoNotificationIsLostWhenAllWaitInARing) {
  constexpr int kThreads = 4;
  constexpr int kTurns = rounds<TypeParam, typename TypeParam::Condition>(120);
  int turn = 0;
  run_team(kThreads, [&](int index) {
    for (int mine = index; mine < kTurns; mine += kThreads) {
      const std::scoped_lock guard(this->mutex);
      this->condition.wait(this->mutex, [&] { return turn == mine; });
      ++turn;
      this->condition.notify_all();
    }
  });
  EXPECT_EQ(turn, kTurns);
}

TYPED_TEST(Conditions, C2_OneWaiterIsWokenByOneNotification) {
  for (int round = 0; round < 20; ++round) {
    this->add_waiter();
    if (round % 2 == 0) {
      this->condition.notify_one();
    } else {
      this->locked([&] { this->condition.notify_one(); });
    }
    this->join();
  }
}

TYPED_TEST(Conditions, C2_ASleepingWaiterIsWokenByOneNotification) {
  if (!kSleeps<typename TypeParam::Condition>) GTEST_SKIP() << "waits by spinning";
  for (int round = 0; round < 10; ++round) {
    this->add_waiter();
    await_waiting<typename TypeParam::Condition>(*this->waiters.back());
    this->condition.notify_one();
    this->join();
  }
}

TYPED_TEST(Conditions, C4_C7_NotifyNServesTheOldestNAndExactlyNWhereDeclared) {
  constexpr std::array<unsigned, 4> kSteps = {2, 1, 0, 3};
  for (int i = 0; i < 6; ++i) this->add_waiter();
  std::size_t expected = 0;
  for (const unsigned n : kSteps) {
    this->condition.notify(n);
    expected += n;
    this->await_served(expected);
    if (!kDeclaresFifo<typename TypeParam::Condition>) continue;
    this->locked([&] {
      EXPECT_EQ(this->served.size(), expected) << "woke more than asked for";
      for (const int index : this->served) EXPECT_LT(index, static_cast<int>(expected)) << "woke a younger one first";
    });
  }
  this->join();
}

TYPED_TEST(Conditions, C4_NotifyNWakesNSleepers) {
  using C = typename TypeParam::Condition;
  if (!kSleeps<C>) GTEST_SKIP() << "waits by spinning";
  for (int i = 0; i < 5; ++i) {
    this->add_waiter();
    await_waiting<C>(*this->waiters.back());
  }
  this->condition.notify(3);
  this->await_served(3);
  this->condition.notify(2);
  this->join();
}

TYPED_TEST(Conditions, C5_NotifyAllWakesAll) {
  constexpr int kCount = kMany<typename TypeParam::Condition>;
  for (int i = 0; i < kCount; ++i) this->add_waiter();
  this->condition.notify_all();
  this->join();
}

TYPED_TEST(Conditions, C5_AllSleepersAreWokenByTheLargestCounts) {
  using C = typename TypeParam::Condition;
  for (const std::uint32_t n : {0x7fffffffU, 0x80000000U, 0xffffffffU}) {
    for (int i = 0; i < 3; ++i) this->add_waiter();
    if constexpr (kSleeps<C>) await_waiting<C>(*this->waiters.back());
    this->condition.notify(n);
    this->join();
  }
}

// More than one batch of sleepers, each of which waits again at once: nobody may be served twice.
TYPED_TEST(Conditions, C5_C7_OneNotifyAllServesEachWaiterOnceWhereDeclared) {
  using C = typename TypeParam::Condition;
  if (!kDeclaresFifo<C>) GTEST_SKIP() << "may wake for no reason";
  constexpr int kCount = kMany<C>;
  int waits = 0;
  bool over = false;
  std::vector<std::unique_ptr<Worker>> team;
  for (int i = 0; i < kCount; ++i) {
    team.push_back(std::make_unique<Worker>([&] {
      const std::lock_guard guard(this->mutex);
      while (!over) {
        ++waits;
        this->condition.wait(this->mutex);
      }
    }));
  }
  await([&] { return this->locked([&] { return waits == kCount; }); });
  this->condition.notify_all();
  await([&] { return this->locked([&] { return waits >= 2 * kCount; }); });
  this->locked([&] {
    EXPECT_EQ(waits, 2 * kCount);
    over = true;
  });
  this->condition.notify_all();
  for (auto& worker : team) worker->join();
}

TYPED_TEST(Conditions, C6_ANotificationWithoutWaitersIsNotStored) {
  this->condition.notify_one();
  this->condition.notify(3);
  this->condition.notify_all();
  const std::lock_guard guard(this->mutex);
  EXPECT_EQ(this->condition.wait_for(this->mutex, 2ms), std::cv_status::timeout);
}

TYPED_TEST(Conditions, C6_ANotificationOfNobodyDoesNothing) {
  this->add_waiter();
  for (int i = 0; i < 100; ++i) this->condition.notify(0);
  this->locked([&] { EXPECT_TRUE(this->served.empty()); });
  this->condition.notify_one();
  this->join();
}

// The late comer blocks on the mutex while the notification is made, and waits as soon as it gets it.
TYPED_TEST(Conditions, C7_ALateComerCannotTakeTheNotificationOfAnOlderWaiter) {
  for (int round = 0; round < rounds<TypeParam, typename TypeParam::Condition>(24); ++round) {
    this->add_waiter();
    std::atomic<bool> coming{false};
    this->mutex.lock();
    this->waiters.push_back(std::make_unique<Worker>([&] {
      coming = true;
      const std::lock_guard guard(this->mutex);
      this->condition.wait(this->mutex);
      this->served.push_back(1);
    }));
    await([&] { return coming.load(); });
    this->condition.notify_one();
    this->mutex.unlock();
    await([&] {
      return this->locked([&] { return std::find(this->served.begin(), this->served.end(), 0) != this->served.end(); });
    });
    await([&] {
      this->condition.notify_one();
      return this->locked([&] { return this->served.size() == 2; });
    });
    this->join();
  }
}

TYPED_TEST(Conditions, C4_C5_X3_AllTrafficAtOnceOnOneProcessor) {
  const OneProcessor one;
  constexpr int kThreads = kSleeps<typename TypeParam::Condition> ? 6 : 3;
  int entered = 0;
  run_team(kThreads, [&](int) {
    for (int phase = 1; phase <= 4; ++phase) {
      const std::scoped_lock guard(this->mutex);
      ++entered;
      if (entered == phase * kThreads) this->condition.notify_all();
      this->condition.wait(this->mutex, [&] { return entered >= phase * kThreads; });
    }
  });
  EXPECT_EQ(entered, 4 * kThreads);
}

TYPED_TEST(Conditions, C5_X3_ManyThreadsForFewProcessorsAreNotTooMany) {
  constexpr int kThreads = kCrowd<TypeParam, typename TypeParam::Condition>;
  int entered = 0;
  run_team(kThreads, [&](int) {
    const std::scoped_lock guard(this->mutex);
    if (++entered == kThreads) this->condition.notify_all();
    this->condition.wait(this->mutex, [&] { return entered == kThreads; });
  });
  EXPECT_EQ(entered, kThreads);
}

TYPED_TEST(Conditions, X4_SleepersUseNoProcessorTime) {
  using C = typename TypeParam::Condition;
  if (!kSleeps<C>) GTEST_SKIP() << "waits by spinning";
  if (!std::is_same_v<typename TypeParam::World, NativePlatform>) GTEST_SKIP() << "woken for no reason on purpose";
  std::atomic<std::int64_t> used{-1};
  Worker worker([&] {
    timespec time;
    const std::lock_guard guard(this->mutex);
    EXPECT_EQ(this->condition.wait_for(this->mutex, 60ms), std::cv_status::timeout);
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    used = time.tv_sec * 1'000'000'000 + time.tv_nsec;
  });
  worker.join();
  EXPECT_LT(std::chrono::nanoseconds(used), 20ms * kSlowness);
}

// ---- Locks ----------------------------------------------------------------------------------------------------------

TYPED_TEST(Conditions, TakesUniqueLocksAsWellAsTheMutexItself) {
  if constexpr (kTakesAnyLock<typename TypeParam::Condition>) {
    std::unique_lock lock(this->mutex);
    EXPECT_EQ(this->condition.wait_for(lock, 100us), std::cv_status::timeout);
    EXPECT_TRUE(lock.owns_lock());
    EXPECT_EQ(this->condition.wait_until(lock, System::now() + 100us), std::cv_status::timeout);
    EXPECT_TRUE(lock.owns_lock());
    bool arrived = false;
    Worker other([&] { this->locked([&] { arrived = true; }), this->condition.notify_one(); });
    this->condition.wait(lock, [&] { return arrived; });
    EXPECT_TRUE(lock.owns_lock());
    other.join();
  }
}

/// Is the mutex held, as another thread sees it?
template <class M>
bool held(M& mutex) {
  bool free = false;
  Worker([&] {
    free = mutex.try_lock();
    if (free) mutex.unlock();
  }).join();
  return !free;
}

TYPED_TEST(Conditions, C3_EveryWaitReturnsHoldingTheLockAlsoAfterTimeoutsAndExceptions) {
  this->mutex.lock();
  EXPECT_EQ(this->condition.wait_for(this->mutex, 100us), std::cv_status::timeout);
  EXPECT_TRUE(held(this->mutex));
  EXPECT_THROW(this->condition.wait(this->mutex, []() -> bool { throw 1; }), int);
  EXPECT_TRUE(held(this->mutex));
  int calls = 0;
  const auto throws_later = [&]() -> bool { return ++calls < 2 ? false : throw 1; };
  EXPECT_THROW(this->condition.wait_for(this->mutex, 200us, throws_later), int);
  EXPECT_TRUE(held(this->mutex));
  this->mutex.unlock();
  EXPECT_FALSE(held(this->mutex));
}

// ---- Timed forms ----------------------------------------------------------------------------------------------------

TYPED_TEST(Conditions, X6_ExpiredTimeoutsReturnAtOnce) {
  auto& c = this->condition;
  auto& m = this->mutex;
  const std::lock_guard guard(m);
  const double nan = std::nan("");
  EXPECT_EQ(c.wait_for(m, 0ns), std::cv_status::timeout);
  EXPECT_EQ(c.wait_for(m, -1ns), std::cv_status::timeout);
  EXPECT_EQ(c.wait_for(m, std::chrono::hours::min()), std::cv_status::timeout);
  EXPECT_EQ(c.wait_for(m, duration<float>(std::nanf(""))), std::cv_status::timeout);
  EXPECT_EQ(c.wait_until(m, Steady::now() - 1s), std::cv_status::timeout);
  EXPECT_EQ(c.wait_until(m, Steady::time_point::min()), std::cv_status::timeout);
  EXPECT_EQ(c.wait_until(m, System::now() - 1s), std::cv_status::timeout);
  EXPECT_EQ(c.wait_until(m, System::time_point::min()), std::cv_status::timeout);
  EXPECT_EQ(c.wait_until(m, std::chrono::time_point<System, duration<double>>(duration<double>(nan))),
            std::cv_status::timeout);
}

TYPED_TEST(Conditions, X6_NeverGivesUpEarly) {
  const std::lock_guard guard(this->mutex);
  for (const auto timeout : {1us, 333us, 2000us}) {
    const auto start = Steady::now();
    EXPECT_FALSE(this->condition.wait_for(this->mutex, timeout, [] { return false; }));
    EXPECT_GE(Steady::now() - start, timeout);
    const auto monotonic = Steady::now() + timeout;
    EXPECT_FALSE(this->condition.wait_until(this->mutex, monotonic, [] { return false; }));
    EXPECT_GE(Steady::now(), monotonic);
    const auto wall = System::now() + timeout;
    EXPECT_FALSE(this->condition.wait_until(this->mutex, wall, [] { return false; }));
    EXPECT_GE(System::now(), wall);
  }
}

TYPED_TEST(Conditions, X6_C12_TheLongestTimeoutsWaitForTheNotification) {
  auto& c = this->condition;
  auto& m = this->mutex;
  bool ready = false;
  const auto check = [&](const char* name, auto wait) {
    bool entered = false;
    Worker worker([&] {
      const std::lock_guard guard(m);
      entered = true;
      EXPECT_TRUE(wait([&] { return ready; })) << name;
    });
    await([&] { return this->locked([&] { return entered; }); });
    this->locked([&] { ready = true; });
    c.notify_all();
    worker.join();
    ready = false;
  };
  check("hours", [&](auto p) { return c.wait_for(m, std::chrono::hours::max(), p); });
  check("infinity",
        [&](auto p) { return c.wait_for(m, duration<double>(std::numeric_limits<double>::infinity()), p); });
  check("steady", [&](auto p) { return c.wait_until(m, Steady::time_point::max(), p); });
  check("steady hours",
        [&](auto p) { return c.wait_until(m, std::chrono::time_point<Steady, std::chrono::hours>::max(), p); });
  check("system", [&](auto p) { return c.wait_until(m, System::time_point::max(), p); });
}

TYPED_TEST(Conditions, C9_TimedPredicateFormsReturnThePredicatesLastValue) {
  bool value = false;
  const auto predicate = [&] { return value; };
  const std::lock_guard guard(this->mutex);
  EXPECT_FALSE(this->condition.wait_for(this->mutex, 0ms, predicate));
  EXPECT_FALSE(this->condition.wait_until(this->mutex, Steady::now(), predicate));
  value = true;
  EXPECT_TRUE(this->condition.wait_for(this->mutex, -1ms, predicate)) << "already true";
  EXPECT_TRUE(this->condition.wait_until(this->mutex, System::now() - 1s, predicate)) << "already true";
  int looks = 0;
  EXPECT_TRUE(this->condition.wait_for(this->mutex, 200us, [&] { return ++looks >= 2; })) << "true at the deadline";
}

TYPED_TEST(Conditions, C2_X6_AClockThatIsSetBackSendsTheWaiterToLook) {
  HandSetClock::hand = 0;
  const std::lock_guard guard(this->mutex);
  EXPECT_EQ(this->condition.wait_until(this->mutex, HandSetClock::time_point(100us)), std::cv_status::no_timeout);
  HandSetClock::hand = 200'000;
  EXPECT_EQ(this->condition.wait_until(this->mutex, HandSetClock::time_point(100us)), std::cv_status::timeout);
}

TYPED_TEST(Conditions, X7_ManyExpiredTimeoutsLeaveNothingBehind) {
  run_team(2, [&](int) {
    const std::lock_guard guard(this->mutex);
    for (int round = 0; round < 500; ++round) {
      EXPECT_EQ(this->condition.wait_for(this->mutex, 1ns), std::cv_status::timeout);
    }
  });
  this->add_waiter();
  this->condition.notify_one();
  this->join();
}

// One notification aimed near the deadline of the older of two waiters: it must reach one of them.
template <class M, class C>
void notify_near_the_deadline(M& mutex, C& condition, std::chrono::microseconds offset, bool holding) {
  int waiting = 0;
  std::atomic<int> timed_result{-1};
  std::atomic<bool> untimed_woken{false};
  const auto deadline = Steady::now() + 300us;
  Worker timed([&] {
    const std::lock_guard guard(mutex);
    ++waiting;
    timed_result = condition.wait_until(mutex, deadline) == std::cv_status::no_timeout;
  });
  Worker untimed([&] {
    std::unique_lock lock(mutex);
    while (waiting == 0) lock.unlock(), ::sched_yield(), lock.lock();
    ++waiting;
    condition.wait(mutex);
    untimed_woken = true;
  });
  std::unique_lock lock(mutex);
  while (waiting != 2) lock.unlock(), ::sched_yield(), lock.lock();
  if (!holding) lock.unlock();
  while (Steady::now() < deadline + offset) ::sched_yield();
  condition.notify_one();
  if (holding) lock.unlock();
  timed.join();
  if (timed_result == 0) await([&] { return untimed_woken.load(); });  // the timed one says it took nothing
  await([&] { return condition.notify_one(), untimed_woken.load(); });
  untimed.join();
}

TYPED_TEST(Conditions, C8_C12_AWaiterThatReportsATimeoutHasConsumedNoNotification) {
  if constexpr (requires { TypeParam::Condition::kTimeoutMayConsume; }) GTEST_SKIP() << "declared: C++ leaves it open";
  for (int round = 0; round < 60; ++round) {
    const std::chrono::microseconds offset(-50 + 37 * round % 150);
    notify_near_the_deadline(this->mutex, this->condition, offset, round % 2 == 0);
  }
}

// A queue of items: takers wait with time limits that expire often; every item must come out once.
template <class M, class C>
void pass_items(M& mutex, C& condition, int items, int takers) {
  std::deque<int> queue;
  int taken = 0;
  run_team(takers + 1, [&](int index) {
    std::unique_lock lock(mutex);
    for (int item = 0; index == 0 && item < items; ++item) {
      queue.push_back(item);
      lock.unlock();
      condition.notify_one();
      if (by_chance(8)) std::this_thread::sleep_for(50us);
      lock.lock();
    }
    while (index != 0 && taken < items) {
      const bool some = index == 1 ? (condition.wait(mutex, [&] { return !queue.empty() || taken == items; }), true)
                                   : condition.wait_for(mutex, 60us, [&] { return !queue.empty(); });
      if (!some || queue.empty()) continue;
      queue.pop_front();
      if (++taken == items) condition.notify_all();
    }
  });
  EXPECT_EQ(taken, items);
}

TYPED_TEST(Conditions, C8_C10_C12_TimedAndUntimedWaitersShareAQueue) {
  pass_items(this->mutex, this->condition, rounds<TypeParam, typename TypeParam::Condition>(150), 3);
}

// ---- Lifetime -------------------------------------------------------------------------------------------------------

// All are notified, then the condition goes at once; those notified are still on their way out.
TYPED_TEST(Conditions, C11_X2_MayBeDestroyedOnceAllHaveBeenNotified) {
  using C = typename TypeParam::Condition;
  for (int round = 0; round < rounds<TypeParam, C>(40); ++round) {
    auto dying = std::make_unique<C>();
    int waiting = 0;
    bool done = false;
    std::vector<std::unique_ptr<Worker>> team;
    for (int index = 0; index < 3; ++index) {
      team.push_back(std::make_unique<Worker>([&, index, condition = dying.get()] {
        const std::lock_guard guard(this->mutex);
        ++waiting;
        if (index == 0) condition->wait_for(this->mutex, 50us);  // may be leaving just now
        while (!done && index != 0) condition->wait(this->mutex);
      }));
    }
    await([&] { return this->locked([&] { return waiting == 3; }); });
    this->locked([&] {
      done = true;
      dying->notify_all();
      if (round % 2 == 0) dying.reset();
    });
    dying.reset();
    for (auto& worker : team) worker->join();
  }
}

// ---- Signals --------------------------------------------------------------------------------------------------------

TYPED_TEST(Conditions, X5_SignalsNeitherEndNorLoseAWait) {
  using C = typename TypeParam::Condition;
  const InterruptingSignal signal;
  this->add_waiter();
  for (int i = 0; i < 50; ++i) {
    this->waiters.back()->signal(InterruptingSignal::kNumber);
    if constexpr (kSleeps<C>) await_waiting<C>(*this->waiters.back());
  }
  this->locked([&] { EXPECT_TRUE(this->served.empty()) << "a signal ended the wait"; });
  this->condition.notify_one();
  this->join();
}

TYPED_TEST(Conditions, X5_X6_SignalsNeitherShortenNorStretchADeadline) {
  const InterruptingSignal signal;
  std::atomic<bool> ended{false};
  Worker worker([&] {
    const std::lock_guard guard(this->mutex);
    const auto start = Steady::now();
    EXPECT_EQ(this->condition.wait_for(this->mutex, 20ms), std::cv_status::timeout);
    EXPECT_GE(Steady::now() - start, 20ms);
    ended = true;
  });
  while (!ended) {
    worker.signal(InterruptingSignal::kNumber);
    std::this_thread::sleep_for(1ms);
  }
  worker.join();
}

// ---- The control ----------------------------------------------------------------------------------------------------

TEST(Controls, AConditionThatWaitsForNobodyReturnsWithoutANotification) {
  NoMutex mutex;
  NoCondition<NativePlatform> condition;
  condition.wait(mutex);  // returns: a real condition would wait for ever
  EXPECT_EQ(condition.wait_for(mutex, 1h), std::cv_status::no_timeout);
}

}  // namespace
}  // namespace syncbench::testing
