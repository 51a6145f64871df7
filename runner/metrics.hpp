// The table of metrics: everything that is derived from a trial's raw counts, one row each. Records, `--list metrics`
// and the analysis take names, units and directions from here.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "runner/sample.hpp"

namespace syncbench {

struct Metric {
  enum class Better { higher, lower, neither };
  std::string_view name;
  std::string_view unit;
  Better better;
  std::string_view meaning;
  std::optional<double> (*of)(const Sample&);  ///< absent where it has no meaning for this sample
};

std::span<const Metric> all_metrics();

std::string_view to_text(Metric::Better better);

}  // namespace syncbench
