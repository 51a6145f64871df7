// Which trials of a point may be averaged with each other. One rule for the table, for the figures (analysis/points.py)
// and for the decision to measure on: an interval over other trials than those that are shown would prove nothing.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace syncbench {

/// What the machine was like around a trial.
struct Circumstances {
  std::optional<std::pair<std::size_t, std::size_t>> between;  ///< the processors of `line_ns`
  std::optional<double> line_ns;                               ///< one cache line between them
  bool sure = true;                                            ///< nothing casts doubt on the trial
};

/// The fastest line seen between each pair of processors. Others are no measure: they may be far for good.
class BestLines {
 public:
  void see(const Circumstances& trial);
  /// At this trial the host had moved the processors apart. What was near so far can turn out to be far.
  bool is_far(const Circumstances& trial) const;

 private:
  std::map<std::pair<std::size_t, std::size_t>, double> best_;
};

struct Choice {
  std::vector<std::size_t> used;  ///< indices, in order
  std::size_t far = 0;            ///< left out because the processors were far apart
  std::size_t doubtful = 0;       ///< used for want of better ones
};

/// Near and far are never mixed: if there are near trials, the far ones are left out. Doubtful trials are used only
/// where fewer than three are beyond doubt.
Choice choose(const std::vector<Circumstances>& trials, const BestLines& best);

}  // namespace syncbench
