// The platform that is timed: std::atomic, the processor's pause, the kernel's futex and the monotonic clock.
// Everything here is inline and adds no instruction to what a primitive written by hand would do.
#pragma once

#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <climits>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <mutex>

#include "primitives/platform/platform.hpp"

namespace syncbench {

struct NativePlatform {
  template <class T>
  using Atomic = std::atomic<T>;
  using Word = std::atomic<std::uint32_t>;
  using Mutex = std::mutex;
  using ConditionVariable = std::condition_variable;
  using Clock = std::chrono::steady_clock;  // CLOCK_MONOTONIC, the clock that FUTEX_WAIT_BITSET measures with

  /// Tells the core that this is a busy wait: frees the pipeline for a sibling thread and saves power.
  static void relax() noexcept {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("isb" ::: "memory");  // `yield` is a no-op on most cores; isb waits about as long as x86's pause
#else
    asm volatile("" ::: "memory");
#endif
  }

  static void yield() noexcept {
    ::sched_yield();
  }

  static void park(const Word& word, std::uint32_t seen, Never, std::uint32_t tag = kAnyTag) noexcept {
    sleep_on(word, seen, nullptr, tag);
  }

  static void park(const Word& word, std::uint32_t seen, Deadline<Clock> deadline,
                   std::uint32_t tag = kAnyTag) noexcept {
    if (deadline.unlimited()) return sleep_on(word, seen, nullptr, tag);
    const auto since_boot = deadline.instant().time_since_epoch();
    if (since_boot <= since_boot.zero()) return;  // the kernel refuses negative times; this deadline passed long ago
    const auto seconds = std::chrono::floor<std::chrono::seconds>(since_boot);
    const timespec limit{seconds.count(), (since_boot - seconds).count()};
    sleep_on(word, seen, &limit, tag);
  }

  static void unpark(const void* address, std::uint32_t count, std::uint32_t tag = kAnyTag) noexcept {
    // A page that is gone by now (see Platform) answers EFAULT: nobody can be asleep on it.
    futex(address, FUTEX_WAKE_BITSET_PRIVATE, count, nullptr, tag);
  }

 private:
  static_assert(sizeof(Word) == sizeof(std::uint32_t) && Word::is_always_lock_free, "the futex is this word");
  static_assert(std::is_same_v<Clock::period, std::nano>, "time points go to the kernel as nanoseconds");

  static long futex(const void* address, int operation, std::uint32_t value, const timespec* limit,
                    std::uint32_t tag) noexcept {
    return ::syscall(SYS_futex, address, operation, value, limit, nullptr, tag);
  }

  // The limit is absolute, so a wait that is interrupted and repeated still ends on time.
  static void sleep_on(const Word& word, std::uint32_t seen, const timespec* limit, std::uint32_t tag) noexcept {
    if (futex(&word, FUTEX_WAIT_BITSET_PRIVATE, seen, limit, tag) == 0) return;
    if (errno == EAGAIN || errno == EINTR || errno == ETIMEDOUT) return;
    std::perror("syncbench: futex wait");
    std::abort();
  }
};

static_assert(Platform<NativePlatform>);

}  // namespace syncbench
