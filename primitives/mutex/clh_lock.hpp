// CLH lock: a queue in which each thread looks at the node of the thread before it. To join is one exchange, to release
// is one store, and nobody needs to know its successor. Who releases leaves its node to the next owner, who waited on
// it, and later goes on with the one that it found itself.
// [Craig 1993, Building FIFO and priority-queuing spin locks from atomic swap; Magnussen, Landin, Hagersten 1994, Queue
// locks on cache coherent multiprocessors]
//
// A thread that gives up writes into its node whom it stood behind: its successor takes the node over and stands there
// itself. [After Scott 2002, Non-blocking timeout in scalable queue-based spin locks]
#pragma once

#include <cassert>

#include "primitives/concepts.hpp"
#include "primitives/mutex/node_pool.hpp"
#include "primitives/mutex/timed_forms.hpp"
#include "primitives/platform/native.hpp"
#include "primitives/wait/busy.hpp"
#include "primitives/wait/park.hpp"
#include "primitives/wait/turn.hpp"

namespace syncbench {

/// Two cache lines, and a node elsewhere. FIFO, for timed attempts too; they leave the queue without waiting for
/// anybody. Until they have left they count as queued: a try_lock beside them may fail. Any thread may unlock. May be
/// destroyed as soon as it is free: unlock's last access is to its own node, which is no part of the lock and stays
/// memory for ever. The constructor, and a thread's first acquisition before it has changed anything, throw
/// std::bad_alloc if there is no memory for a node.
template <Platform P, template <class> class WaitFor>
class ClhLock : public TimedForms<ClhLock<P, WaitFor>, P> {
 public:
  using Wait = WaitFor<P>;
  static_assert(WaitStrategy<Wait>);
  static constexpr Traits kTraits{
      .source = "Craig 1993; Magnussen, Landin and Hagersten 1994", .fifo = true, .by_kernel_thread = true};

  ClhLock() : ClhLock(Pool::fetch()) {}
  ClhLock(const ClhLock&) = delete;
  ClhLock& operator=(const ClhLock&) = delete;
  ~ClhLock() {
    Node* last = tail_.load(std::memory_order_acquire);
    while (last->turn.look() == kLeft) last = &pass_by(*last);
    assert(last->turn.look() == kFree && "destroyed while held or waited for");
    Pool::give_back(*last);
  }

  void lock() {
    Node& mine = new_node();
    Node& last = *tail_.exchange(&mine, std::memory_order_acq_rel);  // (3) with (3), (4)
    if (last.turn.look() == kFree) return enter(mine, last);         // (2) with (1)
    wait(mine, last, Never{});
  }

  bool try_lock() {
    // Acquire: the node's word is there to be read. The node may have moved on to another lock by now, but then this
    // one was held meanwhile: "no" is a right answer. `wait` looks again at what would be a "yes".
    Node* last = tail_.load(std::memory_order_acquire);  // (3) with (3), (4)
    if (last->turn.look() < kFree) return false;
    Node& mine = new_node();
    if (tail_.compare_exchange_strong(last, &mine, std::memory_order_acq_rel, std::memory_order_relaxed))  // (3)
      return wait(mine, *last, Deadline<typename P::Clock>::at(P::Clock::time_point::min()));
    return Pool::keep(mine), false;
  }

  void unlock() noexcept {
    Node& mine = *holder_.load(std::memory_order_relaxed);
    assert(mine.turn.look() < kFree && "unlock of a free lock");
    mine.turn.tell(kFree);  // (1) synchronizes-with (2)
  }

 private:
  friend TimedForms<ClhLock, P>;

  static constexpr std::size_t kLine = 64;
  struct alignas(kLine) Node {
    Turn<P, WaitFor> turn;
    Node* link = nullptr;  // in a node that was left: whom its thread stood behind
  };
  using Pool = NodePool<Node>;

  // What the thread behind a node is told. While it is told nothing, the node's thread waits itself or holds the lock.
  static constexpr std::uint32_t kFree = Turn<P, WaitFor>::kTold;  // the lock and this node are yours
  static constexpr std::uint32_t kLeft = kFree + 1;                // this node is yours; you stand behind its link now

  explicit ClhLock(Node& first) noexcept : tail_(&first), holder_(&first) { first.turn.tell(kFree); }

  static Node& new_node() {
    Node& mine = Pool::take();
    mine.turn.reset();  // whoever finds the node in tail_ sees this store through (3)
    return mine;
  }

  void enter(Node& mine, Node& before) noexcept {
    Pool::keep(before);
    holder_.store(&mine, std::memory_order_relaxed);
  }

  bool try_lock_before(const auto& deadline) {
    Node& mine = new_node();
    return wait(mine, *tail_.exchange(&mine, std::memory_order_acq_rel), deadline);  // (3) with (3), (4)
  }

  // Waits behind `last`, and behind those whom threads that gave up stood behind. False: gave up, too.
  [[gnu::noinline]] bool wait(Node& mine, Node& last, const auto& deadline) noexcept {
    Node* before = &last;
    typename Wait::Episode episode;
    for (;;) {
      const std::uint32_t seen = before->turn.look();  // (2) with (1), (5)
      if (seen == kFree) return enter(mine, *before), true;
      if (seen == kLeft) {
        before = &pass_by(*before);
      } else if (deadline.passed()) {
        return leave(mine, *before), false;
      } else {
        before->turn.rest(episode, deadline);
      }
    }
  }

  // The node goes into stock, not to us: the thread that left it has to fetch another one there.
  static Node& pass_by(Node& left) noexcept {
    Node& before = *left.link;
    Pool::give_back(left);
    return before;
  }

  // If nobody has come after us the queue becomes what it was; or else our successor is told.
  void leave(Node& mine, Node& before) noexcept {
    Node* expected = &mine;
    if (tail_.compare_exchange_strong(expected, &before, std::memory_order_release,  // (4) synchronizes-with (3)
                                      std::memory_order_relaxed))
      return Pool::keep(mine);
    mine.link = &before;
    mine.turn.tell(kLeft);  // (5) synchronizes-with (2)
  }

  // holder_: its node, for unlock. Relaxed: whoever unlocks does so after who locked, if it is another thread. Away
  // from tail_, which those who come pull about.
  alignas(kLine) typename P::template Atomic<Node*> tail_;  // the last in line, or who held the lock last
  alignas(kLine) typename P::template Atomic<Node*> holder_;
};

static_assert(TimedMutex<ClhLock<NativePlatform, Spin>> && TimedMutex<ClhLock<NativePlatform, SpinThenPark>>);

}  // namespace syncbench
