// Cohort lock for machines with several memory nodes: a ticket lock for each node under one ticket lock for all. A
// thread takes its node's lock and then the common one; when it is through and others of its node wait, it leaves the
// common lock taken and passes on its node's, so that lock and data stay in the caches of one node for a while. [Dice,
// Marathe and Shavit 2012, Lock cohorting: C-TKT-TKT]
#pragma once

#include <array>
#include <cassert>

#include "primitives/concepts.hpp"
#include "primitives/mutex/ticket_lock.hpp"
#include "primitives/mutex/timed_forms.hpp"
#include "primitives/platform/native.hpp"
#include "primitives/platform/numa_node.hpp"
#include "primitives/wait/busy.hpp"

namespace syncbench {

/// One kilobyte and a bit. First come, first served within a node, and among nodes; a node keeps the lock for
/// kMostPasses + 1 sections at most while another waits. Every thread says on which node it runs
/// (numa_node_of_this_thread); on one node this is a ticket lock with a second one behind it that nobody waits for. A
/// timed attempt draws no ticket (see TicketLock). May be destroyed as soon as it is free: unlock's last access is the
/// release.
template <Platform P, template <class> class WaitFor>
class CohortLock : public TimedFormsByTrying<CohortLock<P, WaitFor>, P, WaitFor<P>> {
 public:
  using Wait = WaitFor<P>;
  static_assert(!Wait::kParks, "a node's lock has no place to announce a sleeper");
  static constexpr Traits kTraits{.source = "Dice, Marathe and Shavit 2012, Lock cohorting, C-TKT-TKT"};

  /// The numbers start at `first`: tests put the wrap-around where they need it.
  explicit CohortLock(std::uint32_t first = 0) noexcept : common_(first) {
    for (Local& local : locals_) {
      local.next.store(first, std::memory_order_relaxed);
      local.called.store(first, std::memory_order_relaxed);
    }
  }

  void lock() noexcept {
    const std::uint32_t node = this_node();
    Local& local = locals_[node];
    const std::uint32_t mine = local.next.fetch_add(1, std::memory_order_relaxed);    // drawing orders nothing
    if (local.called.load(std::memory_order_acquire) != mine) wait_for(local, mine);  // (2) with (1)
    // Passed on: then node_ is right already, and lies in a cache line that the other nodes are looking at.
    if (local.passes.load(std::memory_order_relaxed) != 0) return;
    common_.lock();
    node_.store(node, std::memory_order_relaxed);
  }

  bool try_lock() noexcept {
    const std::uint32_t node = this_node();
    Local& local = locals_[node];
    std::uint32_t mine = local.called.load(std::memory_order_acquire);  // (3) with (1)
    // As in TicketLock: the acquire read the release that called this number, winning it needs no order of its own. A
    // lock that was passed on has been drawn, so it is not won here, and `passes` is 0.
    if (!local.next.compare_exchange_strong(mine, mine + 1, std::memory_order_relaxed)) return false;
    if (!common_.try_lock()) {
      call(local, mine + 1);
      return false;
    }
    node_.store(node, std::memory_order_relaxed);
    return true;
  }

  void unlock() noexcept {
    Local& local = locals_[node_.load(std::memory_order_relaxed)];
    const std::uint32_t next = local.called.load(std::memory_order_relaxed) + 1;  // only the holder changes it
    assert(local.next.load(std::memory_order_relaxed) != next - 1 && "unlock of a free lock");
    // Relaxed: too old a value shows fewer waiters, and then the lock goes the common way, which is never wrong.
    const bool wanted = local.next.load(std::memory_order_relaxed) != next;
    const std::uint32_t passes = local.passes.load(std::memory_order_relaxed);
    if (wanted && passes != kMostPasses) {
      local.passes.store(passes + 1, std::memory_order_relaxed);
      return call(local, next);
    }
    // The node's lock first: whoever gets it queues for the common one, which we still hold. The other way round the
    // common lock's next owner could be through with all of this before we get to the node's (rule M9).
    local.passes.store(0, std::memory_order_relaxed);
    call(local, next);
    common_.unlock();
  }

 private:
  static constexpr std::uint32_t kNodes = 8;        // a power of two; nodes beyond share, which costs speed only
  static constexpr std::uint32_t kMostPasses = 63;  // the paper's 64 sections to a turn

  struct alignas(128) Local {                // a pair of cache lines each: prefetchers fetch two
    typename P::Word next{0};                // the next number to be drawn
    alignas(64) typename P::Word called{0};  // the number that holds this node's lock
    // How many times in a row the lock has been passed on within the node; 0: its owner has to take the common lock.
    // Guarded by the node's lock, hence relaxed.
    typename P::Word passes{0};
  };

  static std::uint32_t this_node() noexcept { return numa_node_of_this_thread % kNodes; }

  static void call(Local& local, std::uint32_t next) noexcept {
    local.called.store(next, std::memory_order_release);  // (1) synchronizes-with (2) to (4)
  }

  [[gnu::noinline]] static void wait_for(Local& local, std::uint32_t mine) noexcept {
    typename Wait::Episode episode;
    while (local.called.load(std::memory_order_acquire) != mine) episode.spin();  // (4) with (1)
  }

  std::array<Local, kNodes> locals_;
  TicketLock<P, WaitFor> common_;
  typename P::Word node_{0};  // the holder's, for its unlock; guarded by the lock, hence relaxed
};

static_assert(TimedMutex<CohortLock<NativePlatform, Yield>>);

}  // namespace syncbench
