// The one who disturbs: belongs to a thread for as long as it lives, decides at each of the thread's shared accesses
// what goes wrong, and does it. The decisions are those of a generator of the thread's own, so the same plan, thread
// number and sequence of accesses give the same faults.
#pragma once

#include <sched.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>

#include "primitives/platform/fault_plan.hpp"
#include "primitives/platform/fault_sites.hpp"
#include "primitives/platform/where.hpp"

namespace syncbench {

/// While it lives, the thread that made it is disturbed by `plan`, as number `thread` of its round. It counts in the
/// table that was in use when it was made, and leaves the thread on the processors that it found it on.
class FaultyThread {
 public:
  using Nap = std::chrono::nanoseconds;

  /// What the thread knows about a place in the source that it has been at.
  struct Site {
    const char* file = nullptr;
    std::uint32_t line = 0;
    SharedAccess access = SharedAccess::load;
    bool disturbed = false;               // by this plan
    std::uint32_t untold = 0;             // times that it was reached and the table does not know of
    SiteTable::Site* counters = nullptr;  // null: no table, or no room in it
  };

  FaultyThread(const FaultPlan& plan, unsigned thread) noexcept;
  ~FaultyThread();
  FaultyThread(const FaultyThread&) = delete;
  FaultyThread& operator=(const FaultyThread&) = delete;

  /// The calling thread's, or null: then nothing disturbs it.
  static FaultyThread* current() noexcept { return current_; }

  /// Counts an access. The result holds until the next call.
  Site& reach(SharedAccess access, const Where& where) noexcept;
  /// Comes before an access and after it: delays, each with its odds.
  void delay(Site& site) noexcept;
  /// Does `fault` happen here? The caller makes it happen, and then says so.
  bool draw(Fault fault, const Site& site) noexcept;
  void happened(Fault fault, Site& site) noexcept;
  /// How long a sleep takes that the plan puts in.
  Nap draw_nap() noexcept;
  static void sleep(Nap nap) noexcept;

 private:
  // Places lie in few files and are many times fewer than this; when two fall together, they are looked up again.
  static constexpr std::size_t kRemembered = 256;

  void remember(Site& site, SharedAccess access, const Where& where) noexcept;
  void tell(Site& site) noexcept;
  void spin() noexcept;
  bool migrate() noexcept;

  static constinit thread_local FaultyThread* current_;

  FaultPlan plan_;
  Random random_;
  SiteTable* table_;
  FaultyThread* outer_;
  cpu_set_t allowed_;
  int processors_ = 0;  // in allowed_; 0: unknown
  bool migrated_ = false;
  std::array<Site, kRemembered> remembered_{};
};
inline constinit thread_local FaultyThread* FaultyThread::current_ = nullptr;

/// One shared access: what comes before it happens when this is made, what comes after it when it ends. Does not touch
/// what is accessed: after a hand-over that may be gone.
class DisturbedAccess {
 public:
  using Nap = FaultyThread::Nap;

  DisturbedAccess(SharedAccess access, const Where& where) noexcept : thread_(FaultyThread::current()) {
    if (thread_ == nullptr) [[likely]]
      return;
    site_ = &thread_->reach(access, where);
    thread_->delay(*site_);
  }
  ~DisturbedAccess() {
    if (thread_ != nullptr) thread_->delay(*site_);
  }
  DisturbedAccess(const DisturbedAccess&) = delete;
  DisturbedAccess& operator=(const DisturbedAccess&) = delete;

  bool inject(Fault fault) noexcept {
    if (thread_ == nullptr || !thread_->draw(fault, *site_)) return false;
    thread_->happened(fault, *site_);
    return true;
  }

  /// How long `fault` takes if it is to happen. All that may happen at an access is drawn before any of it does: how
  /// long things take must not change what the generator says next.
  std::optional<Nap> draw(Fault fault) noexcept {
    if (thread_ == nullptr || !thread_->draw(fault, *site_)) return std::nullopt;
    return thread_->draw_nap();
  }
  /// After draw(fault) gave a value.
  void happened(Fault fault) noexcept { thread_->happened(fault, *site_); }
  void sleep(Fault fault, std::optional<Nap> nap) noexcept {
    if (!nap) return;
    happened(fault);
    FaultyThread::sleep(*nap);
  }

 private:
  FaultyThread* thread_;
  FaultyThread::Site* site_ = nullptr;
};

}  // namespace syncbench
