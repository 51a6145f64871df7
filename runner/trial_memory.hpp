// The memory that a trial's process shares with the process that watches it: the workers' counters, the window's
// readings, and the outcome. Plain data without pointers, so that whatever happens to the trial, the watcher can still
// read how far it got.
#pragma once

#include <sys/mman.h>
#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <new>
#include <span>
#include <string_view>

#include "runner/bracket.hpp"
#include "runner/errors.hpp"
#include "workloads/workload.hpp"

namespace syncbench {

/// What is written down about one worker beside its slot.
struct WorkerRecord {
  std::uint64_t operations_in_window = 0;
  std::atomic<pid_t> thread = 0;
  int granted = -1;  ///< OS index of its processor, read back; -1: not bound
};

/// A named piece of the workload's state, for reports.
struct NamedRange {
  std::uintptr_t begin = 0;
  std::size_t size = 0;
  char name[24] = {};
};

/// A raw count that the workload handed in.
struct NamedCount {
  char name[32] = {};
  double value = 0;
};

struct TrialHeader {
  Control control;
  std::atomic<bool> done{false};   ///< all fields below are final
  std::atomic<bool> stuck{false};  ///< the workload knows why nothing moves: `reason`
  double duration_s = 0;
  double cpu_s = 0;
  std::uint64_t voluntary_switches = 0;
  std::uint64_t involuntary_switches = 0;
  std::uint64_t futex_waits = 0, futex_wakes = 0, yields = 0;
  Around around;
  Verdict::Kind verdict = Verdict::Kind::ok;
  bool started = true;  ///< false: threads or bindings could not be had; `reason` says why
  char reason[400] = {};
  std::atomic<unsigned> ranges{0};
  NamedRange range[16];
  unsigned counts = 0;
  NamedCount count[24];

  void set_reason(std::string_view text) noexcept {
    const std::size_t length = text.copy(reason, sizeof reason - 1);
    reason[length] = '\0';
  }
};

class TrialMemory {
 public:
  /// `series`: histograms a worker; none for a throughput trial.
  TrialMemory(std::size_t workers, std::size_t series) : workers_(workers), series_(series) {
    memory_ = ::mmap(nullptr, size(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory_ == MAP_FAILED)
      throw IncompleteError("no memory for a trial of " + std::to_string(workers) + " threads");
    new (memory_) TrialHeader;
    for (std::size_t i = 0; i < workers_; ++i) {
      new (&slots()[i]) WorkerSlot;
      new (&records()[i]) WorkerRecord;
      for (std::size_t k = 0; k < series_; ++k) new (&histograms(i)[k]) Histogram;
    }
  }
  TrialMemory(const TrialMemory&) = delete;
  TrialMemory& operator=(const TrialMemory&) = delete;
  ~TrialMemory() { ::munmap(memory_, size()); }

  TrialHeader& header() const { return *static_cast<TrialHeader*>(memory_); }
  std::span<WorkerSlot> slots() const { return {reinterpret_cast<WorkerSlot*>(at(kSlotsAt)), workers_}; }
  std::span<WorkerRecord> records() const {
    return {reinterpret_cast<WorkerRecord*>(at(kSlotsAt + workers_ * sizeof(WorkerSlot))), workers_};
  }

  std::span<Histogram> histograms(std::size_t worker) const {
    return {reinterpret_cast<Histogram*>(at(histograms_at())) + worker * series_, series_};
  }

  /// Operations of all workers so far.
  std::uint64_t progress() const {
    std::uint64_t total = 0;
    for (const WorkerSlot& slot : slots()) total += slot.operations.load(std::memory_order_relaxed);
    return total;
  }

 private:
  static constexpr std::size_t kSlotsAt = (sizeof(TrialHeader) + kNoSharing - 1) / kNoSharing * kNoSharing;

  std::size_t histograms_at() const {
    const std::size_t end = kSlotsAt + workers_ * (sizeof(WorkerSlot) + sizeof(WorkerRecord));
    return (end + kNoSharing - 1) / kNoSharing * kNoSharing;
  }
  std::size_t size() const { return histograms_at() + workers_ * series_ * sizeof(Histogram); }
  char* at(std::size_t offset) const { return static_cast<char*>(memory_) + offset; }

  std::size_t workers_;
  std::size_t series_;
  void* memory_;
};

}  // namespace syncbench
