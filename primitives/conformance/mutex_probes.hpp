// What the rules of mutexes, recursive mutexes and conditions share: the witness that notices a second holder, all ways
// to acquire, waiters that queue up one after the other, and the memory in use.
#pragma once

#include <malloc.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "primitives/conformance/rule.hpp"
#include "primitives/conformance/subjects.hpp"
#include "primitives/conformance/threads.hpp"

/// Is there where a sanitizer has replaced the allocator.
extern "C" std::size_t __sanitizer_get_current_allocated_bytes() __attribute__((weak));  // NOLINT: its name

namespace syncbench::conformance {

using Steady = std::chrono::steady_clock;
using System = std::chrono::system_clock;

/// Two plain words that are equal whenever nobody is between them: a second holder sees them differ, a lost update
/// shows in the sum, and ThreadSanitizer sees an order that is too weak.
class Witness {
 public:
  /// Call while holding the mutex. One visit in `odds` gives the processor away between the two words: that leaves the
  /// door open long enough, also on one processor.
  void visit(std::uint32_t odds = 256) {
    if (first_ != second_) ++violations_;
    ++first_;
    asm volatile("" ::: "memory");
    if (by_chance(odds)) ::sched_yield();
    ++second_;
  }

  /// After the team has gone: `visits` calls, none beside another, and the mutex left free.
  void judge(AnyMutex& mutex, std::uint64_t visits, Check& check) const {
    check.equal(violations_, 0U, "visits beside another holder's");
    check.equal(first_, visits, "updates under the mutex");
    check.equal(second_, visits, "updates under the mutex");
    const bool free = mutex.try_lock();
    check.expect(free, "left locked after everybody's unlock");
    if (free) mutex.unlock();
  }

 private:
  std::uint64_t first_ = 0;
  std::uint64_t second_ = 0;
  std::uint64_t violations_ = 0;
};

/// Plain data over several cache lines, all of it the same number.
class Ledger {
 public:
  /// Call while holding the mutex. Now and then it gives the processor away in the middle of writing.
  void turn(Check& check) {
    for (const Line& line : lines_)
      check.expect(line.value == lines_[0].value, "not all is there that was written before");
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      if (i == lines_.size() / 2 && by_chance(64)) ::sched_yield();
      ++lines_[i].value;
    }
  }

 private:
  struct alignas(64) Line {
    std::uint64_t value = 0;
  };
  std::array<Line, 8> lines_;
};

/// As many threads as asked for, or few where each of them occupies a processor while it waits.
template <class Any>
int crowd(const Subject<Any>& subject, int wanted) {
  return subject.sleeps || subject.observed ? wanted : std::min(wanted, 4);
}

/// Calls body(index) `rounds` times on each of `count` threads that start together: fewer times where that takes longer
/// than `limit`, once at least. Returns the number of calls.
template <class Body>
std::uint64_t run_rounds(int count, int rounds, std::chrono::milliseconds limit, Body body) {
  std::atomic<std::uint64_t> calls{0};
  run_team(count, [&](int index) {
    const auto end = Steady::now() + limit;
    int mine = 0;
    do {
      body(index);
      ++mine;
    } while (mine < rounds && Steady::now() < end);
    calls.fetch_add(mine, std::memory_order_relaxed);
  });
  return calls;
}

/// One of the ways to acquire, picked at random; false if it did not.
inline bool acquire_somehow(AnyMutex& mutex) {
  if (by_chance(2)) return mutex.lock(), true;
  if (mutex.timed()) {
    if (by_chance(3)) return mutex.try_lock_for(by_chance(2) ? 20us : 300us);
    if (by_chance(3)) return mutex.try_lock_until(System::now() + 100us);
    if (by_chance(3)) return mutex.try_lock_for(0us);
  }
  return mutex.try_lock();
}

/// `count` threads acquire in all ways at once for a while.
inline void expect_exclusion(AnyMutex& mutex, std::chrono::milliseconds time, int count, Check& check) {
  Witness witness;
  std::atomic<std::uint64_t> visits{0};
  run_team_for(time, count, [&](int) {
    if (!acquire_somehow(mutex)) return;
    witness.visit();
    mutex.unlock();
    visits.fetch_add(1, std::memory_order_relaxed);
  });
  witness.judge(mutex, visits, check);
}

/// Could another thread take the mutex now?
inline bool free_for_others(AnyMutex& mutex) {
  bool taken = false;
  Worker([&] {
    taken = mutex.try_lock();
    if (taken) mutex.unlock();
  }).join();
  return taken;
}

using Team = std::vector<std::unique_ptr<Worker>>;

inline void join(Team& team) {
  for (auto& worker : team) worker->join();
  team.clear();
}

/// Starts one more thread that waits for `mutex` and calls `inside` while holding it; returns once it waits.
template <class Any, class Body>
void queue_up(const Subject<Any>& subject, AnyMutex& mutex, Team& team, Body inside) {
  team.push_back(std::make_unique<Worker>([&mutex, inside] {
    mutex.lock();
    inside();
    mutex.unlock();
  }));
  await_waiting(subject, *team.back());
}

/// Bytes that the program has allocated and not freed.
inline std::size_t memory_in_use() {
  if (&__sanitizer_get_current_allocated_bytes != nullptr) return __sanitizer_get_current_allocated_bytes();
  const struct mallinfo2 info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

/// What `attempts` timed-out waits may leave allocated: less than the smallest allocation for each, and some room for
/// what the threads around them keep.
constexpr std::size_t tolerated_growth(std::uint64_t attempts) {
  return 64 * 1024 + 8 * attempts;
}

/// How many timeouts expire for X7, which speaks of a million: at 50 to 500 ns each that would take up to half a second
/// for every implementation. This takes any count of sixteen bits once around, and ends at the limit where each attempt
/// costs a system call.
constexpr int kExpiries = 100'000 / kSlowness / kSlowness;
constexpr std::chrono::milliseconds kExpiryLimit{50};

/// Steps to X9: beyond 2^8 in every world, beyond 2^16 where a step costs nanoseconds.
template <class Any>
int steps_to_wrap(const Subject<Any>& subject) {
  return subject.observed || kUnderThreadSanitizer ? 600 : 70'000;
}

}  // namespace syncbench::conformance
