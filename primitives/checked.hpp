// The primitives with the source document's errors: what is undefined in the form that is measured, because noticing it
// costs time, throws here, and changes nothing. `Checked<P, T>` is T with these errors; T is any type of the catalog.
//
//   mutex            unlock when free: system_error; a negative timeout: invalid_argument, but -1 s means for ever
//   recursive mutex  release by a thread that does not hold it: system_error; timeouts as above
//   semaphore        negative start, release(n < 1): invalid_argument; more than max(): overflow_error
//   condition        wait without the lock, and notify if it was built from its lock: system_error
//   barriers         fewer than one party: invalid_argument
//   event            the document knows no wrong use of it
#pragma once

#include "primitives/checked/checked_barrier.hpp"
#include "primitives/checked/checked_condition.hpp"
#include "primitives/checked/checked_mutex.hpp"
#include "primitives/checked/checked_recursive_mutex.hpp"
#include "primitives/checked/checked_semaphore.hpp"
#include "primitives/concepts.hpp"

namespace syncbench {

template <Platform P, class T>
struct CheckedForm;

template <Platform P, Mutex M>
struct CheckedForm<P, M> {
  using Type = CheckedMutex<P, M>;
};

template <Platform P, RecursiveMutex M>
struct CheckedForm<P, M> {
  using Type = CheckedRecursiveMutex<M>;
};

template <Platform P, Semaphore S>
struct CheckedForm<P, S> {
  using Type = CheckedSemaphore<P, S>;
};

// By what it is told, since what it waits on can be any lock.
template <Platform P, class C>
requires requires(C condition, std::uint32_t n) {
  {condition.notify(n)};
  {condition.notify_all()};
}
struct CheckedForm<P, C> {
  using Type = CheckedCondition<C>;
};

template <Platform P, class B>
requires Barrier<B> || BreakableBarrier<B>
struct CheckedForm<P, B> {
  using Type = CheckedBarrier<B>;
};

template <Platform P, OneShotEvent E>
struct CheckedForm<P, E> {
  using Type = E;
};

template <Platform P, class T>
using Checked = typename CheckedForm<P, T>::Type;

}  // namespace syncbench
