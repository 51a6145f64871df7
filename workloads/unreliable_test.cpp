// The unreliable workers: every kind of failure happens and is counted, and every broken promise is noticed.
#include "workloads/unreliable.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "workloads/plain_team.hpp"

namespace syncbench {
namespace {

using namespace std::chrono_literals;

enum : unsigned { kMixed, kAbort, kTimeout, kReset, kRace };

struct Sound : MonitorBreakableBarrier<NativePlatform> {
  using Base = MonitorBreakableBarrier<NativePlatform>;
  using Base::Base;
};

Params failing_by(unsigned failure, bool hot = false) {
  Params params;
  params.set("failure", failure);
  params.set("timeout", 200'000);
  params.set("waiters", hot ? 1 : 0);
  return params;
}

template <class B, class Probe = NoProbe>
Verdict play(PlainTeam& team, const Params& params) {
  return run_round<Unreliable<B, Probe>, Probe>(team, params);
}

double count_of(const PlainTeam& team, std::string_view name) {
  return team.counts().find(name)->second;
}

TEST(Unreliable, fails_as_it_is_told_and_counts_it) {
  const std::vector<std::string_view> kinds = {"aborts", "timeouts", "resets"};
  for (const bool hot : {false, true}) {
    for (unsigned told = 0; told < kinds.size(); ++told) {
      PlainTeam team({3}, 10ms);
      const Verdict verdict = play<Sound>(team, failing_by(kAbort + told, hot));
      EXPECT_EQ(verdict.kind, Verdict::Kind::ok) << verdict.reason;
      EXPECT_EQ(count_of(team, kinds[told]), static_cast<double>(total_operations(team)) / 3);
      EXPECT_EQ(count_of(team, "race_passed") + count_of(team, "race_broken"), 0);
    }
  }
}

TEST(Unreliable, mixes_all_kinds) {
  PlainTeam team({2}, 50ms);
  const Verdict verdict = play<Sound>(team, failing_by(kMixed));
  EXPECT_EQ(verdict.kind, Verdict::Kind::ok) << verdict.reason;
  if (total_operations(team) < 2 * 12) GTEST_SKIP() << "too busy a machine for a dozen failures";
  for (const std::string_view kind : {"aborts", "timeouts", "resets"}) EXPECT_GT(count_of(team, kind), 0) << kind;
  EXPECT_GT(count_of(team, "race_passed") + count_of(team, "race_broken"), 0);
}

TEST(Unreliable, can_be_alone) {
  for (const unsigned failure : {kMixed, kAbort, kTimeout, kReset, kRace}) {
    PlainTeam team({1}, 5ms, 2);
    const Verdict verdict = play<Sound, LatencyProbe>(team, failing_by(failure));
    EXPECT_EQ(verdict.kind, Verdict::Kind::ok) << verdict.reason;
    EXPECT_EQ(count_of(team, "aborts"), static_cast<double>(total_operations(team)));
    EXPECT_GT(team.merged(0).count(), 0U);
  }
}

TEST(Unreliable, lets_races_go_either_way) {
  for (const unsigned threads : {2U, 3U}) {
    double passed = 0, broken = 0;
    for (int round = 0; round < 50 && (passed == 0 || broken == 0); ++round) {
      PlainTeam team({threads}, 50ms);
      const Verdict verdict = play<Sound>(team, failing_by(kRace));
      EXPECT_EQ(verdict.kind, Verdict::Kind::ok) << verdict.reason;
      passed = count_of(team, "race_passed"), broken = count_of(team, "race_broken");
    }
    EXPECT_GT(passed, 0);
    EXPECT_GT(broken, 0);
  }
}

TEST(Unreliable, times_each_failure_and_its_recovery_once) {
  PlainTeam team({3}, 20ms, 2);
  const Verdict verdict = play<Sound, LatencyProbe>(team, failing_by(kTimeout));
  EXPECT_EQ(verdict.kind, Verdict::Kind::ok) << verdict.reason;
  EXPECT_GT(team.merged(0).count(), 0U);
  EXPECT_EQ(team.merged(0).count(), team.merged(1).count());
}

// One broken promise each.
struct ForgetsAnAbort : Sound {
  using Sound::Sound;
  void abort() { reset(); }
};
struct StaysBroken : Sound {
  using Sound::Sound;
  void reset() { abort(); }
};
struct TimesOutEarly : Sound {
  using Sound::Sound;
  std::uint32_t wait_for(std::chrono::nanoseconds timeout) { return Sound::wait_for(timeout / 2); }
};
struct GivesAnIndexTwice : Sound {
  using Sound::Sound;
  std::uint32_t wait() { return Sound::wait() / 2; }
};
struct KeepsItSecret : Sound {
  using Sound::Sound;
  std::uint32_t wait() try { return Sound::wait(); } catch (const BrokenBarrier&) {
    return 0;
  }
};
// As Python's does: who is on the way out of a complete phase looks at the state, and an abort may have come since.
struct FailsLeavers : Sound {
  using Sound::Sound;
  std::uint32_t wait() {
    const std::uint32_t index = Sound::wait();
    if (index == 0) ::sched_yield();
    if (broken()) throw BrokenBarrier{};
    return index;
  }
};

template <class B>
std::string reason_of(unsigned failure) {
  Verdict verdict;
  // A race must go wrong once.
  for (int round = 0; round < 100 && verdict.kind == Verdict::Kind::ok; ++round) {
    PlainTeam team({3}, 10ms);
    verdict = play<B>(team, failing_by(failure));
  }
  return verdict.reason;
}

void expect_starts(const std::string& reason, std::string_view beginning) {
  EXPECT_EQ(reason.substr(0, beginning.size()), beginning);
}

TEST(Unreliable, notices_each_broken_promise) {
  expect_starts(reason_of<ForgetsAnAbort>(kAbort), "not broken after a failure");
  expect_starts(reason_of<StaysBroken>(kReset), "broken after a reset");
  expect_starts(reason_of<TimesOutEarly>(kTimeout), "timed out early");
  expect_starts(reason_of<GivesAnIndexTwice>(kAbort), "the phase after the reset was not passed by all");
  expect_starts(reason_of<KeepsItSecret>(kAbort), "passed a phase to which one did not come");
  expect_starts(reason_of<FailsLeavers>(kRace), "an abort during the last arrival: some passed");
}

}  // namespace
}  // namespace syncbench
