// Derived numbers on hand-made samples, where the right answer is known; and nothing at all where a number would have
// no meaning.
#include "runner/metrics.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace syncbench {
namespace {

Sample sample_of(std::vector<std::uint64_t> operations, std::vector<unsigned> roles, std::vector<bool> counts) {
  Sample sample;
  sample.duration_s = 2;
  sample.worker_operations = std::move(operations);
  sample.worker_roles = std::move(roles);
  sample.role_counts = std::move(counts);
  return sample;
}

Sample workers(std::vector<std::uint64_t> operations) {
  std::vector<unsigned> roles(operations.size(), 0);
  return sample_of(std::move(operations), std::move(roles), {true});
}

std::optional<double> value(std::string_view name, const Sample& sample) {
  const auto found = std::ranges::find(all_metrics(), name, &Metric::name);
  if (found == all_metrics().end()) {
    ADD_FAILURE() << "no metric is called " << name;
    return std::nullopt;
  }
  return found->of(sample);
}

void expect_value(std::string_view name, const Sample& sample, double expected) {
  const auto found = value(name, sample);
  ASSERT_TRUE(found) << name;
  EXPECT_DOUBLE_EQ(*found, expected) << name;
}

TEST(Operations, are_those_of_the_roles_that_count) {
  EXPECT_EQ(sample_of({10, 20, 30}, {0, 1, 1}, {false, true}).operations(), 50U);
  EXPECT_EQ(workers({10, 20, 30}).operations(), 60U);
}

TEST(Jain, is_one_for_equal_shares_and_one_over_n_when_one_has_all) {
  expect_value("fairness_jain", workers({7, 7, 7}), 1);
  expect_value("fairness_jain", workers({0, 9, 0, 0}), 0.25);
  expect_value("fairness_jain", workers({5}), 1);
}

TEST(Jain, is_the_published_formula) {
  expect_value("fairness_jain", workers({1, 2, 3}), 36.0 / (3 * 14));
}

TEST(Fairness, compares_workers_of_one_role_only) {
  const Sample sample = sample_of({100, 7, 100, 7}, {0, 1, 0, 1}, {false, true});
  expect_value("fairness_jain", sample, 1);
  expect_value("share_least_most", sample, 1);
}

TEST(Fairness, is_that_of_the_least_fair_role) {
  const Sample sample = sample_of({5, 5, 0, 8}, {0, 0, 1, 1}, {true, true});
  expect_value("fairness_jain", sample, 0.5);
  expect_value("share_least_most", sample, 0);
}

TEST(ShareLeastMost, is_the_slowest_over_the_fastest) {
  expect_value("share_least_most", workers({30, 40, 120}), 0.25);
}

TEST(CpuMetrics, divide_processor_time_by_operations_and_by_wall_time) {
  Sample sample = workers({600, 400});
  sample.cpu_s = 4;
  expect_value("cpu_ns_per_operation", sample, 4e6);
  expect_value("cpus_used", sample, 2);
}

TEST(Switches, are_counted_per_operation_and_per_second) {
  Sample sample = workers({600, 400});
  sample.voluntary_switches = 500;
  sample.involuntary_switches = 30;
  expect_value("voluntary_switches_per_operation", sample, 0.5);
  expect_value("involuntary_switches_per_second", sample, 15);
}

TEST(Overlap, is_what_the_waits_leave_of_the_window) {
  Sample sample = workers({1, 1});
  EXPECT_EQ(value("overlap_share", sample), std::nullopt);
  sample.around.run_delay_s = 0.5;
  expect_value("overlap_share", sample, 0.75);
  sample.around.run_delay_s = 2.5;
  expect_value("overlap_share", sample, 0);
}

// The window is 2 s; what is read around it covers 4 s, and so twice the 1000 operations.
TEST(MetricsFromAroundTheWindow, take_the_longer_time_into_account) {
  Sample sample = workers({600, 400});
  sample.around.span_s = 4;
  for (const char* name : {"cycles_per_operation", "instructions_per_cycle", "cache_misses_per_operation",
                           "energy_nj_per_operation", "migrations_per_second"})
    EXPECT_EQ(value(name, sample), std::nullopt) << name;
  sample.around.hardware[0] = 6000;  // cycles
  sample.around.hardware[1] = 9000;  // instructions
  sample.around.hardware[2] = 200;   // cache misses
  sample.around.energy_j = 1;
  sample.around.migrations = 8;
  expect_value("cycles_per_operation", sample, 3);
  expect_value("instructions_per_cycle", sample, 1.5);
  expect_value("cache_misses_per_operation", sample, 0.1);
  expect_value("energy_nj_per_operation", sample, 5e5);
  expect_value("migrations_per_second", sample, 2);
}

TEST(Metrics, are_absent_without_operations) {
  Sample sample = workers({0, 0});
  sample.cpu_s = 1;
  for (const char* name :
       {"fairness_jain", "share_least_most", "cpu_ns_per_operation", "voluntary_switches_per_operation"})
    EXPECT_EQ(value(name, sample), std::nullopt) << name;
}

TEST(Metrics, are_absent_for_an_empty_sample) {
  for (const Metric& metric : all_metrics()) EXPECT_EQ(metric.of(Sample{}), std::nullopt) << metric.name;
}

TEST(Metrics, have_unique_names_a_unit_and_a_meaning) {
  std::set<std::string_view> names;
  for (const Metric& metric : all_metrics()) {
    EXPECT_TRUE(names.insert(metric.name).second) << metric.name;
    EXPECT_EQ(metric.name.find_first_of(" \t"), std::string_view::npos) << metric.name;
    EXPECT_FALSE(metric.unit.empty() || metric.meaning.empty() || to_text(metric.better).empty()) << metric.name;
  }
}

}  // namespace
}  // namespace syncbench
