// nsync: the C library whose mutex and condition variable Abseil's design goes back to, by the same author. A condition
// moves its waiters to the queue of the mutex instead of waking them while that is held. [github.com/google/nsync]
#pragma once

#include <nsync.h>

#include <chrono>
#include <new>

#include "primitives/concepts.hpp"
#include "primitives/condition/condition_forms.hpp"
#include "primitives/event/event_forms.hpp"
#include "primitives/platform/native.hpp"

namespace syncbench {

/// `deadline` as nsync wants it, on the wall clock: as far ahead as it is on ours.
template <class Clock>
nsync::nsync_time nsync_instant(const Deadline<Clock>& deadline) noexcept {
  if (deadline.passed()) return nsync::nsync_time_zero;
  const std::chrono::nanoseconds rest = deadline.instant() - Clock::now();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(rest);
  const auto fraction = static_cast<unsigned>(std::chrono::nanoseconds(rest - seconds).count());
  return nsync::nsync_time_add(nsync::nsync_time_now(), nsync::nsync_time_s_ns(seconds.count(), fraction));
}

/// 16 bytes. Not fair, but who was woken in vain thirty times goes first. Its holder unlocks it; may be destroyed once
/// it is free. No timed lock.
class NsyncMutex {
 public:
  static constexpr Traits kTraits{
      .source = "nsync, nsync_mu",
      .promise = Profile::cpp,
      .deviations = {{{"M7", "only its holder may unlock it"}, {"M7b", "ends the program"}}}};

  NsyncMutex() { nsync::nsync_mu_init(&mutex_); }
  NsyncMutex(const NsyncMutex&) = delete;
  NsyncMutex& operator=(const NsyncMutex&) = delete;

  void lock() { nsync::nsync_mu_lock(&mutex_); }
  bool try_lock() { return nsync::nsync_mu_trylock(&mutex_) != 0; }
  void unlock() { nsync::nsync_mu_unlock(&mutex_); }

  nsync::nsync_mu* native_handle() noexcept { return &mutex_; }

 private:
  nsync::nsync_mu mutex_;
};

/// 16 bytes. Waits on an NsyncMutex. A waiter whose deadline passes may look at it once more after it was notified, so
/// it may be destroyed only when all have left.
template <Platform P>
class NsyncCondition : public ConditionForms<NsyncCondition<P>, P> {
 public:
  static constexpr Traits kTraits{
      .source = "nsync, nsync_cv",
      .promise = Profile::cpp,
      .destroy_after_use = false,
      .deviations = {{{"C11", "a waiter whose deadline passes looks at it once more after it was notified"},
                      {"X6", "deadlines are on the wall clock, and come late when that is set back"}}}};

  NsyncCondition() { nsync::nsync_cv_init(&condition_); }
  NsyncCondition(const NsyncCondition&) = delete;
  NsyncCondition& operator=(const NsyncCondition&) = delete;

  void notify(std::uint32_t n) noexcept {
    if (n >= kEverybody) return nsync::nsync_cv_broadcast(&condition_);
    for (; n != 0; --n) nsync::nsync_cv_signal(&condition_);
  }

 private:
  friend ConditionForms<NsyncCondition, P>;
  bool wait_before(NsyncMutex& mutex, Never) {
    nsync::nsync_cv_wait(&condition_, mutex.native_handle());
    return true;
  }
  // A wall clock that was set ahead ends a wait too early; that is a wake-up for no reason.
  bool wait_before(NsyncMutex& mutex, const Deadline<typename P::Clock>& deadline) {
    if (deadline.unlimited()) return wait_before(mutex, Never{});
    const auto instant = nsync_instant(deadline);
    return nsync::nsync_cv_wait_with_deadline(&condition_, mutex.native_handle(), instant, nullptr) == 0 ||
           !deadline.passed();
  }
  nsync::nsync_cv condition_;
};

/// A pointer to memory of the library's own. Fires once; setting it again has no effect. May be destroyed only when
/// nobody is inside, `set` included.
template <Platform P>
class NsyncNote : public EventForms<NsyncNote<P>, P> {
 public:
  static constexpr Traits kTraits{
      .source = "nsync, nsync_note",
      .promise = Profile::cpp,
      .destroy_after_use = false,
      .deviations = {{{"X2", "nsync_note_free wants that no other call is under way"},
                      {"X6", "deadlines are on the wall clock, and come late when that is set back"}}}};

  NsyncNote() : note_(nsync::nsync_note_new(nullptr, nsync::nsync_time_no_deadline)) {
    if (note_ == nullptr) throw std::bad_alloc();
  }
  NsyncNote(const NsyncNote&) = delete;
  NsyncNote& operator=(const NsyncNote&) = delete;
  ~NsyncNote() { nsync::nsync_note_free(note_); }

  void set() { nsync::nsync_note_notify(note_); }
  bool is_set() const { return nsync::nsync_note_is_notified(note_) != 0; }

 private:
  friend EventForms<NsyncNote, P>;
  bool wait_before(Never) { return nsync::nsync_note_wait(note_, nsync::nsync_time_no_deadline) != 0; }
  bool wait_before(const Deadline<typename P::Clock>& deadline) {
    if (deadline.unlimited()) return wait_before(Never{});
    while (nsync::nsync_note_wait(note_, nsync_instant(deadline)) == 0)
      if (deadline.passed()) return false;  // otherwise the wall clock was set ahead
    return true;
  }
  nsync::nsync_note note_;
};

static_assert(Mutex<NsyncMutex> && ConditionFor<NsyncCondition<NativePlatform>, NsyncMutex>);
static_assert(TimedEvent<NsyncNote<NativePlatform>>);

}  // namespace syncbench
