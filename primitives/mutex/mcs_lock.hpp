// MCS lock: the waiters form a linked list, each looks at a word in a node of its own, and the holder hands over to the
// next in line by writing to that node. So a hand-over moves one cache line to one processor, however many wait.
// [Mellor-Crummey and Scott 1991, Algorithms for scalable synchronization on shared-memory multiprocessors,
// section 2.4]
//
// In the published form the holder's node must live until unlock, so lock and unlock take it as an argument. This is
// the variant of IBM's K42 kernel, which needs no argument: a node lives on the stack of its thread while that waits,
// and a thread that acquires moves the link to its successor from its node into the lock. [Auslander, Edelsohn,
// Krieger, Rosenburg, Wisniewski; described in Scott 2013, Shared-memory synchronization, 4.3]
#pragma once

#include <cassert>

#include "primitives/concepts.hpp"
#include "primitives/mutex/timed_forms.hpp"
#include "primitives/platform/native.hpp"
#include "primitives/wait/busy.hpp"
#include "primitives/wait/park.hpp"
#include "primitives/wait/turn.hpp"

namespace syncbench {

/// Two pointers. FIFO. A queued thread cannot leave, so a timed attempt does not queue, and there are none where the
/// wait sleeps. Any thread may unlock. May be destroyed as soon as it is free: unlock's last access to the lock is the
/// compare-exchange that frees it, or comes before it tells the next owner, which happens in that thread's node.
/// Not wait-free in one place: a thread may have to wait for one that has joined the queue and not linked itself yet.
template <Platform P, template <class> class WaitFor>
class McsLock : public TimedFormsByTrying<McsLock<P, WaitFor>, P, WaitFor<P>> {
 public:
  using Wait = WaitFor<P>;
  static_assert(WaitStrategy<Wait>);
  static constexpr Traits kTraits{
      .source = "Mellor-Crummey and Scott 1991, section 2.4; K42 variant",
      .fifo = true,
      .state = "the last in line (null: free), then who is behind the holder; a waiter's own word: 0 looks, 1 asleep"};

  McsLock() = default;
  McsLock(const McsLock&) = delete;
  McsLock& operator=(const McsLock&) = delete;
  ~McsLock() { assert(tail_.load(std::memory_order_relaxed) == nullptr && "destroyed while held"); }

  void lock() noexcept {
    Link* last = nullptr;
    if (!become_tail(last, first_)) queue_behind(last);
  }

  bool try_lock() noexcept {
    Link* last = tail_.load(std::memory_order_relaxed);
    return last == nullptr && become_tail(last, first_);
  }

  void unlock() noexcept {
    Node* next = first_.behind.load(std::memory_order_acquire);  // (4) with (3)
    if (next == nullptr) {
      Link* expected = &first_;
      if (tail_.compare_exchange_strong(expected, nullptr, std::memory_order_release,  // (1) with (2)
                                        std::memory_order_relaxed))
        return;
      assert(expected != nullptr && "unlock of a free lock");
      next = await_link(first_);
    }
    next->turn.tell(kServed);  // (5) synchronizes-with (6)
  }

 private:
  struct Node;
  struct Link {
    typename P::template Atomic<Node*> behind{nullptr};  // null: nobody, or not linked yet; tail_ knows
  };
  struct Node : Link {
    Turn<P, WaitFor> turn;
  };
  static constexpr std::uint32_t kServed = Turn<P, WaitFor>::kTold;  // you hold the lock

  // Moves tail_ from `last` to `link`; on failure `last` is what it is now. Acquire: whoever finds the lock free sees
  // what its last holder did, and whoever queues sees the predecessor's node built. Release: so does the successor.
  // Each value of tail_ but the first is written by a compare-exchange, so no link of this chain is ever lost.
  bool become_tail(Link*& last, Link& link) noexcept {
    return tail_.compare_exchange_strong(last, &link, std::memory_order_acq_rel,  // (2) with (1), (2), (7)
                                         std::memory_order_relaxed);
  }

  [[gnu::noinline]] void queue_behind(Link* last) noexcept {
    Node mine;
    while (!become_tail(last, last == nullptr ? first_ : mine)) continue;
    if (last == nullptr) return;                           // became free meanwhile: the lock is ours
    last->behind.store(&mine, std::memory_order_release);  // (3) synchronizes-with (4)
    typename Wait::Episode episode;
    while (mine.turn.look() != kServed) mine.turn.rest(episode, Never{});  // (6) with (5)
    become_first(mine);
  }

  // The lock is ours: the link to our successor moves into the lock, and nobody refers to our node any more.
  // Relaxed stores to first_.behind: only a holder reads it; and a thread that finds tail_ == &first_, and will write
  // there, comes after our store of null because of (7).
  void become_first(Node& mine) noexcept {
    Node* next = mine.behind.load(std::memory_order_acquire);  // (4) with (3)
    first_.behind.store(next, std::memory_order_relaxed);
    if (next != nullptr) return;
    Link* expected = &mine;
    if (!tail_.compare_exchange_strong(expected, &first_, std::memory_order_release,  // (7) synchronizes-with (2)
                                       std::memory_order_relaxed))
      first_.behind.store(await_link(mine), std::memory_order_relaxed);
  }

  // A thread has become the tail behind `link`, and is one store away from telling so, unless it lost its processor.
  [[gnu::noinline]] static Node* await_link(Link& link) noexcept {
    typename Wait::Episode episode;
    for (;;) {
      if (Node* const next = link.behind.load(std::memory_order_acquire)) return next;  // (4) with (3)
      if (!episode.spin()) P::yield();
    }
  }

  // tail_: null while free; &first_ while held and nobody queues; else the node of the last in line.
  typename P::template Atomic<Link*> tail_{nullptr};
  Link first_;  // the holder's: who is behind it. Null while the lock is free.
};

static_assert(TimedMutex<McsLock<NativePlatform, Spin>> && Mutex<McsLock<NativePlatform, Park>>);

}  // namespace syncbench
