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

/// Sixteen bytes. A notification is missed only by a waiter that stays between reading the word and falling asleep for
/// exactly 2^32 notifications. Rule C7 leans on the kernel waking in order of arrival, which it does among threads of
/// equal priority: under real-time priorities use FifoCondition. May be destroyed as soon as all waiters have been
/// notified: the destructor waits until they have left.
template <Platform P, template <class> class WaitFor>
class SequenceCondition : public ConditionForms<SequenceCondition<P, WaitFor>, P> {
 public:
  using Wait = WaitFor<P>;
  static_assert(WaitStrategy<Wait>);

  static constexpr Traits kTraits{.source = "Drepper 2011, Futexes are tricky, section 7",
                                  .state = "the sequence, then how many wait"};

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
    const std::uint32_t changed = sequence_.fetch_add(1, std::memory_order_seq_cst) + 1;  // (3)
    if constexpr (Wait::kParks) wake(n, changed);
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
        count_in(seen);
        Wait::park(sequence_, seen, deadline);
        count_out();
      }
    }
    return true;
  }

  void count_in(std::uint32_t word) noexcept {
    std::uint64_t seen = sleepers_.load(std::memory_order_relaxed);
    while (!sleepers_.compare_exchange_weak(seen, with_one_more(seen, word), std::memory_order_seq_cst,  // (4)
                                            std::memory_order_relaxed)) {
    }
  }

  // Calls as many sleepers as have not been called yet. Who was called and has not run so far is not called again:
  // otherwise every notification until then would cost a system call. A call is for somebody who will notice that the
  // word has changed. So where a thread is counted that saw the word after our change, and may be about to fall asleep
  // on it, we wake without keeping count: there are never more calls than counted threads on their way out.
  void wake(std::uint32_t n, std::uint32_t changed) noexcept {
    std::uint64_t seen = sleepers_.load(std::memory_order_seq_cst);  // second half of (3)
    std::uint32_t calls = 0;
    do {
      if (asleep(seen) == 0) return;
      if (static_cast<std::int32_t>(youngest(seen) - changed) >= 0)
        return Wait::unpark(&sequence_, std::min(n, asleep(seen)));
      calls = std::min(n, asleep(seen) - called(seen));
      if (calls == 0) return;
    } while (!sleepers_.compare_exchange_weak(seen, seen + calls * kCalled, std::memory_order_release,  // (5) with (6)
                                              std::memory_order_relaxed));
    Wait::unpark(&sequence_, calls);
  }

  // A sleeper that runs again takes a call along, whether it was meant by it or not: there are never more calls than
  // sleepers, and a call too few costs a system call, not a notification. Acquire: whoever takes a call sees the word
  // change that it was made for.
  void count_out() noexcept {
    std::uint64_t seen = sleepers_.load(std::memory_order_relaxed);
    while (!sleepers_.compare_exchange_weak(seen, seen - kAsleep - (called(seen) != 0 ? kCalled : 0),
                                            std::memory_order_acquire,  // (6) with (5)
                                            std::memory_order_relaxed)) {
    }
  }

  // sleepers_, 65,535 at most: how many are asleep or about to be (16 bits), how many of them have been called (16),
  // and the newest word that one of them saw (32).
  static constexpr std::uint64_t kAsleep = 1;
  static constexpr std::uint64_t kCalled = std::uint64_t{1} << 16;
  static std::uint32_t asleep(std::uint64_t sleepers) noexcept { return sleepers & 0xffff; }
  static std::uint32_t called(std::uint64_t sleepers) noexcept { return (sleepers >> 16) & 0xffff; }
  static std::uint32_t youngest(std::uint64_t sleepers) noexcept { return static_cast<std::uint32_t>(sleepers >> 32); }
  static std::uint64_t with_one_more(std::uint64_t sleepers, std::uint32_t word) noexcept {
    const bool newest = asleep(sleepers) == 0 || static_cast<std::int32_t>(word - youngest(sleepers)) > 0;
    return (std::uint64_t{newest ? word : youngest(sleepers)} << 32 | (sleepers & 0xffffffffU)) + kAsleep;
  }

  typename P::Word sequence_{0};  // changes with every notification that finds a waiter
  typename P::Word waiting_{0};   // threads between giving up the lock and taking it again
  typename P::template Atomic<std::uint64_t> sleepers_{0};
};

static_assert(ConditionFor<SequenceCondition<NativePlatform, Park>, std::mutex>);

}  // namespace syncbench
