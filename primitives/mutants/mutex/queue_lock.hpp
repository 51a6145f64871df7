// A queue lock whose hand-over goes wrong: who has joined the queue and not linked itself yet is forgotten, who gave up
// is handed the lock, what was written under the lock is not handed over. After MCS with timeouts; nodes are allocated,
// and freed by whoever takes them out of the queue. The healthy one beside it is primitives/mutex/mcs_lock.hpp.
#pragma once

#include "primitives/concepts.hpp"
#include "primitives/mutex/timed_forms.hpp"

namespace syncbench::mutants {

enum class QueueFault {
  none,
  successor_not_awaited,  ///< sees no link behind it, and takes that for nobody
  serves_who_gave_up,     ///< hands over to a waiter that left on its timeout
  hands_over_relaxed,
};

/// Scott and Scherer 2001, Scalable queue-based spin locks with timeout: whoever gives up marks its node, and whoever
/// hands over skips the marked ones.
template <Platform P, QueueFault kFault = QueueFault::none>
class QueueLock : public TimedForms<QueueLock<P, kFault>, P> {
 public:
  static constexpr Traits kTraits{.source = "Scott and Scherer 2001",
                                  .fifo = true,
                                  .spins = true,
                                  .state = "the last in line, then the holder's node"};

  void lock() { queue(Never{}); }
  bool try_lock() {
    Node* const mine = new Node;
    Node* last = nullptr;
    if (!tail_.compare_exchange_strong(last, mine, std::memory_order_acq_rel, std::memory_order_relaxed)) {
      delete mine;
      return false;
    }
    holder_ = mine;
    return true;
  }
  void unlock() {
    for (Node* node = holder_; node != nullptr;) node = pass_on(node);
  }

 private:
  friend TimedForms<QueueLock, P>;
  static constexpr std::uint32_t kWaiting = 0, kServed = 1, kLeft = 2;
  struct Node {
    typename P::template Atomic<Node*> behind{nullptr};
    typename P::Word word{kWaiting};
  };

  bool try_lock_before(const auto& deadline) { return queue(deadline); }

  bool queue(const auto& deadline) {
    Node* const mine = new Node;
    Node* const last = tail_.exchange(mine, std::memory_order_acq_rel);
    if (last != nullptr) {
      last->behind.store(mine, std::memory_order_release);
      while (mine->word.load(std::memory_order_acquire) != kServed) {
        if (deadline.passed()) {
          std::uint32_t seen = kWaiting;
          if (mine->word.compare_exchange_strong(seen, kLeft, std::memory_order_acquire)) return false;
        } else {
          P::relax();
        }
      }
    }
    holder_ = mine;
    return true;
  }

  // Takes `node` out of the queue; returns the next one if that has left.
  Node* pass_on(Node* node) {
    Node* next = node->behind.load(std::memory_order_acquire);
    if (next == nullptr) {
      Node* last = node;
      if (tail_.compare_exchange_strong(last, nullptr, std::memory_order_release, std::memory_order_relaxed)) {
        delete node;
        return nullptr;
      }
      if (kFault == QueueFault::successor_not_awaited) return nullptr;
      while ((next = node->behind.load(std::memory_order_acquire)) == nullptr) P::relax();
    }
    delete node;
    constexpr auto kOrder = kFault == QueueFault::hands_over_relaxed ? std::memory_order_relaxed  //
                                                                     : std::memory_order_release;
    std::uint32_t seen = kWaiting;
    if (kFault == QueueFault::serves_who_gave_up) {
      next->word.store(kServed, kOrder);
      return nullptr;
    }
    return next->word.compare_exchange_strong(seen, kServed, kOrder, std::memory_order_relaxed) ? nullptr : next;
  }

  typename P::template Atomic<Node*> tail_{nullptr};
  Node* holder_ = nullptr;  // the holder's
};

}  // namespace syncbench::mutants
