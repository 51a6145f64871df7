// Nodes for queue locks whose nodes change hands: who releases leaves its node to the next owner and goes on with the
// node that it found. So a thread needs one node of its own, whatever number of locks it holds, and a lock needs one.
// Nodes that are nobody's are in stock. A node is never given back to the system: a lock may look into a node that has
// moved on, as long as it believes nothing of what it reads there.
#pragma once

#include <cassert>
#include <mutex>
#include <utility>

namespace syncbench {

/// `Node` has a member `Node* link`, which is the pool's while the node is in stock. What else is in a node is as its
/// last user left it. Memory: as many nodes as threads and locks have existed at one time. A thread that uses a lock
/// while its thread-local objects are being destroyed may lose one node.
template <class Node>
class NodePool {
 public:
  /// The calling thread's node, which it has no more. Throws std::bad_alloc if it had none and there are none.
  static Node& take() {
    if (Node* const mine = std::exchange(spare_, nullptr)) return *mine;
    return take_first();
  }

  /// Becomes the calling thread's node, in place of the one that it took.
  static void keep(Node& node) noexcept {
    assert(spare_ == nullptr && "it has one");
    spare_ = &node;
  }

  /// A node out of stock, or a new one.
  static Node& fetch() {
    Stock& all = stock();
    {
      const std::lock_guard guard(all.mutex);
      if (Node* const first = all.first) {
        all.first = first->link;
        return *first;
      }
    }
    return *new Node;
  }

  static void give_back(Node& node) noexcept {
    Stock& all = stock();
    const std::lock_guard guard(all.mutex);
    node.link = std::exchange(all.first, &node);
  }

 private:
  struct Stock {
    std::mutex mutex;  // a malloc in all but name: not part of what is measured, so not the platform's
    Node* first = nullptr;
  };
  // Never destroyed: locks in static objects give nodes back after main.
  static Stock& stock() {
    static Stock& all = *new Stock;
    return all;
  }

  struct AtThreadExit {
    ~AtThreadExit() {
      if (Node* const mine = std::exchange(spare_, nullptr)) give_back(*mine);
    }
  };
  [[gnu::noinline]] static Node& take_first() {
    thread_local const AtThreadExit registered;  // here and not beside spare_, which is read without a guard so
    return fetch();
  }

  static inline constinit thread_local Node* spare_ = nullptr;
};

}  // namespace syncbench
