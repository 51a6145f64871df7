// The semaphores of the catalog.
#include "primitives/conformance/roster.hpp"

namespace syncbench::conformance {
namespace {

/// The kind that refuses a release above its start. The checks go around the bound: it counts what they have let pass.
template <class S>
struct Bounded {
  using Type = BoundedSemaphore<NativePlatform, S>;
};
template <class P, class S>
struct Bounded<CheckedSemaphore<P, S>> {
  using Type = CheckedSemaphore<P, BoundedSemaphore<P, S>>;
};

}  // namespace

std::vector<Subject<AnySemaphore>> semaphores(World world) {
  return roster<AnySemaphore, Semaphores>(world, []<class S>() {
    return [](std::ptrdiff_t start, bool bounded) -> std::unique_ptr<AnySemaphore> {
      if (bounded) return std::make_unique<ErasedSemaphore<typename Bounded<S>::Type>>(start);
      return std::make_unique<ErasedSemaphore<S>>(start);
    };
  });
}

}  // namespace syncbench::conformance
