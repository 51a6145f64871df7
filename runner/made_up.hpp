// For tests: machines, points and results that nobody had to own, ask for or wait for. Points come from the real
// selection over the real catalogs, so that a test states only what it is about.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "runner/options.hpp"
#include "runner/selection.hpp"
#include "runner/trial_result.hpp"

namespace syncbench {

/// `cores` cores of one package with `smt` hardware threads each.
inline Machine made_up_machine(unsigned cores, unsigned smt = 1) {
  Machine machine;
  for (unsigned core = 0; core < cores; ++core)
    for (unsigned rank = 0; rank < smt; ++rank)
      machine.pus.push_back({.logical = core * smt + rank, .os = core * smt + rank, .core = core, .smt = rank});
  return machine;
}

/// What this command line selects on `machine`.
inline std::vector<Point> points_of(const std::vector<std::string>& arguments, const Machine& machine) {
  std::vector<std::string> notes;
  return select_points(parse_options(arguments), machine, notes);
}

/// A finished trial of one second in which every worker completed `operations`.
inline TrialResult made_up_result(const std::vector<Point>& points, const Trial& trial, std::uint64_t operations) {
  TrialResult result{.trial = trial, .point = &points[trial.point]};
  Sample& sample = result.outcome.sample;
  sample.duration_s = 1;
  sample.worker_roles = result.point->worker_roles;
  sample.worker_operations.assign(sample.worker_roles.size(), operations);
  for (const Role& role : result.point->workload->description.roles) sample.role_counts.push_back(role.counts);
  sample.together = result.point->workload->description.together;
  sample.cpu_s = 1;
  result.before.multiply_ns = result.after.multiply_ns = 1;
  result.started_at = "2026-01-02T03:04:05Z";
  return result;
}

/// Where its latencies go.
inline Histogram& latency_in(TrialResult& result) {
  auto& series = result.outcome.sample.series;
  if (series.empty()) series.emplace_back(1);
  return series[0][0];
}

}  // namespace syncbench
