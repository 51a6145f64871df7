// Conditions, each broken in one way. Where the fault is a race, it waits a moment in the gap, so that it shows in
// every run.
#include <linux/futex.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "primitives/conformance/rules.hpp"
#include "primitives/conformance/sound.hpp"
#include "primitives/conformance/threads.hpp"
#include "primitives/conformance/violations.hpp"

namespace syncbench::conformance {
namespace {

// ---- Notifications --------------------------------------------------------------------------------------------------

/// Minds waits without the lock, and not notifications.
struct ChecksWaitsOnly : SoundCondition {
  bool before(const SteadyDeadline& deadline) override {
    if (!*mutex_->locked()) throw std::system_error(std::make_error_code(std::errc::operation_not_permitted));
    return SoundCondition::before(deadline);
  }
};

/// Gives up the lock before it listens.
struct ListensTooLate : SoundCondition {
  bool before(const SteadyDeadline& deadline) override {
    Waiter self;
    const std::uint32_t levels = give_up();
    std::this_thread::sleep_for(300us);
    begin(self);
    const bool served = end(self, deadline);
    take_back(levels);
    return served;
  }
};

struct WakesOne : SoundCondition {
  void notify(std::uint32_t n) override { SoundCondition::notify(n == 0 ? 0 : 1); }
};
struct WakesABatchOfTwelve : SoundCondition {
  void notify(std::uint32_t n) override { SoundCondition::notify(n > 12 ? 12 : n); }
};

/// Notifications are tokens: whoever looks first takes one. `kStored`: also when nobody waits.
template <bool kStored>
struct Tokens : SoundCondition {
  void notify(std::uint32_t n) override {
    const std::lock_guard inner(inner_);
    tokens += std::min<std::uint64_t>(n, kStored ? 5 : waiting - std::min<std::uint64_t>(tokens, waiting));
    more.notify_all();
  }
  bool before(const SteadyDeadline& deadline) override {
    {
      const std::lock_guard inner(inner_);
      ++waiting;
    }
    const std::uint32_t levels = give_up();
    bool served = false;
    {
      std::unique_lock inner(inner_);
      while (tokens == 0 && !deadline.passed()) {
        wait_on(more, inner, deadline, [&] { return tokens != 0; });
        inner.unlock();
        std::this_thread::sleep_for(300us);  // a late comer does not have to be woken
        inner.lock();
      }
      served = tokens != 0;
      if (served) --tokens;
      --waiting;
    }
    take_back(levels);
    return served;
  }
  std::condition_variable more;
  std::uint64_t tokens = 0;
  std::uint64_t waiting = 0;
};

struct ReportsATimeoutAllTheSame : SoundCondition {
  bool before(const SteadyDeadline& deadline) override {
    const bool served = SoundCondition::before(deadline);
    if (!deadline.unlimited()) std::this_thread::sleep_for(100us);
    return served && !deadline.passed();
  }
};

struct HeedsOnlyWhoHoldsTheLock : SoundCondition {
  void notify(std::uint32_t n) override {
    if (*mutex_->locked()) SoundCondition::notify(n);
  }
};

// ---- The lock and the predicate -------------------------------------------------------------------------------------

/// Comes back without the lock; `kServed`: when notified, otherwise when its time is up.
template <bool kServed>
struct ComesBackWithout : SoundCondition {
  bool before(const SteadyDeadline& deadline) override {
    const bool served = SoundCondition::before(deadline);
    if (served == kServed) mutex_->unlock();
    return served;
  }
};

struct LooksOnce : SoundCondition {
  void wait(const std::function<bool()>& predicate) override {
    if (!predicate()) before(no_deadline());
  }
};
struct DoesNotLookAtTheEnd : SoundCondition {
  bool wait_for(Nanoseconds timeout, const std::function<bool()>& predicate) override {
    const auto deadline = SteadyDeadline::after(timeout);
    while (!predicate())
      if (!before(deadline)) return false;
    return true;
  }
};
struct LooksWithoutTheLock : SoundCondition {
  bool wait_for(Nanoseconds timeout, const std::function<bool()>& predicate) override {
    return SoundCondition::wait_for(timeout, [&] {
      mutex_->unlock();
      const bool value = predicate();
      mutex_->lock();
      return value;
    });
  }
};

/// Takes the wall clock's instant for one on the monotonic clock, the wrong way round.
struct ConfusesClocks : SoundCondition {
  bool wait_until(SystemTime instant) override {
    return before(
        SteadyDeadline::at(SteadyTime(SteadyTime::clock::now().time_since_epoch() - instant.time_since_epoch())));
  }
};

// ---- Lifetime -------------------------------------------------------------------------------------------------------

/// A notified waiter looks at the condition on its way out. The grave is marked, so that this is noticed without a
/// sanitizer as well.
struct LooksBack : SoundCondition {
  struct State {
    ~State() { alive = false; }
    std::array<char, 64> front{};  // the allocator writes here, once it is free
    std::atomic<bool> alive{true};
  };
  bool before(const SteadyDeadline& deadline) override {
    const State* const mine = state.get();
    Waiter self;
    begin(self);
    const std::uint32_t levels = give_up();
    const bool served = end(self, deadline);
    std::this_thread::sleep_for(200us);
    if (!mine->alive) std::abort();
    take_back(levels);
    return served;
  }
  void destroy_condition() override { state.reset(); }
  std::unique_ptr<State> state = std::make_unique<State>();
};

struct LateMutex : SoundMutex {
  ~LateMutex() override { alive = false; }
  void unlock() override {
    SoundMutex::unlock();
    if (by_chance(2)) std::this_thread::sleep_for(100us);  // not always, or the last to leave would end last
    if (!alive) std::abort();
  }
  std::atomic<bool> alive{true};
};

// ---- Over other mutexes ---------------------------------------------------------------------------------------------

struct NoLock : AnyMutex {
  void lock() override { asm volatile("" ::: "memory"); }
  bool try_lock() override { return lock(), true; }
  void unlock() override { asm volatile("" ::: "memory"); }
};
struct RelaxedLock : AnyMutex {
  void lock() override {
    while (!try_lock()) ::sched_yield();
  }
  bool try_lock() override { return !held.exchange(true, std::memory_order_relaxed); }
  void unlock() override { held.store(false, std::memory_order_relaxed); }
  std::atomic<bool> held{false};
};
struct OneLevelComesBack : SoundRecursiveMutex {
  using SoundRecursiveMutex::SoundRecursiveMutex;
  void reacquire(std::uint32_t) override { lock(); }
};
struct OneLevelIsGivenUp : SoundRecursiveMutex {
  using SoundRecursiveMutex::SoundRecursiveMutex;
  std::uint32_t release_all() override { return unlock(), 1; }
  void reacquire(std::uint32_t) override { lock(); }
};

template <class M>
struct Over : SoundCondition {
  Over() : SoundCondition(std::make_unique<M>()) {}
};
template <class R>
struct OverRecursive : SoundCondition {
  std::unique_ptr<AnyCondition> over_recursive_mutex() const override {
    return std::make_unique<SoundCondition>(std::make_unique<R>(0));
  }
};

// ---- What holds for every primitive ---------------------------------------------------------------------------------

struct SpinsBetweenShortSleeps : SoundCondition {
  bool before(const SteadyDeadline& deadline) override {
    Waiter self;
    begin(self);
    const std::uint32_t levels = give_up();
    bool served = false;
    for (auto now = SteadyTime::clock::now();; now = SteadyTime::clock::now()) {
      std::unique_lock inner(inner_);
      served = wait_on(self.woken, inner, SteadyDeadline::at(now + 50us), [&] { return self.served; });
      if (!served && deadline.passed()) std::erase(queue_, &self);
      if (served || deadline.passed()) break;
      inner.unlock();
      while (SteadyTime::clock::now() < now + 150us) continue;
    }
    take_back(levels);
    return served;
  }
};

/// A word that changes with every notification.
struct ByWord : SoundCondition {
  void notify(std::uint32_t n) override {
    if (n == 0) return;
    ++word;
    NativePlatform::unpark(&word, std::min(n, kEverybody));
  }
  std::atomic<std::uint32_t> word{0};
};

/// Takes an interrupted sleep for a notification.
struct TakesASignalForIt : ByWord {
  bool before(const SteadyDeadline& deadline) override {
    const std::uint32_t seen = word;
    mutex_->unlock();
    bool interrupted = false;
    while (word == seen && !deadline.passed() && !interrupted) {
      timespec limit{0, 1'000'000};
      timespec* const until = deadline.unlimited() ? nullptr : &limit;
      interrupted = ::syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, seen, until, nullptr, 0) != 0 && errno == EINTR;
    }
    const bool served = word != seen || interrupted;
    mutex_->lock();
    return served;
  }
};

/// Waits the whole timeout anew whenever it is interrupted.
struct StartsAfresh : ByWord {
  bool before(const SteadyDeadline& deadline) override {
    const std::uint32_t seen = word;
    mutex_->unlock();
    const auto left = deadline.instant() - SteadyTime::clock::now();
    const timespec whole{0, left.count()};
    const bool measured = left > 0ns && left < 1s;
    while (word == seen && (measured || !deadline.passed())) {
      if (!measured) {
        NativePlatform::park(word, seen, deadline);
      } else if (::syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, seen, &whole, nullptr, 0) != 0 && errno == ETIMEDOUT) {
        break;
      }
    }
    const bool served = word != seen;
    mutex_->lock();
    return served;
  }
};

struct GivesUpEarly : SoundCondition {
  bool wait_for(Nanoseconds timeout, const std::function<bool()>& predicate) override {
    return SoundCondition::wait_for(timeout / 10, predicate);
  }
};
struct WaitsWhenExpired : SoundCondition {
  bool wait_for(Nanoseconds timeout) override {
    return before(timeout > 0ns ? SteadyDeadline::after(timeout) : no_deadline());
  }
};
struct AddsWithoutCare : SoundCondition {
  bool wait_for(Nanoseconds timeout) override {
    const auto now = static_cast<std::uint64_t>(SteadyTime::clock::now().time_since_epoch().count());
    const auto sum = static_cast<std::int64_t>(now + static_cast<std::uint64_t>(timeout.count()));  // wraps
    return before(SteadyDeadline::at(SteadyTime(Nanoseconds(sum))));
  }
};

struct KeepsARecordOfTimeouts : SoundCondition {
  bool before(const SteadyDeadline& deadline) override {
    if (SoundCondition::before(deadline)) return true;
    records.push_back(std::make_unique<Record>());  // the lock is held again
    return false;
  }
  using Record = std::array<char, 128>;
  std::vector<std::unique_ptr<Record>> records;
};

/// Numbers its waiters, and keeps the number of those served in a byte.
struct CountsInABytesWidth : SoundCondition {
  void notify(std::uint32_t n) override {
    const std::lock_guard inner(inner_);
    for (; n != 0 && served != static_cast<std::uint8_t>(waits); --n) ++served;
    more.notify_all();
  }
  bool before(const SteadyDeadline& deadline) override {
    std::uint64_t mine = 0;
    {
      const std::lock_guard inner(inner_);
      mine = waits++;
    }
    const std::uint32_t levels = give_up();
    bool now = false;
    {
      std::unique_lock inner(inner_);
      now = wait_on(more, inner, deadline, [&] { return served > mine; });
    }
    take_back(levels);
    return now;
  }
  std::condition_variable more;
  std::uint64_t waits = 0;
  std::uint8_t served = 0;
};

template <class C>
Subject<AnyCondition> broken(std::string_view name) {
  return {.name = name, .family = "broken", .traits = {}, .make = [] { return std::make_unique<C>(); }};
}
template <class C>
Subject<AnyCondition> broken_checked(std::string_view name) {
  auto subject = broken<C>(name);
  subject.checked = true;
  return subject;
}
template <class C>
Subject<AnyCondition> broken_queue(std::string_view name) {
  auto subject = broken<C>(name);
  subject.traits.fifo = true;
  return subject;
}

}  // namespace

const std::vector<Violation<AnyCondition>>& condition_violations() {
  static const std::vector<Violation<AnyCondition>> all = {
      {"C1", broken_checked<ChecksWaitsOnly>("notifies without the lock")},
      {"C2", broken<ListensTooLate>("gives up the lock before it listens"), kViolation | kHang},
      {"C3", broken<ComesBackWithout<false>>("a timeout returns without the lock"), kViolation | kCrash},
      {"C3", broken<ComesBackWithout<true>>("a notified wait returns without the lock"), kViolation | kCrash},
      {"C4", broken<WakesOne>("notify(n) wakes one")},
      {"C5", broken<WakesOne>("notify_all wakes one")},
      {"C5", broken<WakesABatchOfTwelve>("notify_all wakes the first batch")},
      {"C6", broken<Tokens<true>>("notifications are stored")},
      {"C7", broken<Tokens<false>>("a late comer takes the notification")},
      {"C8", broken<ReportsATimeoutAllTheSame>("a notified waiter reports a timeout")},
      {"C9", broken<DoesNotLookAtTheEnd>("does not look when the time is up")},
      {"C9", broken<LooksWithoutTheLock>("looks without the lock")},
      {"C10", broken<LooksOnce>("does not look again"), kViolation | kCrash},
      {"C11", broken<LooksBack>("a notified waiter looks back"), kCrash},
      {"C12", broken<ConfusesClocks>("takes one clock's instant for another's")},
      {"C13", broken<HeedsOnlyWhoHoldsTheLock>("a notification without the lock is dropped"), kHang},
      {"R6", broken<OverRecursive<OneLevelComesBack>>("one level comes back")},
      {"R6", broken<OverRecursive<OneLevelIsGivenUp>>("one level is given up"), kHang},
      {"X1", broken<Over<NoLock>>("its lock excludes nobody"), kViolation | kCrash},
      {"X1", broken<Over<RelaxedLock>>("its lock orders nothing"), kCrash, Needs::thread_sanitizer},
      {"X2", broken<Over<LateMutex>>("its lock is touched after the release"), kCrash},
      {"X3", broken<WakesABatchOfTwelve>("notify_all wakes the first batch"), kHang},
      {"X4", broken<SpinsBetweenShortSleeps>("waiters spin between short sleeps"), kViolation},
      {"X5", broken<TakesASignalForIt>("takes a signal for a notification")},
      {"X5", broken<StartsAfresh>("waits the whole timeout anew after a signal"), kViolation},
      {"X6", broken<GivesUpEarly>("gives up when a tenth of the time has passed")},
      {"X6", broken<WaitsWhenExpired>("zero means for ever")},
      {"X6", broken<AddsWithoutCare>("the longest timeouts overflow")},
      {"X7", broken<KeepsARecordOfTimeouts>("keeps a record of every timeout")},
      {"X8", broken<Over<RelaxedLock>>("its lock orders nothing"), kCrash, Needs::thread_sanitizer},
      {"X9", broken_queue<CountsInABytesWidth>("counts in a byte's width"), kViolation | kHang},
  };
  return all;
}

Subject<AnyCondition> sound_condition() {
  return broken_queue<SoundCondition>("sound");
}

}  // namespace syncbench::conformance
