// Widths and budgets.
#include "runner/precision.hpp"

#include <algorithm>
#include <limits>

namespace syncbench {

double relative_width(const Median& median) {
  if (median.count < kFewestForInterval) return std::numeric_limits<double>::infinity();
  if (median.high == median.low) return 0;
  if (median.value <= 0) return std::numeric_limits<double>::infinity();
  return (median.high - median.low) / 2 / median.value;
}

Precision::Precision(const std::vector<Point>& points, double target) : target_(target), rates_(points.size()) {
  for (std::size_t i = 0; i < points.size(); ++i) groups_[points[i].group].push_back(i);
}

void Precision::add(const Trial& trial, const Outcome& outcome) {
  best_.see(outcome.around);
  Rates& rates = rates_[trial.point];
  rates.violated |= outcome.verdict == "violated";
  if (trial.kind != Kind::throughput || trial.copy != 0 || outcome.verdict != "ok") return;
  rates.values.push_back(outcome.items_per_second);
  rates.around.push_back(outcome.around);
}

void Precision::add(const TrialResult& result) {
  add(result.trial, {.verdict = std::string(result.verdict()),
                     .items_per_second = result.ok() ? result.items_per_second() : 0,
                     .around = result.circumstances()});
}

std::optional<Median> Precision::median(const Rates& rates) const {
  if (rates.violated) return std::nullopt;  // has no rate, however often it is measured
  std::vector<double> used;
  for (const std::size_t i : choose(rates.around, best_).used) used.push_back(rates.values[i]);
  return median_of(std::move(used));
}

bool Precision::is_wide(const Rates& rates) const {
  const auto known = median(rates);
  return known && relative_width(*known) > target_;
}

bool Precision::reached(std::size_t group) const {
  const auto found = groups_.find(group);
  return found == groups_.end() ||
         std::ranges::none_of(found->second, [&](std::size_t point) { return is_wide(rates_[point]); });
}

std::vector<WidePoint> Precision::wide() const {
  std::vector<WidePoint> all;
  for (std::size_t i = 0; i < rates_.size(); ++i)
    if (is_wide(rates_[i])) all.push_back({i, *median(rates_[i])});
  return all;
}

unsigned most_rounds(const Budget& budget) {
  const std::size_t least = budget.least_rounds;
  std::size_t wanted = kMostTimes * least;
  if (budget.limit) {
    const auto block = budget.a_trial * static_cast<std::int64_t>(std::max<std::size_t>(budget.smallest_block, 1));
    wanted = static_cast<std::size_t>(*budget.limit / std::max(block, std::chrono::nanoseconds(1))) + 1;
  }
  const std::size_t most = kMostTrials / std::max<std::size_t>(budget.trials_a_round, 1);
  return static_cast<unsigned>(std::max(least, std::min(wanted, most)));
}

}  // namespace syncbench
