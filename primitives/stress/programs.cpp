// The list of programs, put together from the three platforms.
#include "primitives/stress/programs.hpp"

#include <algorithm>
#include <array>

#include "primitives/stress/programs_of.hpp"

namespace syncbench::stress {

std::string_view to_text(Mode mode) {
  constexpr std::array<std::string_view, kModes> kNames = {"plain", "faulty", "scheduled"};
  return kNames[static_cast<unsigned>(mode)];
}

const std::vector<Program>& all_programs() {
  static const std::vector<Program> all = [] {
    std::vector<Program> programs;
    add_plain_programs(programs);
    add_faulty_programs(programs);
    add_scheduled_programs(programs);
    return programs;
  }();
  return all;
}

const Program* find_program(const std::vector<Program>& programs, std::string_view name) {
  const auto found = std::ranges::find_if(programs, [&](const Program& one) { return one.name() == name; });
  return found == programs.end() ? nullptr : &*found;
}

}  // namespace syncbench::stress
