// The mutants as programs: each primitive's under all scenarios of its kind, each workload's under its own, in every
// mode that it can run in. What `--mutants` runs, and what the stress suite must find.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "primitives/mutants/mutant.hpp"
#include "primitives/stress/programs.hpp"

namespace syncbench::stress {

/// A line of the tables of mutants.hpp.
struct MutantInfo {
  std::string_view name, primitive;
  std::string_view rule;  ///< that is expected to be reported as broken
  Needs needs;
  std::string_view ancestor;    ///< who had the bug
  std::string_view equivalent;  ///< why nothing can find it; empty: it must be found
};

/// In the order of the tables.
std::span<const MutantInfo> all_mutants();

/// Of all mutants; `implementation` is the mutant's name, the family is "mutant".
const std::vector<Program>& mutant_programs();

/// Of the same sources without their faults, for the scheduler; the family is "twin". Nothing may be found in them.
const std::vector<Program>& twin_programs();

}  // namespace syncbench::stress
