// Hemlock: a queue lock with one word per lock and one word per thread, however many locks it holds. Whoever waits
// looks at the word of the thread before it, where that thread, when it unlocks, writes which lock it hands over. The
// next owner empties the word again, and unlock waits for that. There are no nodes to keep anywhere. [Dice and Kogan
// 2021, Hemlock: compact and scalable mutual exclusion]
#pragma once

#include <cassert>

#include "primitives/concepts.hpp"
#include "primitives/mutex/timed_forms.hpp"
#include "primitives/platform/native.hpp"
#include "primitives/wait/busy.hpp"

namespace syncbench {

/// One pointer. FIFO. Must be unlocked by the thread that locked it, whose word the next in line looks at. A queued
/// thread cannot leave, so a timed attempt does not queue. unlock is not wait-free: it returns when the next in line,
/// if there is one, has noticed that the lock is its own.
/// May be destroyed as soon as it is free: what unlock does after the hand-over, it does to its thread's word. A thread
/// may end when it has unlocked what it locked: by then nobody looks at its word.
template <Platform P, template <class> class WaitFor>
class Hemlock : public TimedFormsByTrying<Hemlock<P, WaitFor>, P, WaitFor<P>> {
 public:
  using Wait = WaitFor<P>;
  static_assert(WaitStrategy<Wait>);
  static_assert(!Wait::kParks, "one sleeps on 32-bit words, and the word of a thread holds an address");

  static constexpr Traits kTraits{
      .source = "Dice and Kogan 2021",
      .fifo = true,
      .by_kernel_thread = true,
      .deviations = {{{"M7", "a lock is handed over through the word of the thread that locked it"}}}};

  Hemlock() = default;
  Hemlock(const Hemlock&) = delete;
  Hemlock& operator=(const Hemlock&) = delete;
  ~Hemlock() { assert(tail_.load(std::memory_order_relaxed) == nullptr && "destroyed while held"); }

  void lock() noexcept {
    // Acquire: whoever finds it free sees what the last holder did, whoever queues sees a predecessor whose word is
    // there to be read. Release: the same for the successor.
    Thread* const before = tail_.exchange(&self(), std::memory_order_acq_rel);  // (2) with (1), (2)
    if (before != nullptr) wait_behind(*before);
  }

  bool try_lock() noexcept {
    Thread* expected = tail_.load(std::memory_order_relaxed);
    return expected == nullptr &&
           tail_.compare_exchange_strong(expected, &self(), std::memory_order_acq_rel,  // (2) with (1), (2)
                                         std::memory_order_relaxed);
  }

  void unlock() noexcept {
    Thread& mine = self();
    Thread* expected = &mine;
    if (!tail_.compare_exchange_strong(expected, nullptr, std::memory_order_release,  // (1) synchronizes-with (2)
                                       std::memory_order_relaxed)) {
      assert(expected != nullptr && "unlock of a free lock");
      hand_over(mine);
    }
  }

 private:
  // A thread's word: the lock that it is handing over; null: none. Of all that wait behind this thread, each for
  // another lock, the one whose lock it is answers with null.
  static constexpr std::size_t kLine = 64;
  struct alignas(kLine) Thread {
    typename P::template Atomic<const void*> handing_over{nullptr};
  };
  // Known to the compiler to need no construction and no destruction, so that nothing guards it.
  static Thread& self() noexcept {
    thread_local Thread mine;
    return mine;
  }

  [[gnu::noinline]] void wait_behind(Thread& before) noexcept {
    typename Wait::Episode episode;
    while (before.handing_over.load(std::memory_order_acquire) != this) episode.spin();  // (4) with (3)
    before.handing_over.store(nullptr, std::memory_order_release);                       // (5) synchronizes-with (6)
  }

  // The lock may be gone after (3), and another one be there in its place; but its address stays in our word until the
  // next owner, still inside lock, has taken it out: nobody can mistake it for the other lock's.
  // Acquire at (6): this thread may end next, and its word with it, which must come after the answer.
  [[gnu::noinline]] void hand_over(Thread& mine) noexcept {
    mine.handing_over.store(this, std::memory_order_release);  // (3) synchronizes-with (4)
    typename Wait::Episode episode;
    while (mine.handing_over.load(std::memory_order_acquire) != nullptr) episode.spin();  // (6) with (5)
  }

  typename P::template Atomic<Thread*> tail_{nullptr};  // the last in line or the holder; null while free
};

static_assert(TimedMutex<Hemlock<NativePlatform, Spin>>);

}  // namespace syncbench
