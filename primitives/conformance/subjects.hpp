// The erased interfaces through which the rules see every implementation of a primitive: each rule is compiled once and
// not once an implementation, and a broken implementation for a test is a few lines. What an implementation does not
// offer throws `Unsupported`; rules ask first.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "primitives/concepts.hpp"
#include "primitives/conformance/guarded_pages.hpp"
#include "primitives/conformance/hand_set_clock.hpp"

namespace syncbench::conformance {

using Nanoseconds = std::chrono::nanoseconds;
using SteadyTime = std::chrono::steady_clock::time_point;
using SystemTime = std::chrono::system_clock::time_point;

/// A timed form that the implementation does not have was called.
struct Unsupported {};

class AnyMutex : public OnGuardedPages {
 public:
  using Maker = std::unique_ptr<AnyMutex>();
  virtual ~AnyMutex() = default;
  virtual void lock() = 0;
  virtual bool try_lock() = 0;
  virtual void unlock() = 0;
  virtual bool timed() const { return false; }  ///< are the next four there?
  virtual bool try_lock_for(Nanoseconds) { throw Unsupported{}; }
  virtual bool try_lock_until(SteadyTime) { throw Unsupported{}; }
  virtual bool try_lock_until(SystemTime) { throw Unsupported{}; }
  virtual bool try_lock_until(HandSetClock::time_point) { throw Unsupported{}; }
  virtual std::optional<bool> locked() const { return std::nullopt; }  ///< nothing: it does not tell
};

/// How deep a recursive mutex may nest that is made to be filled to its limit.
inline constexpr std::uint32_t kFewLevels = 3;

class AnyRecursiveMutex : public AnyMutex {
 public:
  /// `depth_limit`: kFewLevels, where the implementation can be told; 0: its own limit.
  using Maker = std::unique_ptr<AnyRecursiveMutex>(std::uint32_t depth_limit);
  virtual bool asks() const { return true; }  ///< are the next four there?
  virtual bool owned() const { throw Unsupported{}; }
  virtual std::uint32_t depth() const { throw Unsupported{}; }
  virtual std::uint32_t release_all() { throw Unsupported{}; }
  virtual void reacquire(std::uint32_t) { throw Unsupported{}; }
};

class AnySemaphore : public OnGuardedPages {
 public:
  /// `bounded`: the kind that refuses a release above its start.
  using Maker = std::unique_ptr<AnySemaphore>(std::ptrdiff_t start, bool bounded);
  virtual ~AnySemaphore() = default;
  virtual void acquire() = 0;
  virtual bool try_acquire() = 0;
  virtual bool try_acquire_for(Nanoseconds) = 0;
  virtual bool try_acquire_until(SteadyTime) = 0;
  virtual bool try_acquire_until(SystemTime) = 0;
  virtual bool try_acquire_until(HandSetClock::time_point) = 0;
  virtual void release(std::ptrdiff_t n) = 0;
  virtual std::ptrdiff_t max() const = 0;
  virtual std::optional<std::ptrdiff_t> value() const { return std::nullopt; }  ///< nothing: it does not tell
};

class AnyEvent : public OnGuardedPages {
 public:
  using Maker = std::unique_ptr<AnyEvent>();
  virtual ~AnyEvent() = default;
  virtual void set() = 0;
  virtual bool is_set() const = 0;
  virtual void wait() = 0;
  virtual bool clears() const { return true; }  ///< is `clear` there?
  virtual void clear() { throw Unsupported{}; }
  virtual bool resets_itself() const { return false; }  ///< each `set` lets one waiter go, and is then over
  virtual bool timed() const { return true; }           ///< are the next four there?
  virtual bool wait_for(Nanoseconds) { throw Unsupported{}; }
  virtual bool wait_until(SteadyTime) { throw Unsupported{}; }
  virtual bool wait_until(SystemTime) { throw Unsupported{}; }
  virtual bool wait_until(HandSetClock::time_point) { throw Unsupported{}; }
};

/// A condition together with the mutex it is over. The waits want the mutex held.
class AnyCondition : public OnGuardedPages {
 public:
  using Maker = std::unique_ptr<AnyCondition>();
  virtual ~AnyCondition() = default;
  virtual AnyMutex& mutex() = 0;
  virtual void wait() = 0;
  virtual bool wait_for(Nanoseconds) = 0;  ///< false: timed out (as for the next three)
  virtual bool wait_until(SteadyTime) = 0;
  virtual bool wait_until(SystemTime) = 0;
  virtual bool wait_until(HandSetClock::time_point) = 0;
  virtual bool wait_for(Nanoseconds, const std::function<bool()>& predicate) = 0;
  virtual void wait(const std::function<bool()>& predicate) = 0;
  virtual void notify(std::uint32_t n) = 0;
  virtual void notify_one() = 0;
  virtual void notify_all() = 0;
  /// Ends the condition's life, and leaves the mutex.
  virtual void destroy_condition() = 0;
  /// The same condition type over a recursive mutex of the same family; null if it takes only its own mutex.
  virtual std::unique_ptr<AnyCondition> over_recursive_mutex() const { return nullptr; }
  /// mutex() of what over_recursive_mutex returned.
  virtual AnyRecursiveMutex& recursive_mutex() { throw Unsupported{}; }
};

class AnyBarrier : public OnGuardedPages {
 public:
  /// An arrival that its thread has yet to wait for.
  class Token {
   public:
    virtual ~Token() = default;
    virtual void wait() = 0;
  };
  using Maker = std::unique_ptr<AnyBarrier>(std::uint32_t parties, PhaseAction action);
  virtual ~AnyBarrier() = default;
  virtual bool acts() const { return true; }  ///< does it run an action? Otherwise Maker ignores it.
  virtual std::uint32_t arrive_and_wait(std::uint32_t rank) = 0;  ///< the arrival index
  virtual bool splits() const { return false; }                   ///< is `arrive` there?
  virtual std::unique_ptr<Token> arrive() { throw Unsupported{}; }
  virtual bool drops() const { return false; }  ///< is `arrive_and_drop` there?
  virtual void arrive_and_drop() { throw Unsupported{}; }
  virtual std::optional<std::uint32_t> waiting() const { return std::nullopt; }  ///< nothing: it does not tell
};

class AnyBreakableBarrier : public OnGuardedPages {
 public:
  using Maker = std::unique_ptr<AnyBreakableBarrier>(std::uint32_t parties, PhaseAction action,
                                                     std::optional<Nanoseconds> default_timeout);
  virtual ~AnyBreakableBarrier() = default;
  virtual std::uint32_t wait() = 0;  ///< throws BrokenBarrier, as the next two
  virtual std::uint32_t wait_for(Nanoseconds) = 0;
  virtual std::uint32_t wait_until(SteadyTime) = 0;
  virtual void abort() = 0;
  virtual void reset() = 0;
  virtual std::uint32_t parties() const = 0;
  virtual std::uint32_t waiting() const = 0;
  virtual bool broken() const = 0;
};

}  // namespace syncbench::conformance
