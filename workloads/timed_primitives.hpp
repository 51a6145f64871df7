// One face for what one can wait at with a deadline, for the workload timed-wait: each primitive says what it is to set
// it, what a wait is, and what must hold when all waiters of a round are through. The controller calls `begin`, `set`,
// `clear_up` and `end`; a waiter calls `wait`, and `leave` with what came of it.
#pragma once

#include <sched.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "workloads/witness.hpp"
#include "workloads/workload.hpp"

namespace syncbench {

using TimePoint = std::chrono::steady_clock::time_point;

/// How a wait ended. `leave` comes after the time stamp, so what a wait holds is held until then.
struct Waited {
  bool granted;
  bool sound = true;        ///< nothing was seen on the way that must not be
  std::uint32_t index = 0;  ///< at a barrier
};

/// Set: the event is set. One that cannot be cleared is made anew.
template <class E>
class OnEvent {
 public:
  using Primitive = E;
  static constexpr bool kLetsAllPass = true;  ///< a set is enough for all waiters
  static constexpr std::string_view kUnsound{};

  OnEvent(unsigned, Team& team) {
    event_.emplace();
    team.name(&event_, sizeof event_, "event");
  }

  void begin() noexcept {}
  bool set(TimePoint) {
    event_->set();
    return true;
  }
  Waited wait(TimePoint deadline) { return {event_->wait_until(deadline)}; }
  static bool leave(const Waited&) noexcept { return true; }
  std::string clear_up(bool was_set, std::size_t) {
    if (event_->is_set() != was_set) return was_set ? "the event lost its set" : "the event is set, by nobody";
    if constexpr (requires { event_->clear(); }) {
      event_->clear();
    } else if (was_set) {
      event_.emplace();
    }
    return {};
  }
  void end() noexcept {}

 private:
  std::optional<E> event_;
};

/// The controller holds the mutex; set: it unlocks. A waiter that gets it passes it on.
template <class M>
class OnMutex {
 public:
  using Primitive = M;
  static constexpr bool kLetsAllPass = false;  // a waiter may find another one inside
  static constexpr std::string_view kUnsound = "two held the mutex";

  OnMutex(unsigned, Team& team) { team.name(&mutex_, sizeof mutex_, "mutex"); }

  void begin() { mutex_.lock(); }
  bool set(TimePoint) {
    mutex_.unlock();
    return true;
  }
  Waited wait(TimePoint deadline) { return {mutex_.try_lock_until(deadline)}; }
  bool leave(const Waited& waited) {
    if (!waited.granted) return true;
    const bool alone = witness_.step();
    mutex_.unlock();
    return alone;
  }
  std::string clear_up(bool was_set, std::size_t granted) {
    if (was_set) mutex_.lock();
    granted_ += granted;
    if (witness_.count == granted_) return {};
    return std::to_string(granted_) + " waits were granted, and " + std::to_string(witness_.count) + " held the mutex";
  }
  void end() { mutex_.unlock(); }

 private:
  alignas(kNoSharing) M mutex_;
  alignas(kNoSharing) Witness witness_;  // guarded by mutex_
  std::uint64_t granted_ = 0;            // the controller's
};

/// Set: a permit for each waiter is released. What is left is taken back.
template <class S>
class OnSemaphore {
 public:
  using Primitive = S;
  static constexpr bool kLetsAllPass = true;
  static constexpr std::string_view kUnsound{};

  OnSemaphore(unsigned waiters, Team& team) : waiters_(waiters) {
    team.name(&semaphore_, sizeof semaphore_, "semaphore");
  }

  void begin() noexcept {}
  bool set(TimePoint) {
    semaphore_.release(waiters_);
    return true;
  }
  Waited wait(TimePoint deadline) { return {semaphore_.try_acquire_until(deadline)}; }
  static bool leave(const Waited&) noexcept { return true; }
  std::string clear_up(bool was_set, std::size_t granted) {
    const std::ptrdiff_t expected = (was_set ? waiters_ : 0) - static_cast<std::ptrdiff_t>(granted);
    std::ptrdiff_t left = 0;  // one too many is enough to know, and the control has any number
    while (left <= expected && semaphore_.try_acquire()) ++left;
    if (left == expected) return {};
    return std::to_string(was_set ? waiters_ : 0) + " permits, " + std::to_string(granted) + " taken, and " +
           (left > expected ? "more than " + std::to_string(expected) : std::to_string(left)) + " left";
  }
  void end() noexcept {}

 private:
  std::ptrdiff_t waiters_;
  alignas(kNoSharing) S semaphore_{0};
};

/// Set: a flag, under the mutex, and everybody is notified. Waits take the flag as predicate.
template <class C>
class OnCondition {
 public:
  using Primitive = C;
  static constexpr bool kLetsAllPass = true;
  static constexpr std::string_view kUnsound =
      "two were under the mutex, or what a wait returned was not the flag as it was under the mutex";

  OnCondition(unsigned, Team& team) {
    team.name(&mutex_, sizeof mutex_, "mutex");
    team.name(&condition_, sizeof condition_, "condition");
  }

  void begin() noexcept {}
  // Waiters that look at the flag meanwhile have not been kept out, and do so on one processor, too.
  void inspect() {
    mutex_.lock();
    const std::uint64_t seen = witness_.count;
    for (int i = 0; i < kInspections; ++i) ::sched_yield();
    trespassed_ = trespassed_ || witness_.count != seen;
    mutex_.unlock();
  }
  bool set(TimePoint) {
    mutex_.lock();
    flag_ = true;
    mutex_.unlock();
    condition_.notify_all();
    return true;
  }
  // The predicate is evaluated under the mutex, each time: a section for the witness.
  Waited wait(TimePoint deadline) {
    bool alone = true;
    mutex_.lock();
    const bool granted = condition_.wait_until(mutex_, deadline, [&] {
      alone = witness_.step() && alone;
      return flag_;
    });
    return {granted, alone};
  }
  bool leave(const Waited& waited) {
    const bool sound = waited.sound && waited.granted == flag_;
    mutex_.unlock();
    return sound;
  }
  std::string clear_up(bool, std::size_t) {
    mutex_.lock();
    flag_ = false;
    mutex_.unlock();
    return trespassed_ ? "a waiter was under the mutex while the controller was" : "";
  }
  void end() noexcept {}

 private:
  static constexpr int kInspections = 8;
  alignas(kNoSharing) typename C::Mutex mutex_;
  alignas(kNoSharing) typename C::Condition condition_;
  // Guarded by mutex_:
  alignas(kNoSharing) Witness witness_;
  bool flag_ = false;
  bool trespassed_ = false;
};

/// The waiters and the controller are the parties; set: the controller comes too. Then all pass. Otherwise the barrier
/// breaks for all at the deadline, and is reset.
template <class B>
class OnBarrier {
 public:
  using Primitive = B;
  static constexpr bool kLetsAllPass = true;
  static constexpr std::string_view kUnsound = "an arrival index out of range";

  OnBarrier(unsigned waiters, Team& team) : waiters_(waiters), barrier_(waiters + 1), arrived_(waiters + 1) {
    team.name(&barrier_, sizeof barrier_, "barrier");
  }

  void begin() noexcept {}
  bool set(TimePoint deadline) {
    const Waited waited = wait(deadline);
    controller_passed_ = waited.granted;
    in_range_ = leave(waited);
    return waited.granted;
  }
  Waited wait(TimePoint deadline) {
    try {
      return {true, true, barrier_.wait_until(deadline)};
    } catch (const BrokenBarrier&) {
      return {false};
    }
  }
  bool leave(const Waited& waited) noexcept {
    if (!waited.granted) return true;
    if (waited.index >= arrived_.size()) return false;
    arrived_[waited.index].fetch_add(1, std::memory_order_relaxed);  // read when all are through
    return true;
  }
  std::string clear_up(bool was_set, std::size_t granted) {
    const bool controller_passed = was_set && controller_passed_;
    const std::size_t passed = granted + (controller_passed ? 1 : 0);
    bool each_once = in_range_;
    for (auto& index : arrived_) each_once = index.exchange(0, std::memory_order_relaxed) == 1 && each_once;
    const bool broken = barrier_.broken();
    if (broken) barrier_.reset();
    if (passed == 0 && broken) return {};
    if (passed == arrived_.size() && each_once && !broken) return {};
    return std::to_string(passed) + " of " + std::to_string(arrived_.size()) + " passed the barrier" +
           (each_once ? "" : ", their indices not each one once") + (broken ? "; it is broken" : "; it is not broken");
  }
  void end() noexcept {}

 private:
  unsigned waiters_;
  alignas(kNoSharing) B barrier_;
  alignas(kNoSharing) std::vector<std::atomic<unsigned>> arrived_;  // by index: how many got it, in this round
  // The controller's:
  bool controller_passed_ = false;
  bool in_range_ = true;
};

}  // namespace syncbench
