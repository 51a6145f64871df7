// What each primitive must offer, as C++20 concepts. Names and meaning are the C++ standard's where it has the
// primitive ([thread.req.lockable], [thread.condition.condvarany], [thread.sema], [thread.barrier]) and the source
// document's where it does not (event, breakable barrier). Each implementation asserts its concept beside its
// definition; workloads, rules and tests ask for nothing else.
#pragma once

#include <chrono>
#include <concepts>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>

#include "primitives/traits.hpp"

namespace syncbench {

/// What the timed forms are tried with: a duration, and an instant on two clocks.
struct Timeouts {
  std::chrono::nanoseconds duration;
  std::chrono::steady_clock::time_point monotonic;
  std::chrono::system_clock::time_point wall;
};

/// The standard's Lockable. `lock` acquires and `unlock` releases: what one holder wrote, the next one sees.
template <class M>
concept Mutex = std::default_initializable<M> && !std::copyable<M> && requires(M m) {
  {m.lock()};
  { m.try_lock() } -> std::convertible_to<bool>;
  {m.unlock()};
};

/// The standard's TimedLockable. False means: the deadline has passed and nothing was acquired.
template <class M>
concept TimedMutex = Mutex<M> && requires(M m, Timeouts t) {
  { m.try_lock_for(t.duration) } -> std::convertible_to<bool>;
  { m.try_lock_until(t.monotonic) } -> std::convertible_to<bool>;
  { m.try_lock_until(t.wall) } -> std::convertible_to<bool>;
};

/// A mutex that its owner may lock again, as often as `std::uint32_t` counts; beyond that `lock` throws
/// std::system_error (resource_unavailable_try_again) and the other forms return false.
/// `release_all` gives up every level and returns how many there were; `reacquire` takes as many.
template <class M>
concept RecursiveMutex = Mutex<M> && requires(M m, const M& seen, std::uint32_t levels) {
  { seen.owned() } -> std::same_as<bool>;
  { seen.depth() } -> std::same_as<std::uint32_t>;
  { m.release_all() } -> std::same_as<std::uint32_t>;
  {m.reacquire(levels)};
};

/// The standard's counting_semaphore with the number of permits made visible. Built with the permits it starts with.
template <class S>
concept Semaphore = std::constructible_from<S, std::ptrdiff_t> && !std::copyable<S> &&
                    requires(S s, const S& seen, std::ptrdiff_t n, Timeouts t) {
  {s.acquire()};
  { s.try_acquire() } -> std::convertible_to<bool>;
  { s.try_acquire_for(t.duration) } -> std::convertible_to<bool>;
  { s.try_acquire_until(t.monotonic) } -> std::convertible_to<bool>;
  { s.try_acquire_until(t.wall) } -> std::convertible_to<bool>;
  {s.release()};
  {s.release(n)};
  { S::max() } -> std::convertible_to<std::ptrdiff_t>;
};

/// A semaphore that tells how many permits are left: exact when nobody is at it.
template <class S>
concept CountingSemaphore = Semaphore<S> && requires(const S& seen) {
  { seen.value() } -> std::convertible_to<std::ptrdiff_t>;
};

/// A flag that threads wait for: the source document's Event. `set` lets go of everybody who waits, also when `clear`
/// follows at once. Waits return true, or false once their deadline has passed without a `set`.
template <class E>
concept OneShotEvent = std::default_initializable<E> && !std::copyable<E> && requires(E e, const E& seen, Timeouts t) {
  {e.set()};
  { seen.is_set() } -> std::convertible_to<bool>;
  {e.wait()};
};
template <class E>
concept TimedEvent = OneShotEvent<E> && requires(E e, Timeouts t) {
  { e.wait_for(t.duration) } -> std::convertible_to<bool>;
  { e.wait_until(t.monotonic) } -> std::convertible_to<bool>;
  { e.wait_until(t.wall) } -> std::convertible_to<bool>;
};
template <class E>
concept Event = TimedEvent<E> && requires(E e) {
  {e.clear()};
};

/// std::condition_variable_any with `notify(n)` added, waiting on `M` itself (anything with lock and unlock).
/// Every wait may return without a notification: callers loop, or pass the predicate.
template <class C, class M>
concept ConditionFor = std::default_initializable<C> && !std::copyable<C> &&
                       requires(C c, M m, std::uint32_t n, bool (*predicate)(), Timeouts t) {
  {c.wait(m)};
  {c.wait(m, predicate)};
  { c.wait_for(m, t.duration) } -> std::same_as<std::cv_status>;
  { c.wait_for(m, t.duration, predicate) } -> std::convertible_to<bool>;
  { c.wait_until(m, t.monotonic) } -> std::same_as<std::cv_status>;
  { c.wait_until(m, t.monotonic, predicate) } -> std::convertible_to<bool>;
  { c.wait_until(m, t.wall) } -> std::same_as<std::cv_status>;
  { c.wait_until(m, t.wall, predicate) } -> std::convertible_to<bool>;
  {c.notify_one()};
  {c.notify(n)};
  {c.notify_all()};
};

/// What runs once per phase of a barrier, after the last arrival and before anybody leaves. May be empty.
using PhaseAction = std::function<void()>;

/// A barrier for `parties` threads. `arrive_and_wait` returns the arrival index within the phase, 0 to parties - 1.
/// Where `kTraits.by_rank` is set, a thread arrives as `arrive_and_wait(rank)`, with a number below `parties` of its
/// own that it keeps, and gets that number back. (`arrive_at` is one call for both.)
template <class B>
concept AnonymousBarrier = requires(B b) {
  { b.arrive_and_wait() } -> std::convertible_to<std::uint32_t>;
};
template <class B>
concept RankedBarrier = requires(B b, std::uint32_t rank) {
  { b.arrive_and_wait(rank) } -> std::convertible_to<std::uint32_t>;
};
template <class B>
concept Barrier =
    std::constructible_from<B, std::uint32_t> && !std::copyable<B> && (AnonymousBarrier<B> || RankedBarrier<B>);

/// A barrier that runs an action in each phase.
template <class B>
concept ActingBarrier = Barrier<B> && std::constructible_from<B, std::uint32_t, PhaseAction>;

/// Arrives at a barrier of either kind.
template <Barrier B>
std::uint32_t arrive_at(B& barrier, [[maybe_unused]] std::uint32_t rank) {
  if constexpr (RankedBarrier<B>) {
    return barrier.arrive_and_wait(rank);
  } else {
    return barrier.arrive_and_wait();
  }
}

/// Thrown by a breakable barrier's waits: this phase will not be completed.
struct BrokenBarrier {};

/// The source document's Barrier: built from (parties, action, default timeout). A wait returns the arrival index or
/// throws BrokenBarrier; one whose deadline passes breaks the barrier for everybody.
template <class B>
concept BreakableBarrier =
    std::constructible_from<B, std::uint32_t> &&
    std::constructible_from<B, std::uint32_t, PhaseAction, std::chrono::nanoseconds> && !std::copyable<B> &&
    requires(B b, const B& seen, Timeouts t) {
  { b.wait() } -> std::same_as<std::uint32_t>;
  { b.wait_for(t.duration) } -> std::same_as<std::uint32_t>;
  { b.wait_until(t.monotonic) } -> std::same_as<std::uint32_t>;
  {b.abort()};
  {b.reset()};
  { seen.parties() } -> std::same_as<std::uint32_t>;
  { seen.waiting() } -> std::same_as<std::uint32_t>;
  { seen.broken() } -> std::same_as<bool>;
};

}  // namespace syncbench
