// A futex mutex that counts its sleepers in a word of its own. Letting go is a store to one word and a look at another,
// waiting is a store to that other and a look at the first: one of the two must see the other's store, and without a
// fence between store and load neither may. [Dekker's pattern; oneTBB and the JDK's park had it]
#pragma once

#include "primitives/concepts.hpp"
#include "primitives/platform/platform.hpp"

namespace syncbench::mutants {

enum class CountedFault {
  none,
  no_fence,               ///< the look at the sleepers may overtake the store that lets go
  looks_before_it_opens,  ///< looks at the sleepers first: wrong on every processor
};

template <Platform P, CountedFault kFault = CountedFault::none>
class CountedMutex {
 public:
  static constexpr Traits kTraits{
      .source = "Dekker's pattern", .destroy_after_use = false, .state = "1 held, then how many sleep"};

  void lock() {
    while (!try_lock()) {
      sleepers_.fetch_add(1, std::memory_order_seq_cst);
      P::park(word_, 1, Never{});
      sleepers_.fetch_sub(1, std::memory_order_relaxed);
    }
  }
  bool try_lock() { return word_.exchange(1, std::memory_order_acquire) == 0; }
  void unlock() {
    if constexpr (kFault == CountedFault::none) {
      word_.exchange(0, std::memory_order_seq_cst);
      if (sleepers_.load(std::memory_order_seq_cst) != 0) P::unpark(&word_, 1);
    } else if constexpr (kFault == CountedFault::no_fence) {
      word_.store(0, std::memory_order_release);
      if (sleepers_.load(std::memory_order_acquire) != 0) P::unpark(&word_, 1);
    } else {
      const bool asleep = sleepers_.load(std::memory_order_seq_cst) != 0;
      word_.exchange(0, std::memory_order_seq_cst);
      if (asleep) P::unpark(&word_, 1);
    }
  }

 private:
  typename P::Word word_{0};
  typename P::Word sleepers_{0};
};

}  // namespace syncbench::mutants
