// The order of trials: everything once, repetition by repetition, in blocks that share all but the implementation, and
// the same order for the same seed on every machine.
#include "runner/schedule.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "runner/made_up.hpp"

namespace syncbench {
namespace {

constexpr unsigned kRepetitions = 5;

struct Schedules : testing::Test {
  std::vector<Point> points =
      points_of({"-w", "prodcons", "-i", "spin,futex,std", "-t", "2,4", "--set", "capacity=1,5"}, made_up_machine(4));
  std::vector<Trial> trials = make_schedule(points, kRepetitions, true, 42);

  std::map<std::size_t, std::vector<Trial>> blocks() const {
    std::map<std::size_t, std::vector<Trial>> blocks;
    for (const Trial& trial : trials) blocks[trial.block].push_back(trial);
    return blocks;
  }
};

using Key = std::tuple<std::size_t, Kind, unsigned, unsigned>;
Key key(const Trial& trial) {
  return {trial.point, trial.kind, trial.repetition, trial.copy};
}

std::vector<Key> keys(const std::vector<Trial>& trials) {
  std::vector<Key> all;
  for (const Trial& trial : trials) all.push_back(key(trial));
  return all;
}

TEST_F(Schedules, are_reproducible) {
  EXPECT_EQ(keys(make_schedule(points, kRepetitions, true, 42)), keys(trials));
}

// The generator and the shuffle are ours, so the order is part of the contract: a record's seed must give it again.
TEST_F(Schedules, are_the_same_on_every_machine) {
  std::vector<std::size_t> first;
  for (std::size_t i = 0; i < 8; ++i) first.push_back(trials[i].point);
  EXPECT_EQ(first, (std::vector<std::size_t>{3, 4, 5, 3, 4, 5, 5, 2}));
}

TEST_F(Schedules, differ_between_seeds) {
  EXPECT_NE(keys(make_schedule(points, kRepetitions, true, 43)), keys(trials));
}

TEST_F(Schedules, hold_every_trial_exactly_once) {
  std::set<Key> expected;
  for (std::size_t point = 0; point < points.size(); ++point)
    for (unsigned repetition = 0; repetition < kRepetitions; ++repetition) {
      expected.insert({point, Kind::throughput, repetition, 0});
      expected.insert({point, Kind::latency, repetition, 0});
      if (is_reference(*points[point].subject)) expected.insert({point, Kind::throughput, repetition, 1});
    }
  const auto all = keys(trials);
  EXPECT_EQ(std::set(all.begin(), all.end()), expected);
  EXPECT_EQ(all.size(), expected.size());
}

TEST_F(Schedules, number_the_trials_in_order) {
  for (std::size_t i = 0; i < trials.size(); ++i) EXPECT_EQ(trials[i].order, i);
}

TEST_F(Schedules, run_repetition_by_repetition_and_block_by_block) {
  EXPECT_TRUE(std::ranges::is_sorted(trials, {}, &Trial::repetition));
  EXPECT_TRUE(std::ranges::is_sorted(trials, {}, &Trial::block));
}

TEST_F(Schedules, make_a_block_of_one_group_in_one_repetition) {
  std::set<std::pair<std::size_t, unsigned>> seen;
  for (const auto& [block, members] : blocks()) {
    std::set<std::pair<std::size_t, unsigned>> of_block;
    for (const Trial& trial : members) of_block.insert({points[trial.point].group, trial.repetition});
    EXPECT_EQ(of_block.size(), 1U) << "block " << block;
    EXPECT_TRUE(seen.insert(*of_block.begin()).second) << "a group comes twice in a repetition";
  }
  EXPECT_EQ(seen.size(), 4 * kRepetitions);
}

TEST_F(Schedules, measure_the_reference_twice_in_each_block) {
  for (const auto& [block, members] : blocks()) {
    std::multiset<unsigned> copies;
    for (const Trial& trial : members) {
      if (trial.kind != Kind::throughput) continue;
      const bool reference = is_reference(*points[trial.point].subject);
      EXPECT_TRUE(reference || trial.copy == 0);
      if (reference) copies.insert(trial.copy);
    }
    EXPECT_EQ(copies, (std::multiset<unsigned>{0, 1})) << "block " << block;
  }
}

TEST_F(Schedules, interleave_groups_and_implementations_anew_in_every_repetition) {
  std::map<unsigned, std::vector<std::size_t>> groups, first;
  for (const auto& [block, members] : blocks()) {
    groups[members[0].repetition].push_back(points[members[0].point].group);
    first[members[0].repetition].push_back(members[0].point);
  }
  std::set<std::vector<std::size_t>> orders;
  for (const auto& [repetition, order] : groups) orders.insert(order);
  EXPECT_GT(orders.size(), 1U) << "every repetition takes the groups in the same order";
  std::set<bool> reference_first;
  for (const auto& [repetition, opening] : first)
    for (const std::size_t point : opening) reference_first.insert(is_reference(*points[point].subject));
  EXPECT_EQ(reference_first.size(), 2U) << "within blocks the implementations keep one order";
}

TEST_F(Schedules, leave_latency_out_on_demand) {
  for (const Trial& trial : make_schedule(points, 2, false, 1)) EXPECT_EQ(trial.kind, Kind::throughput);
}

TEST(LoneReference, is_not_measured_against_itself) {
  const auto points = points_of({"-w", "counter", "-i", "std", "-t", "1,2"}, made_up_machine(2));
  for (const Trial& trial : make_schedule(points, 3, true, 1)) EXPECT_EQ(trial.copy, 0U);
}

}  // namespace
}  // namespace syncbench
