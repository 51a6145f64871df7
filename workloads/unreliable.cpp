// The source document's barrier with timeout and error handling: what happens to the others when one does not come.
#include "workloads/unreliable.hpp"

namespace syncbench {

Workload unreliable_workload() {
  return make_workload<Unreliable, BreakableBarriers>({
      .name = "unreliable",
      .source = "Barrier with Timeout and Error Handling",
      .summary = "one worker fails the others at a barrier, which breaks and is repaired",
      .operation = "a failure and its recovery, of all workers together; alone, every failure is an abort",
      .latency =
          "from before the abort or the reset, or from the first deadline, to the last waiter out (alone: to the "
          "return of the abort); not of races",
      .invariant =
          "all get the same: Broken after a failure and until the reset, then one good phase with indices that are a "
          "permutation; an abort during the last arrival fails all or none; nobody times out early (B20 to B24, B28 to "
          "B31)",
      .roles = {{"worker", "workers", true}},
      .parameters = {choice("failure", {"mixed", "abort", "timeout", "reset", "race"},
                            "how one fails the others; race: an abort while the last one arrives"),
                     {"timeout", "ns", 1e6, 1e3, 1e9, "how long the others wait for who does not come"},
                     choice("waiters", {"blocked", "hot"},
                            "an abort or reset comes when the others wait (asleep, if it is timed), or at once")},
      .together = true,
      .series = {{"recovery", "from before the reset that repairs to the last one out of the first good phase"}},
      .counts = {{"aborts", "", "failures by abort"},
                 {"timeouts", "", "failures by timeout"},
                 {"resets", "", "failures by reset while others wait"},
                 {"race_passed", "", "races in which all passed before the abort"},
                 {"race_broken", "", "races in which the abort came first"},
                 {"blocked", "", "waiters that slept when their wake-up was timed"},
                 {"not_blocked", "", "waiters that were timed though the kernel did not say that they sleep"}},
  });
}

}  // namespace syncbench
