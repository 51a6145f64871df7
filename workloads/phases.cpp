// The source document's multi-phase workers: several barriers in turn, work in between. A straggler, who comes late by
// more than everything else takes, lets the others wait long: what is left of the phase is the release alone.
// [Bull 1999, the barrier of the EPCC suite with one late thread]
#include "workloads/meeting.hpp"
#include "workloads/scheduled_round.hpp"

namespace syncbench {

Workload phases_workload() {
  Workload workload = make_workload<Meeting, Barriers>({
      .name = "phases",
      .source = "Multi-Phase Barriers",
      .summary = "threads work in phases; a barrier ends each phase, several barriers in turn",
      .operation = "one phase, of all threads together",
      .latency = "from the last thread arriving to the last one leaving",
      .invariant = "nobody is a phase ahead of anybody; arrival indices are a permutation (B1 to B4)",
      .roles = {{"worker", "workers", true}},
      .parameters = {{"barriers", "", 2, 1, 64, "barriers, used in turn"},
                     {"parallel", "ns", 1000, 0, 1e9, "work of each thread in a phase"},
                     choice("straggler", {"none", "rotating", "fixed"},
                            "who comes late: nobody, each in turn, the last"),
                     {"delay", "ns", 10'000, 0, 1e9, "by how much the straggler is late"}},
      .together = true,
      .series = meeting_series(),
  });
  add_scheduled<Meeting, Barriers>(workload, "");
  return workload;
}

}  // namespace syncbench
