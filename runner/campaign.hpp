// One run from beginning to end: points and schedule, every trial through the engine, a record for each, and what is
// left to say at the end. It decides nothing itself: selection, schedule, validity and summary do.
#pragma once

#include <string>
#include <vector>

#include "runner/options.hpp"
#include "runner/topology.hpp"

namespace syncbench {

/// `arguments` as typed, for the record. Returns the exit code; throws the errors of errors.hpp.
int run_campaign(const Options& options, const std::vector<std::string>& arguments, const Topology& topology);

/// The points, their order, where their threads go and how long it would take.
std::string dry_run(const Options& options, const Topology& topology);

}  // namespace syncbench
