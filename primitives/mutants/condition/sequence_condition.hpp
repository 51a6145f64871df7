// A condition that loses notifications: between giving up the lock and waiting, among several waiters, and with those
// that give up. The healthy one beside it is primitives/condition/sequence_condition.hpp.
#pragma once

#include "primitives/concepts.hpp"
#include "primitives/condition/condition_forms.hpp"

namespace syncbench::mutants {

enum class SequenceFault {
  none,
  reads_after_unlocking,     ///< a notification in between is in what it has read
  does_not_change,           ///< wakes, and leaves the word as it is
  wakes_one_of_all,          ///< notify_all wakes one
  counts_after_unlocking,    ///< a notification in between sees no waiter, and is dropped
  forgets_the_notification,  ///< says that its time was up, though it was notified
  returns_without_the_lock,  ///< does not take the lock again when its time was up
};

template <Platform P, SequenceFault kFault = SequenceFault::none>
class SequenceCondition : public ConditionForms<SequenceCondition<P, kFault>, P> {
  using Fault = SequenceFault;

 public:
  static constexpr Traits kTraits{.source = "Drepper 2011, Futexes are tricky, section 7", .state = "the sequence"};

  void notify(std::uint32_t n) noexcept {
    const void* const address = &sequence_;
    if (waiting_.load(std::memory_order_relaxed) == 0 || n == 0) return;
    if (kFault != Fault::does_not_change) sequence_.fetch_add(1, std::memory_order_seq_cst);
    P::unpark(address, kFault == Fault::wakes_one_of_all ? 1 : n);
  }

 private:
  friend ConditionForms<SequenceCondition, P>;

  bool wait_before(auto& lock, const auto& deadline) {
    std::uint32_t seen = sequence_.load(std::memory_order_relaxed);
    if (kFault != Fault::counts_after_unlocking) waiting_.fetch_add(1, std::memory_order_relaxed);
    lock.unlock();
    if (kFault == Fault::counts_after_unlocking) waiting_.fetch_add(1, std::memory_order_relaxed);
    if (kFault == Fault::reads_after_unlocking) seen = sequence_.load(std::memory_order_relaxed);
    const bool notified = await_change(seen, deadline);
    waiting_.fetch_sub(1, std::memory_order_relaxed);
    if (kFault != Fault::returns_without_the_lock || notified) lock.lock();
    return notified;
  }

  bool await_change(std::uint32_t seen, const auto& deadline) {
    while (sequence_.load(std::memory_order_relaxed) == seen) {
      if (deadline.passed()) return false;
      P::park(sequence_, seen, deadline);
      if (kFault == Fault::forgets_the_notification && deadline.passed()) return false;
      if (kFault == Fault::does_not_change) return true;  // nothing else tells that it was notified
    }
    return true;
  }

  typename P::Word sequence_{0};
  typename P::Word waiting_{0};
};

/// Its wait for a predicate looks at it once: `if` where it takes `while`.
template <Platform P>
class AsksOnce : public SequenceCondition<P> {
 public:
  using SequenceCondition<P>::wait;
  template <class Lock, class Predicate>
  void wait(Lock& lock, Predicate predicate) {
    if (!predicate()) wait(lock);
  }
};

/// Gives up one level of a recursive mutex, where it takes all: whoever would notify is kept out for ever.
template <Platform P>
class GivesUpOneLevel : public SequenceCondition<P> {
 public:
  using SequenceCondition<P>::wait;
  template <class Lock>
  void wait(Lock& lock) {
    struct OneLevel {
      void lock() { inner.lock(); }
      void unlock() { inner.unlock(); }
      Lock& inner;
    } level{lock};
    SequenceCondition<P>::wait(level);
  }
};

}  // namespace syncbench::mutants
