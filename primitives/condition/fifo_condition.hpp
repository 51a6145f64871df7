// Condition by FIFO tickets: each waiter draws a ticket and waits on a word of its own; notify(n) serves the n oldest
// tickets and nobody else, so there are no spurious wake-ups, no herd, and a late comer cannot take a notification away
// from a thread that waited before. Tickets are kept as a list of nodes on the waiters' stacks rather than as two
// counters, because a waiter whose time runs out must leave from the middle of the queue without taking a notification
// with it (rule C8). [The order is that of Python's threading.Condition, whose waiters are a deque of locks]
#pragma once

#include <array>
#include <mutex>

#include "primitives/concepts.hpp"
#include "primitives/condition/condition_forms.hpp"
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
      if (head_ == nullptr) return;
      end = next_ticket_;
    }
    while (n != 0) {
      Batch woken;
      const bool more = serve(n, end, woken);
      for (std::uint32_t i = 0; i < woken.count; ++i) wake(woken.sleepers[i]);
      if (!more) return;
    }
  }

 private:
  friend ConditionForms<FifoCondition, P>;

  // State of one waiter. Whoever moves it out of {kSpinning, kAsleep} decides how the wait ends.
  static constexpr std::uint32_t kSpinning = 0;  // waits, looks at the word: storing kServed is enough
  static constexpr std::uint32_t kAsleep = 1;    // waits, asleep or about to be: must be woken too
  static constexpr std::uint32_t kServed = 2;    // notified, no longer queued; the node may be gone at any moment
  static constexpr std::uint32_t kLeaving = 3;   // timed out, still queued until its owner takes it out

  struct Waiter {
    typename P::Word state{kSpinning};
    std::uint32_t ticket = 0;
    Waiter* before = nullptr;
    Waiter* behind = nullptr;
  };

  // The wake-ups are system calls, so they are made after the queue lock has been released, a batch at a time. Only
  // addresses leave the lock: the nodes behind them belong to threads that may be gone.
  struct Batch {
    std::array<const void*, 16> sleepers;
    std::uint32_t count = 0;
  };

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
      push_back(self);
    }
    lock.unlock();
    const bool served = await_service(self, deadline);
    lock.lock();
    return served;
  }

  // Relaxed loads: what the notifier wrote is published by the caller's lock. The node itself needs (1)/(2): we may end
  // its life as soon as we see kServed, so everything the notifier did to it must have happened.
  bool await_service(Waiter& self, const auto& deadline) noexcept {
    typename Wait::Episode episode;
    while (self.state.load(std::memory_order_acquire) != kServed) {  // (2) with (1)
      if (deadline.passed()) return !leave(self);
      if (episode.spin()) continue;
      if constexpr (Wait::kParks) {
        std::uint32_t expected = kSpinning;
        self.state.compare_exchange_strong(expected, kAsleep, std::memory_order_relaxed);
        Wait::park(self.state, kAsleep, deadline);
      }
    }
    return true;
  }

  // False if a notification came first: then the wait ends as notified.
  [[gnu::noinline]] bool leave(Waiter& self) noexcept {
    std::uint32_t state = self.state.load(std::memory_order_acquire);  // reading kServed is a (2), as in the loop
    do {
      if (state == kServed) return false;
    } while (!self.state.compare_exchange_weak(state, kLeaving, std::memory_order_acquire));  // a failure is a (2) too
    const Guard guard(queue_lock_);
    unlink(self.before, self.behind);
    return true;
  }

  // Serves from the front until n, the batch or the tickets before `end` run out; true if there may be more to do.
  bool serve(std::uint32_t& n, std::uint32_t end, Batch& woken) noexcept {
    const Guard guard(queue_lock_);
    Waiter* waiter = head_;
    while (waiter != nullptr && static_cast<std::int32_t>(waiter->ticket - end) < 0) {
      if (n == 0) return false;
      if (woken.count == woken.sleepers.size()) return true;
      Waiter* const behind = waiter->behind;
      if (serve_one(*waiter, woken)) --n;
      waiter = behind;
    }
    return false;
  }

  // False if the waiter is leaving: it stays queued until it takes itself out, for which it needs the lock that we
  // hold.
  bool serve_one(Waiter& waiter, Batch& woken) noexcept {
    // Read first: the node may be gone as soon as it is told. Its neighbours are queued, so they cannot go.
    Waiter* const before = waiter.before;
    Waiter* const behind = waiter.behind;
    const void* const address = &waiter.state;
    std::uint32_t state = waiter.state.load(std::memory_order_relaxed);
    do {
      if (state == kLeaving) return false;
    } while (!waiter.state.compare_exchange_weak(state, kServed, std::memory_order_release,  // (1) with (2)
                                                 std::memory_order_relaxed));
    unlink(before, behind);
    if (state == kAsleep) woken.sleepers[woken.count++] = address;
    return true;
  }

  static void wake(const void* address) noexcept {
    if constexpr (Wait::kParks) Wait::unpark(address, 1);
  }

  bool empty() noexcept {
    const Guard guard(queue_lock_);
    return head_ == nullptr;
  }

  // The list, under queue_lock_.
  void push_back(Waiter& waiter) noexcept {
    waiter.ticket = next_ticket_++;
    waiter.before = tail_;
    (tail_ == nullptr ? head_ : tail_->behind) = &waiter;
    tail_ = &waiter;
  }
  void unlink(Waiter* before, Waiter* behind) noexcept {
    (before == nullptr ? head_ : before->behind) = behind;
    (behind == nullptr ? tail_ : behind->before) = before;
  }

  QueueLock queue_lock_;
  std::uint32_t next_ticket_ = 0;
  Waiter* head_ = nullptr;  // the oldest ticket
  Waiter* tail_ = nullptr;
};

static_assert(ConditionFor<FifoCondition<NativePlatform, Park>, std::mutex>);

}  // namespace syncbench
