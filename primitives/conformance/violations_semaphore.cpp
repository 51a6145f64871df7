// Semaphores, each broken in one way. Where the fault is a race, it waits a moment in the gap, so that it shows in
// every run.
#include <semaphore.h>

#include <algorithm>
#include <cstdlib>

#include "primitives/conformance/sound_coordination.hpp"
#include "primitives/conformance/threads.hpp"
#include "primitives/conformance/violations.hpp"

namespace syncbench::conformance {
namespace {

using Count = std::ptrdiff_t;

// ---- Counting -------------------------------------------------------------------------------------------------------

struct TakesNegativeStarts : SoundSemaphore {
  TakesNegativeStarts(Count start, bool bounded) : SoundSemaphore(std::max(start, Count{0}), bounded) {}
};
struct LetsOneTooManyIn : SoundSemaphore {
  using SoundSemaphore::SoundSemaphore;
  bool free() override { return count_ > -1; }
};
struct TakesAnyWakeUpForAPermit : SoundSemaphore {
  using SoundSemaphore::SoundSemaphore;
  void acquire() override {
    std::unique_lock inner(inner_);
    if (count_ <= 0) freed_.wait(inner);
    --count_;
  }
};
struct WakesOneForSeveral : SoundSemaphore {
  using SoundSemaphore::SoundSemaphore;
  void release(Count n) override {
    const std::lock_guard inner(inner_);
    count_ += n;
    freed_.notify_one();
  }
};
struct TakesReleasesOfNothing : SoundSemaphore {
  using SoundSemaphore::SoundSemaphore;
  void release(Count n) override {
    if (n > 0) SoundSemaphore::release(n);
  }
};
struct WakesFromZeroOnly : SoundSemaphore {
  using SoundSemaphore::SoundSemaphore;
  void release(Count n) override {
    const std::lock_guard inner(inner_);
    if (std::exchange(count_, count_ + n) != 0) return;
    for (; n != 0; --n) freed_.notify_one();
  }
};
struct MergesReleases : SoundSemaphore {
  using SoundSemaphore::SoundSemaphore;
  void release(Count n) override {
    const std::lock_guard inner(inner_);
    count_ = std::max(count_, n);
    freed_.notify_all();
  }
};

// ---- Trying ---------------------------------------------------------------------------------------------------------

struct TryWaits : SoundSemaphore {
  using SoundSemaphore::SoundSemaphore;
  bool try_acquire() override { return acquire(), true; }
};
struct TryFailsForNoReason : SoundSemaphore {
  using SoundSemaphore::SoundSemaphore;
  bool try_acquire() override { return !by_chance(8) && SoundSemaphore::try_acquire(); }
};
struct FalseAlthoughItTook : SoundSemaphore {
  using SoundSemaphore::SoundSemaphore;
  bool before(const SteadyDeadline& deadline) override {
    return SoundSemaphore::before(deadline) && !deadline.passed();
  }
};
struct NeverTriesWhenExpired : SoundSemaphore {
  using SoundSemaphore::SoundSemaphore;
  bool before(const SteadyDeadline& deadline) override {
    return !deadline.passed() && SoundSemaphore::before(deadline);
  }
};
struct SwallowsWakeUps : SoundSemaphore {
  using SoundSemaphore::SoundSemaphore;
  // Who has been woken at its deadline leaves, and the permit that it was woken for wakes nobody else.
  bool before(const SteadyDeadline& deadline) override {
    std::unique_lock inner(inner_);
    while (count_ <= 0) {
      if (deadline.passed()) return false;
      if (deadline.unlimited()) {
        freed_.wait(inner);
      } else {
        freed_.wait_until(inner, deadline.instant());
        inner.unlock();
        std::this_thread::sleep_for(std::chrono::microseconds(50));
        inner.lock();
        if (deadline.passed()) return false;
      }
    }
    --count_;
    return true;
  }
  void release(Count n) override {
    const std::lock_guard inner(inner_);
    count_ += n;
    for (; n != 0; --n) freed_.notify_one();
  }
};

// ---- Limits ---------------------------------------------------------------------------------------------------------

struct ChecksThenAdds : SoundSemaphore {
  using SoundSemaphore::SoundSemaphore;
  void release(Count n) override {
    {
      const std::lock_guard inner(inner_);
      admit(n);
    }
    if (by_chance(4)) ::sched_yield();
    const std::lock_guard inner(inner_);
    count_ += n;
    freed_.notify_all();
  }
};
struct AddsThenChecks : SoundSemaphore {
  using SoundSemaphore::SoundSemaphore;
  void release(Count n) override {
    const std::lock_guard inner(inner_);
    count_ += n;
    freed_.notify_all();
    if (count_ > bound_) throw std::overflow_error("too many permits");
  }
};
struct Wraps : SoundSemaphore {
  using SoundSemaphore::SoundSemaphore;
  void release(Count n) override {
    const std::lock_guard inner(inner_);
    count_ = static_cast<std::int32_t>(static_cast<std::uint32_t>(count_) + static_cast<std::uint32_t>(n));
    freed_.notify_all();
  }
};

// ---- Use ------------------------------------------------------------------------------------------------------------

struct HeedsItsHolderOnly : SoundSemaphore {
  using SoundSemaphore::SoundSemaphore;
  void acquire() override {
    SoundSemaphore::acquire();
    holder = std::this_thread::get_id();
  }
  void release(Count n) override {
    if (holder == std::thread::id() || holder == std::this_thread::get_id()) SoundSemaphore::release(n);
  }
  std::atomic<std::thread::id> holder{};
};
struct TouchesAfterRelease : SoundSemaphore {
  using SoundSemaphore::SoundSemaphore;
  ~TouchesAfterRelease() override { alive = false; }
  void release(Count n) override {
    SoundSemaphore::release(n);
    std::this_thread::sleep_for(std::chrono::microseconds(100));
    if (!alive) std::abort();
  }
  std::atomic<bool> alive{true};
};
struct HasRoomForFour : SoundSemaphore {
  using SoundSemaphore::SoundSemaphore;
  bool before(const SteadyDeadline& deadline) override {
    if (++waiting > 4) {
      std::unique_lock inner(inner_);
      std::condition_variable forgotten;
      while (deadline.unlimited() && count_ <= 0) forgotten.wait(inner);
    }
    const bool taken = SoundSemaphore::before(deadline);
    --waiting;
    return taken;
  }
  std::atomic<int> waiting{0};
};

/// Excludes, and orders nothing.
struct Relaxed : SoundSemaphore {
  Relaxed(Count start, bool bounded) : SoundSemaphore(0, bounded), permits(start) {}
  bool before(const SteadyDeadline& deadline) override {
    while (!take()) {
      if (deadline.passed()) return false;
      ::sched_yield();
    }
    return true;
  }
  bool try_acquire() override { return take(); }
  bool take() {
    Count seen = permits.load(std::memory_order_relaxed);
    while (seen > 0 && !permits.compare_exchange_weak(seen, seen - 1, std::memory_order_relaxed)) continue;
    return seen > 0;
  }
  void release(Count n) override { permits.fetch_add(n, std::memory_order_relaxed); }
  std::optional<Count> value() const override { return permits.load(std::memory_order_relaxed); }
  std::atomic<Count> permits;
};

struct DozesOff : SoundSemaphore {
  using SoundSemaphore::SoundSemaphore;
  void acquire() override {
    using Clock = SteadyTime::clock;
    while (!try_acquire_for(std::chrono::microseconds(50)))
      for (const auto end = Clock::now() + std::chrono::microseconds(100); Clock::now() < end;) continue;
  }
};
struct TakesASignalForAPermit : SoundSemaphore {
  TakesASignalForAPermit(Count start, bool bounded) : SoundSemaphore(start, bounded) {
    ::sem_init(&inner, 0, static_cast<unsigned>(start));
  }
  ~TakesASignalForAPermit() override { ::sem_destroy(&inner); }
  void acquire() override { ::sem_wait(&inner); }
  void release(Count n) override {
    for (; n != 0; --n) ::sem_post(&inner);
  }
  sem_t inner;
};
struct StartsAfresh : SoundSemaphore {
  using SoundSemaphore::SoundSemaphore;
  bool try_acquire_for(Nanoseconds timeout) override {
    if (timeout <= Nanoseconds(0) || timeout > std::chrono::seconds(1)) return SoundSemaphore::try_acquire_for(timeout);
    const timespec limit{0, timeout.count()};
    while (::nanosleep(&limit, nullptr) != 0) continue;
    return try_acquire();
  }
};
struct GivesUpEarly : SoundSemaphore {
  using SoundSemaphore::SoundSemaphore;
  bool try_acquire_for(Nanoseconds timeout) override { return SoundSemaphore::try_acquire_for(timeout / 2); }
};
struct AddsWithoutCare : SoundSemaphore {
  using SoundSemaphore::SoundSemaphore;
  bool try_acquire_for(Nanoseconds timeout) override {
    const auto now = static_cast<std::uint64_t>(SteadyTime::clock::now().time_since_epoch().count());
    const auto sum = static_cast<std::int64_t>(now + static_cast<std::uint64_t>(timeout.count()));  // wraps
    return before(SteadyDeadline::at(SteadyTime(Nanoseconds(sum))));
  }
};
struct KeepsARecordOfTimeouts : SoundSemaphore {
  using SoundSemaphore::SoundSemaphore;
  bool before(const SteadyDeadline& deadline) override {
    if (SoundSemaphore::before(deadline)) return true;
    const std::lock_guard inner(inner_);
    records.push_back(std::make_unique<SteadyDeadline>(deadline));
    return false;
  }
  std::vector<std::unique_ptr<SteadyDeadline>> records;
};
struct CountsInAByte : SoundSemaphore {
  using SoundSemaphore::SoundSemaphore;
  bool free() override { return count_ > 0 && given > taken; }
  bool try_acquire() override { return before(SteadyDeadline::after(Nanoseconds(0))); }
  bool before(const SteadyDeadline& deadline) override {
    const bool got = SoundSemaphore::before(deadline);
    const std::lock_guard inner(inner_);
    if (got) ++taken;
    return got;
  }
  void release(Count n) override {
    {
      const std::lock_guard inner(inner_);
      given = static_cast<std::uint8_t>(given + n);
    }
    SoundSemaphore::release(n);
  }
  std::uint8_t given = 0;
  std::uint8_t taken = 0;
};

// ---- The table ------------------------------------------------------------------------------------------------------

template <class S>
Subject<AnySemaphore> broken(std::string_view name) {
  return {.name = name, .family = "broken", .traits = {}, .make = [](Count start, bool bounded) {
            return std::make_unique<S>(start, bounded);
          }};
}
template <class S>
Subject<AnySemaphore> spinning(std::string_view name) {
  auto subject = broken<S>(name);
  subject.sleeps = false;
  return subject;
}
template <class S>
Subject<AnySemaphore> checked(std::string_view name) {
  auto subject = broken<S>(name);
  subject.checked = true;
  return subject;
}
Subject<AnySemaphore> fifo_by_name_only() {
  auto subject = broken<SoundSemaphore>("declares first come, first served, and lets others pass");
  subject.traits.fifo = true;
  return subject;
}

}  // namespace

const std::vector<Violation<AnySemaphore>>& semaphore_violations() {
  static const std::vector<Violation<AnySemaphore>> all = {
      {"S1", checked<TakesNegativeStarts>("takes a negative start for 0")},
      {"S2", broken<LetsOneTooManyIn>("lets one too many in")},
      {"S3", broken<LetsOneTooManyIn>("lets one too many in")},
      {"S3", broken<TakesAnyWakeUpForAPermit>("takes any wake-up for a permit")},
      {"S4", broken<WakesOneForSeveral>("release(n) wakes one")},
      {"S4", checked<TakesReleasesOfNothing>("ignores the release of nothing")},
      {"S5", broken<WakesFromZeroOnly>("wakes somebody only if no permit was free")},
      {"S6", broken<WakesFromZeroOnly>("wakes somebody only if no permit was free")},
      {"S6", broken<MergesReleases>("two releases make one permit")},
      {"S7", broken<TryWaits>("try_acquire waits")},
      {"S7", broken<TryFailsForNoReason>("try_acquire fails for no reason")},
      {"S8", broken<FalseAlthoughItTook>("false although it took a permit")},
      {"S8", broken<NeverTriesWhenExpired>("does not try when the time is up")},
      {"S8", broken<SwallowsWakeUps>("who is woken at its deadline leaves and wakes nobody"), kViolation},
      {"S9", broken<ChecksThenAdds>("compares with its bound, and adds later")},
      {"S9", broken<AddsThenChecks>("adds, and compares with its bound later")},
      {"S9", broken<Wraps>("knows no bound")},
      {"S10", checked<Wraps>("wraps around")},
      {"S10", checked<AddsThenChecks>("adds, and refuses later")},
      {"S11", broken<HeedsItsHolderOnly>("another thread's release is ignored")},
      {"S12", broken<TouchesAfterRelease>("release looks at it after the permit is there"), kCrash},
      {"S13", fifo_by_name_only()},
      {"X1", broken<LetsOneTooManyIn>("lets one too many in"), kViolation | kCrash},
      {"X1", spinning<Relaxed>("counts, and orders nothing"), kCrash, Needs::thread_sanitizer},
      {"X2", broken<TouchesAfterRelease>("release looks at it after the permit is there"), kCrash},
      {"X3", broken<HasRoomForFour>("has room for four waiters"), kViolation | kHang},
      {"X4", broken<DozesOff>("waiters spin between short sleeps")},
      {"X5", broken<TakesASignalForAPermit>("takes a signal for a permit")},
      {"X5", broken<StartsAfresh>("waits the whole timeout anew after a signal")},
      {"X6", broken<GivesUpEarly>("gives up when half the time has passed")},
      {"X6", broken<NeverTriesWhenExpired>("does not try when the time is up")},
      {"X6", broken<AddsWithoutCare>("the longest timeouts overflow")},
      {"X7", broken<KeepsARecordOfTimeouts>("keeps a record of every timeout"), kViolation},
      {"X8", broken<LetsOneTooManyIn>("lets one too many in"), kViolation | kCrash | kHang},
      {"X8", spinning<Relaxed>("counts, and orders nothing"), kCrash, Needs::thread_sanitizer},
      {"X9", broken<CountsInAByte>("counts in a byte")},
  };
  return all;
}

Subject<AnySemaphore> sound_semaphore() {
  return checked<SoundSemaphore>("sound");
}

}  // namespace syncbench::conformance
