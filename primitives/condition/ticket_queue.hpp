// The queue behind FifoCondition: tickets in order, each a node on the stack of the thread that waits. The queue itself
// is not synchronized, its owner calls it under a lock; a node's state is what waiter and notifier settle between them.
#pragma once

#include <array>

#include "primitives/platform/platform.hpp"

namespace syncbench {

template <Platform P>
class TicketQueue {
 public:
  // State of one waiter. Whoever moves it out of {kSpinning, kAsleep} decides how the wait ends.
  static constexpr std::uint32_t kSpinning = 0;  // waits, looks at the word: storing kServed is enough
  static constexpr std::uint32_t kAsleep = 1;    // waits, asleep or about to be: must be woken too
  static constexpr std::uint32_t kServed = 2;    // notified, no longer queued; the node may be gone at any moment
  static constexpr std::uint32_t kLeaving = 3;   // timed out, still queued until its owner takes it out

  struct Waiter {
    typename P::Word state{kSpinning};
    std::uint32_t ticket = 0;
    Waiter* before = nullptr;
    Waiter* behind = nullptr;
  };

  /// Sleepers to be woken once the owner's lock is released, for that is a system call each. Only addresses leave the
  /// lock: the nodes behind them belong to threads that may be gone.
  struct Batch {
    std::array<const void*, 16> sleepers;
    std::uint32_t count = 0;
  };

  bool empty() const noexcept { return head_ == nullptr; }
  /// Tickets drawn so far lie before this one. Numbers wrap.
  std::uint32_t next_ticket() const noexcept { return next_ticket_; }

  void draw(Waiter& waiter) noexcept {
    waiter.ticket = next_ticket_++;
    waiter.before = tail_;
    (tail_ == nullptr ? head_ : tail_->behind) = &waiter;
    tail_ = &waiter;
  }

  void remove(const Waiter& waiter) noexcept { unlink(waiter.before, waiter.behind); }

  /// Serves from the front until n, the batch or the tickets before `end` run out; true if there may be more to do.
  bool serve(std::uint32_t& n, std::uint32_t end, Batch& woken) noexcept {
    Waiter* waiter = head_;
    while (waiter != nullptr && static_cast<std::int32_t>(waiter->ticket - end) < 0) {
      if (n == 0) return false;
      if (woken.count == woken.sleepers.size()) return true;
      Waiter* const behind = waiter->behind;
      if (serve_one(*waiter, woken)) --n;
      waiter = behind;
    }
    return false;
  }

 private:
  // False if the waiter is leaving: it stays queued until it takes itself out, for which it needs the owner's lock.
  bool serve_one(Waiter& waiter, Batch& woken) noexcept {
    // Read first: the node may be gone as soon as it is told. Its neighbours are queued, so they cannot go.
    Waiter* const before = waiter.before;
    Waiter* const behind = waiter.behind;
    const void* const address = &waiter.state;
    std::uint32_t state = waiter.state.load(std::memory_order_relaxed);
    do {
      if (state == kLeaving) return false;
    } while (!waiter.state.compare_exchange_weak(state, kServed,
                                                 std::memory_order_release,  // (1) with (2) of the waiter
                                                 std::memory_order_relaxed));
    unlink(before, behind);
    if (state == kAsleep) woken.sleepers[woken.count++] = address;
    return true;
  }

  void unlink(Waiter* before, Waiter* behind) noexcept {
    (before == nullptr ? head_ : before->behind) = behind;
    (behind == nullptr ? tail_ : behind->before) = before;
  }

  std::uint32_t next_ticket_ = 0;
  Waiter* head_ = nullptr;  // the oldest ticket
  Waiter* tail_ = nullptr;
};

}  // namespace syncbench
