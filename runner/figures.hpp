// Draws the figures of a result file, by running the analysis program beside this one on it.
#pragma once

#include <string>

namespace syncbench {

/// Writes the figures next to `results`; their paths go to standard output if `list`, else to standard error. False,
/// with a line on standard error, if they could not be drawn.
bool draw_figures(const std::string& results, bool list);

}  // namespace syncbench
