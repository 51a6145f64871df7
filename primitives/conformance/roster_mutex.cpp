// The mutexes and recursive mutexes of the catalog.
#include "primitives/conformance/roster.hpp"

namespace syncbench::conformance {

std::vector<Subject<AnyMutex>> mutexes(World world) {
  return roster<AnyMutex, Mutexes>(world, []<class M>() { return [] { return std::make_unique<ErasedMutex<M>>(); }; });
}

std::vector<Subject<AnyRecursiveMutex>> recursive_mutexes(World world) {
  return roster<AnyRecursiveMutex, RecursiveMutexes>(
      world, []<class M>() { return [](std::uint32_t) { return std::make_unique<ErasedRecursiveMutex<M>>(); }; });
}

}  // namespace syncbench::conformance
