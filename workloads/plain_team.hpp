// The simplest team: plain threads, no placement, no gate, no process of its own. For tests and for measuring the
// harness itself; real trials use the runner's.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "workloads/worker.hpp"

namespace syncbench {

class PlainTeam final : public Team {
 public:
  /// Workers of each role, and how long they run.
  PlainTeam(std::vector<unsigned> roles, std::chrono::nanoseconds window, std::size_t series = 1)
      : roles_(std::move(roles)), window_(window) {
    unsigned threads = 0;
    for (const unsigned count : roles_) threads += count;
    slots_ = std::vector<WorkerSlot>(threads);
    histograms_.resize(threads, std::vector<Histogram>(series));
  }

  void run(void* state, const RoundCalls& calls) override {
    control_.phase = Phase::measure;
    const auto begin = std::chrono::steady_clock::now();
    std::vector<std::jthread> threads;
    for (unsigned role = 0, rank = 0; role < roles_.size(); ++role) {
      for (unsigned role_rank = 0; role_rank < roles_[role]; ++role_rank, ++rank) {
        threads.emplace_back([=, this, &calls] {
          calls_of_this_thread = &slots_[rank].calls;
          Worker worker(control_, slots_[rank], histograms_[rank], rank, role, role_rank);
          calls.body(state, worker);
          ended_.fetch_add(1, std::memory_order_relaxed);
        });
      }
    }
    std::this_thread::sleep_until(begin + window_);
    // On a busy machine the threads may not have had their turn yet; nothing is asked of the speed here.
    while (total_operations(*this) == 0 && ended_.load(std::memory_order_relaxed) != slots_.size())
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    control_.phase = Phase::stop;
    calls.close(state);
    threads.clear();
    elapsed_ = std::chrono::steady_clock::now() - begin;
  }
  std::span<const unsigned> roles() const override { return roles_; }
  std::span<const WorkerSlot> slots() const override { return slots_; }
  std::span<Histogram> series(unsigned rank) override { return histograms_[rank]; }
  unsigned sample_every() const override { return 3; }
  void count(std::string_view name, double value) override { counts_.insert_or_assign(std::string(name), value); }
  void name(const void*, std::size_t, std::string_view) override {}

  /// From before the first thread started to after the last one ended.
  std::chrono::nanoseconds elapsed() const { return elapsed_; }
  const std::map<std::string, double, std::less<>>& counts() const { return counts_; }
  /// The i-th series of all workers together.
  Histogram merged(std::size_t i) const {
    Histogram all;
    for (const auto& worker : histograms_) all.merge(worker[i]);
    return all;
  }

 private:
  std::vector<unsigned> roles_;
  std::chrono::nanoseconds window_;
  std::chrono::nanoseconds elapsed_{};
  Control control_;
  std::atomic<std::size_t> ended_{0};
  std::vector<WorkerSlot> slots_;
  std::vector<std::vector<Histogram>> histograms_;  // by worker, by series
  std::map<std::string, double, std::less<>> counts_;
};

}  // namespace syncbench
