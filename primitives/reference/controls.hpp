// The controls: what must fail, and what needs no lock. A suite that has never been seen to fail proves nothing, so
// every workload is run over a mutex that excludes nobody, and the result must be a violated invariant. And the
// cheapest way to count is one atomic instruction, the floor under every lock.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

#include "primitives/concepts.hpp"
#include "primitives/condition/condition_forms.hpp"
#include "primitives/platform/native.hpp"

namespace syncbench {

/// Excludes nobody. It stops the compiler from moving memory accesses across it, as every mutex does, and nothing else:
/// the loop around it keeps the shape that it has around a real lock.
class NoMutex {
 public:
  static constexpr Traits kTraits{.source = "control: excludes nobody"};
  NoMutex() = default;
  NoMutex(const NoMutex&) = delete;
  NoMutex& operator=(const NoMutex&) = delete;

  void lock() noexcept { asm volatile("" ::: "memory"); }
  bool try_lock() noexcept {
    lock();
    return true;
  }
  bool try_lock_for(const auto&) noexcept { return try_lock(); }
  bool try_lock_until(const auto&) noexcept { return try_lock(); }
  void unlock() noexcept { asm volatile("" ::: "memory"); }
};

/// Waits for nobody: every wait is over at once, for no reason, which a condition may do.
template <Platform P>
class NoCondition : public ConditionForms<NoCondition<P>, P> {
 public:
  static constexpr Traits kTraits{.source = "control: waits for nobody"};
  NoCondition() = default;
  NoCondition(const NoCondition&) = delete;
  NoCondition& operator=(const NoCondition&) = delete;

  void notify(std::uint32_t) noexcept {}

 private:
  friend ConditionForms<NoCondition, P>;
  template <class Lock>
  bool wait_before(Lock& lock, const auto& deadline) {
    lock.unlock();
    P::yield();
    lock.lock();
    return !deadline.passed();
  }
};

/// Lets everybody in at once.
class NoSemaphore {
 public:
  static constexpr Traits kTraits{.source = "control: counts nothing"};
  static constexpr std::ptrdiff_t max() noexcept { return 0x3fffffff; }
  explicit NoSemaphore(std::ptrdiff_t) noexcept {}
  NoSemaphore(const NoSemaphore&) = delete;
  NoSemaphore& operator=(const NoSemaphore&) = delete;

  void acquire() noexcept { asm volatile("" ::: "memory"); }
  bool try_acquire() noexcept { return acquire(), true; }
  bool try_acquire_for(const auto&) noexcept { return try_acquire(); }
  bool try_acquire_until(const auto&) noexcept { return try_acquire(); }
  void release(std::ptrdiff_t = 1) noexcept { asm volatile("" ::: "memory"); }
};

/// Never makes anybody wait.
class NoEvent {
 public:
  static constexpr Traits kTraits{.source = "control: waits for nobody"};
  NoEvent() = default;
  NoEvent(const NoEvent&) = delete;
  NoEvent& operator=(const NoEvent&) = delete;

  void set() noexcept { asm volatile("" ::: "memory"); }
  void clear() noexcept { asm volatile("" ::: "memory"); }
  bool is_set() const noexcept { return true; }
  void wait() noexcept { asm volatile("" ::: "memory"); }
  bool wait_for(const auto&) noexcept { return true; }
  bool wait_until(const auto&) noexcept { return true; }
};

/// Waits for nobody. Otherwise it does what a barrier does: indices are dealt out, and the last of a phase acts.
template <Platform P>
class NoBarrier {
 public:
  static constexpr Traits kTraits{.source = "control: waits for nobody"};
  explicit NoBarrier(std::uint32_t parties, PhaseAction action = {}) : parties_(parties), action_(std::move(action)) {}
  NoBarrier(const NoBarrier&) = delete;
  NoBarrier& operator=(const NoBarrier&) = delete;

  std::uint32_t arrive_and_wait() {
    const std::uint32_t index = arrived_.fetch_add(1, std::memory_order_relaxed) % parties_;
    if (index == parties_ - 1 && action_) action_();
    return index;
  }

 private:
  typename P::Word arrived_{0};
  const std::uint32_t parties_;
  const PhaseAction action_;
};

/// The same with the breakable barrier's interface: nothing breaks where nobody waits.
template <Platform P>
class NoBreakableBarrier {
 public:
  static constexpr Traits kTraits{.source = "control: waits for nobody"};
  explicit NoBreakableBarrier(std::uint32_t parties, PhaseAction action = {},
                              std::optional<std::chrono::nanoseconds> = std::nullopt)
      : parties_(parties), barrier_(parties, std::move(action)) {}

  std::uint32_t wait() { return barrier_.arrive_and_wait(); }
  std::uint32_t wait_for(const auto&) { return wait(); }
  std::uint32_t wait_until(const auto&) { return wait(); }
  void abort() noexcept {}
  void reset() noexcept {}
  std::uint32_t parties() const noexcept { return parties_; }
  std::uint32_t waiting() const noexcept { return 0; }
  bool broken() const noexcept { return false; }

 private:
  const std::uint32_t parties_;
  NoBarrier<P> barrier_;
};

/// A counter that needs no lock: one atomic add. Only the workload `counter` can use it.
template <Platform P>
class FetchAdd {
 public:
  static constexpr Traits kTraits{.source = "one atomic instruction"};
  void increment() noexcept { value_.fetch_add(1, std::memory_order_relaxed); }
  std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  typename P::template Atomic<std::uint64_t> value_{0};
};

static_assert(Semaphore<NoSemaphore> && Event<NoEvent>);
static_assert(TimedMutex<NoMutex> && ConditionFor<NoCondition<NativePlatform>, NoMutex>);
static_assert(ActingBarrier<NoBarrier<NativePlatform>> && BreakableBarrier<NoBreakableBarrier<NativePlatform>>);

}  // namespace syncbench
