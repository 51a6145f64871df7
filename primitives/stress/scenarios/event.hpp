// Scenarios for events.
#pragma once

#include "primitives/stress/scenarios/scenario.hpp"

namespace syncbench::stress {

/// E1, E2, E3, E7, X8: one sets, the others wait, and see what was written before.
template <class E>
struct SetOnce {
  static constexpr std::string_view kName = "set";
  static constexpr std::string_view kRules = "E3 E1 E2 E7 X8";
  static constexpr Range kThreads{2, kAnyNumber};
  explicit SetOnce(Shape) { expect(!event.is_set(), "E1: set from the start"); }
  void body(unsigned thread) {
    if (thread == 0) {
      written.write(true);
      return event.set();
    }
    if (thread == 3 && !event.is_set()) return;  // a look counts as a wait that was let go
    if (thread != 3) event.wait();
    expect(written.read(), "X8: lets go before the set");
    expect(event.is_set(), "E2: lets go, and is not set");
    event.wait();
  }
  void check() { expect(event.is_set(), "E1: not set at the end"); }
  Plain<bool> written{false};
  E event;
};

/// E6, X6: a set races deadlines; whoever waits without one gets through in any case.
template <class E>
struct SetOrTimeout {
  static constexpr std::string_view kName = "set-or-timeout";
  static constexpr std::string_view kRules = "E6 X6";
  static constexpr Range kThreads{2, kAnyNumber};
  explicit SetOrTimeout(Shape) {}
  void body(unsigned thread) {
    if (thread == 0) {
      world->race(Side::second);
      written.write(true);
      return event.set();
    }
    if (thread == 2) return event.wait();
    const auto timeout = world->brief();
    const auto begin = world->now();
    world->race(Side::first);
    const bool set = event.wait_for(timeout);
    if (set) expect(written.read(), "E6: true before the set");
    if (!set) expect(world->now() - begin >= timeout, "X6: gave up before its time");
    if (thread == 1) world->won(set ? Side::second : Side::first);
    world->outcome(set ? "set in time" : "timed out");
  }
  void check() { expect(event.is_set() && event.wait_for(0ns), "E1: not set at the end"); }
  Plain<bool> written{false};
  E event;
};

/// E4: set and clear at once let everybody go who was waiting.
template <class E>
struct SetAndClear {
  static constexpr std::string_view kName = "set-and-clear";
  static constexpr std::string_view kRules = "E4";
  static constexpr Range kThreads{2, kAnyNumber};
  explicit SetAndClear(Shape its) : shape(its) {}
  void body(unsigned thread) {
    if (thread != 0) {
      event.wait();
      through.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    const bool sure = world->await_waiting(1, shape.threads - 1);
    event.set();
    event.clear();
    if (sure) return;
    event.set();  // for those who came too late for the first
  }
  void check() { expect(through == shape.threads - 1, "E4: not everybody was let go"); }
  Shape shape;
  std::atomic<unsigned> through{0};
  E event;
};

/// E4, X9: set and clear follow each other so often that a count of few bits would come round while nobody looks.
template <class E>
struct SetAndClearOften {
  static constexpr std::string_view kName = "set-and-clear-often";
  static constexpr std::string_view kRules = "E4 X9";
  static constexpr Range kThreads{2, 2};
  static constexpr unsigned kTimes = 8;
  explicit SetAndClearOften(Shape) {}
  void body(unsigned thread) {
    if (thread != 0) {
      event.wait();
      return through.raise();
    }
    const bool sure = world->await_waiting(1);
    for (unsigned i = 0; i < kTimes; ++i) {
      event.set();
      event.clear();
    }
    if (!sure) event.set();  // it may have come too late for all of them
  }
  void check() { expect(through.count() == 1, "E4: it was not let go"); }
  Signal through;
  E event;
};

/// E5: a wait that began after the clear is not let go by what was set before it.
template <class E>
struct SetClearSet {
  static constexpr std::string_view kName = "set-clear-set";
  static constexpr std::string_view kRules = "E5";
  static constexpr Range kThreads{2, kAnyNumber};
  explicit SetClearSet(Shape its) : shape(its) {}
  void body(unsigned thread) {
    for (unsigned round = 1; round <= shape.rounds; ++round) {
      if (thread == 0) {
        event.set();
        event.clear();
        expect(!event.is_set(), "E1: set after a clear");
        set.raise();
      } else {
        set.await(round);
      }
    }
    if (thread == 0) {
      last.write(true);
      return event.set();
    }
    event.wait();
    expect(last.read(), "E5: let go by a set from before the clear");
  }
  void check() { expect(event.is_set(), "E1: not set at the end"); }
  Shape shape;
  Signal set;
  Plain<bool> last{false};
  E event;
};

/// E3, E8, X9: generation after generation, each with everybody waiting for it.
template <class E>
struct Generations {
  static constexpr std::string_view kName = "generations";
  static constexpr std::string_view kRules = "E3 E8 X9";
  static constexpr Range kThreads{2, kAnyNumber};
  explicit Generations(Shape its) : shape(its) {}
  void body(unsigned thread) {
    for (unsigned round = 1; round <= shape.rounds; ++round) {
      if (thread == 0) {
        E& event = events[round % 2];
        events[(round + 1) % 2].clear();  // everybody has left it: they have all come to this one
        generation.write(round);
        event.set();
        arrived.await(round * (shape.threads - 1));
      } else {
        events[round % 2].wait();
        expect(generation.read() == round, "E8: let go in another generation");
        arrived.raise();
      }
    }
  }
  void check() { expect(arrived.count() == shape.rounds * (shape.threads - 1), "E3: not everybody came"); }
  Shape shape;
  Signal arrived;
  Plain<unsigned> generation{0};
  E events[2];
};

}  // namespace syncbench::stress
