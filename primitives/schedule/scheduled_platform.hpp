// The platform whose every shared access is a decision of the scheduler: the same primitives, one step at a time.
#pragma once

#include <bit>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <source_location>
#include <type_traits>

#include "primitives/platform/platform.hpp"
#include "primitives/schedule/scheduler.hpp"

namespace syncbench::schedule {

/// std::atomic's interface as far as primitives use it. Each call says where it stands, for the trace.
template <class T>
class ScheduledAtomic {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= sizeof(std::uint64_t));
  using Where = std::source_location;
  using Order = std::memory_order;

 public:
  ScheduledAtomic() noexcept : ScheduledAtomic(T{}) {}
  ScheduledAtomic(T value) noexcept : cell_(bits(value)) {}  // NOLINT: implicit, as std::atomic's

  T load(Order order, const Where& where = Where::current()) const noexcept { return value(cell_.load(order, where)); }
  void store(T desired, Order order, const Where& where = Where::current()) noexcept {
    cell_.store(bits(desired), order, where);
  }
  T exchange(T desired, Order, const Where& where = Where::current()) noexcept {
    return value(cell_.change(Access::exchange, where, [&](std::uint64_t) { return bits(desired); }));
  }
  T fetch_add(T n, Order, const Where& where = Where::current()) noexcept requires std::is_integral_v<T> {
    return value(cell_.change(Access::add, where, [&](auto seen) { return bits(static_cast<T>(value(seen) + n)); }));
  }
  T fetch_sub(T n, Order, const Where& where = Where::current()) noexcept requires std::is_integral_v<T> {
    return value(cell_.change(Access::add, where, [&](auto seen) { return bits(static_cast<T>(value(seen) - n)); }));
  }
  bool compare_exchange_strong(T& seen, T desired, Order, Order = Order::relaxed,
                               const Where& where = Where::current()) noexcept {
    const std::uint64_t wanted = bits(seen);
    const std::uint64_t before =
        cell_.change(Access::compare, where, [&](auto now) { return now == wanted ? bits(desired) : now; });
    seen = value(before);
    return before == wanted;
  }
  bool compare_exchange_weak(T& seen, T desired, Order success, Order failure = Order::relaxed,
                             const Where& where = Where::current()) noexcept {
    return compare_exchange_strong(seen, desired, success, failure, where);
  }

 private:
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

struct ScheduledPlatform {
  template <class T>
  using Atomic = ScheduledAtomic<T>;
  using Word = ScheduledAtomic<std::uint32_t>;
  using Where = std::source_location;

  /// Virtual: it passes when everybody waits for it, or when the strategy says so.
  struct Clock {
    using rep = std::int64_t;
    using period = std::nano;
    using duration = std::chrono::nanoseconds;
    using time_point = std::chrono::time_point<Clock>;
    static constexpr bool is_steady = true;
    static time_point now() noexcept {
      return time_point(Scheduler::current() == nullptr ? duration(0) : Scheduler::current()->now(Where::current()));
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
  // The comparison and the falling asleep are one step: load() stops before it, and nothing stops after.
  static void sleep(const Word& word, std::uint32_t seen, std::chrono::nanoseconds deadline, std::uint32_t tag,
                    const Where& where) noexcept {
    if (Scheduler::current() == nullptr) return;
    if (word.load(std::memory_order_relaxed, where) != seen) return;
    Scheduler::current()->sleep(&word, tag, deadline);
  }
};
static_assert(Platform<ScheduledPlatform>);

}  // namespace syncbench::schedule
