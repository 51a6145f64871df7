// A ticket lock whose numbers go wrong: the two counters wrap at different widths, an attempt draws a number and walks
// away, two threads draw the same one. The healthy one beside it is primitives/mutex/ticket_lock.hpp.
#pragma once

#include "primitives/concepts.hpp"
#include "primitives/mutex/timed_forms.hpp"

namespace syncbench::mutants {

enum class TicketFault {
  none,
  attempt_keeps_its_ticket,  ///< an attempt draws a number, and leaves without giving it back
  draws_in_two_steps,        ///< a load, then a store
};

/// `kBits`: how wide the number being called is; tickets always have 32. (In the field it was 8.)
template <Platform P, TicketFault kFault = TicketFault::none, unsigned kBits = 32>
class TicketLock : public TimedForms<TicketLock<P, kFault, kBits>, P> {
 public:
  static constexpr Traits kTraits{.source = "Mellor-Crummey and Scott 1991, section 2.2",
                                  .fifo = true,
                                  .spins = true,
                                  .state = "the next ticket, then the one being called"};

  void lock() {
    const std::uint32_t mine = draw();
    while (called_.load(std::memory_order_acquire) != mine) P::relax();
  }
  bool try_lock() {
    std::uint32_t mine = called_.load(std::memory_order_acquire);
    if constexpr (kFault == TicketFault::attempt_keeps_its_ticket) return draw() == mine;
    return next_.compare_exchange_strong(mine, mine + 1, std::memory_order_relaxed);
  }
  void unlock() {
    const std::uint32_t next = called_.load(std::memory_order_relaxed) + 1;
    called_.store(next & kNumbers, std::memory_order_release);
  }

 private:
  friend TimedForms<TicketLock, P>;
  static constexpr std::uint32_t kNumbers = 0xffffffffU >> (32 - kBits);

  std::uint32_t draw() {
    if constexpr (kFault == TicketFault::draws_in_two_steps) {
      const std::uint32_t mine = next_.load(std::memory_order_relaxed);
      next_.store(mine + 1, std::memory_order_relaxed);
      return mine;
    }
    return next_.fetch_add(1, std::memory_order_relaxed);
  }
  bool try_lock_before(const auto& deadline) {
    while (!try_lock()) {
      if (deadline.passed()) return false;
      P::relax();
    }
    return true;
  }

  typename P::Word next_{0}, called_{0};
};

}  // namespace syncbench::mutants
