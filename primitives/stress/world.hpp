// What a scenario may ask of the world that it runs in. The same small programs run on real threads, on real threads
// that are disturbed, and one step at a time under a scheduler; whatever differs between these is behind this page.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

namespace syncbench::stress {

/// Two calls that race, in a scenario about who comes first.
enum class Side { first, second };

/// What a scenario does to data of its own: plain reads and writes, and the two halves of an order between threads.
enum class Touch { read, write, release, acquire };

/// What a scenario says about its locks, for the report on a deadlock.
enum class Claim { wants, has, gives };

/// The world of the calling thread: `world` below.
class World {
 public:
  virtual ~World() = default;

  /// A rule is broken: this run is over. Does not return; in a check after the run it may throw.
  [[noreturn]] virtual void violated(std::string reason) = 0;
  /// Inside of what the primitive guards: time for another thread to come in, if the primitive lets it.
  virtual void linger() = 0;
  /// A world that follows the memory order ends the run at two touches that race.
  virtual void touch(const void* data, Touch how) = 0;
  /// Gives the processor away, in a loop that looks for something other than the primitive.
  virtual void rest() = 0;

  /// A timeout that is about as long as what it races with.
  virtual std::chrono::nanoseconds brief() = 0;
  virtual std::chrono::nanoseconds now() = 0;
  /// Comes before a call that races another thread's. Worlds with real time delay one side, and learn from `won`, so
  /// that both sides win about as often.
  virtual void race(Side side) = 0;
  virtual void won(Side side) = 0;

  /// Waits until threads `first` to `last` of this run all wait for the primitive at the same time, or have ended.
  /// False: this world cannot tell.
  virtual bool await_waiting(unsigned first, unsigned last) = 0;
  bool await_waiting(unsigned thread) { return await_waiting(thread, thread); }
  /// About lock number `lock` of the scenario.
  virtual void claim(Claim how, unsigned lock) = 0;
  /// Names what happened, where several things may: the report counts them. For things as likely as not.
  virtual void outcome(std::string_view what) = 0;
};

/// Set by whoever runs a scenario, on every thread of it.
inline constinit thread_local World* world = nullptr;

/// Runs a part of a scenario; an exception that leaves it is a broken rule like any other.
template <class Body>
void run_guarded(Body body) {
  try {
    body();
  } catch (const std::exception& error) {
    world->violated(std::string("an exception came out: ") + error.what());
  }
}

/// Ends the run unless `holds`.
inline void expect(bool holds, std::string_view reason) {
  if (!holds) [[unlikely]]
    world->violated(std::string(reason));
}

/// Data without synchronization of its own, which the primitive must order. On real threads ThreadSanitizer watches it;
/// under the scheduler the world does.
template <class T>
class Plain {
 public:
  Plain() = default;
  explicit Plain(T value) : value_(value) {}
  T read() const {
    world->touch(this, Touch::read);
    return value_;
  }
  void write(T value) {
    world->touch(this, Touch::write);
    value_ = value;
  }

 private:
  T value_{};
};

/// Counts up to something that others wait for: the scenario's own order between threads, apart from the primitive.
class Signal {
 public:
  void raise(unsigned by = 1) {
    world->touch(this, Touch::release);
    count_.fetch_add(by, std::memory_order_acq_rel);
  }
  unsigned count() const {
    const unsigned seen = count_.load(std::memory_order_acquire);
    world->touch(this, Touch::acquire);
    return seen;
  }
  void await(unsigned least) const {
    while (count() < least) world->rest();
  }

 private:
  std::atomic<unsigned> count_{0};
};

/// Plain data that one thread at a time may visit: notices who else is there, and counts the visits.
class Witness {
 public:
  void visit(unsigned thread) {
    owner_.write(thread + 1);
    const unsigned before = visits_.read();
    world->linger();
    expect(owner_.read() == thread + 1, "M1: two threads were inside at once");
    visits_.write(before + 1);
  }
  unsigned visits() const { return visits_.read(); }

 private:
  Plain<unsigned> owner_{0}, visits_{0};
};

}  // namespace syncbench::stress
