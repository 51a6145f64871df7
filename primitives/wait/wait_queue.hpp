// Waiters in order of arrival, each a node on the stack of the thread that waits, each looking at a word of its own.
// What serves the oldest first is built on this: condition, semaphore and event of the ticket family, and the breakable
// barrier. The links belong to the owner's lock; a waiter's word is what the waiter and whoever ends its wait settle
// between them.
//
// Ending a wait takes two steps, so that the owner's lock is free again before anybody is let go: `take` decides, under
// the lock, who is served, and `serve` tells them, outside it. A waiter that has been told touches nothing but its own
// node, so it may destroy what it waited at, and nobody who served it will notice.
#pragma once

#include <cstdint>
#include <string_view>

#include "primitives/wait/wait_strategy.hpp"

namespace syncbench {

/// Traits::state of what is built on this.
inline constexpr std::string_view kWaiterStates =
    "a waiter's own word: 0 looks, 1 asleep, 2 and 3 being served, 4 leaving, 5 and above served";

template <Platform P, template <class> class WaitFor>
class WaitQueue {
 public:
  using Wait = WaitFor<P>;
  static_assert(WaitStrategy<Wait>);

  // The word of one waiter. Whoever moves it out of {kWaiting, kAsleep} decides how the wait ends.
  static constexpr std::uint32_t kWaiting = 0;      // looks at the word
  static constexpr std::uint32_t kAsleep = 1;       // asleep or about to be: must be woken as well
  static constexpr std::uint32_t kTaken = 2;        // will be served by the thread that took it: deadlines are over
  static constexpr std::uint32_t kTakenAsleep = 3;  // the same, and must be woken as well
  static constexpr std::uint32_t kLeaving = 4;      // gave up: stays queued until its owner takes it out
  static constexpr std::uint32_t kServed = 5;       // and above: over, with this outcome; the node may be gone

  struct Waiter {
    typename P::Word word{kWaiting};
    Waiter* before = nullptr;
    Waiter* behind = nullptr;  // in the queue, then in the chain
  };

  /// Waiters that have been taken and not yet served, oldest first.
  struct Chain {
    Waiter* first = nullptr;
    Waiter* last = nullptr;
    std::uint32_t count = 0;
  };

  // ---- Under the owner's lock ---------------------------------------------------------------------------------------

  bool empty() const noexcept { return head_ == nullptr; }

  void push(Waiter& waiter) noexcept {
    waiter.before = tail_;
    (tail_ == nullptr ? head_ : tail_->behind) = &waiter;
    tail_ = &waiter;
  }

  /// Takes a waiter out that has given up (`gave_up` returned true).
  void remove(Waiter& waiter) noexcept {
    (waiter.before == nullptr ? head_ : waiter.before->behind) = waiter.behind;
    (waiter.behind == nullptr ? tail_ : waiter.behind->before) = waiter.before;
  }

  /// Takes the oldest n waiters, or all there are; not those that gave up.
  Chain take(std::uint32_t n) noexcept {
    Chain chain;
    for (Waiter* waiter = head_; waiter != nullptr && chain.count < n;) {
      Waiter* const behind = waiter->behind;
      if (claim(*waiter)) {
        remove(*waiter);
        append(chain, *waiter);
      }
      waiter = behind;
    }
    return chain;
  }

  /// Takes the youngest waiter, or nobody; not those that gave up.
  Chain take_youngest() noexcept {
    Chain chain;
    for (Waiter* waiter = tail_; waiter != nullptr && chain.count == 0; waiter = waiter->before) {
      if (!claim(*waiter)) continue;
      remove(*waiter);
      append(chain, *waiter);
    }
    return chain;
  }

  // ---- Without the lock ---------------------------------------------------------------------------------------------

  /// Ends the waits of a chain with `outcome`, which is kServed or above.
  static void serve(const Chain& chain, std::uint32_t outcome = kServed) noexcept {
    for (Waiter* waiter = chain.first; waiter != nullptr;) {
      Waiter* const behind = waiter->behind;  // read first: the node may be gone as soon as it is told
      const void* const address = &waiter->word;
      if constexpr (Wait::kParks) {
        // (1) synchronizes-with (2)
        if (waiter->word.exchange(outcome, std::memory_order_release) == kTakenAsleep) Wait::unpark(address, 1);
      } else {
        waiter->word.store(outcome, std::memory_order_release);  // (1) likewise
      }
      waiter = behind;
    }
  }

  /// Waits to be served: returns the outcome, or kLeaving if the deadline passed first. Then the waiter is still
  /// queued, and must be removed under the lock before its node goes away.
  static std::uint32_t await(Waiter& waiter, const auto& deadline) noexcept {
    typename Wait::Episode episode;
    for (unsigned yields = 0;;) {
      const std::uint32_t seen = waiter.word.load(std::memory_order_acquire);  // (2) with (1)
      if (seen >= kServed) return seen;
      if (seen == kTaken || seen == kTakenAsleep) {
        // Mostly a few instructions from being served, unless the other thread needs this processor; but a barrier's
        // action may come first.
        if (!Wait::kParks || yields++ < kYieldsOnceTaken) {
          P::yield();
        } else {
          sleep(waiter, kTaken, Never{});
        }
      } else if (deadline.passed()) {
        if (gave_up(waiter)) return kLeaving;
      } else if (!episode.spin()) {
        sleep(waiter, kWaiting, deadline);
      }
    }
  }

 private:
  static constexpr unsigned kYieldsOnceTaken = 8;

  // Relaxed throughout: the word passes a decision, not data. What the waiter did before it queued, the taker sees
  // through the owner's lock; what the server did, the waiter sees through (1).
  static bool claim(Waiter& waiter) noexcept {
    std::uint32_t seen = waiter.word.load(std::memory_order_relaxed);
    do {
      if (seen == kLeaving) return false;
    } while (
        !waiter.word.compare_exchange_weak(seen, seen == kAsleep ? kTakenAsleep : kTaken, std::memory_order_relaxed));
    return true;
  }

  static bool gave_up(Waiter& waiter) noexcept {
    std::uint32_t seen = waiter.word.load(std::memory_order_relaxed);
    while (seen < kTaken)
      if (waiter.word.compare_exchange_weak(seen, kLeaving, std::memory_order_relaxed)) return true;
    return false;
  }

  // Sleeps in state `awake`, kWaiting or kTaken, after marking it asleep.
  static void sleep(Waiter& waiter, std::uint32_t awake, const auto& deadline) noexcept {
    if constexpr (Wait::kParks) {
      const std::uint32_t asleep = awake + 1;
      std::uint32_t seen = awake;
      if (waiter.word.compare_exchange_strong(seen, asleep, std::memory_order_relaxed) || seen == asleep)
        Wait::park(waiter.word, asleep, deadline);
    }
  }

  static void append(Chain& chain, Waiter& waiter) noexcept {
    waiter.behind = nullptr;
    (chain.last == nullptr ? chain.first : chain.last->behind) = &waiter;
    chain.last = &waiter;
    ++chain.count;
  }

  Waiter* head_ = nullptr;  // the oldest
  Waiter* tail_ = nullptr;
};

}  // namespace syncbench
