// Who is put to the rules: every line of the catalog that synchronizes, as a Subject. Each primitive's roster is a
// source file of its own, because there every implementation is compiled.
#pragma once

#include <vector>

#include "primitives/catalog.hpp"
#include "primitives/checked.hpp"
#include "primitives/conformance/erase.hpp"
#include "primitives/conformance/rule.hpp"

namespace syncbench::conformance {

enum class World {
  native,    ///< as it is timed
  observed,  ///< the schedule shaken, where the implementation runs on the platform's words
  checked,   ///< native, wrapped in Checked<...>: the source document's errors
};

std::vector<Subject<AnyMutex>> mutexes(World);
std::vector<Subject<AnyRecursiveMutex>> recursive_mutexes(World);
std::vector<Subject<AnySemaphore>> semaphores(World);
std::vector<Subject<AnyEvent>> events(World);
std::vector<Subject<AnyCondition>> conditions(World);
std::vector<Subject<AnyBarrier>> barriers(World);
std::vector<Subject<AnyBreakableBarrier>> breakable_barriers(World);

// ---- For the rosters ------------------------------------------------------------------------------------------------

/// The observed world shows more only where an algorithm runs on the platform's words; and of the busy waits, which
/// differ in one step that this world disturbs anyway, one stands for all.
template <class T, Platform P>
consteval bool worth_observing() {
  using W = typename WaiterOf<T>::Type;
  if constexpr (HasWaitStrategy<W>) return W::Wait::kParks || std::is_same_v<typename W::Wait, Backoff<P>>;
  return false;
}

constexpr bool synchronizes(Standing standing) {
  return standing != Standing::baseline && standing != Standing::control;
}

/// What a line of the catalog is in the checked world.
template <class T>
struct CheckedLine {
  using Type = Checked<NativePlatform, T>;
};
template <class C, class M>
struct CheckedLine<ConditionOver<C, M>> {
  using Type = ConditionOver<Checked<NativePlatform, C>, Checked<NativePlatform, M>>;
};

/// A subject for each line of a catalog table that is ours, in the checked world.
template <class Any, class List>
std::vector<Subject<Any>> checked_subjects_of(auto maker) {
  std::vector<Subject<Any>> subjects;
  List::for_each([&]<class I>() {
    using T = typename I::Type;
    // Others promise no errors, and the standard's mutexes may not be released by another thread at all.
    if constexpr (synchronizes(I::kStanding) && I::kTraits.promise == Profile::strict) {
      Traits traits = I::kTraits;
      traits.promise = Profile::python;  // what the errors are for
      subjects.push_back({.name = I::kName,
                          .family = I::kFamily,
                          .representative = I::kStanding == Standing::representative,
                          .traits = traits,
                          .sleeps = sleeps<T>(),
                          .checked = true,
                          .make = maker.template operator()<typename CheckedLine<T>::Type>()});
    }
  });
  return subjects;
}

/// A subject for each line of a catalog table that synchronizes; `maker.operator()<T>()` makes its Maker.
template <class Any, class List, Platform P>
std::vector<Subject<Any>> subjects_of(auto maker) {
  constexpr bool kObserved = std::is_same_v<P, ObservedPlatform>;
  std::vector<Subject<Any>> subjects;
  List::for_each([&]<class I>() {
    using T = typename I::Type;
    if constexpr (synchronizes(I::kStanding) && (!kObserved || worth_observing<T, P>()))
      subjects.push_back({.name = I::kName,
                          .family = I::kFamily,
                          .representative = I::kStanding == Standing::representative,
                          .traits = I::kTraits,
                          .sleeps = sleeps<T>(),
                          .observed = kObserved,
                          .make = maker.template operator()<T>()});
  });
  return subjects;
}

/// The roster of one primitive in a world: `List` is its catalog table, a template over the platform.
template <class Any, template <class> class List>
std::vector<Subject<Any>> roster(World world, auto maker) {
  if (world == World::native) return subjects_of<Any, List<NativePlatform>, NativePlatform>(maker);
  if (world == World::observed) return subjects_of<Any, List<ObservedPlatform>, ObservedPlatform>(maker);
  return checked_subjects_of<Any, List<NativePlatform>>(maker);
}

}  // namespace syncbench::conformance
