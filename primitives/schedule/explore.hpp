// Looks for a schedule under which a program goes wrong: at random, by priorities, then all schedules with few
// preemptions. What it finds is made small and written down as a string that runs it again.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "primitives/schedule/scheduler.hpp"
#include "primitives/stress/programs.hpp"

namespace syncbench::schedule {

struct Budget {
  std::chrono::nanoseconds time = std::chrono::seconds(1);   ///< after the first bound is explored, go on for so long
  std::chrono::nanoseconds most = std::chrono::seconds(20);  ///< give up even the first bound
  unsigned bound = 2;                                        ///< preemptions to explore in any case
  std::size_t random_runs = 200;                             ///< of each random strategy
  std::uint64_t seed = 1;
  bool store_buffers = false;
};

struct Exploration {
  std::uint64_t schedules = 0;
  int complete_bound = -1;  ///< every schedule with so many preemptions was run
  bool everything = false;  ///< every schedule there is was run
  double seconds = 0;
  std::optional<Outcome> failure;  ///< minimized, with its trace
  std::string found_by;            ///< random, priorities, exhaustive
  std::string replay;              ///< for --replay
};

using stress::Program;
using stress::Shape;

/// The shapes in which a program is explored: two threads and three, as far as it suits that many, and capacities of
/// one and two, where there are more threads than that.
std::vector<Shape> explored_shapes(const Program& program);

/// The program must run in Mode::scheduled.
Exploration explore(const Program& program, const Shape& shape, const Budget& budget);

/// The same schedule again, with its trace.
Outcome run_again(const Program& program, const Shape& shape, bool store_buffers,
                  const std::vector<std::size_t>& decisions);

/// Runs a replay string, which has everything in it: "mutex:ticket/park:exclusion:3:sc:12=1,30=2" is a program, three
/// threads (3x2: and a capacity of two), the memory order, and the decisions that are not the first option. Throws
/// std::invalid_argument with a sentence.
struct Replayed {
  const Program* program = nullptr;
  Shape shape;
  Outcome outcome;
};
Replayed replay(const std::vector<Program>& programs, const std::string& text);

/// A trace for people: one line a step.
std::string render(const Outcome& outcome);

}  // namespace syncbench::schedule
