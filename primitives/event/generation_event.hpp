// Event in one word: whether it is set, and how often that has changed. A waiter that found it unset waits for the word
// to say anything newer, so a set that is followed by a clear at once still lets go of everybody who waited, which an
// event that only looks at its flag does not. [Reed and Kanodia 1979, eventcounts: wait for a count to pass]
#pragma once

#include <cassert>

#include "primitives/concepts.hpp"
#include "primitives/event/event_forms.hpp"
#include "primitives/platform/native.hpp"
#include "primitives/wait/busy.hpp"
#include "primitives/wait/park.hpp"

namespace syncbench {

/// Four bytes. A set is missed only by a waiter that does not look at the word for exactly 2^30 sets and clears. May be
/// destroyed as soon as every wait has returned, also while the set that let them go is still on its way: its last
/// access is the exchange that sets.
template <Platform P, template <class> class WaitFor>
class GenerationEvent : public EventForms<GenerationEvent<P, WaitFor>, P> {
 public:
  using Wait = WaitFor<P>;
  static_assert(WaitStrategy<Wait>);
  static constexpr Traits kTraits{.source = "Reed and Kanodia 1979, eventcounts",
                                  .state = "twice the number of changes (odd number: set), +1 somebody may be asleep"};

  /// The changes are counted from `first`, which is even: tests put the wrap-around where they need it.
  explicit GenerationEvent(std::uint32_t first = 0) noexcept : word_(first * kChange) {
    assert(first % 2 == 0 && "begins unset");
  }
  GenerationEvent(const GenerationEvent&) = delete;
  GenerationEvent& operator=(const GenerationEvent&) = delete;

  void set() noexcept {
    const void* const address = &word_;
    std::uint32_t seen = word_.load(std::memory_order_relaxed);
    do {
      // Release also when there is nothing to change, so that what we did before is seen by those who find it set.
    } while (!word_.compare_exchange_weak(seen, is_set(seen) ? seen : (seen & ~kAsleep) + kChange,
                                          std::memory_order_release,  // (1) synchronizes-with (2)
                                          std::memory_order_relaxed));
    if constexpr (Wait::kParks) {
      if ((seen & kAsleep) != 0) Wait::unpark(address, kEverybody);
    }
  }

  void clear() noexcept {
    std::uint32_t seen = word_.load(std::memory_order_relaxed);
    // Acquire and release: carries on what (1) published to those who wait for a later set or ask whether it is set.
    while (is_set(seen) &&
           !word_.compare_exchange_weak(seen, seen + kChange, std::memory_order_acq_rel, std::memory_order_relaxed)) {
    }
  }

  bool is_set() const noexcept { return is_set(word_.load(std::memory_order_acquire)); }  // (2) with (1)

 private:
  friend EventForms<GenerationEvent, P>;

  // word_: bit 0, the mark "somebody may be asleep" (only while unset: a set wakes everybody and drops it); above it
  // the number of changes, odd while set.
  static constexpr std::uint32_t kAsleep = 1;
  static constexpr std::uint32_t kChange = 2;
  static bool is_set(std::uint32_t word) noexcept { return (word & kChange) != 0; }

  bool wait_before(const auto& deadline) noexcept {
    const std::uint32_t seen = word_.load(std::memory_order_acquire);  // (2) with (1)
    return is_set(seen) || await_change(seen & ~kAsleep, deadline);
  }

  // While the changes number as many as in `unset`, nobody has set it.
  [[gnu::noinline]] bool await_change(std::uint32_t unset, const auto& deadline) noexcept {
    typename Wait::Episode episode;
    for (;;) {
      std::uint32_t seen = word_.load(std::memory_order_acquire);  // (2) with (1), or with the clear that followed it
      if ((seen & ~kAsleep) != unset) return true;
      if (deadline.passed()) return false;
      if (episode.spin()) continue;
      if constexpr (Wait::kParks) {
        // Relaxed: the kernel compares the word again under its own lock, and the set reads the mark from this word.
        if (seen == unset && !word_.compare_exchange_strong(seen, unset | kAsleep, std::memory_order_relaxed)) continue;
        Wait::park(word_, unset | kAsleep, deadline);
      }
    }
  }

  typename P::Word word_;
};

static_assert(Event<GenerationEvent<NativePlatform, Backoff>> && Event<GenerationEvent<NativePlatform, Park>>);

}  // namespace syncbench
