// The environment record of this run: what the build, the topology and the calibration each know, brought together.
#pragma once

#include <nlohmann/json.hpp>

#include "runner/topology.hpp"

namespace syncbench {

/// Calibrates (about 2 ms) and captures. The caller adds schema, record and id.
nlohmann::ordered_json describe_run(const Topology& topology);

/// "0.1.0 (g++ 12.2.0, Release)".
std::string version_text();

}  // namespace syncbench
