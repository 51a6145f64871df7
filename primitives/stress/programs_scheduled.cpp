// The programs one step at a time.
#include "primitives/schedule/scheduled_platform.hpp"
#include "primitives/stress/make_programs.hpp"
#include "primitives/stress/programs_of.hpp"

namespace syncbench::stress {

void add_scheduled_programs(std::vector<Program>& all) {
  add_programs<schedule::ScheduledPlatform, Mode::scheduled>(all);
}

}  // namespace syncbench::stress
