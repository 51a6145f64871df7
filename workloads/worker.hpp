// Who runs a workload: workers, one a thread, and the team that starts them together and stops them together. A
// workload sees only this page; the threads, their processors and the clock of the window belong to whoever implements
// Team.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "workloads/counted_platform.hpp"
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
  SystemCalls calls;                         // likewise
  std::atomic<std::uint32_t> finished{0};
};

/// One thread's place in a trial.
class Worker {
 public:
  /// `series`: this worker's histograms, one a series of the workload; none in a throughput trial.
  Worker(const Control& control, WorkerSlot& slot, std::span<Histogram> series, unsigned rank, unsigned role,
         unsigned role_rank) noexcept
      : control_(control), slot_(slot), series_(series), rank_(rank), role_(role), role_rank_(role_rank) {}

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
  /// The histogram of the workload's i-th series (0: its latency); only in a latency trial.
  Histogram& series(std::size_t i) noexcept { return series_[i]; }

 private:
  const Control& control_;
  WorkerSlot& slot_;
  std::span<Histogram> series_;
  unsigned rank_;
  unsigned role_;
  unsigned role_rank_;
};

/// What a team calls, with the state of the trial.
struct RoundCalls {
  void (*body)(void* state, Worker&);
  void (*close)(void* state);
  std::string (*stuck)(void* state);
};

/// Starts one thread a worker, lets all cross a gate together, and stops them after a window of time.
class Team {
 public:
  virtual ~Team() = default;

  /// Calls `body(state, worker)` on every worker and returns when all have returned. When the window is over the phase
  /// is Phase::stop and `close(state)` has been called once, from a thread that is not a worker: it must wake whoever
  /// waits. While nothing is completed, `stuck(state)` may be asked why: the same sentence twice, a while apart, ends
  /// the trial with it; an empty one means that nothing is known.
  virtual void run(void* state, const RoundCalls& calls) = 0;

  /// How many workers each role has, in the order of the workload's roles.
  virtual std::span<const unsigned> roles() const = 0;
  /// One slot a worker, by rank; for totals after run().
  virtual std::span<const WorkerSlot> slots() const = 0;
  /// The histograms of one worker, as Worker::series. A series that goes by order (Series::by_order) is written by one
  /// worker for all: the k-th worker's histogram is that of the k-th in order.
  virtual std::span<Histogram> series(unsigned rank) = 0;
  /// In a latency trial every how many operations one is timed; at least 1.
  virtual unsigned sample_every() const = 0;
  /// A raw count for the record, under a name of Description::counts; after run().
  virtual void count(std::string_view name, double value) = 0;
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
