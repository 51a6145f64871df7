// The standard library's own primitives behind this project's interface: what everything else is compared with. The
// adapters add notify(n) and mend one fault of libstdc++ 12 (the longest durations overflow and return at once);
// everything else passes straight through.
#pragma once

#include <barrier>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "primitives/concepts.hpp"
#include "primitives/condition/condition_forms.hpp"
#include "primitives/mutex/timed_forms.hpp"
#include "primitives/platform/native.hpp"

namespace syncbench {

/// std::mutex itself.
struct StdMutex : std::mutex {
  static constexpr Traits kTraits{.source = "C++20 [thread.mutex.class]", .promise = Profile::cpp};
};

/// std::recursive_mutex itself. It tells nobody who owns it, nor how many times over.
struct StdRecursiveMutex : std::recursive_mutex {
  static constexpr Traits kTraits{.source = "C++20 [thread.mutex.recursive]", .promise = Profile::cpp};
};

/// A timed mutex of the standard library.
template <Platform P, class M>
class StdTimed : public TimedForms<StdTimed<P, M>, P> {
 public:
  void lock() { mutex_.lock(); }
  bool try_lock() { return mutex_.try_lock(); }
  void unlock() { mutex_.unlock(); }

 private:
  friend TimedForms<StdTimed, P>;
  bool try_lock_before(const Deadline<typename P::Clock>& deadline) {
    if (!deadline.unlimited()) return mutex_.try_lock_until(deadline.instant());
    mutex_.lock();
    return true;
  }
  M mutex_;
};

template <Platform P>
struct StdTimedMutex : StdTimed<P, std::timed_mutex> {
  static constexpr Traits kTraits{
      .source = "C++20 [thread.timedmutex.class]", .promise = Profile::cpp, .tsan_knows_timed = false};
};

template <Platform P>
struct StdRecursiveTimedMutex : StdTimed<P, std::recursive_timed_mutex> {
  static constexpr Traits kTraits{
      .source = "C++20 [thread.timedmutex.recursive]", .promise = Profile::cpp, .tsan_knows_timed = false};
};

/// std::condition_variable. Waits on a std::mutex itself; the unique_lock that the standard asks for is made and
/// released around the call, which costs nothing.
template <Platform P>
class StdCondition : public ConditionForms<StdCondition<P>, P> {
 public:
  static constexpr Traits kTraits{
      .source = "C++20 [thread.condition.condvar]",
      .promise = Profile::cpp,
      .deviations = {
          {{"C8", "a waiter notified just before its deadline may report a timeout: the clock alone decides"}}}};

  void notify(std::uint32_t n) noexcept {
    if (n >= kEverybody) return condition_.notify_all();
    for (; n != 0; --n) condition_.notify_one();
  }

 private:
  friend ConditionForms<StdCondition, P>;

  // std::unique_lock on loan: the caller's mutex is still held when this goes out of scope.
  struct Borrowed : std::unique_lock<std::mutex> {
    explicit Borrowed(std::mutex& mutex) : unique_lock(mutex, std::adopt_lock) {}
    ~Borrowed() { release(); }
  };

  bool wait_before(std::mutex& mutex, Never) {
    Borrowed lock(mutex);
    condition_.wait(lock);
    return true;
  }
  bool wait_before(std::mutex& mutex, const Deadline<typename P::Clock>& deadline) {
    if (deadline.unlimited()) return wait_before(mutex, Never{});
    Borrowed lock(mutex);
    return condition_.wait_until(lock, deadline.instant()) == std::cv_status::no_timeout;
  }

  std::condition_variable condition_;
};

/// std::barrier. It tells nobody who came last, so every arrival has index 0.
class StdBarrier {
 public:
  static constexpr Traits kTraits{
      .source = "C++20 [thread.barrier]",
      .promise = Profile::cpp,
      .destroy_after_use = false,
      .deviations = {{{"B4", "std::barrier has no arrival index and no serial thread"},
                      {"B7", "the standard forbids more arrivals in a phase than there are parties"},
                      {"B8", "the standard allows no destruction while others are still returning"}}}};

  explicit StdBarrier(std::uint32_t parties, PhaseAction action = {}) : barrier_(parties, {std::move(action)}) {}

  std::uint32_t arrive_and_wait() {
    barrier_.arrive_and_wait();
    return 0;
  }

 private:
  struct Completion {
    PhaseAction action;
    void operator()() noexcept {
      if (action) action();
    }
  };
  std::barrier<Completion> barrier_;
};

static_assert(ActingBarrier<StdBarrier>);
static_assert(TimedMutex<StdTimedMutex<NativePlatform>> && TimedMutex<StdRecursiveTimedMutex<NativePlatform>>);
static_assert(Mutex<StdRecursiveMutex> && ConditionFor<StdCondition<NativePlatform>, std::mutex>);

}  // namespace syncbench
