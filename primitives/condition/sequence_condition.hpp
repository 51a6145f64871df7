// Condition by sequence word: a waiter remembers the word, gives up the lock and waits for the word to change; a
// notification changes it. Threads that spin are all let go by one notification (the others find their predicate false
// and wait again); of the threads that sleep, as many are woken as were asked for.
// [Drepper 2011, Futexes are tricky, section 7; the same scheme is Bionic's and Rust's condition variable]
#pragma once

#include <algorithm>
#include <mutex>

#include "primitives/concepts.hpp"
#include "primitives/condition/condition_forms.hpp"
#include "primitives/platform/native.hpp"
#include "primitives/wait/busy.hpp"
#include "primitives/wait/park.hpp"

namespace syncbench {

/// Twelve bytes. A notification is missed only by a waiter that stays between reading the word and falling asleep for
/// exactly 2^32 notifications. Rule C7 leans on the kernel waking in order of arrival, which it does among threads of
/// equal priority: under real-time priorities use FifoCondition. May be destroyed as soon as all waiters have been
/// notified: the destructor waits until they have left.
template <Platform P, template <class> class WaitFor>
class SequenceCondition : public ConditionForms<SequenceCondition<P, WaitFor>, P> {
 public:
  using Wait = WaitFor<P>;
  static_assert(WaitStrategy<Wait>);

  static constexpr Traits kTraits{.source = "Drepper 2011, Futexes are tricky, section 7"};

  SequenceCondition() = default;
  SequenceCondition(const SequenceCondition&) = delete;
  SequenceCondition& operator=(const SequenceCondition&) = delete;
  ~SequenceCondition() {
    while (waiting_.load(std::memory_order_acquire) != 0) P::yield();  // (2) with (1)
  }

  void notify(std::uint32_t n) noexcept {
    // Relaxed: the notifier has held the lock since the waiter gave it up (or there is nothing it could be asked to
    // wake), and the waiter was counted before it gave up the lock.
    if (n == 0 || waiting_.load(std::memory_order_relaxed) == 0) return;
    // (3) and (4) are two halves of one store-load pattern: here the word is changed, then sleepers are looked for; the
    // waiter is counted as a sleeper, then the word is compared (by the kernel, after a full barrier). One of the two
    // sees the other, which takes sequential consistency on both sides, and nothing weaker.
    sequence_.fetch_add(1, std::memory_order_seq_cst);  // (3)
    if constexpr (Wait::kParks) {
      if (sleeping_.load(std::memory_order_seq_cst) != 0) Wait::unpark(&sequence_, std::min(n, kEverybody));
    }
  }

 private:
  friend ConditionForms<SequenceCondition, P>;

  template <class Lock>
  bool wait_before(Lock& lock, const auto& deadline) {
    // Both under the caller's lock, so before any notification that is meant for us; the lock orders them.
    const std::uint32_t seen = sequence_.load(std::memory_order_relaxed);
    waiting_.fetch_add(1, std::memory_order_relaxed);
    lock.unlock();
    const bool notified = await_change(seen, deadline);
    waiting_.fetch_sub(1, std::memory_order_release);  // (1) synchronizes-with (2): our last access
    lock.lock();
    return notified;
  }

  // Relaxed loads: what the notifier wrote is published by the caller's lock, which we take before anybody looks at it.
  bool await_change(std::uint32_t seen, const auto& deadline) noexcept {
    typename Wait::Episode episode;
    while (sequence_.load(std::memory_order_relaxed) == seen) {
      if (deadline.passed()) return false;
      if (episode.spin()) continue;
      if constexpr (Wait::kParks) {
        sleeping_.fetch_add(1, std::memory_order_seq_cst);  // (4)
        Wait::park(sequence_, seen, deadline);
        sleeping_.fetch_sub(1, std::memory_order_relaxed);
      }
    }
    return true;
  }

  typename P::Word sequence_{0};  // changes with every notification that finds a waiter
  typename P::Word waiting_{0};   // threads between giving up the lock and taking it again
  typename P::Word sleeping_{0};  // those of them that are asleep or about to be
};

static_assert(ConditionFor<SequenceCondition<NativePlatform, Park>, std::mutex>);

}  // namespace syncbench
