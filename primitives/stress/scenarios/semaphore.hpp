// Scenarios for semaphores.
#pragma once

#include <algorithm>
#include <stdexcept>

#include "primitives/stress/scenarios/scenario.hpp"

namespace syncbench::stress {

/// What holds when nobody is at a semaphore: exactly so many permits are left.
template <class S>
void expect_permits(S& semaphore, unsigned permits) {
  if constexpr (CountingSemaphore<S>)
    expect(semaphore.value() == static_cast<std::ptrdiff_t>(permits), "S2: value() is not the number of permits");
  for (unsigned i = 0; i < permits; ++i) expect(semaphore.try_acquire(), "S2: a permit was lost");
  expect(!semaphore.try_acquire(), "S2: there is a permit too many");
  for (unsigned i = 0; i < permits; ++i) semaphore.release();
}

/// S2, S3, S5, S7: threads take permits and give them back; never more inside than permits.
template <class S>
struct Permits {
  static constexpr std::string_view kName = "permits";
  static constexpr std::string_view kRules = "S5 S2 S3 S7";
  static constexpr Range kThreads{2, kAnyNumber};
  static constexpr bool kHasCapacity = true;
  explicit Permits(Shape its)
      : shape(its), crowd(shape.capacity), semaphore(static_cast<std::ptrdiff_t>(shape.capacity)) {}
  void body(unsigned thread) {
    for (unsigned round = 0; round < shape.rounds; ++round) {
      const bool tries = thread % 4 == 3;
      if (tries && !semaphore.try_acquire()) continue;
      if (!tries) semaphore.acquire();
      crowd.visit();
      semaphore.release();
    }
    through.raise();
    if (thread == 0 && S::kTraits.promise == Profile::strict) try_alone();
  }
  void try_alone() {
    through.await(shape.threads);
    expect(semaphore.try_acquire(), "S7: an attempt fails though there is a permit");
    semaphore.release();
  }
  void check() { expect_permits(semaphore, shape.capacity); }
  Shape shape;
  Crowd crowd;
  Signal through;
  S semaphore;
};

/// S3, X8: with one permit it is a mutex.
template <class S>
struct BinaryUse {
  static constexpr std::string_view kName = "binary-use";
  static constexpr std::string_view kRules = "S5 S3 X8";
  static constexpr Range kThreads{2, kAnyNumber};
  explicit BinaryUse(Shape its) : shape(its) {}
  void body(unsigned thread) {
    for (unsigned round = 0; round < shape.rounds; ++round) {
      semaphore.acquire();
      inside.visit(thread);
      semaphore.release(1);
    }
  }
  void check() {
    expect(inside.visits() == shape.threads * shape.rounds, "S3: a visit was lost");
    expect_permits(semaphore, 1);
  }
  Shape shape;
  S semaphore{1};
  Witness inside;
};

/// S4, S5, S6, S11: releases race, one of them of several permits, and each permit lets one more in.
template <class S>
struct RacingReleases {
  static constexpr std::string_view kName = "racing-releases";
  static constexpr std::string_view kRules = "S6 S4 S5 S11";
  static constexpr Range kThreads{2, kAnyNumber};
  explicit RacingReleases(Shape its) : shape(its), takers(shape.threads - givers()) {}
  unsigned givers() const { return shape.threads < 4 ? 1 : 2; }
  void body(unsigned thread) {
    if (thread >= givers()) return semaphore.acquire();
    // The first giver leaves one permit to each of the others.
    const unsigned all = takers - (givers() - 1);
    semaphore.release(thread == 0 ? static_cast<std::ptrdiff_t>(all) : 1);
  }
  void check() { expect_permits(semaphore, 0); }
  Shape shape;
  unsigned takers;
  S semaphore{0};
};

/// S5, S6: one release after the other, the second before the first one's sleeper has taken its permit.
template <class S>
struct SingleReleases {
  static constexpr std::string_view kName = "single-releases";
  static constexpr std::string_view kRules = "S5 S6";
  static constexpr Range kThreads{3, kAnyNumber};
  explicit SingleReleases(Shape its) : shape(its) {}
  void body(unsigned thread) {
    if (thread != 0) return semaphore.acquire();
    for (unsigned i = 1; i < shape.threads; ++i) semaphore.release();
  }
  void check() { expect_permits(semaphore, 0); }
  Shape shape;
  S semaphore{0};
};

/// S8, X6: timed attempts and a release race; no permit is lost or made.
template <class S>
struct TimedAcquire {
  static constexpr std::string_view kName = "timed-acquire";
  static constexpr std::string_view kRules = "S8 S2 X6";
  static constexpr Range kThreads{2, kAnyNumber};
  explicit TimedAcquire(Shape its) : shape(its) {}
  void body(unsigned thread) {
    if (thread == 1) {
      world->race(Side::second);
      return semaphore.release(1);
    }
    const auto timeout = world->brief();
    const auto begin = world->now();
    world->race(Side::first);
    const bool acquired = semaphore.try_acquire_for(timeout);
    expect(acquired || world->now() - begin >= timeout, "X6: gave up before its time");
    if (acquired) taken.fetch_add(1, std::memory_order_relaxed);
    world->outcome(acquired ? "taken in time" : "timed out");
  }
  void check() {
    world->won(taken == 0 ? Side::first : Side::second);
    expect(taken <= 1, "S2: one permit, two takers");
    expect_permits(semaphore, 1 - taken);
    expect(taken == 1 || S::kTraits.promise != Profile::strict || semaphore.try_acquire_for(-1ns),
           "S8: a passed deadline keeps from a permit that is there");
  }
  Shape shape;
  std::atomic<unsigned> taken{0};
  S semaphore{0};
};

/// S5, S8: one of those who wait gives up, or gives back what it got. There are just enough permits for the others: a
/// wake-up that is lost with the one that gives up is missed by one of them.
template <class S>
struct GivesUpInTheQueue {
  static constexpr std::string_view kName = "gives-up-in-the-queue";
  static constexpr std::string_view kRules = "S5 S8";
  static constexpr Range kThreads{3, kAnyNumber};
  explicit GivesUpInTheQueue(Shape its) : shape(its) {}
  void body(unsigned thread) {
    if (thread == 0) {
      world->race(Side::second);
      released.raise();
      for (unsigned i = 2; i < shape.threads; ++i) semaphore.release();
    } else if (thread == 1) {
      world->race(Side::first);
      const bool taken = semaphore.try_acquire_for(world->brief());
      // Without a permit, too, it may have come late: then the others had taken them all.
      world->won(released.count() != 0 ? Side::second : Side::first);
      world->outcome(taken ? "taken in time" : "timed out");
      if (taken) semaphore.release();
    } else {
      semaphore.acquire();
    }
  }
  void check() { expect_permits(semaphore, 0); }
  Shape shape;
  Signal released;
  S semaphore{0};
};

/// S12: whoever acquires what was released last may destroy it.
template <class S>
struct AcquirerDestroys {
  static constexpr std::string_view kName = "acquirer-destroys";
  static constexpr std::string_view kRules = "S12";
  static constexpr Range kThreads{2, 2};
  explicit AcquirerDestroys(Shape) { semaphore.emplace(0); }
  void body(unsigned thread) {
    if (thread == 0) return semaphore->release();
    semaphore->acquire();
    semaphore.reset();
  }
  void check() {}
  std::optional<S> semaphore;
};

/// S9: of releases above the start exactly the surplus is refused.
template <class S>
struct SurplusReleases {
  static constexpr std::string_view kName = "surplus-releases";
  static constexpr std::string_view kRules = "S9";
  static constexpr Range kThreads{2, kAnyNumber};
  explicit SurplusReleases(Shape its) : shape(its), semaphore(1) {
    expect(semaphore.try_acquire(), "S2: a permit was lost");
  }
  void body(unsigned) {
    try {
      semaphore.release();
    } catch (const std::overflow_error&) {
      refused.fetch_add(1, std::memory_order_relaxed);
    }
  }
  void check() {
    expect(refused == shape.threads - 1, "S9: not exactly the surplus was refused");
    expect(semaphore.try_acquire() && !semaphore.try_acquire(), "S9: the number of permits is wrong at the end");
  }
  Shape shape;
  std::atomic<unsigned> refused{0};
  S semaphore;
};

/// S13: who came first is served first, where the implementation says so.
template <class S>
struct FirstComeAcquires {
  static constexpr std::string_view kName = "first-come";
  static constexpr std::string_view kRules = "S13";
  static constexpr Range kThreads{3, kExplored};
  explicit FirstComeAcquires(Shape) {}
  void body(unsigned thread) {
    if (thread == 0) {
      const bool sure = world->await_waiting(1, 2);
      semaphore.release();
      if (sure) {
        served.await(1);
        expect(first.read() == 1, "S13: the second in line was served first");
      }
      return semaphore.release();
    }
    if (thread == 2) world->await_waiting(1);
    semaphore.acquire();
    if (served.count() == 0) first.write(thread);
    served.raise();
  }
  void check() {}
  Signal served;
  Plain<unsigned> first{0};
  S semaphore{0};
};

}  // namespace syncbench::stress
