// The order of trials. A repetition of everything is a round; within a round the groups of points come in random order,
// and within a group the implementations do, so that what changes on the machine from minute to minute hits all alike.
// A group within a round is a block: its trials are close in time, and ratios are taken inside it.
#pragma once

#include <cstdint>
#include <vector>

#include "runner/selection.hpp"

namespace syncbench {

enum class Kind { throughput, latency };

struct Trial {
  std::size_t point = 0;  ///< index into the points
  Kind kind = Kind::throughput;
  unsigned repetition = 0;
  unsigned copy = 0;  ///< 1: the reference measured again in the same block (A/A)
  std::size_t block = 0;
  std::size_t order = 0;  ///< place in the run
};

/// Pure: the same arguments give the same order, on every machine.
std::vector<Trial> make_schedule(const std::vector<Point>& points, unsigned repetitions, bool with_latency,
                                 std::uint64_t seed);

}  // namespace syncbench
