// Google Benchmark as the outer engine: every trial is one registration of its own with one iteration and manual time,
// in the order of our schedule; a forwarding reporter puts the true thread count, operation count and repetition back
// before the stock reporters print them. Its own threads and repetitions are not used (CONTRIBUTING.md says why).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runner/options.hpp"

namespace syncbench {

/// One finished trial, as Google Benchmark's reports show it.
struct EngineRow {
  bool report = true;  ///< false: nothing was measured and nothing is shown
  std::string error;   ///< not empty: shown as an error, without numbers
  double duration_s = 0;
  double operations = 0;
  double cpu_s = 0;
  std::vector<std::pair<std::string, std::optional<double>>> counters;  ///< the same names in every row
};

struct EngineTrial {
  std::string name;
  std::size_t family = 0;    ///< the workload
  std::size_t instance = 0;  ///< the point within it
  unsigned repetition = 0;
  unsigned repetitions = 1;
  unsigned threads = 1;
  std::function<EngineRow()> run;
};

/// Throws UsageError for a --benchmark_ flag that Google Benchmark does not know and for a --benchmark_filter that
/// leaves no trial. Runs nothing and touches no file.
void check_benchmark_flags(const std::vector<EngineTrial>& trials, const std::vector<std::string>& flags);

/// Runs all trials (those that --benchmark_filter leaves). With Format::json or Format::csv Google Benchmark's report
/// goes to standard output. `context` becomes part of its JSON. Returns how many were run; throws as
/// check_benchmark_flags does.
std::size_t run_benchmarks(const std::vector<EngineTrial>& trials, Format format, const std::vector<std::string>& flags,
                           const std::vector<std::pair<std::string, std::string>>& context);

}  // namespace syncbench
