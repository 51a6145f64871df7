// What one trial measured, as plain data: raw counts, nothing derived. Metrics, records and the table are made from it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "workloads/histogram.hpp"
#include "workloads/workload.hpp"

namespace syncbench {

struct Sample {
  double duration_s = 0;                         ///< length of the window
  std::vector<std::uint64_t> worker_operations;  ///< inside the window, by worker
  std::vector<unsigned> worker_roles;            ///< index into the workload's roles, by worker
  std::vector<bool> role_counts;                 ///< by role: its operations are the workload's
  double cpu_s = 0;                              ///< processor time of all workers inside the window
  std::uint64_t voluntary_switches = 0;          ///< context switches inside the window
  std::uint64_t involuntary_switches = 0;
  Histogram latency;  ///< empty in a throughput trial

  /// Operations of the workload inside the window.
  std::uint64_t operations() const {
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < worker_operations.size(); ++i)
      if (role_counts[worker_roles[i]]) total += worker_operations[i];
    return total;
  }
};

/// How a trial ended and what it measured.
struct TrialOutcome {
  enum class End { finished, hang, crashed, not_started, interrupted };
  End end = End::finished;
  Verdict verdict;           ///< the workload's, when finished
  std::string reason;        ///< a sentence, when not finished
  std::vector<int> granted;  ///< OS index of the processor each worker was bound to, read back; empty if unbound
  Sample sample;             ///< when finished
};

}  // namespace syncbench
