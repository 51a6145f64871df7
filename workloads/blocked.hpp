// Is a thread asleep in the kernel? A wake-up that is stamped before the waiter sleeps measures the end of a busy wait.
// The kernel's own word is asked for, in place of a sleep and the hope that it was long enough.
#pragma once

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <string_view>

namespace syncbench {

/// The number under which the kernel knows a thread; written by the thread itself.
using ThreadId = std::atomic<int>;

/// Whether the thread sleeps. False on a system that does not tell.
inline bool is_blocked(int thread) noexcept {
  std::array<char, 64> path{};
  std::snprintf(path.data(), path.size(), "/proc/self/task/%d/stat", thread);
  const int file = ::open(path.data(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  std::array<char, 128> text{};
  const auto length = ::read(file, text.data(), text.size());
  ::close(file);
  if (length <= 0) return false;
  // "123 (name of any characters) S ...": the state is the letter after the last bracket. [proc(5)]
  const std::string_view stat(text.data(), static_cast<std::size_t>(length));
  const auto bracket = stat.rfind(") ");
  return bracket != std::string_view::npos && bracket + 2 < stat.size() && stat[bracket + 2] == 'S';
}

/// Gives the processor away until the thread sleeps, for `patience` at most: some waits never sleep. True if it does.
inline bool await_blocked(const ThreadId& thread, std::chrono::nanoseconds patience) noexcept {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!is_blocked(thread.load(std::memory_order_relaxed))) {
    if (std::chrono::steady_clock::now() >= end) return false;
    ::sched_yield();
  }
  return true;
}

}  // namespace syncbench
