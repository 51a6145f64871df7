// What --list and --describe print: the catalogs, in words.
#pragma once

#include <string>

namespace syncbench {

/// `what` is workloads, implementations, placements, metrics or all. Throws UsageError.
std::string list(const std::string& what);

/// A workload or an implementation, in full. Throws UsageError.
std::string describe(const std::string& name);

}  // namespace syncbench
