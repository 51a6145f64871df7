// From words to points: which implementations a pattern means, which thread counts, which parameter values, and every
// combination of them. Pure: it knows the catalogs and the machine's description, and starts nothing.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "runner/options.hpp"
#include "runner/placement.hpp"
#include "workloads/catalog.hpp"

namespace syncbench {

/// How long a trial warms up and measures.
struct Times {
  std::chrono::nanoseconds warmup{};
  std::chrono::nanoseconds window{};
};

/// One thing to measure; its repetitions are trials. Points with the same `group` differ in the implementation alone.
struct Point {
  const Workload* workload = nullptr;
  const Case* subject = nullptr;
  Params params;
  std::vector<unsigned> role_counts;
  std::vector<unsigned> worker_roles;  ///< by rank
  Policy policy = Policy::parse("none");
  RoleLayout layout = RoleLayout::interleaved;
  std::vector<std::size_t> pus;  ///< indices into the machine's processors, by rank; empty: unbound
  bool oversubscribed = false;
  Times times;
  std::size_t group = 0;

  unsigned threads() const { return static_cast<unsigned>(worker_roles.size()); }
  /// "prodcons/ticket/park/capacity:5/producers:1/consumers:1/placement:cores/threads:2": unique within a run.
  std::string name() const;
};

/// Most workers of one trial.
inline constexpr unsigned kMostThreads = 4096;

std::vector<const Workload*> select_workloads(const std::vector<std::string>& words);

/// The cases of `workload` that the words mean, in catalog order, each once. No words: every family's representative.
/// A word that no case of *any* workload answers to is an error; one that only this workload lacks is not.
std::vector<const Case*> select_cases(const Workload& workload, const std::vector<std::string>& words);

/// "1,2,4", "1-8:2", "pow2", "cores", "all"; "" is powers of two up to four times the processors.
std::vector<unsigned> parse_threads(const std::string& text, const Machine& machine);

/// Every point that the options ask for, this process's shard only. Throws UsageError if there is none; `notes` gets a
/// sentence for each combination that was left out because it cannot exist.
std::vector<Point> select_points(const Options& options, const Machine& machine, std::vector<std::string>& notes);

/// Something to hold the others against: not a lock, or an empty one where nobody is there to be kept out (one thread).
bool is_baseline(const Point& point);

/// The implementation that the others are compared with, where it is chosen too.
bool is_reference(const Case& subject);

}  // namespace syncbench
