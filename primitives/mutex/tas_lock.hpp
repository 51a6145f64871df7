// Test-and-set lock: exchange until the old value was "free". The oldest spin lock and the plainest; each failed try
// takes the cache line away from the holder, which is what TtasLock avoids by looking first, and a wait between the
// tries makes rare. [Anderson 1990, The performance of spin lock alternatives for shared-memory multiprocessors,
// section 2]
#pragma once

#include <cassert>

#include "primitives/concepts.hpp"
#include "primitives/mutex/timed_forms.hpp"
#include "primitives/platform/native.hpp"
#include "primitives/wait/busy.hpp"

namespace syncbench {

/// Four bytes. Unfair: whoever tries first after a release wins. May be destroyed as soon as it is free, also by the
/// thread that acquired it last: unlock is one store.
template <Platform P, template <class> class WaitFor>
class TasLock : public TimedForms<TasLock<P, WaitFor>, P> {
 public:
  using Wait = WaitFor<P>;
  static_assert(WaitStrategy<Wait>);
  static_assert(!Wait::kParks, "this word has no place to announce a sleeper: TristateMutex is a lock with one");

  static constexpr Traits kTraits{.source = "Anderson 1990, section 2", .state = "0 free, 1 held"};

  TasLock() = default;
  ~TasLock() { assert(word_.load(std::memory_order_relaxed) == kFree && "destroyed while held"); }

  void lock() noexcept {
    if (!try_lock()) wait_and_take(Never{});
  }
  bool try_lock() noexcept { return word_.exchange(kHeld, std::memory_order_acquire) == kFree; }  // (2) with (1)
  void unlock() noexcept {
    assert(word_.load(std::memory_order_relaxed) == kHeld && "unlock of a free lock");
    word_.store(kFree, std::memory_order_release);  // (1) synchronizes-with (2)
  }

 private:
  friend TimedForms<TasLock, P>;

  static constexpr std::uint32_t kFree = 0;
  static constexpr std::uint32_t kHeld = 1;

  bool try_lock_before(const auto& deadline) noexcept { return wait_and_take(deadline); }

  [[gnu::noinline]] bool wait_and_take(const auto& deadline) noexcept {
    typename Wait::Episode episode;
    while (!try_lock()) {
      if (deadline.passed()) return false;
      episode.spin();
    }
    return true;
  }

  typename P::Word word_{kFree};
};

static_assert(TimedMutex<TasLock<NativePlatform, Backoff>>);

}  // namespace syncbench
