// The choices among many are distributed as they say, and the same in every run.
#include "workloads/picks.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <vector>

namespace syncbench {
namespace {

constexpr int kDraws = 100'000;

std::vector<int> counts(std::size_t places, Skew skew) {
  const Popularity popularity(places, skew);
  std::mt19937_64 random(1);
  std::vector<int> seen(places);
  for (int i = 0; i < kDraws; ++i) ++seen.at(popularity.draw(random));
  return seen;
}

// Within five standard deviations of what a share of `probability` gives.
void expect_share(int seen, double probability) {
  const double expected = kDraws * probability;
  EXPECT_NEAR(seen, expected, 5 * std::sqrt(expected * (1 - probability)) + 1e-9);
}

auto places_of(std::size_t places, Skew skew, std::size_t workers) {
  return draw_picks(workers, [popularity = Popularity(places, skew)](auto& random) { return popularity.draw(random); });
}

TEST(Popularity, without_a_skew_is_the_same_for_all) {
  for (const std::size_t places : {1U, 3U, 64U, 1000U})
    for (const int seen : counts(places, Skew::uniform)) expect_share(seen, 1.0 / static_cast<double>(places));
}

TEST(Popularity, with_a_skew_gives_the_kth_place_a_kth_of_the_first_ones_share) {
  for (const std::size_t places : {1U, 2U, 10U, 1000U}) {
    double total = 0;
    for (std::size_t k = 1; k <= places; ++k) total += 1.0 / static_cast<double>(k);
    const auto seen = counts(places, Skew::zipf);
    for (std::size_t k = 1; k <= places; ++k) expect_share(seen[k - 1], 1 / (static_cast<double>(k) * total));
  }
}

TEST(Popularity, reaches_the_last_of_as_many_places_as_there_can_be) {
  for (const Skew skew : {Skew::uniform, Skew::zipf}) {
    const auto seen = counts(kMostPlaces, skew);
    int late = 0;
    for (std::size_t k = kMostPlaces / 2; k < kMostPlaces; ++k) late += seen[k];
    // ln 2 of a harmonic number of 11.667
    expect_share(late, skew == Skew::uniform ? 0.5 : 0.0594);
  }
}

TEST(Picks, are_the_same_in_every_run_and_differ_between_workers) {
  const auto once = places_of(1000, Skew::zipf, 3), again = places_of(1000, Skew::zipf, 3);
  int same = 0;
  for (std::size_t i = 0; i < once[0].kLength; ++i) {
    for (std::size_t rank = 0; rank < 3; ++rank) ASSERT_EQ(once[rank][i], again[rank][i]);
    same += once[0][i] == once[1][i];
  }
  EXPECT_LT(same, static_cast<int>(once[0].kLength) / 10);  // by chance one in 34
}

TEST(Picks, go_round) {
  const auto picks = places_of(1000, Skew::uniform, 1);
  std::set<Place> seen;
  for (std::size_t i = 0; i < picks[0].kLength; ++i) {
    EXPECT_EQ(picks[0][i], picks[0][i + picks[0].kLength]);
    seen.insert(picks[0][i]);
  }
  EXPECT_GT(seen.size(), 900U);
}

}  // namespace
}  // namespace syncbench
