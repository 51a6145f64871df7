// A breakable barrier that tells some of a generation another end than the rest, or none. What decides is the round
// that a thread came in, not what the barrier says when it looks up. The healthy one beside it is
// primitives/barrier/monitor_breakable_barrier.hpp.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "primitives/barrier/breakable_forms.hpp"

namespace syncbench::mutants {

enum class BreakableFault {
  none,
  abort_wears_off,            ///< the next arrival finds it broken, and mends it
  abort_fails_leavers,        ///< whoever has got through, and sees it broken since, says broken
  reset_forgets_waiters,      ///< counts from zero, and leaves those who wait where they are
  reset_leaves_it_broken,     ///< lets go of those who wait, and no more
  exception_leaves_it_whole,  ///< an action that throws throws, and the others wait on
  breaks_when_tripped,        ///< looks at its clock before it looks how the round ended
  leaves_quietly,             ///< a timeout takes one arrival back, and breaks nothing
};

template <Platform P, BreakableFault kFault = BreakableFault::none>
class MonitorBarrier : public BreakableForms<MonitorBarrier<P, kFault>, P> {
  using Fault = BreakableFault;

 public:
  static constexpr Traits kTraits{.source = "Python threading.Barrier", .destroy_after_use = false};
  using BreakableForms<MonitorBarrier, P>::BreakableForms;

 private:
  using Forms = BreakableForms<MonitorBarrier, P>;
  using Forms::action_, Forms::parties_;
  friend Forms;
  using Lock = std::unique_lock<typename P::Mutex>;
  enum class End { open, passed, broken };

  std::uint32_t wait_before(const auto& deadline) {
    Lock lock(mutex_);
    if (broken_) {
      if (kFault == Fault::abort_wears_off) broken_ = false;
      throw BrokenBarrier{};
    }
    const std::shared_ptr<End> mine = round_;
    const std::uint32_t index = arrived_++;
    if (arrived_ == parties_) {
      complete();
    } else {
      await(lock, *mine, deadline);
    }
    if (*mine == End::broken || (kFault == Fault::abort_fails_leavers && broken_)) throw BrokenBarrier{};
    return index;
  }

  void await(Lock& lock, const End& mine, const auto& deadline) {
    while (mine == End::open) {
      if (deadline.passed()) return give_up();
      sleep(lock, deadline);
      if (kFault == Fault::breaks_when_tripped && deadline.passed()) return give_up();
    }
  }

  void give_up() {
    if (kFault != Fault::leaves_quietly) {
      close(End::broken, true);
      throw BrokenBarrier{};
    }
    --arrived_;
    throw BrokenBarrier{};
  }

  void complete() {
    try {
      if (action_) action_();
    } catch (...) {
      if (kFault != Fault::exception_leaves_it_whole) close(End::broken, true);
      throw;
    }
    close(End::passed, false);
  }

  void sleep(Lock& lock, Never) { changed_.wait(lock); }
  void sleep(Lock& lock, const auto& deadline) {
    if (deadline.unlimited()) return changed_.wait(lock);
    changed_.wait_until(lock, deadline.instant());
  }

  void end_generation(bool broken) {
    const std::lock_guard lock(mutex_);
    if (kFault == Fault::reset_forgets_waiters && !broken) {
      arrived_ = 0;
      broken_ = false;
    } else {
      close(End::broken, broken || (kFault == Fault::reset_leaves_it_broken && broken_));
    }
  }

  // Ends the round that is filling, and begins the next one.
  void close(End end, bool broken) {
    *round_ = end;
    round_ = std::make_shared<End>(End::open);
    arrived_ = 0;
    broken_ = broken;
    changed_.notify_all();
  }

  auto locked(auto body) const {
    const std::lock_guard lock(mutex_);
    return body();
  }

  mutable typename P::Mutex mutex_;  // guards all below
  typename P::ConditionVariable changed_;
  std::shared_ptr<End> round_ = std::make_shared<End>(End::open);
  std::uint32_t arrived_ = 0;
  bool broken_ = false;
};

}  // namespace syncbench::mutants
