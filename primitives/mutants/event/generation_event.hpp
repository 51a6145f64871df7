// An event that passes waiters by: a set that wakes one, a waiter that looks at the flag alone, a count of changes that
// comes round. The healthy one beside it is primitives/event/generation_event.hpp.
#pragma once

#include "primitives/concepts.hpp"
#include "primitives/event/event_forms.hpp"

namespace syncbench::mutants {

enum class EventFault {
  none,
  wakes_one,
  looks_at_the_flag_alone,  ///< a set that is followed by a clear is never seen
  wakes_before_it_sets,     ///< whoever wakes up finds it unset, and nobody wakes it again
  believes_the_wake_up,     ///< takes waking up for a set
  set_when_late,            ///< says yes when the time is up
  sets_relaxed,
};

/// `kBits`: how wide the count of changes is, whose lowest bit says whether it is set.
template <Platform P, EventFault kFault = EventFault::none, unsigned kBits = 32>
class GenerationEvent : public EventForms<GenerationEvent<P, kFault, kBits>, P> {
 public:
  static constexpr Traits kTraits{.source = "Reed and Kanodia 1979, eventcounts",
                                  .state = "how often it was set and cleared: odd while set"};

  void set() {
    constexpr auto kOrder = kFault == EventFault::sets_relaxed ? std::memory_order_relaxed : std::memory_order_release;
    const void* const address = &changes_;
    if (kFault == EventFault::wakes_before_it_sets) P::unpark(address, kEverybody);
    std::uint32_t seen = changes_.load(std::memory_order_relaxed);
    while (seen % 2 == 0 && !changes_.compare_exchange_weak(seen, next(seen), kOrder, std::memory_order_relaxed)) {
    }
    if (kFault != EventFault::wakes_before_it_sets)
      P::unpark(address, kFault == EventFault::wakes_one ? 1 : kEverybody);
  }
  void clear() {
    std::uint32_t seen = changes_.load(std::memory_order_relaxed);
    while (seen % 2 == 1 && !changes_.compare_exchange_weak(seen, next(seen), std::memory_order_acq_rel)) {
    }
  }
  bool is_set() const { return changes_.load(std::memory_order_acquire) % 2 == 1; }

 private:
  friend EventForms<GenerationEvent, P>;
  static std::uint32_t next(std::uint32_t changes) { return (changes + 1) & (0xffffffffU >> (32 - kBits)); }

  bool wait_before(const auto& deadline) {
    std::uint32_t unset = changes_.load(std::memory_order_acquire);
    if (unset % 2 == 1) return true;
    for (std::uint32_t seen = unset; seen == unset; seen = changes_.load(std::memory_order_acquire)) {
      if (deadline.passed()) return kFault == EventFault::set_when_late;
      P::park(changes_, seen, deadline);
      if (kFault == EventFault::believes_the_wake_up) return true;
      if (kFault == EventFault::looks_at_the_flag_alone) {
        unset = changes_.load(std::memory_order_acquire);
        if (unset % 2 == 1) return true;
      }
    }
    return true;
  }

  typename P::Word changes_{0};
};

}  // namespace syncbench::mutants
