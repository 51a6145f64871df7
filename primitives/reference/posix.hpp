// Condition and barrier of POSIX threads. The condition's deadlines are on the monotonic clock, which one has to ask
// for. [POSIX.1-2017, pthread_cond_wait, pthread_condattr_setclock, pthread_barrier_wait]
#pragma once

#include "primitives/condition/condition_forms.hpp"
#include "primitives/reference/posix_mutex.hpp"
#include "primitives/reference/sanitizer.hpp"

namespace syncbench {

/// 48 bytes. Waits on a PosixMutex. The destructor waits until all who were notified have left.
/// The GNU C library has lost wake-ups in rare cases until version 2.41 (its bug 25847), and std::condition_variable,
/// which is this, with it.
template <Platform P>
class PosixCondition : public ConditionForms<PosixCondition<P>, P> {
 public:
  static constexpr Traits kTraits{.source = "POSIX.1-2017, pthread_cond_wait", .promise = Profile::posix};

  PosixCondition() {
    pthread_condattr_t kind;
    ::pthread_condattr_init(&kind);
    ::pthread_condattr_setclock(&kind, CLOCK_MONOTONIC);
    const int error = ::pthread_cond_init(&condition_, &kind);
    ::pthread_condattr_destroy(&kind);
    posix_check(error, "pthread_cond_init");
  }
  PosixCondition(const PosixCondition&) = delete;
  PosixCondition& operator=(const PosixCondition&) = delete;
  ~PosixCondition() { ::pthread_cond_destroy(&condition_); }

  void notify(std::uint32_t n) noexcept {
    if (n >= kEverybody) {
      ::pthread_cond_broadcast(&condition_);
      return;
    }
    for (; n != 0; --n) ::pthread_cond_signal(&condition_);
  }

 private:
  friend ConditionForms<PosixCondition, P>;

  bool wait_before(auto& mutex, Never) {
    posix_check(::pthread_cond_wait(&condition_, mutex.native_handle()), "pthread_cond_wait");
    return true;
  }
  bool wait_before(auto& mutex, const Deadline<typename P::Clock>& deadline) {
    if (deadline.unlimited()) return wait_before(mutex, Never{});
    const timespec limit = to_timespec(deadline);
    const int error = ::pthread_cond_timedwait(&condition_, mutex.native_handle(), &limit);
    if (error == ETIMEDOUT) return false;
    posix_check(error, "pthread_cond_timedwait");
    return true;
  }

  pthread_cond_t condition_;
};

/// 32 bytes. May be destroyed as soon as any wait of the last phase has returned: the destructor waits for the others.
class PosixBarrier {
 public:
  static constexpr Traits kTraits{
      .source = "POSIX.1-2017, pthread_barrier_wait",
      .promise = Profile::posix,
      .destroy_after_use = !kThreadSanitizerWatches,  // whose own records go with the barrier, too early
      .deviations = {{{"B4", "one serial thread, which gets the last index; all others get 0"},
                      {"B7", "groups of N pass, but their indices are those of B4"}}}};

  explicit PosixBarrier(std::uint32_t parties) : last_(parties - 1) {
    posix_check(::pthread_barrier_init(&barrier_, nullptr, parties), "pthread_barrier_init");
  }
  PosixBarrier(const PosixBarrier&) = delete;
  PosixBarrier& operator=(const PosixBarrier&) = delete;
  ~PosixBarrier() { ::pthread_barrier_destroy(&barrier_); }

  /// parties - 1 for the serial thread, 0 for the others.
  std::uint32_t arrive_and_wait() noexcept {
    const std::uint32_t last = last_;  // before the wait: once that has returned, the barrier may be gone
    return ::pthread_barrier_wait(&barrier_) == PTHREAD_BARRIER_SERIAL_THREAD ? last : 0;
  }

 private:
  pthread_barrier_t barrier_;
  const std::uint32_t last_;
};

static_assert(ConditionFor<PosixCondition<NativePlatform>, PosixMutex<NativePlatform, PosixKind::normal>>);
static_assert(Barrier<PosixBarrier>);

}  // namespace syncbench
