// Threads for the rules: teams that start together, workers that can be watched from outside, so that no rule has to
// sleep and hope, signals that interrupt, and one processor for all.
#pragma once

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <latch>
#include <string>
#include <thread>
#include <vector>

#include "primitives/conformance/observed_platform.hpp"

namespace syncbench::conformance {

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

/// Waits for something that must come true; the watchdog ends the test when it does not.
template <class Condition>
void await(Condition condition) {
  while (!condition()) ::sched_yield();
}

/// Far longer than anything takes that works, also on a busy machine.
inline constexpr std::chrono::milliseconds kPatienceOfRules = kSlowness == 1 ? 2000ms : 20'000ms;

/// Waits for it as `await` does, but not for ever: false if it has not come true when the time is up. For what a broken
/// implementation leaves out and the rule can still tell apart from a hang. Time in which this thread itself did not
/// get to run hardly counts: then the others may not have got to run either.
template <class Condition>
bool comes_true(Condition condition, std::chrono::nanoseconds patience = kPatienceOfRules) {
  constexpr std::chrono::nanoseconds kLongestStep = 5ms;
  for (auto last = std::chrono::steady_clock::now(); !condition();) {
    if (patience <= 0ns) return false;
    ::sched_yield();
    const auto now = std::chrono::steady_clock::now();
    patience -= std::min<std::chrono::nanoseconds>(now - last, kLongestStep);
    last = now;
  }
  return true;
}

/// A thread that can be watched from outside.
class Worker {
 public:
  template <class Body>
  explicit Worker(Body body)
      : thread_([this, body]() mutable {
          accesses_of_this_thread = &accesses_;
          used_before_.store(time_on(CLOCK_THREAD_CPUTIME_ID), std::memory_order_relaxed);
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
  bool started() const { return id_.load(std::memory_order_acquire) != 0; }
  /// Processor time that the body has used; the longest there is once it has ended.
  std::chrono::nanoseconds processor_time() const {
    clockid_t clock = 0;
    if (!started()) return {};
    if (::pthread_getcpuclockid(const_cast<std::thread&>(thread_).native_handle(), &clock) != 0) return kEnded;
    const std::int64_t used = time_on(clock);
    return used < 0 ? kEnded : std::chrono::nanoseconds(used - used_before_.load(std::memory_order_relaxed));
  }
  static constexpr std::chrono::nanoseconds kEnded = std::chrono::nanoseconds::max();
  /// Shared accesses completed, in the observed world.
  unsigned accesses() const { return accesses_.load(std::memory_order_relaxed); }

  ~Worker() {
    if (thread_.joinable()) thread_.join();
  }
  void join() { thread_.join(); }
  void signal(int number) { ::pthread_kill(thread_.native_handle(), number); }

 private:
  // Nanoseconds on a clock of the kernel's; negative for a clock that is gone.
  static std::int64_t time_on(clockid_t clock) {
    timespec time{};
    if (::clock_gettime(clock, &time) != 0) return -1;
    return time.tv_sec * std::int64_t{1'000'000'000} + time.tv_nsec;
  }

  std::atomic<unsigned> accesses_{0};
  std::atomic<std::int64_t> used_before_{0};
  std::atomic<int> id_{0};
  std::thread thread_;  // last: it uses the others
};

/// Waits until `worker`, whose body waits for what `subject` makes, is well on its way into the wait. A native waiter
/// that never sleeps is known by the processor time that it has used: more than the way into the wait takes, however
/// late this machine let it run.
template <class Subject>
void await_waiting(const Subject& subject, const Worker& worker) {
  if (subject.sleeps) {
    await([&] { return worker.asleep(); });
  } else if (subject.observed) {
    await([&] { return worker.accesses() >= 4; });
  } else {
    await([&] { return worker.processor_time() >= 100us * kSlowness; });
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

}  // namespace syncbench::conformance
