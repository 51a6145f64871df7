// Mutexes and recursive mutexes, each broken in one way. Where the fault is a race, it waits a moment in the gap, so
// that it shows in every run.
#include <linux/futex.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <exception>
#include <string>

#include "primitives/conformance/rules.hpp"
#include "primitives/conformance/sound.hpp"
#include "primitives/conformance/threads.hpp"
#include "primitives/conformance/violations.hpp"

namespace syncbench::conformance {
namespace {

// ---- Exclusion ------------------------------------------------------------------------------------------------------

struct ExcludesNobody : AnyMutex {
  void lock() override { asm volatile("" ::: "memory"); }
  bool try_lock() override { return lock(), true; }
  void unlock() override { asm volatile("" ::: "memory"); }
};

struct LoadThenStore : AnyMutex {
  void lock() override {
    while (!try_lock()) ::sched_yield();
  }
  bool try_lock() override {
    if (held.load(std::memory_order_acquire)) return false;
    if (by_chance(16)) ::sched_yield();
    held.store(true, std::memory_order_relaxed);
    return true;
  }
  void unlock() override { held.store(false, std::memory_order_release); }
  std::atomic<bool> held{false};
};

/// Excludes, and publishes nothing.
struct RelaxedLock : AnyMutex {
  void lock() override {
    while (!try_lock()) ::sched_yield();
  }
  bool try_lock() override { return !held.exchange(true, std::memory_order_relaxed); }
  void unlock() override { held.store(false, std::memory_order_relaxed); }
  std::atomic<bool> held{false};
};

struct TryWaits : SoundMutex {
  bool try_lock() override { return lock(), true; }
};
struct TryAlwaysSucceeds : SoundMutex {
  bool try_lock() override { return true; }
};
struct TryNeverSucceeds : SoundMutex {
  bool try_lock() override { return false; }
};

// ---- Waking ---------------------------------------------------------------------------------------------------------

/// A futex mutex; `sleep` is one wait of a thread that could not take it.
struct FutexMutex : TimedByDeadline<AnyMutex> {
  void lock() override { before(no_deadline()); }
  bool try_lock() override { return take(1); }
  void unlock() override {
    const void* const address = &word;
    if (word.exchange(0) == 2) NativePlatform::unpark(address, 1);
  }
  bool before(const SteadyDeadline& deadline) override {
    while (word.exchange(2) != 0) {
      if (deadline.passed()) return false;
      NativePlatform::park(word, 2, deadline);
    }
    return true;
  }
  bool take(std::uint32_t as) {
    std::uint32_t free = 0;
    return word.compare_exchange_strong(free, as);
  }
  std::atomic<std::uint32_t> word{0};  // 0 free, 1 held, 2 held and somebody may sleep
};

struct ForgetsOtherSleepers : FutexMutex {
  void lock() override {
    while (!take(1)) {
      std::uint32_t held = 1;
      if (word.compare_exchange_strong(held, 2) || held == 2) NativePlatform::park(word, 2, Never{});
    }
  }
};

/// Leaves at its deadline although it was the one that was woken.
struct SwallowsWakeUps : FutexMutex {
  bool before(const SteadyDeadline& deadline) override {
    while (word.exchange(2) != 0) {
      NativePlatform::park(word, 2, deadline);
      if (!deadline.unlimited()) std::this_thread::sleep_for(80us);
      if (deadline.passed()) return false;
    }
    return true;
  }
};

// ---- Timed forms ----------------------------------------------------------------------------------------------------

struct TrueWithoutAcquiring : SoundMutex {
  bool before(const SteadyDeadline& deadline) override { return SoundMutex::before(deadline) || true; }
};
struct FalseAlthoughAcquired : SoundMutex {
  bool try_lock_for(Nanoseconds timeout) override { return try_lock() || (SoundMutex::try_lock_for(timeout) && false); }
};
struct GivesUpEarly : SoundMutex {
  bool try_lock_for(Nanoseconds timeout) override { return SoundMutex::try_lock_for(timeout / 10); }
};
struct NeverTriesWhenExpired : SoundMutex {
  bool try_lock_for(Nanoseconds timeout) override { return timeout > 0ns && SoundMutex::try_lock_for(timeout); }
};
struct AddsWithoutCare : SoundMutex {
  bool try_lock_for(Nanoseconds timeout) override {
    const auto now = static_cast<std::uint64_t>(SteadyTime::clock::now().time_since_epoch().count());
    const auto sum = static_cast<std::int64_t>(now + static_cast<std::uint64_t>(timeout.count()));  // wraps
    return before(SteadyDeadline::at(SteadyTime(Nanoseconds(sum))));
  }
};
struct KeepsARecordOfTimeouts : SoundMutex {
  bool before(const SteadyDeadline& deadline) override {
    if (SoundMutex::before(deadline)) return true;
    const std::lock_guard inner(inner_);
    records.push_back(std::make_unique<Record>());
    return false;
  }
  using Record = std::array<char, 128>;
  std::vector<std::unique_ptr<Record>> records;
};

// ---- Whose it is ----------------------------------------------------------------------------------------------------

struct HeedsItsHolderOnly : SoundMutex {
  bool before(const SteadyDeadline& deadline) override {
    if (!SoundMutex::before(deadline)) return false;
    holder = std::this_thread::get_id();
    return true;
  }
  void unlock() override {
    if (holder == std::this_thread::get_id()) SoundMutex::unlock();
  }
  std::atomic<std::thread::id> holder;
};

struct LetsItsHolderIn : SoundMutex {
  void lock() override { before(no_deadline()); }
  bool try_lock() override { return before(SteadyDeadline::after(0ns)); }
  bool before(const SteadyDeadline& deadline) override {
    if (holder == std::this_thread::get_id()) return true;
    if (!SoundMutex::before(deadline)) return false;
    holder = std::this_thread::get_id();
    return true;
  }
  void unlock() override {
    holder = std::thread::id();
    SoundMutex::unlock();
  }
  std::atomic<std::thread::id> holder;
};

struct NeverSaysLocked : SoundMutex {
  std::optional<bool> locked() const override { return false; }
};

struct NotWhileUnwinding : SoundMutex {
  void unlock() override {
    if (std::uncaught_exceptions() == 0) SoundMutex::unlock();
  }
};

/// Looks at itself after the release. Its own grave is marked, so that it is noticed without a sanitizer as well.
struct TouchesAfterRelease : SoundMutex {
  ~TouchesAfterRelease() override { alive = false; }
  void unlock() override {
    SoundMutex::unlock();
    std::this_thread::sleep_for(100us);
    if (!alive) std::abort();
  }
  std::atomic<bool> alive{true};
};

// ---- What holds for every primitive ---------------------------------------------------------------------------------

/// Takes a fifth waiter for its holder.
struct HasRoomForFour : SoundMutex {
  void lock() override {
    if (++waiting <= 4) {
      SoundMutex::lock();
    } else {
      std::this_thread::sleep_for(20us);
    }
    --waiting;
  }
  std::atomic<int> waiting{0};
};

/// Sleeps and spins by turns.
struct DozesOff : SoundMutex {
  void lock() override {
    while (!try_lock_for(50us))
      for (const auto end = SteadyTime::clock::now() + 100us; SteadyTime::clock::now() < end;) continue;
  }
};

/// Takes an interrupted sleep for the end of the wait.
struct TakesASignalForTheLock : FutexMutex {
  void lock() override {
    while (word.exchange(2) != 0)
      if (::syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 2, nullptr, nullptr, 0) != 0 && errno == EINTR) return;
  }
};

/// Waits the whole timeout anew whenever it is interrupted.
struct StartsAfresh : FutexMutex {
  bool try_lock_for(Nanoseconds timeout) override {
    if (take(2)) return true;
    if (timeout <= 0ns || timeout > 1s) return FutexMutex::try_lock_for(timeout);
    const timespec limit{0, timeout.count()};
    while (word.exchange(2) != 0)
      if (::syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 2, &limit, nullptr, 0) != 0 && errno == ETIMEDOUT)
        return false;
    return true;
  }
};

struct CountsInABytesWidth : AnyMutex {
  void lock() override {
    for (const std::uint32_t mine = next++; called != mine;) ::sched_yield();
  }
  bool try_lock() override {
    std::uint32_t mine = called;
    return next.compare_exchange_strong(mine, mine + 1);
  }
  void unlock() override { ++called; }
  std::atomic<std::uint32_t> next{0};
  std::atomic<std::uint8_t> called{0};
};

template <class M>
Subject<AnyMutex> broken(std::string_view name) {
  return {.name = name, .family = "broken", .traits = {}, .make = [] { return std::make_unique<M>(); }};
}
template <class M>
Subject<AnyMutex> spinning(std::string_view name) {
  auto subject = broken<M>(name);
  subject.sleeps = false;
  return subject;
}
Subject<AnyMutex> fifo_by_name_only() {
  auto subject = broken<SoundMutex>("declares first come, first served, and lets others pass");
  subject.traits.fifo = true;
  return subject;
}
template <class Any>
Subject<Any> as_checked(Subject<Any> subject) {
  subject.checked = true;
  return subject;
}

// ---- Recursive mutexes ----------------------------------------------------------------------------------------------

using Recursive = SoundRecursiveMutex;

struct OwnersTryFails : Recursive {
  using Recursive::Recursive;
  bool try_lock() override { return depth() == 0 && Recursive::try_lock(); }
};
struct LocksBeyondItsLimit : Recursive {
  using Recursive::Recursive;
  void lock() override {
    if (depth() == limit_) return;
    Recursive::lock();
  }
};
struct ReleasesAllAtOnce : Recursive {
  using Recursive::Recursive;
  void unlock() override {
    if (depth() != 0) release_all();
  }
};
struct LetsAnybodyRelease : Recursive {
  using Recursive::Recursive;
  void unlock() override {
    const std::lock_guard inner(inner_);
    if (depth_ != 0 && --depth_ == 0) let_go();
  }
};
struct TellsEverybodyTheDepth : Recursive {
  using Recursive::Recursive;
  std::uint32_t depth() const override {
    const std::lock_guard inner(inner_);
    return depth_;
  }
};
struct GivesUpOneLevel : Recursive {
  using Recursive::Recursive;
  std::uint32_t release_all() override {
    const std::uint32_t levels = depth();
    unlock();
    return levels;
  }
};
struct ComesBackOneLevelDeep : Recursive {
  using Recursive::Recursive;
  void reacquire(std::uint32_t) override { lock(); }
};
/// The memory of a thread that has ended is the next one's, and so is its name.
struct KnowsThreadsByAddress : Recursive {
  using Recursive::Recursive;
  std::uint64_t me() const override { return static_cast<std::uint64_t>(::pthread_self()); }
};

/// A broken mutex where a recursive one is asked for; the rules of the mutex do not nest.
class AsRecursive : public AnyRecursiveMutex {
 public:
  explicit AsRecursive(std::unique_ptr<AnyMutex> mutex) : mutex_(std::move(mutex)) {}
  void lock() override { mutex_->lock(); }
  bool try_lock() override { return mutex_->try_lock(); }
  void unlock() override { mutex_->unlock(); }
  bool timed() const override { return mutex_->timed(); }
  bool try_lock_for(Nanoseconds timeout) override { return mutex_->try_lock_for(timeout); }
  bool try_lock_until(SteadyTime instant) override { return mutex_->try_lock_until(instant); }
  bool try_lock_until(SystemTime instant) override { return mutex_->try_lock_until(instant); }
  bool try_lock_until(HandSetClock::time_point instant) override { return mutex_->try_lock_until(instant); }
  std::optional<bool> locked() const override { return mutex_->locked(); }
  bool asks() const override { return false; }

 private:
  std::unique_ptr<AnyMutex> mutex_;
};

template <class M>
Subject<AnyRecursiveMutex> broken_recursive(std::string_view name) {
  return {.name = name, .family = "broken", .traits = {}, .make = [](std::uint32_t limit) {
            return std::make_unique<M>(limit);
          }};
}

Violation<AnyRecursiveMutex> as_recursive(const Violation<AnyMutex>& violation) {
  const Subject<AnyMutex>& mutex = violation.subject;
  return {violation.rule,
          {.name = mutex.name,
           .family = mutex.family,
           .traits = mutex.traits,
           .sleeps = mutex.sleeps,
           .observed = mutex.observed,
           .checked = mutex.checked,
           .make = [make = mutex.make](std::uint32_t) { return std::make_unique<AsRecursive>(make()); }},
          violation.shows,
          violation.needs};
}

std::vector<Violation<AnyRecursiveMutex>> all_recursive() {
  std::vector<Violation<AnyRecursiveMutex>> all = {
      {"R1", broken_recursive<OwnersTryFails>("its owner's try_lock fails")},
      {"R1", broken_recursive<LocksBeyondItsLimit>("lock returns beyond the limit")},
      {"R2", broken_recursive<ReleasesAllAtOnce>("the first release releases all levels")},
      {"R3", as_checked(broken_recursive<LetsAnybodyRelease>("anybody may release"))},
      {"R4", as_checked(broken_recursive<LetsAnybodyRelease>("a release too many is ignored"))},
      {"R5", broken_recursive<TellsEverybodyTheDepth>("everybody is told the owner's depth")},
      {"R6", broken_recursive<GivesUpOneLevel>("release_all gives up one level")},
      {"R6", broken_recursive<ComesBackOneLevelDeep>("reacquire takes one level")},
      {"R7", broken_recursive<KnowsThreadsByAddress>("a new thread inherits what an old one held")},
  };
  for (const Violation<AnyMutex>& violation : mutex_violations()) {
    const bool borrowed =
        std::ranges::any_of(recursive_mutex_rules(), [&](const auto& r) { return r.id == violation.rule; });
    if (borrowed) all.push_back(as_recursive(violation));
  }
  return all;
}

}  // namespace

const std::vector<Violation<AnyMutex>>& mutex_violations() {
  static const std::vector<Violation<AnyMutex>> all = {
      {"M1", spinning<ExcludesNobody>("excludes nobody"), kViolation | kCrash},
      {"M1", spinning<LoadThenStore>("looks, then takes"), kViolation | kCrash},
      {"M2", spinning<LoadThenStore>("looks, then takes"), kViolation | kCrash},
      {"M3", broken<TryWaits>("try_lock waits")},
      {"M3", broken<TryAlwaysSucceeds>("try_lock is always true")},
      {"M3", broken<TryNeverSucceeds>("try_lock is always false")},
      {"M4", broken<ForgetsOtherSleepers>("who was woken forgets the other sleepers"), kHang},
      {"M5", broken<TrueWithoutAcquiring>("true although it has not acquired"), kViolation | kCrash},
      {"M5", broken<FalseAlthoughAcquired>("false although it has acquired")},
      {"M6", broken<SwallowsWakeUps>("who was woken leaves at its deadline"), kHang},
      {"M7", broken<HeedsItsHolderOnly>("another thread's release is ignored")},
      {"M7b", as_checked(broken<SoundMutex>("releasing what is free is ignored"))},
      {"M8", broken<LetsItsHolderIn>("its holder acquires it again")},
      {"M9", broken<TouchesAfterRelease>("unlock looks at it after the release"), kCrash},
      {"M10", fifo_by_name_only()},
      {"M11", broken<NotWhileUnwinding>("not released while an exception passes")},
      {"M12", broken<NeverSaysLocked>("locked() is always false")},
      {"X1", spinning<ExcludesNobody>("excludes nobody"), kViolation | kCrash},
      {"X1", spinning<RelaxedLock>("excludes, and orders nothing"), kCrash, Needs::thread_sanitizer},
      {"X2", broken<TouchesAfterRelease>("unlock looks at it after the release"), kCrash},
      {"X3", broken<HasRoomForFour>("has room for four waiters"), kViolation | kCrash},
      {"X4", broken<DozesOff>("waiters spin between short sleeps"), kViolation},
      {"X5", broken<TakesASignalForTheLock>("takes a signal for the lock"), kViolation | kCrash},
      {"X5", broken<StartsAfresh>("waits the whole timeout anew after a signal"), kViolation},
      {"X6", broken<GivesUpEarly>("gives up when a tenth of the time has passed")},
      {"X6", broken<NeverTriesWhenExpired>("does not try when the time is up")},
      {"X6", broken<AddsWithoutCare>("the longest timeouts overflow")},
      {"X7", broken<KeepsARecordOfTimeouts>("keeps a record of every timeout")},
      {"X8", spinning<ExcludesNobody>("excludes nobody"), kViolation | kCrash},
      {"X8", spinning<RelaxedLock>("excludes, and orders nothing"), kCrash, Needs::thread_sanitizer},
      {"X9", spinning<CountsInABytesWidth>("counts in a byte's width"), kHang},
  };
  return all;
}

const std::vector<Violation<AnyRecursiveMutex>>& recursive_mutex_violations() {
  static const auto all = all_recursive();
  return all;
}

Subject<AnyMutex> sound_mutex() {
  return broken<SoundMutex>("sound");
}
Subject<AnyRecursiveMutex> sound_recursive_mutex() {
  return broken_recursive<SoundRecursiveMutex>("sound");
}

}  // namespace syncbench::conformance
