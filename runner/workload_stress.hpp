// `--stress --workload`: the measured workloads themselves, as stress. The same source that is timed runs trial after
// trial with parameters and crowds drawn from the seed, undisturbed and disturbed, and its invariant is the judge.
#pragma once

#include "runner/options.hpp"
#include "runner/topology.hpp"

namespace syncbench {

/// Returns the exit code, as run_stress does.
int run_workload_stress(const Options& options, const Topology& topology);

}  // namespace syncbench
