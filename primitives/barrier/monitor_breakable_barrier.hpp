// Breakable barrier built from a std::mutex and a std::condition_variable: those who wait form a list, and whoever ends
// their wait writes into each node how. A count and a generation number, as in the plain monitor barrier, would not do:
// by the time that a thread has got the mutex back, its generation may be two generations ago, and it must still learn
// whether that one passed or broke. [Hoare 1974, Monitors; the interface is that of Python's threading.Barrier]
#pragma once

#include <cassert>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "primitives/barrier/breakable_forms.hpp"
#include "primitives/concepts.hpp"
#include "primitives/platform/native.hpp"

namespace syncbench {

/// May be destroyed as soon as the thread with index parties - 1 has returned from the last phase, by that thread or
/// one that it told: the destructor waits for the others to leave. The action runs without the inner mutex, and may
/// call abort, reset and the queries.
template <Platform P>
class MonitorBreakableBarrier : public BreakableForms<MonitorBreakableBarrier<P>, P> {
 public:
  static constexpr Traits kTraits{.source = "Python threading.Barrier"};

  explicit MonitorBreakableBarrier(std::uint32_t parties, PhaseAction action = {},
                                   std::optional<std::chrono::nanoseconds> default_timeout = std::nullopt)
      : Forms(default_timeout), parties_(parties), action_(std::move(action)) {
    assert(parties >= 1 && "a barrier is for one thread at least");
  }
  MonitorBreakableBarrier(const MonitorBreakableBarrier&) = delete;
  MonitorBreakableBarrier& operator=(const MonitorBreakableBarrier&) = delete;
  ~MonitorBreakableBarrier() {
    assert(waiting() == 0 && "destroyed while somebody waits");
    while (inside() != 0) P::yield();
  }

  /// All who wait and all who come throw BrokenBarrier, until `reset`.
  void abort() {
    const std::lock_guard lock(mutex_);
    end_generation(true);
  }
  /// All who wait throw BrokenBarrier; who comes from now on finds a barrier as new.
  void reset() {
    const std::lock_guard lock(mutex_);
    end_generation(false);
  }

  std::uint32_t parties() const noexcept { return parties_; }
  std::uint32_t waiting() const {
    const std::lock_guard lock(mutex_);
    return arrived_;
  }
  bool broken() const {
    const std::lock_guard lock(mutex_);
    return broken_;
  }

 private:
  using Forms = BreakableForms<MonitorBreakableBarrier, P>;
  friend Forms;

  enum class State {
    queued,   // may pass or break
    decided,  // the last one has come: deadlines and aborts are too late, only the action can fail
    passed,
    broken,
  };
  struct Node {
    State state = State::queued;
    Node* next = nullptr;
  };

  std::uint32_t wait_before(const auto& deadline) {
    std::unique_lock lock(mutex_);
    enter(lock, deadline);
    const std::uint32_t index = arrived_++;
    if (arrived_ == parties_) {
      complete(lock);
    } else {
      Node self{State::queued, std::exchange(queued_, &self)};
      await(
          lock, deadline, [&] { return self.state >= State::passed; }, [&] { return self.state == State::queued; });
      if (self.state == State::broken) throw BrokenBarrier{};
    }
    return index;
  }

  // Waits for the end of an action that is running: there are more threads than parties.
  void enter(std::unique_lock<std::mutex>& lock, const auto& deadline) {
    if (broken_) throw BrokenBarrier{};
    if (!acting_) return;
    const std::uint64_t mine = generation_;
    await(
        lock, deadline, [&] { return !acting_ || generation_ != mine; }, [] { return true; });
    if (generation_ != mine) throw BrokenBarrier{};
  }

  // Waits until over(). A deadline that passes before, while it still counts, breaks the barrier, whereupon over()
  // holds.
  void await(std::unique_lock<std::mutex>& lock, const auto& deadline, auto over, auto deadline_counts) {
    ++inside_;
    while (!over()) {
      if (!deadline_counts()) {
        changed_.wait(lock);
      } else if (deadline.passed()) {
        end_generation(true);
      } else {
        sleep(lock, deadline);
      }
    }
    --inside_;
  }

  void sleep(std::unique_lock<std::mutex>& lock, Never) { changed_.wait(lock); }
  void sleep(std::unique_lock<std::mutex>& lock, const auto& deadline) {
    if (deadline.unlimited()) return changed_.wait(lock);
    changed_.wait_until(lock, deadline.instant());
  }

  void complete(std::unique_lock<std::mutex>& lock) {
    Node* const others = std::exchange(queued_, nullptr);
    arrived_ = 0;
    if (action_) act(lock, others);
    tell(others, State::passed);
    lock.unlock();
    changed_.notify_all();  // without the mutex, which those who wake up take; nobody destroys us before we return
  }

  void act(std::unique_lock<std::mutex>& lock, Node* others) {
    tell(others, State::decided);
    acting_ = true;
    lock.unlock();
    try {
      action_();
    } catch (...) {
      lock.lock();
      acting_ = false;
      tell(others, State::broken);
      end_generation(true);
      throw;
    }
    lock.lock();
    acting_ = false;
  }

  // Ends the generation that is filling. One that is complete is not touched.
  void end_generation(bool broken) {
    tell(std::exchange(queued_, nullptr), State::broken);
    broken_ = broken;
    arrived_ = 0;
    ++generation_;
    changed_.notify_all();
  }

  static void tell(Node* node, State state) {
    for (; node != nullptr; node = node->next) node->state = state;
  }

  std::uint32_t inside() const {
    const std::lock_guard lock(mutex_);
    return inside_;
  }

  mutable std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  Node* queued_ = nullptr;  // who is counted in arrived_
  std::uint32_t arrived_ = 0;
  std::uint32_t inside_ = 0;  // who sleeps, or is on the way out
  bool broken_ = false;
  bool acting_ = false;
  std::uint64_t generation_ = 0;  // of those that were broken
  const std::uint32_t parties_;
  const PhaseAction action_;
};

static_assert(BreakableBarrier<MonitorBreakableBarrier<NativePlatform>>);

}  // namespace syncbench
