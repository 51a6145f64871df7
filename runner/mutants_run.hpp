// `--mutants`: does the stress suite find what it should? Planted bugs, in every mode and with crowds of every size,
// and beside them the healthy implementations, which must stay silent.
#pragma once

#include "runner/options.hpp"

namespace syncbench {

/// The kill matrix, as a table or as JSON lines. Returns kDone if every mutant that is not equivalent was killed in
/// some mode and nothing healthy was; otherwise kViolated.
int run_mutants(const Options& options);

}  // namespace syncbench
