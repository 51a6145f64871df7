// From a point to a trial of it: what both a measuring run and a stress run need to know of a workload's roles.
#pragma once

#include "runner/selection.hpp"
#include "runner/trial_process.hpp"

namespace syncbench {

/// A throughput trial of the point, unbound, without times; the caller fills in what differs.
inline TrialSpec spec_of(const Point& point) {
  const Description& about = point.workload->description;
  TrialSpec spec{.round = point.subject->throughput,
                 .params = point.params,
                 .team = {.role_counts = point.role_counts,
                          .worker_roles = point.worker_roles,
                          .role_names = {},
                          .role_counts_operations = {},
                          .oversubscribed = point.oversubscribed,
                          .bind = [](unsigned) { return -1; }},
                 .together = about.together};
  for (const Role& role : about.roles) {
    spec.team.role_names.emplace_back(role.name);
    spec.team.role_counts_operations.push_back(role.counts);
  }
  return spec;
}

}  // namespace syncbench
