// One thread at a time, and every step a decision. Threads are fibers of one kernel thread; each stops before every
// shared access, and a strategy says who goes next: at random, by priorities, by a list, or by going through all
// possibilities. Whatever went wrong can be run again, step by step, from the decisions alone.
//
// Interleavings are those of sequential consistency, or, with `store_buffers`, of x86's total store order, where a
// store may be seen by others after later loads of its thread. Weaker memories are not explored; but the orders that
// the atomics ask for are followed with vector clocks, so that two touches of plain data that no acquire and release
// put in order end the run, though every processor here would have done them in turn.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "primitives/platform/where.hpp"
#include "primitives/stress/world.hpp"

namespace syncbench::schedule {

/// What a thread is about to do, or did.
enum class Access { begin, load, store, exchange, add, compare, compare_weak, park, unpark, pause, linger };
std::string_view to_text(Access access);
constexpr bool writes(Access access) {
  return access == Access::store || access == Access::exchange || access == Access::add || access == Access::compare ||
         access == Access::compare_weak || access == Access::unpark;
}

/// One step of a run, for the trace.
struct Step {
  unsigned thread = 0;
  Access access = Access::begin;
  const void* address = nullptr;
  std::uint64_t before = 0, after = 0;  ///< the value of the word, where there is one
  Where where = Where::current();
};

/// What could happen next: a thread takes its step, or takes it and its weak compare-exchange fails for no reason; a
/// sleeper's deadline passes, or it wakes up for no reason; the oldest store of a thread's buffer becomes visible.
struct Option {
  enum class Kind { step, weak_failure, timeout, spurious, flush };
  Kind kind = Kind::step;
  unsigned thread = 0;
  Access access = Access::begin;  ///< of Kind::step
  const void* address = nullptr;  ///< likewise
  friend bool operator==(const Option&, const Option&) = default;
};

/// What a step has touched, up to where its thread stopped again. Two steps of different threads are independent when
/// neither has written what the other has touched: in either order they lead to the same state.
class Footprint {
 public:
  void clear() { places_.clear(), everything_ = false; }
  void add(const void* place, bool writes) { places_.emplace_back(place, writes); }
  /// Sleeping, waking and waiting: depends on every other step.
  void add_everything() { everything_ = true; }
  bool everything() const { return everything_; }
  bool independent_of(const Footprint& other) const;

 private:
  std::vector<std::pair<const void*, bool>> places_;
  bool everything_ = false;
};

/// Chooses. `options` is never empty; the first one goes on with the thread that ran last, if it can run.
class Strategy {
 public:
  virtual ~Strategy() = default;
  virtual std::size_t choose(const std::vector<Option>& options, bool first_goes_on) = 0;
  /// After each step, chosen or not.
  virtual void stepped(unsigned /*thread*/, const Footprint&) {}
};

struct Outcome {
  enum class Kind { passed, violated, deadlock, livelock, too_long };
  Kind kind = Kind::passed;
  std::string reason;                  ///< a sentence, unless passed
  std::vector<std::size_t> decisions;  ///< what was chosen, step by step
  std::vector<Step> trace;
  unsigned preemptions = 0;
};
std::string_view to_text(Outcome::Kind kind);

struct Limits {
  std::size_t steps = 20'000;  ///< more: Outcome::too_long
  bool store_buffers = false;  ///< total store order instead of sequential consistency
  bool keep_trace = false;
};

inline constexpr unsigned kMostThreads = 8;

/// What a thread knows of the others: how far each had come when it last released something that this one has acquired
/// since. [Lamport 1978; Mattern 1989 for the vectors]
class VectorClock {
 public:
  std::uint32_t& operator[](unsigned thread) { return ticks_[thread]; }
  std::uint32_t operator[](unsigned thread) const { return ticks_[thread]; }
  void join(const VectorClock& other) {
    for (unsigned i = 0; i < kMostThreads; ++i) ticks_[i] = std::max(ticks_[i], other.ticks_[i]);
  }
  void clear() { ticks_ = {}; }

 private:
  std::array<std::uint32_t, kMostThreads> ticks_{};
};

/// A word of the platform: what the scheduler needs to know of it. Bits of values up to 64 bits.
class Cell {
 public:
  explicit Cell(std::uint64_t bits) noexcept;
  Cell(const Cell&) = delete;
  Cell& operator=(const Cell&) = delete;
  ~Cell();

  std::uint64_t load(std::memory_order order, const Where& where) const;
  void store(std::uint64_t bits, std::memory_order order, const Where& where);
  /// Access::park: a system call that reads the value. Nothing stops between that and what the caller does next.
  std::uint64_t look(const Where& where) const;
  /// Atomically replaces the value by change(value); returns what it was. `access` says which kind it is.
  template <class Change>
  std::uint64_t change(Access access, std::memory_order order, const Where& where, Change change) {
    before_change(access, where);
    const std::uint64_t before = bits_;
    bits_ = change(before);
    after_change(before, order, where);
    return before;
  }
  /// Replaces `wanted` by `desired`, or fails; a weak one may fail for no reason. `seen`: what it was.
  bool compare_exchange(bool weak, std::uint64_t wanted, std::uint64_t desired, std::uint64_t& seen,
                        std::memory_order success, std::memory_order failure, const Where& where);

 private:
  friend class Scheduler;
  void reach(Access access, const Where& where) const;
  void before_change(Access access, const Where& where);
  void after_change(std::uint64_t before, std::memory_order order, const Where& where);

  std::uint64_t bits_;
  mutable VectorClock released_;  // what whoever acquires this value gets to know
};

/// Runs bodies under a strategy. One at a time in a process.
class Scheduler final : public stress::World {
 public:
  explicit Scheduler(Limits limits);
  ~Scheduler() override;
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  /// Runs all bodies to their end, or until something is wrong; then the others are given up where they are. `setup`
  /// runs first, `check` last, both alone and without decisions; what setup creates must live until check is over.
  Outcome run(const std::function<void()>& setup, const std::vector<std::function<void()>>& bodies,
              const std::function<void()>& check, Strategy& strategy);

  /// The scheduler whose fiber this is; null outside of run().
  static Scheduler* current() noexcept;

  // ---- What fibers call ----
  /// Stops before an access; returns when it is this thread's turn.
  void reach(Access access, const void* address, const Where& where);
  void record(std::uint64_t before, std::uint64_t after);
  /// After an access that changed nothing: pauses a thread that only looks.
  void looked(const Where& where);
  /// Nothing to do until somebody else has changed something.
  void pause(const Where& where);
  /// Sleeps at `address` until woken, until a deadline in virtual time (none: max) is chosen to have passed, or, unless
  /// `sound`, for no reason.
  void sleep(const void* address, std::uint32_t tag = ~0U,
             std::chrono::nanoseconds deadline = std::chrono::nanoseconds::max(), bool sound = false);
  void wake(const void* address, std::uint32_t count, std::uint32_t tag = ~0U);
  /// Virtual time, for what waits until some. It passes when everybody waits for it, or by a choice.
  std::chrono::nanoseconds look_at_the_clock();

  // ---- What scenarios call ----
  [[noreturn]] void violated(std::string reason) override;
  void linger() override;
  void touch(const void* data, stress::Touch how) override;
  void rest() override;
  std::chrono::nanoseconds brief() override { return std::chrono::milliseconds(1); }
  std::chrono::nanoseconds now() override;
  void race(stress::Side) override {}
  void won(stress::Side) override {}
  using stress::World::await_waiting;
  bool await_waiting(unsigned first, unsigned last) override;
  void claim(stress::Claim how, unsigned lock) override;
  void outcome(std::string_view) override {}

  unsigned thread() const noexcept;

  struct Machine;  // fibers, buffers, queues

 private:
  friend class Cell;
  std::unique_ptr<Machine> machine_;
};

}  // namespace syncbench::schedule
