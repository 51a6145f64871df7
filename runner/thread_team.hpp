// The team of a measured trial: starts and binds its threads, lets them cross a spinning gate together, keeps the
// window by the clock, and reads every counter at both ends of it.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "runner/bracket.hpp"
#include "runner/trial_memory.hpp"
#include "workloads/worker.hpp"

namespace syncbench {

/// Binds the calling thread to the processor meant for a worker; returns its OS index as read back, or -1 when the
/// worker is meant to be unbound. Throws IncompleteError when the binding is refused.
using BindWorker = std::function<int(unsigned rank)>;

struct TeamPlan {
  std::vector<unsigned> role_counts;   ///< workers of each role
  std::vector<unsigned> worker_roles;  ///< the role of each worker, by rank
  std::vector<std::string> role_names;
  std::vector<bool> role_counts_operations;  ///< by role: its operations are the workload's
  std::chrono::nanoseconds warmup{};
  std::chrono::nanoseconds window{};
  unsigned sample_every = 1;
  bool oversubscribed = false;
  bool hardware_counters = true;  ///< count the processor's events, where it has any
  BindWorker bind;
};

class ThreadTeam final : public Team {
 public:
  ThreadTeam(const TeamPlan& plan, TrialMemory& memory) : plan_(plan), memory_(memory) {}

  /// Throws IncompleteError if a thread cannot be started or bound; no thread is left behind.
  void run(void* state, const RoundCalls& calls) override;

  std::span<const unsigned> roles() const override { return plan_.role_counts; }
  std::span<const WorkerSlot> slots() const override { return memory_.slots(); }
  std::span<Histogram> series(unsigned rank) override { return memory_.histograms(rank); }
  unsigned sample_every() const override { return plan_.sample_every; }
  void count(std::string_view name, double value) override;
  void name(const void* begin, std::size_t size, std::string_view what) override;

 private:
  void start(std::vector<std::jthread>& threads, void* state, const RoundCalls& calls);
  void work(unsigned rank, unsigned role_rank, void* state, const RoundCalls& calls);
  void gather();
  std::vector<pid_t> thread_ids() const;
  void keep_window(void* state, const RoundCalls& calls, Bracket& bracket);
  template <class Condition>
  void await(Condition condition, void* state, const RoundCalls& calls);
  bool all_finished() const;
  std::uint64_t counted_operations() const;

  const TeamPlan& plan_;
  TrialMemory& memory_;
  std::atomic<unsigned> arrived_{0};
  std::atomic<bool> refused_{false};
};

}  // namespace syncbench
