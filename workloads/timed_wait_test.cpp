// What only timed-wait judges: planted primitives, each wrong in one way, must be found out, and the one that is right
// must not be. That every implementation passes and the controls do not is tested with all workloads.
#include "workloads/timed_wait.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "workloads/plain_team.hpp"

namespace syncbench {
namespace {

using namespace std::chrono_literals;
enum : unsigned { kMixed, kNever, kRacing, kAlways };  // the words of `set`

PlainTeam two_waiters() {
  return {{2, 1}, 30ms, 2};
}

template <class On, class Probe = NoProbe>
Verdict play(PlainTeam& team, unsigned set, std::chrono::nanoseconds timeout = 1ms) {
  Params params;
  params.set("set", set);
  params.set("timeout", static_cast<double>(timeout.count()));
  return run_round<TimedWait<On, Probe>, Probe>(team, params);
}

template <class On>
std::string fault(unsigned set) {
  PlainTeam team = two_waiters();
  const Verdict verdict = play<On>(team, set);
  EXPECT_EQ(verdict.kind == Verdict::Kind::violated, !verdict.reason.empty());
  return verdict.reason;
}

struct SoundEvent : GenerationEvent<NativePlatform, Park> {};

TEST(TimedWait, finds_nothing_wrong_with_a_sound_event_whenever_it_is_set) {
  for (const unsigned set : {kMixed, kNever, kRacing, kAlways}) EXPECT_EQ(fault<OnEvent<SoundEvent>>(set), "");
}

TEST(TimedWait, plays_the_rounds_that_are_asked_for) {
  PlainTeam never = two_waiters(), racing = two_waiters(), always = two_waiters();
  play<OnEvent<SoundEvent>, LatencyProbe>(never, kNever);
  play<OnEvent<SoundEvent>, LatencyProbe>(racing, kRacing);
  play<OnEvent<SoundEvent>, LatencyProbe>(always, kAlways, 20ms);
  EXPECT_GT(never.merged(0).count(), 0U);
  EXPECT_EQ(never.merged(1).count(), 0U);
  EXPECT_EQ(never.counts().at("race_true") + never.counts().at("race_false"), 0);
  EXPECT_GT(racing.counts().at("race_true") + racing.counts().at("race_false"), 0);
  EXPECT_EQ(racing.merged(1).count(), 0U);
  EXPECT_GT(always.merged(1).count(), 0U);
  EXPECT_GT(always.counts().at("blocked"), 0);
}

struct EarlyEvent : SoundEvent {
  bool wait_until(TimePoint deadline) { return SoundEvent::wait_until(deadline - 100us); }
};
struct EagerEvent : SoundEvent {
  bool wait_until(TimePoint deadline) { return SoundEvent::wait_until(deadline), true; }
};
struct DeafEvent : SoundEvent {
  bool wait_until(TimePoint deadline) {
    std::this_thread::sleep_until(deadline);
    return false;
  }
};
struct StickyEvent : SoundEvent {
  void clear() {}
};

TEST(TimedWait, finds_out_events_that_are_early_eager_deaf_or_stay_set) {
  EXPECT_NE(fault<OnEvent<EarlyEvent>>(kNever).find("timed out before the deadline"), std::string::npos);
  EXPECT_NE(fault<OnEvent<EagerEvent>>(kNever).find("granted before anything was set"), std::string::npos);
  EXPECT_NE(fault<OnEvent<DeafEvent>>(kAlways).find("timed out asleep"), std::string::npos);
  EXPECT_NE(fault<OnEvent<StickyEvent>>(kMixed).find("granted before anything was set"), std::string::npos);
}

// Says that it timed out, and keeps the permit.
struct GreedySemaphore : CountSemaphore<NativePlatform, Park> {
  using CountSemaphore::CountSemaphore;
  bool try_acquire_until(TimePoint deadline) { return CountSemaphore::try_acquire_until(deadline) && false; }
};

TEST(TimedWait, misses_permits_that_a_timed_out_wait_took) {
  EXPECT_NE(fault<OnSemaphore<GreedySemaphore>>(kAlways).find("2 permits, 0 taken, and 0 left"), std::string::npos);
}

// Lets its waiters sleep on when it is unlocked.
struct DeafMutex : TtasLock<NativePlatform, Backoff> {
  static constexpr Traits kTraits{.source = "planted"};
  struct Wait {
    static constexpr bool kParks = true;
  };
  bool try_lock_until(TimePoint deadline) {
    std::this_thread::sleep_until(deadline);
    return false;
  }
};
struct TornMutex : TtasLock<NativePlatform, Backoff> {
  bool try_lock_until(TimePoint deadline) { return TtasLock::try_lock_until(deadline) || true; }
};

TEST(TimedWait, finds_out_a_mutex_that_nobody_gets_or_that_is_granted_while_held) {
  EXPECT_NE(fault<OnMutex<DeafMutex>>(kAlways).find("timed out asleep"), std::string::npos);
  EXPECT_NE(fault<OnMutex<TornMutex>>(kNever).find("granted before anything was set"), std::string::npos);
}

struct LyingCondition : SequenceCondition<NativePlatform, Park> {
  bool wait_until(auto& lock, TimePoint deadline, auto predicate) {
    return !SequenceCondition::wait_until(lock, deadline, predicate);
  }
};

TEST(TimedWait, compares_what_a_condition_returns_with_the_flag_under_the_mutex) {
  using Lying = ConditionOver<LyingCondition, TristateMutex<NativePlatform, Park>>;
  EXPECT_NE(fault<OnCondition<Lying>>(kAlways).find("not the flag"), std::string::npos);
}

using SoundBarrier = MonitorBreakableBarrier<NativePlatform>;
struct SplitBarrier : SoundBarrier {
  using SoundBarrier::SoundBarrier;
  std::uint32_t wait_until(TimePoint deadline) {
    const std::uint32_t index = SoundBarrier::wait_until(deadline);
    if (index != 1) return index;
    std::this_thread::sleep_until(deadline);
    throw BrokenBarrier{};
  }
};
struct SameIndexBarrier : SoundBarrier {
  using SoundBarrier::SoundBarrier;
  std::uint32_t wait_until(TimePoint deadline) { return std::min(SoundBarrier::wait_until(deadline), 1U); }
};

TEST(TimedWait, finds_out_barriers_whose_parties_do_not_agree) {
  EXPECT_EQ(fault<OnBarrier<SoundBarrier>>(kMixed), "");
  EXPECT_NE(fault<OnBarrier<SplitBarrier>>(kAlways).find("2 of 3 passed the barrier"), std::string::npos);
  EXPECT_NE(fault<OnBarrier<SameIndexBarrier>>(kAlways).find("indices not each one once"), std::string::npos);
}

struct LateEvent : SoundEvent {
  bool wait_until(TimePoint deadline) {
    const bool set = SoundEvent::wait_until(deadline);
    std::this_thread::sleep_for(3ms);
    return set;
  }
};

TEST(TimedWait, times_lateness_from_the_deadline_and_a_wake_up_from_the_set) {
  PlainTeam never = two_waiters(), always = two_waiters();
  play<OnEvent<LateEvent>, LatencyProbe>(never, kNever, 5ms);
  play<OnEvent<LateEvent>, LatencyProbe>(always, kAlways, 20ms);
  ASSERT_GT(never.merged(0).count(), 0U);
  EXPECT_GE(never.merged(0).min(), 3'000'000U);
  EXPECT_LT(never.merged(0).min(), 8'000'000U) << "from the start of the round it would be more";
  ASSERT_GT(always.merged(1).count(), 0U);
  EXPECT_GE(always.merged(1).min(), 3'000'000U);
  EXPECT_LT(always.merged(1).min(), 20'000'000U) << "from the start of the round to its deadline is that long";
}

TEST(Lead, finds_where_half_of_the_waits_are_granted_and_stays_there) {
  for (const auto edge : {-30us, 0us, 45us}) {
    Lead lead(1ms);
    int granted = 0;
    for (int round = 0; round < 1000; ++round) {
      const bool in_time = lead.now() > edge;
      if (round >= 100) granted += in_time;
      lead.learn(in_time ? 1 : 0, 1);
    }
    EXPECT_NEAR(granted / 900., 0.5, 0.1) << edge.count();
    EXPECT_NEAR(static_cast<double>(lead.now().count()), 1e3 * static_cast<double>(edge.count()), 2e3);
  }
}

TEST(Lead, stays_within_half_of_the_timeout) {
  Lead lead(1ms);
  for (int round = 0; round < 1000; ++round) lead.learn(0, 2);
  EXPECT_EQ(lead.now(), 500us);
  for (int round = 0; round < 1000; ++round) lead.learn(2, 2);
  EXPECT_EQ(lead.now(), -500us);
}

}  // namespace
}  // namespace syncbench
