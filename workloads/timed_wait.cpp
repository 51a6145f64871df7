// The source document's waiter with a timeout, and the controller that sets, clears and sets again; on every primitive
// that one can wait at with a deadline.
#include "workloads/timed_wait.hpp"

#include "primitives/reference/sanitizer.hpp"

namespace syncbench {
namespace {

// Without those whose timed forms ThreadSanitizer would take for races.
constexpr auto kHasTimedForms = []<class T>() {
  return (TimedMutex<T> || TimedEvent<T>)&&(!kThreadSanitizerWatches || T::kTraits.tsan_knows_timed);
};

}  // namespace

Workload timed_wait_workload() {
  Workload workload{
      {
          .name = "timed-wait",
          .source = "Event States and Operations (waiter and controller)",
          .summary = "waiters wait until a deadline that they share; the controller sets what they wait for, or not",
          .operation = "one wait with a deadline",
          .latency = "lateness: from the deadline to the waiter running, of waits that began before it and timed out",
          .invariant =
              "granted only after the set began; timed out never before the deadline, and not if it was set before the "
              "wait began or while the waiter slept; afterwards event, mutex, permits and barrier are as that many "
              "grants leave them (X6, E6, M5, S8, C9, B20)",
          .roles = {{"waiter", "waiters", true}, {"controller", "controllers", false, 1}},
          .parameters = {choice("on", {"event", "mutex", "semaphore", "condition", "barrier"}, "what is waited at"),
                         choice("set", {"mixed", "never", "racing", "always"},
                                "never, racing the deadline so that about half of the waits are granted, always well "
                                "before it, or these in turn"),
                         {"timeout", "ns", 1e6, 1e4, 1e9, "from the start of a round to its deadline"}},
          .series = {{"wake", "set well before the deadline: from before the set to a waiter running"}},
          .counts = {{"race_true", "", "waits that were granted when the set raced the deadline"},
                     {"race_false", "", "waits that timed out when the set raced the deadline"},
                     {"blocked", "", "waiters that slept when it was set well before the deadline"},
                     {"not_blocked", "", "waiters of which the kernel did not say so"}},
      },
      {}};
  add_cases<TimedWaitOnEvent, Events>(workload, "event", kHasTimedForms);
  add_cases<TimedWaitOnMutex, Mutexes>(workload, "mutex", kHasTimedForms);
  add_cases<TimedWaitOnSemaphore, Semaphores>(workload, "semaphore");
  add_cases<TimedWaitOnCondition, Conditions>(workload, "condition");
  add_cases<TimedWaitOnBarrier, BreakableBarriers>(workload, "barrier");
  return workload;
}

}  // namespace syncbench
