// The barriers of the catalog, plain and breakable.
#include "primitives/conformance/roster.hpp"

namespace syncbench::conformance {

std::vector<Subject<AnyBarrier>> barriers(World world) {
  return roster<AnyBarrier, Barriers>(world, []<class B>() {
    return [](std::uint32_t parties, PhaseAction action) {
      return std::make_unique<ErasedBarrier<B>>(parties, std::move(action));
    };
  });
}

std::vector<Subject<AnyBreakableBarrier>> breakable_barriers(World world) {
  return roster<AnyBreakableBarrier, BreakableBarriers>(world, []<class B>() {
    return [](std::uint32_t parties, PhaseAction action, std::optional<Nanoseconds> timeout) {
      return std::make_unique<ErasedBreakableBarrier<B>>(parties, std::move(action), timeout);
    };
  });
}

}  // namespace syncbench::conformance
