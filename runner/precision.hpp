// When to stop repeating (--until-ci): rounds go on until the interval of every median is narrow enough or the budget
// is spent. A group of points whose intervals are all narrow takes no further part; its blocks are left out as a whole,
// so that the ratios inside those that are measured stay what they are. Pure: fed with trials, asked before each block.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runner/choice.hpp"
#include "runner/summary.hpp"

namespace syncbench {

/// What the decision needs to know of a finished trial: of this run, or read back from the file of an earlier one.
struct Outcome {
  std::string verdict;
  double items_per_second = 0;
  Circumstances around;
};

/// A point that is not known as precisely as was asked.
struct WidePoint {
  std::size_t point = 0;
  Median median;  ///< over the trials that the table uses
};

/// Half the interval over the median; infinite where that says nothing: the median is 0, or too few values for 95 %.
double relative_width(const Median& median);

class Precision {
 public:
  /// `target`: the widest relative width that is narrow enough.
  Precision(const std::vector<Point>& points, double target);

  void add(const Trial& trial, const Outcome& outcome);
  void add(const TrialResult& result);

  /// Nothing is gained by another block of this group: every interval is narrow, or there is none and will be none.
  bool reached(std::size_t group) const;
  std::vector<WidePoint> wide() const;

 private:
  struct Rates {
    std::vector<double> values;
    std::vector<Circumstances> around;
    bool violated = false;
  };
  std::optional<Median> median(const Rates& rates) const;
  bool is_wide(const Rates& rates) const;

  double target_;
  std::vector<Rates> rates_;                                // by point
  std::map<std::size_t, std::vector<std::size_t>> groups_;  // points by group
  BestLines best_;
};

/// How many rounds to plan, all told. A time limit decides when a run ends, so that as many are planned as could fit if
/// only the smallest block were left; without one it is kMostTimes the least. Never more than kMostTrials trials.
struct Budget {
  unsigned least_rounds = 0;
  std::size_t trials_a_round = 1;
  std::size_t smallest_block = 1;
  std::chrono::nanoseconds a_trial{};
  std::optional<std::chrono::nanoseconds> limit;
};
unsigned most_rounds(const Budget& budget);

inline constexpr unsigned kMostTimes = 20;
inline constexpr std::size_t kMostTrials = 20'000;  // all are planned beforehand

}  // namespace syncbench
