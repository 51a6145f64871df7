// What the rules cannot see through an erased condition: the durations and clocks of <chrono> in every unit, the forms
// with an instant and a predicate, std::unique_lock, and the control. Everything else that a condition must do is in
// conformance/condition_rules.cpp.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <mutex>

#include "primitives/catalog.hpp"
#include "primitives/conformance/threads.hpp"

namespace syncbench::conformance {
namespace {

using std::chrono::duration;
using Steady = std::chrono::steady_clock;
using System = std::chrono::system_clock;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

template <class Clock, class Duration>
using Instant = std::chrono::time_point<Clock, Duration>;

// All of our conditions take their forms from ConditionForms, so one stands for all.
class ConditionTypes : public ::testing::Test {
 protected:
  TtasLock<NativePlatform, Backoff> m;
  SequenceCondition<NativePlatform, Backoff> c;
};

TEST_F(ConditionTypes, X6_ExpiredTimeoutsOfEveryUnitReturnAtOnce) {
  const std::lock_guard guard(m);
  EXPECT_EQ(c.wait_for(m, std::chrono::hours::min()), std::cv_status::timeout);
  EXPECT_EQ(c.wait_for(m, duration<float>(std::nanf(""))), std::cv_status::timeout);
  EXPECT_EQ(c.wait_for(m, duration<double>(-kInfinity)), std::cv_status::timeout);
  EXPECT_EQ(c.wait_until(m, Instant<Steady, std::chrono::hours>::min()), std::cv_status::timeout);
  EXPECT_EQ(c.wait_until(m, Instant<System, duration<double>>(duration<double>(kNaN))), std::cv_status::timeout);
}

TEST_F(ConditionTypes, X6_C12_TheLongestTimeoutsOfEveryUnitWaitForTheNotification) {
  bool ready = false;
  const auto check = [&](const char* name, auto wait) {
    bool entered = false;
    Worker waiter([&] {
      const std::lock_guard guard(m);
      entered = true;
      EXPECT_TRUE(wait([&] { return ready; })) << name;
    });
    await([&] { return std::lock_guard(m), entered; });
    {
      const std::lock_guard guard(m);
      ready = true;
    }
    c.notify_all();
    waiter.join();
    ready = false;
  };
  check("hours", [&](auto p) { return c.wait_for(m, std::chrono::hours::max(), p); });
  check("infinity", [&](auto p) { return c.wait_for(m, duration<double>(kInfinity), p); });
  check("steady", [&](auto p) { return c.wait_until(m, Steady::time_point::max(), p); });
  check("steady hours", [&](auto p) { return c.wait_until(m, Instant<Steady, std::chrono::hours>::max(), p); });
  check("system", [&](auto p) { return c.wait_until(m, System::time_point::max(), p); });
}

TEST_F(ConditionTypes, C9_X6_WaitUntilAPredicateReturnsItsLastValueAndNeverEarly) {
  bool value = false;
  const auto predicate = [&] { return value; };
  const std::lock_guard guard(m);
  EXPECT_FALSE(c.wait_until(m, Steady::now(), predicate));
  const auto monotonic = Steady::now() + 2ms;
  EXPECT_FALSE(c.wait_until(m, monotonic, predicate));
  EXPECT_GE(Steady::now(), monotonic);
  const auto wall = System::now() + 2ms;
  EXPECT_FALSE(c.wait_until(m, wall, predicate));
  EXPECT_GE(System::now(), wall);
  int looks = 0;
  EXPECT_TRUE(c.wait_until(m, Steady::now() + 200us, [&] { return ++looks >= 2; })) << "true at the deadline";
  value = true;
  EXPECT_TRUE(c.wait_until(m, System::now() - 1s, predicate)) << "already true";
}

/// std::condition_variable waits on a std::mutex and on nothing else.
template <class C>
inline constexpr bool kTakesAnyLock = C::kTraits.promise == Profile::strict;
template <class P>
inline constexpr bool kTakesAnyLock<AnyCondition<P>> = true;

TEST(EveryConditionType, TakesUniqueLocksAsWellAsTheMutexItself) {
  Conditions<NativePlatform>::for_each([]<class I>() {
    using T = typename I::Type;
    if constexpr (I::kStanding != Standing::control && kTakesAnyLock<typename T::Condition>) {
      SCOPED_TRACE(std::string(I::kName));
      typename T::Mutex mutex;
      typename T::Condition condition;
      std::unique_lock lock(mutex);
      EXPECT_EQ(condition.wait_for(lock, 100us), std::cv_status::timeout);
      EXPECT_TRUE(lock.owns_lock());
      EXPECT_EQ(condition.wait_until(lock, System::now() + 100us), std::cv_status::timeout);
      EXPECT_TRUE(lock.owns_lock());
      bool arrived = false;
      Worker other([&] {
        {
          const std::lock_guard guard(mutex);
          arrived = true;
        }
        condition.notify_one();
      });
      condition.wait(lock, [&] { return arrived; });
      EXPECT_TRUE(lock.owns_lock());
      other.join();
    }
  });
}

TEST(Controls, TheConditionThatWaitsForNobodyReturnsWithoutANotification) {
  NoMutex mutex;
  NoCondition<NativePlatform> condition;
  condition.wait(mutex);  // returns: a real condition would wait for ever
  EXPECT_EQ(condition.wait_for(mutex, 1h), std::cv_status::no_timeout);
}

}  // namespace
}  // namespace syncbench::conformance
