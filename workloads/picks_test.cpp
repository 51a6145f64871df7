// The choices among many are distributed as they say, and the same in every run.
#include "workloads/picks.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace syncbench {
namespace {

std::vector<double> shares(std::size_t count, Skew skew, std::uint64_t seed) {
  Picks picks(count, skew, seed);
  std::vector<double> seen(count, 0);
  for (int i = 0; i < 4096; ++i) seen.at(picks.next()) += 1.0 / 4096;
  return seen;
}

TEST(Picks, without_a_skew_are_all_alike) {
  for (const double share : shares(4, Skew::uniform, 1)) EXPECT_NEAR(share, 0.25, 0.03);  // sigma 0.007
}

TEST(Picks, after_zipf_give_the_second_half_and_the_fourth_a_quarter_of_the_first) {
  const auto seen = shares(4, Skew::zipf, 1);
  const double first = 1 / (1 + 1.0 / 2 + 1.0 / 3 + 1.0 / 4);
  for (std::size_t k = 0; k < 4; ++k) EXPECT_NEAR(seen[k], first / static_cast<double>(k + 1), 0.03) << k;
}

TEST(Picks, reach_the_last_of_many_and_repeat_when_they_are_through) {
  const auto seen = shares(65'536, Skew::uniform, 3);
  double later = 0;
  for (std::size_t k = 32'768; k < seen.size(); ++k) later += seen[k];
  EXPECT_NEAR(later, 0.5, 0.05);
  Picks picks(1000, Skew::zipf, 5);
  std::vector<std::uint32_t> first;
  for (int i = 0; i < 4096; ++i) first.push_back(picks.next());
  for (const std::uint32_t pick : first) ASSERT_EQ(picks.next(), pick);
}

TEST(Picks, differ_between_workers_and_not_between_runs) {
  EXPECT_EQ(shares(64, Skew::zipf, 1), shares(64, Skew::zipf, 1));
  EXPECT_NE(shares(64, Skew::zipf, 1), shares(64, Skew::zipf, 2));
}

TEST(Picks, among_one_are_that_one) {
  EXPECT_EQ(shares(1, Skew::zipf, 1), std::vector<double>{1.0});
}

}  // namespace
}  // namespace syncbench
