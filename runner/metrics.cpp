// To add a metric: one function of a Sample, one row.
#include "runner/metrics.hpp"

#include <algorithm>
#include <array>
#include <functional>
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

// The share that the busier half of the workers has: 1/2 for equal shares, 1 when the other half has nothing.
// [Dice 2017, Malthusian Locks; the figure of Li et al. 2025, FlexGuard]
std::optional<double> dice(std::vector<double> counts) {
  if (counts.size() < 2) return std::nullopt;
  std::ranges::sort(counts, std::greater());
  double sum = 0, half = 0;
  for (const double count : counts) sum += count;
  for (std::size_t i = 0; i < counts.size() / 2; ++i) half += counts[i];
  if (counts.size() % 2 == 1) half += counts[counts.size() / 2] / 2;
  return ratio(half, sum);
}

// Worse is higher here, so the most of all roles counts.
std::optional<double> most_over_roles(const Sample& sample, auto index) {
  const auto least = least_over_roles(sample, [&](const std::vector<double>& counts) {
    const auto value = index(counts);
    return value ? std::optional(-*value) : std::nullopt;
  });
  return least ? std::optional(-*least) : std::nullopt;
}

std::optional<double> count_of(const Sample& sample, std::string_view name) {
  const auto found = sample.counts.find(name);
  return found == sample.counts.end() ? std::nullopt : std::optional(found->second);
}

std::optional<double> per_operation(double amount, const Sample& sample) {
  return ratio(amount, static_cast<double>(sample.operations()));
}

// What was read around the window covers a little more than the window, and so more operations than it had.
std::optional<double> per_operation_around(std::optional<double> amount, const Sample& sample) {
  if (!amount || sample.duration_s <= 0) return std::nullopt;
  return ratio(*amount, static_cast<double>(sample.operations()) * sample.around.span_s / sample.duration_s);
}

enum : std::size_t { kCycles, kInstructions, kCacheMisses };  // of hardware_events()

using enum Metric::Better;

constexpr std::array kMetrics = {
    Metric{"fairness_jain", "1", higher, "Jain's index over workers of a role; 1: equal shares, 1/n: one has all",
           [](const Sample& sample) { return least_over_roles(sample, jain); }},
    Metric{"share_least_most", "1", higher, "operations of the slowest worker over those of the fastest of its role",
           [](const Sample& sample) { return least_over_roles(sample, least_to_most); }},
    Metric{"fairness_dice", "1", lower,
           "share of the busier half of a role's workers; 1/2: equal shares, 1: one half has all",
           [](const Sample& sample) { return most_over_roles(sample, dice); }},
    Metric{"longest_streak", "1", lower, "most sections of one owner in a row at one lock",
           [](const Sample& sample) { return count_of(sample, "longest_streak"); }},
    Metric{"handovers_per_1000", "1", neither,
           "of 1000 sections those whose owner was not that of the same lock's section before",
           [](const Sample& sample) {
             const auto handovers = count_of(sample, "handovers");
             return handovers ? ratio(1000 * *handovers, count_of(sample, "sections").value_or(0)) : std::nullopt;
           }},
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
    Metric{"futex_calls_per_operation", "1", lower, "futex system calls of our own implementations, per operation",
           [](const Sample& sample) {
             return per_operation(static_cast<double>(sample.futex_waits + sample.futex_wakes), sample);
           }},
    Metric{"yields_per_operation", "1", lower, "processor given away by our own implementations, per operation",
           [](const Sample& sample) { return per_operation(static_cast<double>(sample.yields), sample); }},
    Metric{"overlap_share", "1", higher, "at least this share of the window had no worker that waited for a processor",
           [](const Sample& sample) { return sample.overlap_share(); }},
    Metric{"migrations_per_second", "1/s", lower, "times a worker was moved to another processor, per second",
           [](const Sample& sample) {
             return sample.around.migrations ? ratio(*sample.around.migrations, sample.around.span_s) : std::nullopt;
           }},
    Metric{"cycles_per_operation", "1", lower, "processor cycles of all workers per operation",
           [](const Sample& sample) { return per_operation_around(sample.around.hardware[kCycles], sample); }},
    Metric{"instructions_per_cycle", "1", neither, "instructions of all workers over their cycles",
           [](const Sample& sample) {
             const auto &instructions = sample.around.hardware[kInstructions],
                        &cycles = sample.around.hardware[kCycles];
             return instructions && cycles ? ratio(*instructions, *cycles) : std::nullopt;
           }},
    Metric{"cache_misses_per_operation", "1", lower, "misses of the last cache, of all workers, per operation",
           [](const Sample& sample) { return per_operation_around(sample.around.hardware[kCacheMisses], sample); }},
    Metric{"energy_nj_per_operation", "nJ", lower, "energy of all packages, whoever used them, per operation",
           [](const Sample& sample) {
             const auto& joules = sample.around.energy_j;
             return per_operation_around(joules ? std::optional(*joules * 1e9) : std::nullopt, sample);
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
