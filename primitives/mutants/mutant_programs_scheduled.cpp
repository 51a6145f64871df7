// The mutants one step at a time; and their healthy twins, for which there is no need of real threads.
#include "primitives/mutants/make_mutant_programs.hpp"
#include "primitives/mutants/mutant_programs.hpp"
#include "primitives/schedule/scheduled_platform.hpp"

namespace syncbench::stress {

void add_scheduled_mutants(std::vector<Program>& all) {
  add_mutants<schedule::ScheduledPlatform, Mode::scheduled>(all);
}

const std::vector<Program>& twin_programs() {
  static const std::vector<Program> twins = [] {
    using Of = MutantTables<schedule::ScheduledPlatform>;
    std::vector<Program> all;
    Programs to(all, Mode::scheduled);
    Of::HealthyMutexes::for_each([&]<class I>() { add_mutex<I>(to); });
    Of::HealthyRecursiveMutexes::for_each([&]<class I>() { add_recursive_mutex<I>(to); });
    Of::HealthySemaphores::for_each([&]<class I>() { add_semaphore<I>(to); });
    Of::HealthyBoundedSemaphores::for_each([&]<class I>() { add_bounded_semaphore<I>(to); });
    Of::HealthyEvents::for_each([&]<class I>() { add_event<I>(to); });
    Of::HealthyConditions::for_each([&]<class I>() { add_condition<I>(to); });
    Of::HealthyBarriers::for_each([&]<class I>() { add_barrier<I>(to); });
    Of::HealthyBreakableBarriers::for_each([&]<class I>() { add_breakable_barrier<I>(to); });
    return all;
  }();
  return twins;
}

}  // namespace syncbench::stress
