// `--conformance`: every rule of a profile against every chosen implementation, as a table or as JSON.
#pragma once

#include "runner/options.hpp"

namespace syncbench {

/// Runs the rules, prints to standard output, returns the exit code: 1 if an implementation fails a rule that it
/// promises. Throws UsageError for names that mean nothing.
int run_conformance(const Options& options);

}  // namespace syncbench
