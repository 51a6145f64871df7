// Events, each broken in one way. Where the fault is a race, it waits a moment in the gap, so that it shows in every
// run.
#include <semaphore.h>

#include <cstdlib>

#include "primitives/conformance/sound_coordination.hpp"
#include "primitives/conformance/threads.hpp"
#include "primitives/conformance/violations.hpp"

namespace syncbench::conformance {
namespace {

struct StartsSet : SoundEvent {
  StartsSet() { set_ = true; }
};
struct Toggles : SoundEvent {
  void set() override {
    const bool before = is_set();
    SoundEvent::set();
    if (before) clear();
  }
};
struct WaitsForANewSet : SoundEvent {
  bool before(const SteadyDeadline& deadline) override {
    std::unique_lock inner(inner_);
    const std::uint64_t mine = sets_;
    return wait_on(changed_, inner, deadline, [&] { return sets_ != mine; });
  }
};
struct ConsumesTheFlag : SoundEvent {
  bool before(const SteadyDeadline& deadline) override {
    std::unique_lock inner(inner_);
    if (!wait_on(changed_, inner, deadline, [&] { return set_; })) return false;
    set_ = false;
    return true;
  }
};
struct WakesOne : SoundEvent {
  void set() override {
    const std::lock_guard inner(inner_);
    set_ = true;
    ++sets_;
    changed_.notify_one();
  }
};
struct LooksAtTheFlagAlone : SoundEvent {
  bool before(const SteadyDeadline& deadline) override {
    std::unique_lock inner(inner_);
    return wait_on(changed_, inner, deadline, [&] { return set_; });
  }
};

/// A set leaves as many tokens as have begun to wait since the last one, those who timed out included.
struct LeavesTokens : SoundEvent {
  void set() override {
    SoundEvent::set();
    const std::lock_guard inner(inner_);
    tokens += std::exchange(begun, 0);
    changed_.notify_all();
  }
  bool before(const SteadyDeadline& deadline) override {
    std::unique_lock inner(inner_);
    if (set_) return true;
    ++begun;
    if (!wait_on(changed_, inner, deadline, [&] { return tokens > 0; })) return false;
    --tokens;
    return true;
  }
  int begun = 0;
  int tokens = 0;
};
/// Remembers that there was a set, and tells the next who asks.
struct StoresAnOldSet : SoundEvent {
  bool before(const SteadyDeadline& deadline) override {
    std::unique_lock inner(inner_);
    const bool told = wait_on(changed_, inner, deadline, [&] { return set_ || sets_ != seen; });
    seen = sets_;
    return told;
  }
  std::uint64_t seen = 0;
};

struct TimeoutIsTrue : SoundEvent {
  bool before(const SteadyDeadline& deadline) override { return SoundEvent::before(deadline), true; }
};
struct FalseWhenExpired : SoundEvent {
  bool before(const SteadyDeadline& deadline) override { return SoundEvent::before(deadline) && !deadline.passed(); }
};
struct LooksThenSleeps : SoundEvent {
  bool before(const SteadyDeadline& deadline) override {
    if (is_set()) return true;
    if (by_chance(4)) std::this_thread::sleep_for(std::chrono::microseconds(20));
    std::unique_lock inner(inner_);
    const std::uint64_t mine = sets_;
    return wait_on(changed_, inner, deadline, [&] { return sets_ != mine; });
  }
};
struct TiresAfterThirtySets : SoundEvent {
  void set() override {
    if (sets_ < 30) SoundEvent::set();
  }
};
/// Who set it before it was clear wakes all the same, so that a rule can end.
struct StopsCounting : SoundEvent {
  void set() override {
    const std::lock_guard inner(inner_);
    const bool before = std::exchange(set_, true);
    if (sets_ == 255 && !before) return;
    if (sets_ < 255) ++sets_;
    changed_.notify_all();
  }
};

struct ResetsItself : SoundEvent {
  bool resets_itself() const override { return true; }
};
struct LetsAllGo : ResetsItself {};
struct StoresEverySet : ResetsItself {
  bool before(const SteadyDeadline& deadline) override {
    std::unique_lock inner(inner_);
    if (!wait_on(changed_, inner, deadline, [&] { return sets_ > 0; })) return false;
    --sets_;
    return true;
  }
};

struct LetsSomeGoAtOnce : SoundEvent {
  bool before(const SteadyDeadline& deadline) override { return by_chance(6) || SoundEvent::before(deadline); }
  bool is_set() const override { return by_chance(6) || SoundEvent::is_set(); }
};
/// Lets go, also those whose set was cleared at once, and orders nothing.
struct Relaxed : SoundEvent {
  void set() override {
    count.fetch_add(1, std::memory_order_relaxed);
    flag.store(true, std::memory_order_relaxed);
  }
  void clear() override { flag.store(false, std::memory_order_relaxed); }
  bool is_set() const override { return flag.load(std::memory_order_relaxed); }
  bool before(const SteadyDeadline& deadline) override {
    const int mine = count.load(std::memory_order_relaxed);
    for (; !is_set() && count.load(std::memory_order_relaxed) == mine; ::sched_yield())
      if (deadline.passed()) return false;
    return true;
  }
  std::atomic<bool> flag{false};
  std::atomic<int> count{0};
};
struct TouchesAfterSet : SoundEvent {
  ~TouchesAfterSet() override { alive = false; }
  void set() override {
    SoundEvent::set();
    std::this_thread::sleep_for(std::chrono::microseconds(100));
    if (!alive) std::abort();
  }
  std::atomic<bool> alive{true};
};
struct HasRoomForFour : SoundEvent {
  bool before(const SteadyDeadline& deadline) override {
    if (++waiting > 4) {
      std::unique_lock inner(inner_);
      std::condition_variable forgotten;
      while (!set_) forgotten.wait(inner);
    }
    const bool told = SoundEvent::before(deadline);
    --waiting;
    return told;
  }
  std::atomic<int> waiting{0};
};
struct DozesOff : SoundEvent {
  void wait() override {
    using Clock = SteadyTime::clock;
    while (!wait_for(std::chrono::microseconds(50)))
      for (const auto end = Clock::now() + std::chrono::microseconds(100); Clock::now() < end;) continue;
  }
};
struct TakesASignalForASet : SoundEvent {
  TakesASignalForASet() { ::sem_init(&inner, 0, 0); }
  ~TakesASignalForASet() override { ::sem_destroy(&inner); }
  void wait() override { ::sem_wait(&inner); }
  void set() override { ::sem_post(&inner); }
  sem_t inner;
};
struct StartsAfresh : SoundEvent {
  bool wait_for(Nanoseconds timeout) override {
    if (timeout <= Nanoseconds(0) || timeout > std::chrono::seconds(1)) return SoundEvent::wait_for(timeout);
    const timespec limit{0, timeout.count()};
    while (::nanosleep(&limit, nullptr) != 0) continue;
    return is_set();
  }
};
struct GivesUpEarly : SoundEvent {
  bool wait_for(Nanoseconds timeout) override { return SoundEvent::wait_for(timeout / 2); }
};
struct AddsWithoutCare : SoundEvent {
  bool wait_for(Nanoseconds timeout) override {
    const auto now = static_cast<std::uint64_t>(SteadyTime::clock::now().time_since_epoch().count());
    const auto sum = static_cast<std::int64_t>(now + static_cast<std::uint64_t>(timeout.count()));  // wraps
    return before(SteadyDeadline::at(SteadyTime(Nanoseconds(sum))));
  }
};
struct KeepsARecordOfTimeouts : SoundEvent {
  bool before(const SteadyDeadline& deadline) override {
    if (SoundEvent::before(deadline)) return true;
    const std::lock_guard inner(inner_);
    records.push_back(std::make_unique<SteadyDeadline>(deadline));
    return false;
  }
  std::vector<std::unique_ptr<SteadyDeadline>> records;
};

template <class E>
Subject<AnyEvent> broken(std::string_view name) {
  return {.name = name, .family = "broken", .traits = {}, .make = [] { return std::make_unique<E>(); }};
}
template <class E>
Subject<AnyEvent> spinning(std::string_view name) {
  auto subject = broken<E>(name);
  subject.sleeps = false;
  return subject;
}

}  // namespace

const std::vector<Violation<AnyEvent>>& event_violations() {
  static const std::vector<Violation<AnyEvent>> all = {
      {"E1", broken<StartsSet>("starts set")},
      {"E1", broken<Toggles>("a second set clears it")},
      {"E2", broken<WaitsForANewSet>("a wait ignores that it is set")},
      {"E2", broken<ConsumesTheFlag>("a wait clears it")},
      {"E3", broken<WakesOne>("a set wakes one")},
      {"E4", broken<LooksAtTheFlagAlone>("who wakes up looks at the flag alone")},
      {"E5", broken<LeavesTokens>("a set leaves something for those who timed out")},
      {"E5", broken<StoresAnOldSet>("a set is stored for who comes later")},
      {"E6", broken<TimeoutIsTrue>("a timeout is true")},
      {"E6", broken<FalseWhenExpired>("false if the time is up, set or not")},
      {"E7", broken<LooksThenSleeps>("looks at the flag, and sleeps later")},
      {"E8", broken<TiresAfterThirtySets>("tires after thirty sets")},
      {"E9", broken<LetsAllGo>("resets itself by name only: a set lets all go"), kViolation | kHang},
      {"E9", broken<StoresEverySet>("resets itself, and stores every set")},
      {"X1", broken<LetsSomeGoAtOnce>("some waits return at once"), kViolation | kCrash},
      {"X1", spinning<Relaxed>("lets go, and orders nothing"), kCrash, Needs::thread_sanitizer},
      {"X2", broken<TouchesAfterSet>("set looks at it after the waiters were let go"), kCrash},
      {"X3", broken<HasRoomForFour>("has room for four waiters"), kViolation | kHang},
      {"X4", broken<DozesOff>("waiters spin between short sleeps")},
      {"X5", broken<TakesASignalForASet>("takes a signal for a set")},
      {"X5", broken<StartsAfresh>("waits the whole timeout anew after a signal")},
      {"X6", broken<GivesUpEarly>("gives up when half the time has passed")},
      {"X6", broken<FalseWhenExpired>("false if the time is up, set or not")},
      {"X6", broken<AddsWithoutCare>("the longest timeouts overflow")},
      {"X7", broken<KeepsARecordOfTimeouts>("keeps a record of every timeout"), kViolation},
      {"X8", broken<LetsSomeGoAtOnce>("some waits return at once"), kViolation | kCrash},
      {"X8", spinning<Relaxed>("lets go, and orders nothing"), kCrash, Needs::thread_sanitizer},
      {"X9", broken<StopsCounting>("wakes by a count in a byte, which stays at its end")},
  };
  return all;
}

Subject<AnyEvent> sound_event() {
  return broken<SoundEvent>("sound");
}

}  // namespace syncbench::conformance
