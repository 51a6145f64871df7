// The source document's group photo: nobody leaves before everybody is there. The same threads meet at one barrier
// again and again; with work between the meetings the slowest decides, and who came first has something to set up.
#include "workloads/meeting.hpp"
#include "workloads/scheduled_round.hpp"

namespace syncbench {

Workload group_photo_workload() {
  Workload workload = make_workload<Meeting, Barriers>({
      .name = "group-photo",
      .source = "Mental Model: The Group Photo",
      .summary = "the same threads meet at a barrier, phase after phase",
      .operation = "one phase, of all threads together",
      .latency = "from the last thread arriving to the last one leaving",
      .invariant =
          "nobody leaves a phase before everybody has arrived; arrival indices are a permutation; all pass the "
          "same number of phases (B1 to B4)",
      .roles = {{"worker", "workers", true}},
      .parameters = {{"parallel", "ns", 0, 0, 1e9, "work of each thread between two phases"},
                     {"setup", "ns", 0, 0, 1e9, "work of who came first (index 0), after each phase"}},
      .together = true,
      .series = meeting_series(),
  });
  add_scheduled<Meeting, Barriers>(workload, "");
  return workload;
}

}  // namespace syncbench
