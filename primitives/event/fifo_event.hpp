// Event by FIFO queue: waiters queue up, a set lets go of all of them, oldest first. Each waits on a word of its own,
// so a set costs its caller a step a waiter, and disturbs nobody who comes later. [Python's threading.Event, whose
// condition keeps its waiters in a deque]
#pragma once

#include <cassert>
#include <mutex>

#include "primitives/concepts.hpp"
#include "primitives/event/event_forms.hpp"
#include "primitives/mutex/ttas_lock.hpp"
#include "primitives/platform/native.hpp"
#include "primitives/wait/busy.hpp"
#include "primitives/wait/park.hpp"
#include "primitives/wait/wait_queue.hpp"

namespace syncbench {

/// FIFO. May be destroyed by any waiter that has been let go, if the others have been too: they are told after `set` is
/// done with everything but their nodes, and the destructor waits for those that were leaving by timeout.
template <Platform P, template <class> class WaitFor>
class FifoEvent : public EventForms<FifoEvent<P, WaitFor>, P> {
 public:
  using Wait = WaitFor<P>;
  static constexpr Traits kTraits{
      .source = "Python threading.Event: a condition with a queue of locks", .fifo = true, .state = kWaiterStates};

  FifoEvent() = default;
  FifoEvent(const FifoEvent&) = delete;
  FifoEvent& operator=(const FifoEvent&) = delete;
  ~FifoEvent() {
    while (!nobody_queued()) P::yield();
  }

  void set() noexcept { Queue::serve(set_and_take()); }

  void clear() noexcept {
    const std::lock_guard guard(lock_);
    set_.store(0, std::memory_order_relaxed);
  }

  bool is_set() const noexcept { return set_.load(std::memory_order_acquire) != 0; }  // (2) with (1)

 private:
  friend EventForms<FifoEvent, P>;

  using Queue = WaitQueue<P, WaitFor>;
  using QueueLock = TtasLock<P, Backoff>;  // a queue operation is a dozen instructions

  bool wait_before(const auto& deadline) noexcept {
    if (is_set()) return true;
    typename Queue::Waiter self;
    {
      const std::lock_guard guard(lock_);
      if (is_set()) return true;
      queue_.push(self);
    }
    if (Queue::await(self, deadline) != Queue::kLeaving) return true;
    leave(self);
    return false;
  }

  typename Queue::Chain set_and_take() noexcept {
    const std::lock_guard guard(lock_);
    set_.store(1, std::memory_order_release);  // (1) synchronizes-with (2): for those who do not take the lock
    return queue_.take(kEverybody);
  }

  [[gnu::noinline]] void leave(typename Queue::Waiter& self) noexcept {
    const std::lock_guard guard(lock_);
    queue_.remove(self);
  }

  bool nobody_queued() noexcept {
    const std::lock_guard guard(lock_);
    return queue_.empty();
  }

  QueueLock lock_;
  typename P::Word set_{0};  // 1 while set; written under lock_
  Queue queue_;              // under lock_; empty while set, but for those who are leaving
};

static_assert(Event<FifoEvent<NativePlatform, Park>>);

}  // namespace syncbench
