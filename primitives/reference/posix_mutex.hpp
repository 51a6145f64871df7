// The mutexes of POSIX threads: what the system offers to every language, and what std::mutex is made of. Besides the
// plain one there are four with a property of their own: one that spins a little before it sleeps (of the C library,
// not of POSIX), one that notices wrong use, one that lends its holder the priority of its waiters, one that tells when
// its holder has died. And the spin lock. [POSIX.1-2017, pthread_mutex_lock, pthread_mutexattr_*, pthread_spin_lock]
#pragma once

#include <pthread.h>
#include <time.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <chrono>
#include <system_error>

#include "primitives/concepts.hpp"
#include "primitives/mutex/timed_forms.hpp"
#include "primitives/platform/native.hpp"

namespace syncbench {

/// A call that POSIX lets fail has failed: wrong use that it reports, or resources that are not there.
[[noreturn, gnu::cold, gnu::noinline]] inline void posix_refuses(int error, const char* call) {
  throw std::system_error(error, std::generic_category(), call);
}

inline void posix_check(int error, const char* call) {
  if (error != 0) [[unlikely]]
    posix_refuses(error, call);
}

/// An instant as CLOCK_MONOTONIC counts. The past becomes the clock's zero: POSIX knows no time before it.
template <class Clock>
timespec to_timespec(const Deadline<Clock>& deadline) noexcept {
  const auto since_boot = std::max(deadline.instant().time_since_epoch(), Clock::duration::zero());
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since_boot);
  return {seconds.count(), std::chrono::nanoseconds(since_boot - seconds).count()};
}

enum class PosixKind { normal, adaptive, error_check, priority_inheritance, robust, recursive };

constexpr Traits posix_traits(PosixKind kind) {
  Traits traits{
      .source = "POSIX.1-2017, pthread_mutex_lock",
      .promise = Profile::posix,
      .tsan_knows_timed = false,
      .deviations = {{{"M7", "undefined, or refused, by POSIX"}, {"M7b", "undefined, or refused, by POSIX"}}}};
  if (kind == PosixKind::adaptive) traits.source = "GNU C library, PTHREAD_MUTEX_ADAPTIVE_NP";
  if (kind == PosixKind::priority_inheritance) traits.source = "POSIX.1-2017, pthread_mutexattr_setprotocol";
  if (kind == PosixKind::robust) traits.source = "POSIX.1-2017, pthread_mutexattr_setrobust";
  if (kind == PosixKind::error_check) traits.deviations[2] = {"M8", "refuses its holder's second acquire"};
  return traits;
}

/// 40 bytes. Who acquires next is the scheduler's choice. Its holder unlocks it; it may be destroyed once it is free.
/// Wrong use that POSIX reports for the kind, and its limit on levels, throw std::system_error. One that is robust and
/// whose holder died throws from then on: what it guards is half done, and nobody here can mend it.
/// The deadlines of priority_inheritance need Linux 5.14; before, its timed forms throw.
template <Platform P, PosixKind kKind>
class PosixMutex : public TimedForms<PosixMutex<P, kKind>, P> {
 public:
  static constexpr Traits kTraits = posix_traits(kKind);

  PosixMutex() {
    pthread_mutexattr_t kind;
    ::pthread_mutexattr_init(&kind);
    ::pthread_mutexattr_settype(&kind, type());
    if (kKind == PosixKind::priority_inheritance) ::pthread_mutexattr_setprotocol(&kind, PTHREAD_PRIO_INHERIT);
    if (kKind == PosixKind::robust) ::pthread_mutexattr_setrobust(&kind, PTHREAD_MUTEX_ROBUST);
    const int error = ::pthread_mutex_init(&mutex_, &kind);
    ::pthread_mutexattr_destroy(&kind);
    posix_check(error, "pthread_mutex_init");
  }
  PosixMutex(const PosixMutex&) = delete;
  PosixMutex& operator=(const PosixMutex&) = delete;
  ~PosixMutex() {
    [[maybe_unused]] const int error = ::pthread_mutex_destroy(&mutex_);
    assert(error == 0 && "destroyed while held");
  }

  void lock() { accept(::pthread_mutex_lock(&mutex_)); }
  bool try_lock() { return accept(::pthread_mutex_trylock(&mutex_)); }
  void unlock() { posix_check(::pthread_mutex_unlock(&mutex_), "pthread_mutex_unlock"); }

  pthread_mutex_t* native_handle() noexcept { return &mutex_; }

 private:
  friend TimedForms<PosixMutex, P>;
  bool try_lock_before(const Deadline<typename P::Clock>& deadline) {
    if (deadline.unlimited()) return accept(::pthread_mutex_lock(&mutex_));
    const timespec limit = to_timespec(deadline);
    return accept(::pthread_mutex_clocklock(&mutex_, CLOCK_MONOTONIC, &limit));
  }

  // The answer to an attempt: acquired, not acquired, or an error.
  bool accept(int error) {
    if (error == 0) [[likely]]
      return true;
    if (error == EBUSY || error == ETIMEDOUT) return false;
    if (error == EOWNERDEAD) ::pthread_mutex_unlock(&mutex_);  // without pthread_mutex_consistent: lost for good
    posix_refuses(error, "pthread_mutex_lock");
  }

  static constexpr int type() {
    switch (kKind) {
      case PosixKind::adaptive:
        return PTHREAD_MUTEX_ADAPTIVE_NP;
      case PosixKind::error_check:
        return PTHREAD_MUTEX_ERRORCHECK;
      case PosixKind::recursive:
        return PTHREAD_MUTEX_RECURSIVE;
      default:
        return PTHREAD_MUTEX_NORMAL;
    }
  }

  pthread_mutex_t mutex_;
};

/// 4 bytes. A word and a busy wait that never gives the processor away; no fairness, no timed forms.
class PosixSpinlock {
 public:
  static constexpr Traits kTraits{
      .source = "POSIX.1-2017, pthread_spin_lock", .promise = Profile::posix, .spins = true};

  PosixSpinlock() { posix_check(::pthread_spin_init(&lock_, PTHREAD_PROCESS_PRIVATE), "pthread_spin_init"); }
  PosixSpinlock(const PosixSpinlock&) = delete;
  PosixSpinlock& operator=(const PosixSpinlock&) = delete;
  ~PosixSpinlock() { ::pthread_spin_destroy(&lock_); }

  void lock() noexcept { ::pthread_spin_lock(&lock_); }
  bool try_lock() noexcept { return ::pthread_spin_trylock(&lock_) == 0; }
  void unlock() noexcept { ::pthread_spin_unlock(&lock_); }

 private:
  pthread_spinlock_t lock_;
};

static_assert(TimedMutex<PosixMutex<NativePlatform, PosixKind::normal>> && Mutex<PosixSpinlock>);

}  // namespace syncbench
