// The simplest team: plain threads, no placement, no gate, no process of its own. For tests and for measuring the
// harness itself; real trials use the runner's.
#pragma once

#include <chrono>
#include <thread>
#include <utility>
#include <vector>

#include "workloads/worker.hpp"

namespace syncbench {

class PlainTeam final : public Team {
 public:
  /// Workers of each role, and how long they run.
  PlainTeam(std::vector<unsigned> roles, std::chrono::nanoseconds window) : roles_(std::move(roles)), window_(window) {
    unsigned threads = 0;
    for (const unsigned count : roles_) threads += count;
    slots_ = std::vector<WorkerSlot>(threads);
  }

  void run(void* state, void (*body)(void*, Worker&), void (*close)(void*)) override {
    control_.phase = Phase::measure;
    const auto begin = std::chrono::steady_clock::now();
    std::vector<std::jthread> threads;
    for (unsigned role = 0, rank = 0; role < roles_.size(); ++role) {
      for (unsigned role_rank = 0; role_rank < roles_[role]; ++role_rank, ++rank) {
        threads.emplace_back([=, this] {
          Worker worker(control_, slots_[rank], rank, role, role_rank);
          body(state, worker);
          ended_.fetch_add(1, std::memory_order_relaxed);
        });
      }
    }
    std::this_thread::sleep_until(begin + window_);
    // On a busy machine the threads may not have had their turn yet; nothing is asked of the speed here.
    while (total_operations(*this) == 0 && ended_.load(std::memory_order_relaxed) != slots_.size())
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    control_.phase = Phase::stop;
    close(state);
    threads.clear();
    elapsed_ = std::chrono::steady_clock::now() - begin;
  }
  std::span<const unsigned> roles() const override { return roles_; }
  std::span<const WorkerSlot> slots() const override { return slots_; }
  unsigned sample_every() const override { return 3; }
  void name(const void*, std::size_t, std::string_view) override {}

  /// From before the first thread started to after the last one ended.
  std::chrono::nanoseconds elapsed() const { return elapsed_; }

 private:
  std::vector<unsigned> roles_;
  std::chrono::nanoseconds window_;
  std::chrono::nanoseconds elapsed_{};
  Control control_;
  std::atomic<std::size_t> ended_{0};
  std::vector<WorkerSlot> slots_;
};

}  // namespace syncbench
