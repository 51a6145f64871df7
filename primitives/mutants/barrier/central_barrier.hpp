// A central barrier whose phases run into each other, whose indices are read too late, and whose leavers come back to
// it. The healthy one beside it is primitives/barrier/central_barrier.hpp.
#pragma once

#include <utility>

#include "primitives/concepts.hpp"
#include "primitives/platform/platform.hpp"

namespace syncbench::mutants {

enum class BarrierFault {
  none,
  has_no_phase,            ///< waits for the count to be reset, and may find it counting again
  opens_before_it_resets,  ///< whoever leaves may arrive again, and is wiped out
  counts_in_two_steps,     ///< a load, then a store
  reads_the_index_back,    ///< asks how many there are when it has counted itself
  acts_when_open,          ///< runs the action when all may leave
  wakes_one,
  claims_destruction,  ///< leavers look at it once more, and it says that it may be destroyed
  opens_relaxed,
  opens_without_a_fence,  ///< the look at the sleepers may overtake the store that opens
};

/// `kBits`: how wide the number of the phase is.
template <Platform P, BarrierFault kFault = BarrierFault::none, unsigned kBits = 32>
class CentralBarrier {
  using Fault = BarrierFault;

 public:
  static constexpr Traits kTraits{.source = "Mellor-Crummey and Scott 1991, section 3.1",
                                  .destroy_after_use = kFault == Fault::claims_destruction,
                                  .state = "how many have arrived, the phase, how many sleep"};

  explicit CentralBarrier(std::uint32_t parties, PhaseAction action = {})
      : parties_(parties), action_(std::move(action)) {}
  CentralBarrier(const CentralBarrier&) = delete;
  CentralBarrier& operator=(const CentralBarrier&) = delete;

  std::uint32_t arrive_and_wait() {
    const std::uint32_t phase = phase_.load(std::memory_order_acquire);
    const std::uint32_t index = count_in();
    if (index + 1 == parties_) {
      complete(phase);
    } else if (kFault == Fault::has_no_phase) {
      await_reset();
    } else {
      await_change(phase);
    }
    return index;
  }

 private:
  std::uint32_t count_in() {
    if constexpr (kFault == Fault::counts_in_two_steps) {
      const std::uint32_t index = arrived_.load(std::memory_order_acquire);
      arrived_.store(index + 1, std::memory_order_release);
      return index;
    }
    const std::uint32_t index = arrived_.fetch_add(1, std::memory_order_acq_rel);
    return kFault == Fault::reads_the_index_back ? arrived_.load(std::memory_order_acquire) - 1 : index;
  }

  void complete(std::uint32_t phase) {
    if (action_ && kFault != Fault::acts_when_open) action_();
    if (kFault != Fault::opens_before_it_resets) arrived_.store(0, std::memory_order_release);
    open((phase + 1) & (0xffffffffU >> (32 - kBits)));
    if (kFault == Fault::opens_before_it_resets) arrived_.store(0, std::memory_order_release);
    if (action_ && kFault == Fault::acts_when_open) action_();
  }

  void open(std::uint32_t phase) {
    const void* const address = kFault == Fault::has_no_phase ? &arrived_ : &phase_;
    if constexpr (kFault == Fault::opens_without_a_fence) {
      phase_.store(phase, std::memory_order_release);
      if (sleepers_.load(std::memory_order_acquire) != 0) P::unpark(address, kEverybody);
    } else {
      phase_.store(phase, kFault == Fault::opens_relaxed ? std::memory_order_relaxed : std::memory_order_release);
      P::unpark(address, kFault == Fault::wakes_one ? 1 : kEverybody);
    }
  }

  void await_change(std::uint32_t phase) {
    if (kFault == Fault::opens_without_a_fence) sleepers_.fetch_add(1, std::memory_order_seq_cst);
    while (phase_.load(std::memory_order_acquire) == phase) P::park(phase_, phase, Never{});
    if (kFault == Fault::opens_without_a_fence) sleepers_.fetch_sub(1, std::memory_order_relaxed);
  }

  void await_reset() {
    for (std::uint32_t seen; (seen = arrived_.load(std::memory_order_acquire)) != 0;) P::park(arrived_, seen, Never{});
  }

  const std::uint32_t parties_;
  const PhaseAction action_;
  typename P::Word arrived_{0}, phase_{0};
  typename P::Word sleepers_{0};
};

}  // namespace syncbench::mutants
