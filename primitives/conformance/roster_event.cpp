// The events of the catalog.
#include "primitives/conformance/roster.hpp"

namespace syncbench::conformance {

std::vector<Subject<AnyEvent>> events(World world) {
  return roster<AnyEvent, Events>(world, []<class E>() { return [] { return std::make_unique<ErasedEvent<E>>(); }; });
}

}  // namespace syncbench::conformance
