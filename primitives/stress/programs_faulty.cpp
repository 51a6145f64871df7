// The programs on real threads, disturbed at every shared access.
#include "primitives/platform/faulty.hpp"
#include "primitives/stress/make_programs.hpp"
#include "primitives/stress/programs_of.hpp"

namespace syncbench::stress {

void add_faulty_programs(std::vector<Program>& all) {
  add_programs<FaultyPlatform, Mode::faulty>(all);
}

}  // namespace syncbench::stress
