// The platform that disturbs: the real primitives on real threads, with everything at every shared access that a
// scheduler, a kernel and a processor are allowed to do and rarely do. A thread is disturbed while a FaultyThread of
// its own lives; others run as on the native platform.
#pragma once

#include <algorithm>
#include <chrono>
#include <concepts>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <type_traits>

#include "primitives/platform/faulty_thread.hpp"
#include "primitives/platform/native.hpp"

namespace syncbench {

/// std::atomic's interface as far as primitives use it. Each call says where it stands.
template <class T>
class FaultyAtomic {
  using Order = std::memory_order;
  using Access = DisturbedAccess;

 public:
  constexpr FaultyAtomic() noexcept : FaultyAtomic(T{}) {}
  constexpr FaultyAtomic(T value) noexcept : native_(value) {}  // NOLINT: implicit, as std::atomic's

  T load(Order order, const Where& where = Where::current()) const noexcept {
    const Access access(SharedAccess::load, where);
    return native_.load(order);
  }
  void store(T desired, Order order, const Where& where = Where::current()) noexcept {
    const Access access(SharedAccess::store, where);
    native_.store(desired, order);
  }
  T exchange(T desired, Order order, const Where& where = Where::current()) noexcept {
    const Access access(SharedAccess::exchange, where);
    return native_.exchange(desired, order);
  }
  T fetch_add(T n, Order order, const Where& where = Where::current()) noexcept requires std::is_integral_v<T> {
    const Access access(SharedAccess::add, where);
    return native_.fetch_add(n, order);
  }
  T fetch_sub(T n, Order order, const Where& where = Where::current()) noexcept requires std::is_integral_v<T> {
    const Access access(SharedAccess::add, where);
    return native_.fetch_sub(n, order);
  }
  bool compare_exchange_strong(T& seen, T desired, Order success, Order failure,
                               const Where& where = Where::current()) noexcept {
    const Access access(SharedAccess::compare, where);
    return native_.compare_exchange_strong(seen, desired, success, failure);
  }
  bool compare_exchange_strong(T& seen, T desired, Order order, const Where& where = Where::current()) noexcept {
    return compare_exchange_strong(seen, desired, order, of_failure(order), where);
  }
  bool compare_exchange_weak(T& seen, T desired, Order success, Order failure,
                             const Where& where = Where::current()) noexcept {
    Access access(SharedAccess::compare, where);
    if (access.inject(Fault::weak_failure)) [[unlikely]] {
      seen = native_.load(failure);
      return false;
    }
    return native_.compare_exchange_weak(seen, desired, success, failure);
  }
  bool compare_exchange_weak(T& seen, T desired, Order order, const Where& where = Where::current()) noexcept {
    return compare_exchange_weak(seen, desired, order, of_failure(order), where);
  }

  /// What the kernel sleeps on.
  const std::atomic<T>& native() const noexcept { return native_; }

 private:
  // A failed exchange stores nothing, so there is nothing to release. The standard's rule for the form with one order.
  static constexpr Order of_failure(Order order) noexcept {
    if (order == Order::acq_rel) return Order::acquire;
    return order == Order::release ? Order::relaxed : order;
  }

  std::atomic<T> native_;
};

/// std::mutex.
class FaultyMutex {
 public:
  void lock(const Where& where = Where::current()) {
    const DisturbedAccess access(SharedAccess::lock, where);
    native_.lock();
  }
  bool try_lock(const Where& where = Where::current()) {
    const DisturbedAccess access(SharedAccess::try_lock, where);
    return native_.try_lock();
  }
  void unlock(const Where& where = Where::current()) {
    const DisturbedAccess access(SharedAccess::unlock, where);
    native_.unlock();
  }

 private:
  friend class FaultyConditionVariable;
  std::mutex native_;
};

/// std::condition_variable. A wait that ends for no reason gives up the mutex all the same, and never says that its
/// time is over.
class FaultyConditionVariable {
  using Lock = std::unique_lock<FaultyMutex>;
  using Clock = std::chrono::steady_clock;

 public:
  void notify_one(const Where& where = Where::current()) noexcept {
    DisturbedAccess access(SharedAccess::notify, where);
    access.sleep(Fault::delayed_wake, access.draw(Fault::delayed_wake));
    native_.notify_one();
  }
  void notify_all(const Where& where = Where::current()) noexcept {
    DisturbedAccess access(SharedAccess::notify, where);
    access.sleep(Fault::delayed_wake, access.draw(Fault::delayed_wake));
    native_.notify_all();
  }
  void wait(Lock& lock, const Where& where = Where::current()) {
    DisturbedAccess access(SharedAccess::wait, where);
    const NativeLock native(lock);
    if (!wake_for_no_reason(access, native, Clock::time_point::max())) native_.wait(native.lock);
  }
  template <class Predicate>
  requires std::predicate<Predicate>
  void wait(Lock& lock, Predicate predicate, const Where& where = Where::current()) {
    while (!predicate()) wait(lock, where);
  }
  std::cv_status wait_until(Lock& lock, Clock::time_point instant, const Where& where = Where::current()) {
    DisturbedAccess access(SharedAccess::wait, where);
    const auto late = access.draw(Fault::late_timeout);
    const NativeLock native(lock);
    if (wake_for_no_reason(access, native, instant)) return std::cv_status::no_timeout;
    const std::cv_status status = native_.wait_until(native.lock, instant);
    if (status == std::cv_status::timeout && late) {
      native.lock.unlock();  // the waiter is gone, and has the mutex to wait for: others come in between
      access.sleep(Fault::late_timeout, late);
      native.lock.lock();
    }
    return status;
  }

 private:
  // The lock that the standard's condition variable asks for. The caller's stays the owner.
  struct NativeLock {
    explicit NativeLock(Lock& callers) : lock(callers.mutex()->native_, std::adopt_lock) {}
    ~NativeLock() { lock.release(); }
    NativeLock(const NativeLock&) = delete;
    NativeLock& operator=(const NativeLock&) = delete;
    mutable std::unique_lock<std::mutex> lock;
  };

  // What ends the wait may be a notification after all: the caller takes every return for one.
  bool wake_for_no_reason(DisturbedAccess& access, const NativeLock& native, Clock::time_point instant) {
    const auto nap = access.draw(Fault::spurious_wake);
    if (!nap) return false;
    access.happened(Fault::spurious_wake);
    native_.wait_until(native.lock, std::min(instant, Clock::now() + *nap));
    return true;
  }

  std::condition_variable native_;
};

struct FaultyPlatform {
  template <class T>
  using Atomic = FaultyAtomic<T>;
  using Word = FaultyAtomic<std::uint32_t>;
  using Mutex = FaultyMutex;
  using ConditionVariable = FaultyConditionVariable;
  using Clock = NativePlatform::Clock;

  static void relax() noexcept { NativePlatform::relax(); }
  static void yield() noexcept { NativePlatform::yield(); }

  static void park(const Word& word, std::uint32_t seen, Never, std::uint32_t tag = kAnyTag,
                   const Where& where = Where::current()) noexcept {
    DisturbedAccess access(SharedAccess::park, where);
    const auto late = access.draw(Fault::late_park);
    const auto spurious = access.draw(Fault::spurious_wake);
    access.sleep(Fault::late_park, late);
    if (!spurious) return NativePlatform::park(word.native(), seen, Never{}, tag);
    access.happened(Fault::spurious_wake);
    NativePlatform::park(word.native(), seen, Deadline<Clock>::at(soon(*spurious)), tag);
  }

  static void park(const Word& word, std::uint32_t seen, Deadline<Clock> deadline, std::uint32_t tag = kAnyTag,
                   const Where& where = Where::current()) noexcept {
    if (deadline.unlimited()) return park(word, seen, Never{}, tag, where);
    DisturbedAccess access(SharedAccess::park, where);
    const auto late = access.draw(Fault::late_park);
    const auto spurious = access.draw(Fault::spurious_wake);
    const auto early = access.draw(Fault::early_timeout);
    const auto overdue = access.draw(Fault::late_timeout);
    access.sleep(Fault::late_park, late);
    auto until = deadline.instant();
    if (early && !deadline.passed()) {
      access.happened(Fault::early_timeout);
      until -= *early;
    }
    if (spurious) {
      access.happened(Fault::spurious_wake);
      until = std::min(until, soon(*spurious));
    }
    NativePlatform::park(word.native(), seen, Deadline<Clock>::at(until), tag);
    if (overdue && deadline.passed()) access.sleep(Fault::late_timeout, overdue);
  }

  static void unpark(const void* address, std::uint32_t count, std::uint32_t tag = kAnyTag,
                     const Where& where = Where::current()) noexcept {
    DisturbedAccess access(SharedAccess::unpark, where);
    access.sleep(Fault::delayed_wake, access.draw(Fault::delayed_wake));
    NativePlatform::unpark(address, count, tag);
  }

 private:
  // When a sleep ends for no reason: half of them at once.
  static Clock::time_point soon(FaultyThread::Nap nap) noexcept {
    return nap.count() % 2 == 0 ? Clock::now() : Clock::now() + nap;
  }
};
static_assert(Platform<FaultyPlatform>);

}  // namespace syncbench
