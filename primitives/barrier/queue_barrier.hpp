// Breakable barrier by queue: those who wait stand in a queue, each with a word of its own, so that a generation ends
// for all of it in the same way. [The interface is that of Python's threading.Barrier; CPython's own may, under abort,
// let some of a generation pass and break the rest]
//
// The moment that decides is when the last arrival takes all the others out of the queue, under the lock. Whoever is
// taken has passed: its deadline and an abort come too late. Whoever gave up before (its word says so, lock or no lock)
// cannot be taken, and then the generation breaks for everybody, the last arrival included.
#pragma once

#include <cassert>
#include <mutex>
#include <utility>

#include "primitives/barrier/breakable_forms.hpp"
#include "primitives/concepts.hpp"
#include "primitives/mutex/ticket_lock.hpp"
#include "primitives/mutex/tristate_mutex.hpp"
#include "primitives/mutex/ttas_lock.hpp"
#include "primitives/wait/wait_queue.hpp"

namespace syncbench {

/// `LockType` is held for a few instructions, or one pass over the queue; never while an action runs. May be destroyed
/// by any thread that has returned from the last phase: the others touch only nodes of their own by then, and for those
/// that were leaving by timeout the destructor waits. The action may call abort, reset and the queries.
template <Platform P, class LockType, template <class> class WaitFor>
class QueueBarrier : public BreakableForms<QueueBarrier<P, LockType, WaitFor>, P> {
 public:
  using Wait = WaitFor<P>;
  static constexpr Traits kTraits{.source = "Python threading.Barrier"};

  explicit QueueBarrier(std::uint32_t parties, PhaseAction action = {},
                        std::optional<std::chrono::nanoseconds> default_timeout = std::nullopt)
      : Forms(default_timeout), parties_(parties), action_(std::move(action)) {
    assert(parties >= 1 && "a barrier is for one thread at least");
  }
  QueueBarrier(const QueueBarrier&) = delete;
  QueueBarrier& operator=(const QueueBarrier&) = delete;
  ~QueueBarrier() {
    assert(waiting() == 0 && "destroyed while somebody waits");
    while (!empty()) P::yield();
  }

  /// All who wait and all who come throw BrokenBarrier, until `reset`.
  void abort() noexcept { end_generation(true); }
  /// All who wait throw BrokenBarrier; who comes from now on finds a barrier as new.
  void reset() noexcept { end_generation(false); }

  std::uint32_t parties() const noexcept { return parties_; }
  std::uint32_t waiting() const noexcept {
    const std::lock_guard guard(lock_);
    return arrived_;
  }
  bool broken() const noexcept {
    const std::lock_guard guard(lock_);
    return broken_;
  }

 private:
  using Forms = BreakableForms<QueueBarrier, P>;
  friend Forms;
  using Queue = WaitQueue<P, WaitFor>;
  using Waiter = typename Queue::Waiter;
  using Chain = typename Queue::Chain;

  // How a wait ends: with an outcome of the queue's.
  static constexpr std::uint32_t kPassed = Queue::kServed;
  static constexpr std::uint32_t kBroken = Queue::kServed + 1;
  static constexpr std::uint32_t kComeAgain = Queue::kServed + 2;  // the action is over that it came in

  /// What an arrival found under the lock.
  struct Arrival {
    enum { kRefused, kQueued, kLast } as;
    std::uint32_t index = 0;
    std::uint64_t generation = 0;
    Chain others{};  // for the last: all others of its generation
  };

  std::uint32_t wait_before(const auto& deadline) {
    for (;;) {
      Waiter self;
      const Arrival arrival = arrive(self);
      if (arrival.as == Arrival::kLast) return complete(arrival.others);
      if (arrival.as == Arrival::kRefused) throw BrokenBarrier{};
      const std::uint32_t outcome = Queue::await(self, deadline);
      if (outcome == kPassed) return arrival.index;
      if (outcome == Queue::kLeaving) give_up(self, arrival.generation);
      if (outcome != kComeAgain) throw BrokenBarrier{};
    }
  }

  Arrival arrive(Waiter& self) noexcept {
    std::unique_lock lock(lock_);
    if (broken_) return {Arrival::kRefused};
    if (acting_) {  // there are more threads than parties: this one is counted when the action is over
      queue_.push(self);
      return {Arrival::kQueued, 0, generation_};
    }
    if (arrived_ + 1 < parties_) {
      queue_.push(self);
      return {Arrival::kQueued, arrived_++, generation_};
    }
    const Chain others = queue_.take(parties_ - 1);
    if (others.count == parties_ - 1) {
      arrived_ = 0;
      acting_ = static_cast<bool>(action_);
      return {Arrival::kLast, parties_ - 1, generation_, others};
    }
    close(true);  // somebody has given up, and only has not had the lock yet; nobody is left to be taken
    lock.unlock();
    Queue::serve(others, kBroken);
    return {Arrival::kRefused};
  }

  // By the last arrival: nothing but its action can fail the phase now. The barrier may be gone as soon as the others
  // are served.
  std::uint32_t complete(const Chain& others) {
    const std::uint32_t index = parties_ - 1;
    const Chain newcomers = action_ ? act(others) : Chain{};
    Queue::serve(others, kPassed);
    Queue::serve(newcomers, kComeAgain);
    return index;
  }

  // Returns who came during the action.
  Chain act(const Chain& others) {
    try {
      action_();
    } catch (...) {
      const Chain newcomers = end_action(true);
      Queue::serve(others, kBroken);
      Queue::serve(newcomers, kBroken);
      throw;
    }
    return end_action(false);
  }

  // An abort during the action has broken the barrier for whoever comes next; that stays in force.
  Chain end_action(bool failed) noexcept {
    const std::lock_guard guard(lock_);
    acting_ = false;
    return failed ? close(true) : queue_.take(kEverybody);
  }

  // Our deadline passed while we were queued, and our node says so. The generation breaks with us, unless it has ended.
  [[gnu::noinline]] void give_up(Waiter& self, std::uint64_t generation) noexcept {
    Chain others;
    {
      const std::lock_guard guard(lock_);
      queue_.remove(self);
      if (generation == generation_) others = close(true);
    }
    Queue::serve(others, kBroken);
  }

  void end_generation(bool broken) noexcept {
    Chain others;
    {
      const std::lock_guard guard(lock_);
      others = close(broken);
    }
    Queue::serve(others, kBroken);
  }

  // Under the lock: ends the generation that is filling; returns whom to serve. One that has been taken is not touched.
  Chain close(bool broken) noexcept {
    broken_ = broken;
    arrived_ = 0;
    ++generation_;
    return queue_.take(kEverybody);
  }

  bool empty() noexcept {
    const std::lock_guard guard(lock_);
    return queue_.empty();
  }

  mutable LockType lock_;  // guards all below
  Queue queue_;            // who is counted in arrived_; during an action, who came meanwhile; and who is leaving
  std::uint32_t arrived_ = 0;
  bool broken_ = false;
  bool acting_ = false;  // an action is running or about to
  std::uint64_t generation_ =
      0;  // of those that were broken: tells who gives up whether there is anything left to break
  const std::uint32_t parties_;
  const PhaseAction action_;
};

static_assert(BreakableBarrier<QueueBarrier<NativePlatform, TtasLock<NativePlatform, Backoff>, Backoff>> &&
              BreakableBarrier<QueueBarrier<NativePlatform, TristateMutex<NativePlatform, Park>, Park>>);

}  // namespace syncbench
