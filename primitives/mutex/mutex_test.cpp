// What the rules cannot see through an erased mutex: the durations and clocks of <chrono> in every unit, numbers that
// start just before they wrap, the standard's tools over each concrete type, and the controls. Everything else that a
// mutex must do is in conformance/mutex_rules.cpp.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <condition_variable>
#include <limits>
#include <mutex>

#include "primitives/conformance/conformance.hpp"
#include "primitives/conformance/rules.hpp"
#include "primitives/conformance/threads.hpp"

namespace syncbench::conformance {
namespace {

using std::chrono::duration;
using Steady = std::chrono::steady_clock;
using System = std::chrono::system_clock;

/// Calls visit.operator()<M>() for each mutex of the catalog that synchronizes.
void for_each_mutex(auto visit) {
  Mutexes<NativePlatform>::for_each([&]<class I>() {
    if constexpr (synchronizes(I::kStanding)) {
      SCOPED_TRACE(std::string(I::kName));
      visit.template operator()<typename I::Type>();
    }
  });
}

// ---- The standard's tools -------------------------------------------------------------------------------------------

TEST(MutexTypes, WorkWithTheStandardsLocks) {
  for_each_mutex([]<class M>() {
    M a, b, c;
    { const std::scoped_lock all(a, b, c); }
    { const std::lock_guard guard(a); }
    std::lock(c, b, a);
    { const std::scoped_lock all(std::adopt_lock, a, b, c); }
    EXPECT_EQ(std::try_lock(a, b), -1);
    a.unlock();
    std::unique_lock deferred(a, std::defer_lock);
    EXPECT_TRUE(deferred.try_lock());
    deferred.unlock();
    b.unlock();
    if constexpr (TimedMutex<M> && kTimedFormsCheckable<M>) {
      EXPECT_TRUE(deferred.try_lock_for(1s));
      deferred.unlock();
      EXPECT_TRUE(deferred.try_lock_until(System::now() + 1s));
    }
  });
}

TEST(MutexTypes, WorkWithConditionVariableAny) {
  for_each_mutex([]<class M>() {
    M mutex;
    std::condition_variable_any changed;
    bool ready = false;
    std::thread other([&] {
      const std::lock_guard guard(mutex);
      ready = true;
      changed.notify_one();
    });
    {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return ready; });
    }
    other.join();
  });
}

// ---- <chrono> -------------------------------------------------------------------------------------------------------

// All of our mutexes take their timed forms from TimedForms, so one stands for all.
using M = TtasLock<NativePlatform, Backoff>;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

template <class Clock, class Duration>
using Instant = std::chrono::time_point<Clock, Duration>;

struct Attempt {
  const char* name;
  bool (*make)(M&);
};

constexpr std::array kExpired = {
    Attempt{"hours::min", [](M& m) { return m.try_lock_for(std::chrono::hours::min()); }},
    Attempt{"NaN", [](M& m) { return m.try_lock_for(duration<float>(std::nanf(""))); }},
    Attempt{"-infinity", [](M& m) { return m.try_lock_for(duration<double>(-kInfinity)); }},
    Attempt{"steady NaN",
            [](M& m) { return m.try_lock_until(Instant<Steady, duration<double>>(duration<double>(kNaN))); }},
    Attempt{"system min hours", [](M& m) { return m.try_lock_until(Instant<System, std::chrono::hours>::min()); }},
    Attempt{"system NaN",
            [](M& m) { return m.try_lock_until(Instant<System, duration<double>>(duration<double>(kNaN))); }},
};

constexpr std::array kUnlimited = {
    Attempt{"hours::max", [](M& m) { return m.try_lock_for(std::chrono::hours::max()); }},
    Attempt{"infinity", [](M& m) { return m.try_lock_for(duration<double>(kInfinity)); }},
    Attempt{"steady max hours", [](M& m) { return m.try_lock_until(Instant<Steady, std::chrono::hours>::max()); }},
    Attempt{"system max hours", [](M& m) { return m.try_lock_until(Instant<System, std::chrono::hours>::max()); }},
};

TEST(MutexTypes, X6_ExpiredTimeoutsOfEveryUnitTryOnce) {
  M mutex;
  for (const Attempt& attempt : kExpired) {
    EXPECT_TRUE(attempt.make(mutex)) << attempt.name << ": free, so acquired";
    EXPECT_FALSE(attempt.make(mutex)) << attempt.name << ": held";
    mutex.unlock();
  }
}

TEST(MutexTypes, X6_TheLongestTimeoutsOfEveryUnitWait) {
  for (const Attempt& attempt : kUnlimited) {
    M mutex;
    std::atomic<bool> released{false};
    mutex.lock();
    Worker waiter([&] {
      EXPECT_TRUE(attempt.make(mutex)) << attempt.name;
      EXPECT_TRUE(released) << attempt.name;
      mutex.unlock();
    });
    await([&] { return waiter.processor_time() > 100us; });
    released = true;
    mutex.unlock();
    waiter.join();
  }
}

TEST(MutexTypes, X6_CoarseAndFractionalUnitsNeverEndEarly) {
  M mutex;
  mutex.lock();
  const auto start = Steady::now();
  EXPECT_FALSE(mutex.try_lock_for(duration<double, std::milli>(1.5)));
  EXPECT_GE(Steady::now() - start, 1500us);
  const auto instant = std::chrono::time_point_cast<std::chrono::milliseconds>(System::now()) + 2ms;
  EXPECT_FALSE(mutex.try_lock_until(instant));
  EXPECT_GE(System::now(), instant);
  mutex.unlock();
}

// ---- Numbers that wrap ----------------------------------------------------------------------------------------------

constexpr std::array<std::uint32_t, 5> kFirstNumbers = {0, (1U << 8) - 6, (1U << 16) - 6, (1U << 31) - 6, 0U - 6};

/// The rules with a mutex whose numbers start at `first`.
template <class Lock>
void expect_to_keep_the_rules_from(std::uint32_t first, bool observed) {
  Subject<AnyMutex> subject{.name = "numbered", .family = "", .traits = Lock::kTraits};
  subject.sleeps = sleeps<Lock>();
  subject.observed = observed;
  subject.make = [first] { return std::make_unique<ErasedMutex<Lock>>(first); };
  for (const Rule<AnyMutex>& rule : mutex_rules()) {
    if (rule.id != "M1" && rule.id != "M4" && rule.id != "M10") continue;
    const Trial trial{.rule = rule.id, .run = [&](Check& check) { rule.check(subject, check); }};
    const Finding finding = run_here(trial, 4);
    EXPECT_NE(finding.outcome, Outcome::fail) << rule.id << " from number " << first << ": " << finding.reason;
  }
}

template <Platform P>
void expect_all_to_wrap(bool observed) {
  Mutexes<P>::for_each([&]<class I>() {
    using Lock = typename I::Type;
    if constexpr (std::constructible_from<Lock, std::uint32_t> && HasWaitStrategy<Lock>) {
      if (!sleeps<Lock>() && !std::is_same_v<typename Lock::Wait, Backoff<P>>) return;  // one that spins stands for all
      SCOPED_TRACE(std::string(I::kName));
      for (const std::uint32_t first : kFirstNumbers) expect_to_keep_the_rules_from<Lock>(first, observed);
    }
  });
}

TEST(MutexTypes, X9_RulesHoldAcrossTheWrapOfNumbers) {
  expect_all_to_wrap<NativePlatform>(false);
  expect_all_to_wrap<ObservedPlatform>(true);
}

// ---- What is not a mutex --------------------------------------------------------------------------------------------

TEST(Controls, TheMutexThatExcludesNobodyIsAlwaysFree) {
  NoMutex mutex;
  mutex.lock();
  EXPECT_TRUE(mutex.try_lock());
}

TEST(Controls, M1_M2_TheMutexThatExcludesNobodyIsCaught) {
  if (kUnderThreadSanitizer) GTEST_SKIP() << "a real data race, and reported as one";
  const Subject<AnyMutex> control{
      .name = "none", .sleeps = false, .make = [] { return std::make_unique<ErasedMutex<NoMutex>>(); }};
  for (const Rule<AnyMutex>& rule : mutex_rules()) {
    if (rule.id != "M1" && rule.id != "M2") continue;
    bool caught = false;
    for (int round = 0; round < 20 && !caught; ++round) {
      Check check;
      rule.check(control, check);
      caught = check.violated();
    }
    EXPECT_TRUE(caught) << rule.id << " would not notice a mutex that does nothing";
  }
}

TEST(Baseline, FetchAddCountsEveryIncrement) {
  FetchAdd<NativePlatform> counter;
  run_team(4, [&](int) {
    for (int i = 0; i < 5000; ++i) counter.increment();
  });
  EXPECT_EQ(counter.value(), 20'000U);
}

}  // namespace
}  // namespace syncbench::conformance
