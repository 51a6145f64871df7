// Planted violations: implementations broken on purpose, one line each in a table, with the rule that must catch it.
// A rule that has never been seen to fail proves nothing.
#pragma once

#include <string_view>
#include <vector>

#include "primitives/conformance/rule.hpp"
#include "primitives/conformance/subjects.hpp"

namespace syncbench::conformance {

/// How a violation shows; where it may show in several ways, their sum.
enum Shows : unsigned { kViolation = 1, kHang = 2, kCrash = 4 };

/// What it takes to see it.
enum class Needs {
  nothing,
  thread_sanitizer,
};

template <class Any>
struct Violation {
  std::string_view rule;  ///< that must fail; its name says what is wrong: subject.name
  Subject<Any> subject;
  unsigned shows = kViolation;
  Needs needs = Needs::nothing;
};

const std::vector<Violation<AnyMutex>>& mutex_violations();
const std::vector<Violation<AnyRecursiveMutex>>& recursive_mutex_violations();
const std::vector<Violation<AnySemaphore>>& semaphore_violations();
const std::vector<Violation<AnyEvent>>& event_violations();
const std::vector<Violation<AnyCondition>>& condition_violations();
const std::vector<Violation<AnyBarrier>>& barrier_violations();
const std::vector<Violation<AnyBreakableBarrier>>& breakable_barrier_violations();

/// What the violations are made from keeps all rules, or they would prove nothing.
Subject<AnyMutex> sound_mutex();
Subject<AnyRecursiveMutex> sound_recursive_mutex();
Subject<AnySemaphore> sound_semaphore();
Subject<AnyEvent> sound_event();
Subject<AnyCondition> sound_condition();
Subject<AnyBarrier> sound_barrier();
Subject<AnyBreakableBarrier> sound_breakable_barrier();

}  // namespace syncbench::conformance
