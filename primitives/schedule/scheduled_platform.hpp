// The platform whose every shared access is a decision of the scheduler: the same primitives, one step at a time.
#pragma once

#include <bit>
#include <chrono>
#include <concepts>
#include <condition_variable>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <type_traits>

#include "primitives/platform/platform.hpp"
#include "primitives/platform/where.hpp"
#include "primitives/schedule/scheduler.hpp"

namespace syncbench::schedule {

/// std::atomic's interface as far as primitives use it. Each call says where it stands, for the trace.
template <class T>
class ScheduledAtomic {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= sizeof(std::uint64_t));
  using Order = std::memory_order;

 public:
  ScheduledAtomic() noexcept : ScheduledAtomic(T{}) {}
  ScheduledAtomic(T value) noexcept : cell_(bits(value)) {}  // NOLINT: implicit, as std::atomic's

  T load(Order order, const Where& where = Where::current()) const noexcept { return value(cell_.load(order, where)); }
  void store(T desired, Order order, const Where& where = Where::current()) noexcept {
    cell_.store(bits(desired), order, where);
  }
  T exchange(T desired, Order order, const Where& where = Where::current()) noexcept {
    return value(cell_.change(Access::exchange, order, where, [&](std::uint64_t) { return bits(desired); }));
  }
  T fetch_add(T n, Order order, const Where& where = Where::current()) noexcept requires std::is_integral_v<T> {
    return value(
        cell_.change(Access::add, order, where, [&](auto seen) { return bits(static_cast<T>(value(seen) + n)); }));
  }
  T fetch_sub(T n, Order order, const Where& where = Where::current()) noexcept requires std::is_integral_v<T> {
    return value(
        cell_.change(Access::add, order, where, [&](auto seen) { return bits(static_cast<T>(value(seen) - n)); }));
  }
  bool compare_exchange_strong(T& seen, T desired, Order success, Order failure,
                               const Where& where = Where::current()) noexcept {
    return compare_exchange(false, seen, desired, success, failure, where);
  }
  bool compare_exchange_strong(T& seen, T desired, Order order, const Where& where = Where::current()) noexcept {
    return compare_exchange(false, seen, desired, order, on_failure(order), where);
  }
  bool compare_exchange_weak(T& seen, T desired, Order success, Order failure,
                             const Where& where = Where::current()) noexcept {
    return compare_exchange(true, seen, desired, success, failure, where);
  }
  bool compare_exchange_weak(T& seen, T desired, Order order, const Where& where = Where::current()) noexcept {
    return compare_exchange(true, seen, desired, order, on_failure(order), where);
  }
  /// The kernel's look before it lets a thread sleep.
  bool is(T expected, const Where& where) const noexcept { return cell_.look(where) == bits(expected); }

 private:
  // As the standard says of a single order. [atomics.ref.ops]
  static constexpr Order on_failure(Order order) {
    if (order == Order::acq_rel) return Order::acquire;
    return order == Order::release ? Order::relaxed : order;
  }
  bool compare_exchange(bool weak, T& seen, T desired, Order success, Order failure, const Where& where) noexcept {
    std::uint64_t before = 0;
    const bool done = cell_.compare_exchange(weak, bits(seen), bits(desired), before, success, failure, where);
    if (!done) seen = value(before);
    return done;
  }
  static std::uint64_t bits(T value) noexcept {
    std::uint64_t all = 0;
    std::memcpy(&all, &value, sizeof value);
    return all;
  }
  static T value(std::uint64_t all) noexcept {
    T one;
    std::memcpy(&one, &all, sizeof one);
    return one;
  }

  Cell cell_;
};

/// std::mutex, as a scheduler sees it: held or not, and a place to sleep.
class ScheduledMutex {
 public:
  void lock(const Where& where = Where::current()) {
    while (!try_lock(where)) Scheduler::current()->sleep(&held_, kAnyTag, std::chrono::nanoseconds::max(), true);
  }
  bool try_lock(const Where& where = Where::current()) {
    return held_.change(Access::exchange, std::memory_order_acquire, where, [](auto) { return 1; }) == 0;
  }
  void unlock(const Where& where = Where::current()) {
    held_.change(Access::exchange, std::memory_order_release, where, [](auto) { return 0; });
    if (Scheduler::current() != nullptr) Scheduler::current()->wake(&held_, 1);
  }

 private:
  Cell held_{0};
};

/// std::condition_variable likewise. Giving up the mutex and falling asleep are one step.
class ScheduledConditionVariable {
 public:
  void notify_one(const Where& where = Where::current()) noexcept { notify(1, where); }
  void notify_all(const Where& where = Where::current()) noexcept { notify(kEverybody, where); }
  void wait(std::unique_lock<ScheduledMutex>& lock, const Where& where = Where::current()) {
    sleep(lock, std::chrono::nanoseconds::max(), where);
  }
  template <class Predicate>
  requires std::predicate<Predicate>
  void wait(std::unique_lock<ScheduledMutex>& lock, Predicate predicate, const Where& where = Where::current()) {
    while (!predicate()) wait(lock, where);
  }
  template <class Clock, class Duration>
  std::cv_status wait_until(std::unique_lock<ScheduledMutex>& lock, std::chrono::time_point<Clock, Duration> instant,
                            const Where& where = Where::current()) {
    sleep(lock, instant.time_since_epoch(), where);
    return Clock::now() >= instant ? std::cv_status::timeout : std::cv_status::no_timeout;
  }

 private:
  void notify(std::uint32_t count, const Where& where) noexcept {
    if (Scheduler::current() == nullptr) return;
    Scheduler::current()->reach(Access::unpark, this, where);
    Scheduler::current()->wake(this, count);
  }
  void sleep(std::unique_lock<ScheduledMutex>& lock, std::chrono::nanoseconds deadline, const Where& where) {
    lock.mutex()->unlock(where);
    Scheduler::current()->sleep(this, kAnyTag, deadline);  // nothing stops in between
    lock.mutex()->lock(where);
  }
};

struct ScheduledPlatform {
  template <class T>
  using Atomic = ScheduledAtomic<T>;
  using Word = ScheduledAtomic<std::uint32_t>;
  using Mutex = ScheduledMutex;
  using ConditionVariable = ScheduledConditionVariable;

  /// Virtual: it passes when everybody waits for it, or when the strategy says so.
  struct Clock {
    using rep = std::int64_t;
    using period = std::nano;
    using duration = std::chrono::nanoseconds;
    using time_point = std::chrono::time_point<Clock>;
    static constexpr bool is_steady = true;
    static time_point now() noexcept {
      return time_point(Scheduler::current() == nullptr ? duration(0) : Scheduler::current()->look_at_the_clock());
    }
  };

  static void relax(const Where& where = Where::current()) noexcept {
    if (Scheduler::current() != nullptr) Scheduler::current()->pause(where);
  }
  static void yield(const Where& where = Where::current()) noexcept { relax(where); }

  static void park(const Word& word, std::uint32_t seen, Never, std::uint32_t tag = kAnyTag,
                   const Where& where = Where::current()) noexcept {
    sleep(word, seen, std::chrono::nanoseconds::max(), tag, where);
  }
  static void park(const Word& word, std::uint32_t seen, Deadline<Clock> deadline, std::uint32_t tag = kAnyTag,
                   const Where& where = Where::current()) noexcept {
    sleep(word, seen, deadline.instant().time_since_epoch(), tag, where);
  }
  static void unpark(const void* address, std::uint32_t count, std::uint32_t tag = kAnyTag,
                     const Where& where = Where::current()) noexcept {
    if (Scheduler::current() == nullptr) return;
    Scheduler::current()->reach(Access::unpark, address, where);
    Scheduler::current()->wake(address, count, tag);
  }

 private:
  // The comparison and the falling asleep are one step: is() stops before it, and nothing stops after.
  static void sleep(const Word& word, std::uint32_t seen, std::chrono::nanoseconds deadline, std::uint32_t tag,
                    const Where& where) noexcept {
    if (Scheduler::current() == nullptr) return;
    if (!word.is(seen, where)) return;
    Scheduler::current()->sleep(&word, tag, deadline);
  }
};
static_assert(Platform<ScheduledPlatform>);

}  // namespace syncbench::schedule
