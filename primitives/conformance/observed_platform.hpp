// The world in which most rules are run a second time: the native platform with the schedule shaken. Gives the
// processor away between shared accesses, ends sleeps for no reason, fails weak exchanges, and counts accesses, so that
// a rule can see from outside how far a thread has come.
#pragma once

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "primitives/platform/native.hpp"

namespace syncbench::conformance {

/// How many shared accesses the calling thread has completed, where a Worker wants to know.
inline thread_local std::atomic<unsigned>* accesses_of_this_thread = nullptr;

/// True once in `odds` calls, from a generator of each thread's own.
inline bool by_chance(std::uint32_t odds) {
  thread_local std::uint32_t state = 0x9e3779b9U ^ static_cast<std::uint32_t>(::syscall(SYS_gettid));
  state ^= state << 13U;
  state ^= state >> 17U;
  state ^= state << 5U;
  return state % odds == 0;
}

/// One shared access: gives the processor away before some, and for longer than a wake-up takes before a few, so that
/// others get into every gap between two accesses; counts it when it is done.
struct Access {
  Access() noexcept {
    if (by_chance(16)) ::sched_yield();
    if (by_chance(96)) std::this_thread::sleep_for(std::chrono::microseconds(20));
  }
  ~Access() {
    if (accesses_of_this_thread != nullptr) accesses_of_this_thread->fetch_add(1, std::memory_order_relaxed);
  }
  Access(const Access&) = delete;
  Access& operator=(const Access&) = delete;
};

template <class T>
struct ObservedAtomic : std::atomic<T> {
  using Base = std::atomic<T>;
  using Base::Base;
  using Order = std::memory_order;

  T load(Order order) const noexcept { return (Access{}, Base::load(order)); }
  void store(T value, Order order) noexcept { (Access{}, Base::store(value, order)); }
  T exchange(T value, Order order) noexcept { return (Access{}, Base::exchange(value, order)); }
  T fetch_add(T value, Order order) noexcept requires std::is_integral_v<T> {
    return (Access{}, Base::fetch_add(value, order));
  }
  T fetch_sub(T value, Order order) noexcept requires std::is_integral_v<T> {
    return (Access{}, Base::fetch_sub(value, order));
  }
  bool compare_exchange_strong(T& seen, T value, Order order) noexcept {
    return (Access{}, Base::compare_exchange_strong(seen, value, order));
  }
  bool compare_exchange_strong(T& seen, T value, Order order, Order failed) noexcept {
    return (Access{}, Base::compare_exchange_strong(seen, value, order, failed));
  }
  bool compare_exchange_weak(T& seen, T value, Order order) noexcept {
    return !by_chance(8) && (Access{}, Base::compare_exchange_weak(seen, value, order));
  }
  bool compare_exchange_weak(T& seen, T value, Order order, Order failed) noexcept {
    return !by_chance(8) && (Access{}, Base::compare_exchange_weak(seen, value, order, failed));
  }
};

struct ObservedPlatform : NativePlatform {
  template <class T>
  using Atomic = ObservedAtomic<T>;
  using Word = ObservedAtomic<std::uint32_t>;

  static void park(const Word& word, std::uint32_t seen, auto deadline, std::uint32_t tag = kAnyTag) noexcept {
    const Access access;
    if (!by_chance(8)) NativePlatform::park(word, seen, deadline, tag);
  }
  static void unpark(const void* address, std::uint32_t count, std::uint32_t tag = kAnyTag) noexcept {
    const Access access;
    NativePlatform::unpark(address, count, tag);
  }
};
static_assert(Platform<ObservedPlatform>);

}  // namespace syncbench::conformance
