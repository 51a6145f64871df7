// The conditions of the catalog, each over the mutex of its own line.
#include "primitives/conformance/roster.hpp"
#include "primitives/recursive_mutex/reentrant_mutex.hpp"

namespace syncbench::conformance {
namespace {

/// The recursive mutex of the same family, for the conditions that give up all levels of one; void for those that
/// take their own mutex only, or promise no more than the standards.
template <class T>
struct RecursiveOf {
  using Type = void;
};
template <class T>
requires(T::kTraits.promise == Profile::strict) struct RecursiveOf<T> {
  using Type = ReentrantMutex<NativePlatform, typename T::Mutex>;
};

}  // namespace

std::vector<Subject<AnyCondition>> conditions(World world) {
  return roster<AnyCondition, Conditions>(world, []<class T>() {
    return [] {
      return std::make_unique<
          ErasedCondition<typename T::Condition, typename T::Mutex, typename RecursiveOf<T>::Type>>();
    };
  });
}

}  // namespace syncbench::conformance
