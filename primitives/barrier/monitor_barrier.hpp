// Barrier built from a std::mutex and a std::condition_variable, as in every textbook: a count, and a generation number
// that tells those who wait that their phase is over whatever the count has become since. [Hoare 1974, Monitors]
#pragma once

#include <cassert>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "primitives/concepts.hpp"
#include "primitives/platform/native.hpp"

namespace syncbench {

/// For any number of threads: more than `parties` pass in groups. May be destroyed as soon as the thread with index
/// parties - 1 has returned from the last phase, by that thread or one that it told: the destructor waits for the
/// others to leave. The action runs with the inner mutex held; it must not throw.
template <Platform P>
class MonitorBarrier {
 public:
  static constexpr Traits kTraits{.source = "Hoare 1974, Monitors"};

  /// Generations are numbered from `first`: tests put the wrap-around where they need it.
  explicit MonitorBarrier(std::uint32_t parties, PhaseAction action = {}, std::uint32_t first = 0)
      : generation_(first), parties_(parties), action_(std::move(action)) {
    assert(parties >= 1 && "a barrier is for one thread at least");
  }
  MonitorBarrier(const MonitorBarrier&) = delete;
  MonitorBarrier& operator=(const MonitorBarrier&) = delete;
  ~MonitorBarrier() {
    while (inside() != 0) P::yield();
  }

  std::uint32_t arrive_and_wait() noexcept {
    std::unique_lock lock(mutex_);
    const std::uint32_t index = arrived_++;
    if (index == parties_ - 1) {
      complete();
      lock.unlock();
      opened_.notify_all();  // without the mutex, which those who wake up take; nobody destroys us before we return
    } else {
      ++waiting_;
      const std::uint32_t mine = generation_;
      // Equality, so a thread that sleeps through exactly 2^32 generations would miss them; it takes more threads than
      // parties to have a second one.
      while (generation_ == mine) opened_.wait(lock);
      --waiting_;
    }
    return index;
  }

 private:
  void complete() {
    if (action_) action_();
    arrived_ = 0;
    ++generation_;
  }

  std::uint32_t inside() {
    const std::lock_guard lock(mutex_);
    assert(arrived_ == 0 && "destroyed while somebody waits");
    return waiting_;
  }

  typename P::Mutex mutex_;  // guards all below
  typename P::ConditionVariable opened_;
  std::uint32_t arrived_ = 0;  // in this generation
  std::uint32_t waiting_ = 0;  // in any: those of past ones are on their way out
  std::uint32_t generation_;
  const std::uint32_t parties_;
  const PhaseAction action_;
};

static_assert(ActingBarrier<MonitorBarrier<NativePlatform>>);

}  // namespace syncbench
