// From a finished trial to one JSON object of the schema syncbench/1 (results/README.md). Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "runner/trial_result.hpp"

namespace syncbench {

inline constexpr const char* kSchema = "syncbench/1";

nlohmann::ordered_json make_record(const TrialResult& result, const RunIdentity& run);

/// Names a trial within a campaign by what it measures, not by when: equal for a record read back and for the trial
/// that would repeat it.
std::string identity_of(const nlohmann::ordered_json& record);
std::string identity_of(const Point& point, const Trial& trial);

}  // namespace syncbench
