// The public face of every breakable barrier: the source document's Barrier. A barrier writes waiting and breaking
// once, and inherits the forms of it, with every duration and clock of <chrono>.
#pragma once

#include <cassert>
#include <chrono>
#include <optional>
#include <type_traits>
#include <utility>

#include "primitives/concepts.hpp"
#include "primitives/platform/platform.hpp"

namespace syncbench {

/// An instant of a clock that can be set, as a deadline of `Clock`. `attempt_until` repeats an attempt that gave up too
/// early by the caller's clock; a breakable barrier has no second attempt, because giving up breaks it. So this
/// deadline asks the caller's clock before it says that it has passed. One that was set ahead is noticed when a sleep
/// ends.
template <class Clock, class CallersClock>
class DeadlineOn {
 public:
  explicit DeadlineOn(typename CallersClock::duration limit) noexcept : limit_(limit), translated_(translate()) {}

  bool passed() const noexcept {
    if (!translated_.passed()) return false;
    if (now() >= limit_) return true;
    translated_ = translate();
    return false;
  }
  bool unlimited() const noexcept { return translated_.unlimited(); }
  auto instant() const noexcept { return translated_.instant(); }
  operator Deadline<Clock>() const noexcept { return translated_; }  // NOLINT: implicit, for `park`

 private:
  static auto now() noexcept { return CallersClock::now().time_since_epoch(); }
  Deadline<Clock> translate() const noexcept { return deadline_after<Clock>(limit_, now()); }

  typename CallersClock::duration limit_;
  mutable Deadline<Clock> translated_;
};

/// `Self` befriends this base and has
/// - `std::uint32_t wait_before(deadline)`: the arrival index, or throws BrokenBarrier;
/// - `void end_generation(broken)`: lets go of those who wait with BrokenBarrier, and leaves the barrier broken or not;
/// - `locked(body)`: calls body with the members `arrived_` (in the generation that is filling) and `broken_` at rest.
template <class Self, Platform P>
class BreakableForms {
 public:
  explicit BreakableForms(std::uint32_t parties, PhaseAction action = {},
                          std::optional<std::chrono::nanoseconds> default_timeout = std::nullopt)
      : parties_(parties), action_(std::move(action)), timeout_(default_timeout) {
    assert(parties >= 1 && "a barrier is for one thread at least");
  }
  BreakableForms(const BreakableForms&) = delete;
  BreakableForms& operator=(const BreakableForms&) = delete;

  /// With the timeout that the barrier was built with, or none.
  std::uint32_t wait() { return timeout_ ? wait_for(*timeout_) : self().wait_before(Never{}); }

  /// A timeout of zero or less waits for nobody: it completes the phase, or breaks the barrier.
  template <class Rep, class Period>
  std::uint32_t wait_for(const std::chrono::duration<Rep, Period>& timeout) {
    return self().wait_before(Deadline<Clock>::after(timeout));
  }

  template <class CallersClock, class Duration>
  std::uint32_t wait_until(const std::chrono::time_point<CallersClock, Duration>& instant) {
    const auto limit = saturating_ceil<typename CallersClock::duration>(instant.time_since_epoch());
    if constexpr (std::is_same_v<CallersClock, Clock>) {
      return self().wait_before(Deadline<Clock>::at(typename Clock::time_point(limit)));
    } else {
      return self().wait_before(DeadlineOn<Clock, CallersClock>(limit));
    }
  }

  /// All who wait and all who come throw BrokenBarrier, until `reset`.
  void abort() { self().end_generation(true); }
  /// All who wait throw BrokenBarrier; who comes from now on finds a barrier as new.
  void reset() { self().end_generation(false); }

  std::uint32_t parties() const noexcept { return parties_; }
  std::uint32_t waiting() const {
    return self().locked([&] { return self().arrived_; });
  }
  bool broken() const {
    return self().locked([&] { return self().broken_; });
  }

 protected:
  const std::uint32_t parties_;
  const PhaseAction action_;

 private:
  using Clock = typename P::Clock;
  Self& self() noexcept { return static_cast<Self&>(*this); }
  const Self& self() const noexcept { return static_cast<const Self&>(*this); }

  const std::optional<std::chrono::nanoseconds> timeout_;
};

}  // namespace syncbench
