// The conditions of the catalog, each over the mutex of its own line.
#include "primitives/conformance/roster.hpp"

namespace syncbench::conformance {

std::vector<Subject<AnyCondition>> conditions(World world) {
  return roster<AnyCondition, Conditions>(world, []<class T>() {
    return [] { return std::make_unique<ErasedCondition<typename T::Condition, typename T::Mutex>>(); };
  });
}

}  // namespace syncbench::conformance
