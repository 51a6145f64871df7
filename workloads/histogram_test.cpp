// The histogram against a sorted list of the same values.
#include "workloads/histogram.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace syncbench {
namespace {

std::vector<std::uint64_t> values_over_all_magnitudes(unsigned seed) {
  std::mt19937_64 random(seed);
  std::vector<std::uint64_t> values;
  for (int i = 0; i < 5000; ++i) values.push_back(random() >> (24 + random() % 40));
  return values;
}

TEST(Histogram, percentiles_are_at_most_one_point_six_percent_above_the_exact_ones) {
  for (unsigned seed = 1; seed <= 5; ++seed) {
    auto values = values_over_all_magnitudes(seed);
    Histogram histogram;
    for (const auto value : values) histogram.record(value);
    std::sort(values.begin(), values.end());
    for (const double share : {0.01, 0.5, 0.9, 0.99, 0.999, 1.0}) {
      const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size()))) - 1;
      const auto exact = static_cast<double>(values[rank]);
      const auto read = static_cast<double>(histogram.percentile(share));
      EXPECT_GE(read, exact);
      EXPECT_LE(read, exact * 1.016 + 1e-9) << "share " << share;
    }
  }
}

TEST(Histogram, small_values_are_exact) {
  for (std::uint64_t value = 0; value < 128; ++value) {
    Histogram histogram;
    histogram.record(value);
    EXPECT_EQ(histogram.percentile(0.5), value);
  }
}

TEST(Histogram, merging_equals_recording_in_one) {
  Histogram first, second, both;
  for (const auto value : values_over_all_magnitudes(7)) first.record(value), both.record(value);
  for (const auto value : values_over_all_magnitudes(8)) second.record(value), both.record(value);
  first.merge(second);
  EXPECT_EQ(first.count(), both.count());
  EXPECT_EQ(first.min(), both.min());
  EXPECT_EQ(first.max(), both.max());
  EXPECT_NEAR(first.mean(), both.mean(), 1e-6 * both.mean());
  std::vector<std::uint64_t> left, right;
  first.for_each_bucket([&](auto bound, auto count) { left.insert(left.end(), {bound, count}); });
  both.for_each_bucket([&](auto bound, auto count) { right.insert(right.end(), {bound, count}); });
  EXPECT_EQ(left, right);
}

TEST(Histogram, a_value_beyond_the_last_bucket_keeps_its_exact_maximum_and_its_count) {
  Histogram histogram;
  histogram.record(~std::uint64_t{0});
  histogram.record(1);
  EXPECT_EQ(histogram.max(), ~std::uint64_t{0});
  std::uint64_t counted = 0, last = 0;
  histogram.for_each_bucket([&](auto bound, auto count) { counted += count, last = bound; });
  EXPECT_EQ(counted, 2U);
  EXPECT_EQ(last, ~std::uint64_t{0});
}

TEST(Histogram, buckets_ascend_and_hold_every_value_below_their_bound) {
  Histogram histogram;
  for (std::uint64_t value = 1; value < (std::uint64_t{1} << 39); value = value * 9 / 8 + 1) histogram.record(value);
  std::uint64_t previous = 0;
  histogram.for_each_bucket([&](auto bound, auto) {
    EXPECT_GT(bound, previous);
    previous = bound;
  });
}

TEST(Histogram, weighs_a_stall_by_its_length_in_the_time_weighted_median) {
  Histogram histogram;
  for (int i = 0; i < 1000; ++i) histogram.record(10);
  histogram.record(9'000);
  EXPECT_EQ(histogram.percentile(0.5), 10U);
  EXPECT_EQ(histogram.time_weighted_median(), 10U) << "10 us in short waits, 9 us in the long one";
  histogram.record(9'000);
  EXPECT_EQ(histogram.time_weighted_median(), histogram.max()) << "10 us against 18";
}

}  // namespace
}  // namespace syncbench
