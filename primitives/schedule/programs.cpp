// The programs over the catalog's tables.
#include "primitives/schedule/programs.hpp"

#include "primitives/catalog.hpp"

namespace syncbench::schedule {
namespace {

// What promises every rule is ours and goes through the platform; what keeps its nodes by kernel thread would give all
// fibers the same.
template <class I>
constexpr bool kSchedulable = (I::kStanding == Standing::representative || I::kStanding == Standing::variant) &&
                              I::kTraits.promise == Profile::strict && !I::kTraits.by_kernel_thread;

// Visits the lines of a table that can be scheduled.
template <class Table>
void for_each_schedulable(auto visit) {
  Table::for_each([&]<class I>() {
    if constexpr (kSchedulable<I>) visit.template operator()<I>();
  });
}

std::vector<Program> make_programs() {
  using P = ScheduledPlatform;
  std::vector<Program> all;
  for_each_schedulable<Mutexes<P>>([&]<class I>() { add_mutex<I>(all); });
  for_each_schedulable<RecursiveMutexes<P>>([&]<class I>() { add_recursive_mutex<I>(all); });
  for_each_schedulable<Semaphores<P>>([&]<class I>() { add_semaphore<I>(all); });
  for_each_schedulable<Events<P>>([&]<class I>() { add_event<I>(all); });
  for_each_schedulable<Conditions<P>>([&]<class I>() { add_condition<I>(all); });
  for_each_schedulable<Barriers<P>>([&]<class I>() { add_barrier<I>(all); });
  for_each_schedulable<BreakableBarriers<P>>([&]<class I>() { add_breakable_barrier<I>(all); });
  return all;
}

}  // namespace

const std::vector<Program>& all_programs() {
  static const std::vector<Program> all = make_programs();
  return all;
}

}  // namespace syncbench::schedule
