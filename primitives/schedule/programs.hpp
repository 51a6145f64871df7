// Every scenario over every implementation that runs on the scheduler's platform: those of our own, whose every shared
// access goes through it. References call the operating system, which no scheduler of ours can hold.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "primitives/schedule/scenarios.hpp"
#include "primitives/schedule/scheduled_platform.hpp"

namespace syncbench::schedule {

/// One execution of a program: made for each schedule, and by the schedule.
class Execution {
 public:
  virtual ~Execution() = default;
  virtual void body(unsigned thread) = 0;
  virtual void check() = 0;
};

/// A scenario for a number of threads over one implementation.
struct Program {
  std::string_view primitive, implementation, family, scenario;
  unsigned threads;
  std::unique_ptr<Execution> (*make)(unsigned threads);
  /// "mutex:ticket/park:exclusion:3"
  std::string name() const {
    return std::string(primitive) + ":" + std::string(implementation) + ":" + std::string(scenario) + ":" +
           std::to_string(threads);
  }
};

/// Adds one implementation `I` (a line of a table) under one scenario, with every sensible number of threads.
template <template <class> class Scenario, class I>
void add_programs(std::vector<Program>& programs, std::string_view primitive) {
  using S = Scenario<typename I::Type>;
  struct Adapter final : Execution {
    explicit Adapter(unsigned threads) : scenario(threads) {}
    void body(unsigned thread) override { scenario.body(thread); }
    void check() override { scenario.check(); }
    S scenario;
  };
  for (unsigned threads = S::kLeast; threads <= S::kMost; ++threads)
    programs.push_back({primitive, I::kName, I::kFamily, S::kName, threads,
                        [](unsigned count) -> std::unique_ptr<Execution> { return std::make_unique<Adapter>(count); }});
}

/// All scenarios of one primitive. What a type does not offer is left out.
template <class I>
void add_mutex(std::vector<Program>& programs) {
  add_programs<Exclusion, I>(programs, "mutex");
  if constexpr (TimedMutex<typename I::Type>) add_programs<Attempts, I>(programs, "mutex");
  if (I::kTraits.destroy_after_use) add_programs<LastOneDestroys, I>(programs, "mutex");
}
template <class I>
void add_recursive_mutex(std::vector<Program>& programs) {
  add_programs<Nesting, I>(programs, "recursive-mutex");
}
template <class I>
void add_semaphore(std::vector<Program>& programs) {
  add_programs<Permits, I>(programs, "semaphore");
  add_programs<RacingReleases, I>(programs, "semaphore");
  add_programs<TimedAcquire, I>(programs, "semaphore");
}
template <class I>
void add_event(std::vector<Program>& programs) {
  add_programs<SetOnce, I>(programs, "event");
  add_programs<SetOrTimeout, I>(programs, "event");
  add_programs<SetAndClear, I>(programs, "event");
}
template <class I>
void add_condition(std::vector<Program>& programs) {
  add_programs<Tokens, I>(programs, "condition");
  add_programs<NotifyAll, I>(programs, "condition");
  add_programs<TimedToken, I>(programs, "condition");
}
template <class I>
void add_barrier(std::vector<Program>& programs) {
  add_programs<Phases, I>(programs, "barrier");
  if constexpr (!I::kTraits.by_rank)
    if (I::kTraits.destroy_after_use) add_programs<LastArrivalDestroys, I>(programs, "barrier");
}
template <class I>
void add_breakable_barrier(std::vector<Program>& programs) {
  add_programs<Breaks, I>(programs, "breakable-barrier");
  add_programs<Aborts, I>(programs, "breakable-barrier");
  add_programs<Resets, I>(programs, "breakable-barrier");
}

/// Every program over the catalog.
const std::vector<Program>& all_programs();

}  // namespace syncbench::schedule
