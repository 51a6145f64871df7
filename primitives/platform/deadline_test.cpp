// Deadlines at the edges: the shortest, the longest, and clocks that disagree (rule X6). Everything here is arithmetic;
// the waits themselves are tested with the primitives.
#include "primitives/platform/deadline.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <limits>

#include "primitives/conformance/hand_set_clock.hpp"

namespace syncbench::testing {
namespace {

using namespace std::chrono_literals;
using conformance::HandSetClock;
using Steady = std::chrono::steady_clock;
using SteadyDeadline = Deadline<Steady>;
using std::chrono::duration;

TEST(Deadlines, NeverHasNotPassed) {
  EXPECT_FALSE(Never::passed());
}

TEST(Deadlines, X6_ZeroNegativeAndNaNHavePassed) {
  EXPECT_TRUE(SteadyDeadline::after(0ns).passed());
  EXPECT_TRUE(SteadyDeadline::after(-1ns).passed());
  EXPECT_TRUE(SteadyDeadline::after(std::chrono::hours::min()).passed());
  EXPECT_TRUE(SteadyDeadline::after(duration<float>(std::nanf(""))).passed());
  EXPECT_TRUE(SteadyDeadline::after(duration<double>(-std::numeric_limits<double>::infinity())).passed());
}

TEST(Deadlines, X6_TheLongestDurationsAreNoLimit) {
  EXPECT_TRUE(SteadyDeadline::after(std::chrono::hours::max()).unlimited());
  EXPECT_TRUE(SteadyDeadline::after(std::chrono::nanoseconds::max()).unlimited());
  EXPECT_TRUE(SteadyDeadline::after(std::chrono::years::max()).unlimited());
  EXPECT_TRUE(SteadyDeadline::after(duration<double>(std::numeric_limits<double>::infinity())).unlimited());
  EXPECT_FALSE(SteadyDeadline::after(std::chrono::hours::max()).passed());
}

TEST(Deadlines, X6_LongDurationsThatTheClockCanHoldAreLimits) {
  const auto deadline = SteadyDeadline::after(std::chrono::years(99));
  EXPECT_FALSE(deadline.unlimited());
  EXPECT_FALSE(deadline.passed());
  EXPECT_GT(deadline.instant(), Steady::now() + std::chrono::years(98));
}

TEST(Deadlines, X6_PartsOfATickAreRoundedUp) {
  const auto earliest = Steady::now() + 1ns;
  EXPECT_GE(SteadyDeadline::after(duration<double, std::nano>(0.25)).instant(), earliest);
  EXPECT_GE(SteadyDeadline::after(duration<std::int64_t, std::pico>(1)).instant(), earliest);
}

TEST(Deadlines, X6_PassOnTheInstantAndNotBefore) {
  const auto deadline = SteadyDeadline::after(200us);
  while (!deadline.passed()) EXPECT_LT(Steady::now() - 10s, deadline.instant());
  EXPECT_GE(Steady::now(), deadline.instant());
}

// The deadline that attempt_until makes of `instant` when it is on the monotonic clock itself.
template <class Duration>
SteadyDeadline made_of(std::chrono::time_point<Steady, Duration> instant) {
  auto result = SteadyDeadline::at(Steady::time_point());
  attempt_until<Steady>(instant, [&](const SteadyDeadline& deadline) {
    result = deadline;
    return true;
  });
  return result;
}

TEST(Deadlines, X6_InstantsOutsideTheClocksRangeSaturate) {
  using Hours = std::chrono::time_point<Steady, std::chrono::hours>;
  using Real = std::chrono::time_point<Steady, duration<double>>;
  EXPECT_TRUE(made_of(Steady::time_point::max()).unlimited());
  EXPECT_TRUE(made_of(Hours::max()).unlimited());
  EXPECT_TRUE(made_of(Real(duration<double>(1e300))).unlimited());
  EXPECT_TRUE(made_of(Steady::time_point::min()).passed());
  EXPECT_TRUE(made_of(Hours::min()).passed());
  EXPECT_TRUE(made_of(Real(duration<double>(-1e300))).passed());
  EXPECT_TRUE(made_of(Real(duration<double>(std::nan("")))).passed());
}

TEST(Deadlines, X6_InstantsBetweenTicksAreRoundedUp) {
  using Fine = std::chrono::time_point<Steady, duration<std::int64_t, std::pico>>;
  EXPECT_EQ(made_of(Fine(duration<std::int64_t, std::pico>(1001))).instant().time_since_epoch(), 2ns);
}

// How often attempt_until tries before it gives up, on a clock that `tick` moves after each attempt.
template <class Tick>
int attempts_until(HandSetClock::time_point instant, Tick tick) {
  int attempts = 0;
  EXPECT_FALSE(attempt_until<Steady>(instant, [&](const SteadyDeadline&) {
    ++attempts;
    tick();
    return false;
  }));
  return attempts;
}

TEST(Deadlines, X6_AForeignClockThatIsLateIsWaitedForAgain) {
  HandSetClock::hand = 0;
  EXPECT_EQ(attempts_until(HandSetClock::time_point(100ns), [] { HandSetClock::hand += 40; }), 3);
}

TEST(Deadlines, X6_AForeignClockThatJumpsAheadEndsTheWait) {
  HandSetClock::hand = 0;
  EXPECT_EQ(attempts_until(HandSetClock::time_point(100ns), [] { HandSetClock::hand = 1'000'000'000; }), 1);
}

TEST(Deadlines, X6_TheEarliestInstantOfAForeignClockHasPassed) {
  HandSetClock::hand = 1'000'000'000;
  EXPECT_FALSE(attempt_until<Steady>(HandSetClock::time_point::min(), [](const SteadyDeadline& deadline) {
    EXPECT_TRUE(deadline.passed());
    return false;
  }));
}

TEST(Deadlines, X6_TheLatestInstantOfAForeignClockIsFarAway) {
  for (const HandSetClock::rep now : {-1'000'000'000LL, 0LL, 1'000'000'000LL}) {
    HandSetClock::hand = now;
    EXPECT_TRUE(attempt_until<Steady>(HandSetClock::time_point::max(), [](const SteadyDeadline& deadline) {
      EXPECT_TRUE(deadline.unlimited());
      return true;
    }));
  }
}

}  // namespace
}  // namespace syncbench::testing
