// What one trial measured, as plain data: raw counts, nothing derived. Metrics, records and the table are made from it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runner/bracket.hpp"
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
  std::uint64_t futex_waits = 0;  ///< system calls of our own implementations, inside the window
  std::uint64_t futex_wakes = 0;
  std::uint64_t yields = 0;
  Around around;                                      ///< readings around the window
  bool together = false;                              ///< all workers do each operation together
  std::map<std::string, double, std::less<>> counts;  ///< the workload's own, of the whole trial
  /// By series of the workload (0: its latency), by place in the order (one place where there is no order). Empty in a
  /// throughput trial.
  std::vector<std::vector<Histogram>> series;

  /// Operations of the workload inside the window.
  std::uint64_t operations() const {
    std::uint64_t total = 0, least = std::numeric_limits<std::uint64_t>::max();
    for (std::size_t i = 0; i < worker_operations.size(); ++i) {
      if (!role_counts[worker_roles[i]]) continue;
      total += worker_operations[i];
      least = std::min(least, worker_operations[i]);
    }
    return together ? least : total;
  }

  /// At least this share of the window had no worker that waited for a processor: were no two of the waits at the same
  /// time, it is this share, else it is more.
  std::optional<double> overlap_share() const {
    if (!around.run_delay_s || duration_s <= 0) return std::nullopt;
    return std::max(0.0, 1 - *around.run_delay_s / duration_s);
  }

  const Histogram& latency() const {
    static const Histogram none;
    return series.empty() ? none : series[0][0];
  }

  /// Once the record is written: distributions by order take a megabyte a trial where threads are many.
  void forget_all_but_latency() {
    if (series.empty()) return;
    series.resize(1);
    series.shrink_to_fit();
  }

  /// One worker's histogram of the i-th series.
  void take(std::size_t i, bool by_order, const Histogram& histogram) {
    if (by_order || series[i].empty()) return series[i].push_back(histogram);
    series[i][0].merge(histogram);
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
