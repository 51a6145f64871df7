// Primitives that keep every rule, as plain as possible, from std::mutex and std::condition_variable: each planted
// violation overrides the one function that it gets wrong.
#pragma once

#include <pthread.h>

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <system_error>
#include <utility>

#include "primitives/conformance/subjects.hpp"
#include "primitives/platform/deadline.hpp"

namespace syncbench::conformance {

using SteadyDeadline = Deadline<std::chrono::steady_clock>;

/// Waits until `come` or the deadline; false if it has not come.
template <class Come>
bool wait_on(std::condition_variable& changed, std::unique_lock<std::mutex>& inner, const SteadyDeadline& deadline,
             Come come) {
  while (!come()) {
    if (deadline.passed()) return false;
    if (deadline.unlimited()) {
      changed.wait(inner);
    } else {
      changed.wait_until(inner, deadline.instant());
    }
  }
  return true;
}

inline SteadyDeadline no_deadline() {
  return SteadyDeadline::after(std::chrono::hours::max());
}

/// The timed forms of a mutex, from one function.
template <class Base>
class TimedByDeadline : public Base {
 public:
  bool timed() const override { return true; }
  bool try_lock_for(Nanoseconds timeout) override { return before(SteadyDeadline::after(timeout)); }
  bool try_lock_until(SteadyTime instant) override { return until(instant); }
  bool try_lock_until(SystemTime instant) override { return until(instant); }
  bool try_lock_until(HandSetClock::time_point instant) override { return until(instant); }

 protected:
  virtual bool before(const SteadyDeadline& deadline) = 0;

 private:
  bool until(auto instant) {
    return attempt_until<std::chrono::steady_clock>(instant, [this](const auto& deadline) { return before(deadline); });
  }
};

class SoundMutex : public TimedByDeadline<AnyMutex> {
 public:
  void lock() override { before(no_deadline()); }
  bool try_lock() override { return SoundMutex::before(SteadyDeadline::after(Nanoseconds(0))); }
  void unlock() override {
    const std::lock_guard inner(inner_);
    held_ = false;
    freed_.notify_one();
  }
  std::optional<bool> locked() const override {
    const std::lock_guard inner(inner_);
    return held_;
  }

 protected:
  bool before(const SteadyDeadline& deadline) override {
    std::unique_lock inner(inner_);
    if (!wait_on(freed_, inner, deadline, [&] { return !held_; })) return false;
    return held_ = true;
  }

  mutable std::mutex inner_;
  std::condition_variable freed_;
  bool held_ = false;
};

class SoundRecursiveMutex : public TimedByDeadline<AnyRecursiveMutex> {
 public:
  explicit SoundRecursiveMutex(std::uint32_t limit) : limit_(limit == 0 ? ~0U : limit) {}
  void lock() override {
    if (!before(no_deadline()))
      throw std::system_error(std::make_error_code(std::errc::resource_unavailable_try_again));
  }
  bool try_lock() override { return before(SteadyDeadline::after(Nanoseconds(0))); }
  void unlock() override {
    const std::lock_guard inner(inner_);
    if (--depth_ == 0) let_go();
  }
  bool owned() const override { return depth() != 0; }
  std::uint32_t depth() const override {
    const std::lock_guard inner(inner_);
    return owner_ == me() ? depth_ : 0;
  }
  std::uint32_t release_all() override {
    const std::lock_guard inner(inner_);
    let_go();
    return std::exchange(depth_, 0);
  }
  void reacquire(std::uint32_t levels) override {
    lock();
    const std::lock_guard inner(inner_);
    depth_ = levels;
  }

 protected:
  /// The calling thread, and no other before or after it.
  virtual std::uint64_t me() const {
    static std::atomic<std::uint64_t> threads{0};
    thread_local const std::uint64_t mine = ++threads;
    return mine;
  }
  bool before(const SteadyDeadline& deadline) override {
    std::unique_lock inner(inner_);
    if (owner_ == me()) return depth_ < limit_ && ++depth_ != 0;
    if (!wait_on(freed_, inner, deadline, [&] { return owner_ == 0; })) return false;
    owner_ = me();
    depth_ = 1;
    return true;
  }
  void let_go() {
    owner_ = 0;
    freed_.notify_one();
  }

  mutable std::mutex inner_;
  std::condition_variable freed_;
  std::uint32_t limit_;
  std::uint64_t owner_ = 0;  // 0: nobody
  std::uint32_t depth_ = 0;
};

/// First come, first served. Over a recursive mutex it gives up all levels.
class SoundCondition : public AnyCondition {
 public:
  explicit SoundCondition(std::unique_ptr<AnyMutex> mutex = std::make_unique<SoundMutex>())
      : mutex_(std::move(mutex)) {}

  AnyMutex& mutex() override { return *mutex_; }
  void wait() override { before(no_deadline()); }
  bool wait_for(Nanoseconds timeout) override { return before(SteadyDeadline::after(timeout)); }
  bool wait_until(SteadyTime instant) override { return before(SteadyDeadline::at(instant)); }
  bool wait_until(SystemTime instant) override { return until(instant); }
  bool wait_until(HandSetClock::time_point instant) override { return until(instant); }
  bool wait_for(Nanoseconds timeout, const std::function<bool()>& predicate) override {
    const auto deadline = SteadyDeadline::after(timeout);
    while (!predicate())
      if (!before(deadline)) return predicate();
    return true;
  }
  void wait(const std::function<bool()>& predicate) override {
    while (!predicate()) before(no_deadline());
  }
  void notify(std::uint32_t n) override {
    const std::lock_guard inner(inner_);
    for (; n != 0 && !queue_.empty(); --n) {
      queue_.front()->served = true;
      queue_.front()->woken.notify_one();
      queue_.pop_front();
    }
  }
  void notify_one() override { notify(1); }
  void notify_all() override { notify(0xffffffffU); }
  void destroy_condition() override {}
  std::unique_ptr<AnyCondition> over_recursive_mutex() const override {
    return std::make_unique<SoundCondition>(std::make_unique<SoundRecursiveMutex>(0));
  }
  AnyRecursiveMutex& recursive_mutex() override { return dynamic_cast<AnyRecursiveMutex&>(*mutex_); }

 protected:
  struct Waiter {
    std::condition_variable woken;
    bool served = false;
  };

  virtual bool before(const SteadyDeadline& deadline) {
    Waiter self;
    begin(self);
    const std::uint32_t levels = give_up();
    const bool served = end(self, deadline);
    take_back(levels);
    return served;
  }

  // ---- The steps of a wait ------------------------------------------------------------------------------------------

  void begin(Waiter& self) {
    const std::lock_guard inner(inner_);
    queue_.push_back(&self);
  }
  std::uint32_t give_up() {
    if (auto* const recursive = dynamic_cast<AnyRecursiveMutex*>(mutex_.get())) return recursive->release_all();
    mutex_->unlock();
    return 0;
  }
  bool end(Waiter& self, const SteadyDeadline& deadline) {
    std::unique_lock inner(inner_);
    if (wait_on(self.woken, inner, deadline, [&] { return self.served; })) return true;
    std::erase(queue_, &self);
    return false;
  }
  void take_back(std::uint32_t levels) {
    if (auto* const recursive = dynamic_cast<AnyRecursiveMutex*>(mutex_.get())) return recursive->reacquire(levels);
    mutex_->lock();
  }

  std::unique_ptr<AnyMutex> mutex_;
  std::mutex inner_;
  std::deque<Waiter*> queue_;  // oldest first

 private:
  // Once only: if its clock was set back meanwhile, the waiter is sent to look.
  bool until(auto instant) {
    bool attempted = false;
    return attempt_until<std::chrono::steady_clock>(
        instant, [&](const auto& deadline) { return std::exchange(attempted, true) || before(deadline); });
  }
};

}  // namespace syncbench::conformance
