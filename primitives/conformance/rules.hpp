// The rules of each primitive, in the order of their identifiers. Each list is a source file of its own.
#pragma once

#include <vector>

#include "primitives/conformance/rule.hpp"
#include "primitives/conformance/subjects.hpp"

namespace syncbench::conformance {

const std::vector<Rule<AnyMutex>>& mutex_rules();
const std::vector<Rule<AnyRecursiveMutex>>& recursive_mutex_rules();
const std::vector<Rule<AnySemaphore>>& semaphore_rules();
const std::vector<Rule<AnyEvent>>& event_rules();
const std::vector<Rule<AnyCondition>>& condition_rules();
const std::vector<Rule<AnyBarrier>>& barrier_rules();
const std::vector<Rule<AnyBreakableBarrier>>& breakable_barrier_rules();

}  // namespace syncbench::conformance
