// The mutants on real threads, disturbed at every shared access.
#include "primitives/mutants/make_mutant_programs.hpp"
#include "primitives/platform/faulty.hpp"

namespace syncbench::stress {

void add_faulty_mutants(std::vector<Program>& all) {
  add_mutants<FaultyPlatform, Mode::faulty>(all);
}

}  // namespace syncbench::stress
