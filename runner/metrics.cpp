// To add a metric: one function of a Sample, one row.
#include "runner/metrics.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace syncbench {
namespace {

std::optional<double> ratio(double part, double whole) {
  if (whole <= 0) return std::nullopt;
  return part / whole;
}

std::vector<double> shares_of_role(const Sample& sample, unsigned role) {
  std::vector<double> counts;
  for (std::size_t i = 0; i < sample.worker_roles.size(); ++i)
    if (sample.worker_roles[i] == role) counts.push_back(static_cast<double>(sample.worker_operations[i]));
  return counts;
}

// Fairness compares workers that do the same thing, so it is taken role by role; the least fair role counts.
template <class Index>
std::optional<double> least_over_roles(const Sample& sample, Index index) {
  std::optional<double> least;
  for (unsigned role = 0; role < sample.role_counts.size(); ++role) {
    const auto value = index(shares_of_role(sample, role));
    if (value && (!least || *value < *least)) least = value;
  }
  return least;
}

// [Jain, Chiu and Hawe 1984, A quantitative measure of fairness]: 1 for equal shares, 1/n when one has all.
std::optional<double> jain(const std::vector<double>& counts) {
  double sum = 0, squares = 0;
  for (const double count : counts) sum += count, squares += count * count;
  return ratio(sum * sum, squares * static_cast<double>(counts.size()));
}

std::optional<double> least_to_most(const std::vector<double>& counts) {
  if (counts.empty()) return std::nullopt;
  const auto [least, most] = std::ranges::minmax(counts);
  return ratio(least, most);
}

std::optional<double> per_operation(double amount, const Sample& sample) {
  return ratio(amount, static_cast<double>(sample.operations()));
}

using enum Metric::Better;

constexpr std::array kMetrics = {
    Metric{"fairness_jain", "1", higher, "Jain's index over workers of a role; 1: equal shares, 1/n: one has all",
           [](const Sample& sample) { return least_over_roles(sample, jain); }},
    Metric{"share_least_most", "1", higher, "operations of the slowest worker over those of the fastest of its role",
           [](const Sample& sample) { return least_over_roles(sample, least_to_most); }},
    Metric{"cpu_ns_per_operation", "ns", lower, "processor time of all workers per operation",
           [](const Sample& sample) { return per_operation(sample.cpu_s * 1e9, sample); }},
    Metric{"cpus_used", "1", neither, "processor time of all workers over wall time",
           [](const Sample& sample) { return ratio(sample.cpu_s, sample.duration_s); }},
    Metric{"voluntary_switches_per_operation", "1", lower, "times a worker went to sleep or yielded, per operation",
           [](const Sample& sample) { return per_operation(static_cast<double>(sample.voluntary_switches), sample); }},
    Metric{"involuntary_switches_per_second", "1/s", lower, "times a worker was preempted, per second",
           [](const Sample& sample) {
             return ratio(static_cast<double>(sample.involuntary_switches), sample.duration_s);
           }},
};

}  // namespace

std::span<const Metric> all_metrics() {
  return kMetrics;
}

std::string_view to_text(Metric::Better better) {
  switch (better) {
    case Metric::Better::higher:
      return "higher is better";
    case Metric::Better::lower:
      return "lower is better";
    case Metric::Better::neither:
      return "neither";
  }
  return "";
}

}  // namespace syncbench
