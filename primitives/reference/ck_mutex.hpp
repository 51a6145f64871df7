// The spin locks of Concurrency Kit, a C library of headers with its own atomics in assembly: test-and-set, ticket,
// MCS, CLH, and Anderson's array of slots. None sleeps or yields, so all but the first are unfit with more threads than
// processors. [concurrencykit.org, ck_spinlock; Anderson 1990, The performance of spin lock alternatives]
#pragma once

#include <array>

#include "primitives/concepts.hpp"
#include "primitives/reference/ck.hpp"
#include "primitives/reference/context_free.hpp"

namespace syncbench {

constexpr Traits ck_traits(std::string_view source, bool fifo = false) {
  return {.source = source, .promise = Profile::cpp, .fifo = fifo, .spins = true};
}

/// Where the library has no try form. What came between looking and queueing is waited for; std::lock still ends.
constexpr Traits ck_traits_without_try(std::string_view source) {
  Traits traits = ck_traits(source, true);
  traits.deviations[0] = {"M3", "the library has no try form: try_lock looks, and then waits for who came between"};
  return traits;
}

/// 4 bytes: test-and-test-and-set. Unfair. Any thread may unlock; the store that frees it is unlock's last access.
class CkFasLock {
 public:
  static constexpr Traits kTraits = ck_traits("Concurrency Kit, ck_spinlock_fas");

  CkFasLock() noexcept { ck_spinlock_fas_init(&lock_); }
  CkFasLock(const CkFasLock&) = delete;
  CkFasLock& operator=(const CkFasLock&) = delete;

  void lock() noexcept { ck_spinlock_fas_lock(&lock_); }
  bool try_lock() noexcept { return ck_spinlock_fas_trylock(&lock_); }
  void unlock() noexcept { ck_spinlock_fas_unlock(&lock_); }

 private:
  ck_spinlock_fas lock_;
};

/// 4 bytes on x86, 8 elsewhere. FIFO. Any thread may unlock; the store that frees it is unlock's last access.
/// kBackoff: waiters pause for longer, the further back they are.
template <bool kBackoff>
class CkTicketLock {
 public:
  static constexpr Traits kTraits = ck_traits("Concurrency Kit, ck_spinlock_ticket", true);

  CkTicketLock() noexcept { ck_spinlock_ticket_init(&lock_); }
  CkTicketLock(const CkTicketLock&) = delete;
  CkTicketLock& operator=(const CkTicketLock&) = delete;

  void lock() noexcept {
    if constexpr (kBackoff) {
      ck_spinlock_ticket_lock_pb(&lock_, 5);  // 32 pauses for each thread in front, as in the library's own tests
    } else {
      ck_spinlock_ticket_lock(&lock_);
    }
  }
  bool try_lock() noexcept { return try_it(lock_); }
  void unlock() noexcept { ck_spinlock_ticket_unlock(&lock_); }

 private:
  // The library has a try form only where a ticket and a turn fit into one word (x86).
  template <class Lock>
  static bool try_it(Lock& lock) noexcept {
    if constexpr (requires { ck_spinlock_ticket_trylock(&lock); }) {
      return ck_spinlock_ticket_trylock(&lock);
    } else {
      return !ck_spinlock_ticket_locked(&lock) && (ck_spinlock_ticket_lock(&lock), true);
    }
  }
  ck_spinlock_ticket lock_;
};

/// One pointer: a list of nodes, each thread waits on its own. FIFO. After telling the next owner, unlock touches
/// nothing.
class CkMcs {
 public:
  using Node = ck_spinlock_mcs_context_t;
  static constexpr Traits kTraits = ck_traits("Concurrency Kit, ck_spinlock_mcs", true);

  CkMcs() noexcept { ck_spinlock_mcs_init(&queue_); }
  void acquire(Node* node) noexcept { ck_spinlock_mcs_lock(&queue_, node); }
  bool try_acquire(Node* node) noexcept { return ck_spinlock_mcs_trylock(&queue_, node); }
  void release(Node* node) noexcept { ck_spinlock_mcs_unlock(&queue_, node); }

 private:
  Node* queue_;
};

/// One pointer and a node: each thread waits on the node of the one before it, and goes on with that node. FIFO. After
/// telling the next owner, unlock touches nothing.
class CkClh {
 public:
  using Node = ck_spinlock_clh;
  static constexpr Traits kTraits = ck_traits_without_try("Concurrency Kit, ck_spinlock_clh");

  CkClh() { ck_spinlock_clh_init(&queue_, ThreadNodes<Node>::fetch()); }
  ~CkClh() { ThreadNodes<Node>::give_back(queue_); }
  void acquire(Node* node) noexcept { ck_spinlock_clh_lock(&queue_, node); }
  bool try_acquire(Node* node) noexcept { return !ck_spinlock_clh_locked(&queue_) && (acquire(node), true); }
  void release(Node*& node) noexcept { ck_spinlock_clh_unlock(&node); }

 private:
  Node* queue_;
};

/// Slots in an array, eight to a line as the library lays them out; each thread waits on the next one. FIFO. For 1,024
/// threads at a time: one more would overtake the first. Unlock's last access is the store that frees the next slot.
class CkAnderson {
 public:
  using Node = ck_spinlock_anderson_thread*;
  static constexpr Traits kTraits = ck_traits_without_try("Anderson 1990; Concurrency Kit, ck_spinlock_anderson");

  CkAnderson() noexcept { ck_spinlock_anderson_init(&lock_, slots_.data(), slots_.size()); }
  void acquire(Node* slot) noexcept { ck_spinlock_anderson_lock(&lock_, slot); }
  bool try_acquire(Node* slot) noexcept { return !ck_spinlock_anderson_locked(&lock_) && (acquire(slot), true); }
  void release(Node* slot) noexcept { ck_spinlock_anderson_unlock(&lock_, *slot); }

 private:
  ck_spinlock_anderson lock_;
  std::array<ck_spinlock_anderson_thread, 1024> slots_;
};

using CkMcsLock = ContextFree<CkMcs>;
using CkClhLock = ContextFree<CkClh>;
using CkAndersonLock = ContextFree<CkAnderson>;

static_assert(Mutex<CkFasLock> && Mutex<CkTicketLock<false>> && Mutex<CkTicketLock<true>>);
static_assert(Mutex<CkMcsLock> && Mutex<CkClhLock> && Mutex<CkAndersonLock>);

}  // namespace syncbench
