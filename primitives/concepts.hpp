// What each primitive must offer, as C++20 concepts. Names and meaning are the C++ standard's where it has the
// primitive
// ([thread.req.lockable], [thread.condition.condvarany]) and the source document's where it does not. Each
// implementation asserts its concept beside its definition; workloads and tests ask for nothing else.
#pragma once

#include <chrono>
#include <concepts>
#include <condition_variable>
#include <cstdint>

namespace syncbench {

/// The standard's Lockable. `lock` acquires and `unlock` releases: what one holder wrote, the next one sees.
template <class M>
concept Mutex = std::default_initializable<M> && !std::copyable<M> && requires(M m) {
  {m.lock()};
  { m.try_lock() } -> std::convertible_to<bool>;
  {m.unlock()};
};

/// The standard's TimedLockable. False means: the deadline has passed and nothing was acquired.
template <class M>
concept TimedMutex = Mutex<M> &&
    requires(M m, std::chrono::nanoseconds timeout, std::chrono::steady_clock::time_point monotonic,
             std::chrono::system_clock::time_point wall) {
  { m.try_lock_for(timeout) } -> std::convertible_to<bool>;
  { m.try_lock_until(monotonic) } -> std::convertible_to<bool>;
  { m.try_lock_until(wall) } -> std::convertible_to<bool>;
};

/// std::condition_variable_any with `notify(n)` added, waiting on `M` itself (anything with lock and unlock).
/// Every wait may return without a notification: callers loop, or pass the predicate.
template <class C, class M>
concept ConditionFor =
    std::default_initializable<C> && !std::copyable<C> &&
    requires(C c, M m, std::uint32_t n, bool (*predicate)(), std::chrono::nanoseconds timeout,
             std::chrono::steady_clock::time_point monotonic, std::chrono::system_clock::time_point wall) {
  {c.wait(m)};
  {c.wait(m, predicate)};
  { c.wait_for(m, timeout) } -> std::same_as<std::cv_status>;
  { c.wait_for(m, timeout, predicate) } -> std::convertible_to<bool>;
  { c.wait_until(m, monotonic) } -> std::same_as<std::cv_status>;
  { c.wait_until(m, monotonic, predicate) } -> std::convertible_to<bool>;
  { c.wait_until(m, wall) } -> std::same_as<std::cv_status>;
  { c.wait_until(m, wall, predicate) } -> std::convertible_to<bool>;
  {c.notify_one()};
  {c.notify(n)};
  {c.notify_all()};
};

}  // namespace syncbench
