// An event that counts its sleepers in a word of its own, so that a set need not ask the kernel when nobody sleeps. The
// store that sets and the look at the sleepers are Dekker's pattern: see mutex/counted_mutex.hpp here.
#pragma once

#include "primitives/mutants/mutex/counted_mutex.hpp"
#include "primitives/platform/platform.hpp"

namespace syncbench::mutants {

/// Is set once.
template <Platform P, CountedFault kFault = CountedFault::none>
class CountedEvent {
 public:
  static constexpr Traits kTraits{
      .source = "Dekker's pattern", .destroy_after_use = false, .state = "1 set, then how many sleep"};

  CountedEvent() = default;
  CountedEvent(const CountedEvent&) = delete;
  CountedEvent& operator=(const CountedEvent&) = delete;

  void set() {
    if constexpr (kFault == CountedFault::none) {
      set_.exchange(1, std::memory_order_seq_cst);
    } else {
      set_.store(1, std::memory_order_release);
    }
    if (sleepers_.load(std::memory_order_seq_cst) != 0) P::unpark(&set_, kEverybody);
  }
  bool is_set() const { return set_.load(std::memory_order_acquire) != 0; }
  void wait() {
    sleepers_.fetch_add(1, std::memory_order_seq_cst);
    while (!is_set()) P::park(set_, 0, Never{});
    sleepers_.fetch_sub(1, std::memory_order_relaxed);
  }

 private:
  typename P::Word set_{0};
  typename P::Word sleepers_{0};
};

}  // namespace syncbench::mutants
