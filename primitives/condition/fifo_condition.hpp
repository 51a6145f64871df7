// Condition by FIFO queue: each waiter waits on a word of its own; notify(n) serves the n oldest and nobody else, so
// there are no spurious wake-ups, no herd, and a late comer cannot take a notification away from a thread that waited
// before. [The order is that of Python's threading.Condition, whose waiters are a deque of locks]
#pragma once

#include <mutex>

#include "primitives/concepts.hpp"
#include "primitives/condition/condition_forms.hpp"
#include "primitives/mutex/ttas_lock.hpp"
#include "primitives/platform/native.hpp"
#include "primitives/wait/busy.hpp"
#include "primitives/wait/park.hpp"
#include "primitives/wait/wait_queue.hpp"

namespace syncbench {

/// FIFO, exact: wakes min(n, waiters). May be destroyed as soon as all waiters have been notified: the destructor waits
/// for those that were leaving by timeout at that moment.
template <Platform P, template <class> class WaitFor>
class FifoCondition : public ConditionForms<FifoCondition<P, WaitFor>, P> {
 public:
  using Wait = WaitFor<P>;
  static constexpr Traits kTraits{
      .source = "Python threading.Condition: a queue of locks", .fifo = true, .state = kWaiterStates};

  FifoCondition() = default;
  FifoCondition(const FifoCondition&) = delete;
  FifoCondition& operator=(const FifoCondition&) = delete;
  ~FifoCondition() {
    while (!empty()) P::yield();
  }

  void notify(std::uint32_t n) noexcept { Queue::serve(take(n)); }

 private:
  friend ConditionForms<FifoCondition, P>;

  using Queue = WaitQueue<P, WaitFor>;
  // A queue operation is a dozen instructions, but its holder may lose the processor: wait for it with yields.
  using QueueLock = TtasLock<P, Backoff>;

  template <class Lock>
  bool wait_before(Lock& lock, const auto& deadline) {
    typename Queue::Waiter self;
    {
      const std::lock_guard guard(queue_lock_);
      queue_.push(self);
    }
    lock.unlock();
    // What the notifier did for us is published by the caller's lock, and the node by the queue.
    const bool served = Queue::await(self, deadline) != Queue::kLeaving;
    if (!served) leave(self);
    lock.lock();
    return served;
  }

  [[gnu::noinline]] void leave(typename Queue::Waiter& self) noexcept {
    const std::lock_guard guard(queue_lock_);
    queue_.remove(self);
  }

  typename Queue::Chain take(std::uint32_t n) noexcept {
    const std::lock_guard guard(queue_lock_);
    return queue_.take(n);
  }

  bool empty() noexcept {
    const std::lock_guard guard(queue_lock_);
    return queue_.empty();
  }

  QueueLock queue_lock_;
  Queue queue_;  // under queue_lock_
};

static_assert(ConditionFor<FifoCondition<NativePlatform, Park>, std::mutex>);

}  // namespace syncbench
