// What the rules cannot see through an erased event: the durations of <chrono> in every unit, a count of changes that
// starts just before it wraps, and the control. Everything else that an event must do is in
// conformance/event_rules.cpp.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>

#include "primitives/conformance/conformance.hpp"
#include "primitives/conformance/rules.hpp"
#include "primitives/conformance/threads.hpp"

namespace syncbench::conformance {
namespace {

using std::chrono::duration;
using Steady = std::chrono::steady_clock;
using System = std::chrono::system_clock;

// ---- <chrono> -------------------------------------------------------------------------------------------------------

// All of our events take their timed forms from EventForms, so one stands for all.
using E = GenerationEvent<NativePlatform, Backoff>;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

template <class Clock, class Duration>
using Instant = std::chrono::time_point<Clock, Duration>;

struct Attempt {
  const char* name;
  bool (*make)(E&);
};

constexpr std::array kExpired = {
    Attempt{"hours::min", [](E& e) { return e.wait_for(std::chrono::hours::min()); }},
    Attempt{"NaN", [](E& e) { return e.wait_for(duration<float>(std::nanf(""))); }},
    Attempt{"-infinity", [](E& e) { return e.wait_for(duration<double>(-kInfinity)); }},
    Attempt{"system min hours", [](E& e) { return e.wait_until(Instant<System, std::chrono::hours>::min()); }},
    Attempt{"system NaN", [](E& e) { return e.wait_until(Instant<System, duration<double>>(duration<double>(kNaN))); }},
};

constexpr std::array kUnlimited = {
    Attempt{"hours::max", [](E& e) { return e.wait_for(std::chrono::hours::max()); }},
    Attempt{"infinity", [](E& e) { return e.wait_for(duration<double>(kInfinity)); }},
    Attempt{"steady max hours", [](E& e) { return e.wait_until(Instant<Steady, std::chrono::hours>::max()); }},
    Attempt{"system max hours", [](E& e) { return e.wait_until(Instant<System, std::chrono::hours>::max()); }},
};

TEST(EventTypes, E2_E6_X6_ExpiredTimeoutsOfEveryUnitTellWhetherItIsSet) {
  E event;
  for (const Attempt& attempt : kExpired) {
    EXPECT_FALSE(attempt.make(event)) << attempt.name << ": not set";
    event.set();
    EXPECT_TRUE(attempt.make(event)) << attempt.name << ": set";
    event.clear();
  }
}

TEST(EventTypes, X6_TheLongestTimeoutsOfEveryUnitWait) {
  for (const Attempt& attempt : kUnlimited) {
    E event;
    std::atomic<bool> set{false};
    Worker waiter([&] {
      EXPECT_TRUE(attempt.make(event)) << attempt.name;
      EXPECT_TRUE(set) << attempt.name;
    });
    await([&] { return waiter.processor_time() > 100us; });
    set = true;
    event.set();
    waiter.join();
  }
}

TEST(EventTypes, X6_FractionalUnitsNeverEndEarly) {
  E event;
  const auto start = Steady::now();
  EXPECT_FALSE(event.wait_for(duration<double, std::milli>(1.5)));
  EXPECT_GE(Steady::now() - start, 1500us);
}

// ---- Changes that wrap ----------------------------------------------------------------------------------------------

// The word has 31 bits for them.
constexpr std::array<std::uint32_t, 5> kFirstChanges = {0, (1U << 8) - 6, (1U << 16) - 6, (1U << 30) - 6,
                                                        (1U << 31) - 6};

std::uint32_t first_change = 0;
template <class Event>
struct Numbered : Event {
  Numbered() : Event(first_change) {}
};

template <class Event>
void expect_to_keep_the_rules(bool observed) {
  Subject<AnyEvent> subject{.name = "numbered", .family = "", .traits = Event::kTraits};
  subject.sleeps = sleeps<Event>();
  subject.observed = observed;
  subject.make = [] { return std::make_unique<ErasedEvent<Numbered<Event>>>(); };
  for (const Rule<AnyEvent>& rule : event_rules()) {
    if (rule.id != "E1" && rule.id != "E3" && rule.id != "E4" && rule.id != "E5" && rule.id != "E7") continue;
    const Trial trial{.rule = rule.id, .run = [&](Check& check) { rule.check(subject, check); }};
    const Finding finding = run_here(trial, 4);
    EXPECT_NE(finding.outcome, Outcome::fail) << rule.id << " from change " << first_change << ": " << finding.reason;
  }
}

template <Platform P>
void expect_all_to_wrap(bool observed) {
  for (const std::uint32_t first : kFirstChanges) {
    first_change = first;
    expect_to_keep_the_rules<GenerationEvent<P, Backoff>>(observed);
    expect_to_keep_the_rules<GenerationEvent<P, SpinThenPark>>(observed);
    expect_to_keep_the_rules<GenerationEvent<P, Park>>(observed);
  }
}

TEST(EventTypes, E8_X9_RulesHoldAcrossTheWrapOfChanges) {
  expect_all_to_wrap<NativePlatform>(false);
  expect_all_to_wrap<ObservedPlatform>(true);
}

TEST(EventTypes, E8_X9_AWaiterThatSawTheLastNumberIsLetGoByTheFirst) {
  GenerationEvent<NativePlatform, Park> event((1U << 31) - 2);
  for (int round = 0; round < 3; ++round) {  // the first set makes it -1, the clear 0
    Worker waiter([&] { event.wait(); });
    await([&] { return waiter.asleep(); });
    event.set();
    EXPECT_TRUE(event.is_set());
    event.clear();
    EXPECT_FALSE(event.is_set());
    waiter.join();
  }
}

// ---- What is not an event -------------------------------------------------------------------------------------------

TEST(Controls, E3_TheEventThatWaitsForNobodyIsCaught) {
  const Subject<AnyEvent> control{
      .name = "none", .sleeps = false, .make = [] { return std::make_unique<ErasedEvent<NoEvent>>(); }};
  for (const Rule<AnyEvent>& rule : event_rules()) {
    if (rule.id != "E1" && rule.id != "E3" && rule.id != "E5" && rule.id != "E6") continue;
    const Trial trial{.rule = rule.id, .run = [&](Check& check) { rule.check(control, check); }};
    EXPECT_EQ(run_here(trial, 4).outcome, Outcome::fail) << rule.id << " would not notice an event that is always set";
  }
}

}  // namespace
}  // namespace syncbench::conformance
