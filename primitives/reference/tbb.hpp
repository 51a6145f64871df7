// oneTBB's mutexes: a spin lock, a queue lock, and a mutex that spins for a while and then sleeps. They are headers,
// but for the sleeping. [oneTBB specification, Mutual Exclusion]
#pragma once

#include <oneapi/tbb/mutex.h>
#include <oneapi/tbb/queuing_mutex.h>
#include <oneapi/tbb/spin_mutex.h>

#include "primitives/concepts.hpp"
#include "primitives/reference/context_free.hpp"

namespace syncbench {

/// One byte: test-and-set with pauses that double, then yields. Unfair. The last access of unlock is the store that
/// frees it.
struct TbbSpinMutex : tbb::spin_mutex {
  static constexpr Traits kTraits{.source = "oneTBB, spin_mutex", .promise = Profile::cpp, .spins = true};
};

/// One byte. Unfair. After the store that frees it, unlock uses the mutex's address and nothing else of it.
struct TbbMutex : tbb::mutex {
  static constexpr Traits kTraits{.source = "oneTBB, mutex", .promise = Profile::cpp};
};

/// One pointer: an MCS lock, whose nodes are the scoped locks of TBB's interface. FIFO. It pauses, then yields.
class TbbQueue {
 public:
  using Node = tbb::queuing_mutex::scoped_lock;
  static constexpr Traits kTraits{.source = "oneTBB, queuing_mutex",
                                  .promise = Profile::cpp,
                                  .fifo = true,
                                  .spins = true,
                                  .deviations = {{{"M7", "the node belongs to the thread that locked"}}}};

  void acquire(Node* node) { node->acquire(mutex_); }
  bool try_acquire(Node* node) { return node->try_acquire(mutex_); }
  void release(Node* node) { node->release(); }

 private:
  tbb::queuing_mutex mutex_;
};
using TbbQueuingMutex = ContextFree<TbbQueue>;

static_assert(Mutex<TbbSpinMutex> && Mutex<TbbMutex> && Mutex<TbbQueuingMutex>);

}  // namespace syncbench
