// One program in one mode, in a process of its own: a crash, a hang or a broken rule is a finding and ends that process
// alone. The parent watches, asks a stuck process what its threads wait for, and ends it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "primitives/platform/fault_sites.hpp"
#include "primitives/stress/programs.hpp"

namespace syncbench::stress {

/// What went wrong.
struct Finding {
  enum class Kind { violated, deadlock, lost_wakeup, livelock, starvation, crash };
  Kind kind = Kind::violated;
  std::string rule;    ///< "M1"
  std::string reason;  ///< one sentence
  double after_s = 0;  ///< since the cell began
  // On real threads:
  std::uint64_t seed = 0;  ///< of the round
  bool one_processor = false;
  std::vector<std::string> threads;  ///< who waits on what, with a stack, a line each
  std::string state;                 ///< what the primitive's words hold
  // Under the scheduler:
  std::string found_by, replay, trace;
  Shape shape;
};
std::string_view to_text(Finding::Kind kind);

struct CellPlan {
  const Program* program = nullptr;
  Mode mode = Mode::plain;
  std::uint64_t seed = 1;
  std::chrono::nanoseconds time = std::chrono::seconds(1);
  unsigned threads = 0;                                      ///< real threads: 0: crowds of every size
  Shape shape;                                               ///< scheduled
  bool store_buffers = false;                                ///< scheduled: total store order
  std::chrono::nanoseconds most = std::chrono::seconds(15);  ///< scheduled: for the bound that is asked for in any case
};

struct CellResult {
  CellPlan plan;
  double seconds = 0;
  std::uint64_t runs = 0;                         ///< rounds, or schedules
  std::map<std::string, std::uint64_t> outcomes;  ///< of those that may go either way
  std::optional<Finding> finding;
  bool interrupted = false;  ///< ended before its time: the runs count all the same
  // Real threads: how often either side of a race won, and what delay made it even.
  std::uint64_t first_won = 0, second_won = 0;
  std::int64_t offset_ns = 0;
  std::vector<SiteUse> sites;  ///< faulty: every access that was reached, and what was injected there
  // Scheduled:
  int complete_bound = -1;
  bool everything = false;

  /// What share of runs may fail at most, if this many have passed: the rule of three, at 95 %. [Hanley and
  /// Lippman-Hand 1983]
  double excluded() const { return runs == 0 ? 1 : 3.0 / static_cast<double>(runs); }
};

/// Runs cells, `at_once` at a time, and hands over each result with its place in `plans` as soon as it is there. Leaves
/// out what `needless` says. Stops when `stop()` says so; what ran then is handed over as interrupted. No process is
/// left behind. Must be called from a process with one thread.
struct CellHooks {
  std::function<void(std::size_t, CellResult)> finished;
  std::function<bool()> stop = [] { return false; };
  std::function<bool(std::size_t)> needless = [](std::size_t) { return false; };
};
void run_cells(const std::vector<CellPlan>& plans, unsigned at_once, const CellHooks& hooks);

/// A finding, for people.
std::string render(const CellPlan& plan, const Finding& finding);

}  // namespace syncbench::stress
