// Semaphore in one word: the permits, and beside them a mark "somebody may be asleep" that tells who releases whether a
// system call is needed. Unfair: a running thread may take the permit before the woken one gets to it.
// [Dijkstra 1965, EWD 123, for the semaphore; the mark is that of Drepper 2011, Futexes are tricky, mutex3]
//
// Where famous semaphores lost wake-ups, and what happens here. Two releases in a row, two sleepers: the first drops
// the mark and wakes one; the second finds no mark and wakes nobody. The one that wakes up therefore sets the mark
// again when it takes its permit, and wakes another if permits are left. A release that touches the word after its
// addition may touch a semaphore that its acquirer has destroyed: here the addition and the look at the mark are one
// step.
#pragma once

#include <cassert>
#include <cstddef>

#include "primitives/concepts.hpp"
#include "primitives/platform/native.hpp"
#include "primitives/semaphore/semaphore_forms.hpp"
#include "primitives/wait/busy.hpp"
#include "primitives/wait/park.hpp"

namespace syncbench {

/// Four bytes. Unfair (S13: no order). May be destroyed by whoever acquired last, also while the release that let it in
/// is still on its way (S12): the release's last access is the exchange that adds the permits. As long as releases keep
/// to max() the permits fit beside the mark, so nothing wraps (X9).
template <Platform P, template <class> class WaitFor>
class CountSemaphore : public SemaphoreForms<CountSemaphore<P, WaitFor>, P> {
 public:
  using Wait = WaitFor<P>;
  static_assert(WaitStrategy<Wait>);
  static constexpr Traits kTraits{.source = "Dijkstra 1965, EWD 123",
                                  .state = "twice the permits, +1 somebody may be asleep"};

  static constexpr std::ptrdiff_t max() noexcept { return 0x3fffffff; }

  explicit CountSemaphore(std::ptrdiff_t start) noexcept : word_(static_cast<std::uint32_t>(start) * kOne) {
    assert(start >= 0 && start <= max() && "permits out of range");
  }
  CountSemaphore(const CountSemaphore&) = delete;
  CountSemaphore& operator=(const CountSemaphore&) = delete;

  void acquire() noexcept {
    if (!try_acquire()) acquire_before(Never{});
  }

  bool try_acquire() noexcept {
    std::uint32_t seen = word_.load(std::memory_order_relaxed);
    while (seen >= kOne)
      if (word_.compare_exchange_weak(seen, seen - kOne, std::memory_order_acquire,  // (2) with (1)
                                      std::memory_order_relaxed))
        return true;
    return false;
  }

  void release(std::ptrdiff_t n = 1) noexcept {
    const auto added = static_cast<std::uint32_t>(n);
    const void* const address = &word_;
    std::uint32_t seen = word_.load(std::memory_order_relaxed);
    do {
      assert(n >= 1 && n <= max() - std::ptrdiff_t{seen / kOne} && "release of no permit, or of more than max()");
    } while (!word_.compare_exchange_weak(seen, (seen & ~kAsleep) + added * kOne,
                                          std::memory_order_release,  // (1) synchronizes-with (2), (3)
                                          std::memory_order_relaxed));
    if constexpr (Wait::kParks) {
      if ((seen & kAsleep) != 0) Wait::unpark(address, added);
    }
  }

  /// Exact when nobody is at it.
  std::ptrdiff_t value() const noexcept { return word_.load(std::memory_order_relaxed) / kOne; }

 private:
  friend SemaphoreForms<CountSemaphore, P>;

  // word_: twice the permits, and in bit 0 the mark "somebody may be asleep". Where somebody is asleep and the mark is
  // not there, somebody who has been woken is on its way to set it again. The mark may stand beside permits: then those
  // asleep have been woken, or will be by whoever takes one of the permits after a sleep. All who take, give or mark do
  // so with an exchange of the whole word, so each of them carries on what the releases before it published.
  static constexpr std::uint32_t kAsleep = 1;
  static constexpr std::uint32_t kOne = 2;

  [[gnu::noinline]] bool acquire_before(const auto& deadline) noexcept {
    typename Wait::Episode episode;
    for (;;) {
      if (try_acquire()) return true;
      if (deadline.passed()) return false;
      if (!episode.spin()) break;
    }
    if constexpr (Wait::kParks) return sleep_and_acquire(deadline);
    return false;  // not reached: these strategies spin for ever
  }

  // Who slept may have consumed a wake-up, and others may be asleep still. So it takes its permit and leaves the mark,
  // and hands a wake-up on if permits are left. It gives up only with the mark set and no permit there (rule S8):
  // whatever comes next will wake somebody.
  bool sleep_and_acquire(const auto& deadline) noexcept {
    std::uint32_t seen = word_.load(std::memory_order_relaxed);
    for (;;) {
      if (seen >= kOne) {
        const std::uint32_t left = (seen - kOne) | kAsleep;
        const void* const address = &word_;
        if (!word_.compare_exchange_weak(seen, left, std::memory_order_acquire,  // (3) with (1)
                                         std::memory_order_relaxed))
          continue;
        if (left >= kOne) Wait::unpark(address, 1);
        return true;
      }
      // Relaxed: the kernel compares the word again under its own lock before it lets us sleep.
      if (seen == 0 && !word_.compare_exchange_weak(seen, kAsleep, std::memory_order_relaxed)) continue;
      if (deadline.passed()) return false;
      Wait::park(word_, kAsleep, deadline);
      seen = word_.load(std::memory_order_relaxed);
    }
  }

  typename P::Word word_;
};

static_assert(CountingSemaphore<CountSemaphore<NativePlatform, Backoff>> &&
              CountingSemaphore<CountSemaphore<NativePlatform, Park>>);

}  // namespace syncbench
