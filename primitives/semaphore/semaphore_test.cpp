// What the rules cannot see through an erased semaphore: the durations of <chrono> in every unit, as many permits as
// there can be, the bounded kind over each concrete type, and the control. Everything else that a semaphore must do is
// in conformance/semaphore_rules.cpp.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "primitives/conformance/conformance.hpp"
#include "primitives/conformance/rules.hpp"
#include "primitives/conformance/threads.hpp"

namespace syncbench::conformance {
namespace {

using std::chrono::duration;
using Steady = std::chrono::steady_clock;
using System = std::chrono::system_clock;

/// Calls visit.operator()<S>() for each semaphore of ours in the catalog.
void for_each_semaphore(auto visit) {
  Semaphores<NativePlatform>::for_each([&]<class I>() {
    if constexpr (synchronizes(I::kStanding) && I::kTraits.promise == Profile::strict) {
      SCOPED_TRACE(std::string(I::kName));
      visit.template operator()<typename I::Type>();
    }
  });
}

// ---- <chrono> -------------------------------------------------------------------------------------------------------

// All of our semaphores take their timed forms from SemaphoreForms, so one stands for all.
using S = CountSemaphore<NativePlatform, Backoff>;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

template <class Clock, class Duration>
using Instant = std::chrono::time_point<Clock, Duration>;

struct Attempt {
  const char* name;
  bool (*make)(S&);
};

constexpr std::array kExpired = {
    Attempt{"hours::min", [](S& s) { return s.try_acquire_for(std::chrono::hours::min()); }},
    Attempt{"NaN", [](S& s) { return s.try_acquire_for(duration<float>(std::nanf(""))); }},
    Attempt{"-infinity", [](S& s) { return s.try_acquire_for(duration<double>(-kInfinity)); }},
    Attempt{"system min hours", [](S& s) { return s.try_acquire_until(Instant<System, std::chrono::hours>::min()); }},
    Attempt{"system NaN",
            [](S& s) { return s.try_acquire_until(Instant<System, duration<double>>(duration<double>(kNaN))); }},
};

constexpr std::array kUnlimited = {
    Attempt{"hours::max", [](S& s) { return s.try_acquire_for(std::chrono::hours::max()); }},
    Attempt{"infinity", [](S& s) { return s.try_acquire_for(duration<double>(kInfinity)); }},
    Attempt{"steady max hours", [](S& s) { return s.try_acquire_until(Instant<Steady, std::chrono::hours>::max()); }},
    Attempt{"system max hours", [](S& s) { return s.try_acquire_until(Instant<System, std::chrono::hours>::max()); }},
};

TEST(SemaphoreTypes, S8_X6_ExpiredTimeoutsOfEveryUnitTakeAPermitThatIsThere) {
  S semaphore(1);
  for (const Attempt& attempt : kExpired) {
    EXPECT_TRUE(attempt.make(semaphore)) << attempt.name << ": a permit is free";
    EXPECT_FALSE(attempt.make(semaphore)) << attempt.name << ": no permit is free";
    semaphore.release();
  }
}

TEST(SemaphoreTypes, X6_TheLongestTimeoutsOfEveryUnitWait) {
  for (const Attempt& attempt : kUnlimited) {
    S semaphore(0);
    std::atomic<bool> released{false};
    Worker waiter([&] {
      EXPECT_TRUE(attempt.make(semaphore)) << attempt.name;
      EXPECT_TRUE(released) << attempt.name;
    });
    await([&] { return waiter.processor_time() > 100us; });
    released = true;
    semaphore.release();
    waiter.join();
  }
}

TEST(SemaphoreTypes, X6_FractionalUnitsNeverEndEarly) {
  S semaphore(0);
  const auto start = Steady::now();
  EXPECT_FALSE(semaphore.try_acquire_for(duration<double, std::milli>(1.5)));
  EXPECT_GE(Steady::now() - start, 1500us);
}

// ---- As many permits as there can be --------------------------------------------------------------------------------

TEST(EverySemaphoreType, S10_X9_HoldsUpToMaxPermits) {
  for_each_semaphore([]<class T>() {
    T semaphore(T::max() - 2);
    semaphore.release(2);
    EXPECT_EQ(semaphore.value(), T::max());
    run_team(4, [&](int) {
      for (int i = 0; i < 200; ++i) {
        semaphore.acquire();
        EXPECT_TRUE(semaphore.try_acquire());
        semaphore.release(2);
      }
    });
    EXPECT_EQ(semaphore.value(), T::max());
    T other(0);
    other.release(T::max());
    EXPECT_TRUE(other.try_acquire());
    EXPECT_EQ(other.value(), T::max() - 1);
  });
}

// ---- The bounded kind -----------------------------------------------------------------------------------------------

template <class T>
using Bounded = BoundedSemaphore<NativePlatform, T>;

TEST(EveryBoundedSemaphoreType, S9_RefusesAReleaseAboveItsStartAndChangesNothing) {
  for_each_semaphore([]<class T>() {
    for (const std::ptrdiff_t start : {0, 1, 3}) {
      Bounded<T> semaphore(start);
      EXPECT_EQ(semaphore.bound(), start);
      EXPECT_THROW(semaphore.release(), std::overflow_error);
      EXPECT_THROW(semaphore.release(T::max()), std::overflow_error);
      for (std::ptrdiff_t i = 0; i < start; ++i) semaphore.acquire();
      EXPECT_FALSE(semaphore.try_acquire());
      EXPECT_FALSE(semaphore.try_acquire_for(1us)) << "what took nothing must not count as taken";
      EXPECT_THROW(semaphore.release(start + 1), std::overflow_error);
      EXPECT_EQ(semaphore.value(), 0);
      if (start > 0) semaphore.release(start);
      EXPECT_THROW(semaphore.release(), std::overflow_error);
      EXPECT_EQ(semaphore.value(), start);
    }
  });
}

// Everybody gives back what it took, so no release may be refused; and one who took nothing gives back all the same: a
// release of its own that is accepted makes another's fail, and never are there more permits than at the start.
TEST(EveryBoundedSemaphoreType, S9_TheBoundHoldsUnderRaces) {
  for_each_semaphore([]<class T>() {
    Bounded<T> fair(2);
    run_team(4, [&](int index) {
      for (int i = 0; i < 200; ++i) {
        if (index % 2 == 0) {
          fair.acquire();
        } else if (!fair.try_acquire_for(10us)) {
          continue;
        }
        EXPECT_NO_THROW(fair.release());
      }
    });
    EXPECT_EQ(fair.value(), 2);

    Bounded<T> abused(2);
    std::atomic<int> surplus{0};
    run_team(4, [&](int index) {
      for (int i = 0; i < 200; ++i) {
        const bool took = index != 0 && abused.try_acquire();
        if (!took && index != 0) continue;
        try {
          abused.release();
          if (!took) ++surplus;
        } catch (const std::overflow_error&) {
          if (took) --surplus;
        }
        EXPECT_LE(abused.value(), 2);
      }
    });
    EXPECT_EQ(surplus, 0) << "as many releases were accepted as permits were taken";
    EXPECT_EQ(abused.value(), 2);
  });
}

// ---- What is not a semaphore ----------------------------------------------------------------------------------------

TEST(Controls, S2_TheSemaphoreThatCountsNothingIsCaught) {
  const Subject<AnySemaphore> control{.name = "none", .sleeps = false, .make = [](std::ptrdiff_t start, bool) {
                                        return std::make_unique<ErasedSemaphore<NoSemaphore>>(start);
                                      }};
  for (const Rule<AnySemaphore>& rule : semaphore_rules()) {
    if (rule.id != "S2" && rule.id != "S3" && rule.id != "S7") continue;
    const Trial trial{.rule = rule.id, .run = [&](Check& check) { rule.check(control, check); }};
    EXPECT_EQ(run_here(trial, 4).outcome, Outcome::fail) << rule.id << " would not notice one that lets everybody in";
  }
}

}  // namespace
}  // namespace syncbench::conformance
