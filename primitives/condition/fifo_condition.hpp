// Condition by FIFO tickets: each waiter draws a ticket and waits on a word of its own; notify(n) serves the n oldest
// tickets and nobody else, so there are no spurious wake-ups, no herd, and a late comer cannot take a notification away
// from a thread that waited before. Tickets are kept as a list of nodes on the waiters' stacks rather than as two
// counters, because a waiter whose time runs out must leave from the middle of the queue without taking a notification
// with it (rule C8). [The order is that of Python's threading.Condition, whose waiters are a deque of locks]
#pragma once

#include <mutex>

#include "primitives/concepts.hpp"
#include "primitives/condition/condition_forms.hpp"
#include "primitives/condition/ticket_queue.hpp"
#include "primitives/mutex/ttas_lock.hpp"
#include "primitives/platform/native.hpp"
#include "primitives/wait/busy.hpp"
#include "primitives/wait/park.hpp"

namespace syncbench {

/// FIFO, exact: wakes min(n, waiters). May be destroyed as soon as all waiters have been notified: the destructor waits
/// for those that were leaving by timeout at that moment.
template <Platform P, template <class> class WaitFor>
class FifoCondition : public ConditionForms<FifoCondition<P, WaitFor>, P> {
 public:
  using Wait = WaitFor<P>;
  static_assert(WaitStrategy<Wait>);
  static constexpr bool kFifo = true;  // declared: serves the oldest, and exactly as many as asked for (rules C4, C7)

  FifoCondition() = default;
  FifoCondition(const FifoCondition&) = delete;
  FifoCondition& operator=(const FifoCondition&) = delete;
  ~FifoCondition() {
    while (!empty()) P::yield();
  }

  void notify(std::uint32_t n) noexcept {
    std::uint32_t end = 0;  // serve tickets before this one: those drawn before we were called
    {
      const Guard guard(queue_lock_);
      if (queue_.empty()) return;
      end = queue_.next_ticket();
    }
    while (n != 0) {
      typename Queue::Batch woken;
      const bool more = serve(n, end, woken);
      for (std::uint32_t i = 0; i < woken.count; ++i) wake(woken.sleepers[i]);
      if (!more) return;
    }
  }

 private:
  friend ConditionForms<FifoCondition, P>;

  using Queue = TicketQueue<P>;
  using Waiter = typename Queue::Waiter;

  // A queue operation is a dozen instructions, but its holder may lose the processor: wait for it with yields.
  using QueueLock = TtasLock<P, Backoff>;
  struct Guard {
    explicit Guard(QueueLock& lock) noexcept : lock_(lock) { lock_.lock(); }
    ~Guard() { lock_.unlock(); }
    QueueLock& lock_;
  };

  template <class Lock>
  bool wait_before(Lock& lock, const auto& deadline) {
    Waiter self;
    {
      const Guard guard(queue_lock_);
      queue_.draw(self);
    }
    lock.unlock();
    const bool served = await_service(self, deadline);
    lock.lock();
    return served;
  }

  // What the notifier did for us is published by the caller's lock. The node itself needs (1), in TicketQueue, and (2):
  // we may end its life as soon as we see kServed, so everything the notifier did to it must have happened.
  bool await_service(Waiter& self, const auto& deadline) noexcept {
    typename Wait::Episode episode;
    while (self.state.load(std::memory_order_acquire) != Queue::kServed) {  // (2) with (1)
      if (deadline.passed()) return !leave(self);
      if (episode.spin()) continue;
      if constexpr (Wait::kParks) {
        std::uint32_t expected = Queue::kSpinning;
        self.state.compare_exchange_strong(expected, Queue::kAsleep, std::memory_order_relaxed);
        Wait::park(self.state, Queue::kAsleep, deadline);
      }
    }
    return true;
  }

  // False if a notification came first: then the wait ends as notified.
  [[gnu::noinline]] bool leave(Waiter& self) noexcept {
    std::uint32_t state = self.state.load(std::memory_order_acquire);  // reading kServed is a (2), as in the loop
    do {
      if (state == Queue::kServed) return false;
    } while (!self.state.compare_exchange_weak(state, Queue::kLeaving,
                                               std::memory_order_acquire));  // a failure is a (2) too
    const Guard guard(queue_lock_);
    queue_.remove(self);
    return true;
  }

  bool serve(std::uint32_t& n, std::uint32_t end, typename Queue::Batch& woken) noexcept {
    const Guard guard(queue_lock_);
    return queue_.serve(n, end, woken);
  }

  static void wake(const void* address) noexcept {
    if constexpr (Wait::kParks) Wait::unpark(address, 1);
  }

  bool empty() noexcept {
    const Guard guard(queue_lock_);
    return queue_.empty();
  }

  QueueLock queue_lock_;
  Queue queue_;  // under queue_lock_
};

static_assert(ConditionFor<FifoCondition<NativePlatform, Park>, std::mutex>);

}  // namespace syncbench
