// Who runs a workload: workers, one a thread, and the team that starts them together and stops them together. A
// workload sees only this page; the threads, their processors and the clock of the window belong to whoever implements
// Team.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "workloads/histogram.hpp"

namespace syncbench {

/// Two lines of 64 bytes: neighbours are fetched in pairs by common prefetchers.
inline constexpr std::size_t kNoSharing = 128;

enum class Phase : std::uint32_t { gather, warmup, measure, stop };

/// What all workers read and only the team writes.
struct alignas(kNoSharing) Control {
  std::atomic<Phase> phase{Phase::gather};
};

/// What one worker writes and the team reads while it runs. Plain data without pointers: it may lie in shared memory.
struct alignas(kNoSharing) WorkerSlot {
  std::atomic<std::uint64_t> operations{0};  // since the start, all phases
  std::atomic<std::uint32_t> finished{0};
  alignas(kNoSharing) Histogram latency;
};

/// One thread's place in a trial.
class Worker {
 public:
  Worker(const Control& control, WorkerSlot& slot, unsigned rank, unsigned role, unsigned role_rank) noexcept
      : control_(control), slot_(slot), rank_(rank), role_(role), role_rank_(role_rank) {}

  // Relaxed, all three: the counts are read as a sample while the window is open, and the final ones after a join.
  bool running() const noexcept { return control_.phase.load(std::memory_order_relaxed) != Phase::stop; }
  bool measuring() const noexcept { return control_.phase.load(std::memory_order_relaxed) == Phase::measure; }
  /// One operation is complete: a plain store to a line that nobody else writes.
  void done() noexcept {
    slot_.operations.store(slot_.operations.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }

  unsigned rank() const noexcept { return rank_; }            ///< among all workers
  unsigned role() const noexcept { return role_; }            ///< index into the workload's roles
  unsigned role_rank() const noexcept { return role_rank_; }  ///< among the workers of this role
  Histogram& latency() noexcept { return slot_.latency; }

 private:
  const Control& control_;
  WorkerSlot& slot_;
  unsigned rank_;
  unsigned role_;
  unsigned role_rank_;
};

/// Starts one thread a worker, lets all cross a gate together, and stops them after a window of time.
class Team {
 public:
  virtual ~Team() = default;

  /// Calls `body(state, worker)` on every worker and returns when all have returned. When the window is over the phase
  /// is Phase::stop and `close(state)` has been called once, from a thread that is not a worker: it must wake whoever
  /// waits.
  virtual void run(void* state, void (*body)(void*, Worker&), void (*close)(void*)) = 0;

  /// How many workers each role has, in the order of the workload's roles.
  virtual std::span<const unsigned> roles() const = 0;
  /// One slot a worker, by rank; for totals after run().
  virtual std::span<const WorkerSlot> slots() const = 0;
  /// In a latency trial every how many operations one is timed; at least 1.
  virtual unsigned sample_every() const = 0;
  /// Gives the `size` bytes at `begin` a name, for the report on a hung trial ("waits on not_empty").
  virtual void name(const void* begin, std::size_t size, std::string_view what) = 0;
};

/// Operations of all workers, all phases.
inline std::uint64_t total_operations(const Team& team) {
  std::uint64_t total = 0;
  for (const WorkerSlot& slot : team.slots()) total += slot.operations.load(std::memory_order_relaxed);
  return total;
}

}  // namespace syncbench
