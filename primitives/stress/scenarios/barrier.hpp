// Scenarios for barriers, and for the breakable kind.
#pragma once

#include <array>
#include <vector>

#include "primitives/stress/scenarios/scenario.hpp"

namespace syncbench::stress {

/// What each thread has written before it arrived. Two pages that are used in turn: nobody comes to the next but one
/// phase before all have read the page of this one and arrived at the next.
class Pages {
 public:
  explicit Pages(unsigned threads)
      : pages_{std::vector<Plain<unsigned>>(threads), std::vector<Plain<unsigned>>(threads)} {}
  void write(unsigned thread, unsigned phase) { pages_[phase % 2][thread].write(phase + 1); }
  void expect_all(unsigned phase) const {
    for (const auto& one : pages_[phase % 2]) expect(one.read() == phase + 1, "B1: left before all had arrived");
  }

 private:
  std::array<std::vector<Plain<unsigned>>, 2> pages_;
};

/// B1 to B4, X8: nobody leaves early, phase after phase; indices are a permutation; what was written before is seen.
template <class B>
struct Phases {
  static constexpr std::string_view kName = "phases";
  static constexpr std::string_view kRules = "B2 B1 B3 X8";
  static constexpr Range kThreads{2, kAnyNumber};
  static constexpr bool kHasIndices = B::kTraits.deviation("B4").empty();
  explicit Phases(Shape its) : shape(its), barrier(shape.threads), pages(shape.threads), taken(shape.rounds + 1) {}
  void body(unsigned thread) {
    for (unsigned phase = 0; phase <= shape.rounds; ++phase) {
      pages.write(thread, phase);
      const unsigned index = arrive_at(barrier, thread);
      if (kHasIndices) expect(index < shape.threads, "B4: an index beyond the number of threads");
      taken[phase].fetch_or(1U << index, std::memory_order_relaxed);
      pages.expect_all(phase);
    }
  }
  void check() {
    if (!kHasIndices) return;
    for (const auto& indices : taken) expect(indices == (1U << shape.threads) - 1, "B4: indices are not a permutation");
  }
  Shape shape;
  B barrier;
  Pages pages;
  std::vector<std::atomic<unsigned>> taken;
};

/// B8: whoever is told that it came last destroys the barrier.
template <class B>
struct LastArrivalDestroys {
  static constexpr std::string_view kName = "last-arrival-destroys";
  static constexpr std::string_view kRules = "B8";
  static constexpr Range kThreads{2, kAnyNumber};
  explicit LastArrivalDestroys(Shape its) : shape(its) { barrier.emplace(shape.threads); }
  void body(unsigned) {
    if (barrier->arrive_and_wait() == shape.threads - 1) barrier.reset();
  }
  void check() { expect(!barrier, "B4: nobody was told that it came last"); }
  Shape shape;
  std::optional<B> barrier;
};

/// B5, X8: the action runs once a phase, after the last arrival and before anybody leaves.
template <class B>
struct Action {
  static constexpr std::string_view kName = "action";
  static constexpr std::string_view kRules = "B5 X8";
  static constexpr Range kThreads{2, kAnyNumber};
  explicit Action(Shape its)
      : shape(its), arrived(shape.threads), barrier(shape.threads, [this] {
          for (auto& one : arrived) expect(one.read() == runs.read() + 1, "B5: the action ran before the last arrival");
          runs.write(runs.read() + 1);
        }) {}
  void body(unsigned thread) {
    for (unsigned phase = 1; phase <= shape.rounds; ++phase) {
      arrived[thread].write(phase);
      if constexpr (BreakableBarrier<B>) {
        barrier.wait();
      } else {
        arrive_at(barrier, thread);
      }
      expect(runs.read() == phase, "B5: left before the action had run, or it ran twice");
      if (phase == shape.rounds) return;
      met.raise();
      met.await(phase * shape.threads);  // all have looked before anybody comes again
    }
  }
  void check() { expect(runs.read() == shape.rounds, "B5: the action did not run once a phase"); }
  Shape shape;
  std::vector<Plain<unsigned>> arrived;
  Plain<unsigned> runs{0};
  Signal met;
  B barrier;
};

// ---- Breakable ------------------------------------------------------------------------------------------------------

/// How the waits of one generation ended.
class Ends {
 public:
  /// Whether `wait` got through.
  bool note(auto wait) {
    try {
      indices_.fetch_or(1U << wait(), std::memory_order_relaxed);
      through_.fetch_add(1, std::memory_order_relaxed);
      return true;
    } catch (const BrokenBarrier&) {
      broken_.fetch_add(1, std::memory_order_relaxed);
      return false;
    }
  }
  unsigned broken() const { return broken_; }
  unsigned through() const { return through_; }
  void expect_agreed(unsigned parties) const {
    expect(through_ == 0 || broken_ == 0, "B29: some got through, others found it broken");
    expect(through_ == 0 || indices_ == (1U << parties) - 1, "B4: indices are not a permutation");
  }

 private:
  std::atomic<unsigned> through_{0}, broken_{0}, indices_{0};
};

/// B30: what a breakable barrier says when nobody is at it.
template <class B>
void expect_at_rest(const B& barrier, unsigned parties, bool broken) {
  expect(barrier.parties() == parties, "B30: parties() is not what it was built with");
  expect(barrier.waiting() == 0, "B30: waiting() counts somebody at the end");
  expect(barrier.broken() == broken, "B30: broken() does not agree with what happened");
}

/// B1 to B4 of the breakable kind, with nobody who breaks it; B30.
template <class B>
struct UnbrokenPhases {
  static constexpr std::string_view kName = "phases";
  static constexpr std::string_view kRules = "B2 B1 B3 B30";
  static constexpr Range kThreads{2, kAnyNumber};
  explicit UnbrokenPhases(Shape its)
      : shape(its), barrier(shape.threads), pages(shape.threads), ends(shape.rounds + 1) {}
  void body(unsigned thread) {
    for (unsigned phase = 0; phase <= shape.rounds; ++phase) {
      pages.write(thread, phase);
      expect(ends[phase].note([&] { return barrier.wait(); }), "B20: broken, and nobody broke it");
      pages.expect_all(phase);
    }
  }
  void check() {
    for (const Ends& one : ends) one.expect_agreed(shape.threads);
    expect_at_rest(barrier, shape.threads, false);
  }
  Shape shape;
  B barrier;
  Pages pages;
  std::vector<Ends> ends;
};

/// B20, B29, X6: a deadline races the last arrival. Who comes after a timeout finds it broken.
template <class B>
struct TimeoutOrArrival {
  static constexpr std::string_view kName = "timeout-or-arrival";
  static constexpr std::string_view kRules = "B29 B20 X6";
  static constexpr Range kThreads{2, kAnyNumber};
  explicit TimeoutOrArrival(Shape its) : shape(its), barrier(shape.threads) {}
  void body(unsigned thread) {
    const bool timed = thread % 2 == 0;
    world->race(timed ? Side::first : Side::second);
    if (!timed) {
      ends.note([&] { return barrier.wait(); });
      return;
    }
    const auto timeout = world->brief();
    const auto begin = world->now();
    const bool through = ends.note([&] { return barrier.wait_for(timeout); });
    // Of several with a deadline the earliest breaks it for all.
    if (!through && shape.threads == 2) expect(world->now() - begin >= timeout, "X6: gave up before its time");
  }
  void check() {
    ends.expect_agreed(shape.threads);
    world->won(ends.broken() != 0 ? Side::first : Side::second);
    world->outcome(ends.broken() != 0 ? "timed out" : "met in time");
    expect_at_rest(barrier, shape.threads, ends.broken() != 0);
  }
  Shape shape;
  Ends ends;
  B barrier;
};

/// B21, B28, B29: an abort races the last arrival; afterwards it is broken for whoever comes.
template <class B>
struct AbortOrArrival {
  static constexpr std::string_view kName = "abort-or-arrival";
  static constexpr std::string_view kRules = "B21 B28 B29";
  static constexpr Range kThreads{3, kAnyNumber};
  explicit AbortOrArrival(Shape shape) : parties(shape.threads - 1), barrier(parties) {}
  void body(unsigned thread) {
    world->race(thread == 0 ? Side::first : Side::second);
    if (thread == 0) return barrier.abort();
    if (!ends.note([&] { return barrier.wait(); }))
      expect(!later.note([&] { return barrier.wait(); }), "B21: an abort does not last");
  }
  void check() {
    ends.expect_agreed(parties);
    world->won(ends.broken() != 0 ? Side::first : Side::second);
    world->outcome(ends.broken() != 0 ? "aborted in time" : "met in time");
    expect_at_rest(barrier, parties, true);
    expect(!later.note([&] { return barrier.wait(); }), "B21: an abort does not last");
    barrier.reset();
    expect_at_rest(barrier, parties, false);
  }
  unsigned parties;
  Ends ends, later;
  B barrier;
};

/// B28: whoever has got through breaks it behind itself; the others of its generation get through all the same.
template <class B>
struct AbortAfterTheTrip {
  static constexpr std::string_view kName = "abort-after-the-trip";
  static constexpr std::string_view kRules = "B28";
  static constexpr Range kThreads{2, kAnyNumber};
  explicit AbortAfterTheTrip(Shape its) : shape(its), barrier(shape.threads) {}
  void body(unsigned thread) {
    const bool through = ends.note([&] { return barrier.wait(); });
    if (through) thread % 2 == 0 ? barrier.abort() : barrier.reset();
  }
  void check() {
    expect(ends.through() == shape.threads, "B28: some of a generation that had met found it broken");
    barrier.reset();
    expect_at_rest(barrier, shape.threads, false);
  }
  Shape shape;
  Ends ends;
  B barrier;
};

/// B22, B24, B31: resets race arrivals; whoever was waiting finds it broken, comes again, and all meet in the end.
template <class B>
struct ResetOrArrival {
  static constexpr std::string_view kName = "reset-or-arrival";
  static constexpr std::string_view kRules = "B22 B24 B31";
  static constexpr Range kThreads{3, kAnyNumber};
  explicit ResetOrArrival(Shape shape) : parties(shape.threads - 1), barrier(parties) {}
  void body(unsigned thread) {
    if (thread == 0) return reset();
    if (thread == 1) world->race(Side::second);
    // Who comes after the reset meets as if there had been none, just like who comes in good time before it.
    const bool late = thread == 1 && was_reset.count() != 0;
    unsigned visits = 1;
    for (; !ends.note([&] { return barrier.wait(); }); ++visits) expect(visits == 1, "B22: broken twice by one reset");
    world->outcome(visits == 1 ? "met" : "thrown out and met");
    if (thread == 1) world->won(late || visits != 1 ? Side::first : Side::second);
  }
  void reset() {
    world->race(Side::first);
    barrier.reset();
    was_reset.raise();
  }
  void check() {
    expect(ends.through() == parties, "B22: not everybody got through after the reset");
    expect_at_rest(barrier, parties, false);
  }
  unsigned parties;
  Ends ends;
  Signal was_reset;
  B barrier;
};

/// B22, B24: a reset of a broken barrier makes it usable, for all who come after.
template <class B>
struct Repair {
  static constexpr std::string_view kName = "repair";
  static constexpr std::string_view kRules = "B24 B22";
  static constexpr Range kThreads{2, kAnyNumber};
  explicit Repair(Shape its) : shape(its), barrier(shape.threads) {}
  void body(unsigned thread) {
    if (thread == 0) {
      barrier.abort();
      barrier.abort();
      barrier.reset();
      met.await(shape.threads - 1);
      barrier.reset();
      ready.raise();
    } else {
      // May come before the abort, before the reset or after it.
      if (thread == 1) (void)early.note([&] { return barrier.wait_for(0ns); });
      met.raise();
      ready.await(1);
    }
    ends.note([&] { return barrier.wait(); });
  }
  void check() {
    expect(ends.through() == shape.threads, "B24: broken after a reset");
    ends.expect_agreed(shape.threads);
    expect(early.through() == 0, "B20: got through alone");
    expect_at_rest(barrier, shape.threads, false);
  }
  Shape shape;
  Ends ends, early;
  Signal met, ready;
  B barrier;
};

/// B25: an action that throws throws in one thread; the others find it broken.
template <class B>
struct ActionThrows {
  static constexpr std::string_view kName = "action-throws";
  static constexpr std::string_view kRules = "B25";
  static constexpr Range kThreads{2, kAnyNumber};
  struct Thrown {};
  explicit ActionThrows(Shape its) : shape(its), barrier(shape.threads, PhaseAction([] { throw Thrown(); })) {}
  void body(unsigned) {
    try {
      ends.note([&] { return barrier.wait(); });
    } catch (const Thrown&) {
      thrown.fetch_add(1, std::memory_order_relaxed);
    }
  }
  void check() {
    expect(thrown == 1, "B25: the exception did not come out of exactly one wait");
    expect(ends.broken() == shape.threads - 1, "B25: got through though the action threw");
    expect_at_rest(barrier, shape.threads, true);
  }
  Shape shape;
  std::atomic<unsigned> thrown{0};
  Ends ends;
  B barrier;
};

/// B20, B26: the timeout that it was built with counts where a call has none.
template <class B>
struct BuiltInTimeout {
  static constexpr std::string_view kName = "built-in-timeout";
  static constexpr std::string_view kRules = "B20 B26";
  static constexpr Range kThreads{2, kAnyNumber};
  explicit BuiltInTimeout(Shape its)
      : shape(its), timeout(world->brief()), barrier(shape.threads + 1, PhaseAction(), timeout) {}
  // One fewer than parties come: somebody's time runs out, and nobody gets through.
  void body(unsigned thread) {
    ends.note([&] { return thread == 1 ? barrier.wait_for(std::chrono::hours(1)) : barrier.wait(); });
  }
  void check() {
    expect(ends.broken() == shape.threads, "B20: got through without the last one");
    expect_at_rest(barrier, shape.threads + 1, true);
  }
  Shape shape;
  std::chrono::nanoseconds timeout;
  Ends ends;
  B barrier;
};

}  // namespace syncbench::stress
