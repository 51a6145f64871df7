// Meetings at barriers: what Meeting notices that no control of the catalog shows, and what its series mean.
#include "workloads/meeting.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "workloads/plain_team.hpp"

namespace syncbench {
namespace {

using namespace std::chrono_literals;

// Four threads; each phase is the indices that they got.
bool holds(const std::vector<std::vector<std::uint32_t>>& phases) {
  const std::size_t parties = phases.front().size();
  IndexCheck all;
  for (std::size_t thread = 0; thread < parties; ++thread) {
    IndexCheck one;
    for (const auto& phase : phases) one.add(phase[thread]);
    all.merge(one);
  }
  return all.holds(static_cast<std::uint32_t>(parties));
}

TEST(IndexCheck, holds_for_permutations_in_any_order) {
  EXPECT_TRUE(holds({{0}, {0}}));
  EXPECT_TRUE(holds({{0, 1, 2, 3}, {3, 2, 1, 0}, {2, 0, 3, 1}}));
}

TEST(IndexCheck, notices_one_phase_that_is_no_permutation) {
  EXPECT_FALSE(holds({{1}}));
  EXPECT_FALSE(holds({{0, 1, 2, 3}, {0, 1, 2, 2}}));
  EXPECT_FALSE(holds({{0, 1, 2, 4}}));
}

TEST(IndexCheck, notices_faults_whose_sums_agree) {
  EXPECT_FALSE(holds({{0, 0}, {1, 1}})) << "each index was given twice, but not in its phase";
  EXPECT_FALSE(holds({{0, 0, 3, 3}})) << "the same sum";
  EXPECT_FALSE(holds({{0, 0, 3, 3, 5, 5, 6, 6}})) << "the same sum and the same sum of squares";
}

struct GivesAnIndexTwice : CentralBarrier<NativePlatform, Yield> {
  using CentralBarrier::CentralBarrier;
  std::uint32_t arrive_and_wait() { return CentralBarrier::arrive_and_wait() / 2; }
};

Params meeting(Straggler straggler, double delay) {
  Params params;
  params.set("parallel", 0);
  params.set("barriers", 3);
  params.set("straggler", static_cast<double>(straggler));
  params.set("delay", delay);
  return params;
}

TEST(Meeting, notices_indices_that_are_given_twice) {
  PlainTeam team({4}, 10ms);
  const Verdict verdict = run_round<Meeting<GivesAnIndexTwice, NoProbe>, NoProbe>(team, meeting(Straggler::none, 0));
  EXPECT_EQ(verdict.kind, Verdict::Kind::violated);
  EXPECT_NE(verdict.reason.find("arrival indices"), std::string::npos) << verdict.reason;
}

using Sound = CentralBarrier<NativePlatform, YieldThenPark>;

TEST(Meeting, splits_the_release_at_the_first_one_out) {
  PlainTeam team({3}, 20ms, 3);
  const Verdict verdict = run_round<Meeting<Sound, LatencyProbe>, LatencyProbe>(team, meeting(Straggler::none, 0));
  EXPECT_EQ(verdict.kind, Verdict::Kind::ok) << verdict.reason;
  EXPECT_GT(team.merged(0).count(), 0U);
  EXPECT_EQ(team.merged(0).count(), team.merged(1).count());
  EXPECT_EQ(team.merged(0).count(), team.merged(2).count());
  EXPECT_EQ(team.merged(0).sum(), team.merged(1).sum() + team.merged(2).sum());
}

struct StragglerTest : testing::TestWithParam<Straggler> {};

// A busy machine makes releases longer, never shorter: a short one need be seen only once. If the delay were part of
// it, none could be.
TEST_P(StragglerTest, delays_every_phase_but_not_the_release) {
  constexpr std::chrono::nanoseconds kDelay = 2ms;
  auto shortest = std::chrono::nanoseconds::max();
  for (int round = 0; round < 100 && shortest >= kDelay / 2; ++round) {
    PlainTeam team({3}, 20ms, 3);
    const Verdict verdict =
        run_round<Meeting<Sound, LatencyProbe>, LatencyProbe>(team, meeting(GetParam(), kDelay.count()));
    EXPECT_EQ(verdict.kind, Verdict::Kind::ok) << verdict.reason;
    // A quarter more: the length of a step of work is known to so much.
    EXPECT_LE(total_operations(team) / 3, 1.25 * (team.elapsed() / kDelay) + 2);
    const Histogram releases = team.merged(0);
    if (releases.count() != 0) shortest = std::min(shortest, std::chrono::nanoseconds(releases.min()));
  }
  EXPECT_LT(shortest, kDelay / 2);
}

INSTANTIATE_TEST_SUITE_P(Meeting, StragglerTest, testing::Values(Straggler::rotating, Straggler::fixed));

}  // namespace
}  // namespace syncbench
