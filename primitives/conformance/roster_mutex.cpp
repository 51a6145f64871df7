// The mutexes and recursive mutexes of the catalog.
#include "primitives/conformance/roster.hpp"
#include "primitives/recursive_mutex/reentrant_mutex.hpp"

namespace syncbench::conformance {
namespace {

/// The same with a limit of kFewLevels, where the type can be told.
template <class M>
struct FewLevelsOf {
  using Type = M;
};
template <class P, class M, std::uint32_t kLimit>
struct FewLevelsOf<ReentrantMutex<P, M, kLimit>> {
  using Type = ReentrantMutex<P, M, kFewLevels>;
};
template <class M>
struct FewLevelsOf<CheckedRecursiveMutex<M>> {
  using Type = CheckedRecursiveMutex<typename FewLevelsOf<M>::Type>;
};

}  // namespace

std::vector<Subject<AnyMutex>> mutexes(World world) {
  return roster<AnyMutex, Mutexes>(world, []<class M>() { return [] { return std::make_unique<ErasedMutex<M>>(); }; });
}

std::vector<Subject<AnyRecursiveMutex>> recursive_mutexes(World world) {
  return roster<AnyRecursiveMutex, RecursiveMutexes>(world, []<class M>() {
    return [](std::uint32_t depth_limit) -> std::unique_ptr<AnyRecursiveMutex> {
      if (depth_limit == kFewLevels) return std::make_unique<ErasedRecursiveMutex<typename FewLevelsOf<M>::Type>>();
      return std::make_unique<ErasedRecursiveMutex<M>>();
    };
  });
}

}  // namespace syncbench::conformance
