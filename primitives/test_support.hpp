// What the tests of the primitives share: the cases (every line of the catalog, in two worlds), a watchdog that turns a
// hang into a failure with a name, teams of threads, and the means to see from outside what a thread is doing, so that
// no test has to sleep and hope. Included by tests only.
#pragma once

#include <gtest/gtest.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <latch>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "primitives/catalog.hpp"

namespace syncbench::testing {

using namespace std::chrono_literals;

#if defined(__has_feature)
#if __has_feature(thread_sanitizer) && !defined(__SANITIZE_THREAD__)
#define __SANITIZE_THREAD__ 1
#endif
#if __has_feature(address_sanitizer) && !defined(__SANITIZE_ADDRESS__)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
inline constexpr bool kUnderThreadSanitizer = true;
#else
inline constexpr bool kUnderThreadSanitizer = false;
#endif
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
inline constexpr int kSlowness = 5;
#else
inline constexpr int kSlowness = 1;
#endif

// ---- Watchdog -------------------------------------------------------------------------------------------------------

/// Ends the program when one test takes too long, and says which: its name holds the implementation's.
/// A thread rather than an alarm: ThreadSanitizer delays signals until the thread it hit makes a call, which a thread
/// that spins for ever never does.
class Watchdog : public ::testing::EmptyTestEventListener {
 public:
  void OnTestStart(const ::testing::TestInfo& test) override {
    const std::lock_guard guard(mutex_);
    running_ = std::string(test.test_suite_name()) + "." + test.name();
    limit_ = std::chrono::steady_clock::now() + patience();
    if (!watcher_.joinable()) watcher_ = std::jthread([this](std::stop_token stop) { watch(stop); });
  }
  void OnTestEnd(const ::testing::TestInfo&) override {
    const std::lock_guard guard(mutex_);
    running_.clear();
  }
  void OnTestProgramEnd(const ::testing::UnitTest&) override { watcher_ = {}; }

 private:
  static std::chrono::seconds patience() {
    const char* const chosen = std::getenv("SYNCBENCH_TEST_TIMEOUT");  // seconds; for machines slower than foreseen
    return std::chrono::seconds(chosen != nullptr ? std::atoi(chosen) : 30 * kSlowness);
  }

  void watch(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
      wake_.wait_for(lock, stop, 50ms, [] { return false; });
      if (running_.empty() || std::chrono::steady_clock::now() < limit_) continue;
      std::fprintf(stderr, "\nHANG: %s did not end\n[  FAILED  ] %s\n", running_.c_str(), running_.c_str());
      std::abort();
    }
  }

  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::string running_;
  std::chrono::steady_clock::time_point limit_;
  std::jthread watcher_;
};

inline const bool kWatchdogInstalled = [] {
  ::testing::UnitTest::GetInstance()->listeners().Append(new Watchdog);  // owned by the list
  return true;
}();

// ---- The observed world ---------------------------------------------------------------------------------------------

/// How many shared accesses the calling thread has completed, where a Worker wants to know.
inline thread_local std::atomic<unsigned>* accesses_of_this_thread = nullptr;

/// True once in `odds` calls, from a generator of each thread's own.
inline bool by_chance(std::uint32_t odds) {
  thread_local std::uint32_t state = 0x9e3779b9U ^ static_cast<std::uint32_t>(::syscall(SYS_gettid));
  state ^= state << 13U;
  state ^= state >> 17U;
  state ^= state << 5U;
  return state % odds == 0;
}

/// One shared access: gives the processor away before some, and for longer than a wake-up takes before a few, so that
/// others get into every gap between two accesses; counts it when it is done.
struct Access {
  Access() noexcept {
    if (by_chance(16)) ::sched_yield();
    if (by_chance(96)) std::this_thread::sleep_for(20us);
  }
  ~Access() {
    if (accesses_of_this_thread != nullptr) accesses_of_this_thread->fetch_add(1, std::memory_order_relaxed);
  }
  Access(const Access&) = delete;
  Access& operator=(const Access&) = delete;
};

template <class T>
struct ObservedAtomic : std::atomic<T> {
  using Base = std::atomic<T>;
  using Base::Base;
  using Order = std::memory_order;

  T load(Order order) const noexcept { return (Access{}, Base::load(order)); }
  void store(T value, Order order) noexcept { (Access{}, Base::store(value, order)); }
  T exchange(T value, Order order) noexcept { return (Access{}, Base::exchange(value, order)); }
  T fetch_add(T value, Order order) noexcept { return (Access{}, Base::fetch_add(value, order)); }
  T fetch_sub(T value, Order order) noexcept { return (Access{}, Base::fetch_sub(value, order)); }
  bool compare_exchange_strong(T& seen, T value, Order order) noexcept {
    return (Access{}, Base::compare_exchange_strong(seen, value, order));
  }
  bool compare_exchange_strong(T& seen, T value, Order order, Order failed) noexcept {
    return (Access{}, Base::compare_exchange_strong(seen, value, order, failed));
  }
  bool compare_exchange_weak(T& seen, T value, Order order) noexcept {
    return !by_chance(8) && (Access{}, Base::compare_exchange_weak(seen, value, order));
  }
  bool compare_exchange_weak(T& seen, T value, Order order, Order failed) noexcept {
    return !by_chance(8) && (Access{}, Base::compare_exchange_weak(seen, value, order, failed));
  }
};

/// The native platform with the schedule shaken: yields around shared accesses, sleeps that end for no reason.
struct ObservedPlatform : NativePlatform {
  template <class T>
  using Atomic = ObservedAtomic<T>;
  using Word = ObservedAtomic<std::uint32_t>;

  static void park(const Word& word, std::uint32_t seen, auto deadline, std::uint32_t tag = kAnyTag) noexcept {
    const Access access;
    if (!by_chance(8)) NativePlatform::park(word, seen, deadline, tag);
  }
  static void unpark(const void* address, std::uint32_t count, std::uint32_t tag = kAnyTag) noexcept {
    const Access access;
    NativePlatform::unpark(address, count, tag);
  }
};
static_assert(Platform<ObservedPlatform>);

// ---- The cases ------------------------------------------------------------------------------------------------------

/// One catalog line in one world, as the parameter of a typed test suite. It knows its line by the number: the line
/// itself carries texts in its type, and every test repeats its parameter in the names of its symbols, many times over.
template <std::size_t kLine, Platform P>
struct Case {
  using World = P;
  using Line = Catalog<P>::template At<kLine>;
  using Mutex = typename Line::Mutex;
  using Condition = typename Line::Condition;
  static std::string name() {
    return std::string(Line::kName) + (std::is_same_v<P, NativePlatform> ? "" : ",observed");
  }
};

struct NameOfCase {
  template <class C>
  static std::string GetName(int) {
    return C::name();
  }
};

template <class... Cases>
struct CaseList {
  using GoogleTestTypes = ::testing::Types<Cases...>;
};
template <class... A, class... B>
CaseList<A..., B...> operator+(CaseList<A...>, CaseList<B...>);

template <class Line>
inline constexpr bool kSynchronizes = Line::kStanding != Standing::baseline&& Line::kStanding != Standing::control;

template <class T>
concept HasWaitStrategy = requires {
  typename T::Wait;
};

/// Does a thread that waits for it sleep in the kernel? What has no wait strategy is the standard library's: it does.
template <class T>
inline constexpr bool kSleeps = true;
template <HasWaitStrategy T>
inline constexpr bool kSleeps<T> = T::Wait::kParks;

/// The observed world shows more only where an algorithm runs on the platform's words; and of the busy waits, which
/// differ in one step that this world disturbs anyway, one stands for all.
template <class M, Platform P>
consteval bool worth_running() {
  if constexpr (std::is_same_v<P, NativePlatform>) return true;
  if constexpr (HasWaitStrategy<M>) return kSleeps<M> || std::is_same_v<typename M::Wait, Backoff<P>>;
  return false;
}

template <std::size_t kLine, Platform P, class Line = Catalog<P>::template At<kLine>>
using CasesOfLine = std::conditional_t<kSynchronizes<Line> && worth_running<typename Line::Mutex, P>(),
                                       CaseList<Case<kLine, P>>, CaseList<>>;

template <Platform P, std::size_t... kLines>
auto cases_in(std::index_sequence<kLines...>) -> decltype((CaseList<>{} + ... + CasesOfLine<kLines, P>{}));

template <Platform P>
using CasesIn = decltype(cases_in<P>(std::make_index_sequence<Catalog<P>::kSize>{}));

/// Every line of the catalog that synchronizes, natively and observed: a new line is tested without being named here.
using AllCases = decltype(CasesIn<NativePlatform>{} + CasesIn<ObservedPlatform>{})::GoogleTestTypes;

/// Rounds for tests whose threads wait for one another in turn: fewer where each step may cost a whole time slice,
/// because the waiters neither sleep nor (as the observed world makes them) give the processor away.
template <class C, class T>
constexpr int rounds(int wanted) {
  return kSleeps<T> || !std::is_same_v<typename C::World, NativePlatform> ? wanted : wanted / 8;
}

/// Sixteen threads for two processors; fewer where they are all busy waiting, see above.
template <class C, class T>
inline constexpr int kCrowd = std::max(4, rounds<C, T>(16));

/// Is "first come, first served" declared?
template <class T>
inline constexpr bool kDeclaresFifo = requires {
  requires T::kFifo;
};

/// g++ 12's ThreadSanitizer does not know pthread_mutex_clocklock, and reports correct uses of std::timed_mutex.
template <class M>
inline constexpr bool kTimedFormsTestable = TimedMutex<M>;
template <class P>
inline constexpr bool kTimedFormsTestable<StdTimedMutex<P>> = !kUnderThreadSanitizer;

/// std::condition_variable waits on a std::mutex and on nothing else.
template <class C>
inline constexpr bool kTakesAnyLock = true;
template <class P>
inline constexpr bool kTakesAnyLock<StdCondition<P>> = false;

// ---- Threads --------------------------------------------------------------------------------------------------------

/// Waits for something that must come true; the watchdog ends the test when it does not.
template <class Condition>
void await(Condition condition) {
  while (!condition()) ::sched_yield();
}

/// A thread that can be watched from outside.
class Worker {
 public:
  template <class Body>
  explicit Worker(Body body)
      : thread_([this, body]() mutable {
          accesses_of_this_thread = &accesses_;
          id_.store(static_cast<int>(::syscall(SYS_gettid)), std::memory_order_release);
          body();
          accesses_of_this_thread = nullptr;
        }) {}

  /// Is it in a futex call (or gone)? True on a machine that does not tell: the tests still hold and prove less.
  bool asleep() const {
    const int id = id_.load(std::memory_order_acquire);
    if (id == 0) return false;
    const std::string path = "/proc/self/task/" + std::to_string(id) + "/syscall";
    std::FILE* const file = std::fopen(path.c_str(), "r");
    if (file == nullptr) return true;
    long number = -1;
    const bool in_a_call = std::fscanf(file, "%ld", &number) == 1;
    std::fclose(file);
    return in_a_call && number == SYS_futex;
  }
  /// Shared accesses completed, in the observed world.
  unsigned accesses() const { return accesses_.load(std::memory_order_relaxed); }

  ~Worker() {
    if (thread_.joinable()) thread_.join();
  }
  void join() { thread_.join(); }
  void signal(int number) { ::pthread_kill(thread_.native_handle(), number); }

 private:
  std::atomic<unsigned> accesses_{0};
  std::atomic<int> id_{0};
  std::thread thread_;  // last: it uses the others
};

/// Waits until `worker`, whose body waits for a T, is well on its way into the wait.
template <class T>
void await_waiting(const Worker& worker) {
  if constexpr (kSleeps<T>) {
    await([&] { return worker.asleep(); });
  } else {
    await([&] { return worker.accesses() >= 4; });
  }
}

/// Calls body(index) on `count` threads that start together; returns when all have ended.
template <class Body>
void run_team(int count, Body body) {
  std::latch gate(count);
  std::vector<std::jthread> team;
  for (int index = 0; index < count; ++index) {
    team.emplace_back([&, index] {
      gate.arrive_and_wait();
      body(index);
    });
  }
}

/// The same over and over until the time is up; each thread does it once at least.
template <class Body>
void run_team_for(std::chrono::milliseconds time, int count, Body body) {
  const auto end = std::chrono::steady_clock::now() + time;
  run_team(count, [&](int index) {
    do body(index);
    while (std::chrono::steady_clock::now() < end);
  });
}

/// The threads started while this lives share one processor.
class OneProcessor {
 public:
  OneProcessor() {
    ::sched_getaffinity(0, sizeof before_, &before_);
    cpu_set_t one;
    CPU_ZERO(&one);
    int first = 0;
    while (!CPU_ISSET(first, &before_)) ++first;
    CPU_SET(first, &one);
    ::sched_setaffinity(0, sizeof one, &one);
  }
  ~OneProcessor() { ::sched_setaffinity(0, sizeof before_, &before_); }
  OneProcessor(const OneProcessor&) = delete;
  OneProcessor& operator=(const OneProcessor&) = delete;

 private:
  cpu_set_t before_;
};

/// While this lives, SIGUSR1 interrupts system calls and does nothing else.
class InterruptingSignal {
 public:
  static constexpr int kNumber = SIGUSR1;
  InterruptingSignal() {
    struct sigaction action {};
    action.sa_handler = [](int) {};
    ::sigaction(kNumber, &action, &before_);  // no SA_RESTART: calls fail with EINTR
  }
  ~InterruptingSignal() { ::sigaction(kNumber, &before_, nullptr); }
  InterruptingSignal(const InterruptingSignal&) = delete;
  InterruptingSignal& operator=(const InterruptingSignal&) = delete;

 private:
  struct sigaction before_ {};
};

/// A clock that is set by hand, as a wall clock can be.
struct HandSetClock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<HandSetClock>;
  static constexpr bool is_steady = false;
  static inline std::atomic<rep> hand{0};
  static time_point now() noexcept { return time_point(duration(hand.load())); }
};

}  // namespace syncbench::testing
