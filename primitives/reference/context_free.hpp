// Queue locks of other people want a node from their thread for as long as it holds the lock. Here the node comes from
// the thread and not through the interface: a thread keeps a list of what it holds, the lock that it took last in
// front. So the lock gets no word and no cache line more than its authors gave it. The price is a few thread-local
// accesses a round, and that only the thread that locked can unlock.
#pragma once

#include <cassert>
#include <cerrno>
#include <mutex>
#include <system_error>
#include <utility>
#include <vector>

#include "primitives/traits.hpp"

namespace syncbench {

/// The calling thread's nodes: those it holds locks with, and spare ones. Nodes are never given back to the system: a
/// lock may look into one whose thread has gone.
template <class Node>
class ThreadNodes {
 public:
  struct Entry {
    Node* node = nullptr;
    const void* lock = nullptr;
    Entry* next = nullptr;
  };

  static Entry& take() {
    if (spare_ == nullptr) [[unlikely]]
      spare_ = make();
    return *std::exchange(spare_, spare_->next);
  }
  static void keep(Entry& entry) noexcept { entry.next = std::exchange(spare_, &entry); }

  static void hold(Entry& entry, const void* lock) noexcept {
    entry.lock = lock;
    entry.next = std::exchange(held_, &entry);
  }
  /// The entry that the caller holds `lock` with, no longer in its list. Throws if it does not hold it.
  static Entry& let_go(const void* lock) {
    Entry** place = &held_;
    while (*place != nullptr && (*place)->lock != lock) place = &(*place)->next;
    if (*place == nullptr) throw std::system_error(EPERM, std::generic_category(), "unlock by another thread");
    return *std::exchange(*place, (*place)->next);
  }

  /// A node out of stock, or a new one.
  static Node* fetch() {
    Stock& all = stock();
    const std::lock_guard guard(all.mutex);
    if (all.nodes.empty()) return &(new Padded)->node;
    Node* const node = all.nodes.back();
    all.nodes.pop_back();
    return node;
  }
  static void give_back(Node* node) {
    Stock& all = stock();
    const std::lock_guard guard(all.mutex);
    all.nodes.push_back(node);
  }

 private:
  struct alignas(128) Padded {  // lines are fetched in pairs
    Node node;
  };
  struct Stock {
    std::mutex mutex;
    std::vector<Node*> nodes;
  };
  static Stock& stock() {  // never destroyed: threads may outlive main
    static Stock& all = *new Stock;
    return all;
  }
  struct AtThreadExit {
    ~AtThreadExit() {
      assert(held_ == nullptr && "a thread has ended and holds a lock");
      while (Entry* const entry = spare_) {
        spare_ = entry->next;
        give_back(entry->node);
        delete entry;
      }
    }
  };
  [[gnu::noinline]] static Entry* make() {
    thread_local const AtThreadExit registered;  // here and not beside spare_, which is read without a guard so
    return new Entry{.node = fetch()};
  }

  static inline constinit thread_local Entry* spare_ = nullptr;
  static inline constinit thread_local Entry* held_ = nullptr;
};

/// `Lock` has the type `Node`, `acquire(Node*&)`, `try_acquire(Node*&)` and `release(Node*&)`, and its traits; acquire
/// and release may go on with another node. The thread that locked must unlock; otherwise std::system_error.
template <class Lock>
class ContextFree {
 public:
  static constexpr Traits kTraits = Lock::kTraits;

  ContextFree() = default;
  ContextFree(const ContextFree&) = delete;
  ContextFree& operator=(const ContextFree&) = delete;

  void lock() {
    auto& mine = Nodes::take();
    lock_.acquire(mine.node);
    Nodes::hold(mine, this);
  }
  bool try_lock() {
    auto& mine = Nodes::take();
    const bool acquired = lock_.try_acquire(mine.node);
    acquired ? Nodes::hold(mine, this) : Nodes::keep(mine);
    return acquired;
  }
  void unlock() {
    auto& mine = Nodes::let_go(this);
    lock_.release(mine.node);
    Nodes::keep(mine);
  }

 private:
  using Nodes = ThreadNodes<typename Lock::Node>;
  Lock lock_;
};

}  // namespace syncbench
