// The conformance suite as one flat list: every rule with every implementation that it concerns, whatever the
// primitive. `syncbench --conformance` and the unit tests both walk this list; nothing else knows that there are seven
// primitives.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "primitives/conformance/roster.hpp"
#include "primitives/conformance/rule.hpp"

namespace syncbench::conformance {

/// One rule for one implementation.
struct Trial {
  std::string_view primitive;       ///< "recursive mutex"
  std::string_view implementation;  ///< "ticket/park"
  std::string_view family;
  bool representative = false;  ///< stands for its family
  std::string_view rule;        ///< "M1"
  std::string_view text;
  unsigned profiles = 0;  ///< that ask for the rule
  Traits traits;
  World world = World::native;
  std::function<void(Check&)> run;
};

/// Every trial of a world, primitive by primitive, implementation by implementation, in catalog order.
std::vector<Trial> all_trials(World world);

/// What came out.
enum class Outcome {
  pass,
  fail,
  trait,           ///< does not hold, and the implementation says so or promises a profile without it
  not_applicable,  ///< the implementation has nothing to which the rule could apply
};
struct Finding {
  Outcome outcome = Outcome::pass;
  std::string reason;  ///< a sentence; empty for a pass
};

/// Runs the rule in this process. A rule that hangs hangs here.
Finding run_here(const Trial& trial, int team);

/// Runs the rule in a child process: a hang or a crash is a failure of the rule and of nothing else. Call it from a
/// process with one thread.
Finding run_apart(const Trial& trial, int team, std::chrono::milliseconds patience);

/// A failure that is declared, or that the implementation's own profile does not ask about, is a trait.
Finding excused(const Trial& trial, Finding finding);

}  // namespace syncbench::conformance
