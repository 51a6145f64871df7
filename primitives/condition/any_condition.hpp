// Condition over std::condition_variable_any: what the standard library offers for locks of one's own. It brings a
// mutex of its own, taken by every wait and every notification, and that is measured too.
#pragma once

#include <condition_variable>
#include <mutex>

#include "primitives/concepts.hpp"
#include "primitives/condition/condition_forms.hpp"
#include "primitives/platform/native.hpp"

namespace syncbench {

/// May be destroyed as soon as all waiters have been notified (the standard library shares the ownership of its mutex).
template <Platform P>
class AnyCondition : public ConditionForms<AnyCondition<P>, P> {
 public:
  // The notification cannot be passed on from here: when the wait returns, the condition may have been destroyed (rule
  // C11).
  static constexpr Traits kTraits{
      .source = "C++20 [thread.condition.condvarany]",
      .promise = Profile::cpp,
      .deviations = {
          {{"C8", "a waiter notified just before its deadline may report a timeout: the clock alone decides"}}}};

  void notify(std::uint32_t n) noexcept {
    if (n >= kEverybody) return condition_.notify_all();
    for (; n != 0; --n) condition_.notify_one();
  }

 private:
  friend ConditionForms<AnyCondition, P>;

  template <class Lock>
  bool wait_before(Lock& lock, Never) {
    condition_.wait(lock);
    return true;
  }
  // The deadline is handed on only when it is one: libstdc++ 12 overflows on the longest durations and returns at once.
  template <class Lock>
  bool wait_before(Lock& lock, const Deadline<typename P::Clock>& deadline) {
    if (deadline.unlimited()) return wait_before(lock, Never{});
    return condition_.wait_until(lock, deadline.instant()) == std::cv_status::no_timeout;
  }

  std::condition_variable_any condition_;
};

static_assert(ConditionFor<AnyCondition<NativePlatform>, std::mutex>);

}  // namespace syncbench
