// From trials to rows: medians and their intervals, ratios to the reference taken inside blocks, and what was left out
// and why. Pure; the table is one rendering of it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runner/trial_result.hpp"

namespace syncbench {

/// A median and the interval that holds the true one with 95 % confidence, by order statistics; below six values no two
/// of them reach that confidence, and the interval is their whole range.
struct Median {
  double value = 0;
  double low = 0;
  double high = 0;
  std::size_t count = 0;
};
std::optional<Median> median_of(std::vector<double> values);

/// One point's line.
struct SummaryRow {
  const Point* point = nullptr;
  std::optional<Median> items_per_second;
  std::optional<Median> ratio;  ///< to the reference of the same block
  std::optional<double> p50, p99, p999;
  std::optional<double> fairness;
  std::optional<double> cpu_ns;
  std::string verdict;            ///< ok, or the worst that happened, with its count
  std::string reason;             ///< of the first trial that was not ok
  std::size_t far = 0;            ///< trials left out because the processors were far apart at the time
  std::optional<double> backlog;  ///< with a rate: most arrivals due and not begun
  std::size_t saturated = 0;      ///< trials in which more was due than could be done: their latencies say nothing
  std::size_t doubtful = 0;       ///< trials used although their validity has reasons
};

struct Summary {
  std::vector<SummaryRow> rows;           ///< in the order of the points
  std::optional<Median> reference_again;  ///< the reference over itself, inside blocks: the noise floor
};

/// `results` of one run. A point measured near is never averaged with one measured far: if there are near trials, the
/// far ones are left out and counted. Doubtful trials are used only where fewer than three are beyond doubt.
Summary summarize(const std::vector<Point>& points, const std::vector<TrialResult>& results);

/// The table for standard output. `colour`: verdicts other than ok in red. `timer_ns`: what one stamp costs (0: not
/// known).
std::string render(const Summary& summary, bool colour, double timer_ns = 0);

}  // namespace syncbench
