// Culling lock: of those who wait, one is active and competes for the lock; all others sleep on a stack, out of its
// way. Two or three threads then pass a busy lock around in warm caches, however many more there are. Who unlocks makes
// the youngest sleeper active when nobody is, and now and then hands the lock to the eldest, so that nobody sleeps for
// ever. [Dice 2017, Malthusian locks; there the active threads form a queue, here they are one waiter at a futex]
#pragma once

#include <cassert>
#include <mutex>

#include "primitives/concepts.hpp"
#include "primitives/mutex/timed_forms.hpp"
#include "primitives/mutex/ttas_lock.hpp"
#include "primitives/platform/native.hpp"
#include "primitives/wait/busy.hpp"
#include "primitives/wait/park.hpp"
#include "primitives/wait/wait_queue.hpp"

namespace syncbench {

/// Thirty-two bytes. Unfair: who comes while it is free takes it. A sleeper is passed over for kEldestEvery contended
/// sections at most, times one plus those who slept before it; the active waiter has no such bound. May be destroyed as
/// soon as it is free: whom to wake is settled before the release, which is unlock's last access.
template <Platform P, template <class> class WaitFor, std::uint32_t kEldestEvery = 1000>
class MalthusianMutex : public TimedForms<MalthusianMutex<P, WaitFor, kEldestEvery>, P> {
 public:
  using Wait = WaitFor<P>;
  static_assert(ParkingStrategy<Wait>, "what is culled has to sleep");
  static constexpr Traits kTraits{
      .source = "Dice 2017, Malthusian locks",
      .state = "1 held, +2 one waiter competes, +4 and may be asleep, +8 others sleep on the stack"};

  MalthusianMutex() = default;
  ~MalthusianMutex() { assert(word_.load(std::memory_order_relaxed) == 0 && "destroyed while held or waited for"); }

  void lock() noexcept {
    std::uint32_t seen = 0;
    if (!take(seen, kHeld)) try_lock_before(Never{});
  }
  bool try_lock() noexcept {
    std::uint32_t seen = word_.load(std::memory_order_relaxed);
    while ((seen & kHeld) == 0)
      if (take(seen, seen | kHeld)) return true;
    return false;
  }
  void unlock() noexcept {
    std::uint32_t seen = kHeld;
    if (!release(seen, 0)) release_and_choose(seen);
  }

 private:
  friend TimedForms<MalthusianMutex, P>;
  using Stack = WaitQueue<P, Park>;  // these sleep at once: whoever spins is active
  using Waiter = typename Stack::Waiter;
  static constexpr std::uint32_t kPromoted = Stack::kServed;     // a sleeper is told: you are the active one
  static constexpr std::uint32_t kGranted = Stack::kServed + 1;  // a sleeper is told: the lock is yours
  // word_: a sum of these; 0 is free. Nobody is forgotten, because (L) a thread goes on the stack, and stops being
  // active without the lock, only in an exchange that finds kHeld, and kHeld is never cleared while kPassive is set
  // without kActive. So when the lock is free and somebody sleeps, somebody is active.
  static constexpr std::uint32_t kHeld = 1;
  static constexpr std::uint32_t kActive = 2;   // one waiter competes, or is chosen to and will in a moment
  static constexpr std::uint32_t kAsleep = 4;   // that one may be asleep on word_: whoever clears kHeld wakes it
  static constexpr std::uint32_t kPassive = 8;  // somebody may be on the stack; cleared by the holder alone

  // Take: acquire (2), with (1). Release: (1) synchronizes-with (2). Relaxed for marks, which pass decisions and not
  // data. All changes of word_ are exchanges or additions, so (2) reads from the last (1) through any marks between.
  bool change(std::uint32_t& seen, std::uint32_t to, std::memory_order order) noexcept {
    return word_.compare_exchange_strong(seen, to, order, std::memory_order_relaxed);
  }
  bool take(std::uint32_t& seen, std::uint32_t to) noexcept { return change(seen, to, std::memory_order_acquire); }
  bool release(std::uint32_t& seen, std::uint32_t to) noexcept { return change(seen, to, std::memory_order_release); }
  bool mark(std::uint32_t& seen, std::uint32_t to) noexcept { return change(seen, to, std::memory_order_relaxed); }

  [[gnu::noinline]] bool try_lock_before(const auto& deadline) noexcept {
    for (std::uint32_t seen = word_.load(std::memory_order_relaxed);;) {
      if ((seen & kHeld) == 0) {
        if (take(seen, seen | kHeld)) return true;
      } else if (deadline.passed()) {
        return false;
      } else if ((seen & kActive) == 0) {
        if (mark(seen, seen | kActive)) return compete(deadline);
      } else if (Waiter self; join(self, seen)) {
        const std::uint32_t outcome = Stack::await(self, deadline);  // kGranted: with WaitQueue's (1)
        if (outcome == kPromoted) return compete(deadline);
        if (outcome != kGranted) leave(self);
        return outcome == kGranted;
      }
    }
  }

  // The active waiter; nobody else sleeps on word_.
  bool compete(const auto& deadline) noexcept {
    for (typename Wait::Episode episode;;) {
      std::uint32_t seen = word_.load(std::memory_order_relaxed);
      if ((seen & kHeld) == 0) {
        if (take(seen, (seen & ~(kActive | kAsleep)) | kHeld)) return true;
      } else if (deadline.passed()) {
        if (mark(seen, seen & ~(kActive | kAsleep))) return false;  // the holder chooses another in our place (rule M6)
      } else if (!episode.spin()) {
        if ((seen & kAsleep) != 0 || mark(seen, seen | kAsleep)) Wait::park(word_, seen | kAsleep, deadline);
      }
    }
  }

  // False: things have changed, look again. The lock of the stack keeps the mark and the stack in step.
  bool join(Waiter& self, std::uint32_t& seen) noexcept {
    const std::lock_guard guard(stack_lock_);
    if (!mark(seen, seen | kPassive)) return false;
    stack_.push(self);
    return true;
  }
  [[gnu::noinline]] void leave(Waiter& self) noexcept {
    const std::lock_guard guard(stack_lock_);
    stack_.remove(self);  // kPassive may now say too much: the next unlock looks, and clears it
  }

  [[gnu::noinline]] void release_and_choose(std::uint32_t seen) noexcept {
    assert((seen & kHeld) != 0 && "unlock of a free lock");
    const void* const address = &word_;
    if ((seen & kPassive) != 0 && ++contended_ % kEldestEvery == 0)
      if (const auto eldest = pop(true); eldest.count != 0) return Stack::serve(eldest, kGranted);  // and kHeld stays
    for (;;) {
      if ((seen & (kActive | kPassive)) == kPassive) {
        if (promote_youngest(seen)) return;
      } else if (release(seen, seen & ~(kHeld | kAsleep))) {
        if ((seen & kAsleep) != 0) Wait::unpark(address, 1);
        return;
      }
    }
  }

  // True: the lock is released, to an heir. The role is taken for it first, so that no new comer slips in.
  bool promote_youngest(std::uint32_t& seen) noexcept {
    if (!mark(seen, seen | kActive)) return false;
    const auto heir = pop(false);
    if (heir.count == 0) {
      seen = word_.fetch_sub(kActive, std::memory_order_relaxed) - kActive;
      return false;
    }
    word_.fetch_sub(kHeld, std::memory_order_release);  // (1). Nobody sleeps on word_: the heir has not been told yet
    Stack::serve(heir, kPromoted);                      // nor can it, or the lock, be gone before
    return true;
  }

  auto pop(bool eldest) noexcept {
    const std::lock_guard guard(stack_lock_);
    const auto chosen = eldest ? stack_.take(1) : stack_.take_youngest();
    if (chosen.count == 0 || stack_.empty()) word_.fetch_sub(kPassive, std::memory_order_relaxed);
    return chosen;
  }

  typename P::Word word_{0};
  std::uint32_t contended_ = 0;      // unlocks that found a sleeper; guarded by the lock itself
  TtasLock<P, Backoff> stack_lock_;  // guards the stack, and kPassive
  Stack stack_;
};

static_assert(TimedMutex<MalthusianMutex<NativePlatform, Park>>);

}  // namespace syncbench
