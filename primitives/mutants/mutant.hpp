// What a mutant is: a primitive, a workload or a wait with one bug planted in it, and what should find it. A suite that
// finds none of them would be as silent about real bugs. Each comes from a bug that somebody really had, or from a
// textbook's warning. A fault is a template argument of the code that it is in, so that the same source without it is
// healthy: that twin must stay silent, or it is not the planted line that was found.
#pragma once

#include <string_view>

#include "primitives/implementation.hpp"

namespace syncbench::stress {

/// What it takes to see a mutant go wrong.
enum class Needs {
  interleaving,   ///< wrong under sequential consistency: the scheduler alone must kill it
  store_buffers,  ///< wrong where a load may overtake an earlier store of its thread
  memory_order,   ///< excludes and wakes, but the orders it declares leave data unpublished
  real_time,      ///< cannot be scheduled: real threads must kill it
};
std::string_view to_text(Needs needs);

/// A line of the table of mutants. `rule`: the rule that is expected to be reported as broken. `ancestor`: who had the
/// bug. `equivalent`: why it behaves as the healthy one does, for those that do; a kill would refute it.
template <Text kNameText, Text kPrimitiveText, Text kRuleText, Needs kNeedsValue, Text kAncestorText, class T,
          Text kEquivalentText = "">
struct Mutant {
  static constexpr std::string_view kName = kNameText;
  static constexpr std::string_view kPrimitive = kPrimitiveText;
  static constexpr std::string_view kRule = kRuleText;
  static constexpr std::string_view kAncestor = kAncestorText;
  static constexpr std::string_view kEquivalent = kEquivalentText;
  static constexpr std::string_view kFamily = "mutant";
  static constexpr std::string_view kSummary = kAncestorText;
  static constexpr Needs kNeeds = kNeedsValue;
  static constexpr Standing kStanding = Standing::known_bad;
  static constexpr const Traits& kTraits = T::kTraits;
  using Type = T;
};

/// A workload with a bug, over healthy primitives: the fault is in the scenario.
template <Text kNameText, Text kRuleText, Needs kNeedsValue, Text kAncestorText, template <class> class ScenarioValue,
          class Healthy>
struct WorkloadMutant : Mutant<kNameText, "workload", kRuleText, kNeedsValue, kAncestorText, Healthy> {
  template <class S>
  using Scenario = ScenarioValue<S>;
};

}  // namespace syncbench::stress
