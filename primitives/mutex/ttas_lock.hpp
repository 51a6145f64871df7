// Test-and-test-and-set lock: look until the word reads free, and only then try to take it, so that waiting happens in
// each core's own copy of the cache line. Unfair: whoever looks first after a release wins.
// [Rudolph and Segall 1984, Dynamic decentralized cache schemes for MIMD parallel processors]
#pragma once

#include <cassert>

#include "primitives/concepts.hpp"
#include "primitives/mutex/timed_forms.hpp"
#include "primitives/platform/native.hpp"
#include "primitives/wait/busy.hpp"

namespace syncbench {

/// Four bytes. May be destroyed as soon as it is free, also by the thread that acquired it last: unlock is one store.
template <Platform P, template <class> class WaitFor>
class TtasLock : public TimedForms<TtasLock<P, WaitFor>, P> {
 public:
  using Wait = WaitFor<P>;
  static_assert(WaitStrategy<Wait>);
  static_assert(!Wait::kParks, "this word has no place to announce a sleeper: TristateMutex is this lock with one");

  static constexpr Traits kTraits{.source = "Rudolph and Segall 1984", .state = "0 free, 1 held"};

  TtasLock() = default;
  ~TtasLock() { assert(word_.load(std::memory_order_relaxed) == kFree && "destroyed while held"); }

  void lock() noexcept {
    if (!take()) wait_and_take(Never{});
  }
  bool try_lock() noexcept { return word_.load(std::memory_order_relaxed) == kFree && take(); }
  void unlock() noexcept {
    assert(word_.load(std::memory_order_relaxed) == kHeld && "unlock of a free lock");
    word_.store(kFree, std::memory_order_release);  // (1) synchronizes-with (2)
  }

 private:
  friend TimedForms<TtasLock, P>;

  static constexpr std::uint32_t kFree = 0;
  static constexpr std::uint32_t kHeld = 1;

  bool take() noexcept { return word_.exchange(kHeld, std::memory_order_acquire) == kFree; }  // (2) with (1)

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

static_assert(TimedMutex<TtasLock<NativePlatform, Backoff>>);

}  // namespace syncbench
