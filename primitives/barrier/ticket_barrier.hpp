// Ticket barrier: each arrival draws a number, and the gate opens for `parties` numbers at a time. As in a ticket lock,
// numbers are drawn in one line and waited for in another, so arrivals do not disturb those who wait. And as a number
// is all that a thread needs to wait, arriving and waiting can be two calls with work between them. [The two calls are
// C++20's, [thread.barrier]; the numbers are Reed and Kanodia's 1979, Synchronization with eventcounts and sequencers:
// `ticket`, then `await`]
//
// What a number is worth takes no division: the gate shows the first number of the phase, and since nobody is in a
// later phase than the gate (unless there are more threads than parties), the distance to it is the index.
#pragma once

#include <cassert>
#include <utility>

#include "primitives/barrier/gate.hpp"
#include "primitives/barrier/ranks.hpp"
#include "primitives/concepts.hpp"

namespace syncbench {

/// For up to 2^30 threads and parties; more threads than parties pass in groups, in order of arrival. Every token is
/// waited for, once. May be destroyed as soon as the thread with index parties - 1 has returned from the last phase, by
/// that thread or one that it told. The action must not throw.
template <Platform P, template <class> class WaitFor>
class TicketBarrier {
 public:
  using Wait = WaitFor<P>;
  static constexpr Traits kTraits{.source = "Reed and Kanodia 1979, eventcounts and sequencers"};

  /// A place in a phase.
  class Token {
    friend TicketBarrier;
    Token(std::uint32_t number, std::uint32_t index) noexcept : number_(number), index_(index) {}
    std::uint32_t number_;
    std::uint32_t index_;
  };

  /// Numbers start at `first`: tests put the wrap-around where they need it.
  explicit TicketBarrier(std::uint32_t parties, PhaseAction action = {}, std::uint32_t first = 0) noexcept
      : next_(first), departures_(first), parties_(parties), action_(std::move(action)), gate_(first) {
    assert(parties >= 1 && parties <= 1U << 30U && "a barrier is for one thread at least");
  }
  TicketBarrier(const TicketBarrier&) = delete;
  TicketBarrier& operator=(const TicketBarrier&) = delete;
  ~TicketBarrier() {
    // Those who were last in a phase did not count themselves out (see wait): they are `phases_` in number.
    const std::uint32_t drawn = next_.load(std::memory_order_relaxed);
    assert((drawn & kNumbers) == gate_.number() && "destroyed while somebody waits");
    const std::uint32_t others = drawn - phases_.load(std::memory_order_relaxed);
    while (departures_.load(std::memory_order_acquire) != others) P::yield();  // (3) with (2)
  }

  /// Counts the caller in. The last one of a phase runs the action and opens the gate.
  [[nodiscard]] Token arrive() noexcept {
    // The gate is read before the number is drawn, so it cannot be ahead of the number: whoever opened it further had
    // drawn a higher number, after ours by (1), and its opening cannot have been seen by a read before ours.
    const std::uint32_t first_of_phase = gate_.number();
    // (1) synchronizes-with (1): the last arrival has seen all before it, and the gate passes that on.
    const std::uint32_t number = next_.fetch_add(1, std::memory_order_acq_rel);
    const std::uint32_t distance = (number - first_of_phase) & kNumbers;
    const Token token(number, distance < parties_ ? distance : index_beyond(distance));
    if (is_last(token)) complete(number);
    return token;
  }

  /// Waits until all of the token's phase have arrived; returns the arrival index.
  std::uint32_t wait(const Token& token) noexcept {
    if (!is_last(token)) {
      gate_.pass(token.number_);
      departures_.fetch_add(1, std::memory_order_release);  // (2) synchronizes-with (3): our last access
    }
    return token.index_;
  }

  std::uint32_t arrive_and_wait() noexcept { return wait(arrive()); }

 private:
  static constexpr std::uint32_t kNumbers = 0x7fffffff;  // the gate counts modulo 2^31

  bool is_last(const Token& token) const noexcept { return token.index_ == parties_ - 1; }

  // For a number of a later phase: there are more threads than parties.
  [[gnu::noinline]] std::uint32_t index_beyond(std::uint32_t distance) const noexcept { return distance % parties_; }

  void complete(std::uint32_t number) noexcept {
    gate_.pass(number - parties_);  // open already, unless an earlier phase's action is still running
    if (action_) action_();
    // Relaxed: one thread at a time comes here, and each has passed the gate that the one before it opened.
    phases_.store(phases_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    gate_.open(number + 1);  // no access to the barrier after this
  }

  alignas(kLinePair) typename P::Word next_;  // the next number to be drawn
  typename P::Word departures_;               // of those that were not last, plus the first number
  typename P::Word phases_{0};                // completed
  const std::uint32_t parties_;
  const PhaseAction action_;
  alignas(kLinePair) Gate<P, WaitFor> gate_;  // open below the first number of the phase that is filling
};

static_assert(ActingBarrier<TicketBarrier<NativePlatform, Backoff>> &&
              ActingBarrier<TicketBarrier<NativePlatform, Park>>);

}  // namespace syncbench
