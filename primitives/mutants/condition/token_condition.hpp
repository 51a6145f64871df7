// A condition made of a semaphore: a notification leaves as many tokens as there are waiters to wake, and whoever waits
// takes one. But anybody may, also a thread that came after the notification, and the one that it was for sleeps on.
// [glibc's condition variable before 2.25; Go's sync.Cond before 1.6]
#pragma once

#include <algorithm>

#include "primitives/concepts.hpp"
#include "primitives/condition/condition_forms.hpp"

namespace syncbench::mutants {

template <Platform P>
class TokenCondition : public ConditionForms<TokenCondition<P>, P> {
 public:
  static constexpr Traits kTraits{.source = "glibc bug 13165", .destroy_after_use = false, .state = "tokens, waiters"};

  void notify(std::uint32_t n) noexcept {
    const std::uint32_t tokens = std::min(n, waiting_.load(std::memory_order_seq_cst));
    if (tokens == 0) return;
    tokens_.fetch_add(tokens, std::memory_order_seq_cst);
    P::unpark(&tokens_, tokens);
  }

 private:
  friend ConditionForms<TokenCondition, P>;

  bool wait_before(auto& lock, const auto& deadline) {
    waiting_.fetch_add(1, std::memory_order_seq_cst);
    lock.unlock();
    const bool notified = await_token(deadline);
    waiting_.fetch_sub(1, std::memory_order_seq_cst);
    lock.lock();
    return notified;
  }
  bool await_token(const auto& deadline) {
    for (;;) {
      std::uint32_t seen = tokens_.load(std::memory_order_seq_cst);
      while (seen != 0)
        if (tokens_.compare_exchange_weak(seen, seen - 1, std::memory_order_seq_cst)) return true;
      if (deadline.passed()) return false;
      P::park(tokens_, 0, deadline);
    }
  }

  typename P::Word tokens_{0};
  typename P::Word waiting_{0};
};

}  // namespace syncbench::mutants
