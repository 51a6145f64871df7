// The mutants on real threads, undisturbed.
#include "primitives/mutants/make_mutant_programs.hpp"
#include "primitives/platform/native.hpp"

namespace syncbench::stress {

void add_plain_mutants(std::vector<Program>& all) {
  add_mutants<NativePlatform, Mode::plain>(all);
}

}  // namespace syncbench::stress
