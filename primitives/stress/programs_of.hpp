// One function a platform, each compiled in a file of its own: every scenario is compiled for every implementation.
#pragma once

#include <vector>

#include "primitives/stress/programs.hpp"

namespace syncbench::stress {

void add_plain_programs(std::vector<Program>& all);
void add_faulty_programs(std::vector<Program>& all);
void add_scheduled_programs(std::vector<Program>& all);

}  // namespace syncbench::stress
