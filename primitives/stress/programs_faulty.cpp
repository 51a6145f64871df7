// The programs on real threads, disturbed at every shared access.
#include "primitives/platform/native.hpp"
#include "primitives/stress/make_programs.hpp"
#include "primitives/stress/programs_of.hpp"

namespace syncbench::stress {

void add_faulty_programs(std::vector<Program>&) {}

}  // namespace syncbench::stress
