// Breakable barrier by queue: those who wait stand in a queue, each with a word of its own, so that a generation ends
// for all of it in the same way. [The interface is that of Python's threading.Barrier; in CPython an abort may split a
// generation into some that pass and some that break]
//
// The moment that decides is when the last arrival takes all the others out of the queue, under the lock. Whoever is
// taken has passed: its deadline and an abort come too late. Whoever gave up before (its word says so, lock or no lock)
// cannot be taken, and then the generation breaks for everybody, the last arrival included.
#pragma once

#include <cassert>
#include <mutex>

#include "primitives/barrier/breakable_forms.hpp"
#include "primitives/mutex/ticket_lock.hpp"
#include "primitives/wait/wait_queue.hpp"

namespace syncbench {

/// `LockType` is held for a few instructions, or one pass over the queue; never while an action runs. May be destroyed
/// by any thread that has returned from the last phase: the others touch only nodes of their own by then, and for those
/// that were leaving by timeout the destructor waits. The action may call abort, reset and the queries.
template <Platform P, class LockType, template <class> class WaitFor>
class QueueBarrier : public BreakableForms<QueueBarrier<P, LockType, WaitFor>, P> {
 public:
  using Wait = WaitFor<P>;
  static constexpr Traits kTraits{.source = "Python threading.Barrier", .state = kWaiterStates};

  using BreakableForms<QueueBarrier, P>::BreakableForms;
  ~QueueBarrier() {
    assert(this->waiting() == 0 && "destroyed while somebody waits");
    while (!locked([&] { return queue_.empty(); })) P::yield();
  }

 private:
  using Forms = BreakableForms<QueueBarrier, P>;
  friend Forms;
  using Forms::action_, Forms::parties_;
  using Queue = WaitQueue<P, WaitFor>;
  using Chain = typename Queue::Chain;

  static constexpr std::uint32_t kPassed = Queue::kServed;
  static constexpr std::uint32_t kBroken = Queue::kServed + 1;
  static constexpr std::uint32_t kComeAgain = Queue::kServed + 2;  // the action is over that it came in

  struct Arrival {
    bool last = false;
    std::uint32_t index = 0;
    std::uint64_t generation = 0;
    Chain others{};  // for the last: all others of its generation
  };

  std::uint32_t wait_before(const auto& deadline) {
    for (;;) {
      typename Queue::Waiter self;
      const Arrival arrival = arrive(self);
      if (arrival.last) return complete(arrival.others);
      const std::uint32_t outcome = Queue::await(self, deadline);
      if (outcome == kPassed) return arrival.index;
      if (outcome == Queue::kLeaving) give_up(self, arrival.generation);
      if (outcome != kComeAgain) throw BrokenBarrier{};
    }
  }

  Arrival arrive(typename Queue::Waiter& self) {
    std::unique_lock lock(lock_);
    if (broken_) throw BrokenBarrier{};
    if (acting_ || arrived_ + 1 < parties_) {
      queue_.push(self);
      // During an action there are more threads than parties: this one is counted when it comes again.
      return {false, acting_ ? 0 : arrived_++, generation_};
    }
    const Chain others = queue_.take(parties_ - 1);
    if (others.count == parties_ - 1) {
      arrived_ = 0;
      acting_ = static_cast<bool>(action_);
      return {true, parties_ - 1, generation_, others};
    }
    close(true);  // somebody has given up, and only has not had the lock yet; nobody is left to be taken
    lock.unlock();
    Queue::serve(others, kBroken);
    throw BrokenBarrier{};
  }

  // By the last arrival: nothing but its action can fail the phase now. The barrier may be gone as soon as the others
  // are served.
  std::uint32_t complete(const Chain& others) {
    const std::uint32_t index = parties_ - 1;
    Chain newcomers;  // who came during the action
    if (action_) {
      try {
        action_();
      } catch (...) {
        newcomers = end_action(true);
        Queue::serve(others, kBroken);
        Queue::serve(newcomers, kBroken);
        throw;
      }
      newcomers = end_action(false);
    }
    Queue::serve(others, kPassed);
    Queue::serve(newcomers, kComeAgain);
    return index;
  }

  // An abort during the action has broken the barrier for whoever comes next; that stays in force.
  Chain end_action(bool failed) noexcept {
    return locked([&] {
      acting_ = false;
      return failed ? close(true) : queue_.take(kEverybody);
    });
  }

  // Our deadline passed while we were queued, and our node says so. The generation breaks with us, unless it has ended.
  [[gnu::noinline]] void give_up(typename Queue::Waiter& self, std::uint64_t generation) noexcept {
    const Chain others = locked([&] {
      queue_.remove(self);
      return generation == generation_ ? close(true) : Chain{};
    });
    Queue::serve(others, kBroken);
  }

  void end_generation(bool broken) noexcept {
    Queue::serve(locked([&] { return close(broken); }), kBroken);
  }

  // Under the lock: ends the generation that is filling; returns whom to serve. One that has been taken is not touched.
  Chain close(bool broken) noexcept {
    broken_ = broken;
    arrived_ = 0;
    ++generation_;
    return queue_.take(kEverybody);
  }

  auto locked(auto body) const noexcept {
    const std::lock_guard guard(lock_);
    return body();
  }

  mutable LockType lock_;  // guards all below
  Queue queue_;            // who is counted in arrived_; during an action, who came meanwhile; and who is leaving
  std::uint32_t arrived_ = 0;
  bool broken_ = false;
  bool acting_ = false;           // an action is running or about to
  std::uint64_t generation_ = 0;  // counts those that broke: who gives up must not break a later one
};

static_assert(BreakableBarrier<QueueBarrier<NativePlatform, TicketLock<NativePlatform, Park>, Park>>);

}  // namespace syncbench
