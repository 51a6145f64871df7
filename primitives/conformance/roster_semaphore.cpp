// The semaphores of the catalog.
#include "primitives/conformance/roster.hpp"

namespace syncbench::conformance {

std::vector<Subject<AnySemaphore>> semaphores(World world) {
  return roster<AnySemaphore, Semaphores>(world, []<class S>() {
    return [](std::ptrdiff_t start, bool bounded) -> std::unique_ptr<AnySemaphore> {
      if (bounded) return std::make_unique<ErasedSemaphore<BoundedSemaphore<NativePlatform, S>>>(start);
      return std::make_unique<ErasedSemaphore<S>>(start);
    };
  });
}

}  // namespace syncbench::conformance
