// Breakable barrier built from a std::mutex and a std::condition_variable: those who wait form a list, and whoever ends
// their wait writes into each node how. A count and a generation number would not do, as they do for the plain barrier:
// when a thread has got the mutex back, its generation may be long over, and it must still learn how that one ended.
// [Hoare 1974, Monitors; the interface is that of Python's threading.Barrier]
#pragma once

#include <cassert>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "primitives/barrier/breakable_forms.hpp"
#include "primitives/platform/native.hpp"

namespace syncbench {

/// May be destroyed as soon as the thread with index parties - 1 has returned from the last phase, by that thread or
/// one that it told: the destructor waits for the others to leave. The action runs without the inner mutex, and may
/// call abort, reset and the queries.
template <Platform P>
class MonitorBreakableBarrier : public BreakableForms<MonitorBreakableBarrier<P>, P> {
 public:
  static constexpr Traits kTraits{.source = "Python threading.Barrier"};

  using BreakableForms<MonitorBreakableBarrier, P>::BreakableForms;
  ~MonitorBreakableBarrier() {
    assert(this->waiting() == 0 && "destroyed while somebody waits");
    while (locked([&] { return inside_ != 0; })) P::yield();
  }

 private:
  using Forms = BreakableForms<MonitorBreakableBarrier, P>;
  using Forms::action_, Forms::parties_;
  friend Forms;

  enum class State {
    queued,   // may pass or break
    decided,  // the last one has come: deadlines and aborts are too late, only its action can fail
    passed,
    broken,
  };
  struct Node {
    State state = State::queued;
    Node* next = nullptr;
  };

  std::uint32_t wait_before(const auto& deadline) {
    std::unique_lock lock(mutex_);
    if (broken_) throw BrokenBarrier{};
    // While an action runs, who comes is one of more threads than parties, and counted when it is over.
    const std::uint64_t mine = generation_;
    await(lock, deadline, [&] {
      return generation_ != mine ? State::broken : acting_ ? State::queued : State::passed;
    });
    const std::uint32_t index = arrived_++;
    if (arrived_ == parties_) {
      complete(lock);
    } else {
      Node self{State::queued, std::exchange(queued_, &self)};
      await(lock, deadline, [&] { return self.state; });
    }
    return index;
  }

  // Waits until state() is passed, or throws when it is broken. A deadline that passes while it is queued breaks it.
  void await(std::unique_lock<typename P::Mutex>& lock, const auto& deadline, auto state) {
    ++inside_;
    while (state() < State::passed) {
      if (state() == State::decided) {
        changed_.wait(lock);
      } else if (deadline.passed()) {
        close(true);
      } else {
        sleep(lock, deadline);
      }
    }
    --inside_;
    if (state() == State::broken) throw BrokenBarrier{};
  }

  void sleep(std::unique_lock<typename P::Mutex>& lock, Never) { changed_.wait(lock); }
  void sleep(std::unique_lock<typename P::Mutex>& lock, const auto& deadline) {
    if (deadline.unlimited()) return changed_.wait(lock);
    changed_.wait_until(lock, deadline.instant());
  }

  void complete(std::unique_lock<typename P::Mutex>& lock) {
    Node* const others = std::exchange(queued_, nullptr);
    arrived_ = 0;
    if (action_) act(lock, others);
    tell(others, State::passed);
    lock.unlock();
    changed_.notify_all();  // without the mutex, which those who wake up take; nobody destroys us before we return
  }

  void act(std::unique_lock<typename P::Mutex>& lock, Node* others) {
    tell(others, State::decided);
    acting_ = true;
    lock.unlock();
    try {
      action_();
    } catch (...) {
      lock.lock();
      acting_ = false;
      tell(others, State::broken);
      close(true);
      throw;
    }
    lock.lock();
    acting_ = false;
  }

  void end_generation(bool broken) {
    locked([&] { close(broken); });
  }

  // Under the mutex: ends the generation that is filling. One that is complete is not touched.
  void close(bool broken) {
    tell(std::exchange(queued_, nullptr), State::broken);
    broken_ = broken;
    arrived_ = 0;
    ++generation_;
    changed_.notify_all();
  }

  static void tell(Node* node, State state) {
    for (; node != nullptr; node = node->next) node->state = state;
  }

  auto locked(auto body) const {
    const std::lock_guard lock(mutex_);
    return body();
  }

  mutable typename P::Mutex mutex_;  // guards all below
  typename P::ConditionVariable changed_;
  Node* queued_ = nullptr;  // who is counted in arrived_
  std::uint32_t arrived_ = 0;
  std::uint32_t inside_ = 0;  // who sleeps, or is on the way out
  bool broken_ = false;
  bool acting_ = false;
  std::uint64_t generation_ = 0;  // of those that were broken
};

static_assert(BreakableBarrier<MonitorBreakableBarrier<NativePlatform>>);

}  // namespace syncbench
