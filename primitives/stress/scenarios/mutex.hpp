// Scenarios for mutexes and recursive mutexes.
#pragma once

#include "primitives/stress/scenarios/scenario.hpp"

namespace syncbench::stress {

/// M1, M2, M4, X8: sections exclude each other, and everybody gets in.
template <class M>
struct Exclusion {
  static constexpr std::string_view kName = "exclusion";
  static constexpr std::string_view kRules = "M4 M1 M2 X8";
  static constexpr Range kThreads{2, kAnyNumber};
  explicit Exclusion(Shape its) : shape(its) {}
  void body(unsigned thread) {
    for (unsigned round = 0; round < shape.rounds; ++round) {
      mutex.lock();
      inside.visit(thread);
      mutex.unlock();
    }
  }
  void check() { expect(inside.visits() == shape.threads * shape.rounds, "M2: a visit was lost"); }
  Shape shape;
  M mutex;
  Witness inside;
};

/// M3, M5, M6, X6: attempts, timed and not, among those who wait; whoever fails leaves nothing behind.
template <class M>
struct Attempts {
  static constexpr std::string_view kName = "attempts";
  static constexpr std::string_view kRules = "M6 M3 M5 X6";
  static constexpr Range kThreads{2, kAnyNumber};
  static constexpr bool kStrictMutex = M::kTraits.promise == Profile::strict;
  explicit Attempts(Shape its) : shape(its) {}
  void body(unsigned thread) {
    for (unsigned round = 0; round < shape.rounds; ++round) {
      if (!take(thread)) continue;
      inside.visit(thread);
      // By the standard the owner must not ask.
      if (thread == 1 && kStrictMutex) expect(!mutex.try_lock(), "M3: an attempt succeeds though the mutex is held");
      mutex.unlock();
    }
    through.raise();
    if (thread == 0 && kStrictMutex) try_alone();
  }
  void try_alone() {
    through.await(shape.threads);
    expect(mutex.try_lock(), "M3: an attempt fails though the mutex is free");
    mutex.unlock();
  }
  bool take(unsigned thread) {
    if (thread == 1) {
      mutex.lock();
      return true;
    }
    if constexpr (TimedMutex<M>)
      if (thread % 2 == 0) return take_in_time();
    return mutex.try_lock();
  }
  bool take_in_time() {
    const auto timeout = world->brief();
    const auto begin = world->now();
    world->race(Side::first);
    const bool taken = mutex.try_lock_for(timeout);
    expect(taken || world->now() - begin >= timeout, "X6: gave up before its time");
    world->won(taken ? Side::first : Side::second);
    world->outcome(taken ? "taken in time" : "timed out");
    return taken;
  }
  void check() {
    expect(mutex.try_lock(), "M5: not free at the end");
    mutex.unlock();
    if constexpr (TimedMutex<M>) {
      expect(mutex.try_lock_for(0ns), "M5: an attempt without time fails though the mutex is free");
      mutex.unlock();
    }
  }
  Shape shape;
  M mutex;
  Witness inside;
  Signal through;
};

/// M9: whoever comes last destroys it as soon as it has let go.
template <class M>
struct LastOneDestroys {
  static constexpr std::string_view kName = "last-one-destroys";
  static constexpr std::string_view kRules = "M9";
  static constexpr Range kThreads{2, kAnyNumber};
  explicit LastOneDestroys(Shape shape) : left(shape.threads) { mutex.emplace(); }
  void body(unsigned) {
    mutex->lock();
    const unsigned others = left.read() - 1;
    left.write(others);
    mutex->unlock();
    if (others == 0) mutex.reset();
  }
  void check() { expect(left.read() == 0, "M2: a visit was lost"); }
  Plain<unsigned> left;
  std::optional<M> mutex;
};

/// M10: who came first is served first, where the implementation says so. One holds, the others come one by one.
template <class M>
struct FirstCome {
  static constexpr std::string_view kName = "first-come";
  static constexpr std::string_view kRules = "M10";
  static constexpr Range kThreads{3, kExplored};
  explicit FirstCome(Shape) {}
  void body(unsigned thread) {
    if (thread == 0) return hold_until_all_wait();
    held.await(1);
    if (thread == 2) world->await_waiting(1);
    mutex.lock();
    expect(!in_order || served == thread - 1, "M10: the second in line was served first");
    ++served;
    mutex.unlock();
  }
  void hold_until_all_wait() {
    mutex.lock();
    held.raise();
    in_order = world->await_waiting(1, 2);
    mutex.unlock();
  }
  void check() { expect(served == 2, "M4: not everybody was served"); }
  Signal held;
  // Guarded by it:
  bool in_order = false;
  unsigned served = 0;
  M mutex;
};

/// R1, R2, R3, R5: levels nest, others wait for the outermost; all levels can be given up and taken again.
template <class M>
struct Nesting {
  static constexpr std::string_view kName = "nesting";
  static constexpr std::string_view kRules = "M4 R1 R2 R3 R5";
  static constexpr Range kThreads{2, kAnyNumber};
  explicit Nesting(Shape its) : shape(its) {}
  void body(unsigned thread) {
    for (unsigned round = 0; round < shape.rounds; ++round) {
      expect(!mutex.owned() && mutex.depth() == 0, "R5: says that it is owned by a thread that has not taken it");
      mutex.lock();
      expect(mutex.owned() && mutex.depth() == 1, "R5: its owner is not known");
      expect(mutex.try_lock() && mutex.depth() == 2, "R1: the owner may nest");
      inside.visit(thread);
      if (thread == 0) {
        expect(mutex.release_all() == 2, "R6: gives up another number of levels than there are");
        expect(!mutex.owned(), "R6: a level is left");
        mutex.reacquire(2);
        expect(mutex.depth() == 2 && mutex.owned(), "R6: not all levels come back");
      }
      mutex.unlock();
      expect(mutex.owned(), "R2: free while a level is left");
      inside.visit(thread);
      mutex.unlock();
    }
  }
  void check() {
    expect(!mutex.owned(), "R5: owned at the end");
    expect(inside.visits() == 2 * shape.threads * shape.rounds, "M2: a visit was lost");
    expect(mutex.try_lock(), "M5: not free at the end");
    mutex.unlock();
  }
  Shape shape;
  M mutex;
  Witness inside;
};

/// R1, R2, M5, M6: a timed attempt at a nested mutex.
template <class M>
struct NestedAttempts {
  static constexpr std::string_view kName = "nested-attempts";
  static constexpr std::string_view kRules = "M6 R1 R2 M5 X6";
  static constexpr Range kThreads{2, kAnyNumber};
  explicit NestedAttempts(Shape) {}
  void body(unsigned thread) {
    if (thread == 0) {
      const auto timeout = world->brief();
      const auto begin = world->now();
      if (!mutex.try_lock_for(timeout)) {
        expect(world->now() - begin >= timeout, "X6: gave up before its time");
        return world->outcome("timed out");
      }
    } else if (thread == 2) {
      if (!mutex.try_lock()) return;
    } else {
      mutex.lock();
    }
    expect(mutex.try_lock_for(1ns), "R1: the owner may nest");
    mutex.unlock();
    inside.visit(thread);
    mutex.unlock();
  }
  void check() {
    expect(!mutex.owned() && mutex.try_lock(), "M5: not free at the end");
    mutex.unlock();
  }
  M mutex;
  Witness inside;
};

}  // namespace syncbench::stress
