// The programs on real threads, undisturbed.
#include "primitives/platform/native.hpp"
#include "primitives/stress/make_programs.hpp"
#include "primitives/stress/programs_of.hpp"

namespace syncbench::stress {

void add_plain_programs(std::vector<Program>& all) {
  add_programs<NativePlatform, Mode::plain>(all);
}

}  // namespace syncbench::stress
