// Central barrier: all threads count themselves in one place, and the last one opens the gate for the others. The sense
// that the textbook version reverses is a phase number here, kept in the same word as the count, so that one
// instruction tells a thread both its index and the phase that this index is of. [Mellor-Crummey and Scott 1991,
// Algorithms for scalable synchronization on shared-memory multiprocessors, section 3.1, the sense-reversing
// centralized barrier]
//
// Who may destroy it? The thread that came last, as soon as it is through (rule B8), while the others may still be
// looking at the gate. No reader can make known that it has read without writing something, so each of them adds one to
// a count as its last access, and the destructor waits for the count of all departures. It lies in the line that the
// thread has just read and writes next, at its next arrival; and the last one, whom all others wait for, does not
// count.
#pragma once

#include <cassert>
#include <utility>

#include "primitives/barrier/gate.hpp"
#include "primitives/concepts.hpp"

namespace syncbench {

/// One cache line, with its action. For any number of threads: more than `parties` pass in groups, in order of arrival.
/// May be destroyed as soon as the thread with index parties - 1 has returned from the last phase, by that thread or
/// one that it told. The action must not throw.
template <Platform P, template <class> class WaitFor>
class CentralBarrier {
 public:
  using Wait = WaitFor<P>;
  static constexpr Traits kTraits{.source = "Mellor-Crummey and Scott 1991, section 3.1",
                                  .state = "64 bits: who has arrived in the phase, then the phase"};

  /// Phases are numbered from `first`: tests put the wrap-around where they need it.
  explicit CentralBarrier(std::uint32_t parties, PhaseAction action = {}, std::uint32_t first = 0) noexcept
      : state_(first * kPhase),
        gate_(first),
        departures_(first * (parties - 1)),
        parties_(parties),
        action_(std::move(action)) {
    assert(parties >= 1 && parties <= 1U << 31U && "a barrier is for one thread at least");
  }
  CentralBarrier(const CentralBarrier&) = delete;
  CentralBarrier& operator=(const CentralBarrier&) = delete;
  ~CentralBarrier() {
    const std::uint64_t state = state_.load(std::memory_order_relaxed);
    assert(arrivals_of(state) == 0 && "destroyed while somebody waits");
    while (departures_.load(std::memory_order_acquire) != phase_of(state) * (parties_ - 1)) P::yield();  // (4) with (3)
  }

  /// Returns the arrival index. The last to arrive runs the action.
  std::uint32_t arrive_and_wait() noexcept {
    // (1) synchronizes-with (1): acquire and release in one, so that the last arrival has seen all before it. The gate
    // passes that on to the others.
    const std::uint64_t before = state_.fetch_add(1, std::memory_order_acq_rel);
    if (arrivals_of(before) >= parties_) return join_later_phase(before);
    return finish(phase_of(before), arrivals_of(before));
  }

 private:
  // state_: the phase in the upper half, and in the lower half how many have arrived in it; those that come between the
  // last arrival and the end of the phase are counted on, and are the first of the phases that follow.
  static constexpr std::uint64_t kPhase = std::uint64_t{1} << 32U;

  static std::uint32_t phase_of(std::uint64_t state) noexcept { return static_cast<std::uint32_t>(state / kPhase); }
  static std::uint32_t arrivals_of(std::uint64_t state) noexcept { return static_cast<std::uint32_t>(state % kPhase); }

  [[gnu::noinline]] std::uint32_t join_later_phase(std::uint64_t before) noexcept {
    return finish(phase_of(before) + arrivals_of(before) / parties_, arrivals_of(before) % parties_);
  }

  std::uint32_t finish(std::uint32_t phase, std::uint32_t index) noexcept {
    if (index == parties_ - 1) {
      complete(phase);
    } else {
      gate_.pass(phase);
      departures_.fetch_add(1, std::memory_order_release);  // (3) synchronizes-with (4): our last access
    }
    return index;
  }

  void complete(std::uint32_t phase) noexcept {
    gate_.pass(phase - 1);  // open already, unless more threads than parties are here and an action is still running
    if (action_) action_();
    // Before the gate opens, so that who passes it finds the next phase. Relaxed: what it needs to see, the gate shows
    // it; and for the chain of arrivals at (1) any read-modify-write is a link.
    state_.fetch_add(kPhase - parties_, std::memory_order_relaxed);
    gate_.open(phase + 1);  // no access to the barrier after this
  }

  alignas(64) typename P::template Atomic<std::uint64_t> state_;
  Gate<P, WaitFor> gate_;        // open below the phase that is filling
  typename P::Word departures_;  // of those that were not last, over all phases
  const std::uint32_t parties_;
  const PhaseAction action_;
};

static_assert(ActingBarrier<CentralBarrier<NativePlatform, Backoff>> &&
              ActingBarrier<CentralBarrier<NativePlatform, Park>>);

}  // namespace syncbench
