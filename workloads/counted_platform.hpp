// The platform that workloads run their implementations on: the native one, which also counts its system calls. The
// count is an addition beside a call into the kernel; nothing is added where no call is made. Calls that the C library
// makes for std's and POSIX's primitives are not seen.
#pragma once

#include <atomic>
#include <cstdint>

#include "primitives/platform/native.hpp"

namespace syncbench {

/// System calls of one worker since its start. Written by the worker alone; others may look.
struct SystemCalls {
  std::atomic<std::uint64_t> futex_waits{0};
  std::atomic<std::uint64_t> futex_wakes{0};
  std::atomic<std::uint64_t> yields{0};

  static void add_one(std::atomic<std::uint64_t>& count) noexcept {
    count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
};

/// Where the calling thread's calls are counted; null: nowhere.
inline thread_local constinit SystemCalls* calls_of_this_thread = nullptr;

struct CountedPlatform : NativePlatform {
  static void yield() noexcept {
    count(&SystemCalls::yields);
    NativePlatform::yield();
  }
  static void park(const Word& word, std::uint32_t seen, auto deadline, std::uint32_t tag = kAnyTag) noexcept {
    count(&SystemCalls::futex_waits);
    NativePlatform::park(word, seen, deadline, tag);
  }
  static void unpark(const void* address, std::uint32_t how_many, std::uint32_t tag = kAnyTag) noexcept {
    count(&SystemCalls::futex_wakes);
    NativePlatform::unpark(address, how_many, tag);
  }

 private:
  static void count(std::atomic<std::uint64_t> SystemCalls::*kind) noexcept {
    if (calls_of_this_thread != nullptr) SystemCalls::add_one(calls_of_this_thread->*kind);
  }
};
static_assert(Platform<CountedPlatform>);

}  // namespace syncbench
