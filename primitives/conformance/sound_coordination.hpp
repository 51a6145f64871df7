// Semaphore, event and barriers that keep every rule, as plain as possible, from std::mutex and
// std::condition_variable: each planted violation overrides the one function that it gets wrong, or sets the one flag.
#pragma once

#include <limits>
#include <stdexcept>

#include "primitives/conformance/sound.hpp"

namespace syncbench::conformance {

class SoundSemaphore : public AnySemaphore {
 public:
  SoundSemaphore(std::ptrdiff_t start, bool bounded) : count_(start), bound_(bounded ? start : kMax) {
    if (start < 0) throw std::invalid_argument("negative start");
  }
  void acquire() override { before(no_deadline()); }
  bool try_acquire() override { return SoundSemaphore::before(SteadyDeadline::after(Nanoseconds(0))); }
  bool try_acquire_for(Nanoseconds timeout) override { return before(SteadyDeadline::after(timeout)); }
  bool try_acquire_until(SteadyTime instant) override { return before(SteadyDeadline::at(instant)); }
  bool try_acquire_until(SystemTime instant) override { return until(instant); }
  bool try_acquire_until(HandSetClock::time_point instant) override { return until(instant); }
  void release(std::ptrdiff_t n) override {
    const std::lock_guard inner(inner_);
    admit(n);
    count_ += n;
    freed_.notify_all();
  }
  std::ptrdiff_t max() const override { return kMax; }
  std::optional<std::ptrdiff_t> value() const override {
    const std::lock_guard inner(inner_);
    return count_;
  }

 protected:
  static constexpr std::ptrdiff_t kMax = 0x7fffffff;

  virtual bool before(const SteadyDeadline& deadline) {
    std::unique_lock inner(inner_);
    if (!wait_on(freed_, inner, deadline, [&] { return free(); })) return false;
    --count_;
    return true;
  }
  virtual bool free() { return count_ > 0; }
  void admit(std::ptrdiff_t n) const {
    if (n < 1) throw std::invalid_argument("no permit");
    if (n > bound_ - count_) throw std::overflow_error("too many permits");
  }
  bool until(auto instant) {
    return attempt_until<std::chrono::steady_clock>(instant, [this](const auto& deadline) { return before(deadline); });
  }

  mutable std::mutex inner_;
  std::condition_variable freed_;
  std::ptrdiff_t count_;
  std::ptrdiff_t bound_;
};

class SoundEvent : public AnyEvent {
 public:
  void set() override {
    const std::lock_guard inner(inner_);
    set_ = true;
    ++sets_;
    changed_.notify_all();
  }
  void clear() override {
    const std::lock_guard inner(inner_);
    set_ = false;
  }
  bool is_set() const override {
    const std::lock_guard inner(inner_);
    return set_;
  }
  void wait() override { before(no_deadline()); }
  bool wait_for(Nanoseconds timeout) override { return before(SteadyDeadline::after(timeout)); }
  bool wait_until(SteadyTime instant) override { return before(SteadyDeadline::at(instant)); }
  bool wait_until(SystemTime instant) override { return until(instant); }
  bool wait_until(HandSetClock::time_point instant) override { return until(instant); }

 protected:
  virtual bool before(const SteadyDeadline& deadline) {
    std::unique_lock inner(inner_);
    const std::uint64_t mine = sets_;
    return wait_on(changed_, inner, deadline, [&] { return set_ || sets_ != mine; });
  }
  bool until(auto instant) {
    return attempt_until<std::chrono::steady_clock>(instant, [this](const auto& deadline) { return before(deadline); });
  }

  mutable std::mutex inner_;
  std::condition_variable changed_;
  bool set_ = false;
  std::uint64_t sets_ = 0;
};

/// For any number of threads. Splits, and lets threads drop out.
class SoundBarrier : public AnyBarrier {
 public:
  SoundBarrier(std::uint32_t parties, PhaseAction action) : parties_(parties), action_(std::move(action)) {
    if (parties == 0) throw std::invalid_argument("a barrier for nobody");
  }
  ~SoundBarrier() override { await_leavers(); }

  std::uint32_t arrive_and_wait(std::uint32_t) override {
    std::unique_lock inner(inner_);
    const std::uint64_t mine = phase_;
    const std::uint32_t index = count_arrival();
    ++inside_;
    while (phase_ == mine) opened_.wait(inner);
    --inside_;
    return index;
  }
  bool splits() const override { return true; }
  std::unique_ptr<Token> arrive() override {
    const std::lock_guard inner(inner_);
    const std::uint64_t mine = phase_;
    count_arrival();
    return std::make_unique<SoundToken>(*this, mine);
  }
  bool drops() const override { return true; }
  void arrive_and_drop() override {
    const std::lock_guard inner(inner_);
    ++dropped_;
    count_arrival();
  }
  std::optional<std::uint32_t> waiting() const override {
    const std::lock_guard inner(inner_);
    return arrived_;
  }

 protected:
  struct SoundToken : Token {
    SoundToken(SoundBarrier& owner, std::uint64_t phase) : barrier(owner), mine(phase) {}
    void wait() override {
      std::unique_lock inner(barrier.inner_);
      while (barrier.phase_ == mine) barrier.opened_.wait(inner);
    }
    SoundBarrier& barrier;
    std::uint64_t mine;
  };

  std::uint32_t count_arrival() {
    const std::uint32_t index = arrived_++;
    if (arrived_ == parties_) complete();
    return index;
  }
  virtual void complete() {
    if (action_) action_();
    open();
  }
  void open() {
    arrived_ = 0;
    parties_ -= std::exchange(dropped_, 0U);
    ++phase_;
    opened_.notify_all();
  }
  virtual void await_leavers() {
    for (;; std::this_thread::yield()) {
      const std::lock_guard inner(inner_);
      if (inside_ == 0) return;
    }
  }

  mutable std::mutex inner_;
  std::condition_variable opened_;
  std::uint32_t parties_;
  std::uint32_t dropped_ = 0;  // in this phase
  std::uint32_t arrived_ = 0;  // in this phase
  std::uint32_t inside_ = 0;   // of all phases
  std::uint64_t phase_ = 0;
  PhaseAction action_;
};

/// What a breakable barrier may get wrong. All false: it keeps every rule.
struct Flaws {
  bool timeout_breaks_nobody = false;
  bool timeout_fails_leavers = false;
  bool abort_is_not_kept = false;
  bool abort_fails_leavers = false;
  bool abort_undoes_abort = false;
  bool reset_forgets_waiters = false;
  bool reset_breaks = false;
  bool reset_waits_for_leavers = false;
  bool reset_counts_twice = false;
  bool failed_action_passes = false;
  bool ignores_call_timeout = false;
  bool ignores_default_timeout = false;
  bool action_blocks_arrivals = false;
  bool counts_the_broken = false;
  bool halves_timeouts = false;
  bool keeps_timeouts = false;
};

class SoundBreakableBarrier : public AnyBreakableBarrier {
 public:
  SoundBreakableBarrier(std::uint32_t parties, PhaseAction action, std::optional<Nanoseconds> timeout, Flaws flaws = {})
      : flaws_(flaws), parties_(parties), action_(std::move(action)), timeout_(timeout) {
    if (parties == 0) throw std::invalid_argument("a barrier for nobody");
  }
  ~SoundBreakableBarrier() override {
    for (;; std::this_thread::yield()) {
      const std::lock_guard inner(inner_);
      if (inside_ == 0) return;
    }
  }

  std::uint32_t wait() override {
    const bool limited = timeout_ && !flaws_.ignores_default_timeout;
    return before(limited ? SteadyDeadline::after(*timeout_) : no_deadline());
  }
  std::uint32_t wait_for(Nanoseconds timeout) override {
    if (flaws_.ignores_call_timeout && timeout_) return wait();
    return before(SteadyDeadline::after(flaws_.halves_timeouts ? timeout / 2 : timeout));
  }
  std::uint32_t wait_until(SteadyTime instant) override { return before(SteadyDeadline::at(instant)); }

  void abort() override {
    const std::lock_guard inner(inner_);
    if (flaws_.abort_fails_leavers && last_ != nullptr) last_->end = End::broken;
    break_generation();
    if (flaws_.abort_is_not_kept) broken_ = false;
    if (flaws_.abort_undoes_abort) broken_ = toggled_ = !toggled_;
  }
  void reset() override {
    std::unique_lock inner(inner_);
    const std::uint32_t present = now_->arrived;
    if (flaws_.reset_counts_twice) pause(inner);
    const std::uint32_t still = now_->arrived;
    if (flaws_.reset_forgets_waiters) now_ = std::make_shared<Generation>();
    break_generation();
    broken_ = flaws_.reset_breaks || (flaws_.reset_waits_for_leavers && inside_ != 0);
    toggled_ = false;
    if (flaws_.reset_counts_twice) now_->arrived = still - present;
  }
  std::uint32_t parties() const override { return parties_; }
  std::uint32_t waiting() const override {
    const std::lock_guard inner(inner_);
    return flaws_.counts_the_broken && broken_ ? inside_ + 1 : now_->arrived;
  }
  bool broken() const override {
    const std::lock_guard inner(inner_);
    return broken_;
  }

 protected:
  enum class End { none, passed, broken };
  struct Generation {
    std::uint32_t arrived = 0;
    bool complete = false;
    End end = End::none;
  };
  using Lock = std::unique_lock<std::mutex>;

  std::uint32_t before(const SteadyDeadline& deadline) {
    Lock inner(inner_);
    if (broken_) throw BrokenBarrier{};
    ++inside_;
    struct Leaving {
      std::uint32_t& inside;
      ~Leaving() { --inside; }
    } leaving{inside_};
    const auto mine = now_;
    const std::uint32_t index = mine->arrived++;
    if (mine->arrived == parties_) {
      complete(inner, *mine);
    } else {
      wait_in(inner, *mine, deadline);
    }
    return index;
  }

  void complete(Lock& inner, Generation& mine) {
    mine.complete = true;
    last_ = std::exchange(now_, std::make_shared<Generation>());
    while (acting_) changed_.wait(inner);  // more threads than parties, and an older action
    try {
      act(inner);
      end(mine, End::passed);
    } catch (...) {
      if (!flaws_.failed_action_passes) break_generation();
      end(mine, flaws_.failed_action_passes ? End::passed : End::broken);
      throw;
    }
  }
  void act(Lock& inner) {
    if (!action_) return;
    struct Acting {
      Acting(bool& flag, Lock* unlocked) : acting(flag), lock(unlocked) {
        acting = true;
        if (lock != nullptr) lock->unlock();
      }
      ~Acting() {
        if (lock != nullptr) lock->lock();
        acting = false;
      }
      bool& acting;
      Lock* lock;
    } const now(acting_, flaws_.action_blocks_arrivals ? nullptr : &inner);
    action_();
  }

  void wait_in(Lock& inner, Generation& mine, const SteadyDeadline& deadline) {
    const auto over = [&] { return mine.end != End::none; };
    if (!wait_on(changed_, inner, deadline, [&] { return over() || mine.complete; })) {
      if (flaws_.keeps_timeouts) record_.push_back(std::make_unique<char[]>(64));
      if (!flaws_.timeout_breaks_nobody) break_generation();
      throw BrokenBarrier{};
    }
    wait_on(changed_, inner, no_deadline(), over);
    if (flaws_.timeout_fails_leavers || flaws_.abort_fails_leavers) pause(inner);
    const bool late = flaws_.timeout_fails_leavers && deadline.passed();
    if (mine.end == End::broken || late) throw BrokenBarrier{};
  }

  void break_generation() {
    broken_ = true;
    end(*now_, End::broken);
    now_ = std::make_shared<Generation>();
  }
  void end(Generation& generation, End how) {
    generation.end = how;
    changed_.notify_all();
  }
  static void pause(Lock& inner) {
    inner.unlock();
    std::this_thread::sleep_for(std::chrono::microseconds(50));
    inner.lock();
  }

  const Flaws flaws_;
  mutable std::mutex inner_;
  std::condition_variable changed_;
  const std::uint32_t parties_;
  const PhaseAction action_;
  const std::optional<Nanoseconds> timeout_;
  std::shared_ptr<Generation> now_ = std::make_shared<Generation>();  // the one that fills
  std::shared_ptr<Generation> last_;                                  // the last that was complete
  std::uint32_t inside_ = 0;                                          // of all generations
  bool broken_ = false;
  bool toggled_ = false;
  bool acting_ = false;
  std::vector<std::unique_ptr<char[]>> record_;
};

}  // namespace syncbench::conformance
