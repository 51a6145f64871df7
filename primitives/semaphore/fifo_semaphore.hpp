// Semaphore by FIFO queue: permits go to those who wait, oldest first, and only what nobody waits for is kept. A thread
// that comes later never overtakes one that waits. [Python's and Java's fair semaphores give the same promise]
#pragma once

#include <cassert>
#include <cstddef>
#include <mutex>

#include "primitives/concepts.hpp"
#include "primitives/mutex/ttas_lock.hpp"
#include "primitives/platform/native.hpp"
#include "primitives/semaphore/semaphore_forms.hpp"
#include "primitives/wait/busy.hpp"
#include "primitives/wait/park.hpp"
#include "primitives/wait/wait_queue.hpp"

namespace syncbench {

/// FIFO. May be destroyed by whoever acquired last, also while the release that let it in is still on its way (S12):
/// waiters are told after the release is done with everything but their own nodes.
template <Platform P, template <class> class WaitFor>
class FifoSemaphore : public SemaphoreForms<FifoSemaphore<P, WaitFor>, P> {
 public:
  using Wait = WaitFor<P>;
  static constexpr Traits kTraits{
      .source = "Reed and Kanodia 1979, eventcounts and sequencers: service in order of arrival",
      .fifo = true,
      .state = kWaiterStates};

  static constexpr std::ptrdiff_t max() noexcept { return 0x3fffffff; }

  explicit FifoSemaphore(std::ptrdiff_t start) noexcept : value_(static_cast<std::uint32_t>(start)) {
    assert(start >= 0 && start <= max() && "permits out of range");
  }
  FifoSemaphore(const FifoSemaphore&) = delete;
  FifoSemaphore& operator=(const FifoSemaphore&) = delete;
  ~FifoSemaphore() { assert(queue_.empty() && "destroyed while waited for"); }

  void acquire() noexcept { acquire_before(Never{}); }

  bool try_acquire() noexcept {
    const std::lock_guard guard(lock_);
    return take();
  }

  void release(std::ptrdiff_t n = 1) noexcept {
    assert(n >= 1 && n <= max() && "release of no permit, or of more than max()");
    Queue::serve(hand_out(static_cast<std::uint32_t>(n)));
  }

  /// Permits that nobody has taken; exact when nobody is at it.
  std::ptrdiff_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  friend SemaphoreForms<FifoSemaphore, P>;

  using Queue = WaitQueue<P, WaitFor>;
  // A queue operation is a dozen instructions, but its holder may lose the processor: wait for it with yields.
  using QueueLock = TtasLock<P, Backoff>;

  bool acquire_before(const auto& deadline) noexcept {
    typename Queue::Waiter self;
    {
      const std::lock_guard guard(lock_);
      if (take()) return true;
      queue_.push(self);
    }
    // What the releaser did before is published by the node. (2) with (1) of WaitQueue.
    if (Queue::await(self, deadline) != Queue::kLeaving) return true;
    leave(self);
    return false;
  }

  // Under lock_. While somebody is queued there are no permits left, so nobody is overtaken; one who is about to leave
  // does not count.
  bool take() noexcept {
    const std::uint32_t value = value_.load(std::memory_order_relaxed);
    if (value == 0) return false;
    value_.store(value - 1, std::memory_order_relaxed);
    return true;
  }

  typename Queue::Chain hand_out(std::uint32_t n) noexcept {
    const std::lock_guard guard(lock_);
    const typename Queue::Chain served = queue_.take(n);
    const std::uint32_t value = value_.load(std::memory_order_relaxed);
    assert(n - served.count <= static_cast<std::uint32_t>(max()) - value && "release above max()");
    value_.store(value + (n - served.count), std::memory_order_relaxed);
    return served;
  }

  [[gnu::noinline]] void leave(typename Queue::Waiter& self) noexcept {
    const std::lock_guard guard(lock_);
    queue_.remove(self);
  }

  QueueLock lock_;
  typename P::Word value_;  // written under lock_; atomic only so that value() may look
  Queue queue_;             // under lock_
};

static_assert(CountingSemaphore<FifoSemaphore<NativePlatform, Park>>);

}  // namespace syncbench
