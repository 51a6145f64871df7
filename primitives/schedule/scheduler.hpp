// One thread at a time, and every step a decision. Threads are fibers of one kernel thread; each stops before every
// shared access, and a strategy says who goes next: at random, by priorities, by a list, or by going through all
// possibilities. Whatever went wrong can be run again, step by step, from the decisions alone.
//
// Interleavings are those of sequential consistency, or, with `store_buffers`, of x86's total store order, where a
// store may be seen by others after later loads of its thread. Weaker memories are not explored.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <source_location>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace syncbench::schedule {

/// What a thread is about to do, or did.
enum class Access { begin, load, store, exchange, add, compare, park, unpark, pause, now, note };
std::string_view to_text(Access access);
constexpr bool writes(Access access) {
  return access == Access::store || access == Access::exchange || access == Access::add || access == Access::compare ||
         access == Access::unpark;
}

/// One step of a run, for the trace.
struct Step {
  unsigned thread = 0;
  Access access = Access::begin;
  const void* address = nullptr;
  std::uint64_t before = 0, after = 0;  ///< the value of the word, where there is one
  std::source_location where;
  std::string note;  ///< of Access::note
};

/// What could happen next: a thread takes its step, a sleeper's deadline passes, or the oldest store of a thread's
/// buffer becomes visible.
struct Option {
  enum class Kind { step, timeout, flush };
  Kind kind = Kind::step;
  unsigned thread = 0;
  Access access = Access::begin;  ///< of Kind::step
  const void* address = nullptr;  ///< likewise
  friend bool operator==(const Option&, const Option&) = default;
};

/// Chooses. `options` is never empty; the first one goes on with the thread that ran last, if it can run.
class Strategy {
 public:
  virtual ~Strategy() = default;
  virtual std::size_t choose(const std::vector<Option>& options, bool first_goes_on) = 0;
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

/// A word of the platform: what the scheduler needs to know of it. Bits of values up to 64 bits.
class Cell {
 public:
  explicit Cell(std::uint64_t bits) noexcept;
  Cell(const Cell&) = delete;
  Cell& operator=(const Cell&) = delete;
  ~Cell();

  std::uint64_t load(std::memory_order order, const std::source_location& where) const;
  void store(std::uint64_t bits, std::memory_order order, const std::source_location& where);
  /// Access::park: a system call that reads the value. Nothing stops between that and what the caller does next.
  std::uint64_t look(const std::source_location& where) const;
  /// Atomically replaces the value by change(value); returns what it was. `access` says which kind it is.
  template <class Change>
  std::uint64_t change(Access access, const std::source_location& where, Change change) {
    before_change(access, where);
    const std::uint64_t before = bits_;
    bits_ = change(before);
    after_change(before, where);
    return before;
  }

 private:
  friend class Scheduler;
  void reach(Access access, const std::source_location& where) const;
  void before_change(Access access, const std::source_location& where);
  void after_change(std::uint64_t before, const std::source_location& where);

  std::uint64_t bits_;
};

/// Runs bodies under a strategy. One at a time in a process.
class Scheduler {
 public:
  explicit Scheduler(Limits limits);
  ~Scheduler();
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
  void reach(Access access, const void* address, const std::source_location& where);
  void record(std::uint64_t before, std::uint64_t after);
  /// After an access that changed nothing: pauses a thread that only looks.
  void looked(const std::source_location& where);
  /// Nothing to do until somebody else has changed something.
  void pause(const std::source_location& where);
  /// Sleeps at `address` until woken or until a deadline in virtual time (none: max) is chosen to have passed.
  void sleep(const void* address, std::uint32_t tag = ~0U,
             std::chrono::nanoseconds deadline = std::chrono::nanoseconds::max());
  void wake(const void* address, std::uint32_t count, std::uint32_t tag = ~0U);
  /// Virtual time. It passes when everybody waits for it, or by a choice.
  std::chrono::nanoseconds now(const std::source_location& where);
  /// The rule is broken: ends the run.
  [[noreturn]] void violated(std::string reason);
  /// A line in the trace.
  void note(std::string text);

  unsigned thread() const noexcept;

  struct Machine;  // fibers, buffers, queues

 private:
  friend class Cell;
  std::unique_ptr<Machine> machine_;
};

/// For scenarios: ends the run unless `true_` holds.
void expect(bool true_, std::string_view reason);

}  // namespace syncbench::schedule
