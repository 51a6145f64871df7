// Small programs for the scheduler: a few threads that use one primitive a few times, and what must hold. Each is a
// class template over the primitive's type: built afresh for every schedule, `body(thread)` is what a thread does,
// `check()` what holds when all have ended. A scenario with fewer than `kLeast` or more than `kMost` threads makes no
// sense or takes too long to explore.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>

#include "primitives/concepts.hpp"
#include "primitives/implementation.hpp"
#include "primitives/schedule/scheduler.hpp"

namespace syncbench::schedule {

using namespace std::chrono_literals;

/// Plain data that a primitive guards: notes in passing who is inside.
struct Inside {
  int now = 0, most = 1, entries = 0;
  void enter() {
    expect(++now <= most, "more inside than allowed");
    ++entries;
  }
  void leave() { --now; }
};

// ---- Mutex ----------------------------------------------------------------------------------------------------------

/// M1, M2, M4: sections exclude each other, and everybody gets in.
template <class M>
struct Exclusion {
  static constexpr std::string_view kName = "exclusion";
  static constexpr unsigned kLeast = 2, kMost = 3;
  explicit Exclusion(unsigned threads) : rounds(threads == 2 ? 2 : 1), expected(static_cast<int>(threads) * rounds) {}
  void body(unsigned) {
    for (int round = 0; round < rounds; ++round) {
      mutex.lock();
      inside.enter();
      mutex.note_inside();
      inside.leave();
      mutex.unlock();
    }
  }
  void check() { expect(inside.entries == expected, "not everybody got in"); }

  struct Noted : M {
    // Inside the section: a place where another thread may come in, if the lock lets it.
    void note_inside() { Scheduler::current()->reach(Access::note, this, std::source_location::current()); }
  };
  int rounds, expected;
  Noted mutex;
  Inside inside;
};

/// M3, M5, M6: attempts, timed and not, among those who wait.
template <class M>
struct Attempts {
  static constexpr std::string_view kName = "attempts";
  static constexpr unsigned kLeast = 2, kMost = 3;
  explicit Attempts(unsigned) {}
  void body(unsigned thread) {
    const bool got = thread == 0 ? mutex.try_lock_for(1ms) : thread == 1 ? (mutex.lock(), true) : mutex.try_lock();
    if (!got) return;
    inside.enter();
    Scheduler::current()->reach(Access::note, this, std::source_location::current());
    inside.leave();
    mutex.unlock();
  }
  void check() { expect(mutex.try_lock(), "not free at the end"), mutex.unlock(); }
  M mutex;
  Inside inside;
};

/// M9: whoever comes last destroys it as soon as it has let go.
template <class M>
struct LastOneDestroys {
  static constexpr std::string_view kName = "last-one-destroys";
  static constexpr unsigned kLeast = 2, kMost = 3;
  explicit LastOneDestroys(unsigned threads) : left(threads) { mutex.emplace(); }
  void body(unsigned) {
    mutex->lock();
    const bool last = --left == 0;
    mutex->unlock();
    if (last) mutex.reset();
  }
  void check() { expect(left == 0, "not everybody got in"); }
  unsigned left;
  std::optional<M> mutex;
};

/// R1, R2: levels nest, others wait for the outermost; all levels can be given up and taken again.
template <class M>
struct Nesting {
  static constexpr std::string_view kName = "nesting";
  static constexpr unsigned kLeast = 2, kMost = 3;
  explicit Nesting(unsigned) {}
  void body(unsigned thread) {
    mutex.lock();
    expect(mutex.try_lock() && mutex.depth() == 2, "the owner may nest");
    inside.enter();
    inside.leave();
    if (thread == 0) {
      const auto levels = mutex.release_all();
      mutex.reacquire(levels);
      expect(mutex.depth() == 2 && mutex.owned(), "all levels come back");
    }
    mutex.unlock();
    mutex.unlock();
  }
  void check() { expect(!mutex.owned(), "not free at the end"); }
  M mutex;
  Inside inside;
};

// ---- Semaphore ------------------------------------------------------------------------------------------------------

/// S2, S5, S6, S12: threads take one of two permits, and give it back.
template <class S>
struct Permits {
  static constexpr std::string_view kName = "permits";
  static constexpr unsigned kLeast = 2, kMost = 3;
  explicit Permits(unsigned threads) : permits(static_cast<int>(threads) - 1), semaphore(permits) {
    inside.most = permits;
  }
  void body(unsigned) {
    semaphore.acquire();
    inside.enter();
    Scheduler::current()->reach(Access::note, this, std::source_location::current());
    inside.leave();
    semaphore.release();
  }
  void check() {
    for (int i = 0; i < permits; ++i) expect(semaphore.try_acquire(), "a permit is lost");
    expect(!semaphore.try_acquire(), "a permit too many");
    semaphore.release(permits);
  }
  int permits;
  Inside inside;
  S semaphore;
};

/// S4, S6: releases race, one of them of two permits; takers come before and after.
template <class S>
struct RacingReleases {
  static constexpr std::string_view kName = "racing-releases";
  static constexpr unsigned kLeast = 3, kMost = 4;
  explicit RacingReleases(unsigned) {}
  void body(unsigned thread) {
    if (thread == 0) return semaphore.release(2);
    if (thread == 3) return semaphore.release(1);
    semaphore.acquire();
  }
  void check() {}
  S semaphore{0};
};

/// S8: a timed attempt and a release race; no permit is lost or made.
template <class S>
struct TimedAcquire {
  static constexpr std::string_view kName = "timed-acquire";
  static constexpr unsigned kLeast = 3, kMost = 3;
  explicit TimedAcquire(unsigned) {}
  void body(unsigned thread) {
    if (thread == 0) taken += semaphore.try_acquire_for(1ms) ? 1 : 0;
    if (thread == 1) semaphore.release(1);
    if (thread == 2) taken += semaphore.try_acquire_for(2ms) ? 1 : 0;
  }
  void check() {
    expect(taken <= 1, "one permit, two takers");
    expect(semaphore.try_acquire() == (taken == 0), taken == 0 ? "a permit is lost" : "a permit too many");
  }
  int taken = 0;
  S semaphore{0};
};

// ---- Event ----------------------------------------------------------------------------------------------------------

/// E2, E3, E7, X8: one sets, the others wait, and see what was written before.
template <class E>
struct SetOnce {
  static constexpr std::string_view kName = "set";
  static constexpr unsigned kLeast = 2, kMost = 3;
  explicit SetOnce(unsigned) {}
  void body(unsigned thread) {
    if (thread == 0) {
      written = true;
      return event.set();
    }
    event.wait();
    expect(written && event.is_set(), "lets go before the set");
  }
  void check() {}
  bool written = false;
  E event;
};

/// E6: a set races a deadline; whoever waits without one gets through in any case.
template <class E>
struct SetOrTimeout {
  static constexpr std::string_view kName = "set-or-timeout";
  static constexpr unsigned kLeast = 2, kMost = 3;
  explicit SetOrTimeout(unsigned) {}
  void body(unsigned thread) {
    if (thread == 0) {
      begun = true;
      return event.set();
    }
    if (thread == 2) return event.wait();
    if (event.wait_for(1ms)) expect(begun, "true without a set");
  }
  void check() { expect(event.is_set() && event.wait_for(0ns), "not set at the end"); }
  bool begun = false;
  E event;
};

/// E4, E5, E8: set and clear at once, over and over; each waiter waits for a set that it has not seen yet.
template <class E>
struct SetAndClear {
  static constexpr std::string_view kName = "set-and-clear";
  static constexpr unsigned kLeast = 2, kMost = 3;
  explicit SetAndClear(unsigned) {}
  void body(unsigned thread) {
    if (thread != 0) return event.wait();
    event.set();
    event.clear();
    event.set();  // for who came too late for the first
  }
  void check() { expect(event.is_set(), "not set at the end"); }
  E event;
};

// ---- Condition ------------------------------------------------------------------------------------------------------

template <class S>
struct OnCondition {
  typename S::Mutex mutex;
  typename S::Condition condition;
};

/// C2, C3, C4, C13: tokens are made one by one, each with a notification, inside the lock or outside of it.
template <class S>
struct Tokens : OnCondition<S> {
  static constexpr std::string_view kName = "tokens";
  static constexpr unsigned kLeast = 2, kMost = 3;
  explicit Tokens(unsigned count) : threads(count) {}
  void body(unsigned thread) {
    if (thread != 0) {
      std::unique_lock lock(this->mutex);
      while (tokens == 0) this->condition.wait(lock);
      expect(lock.owns_lock() && --tokens >= 0, "took a token that is not there");
      return;
    }
    for (unsigned i = 1; i < threads; ++i) {
      {
        const std::lock_guard lock(this->mutex);
        ++tokens;
        if (i == 1) this->condition.notify_one();
      }
      if (i != 1) this->condition.notify_one();
    }
  }
  void check() { expect(tokens == 0, "a token is left"); }
  unsigned threads;
  int tokens = 0;
};

/// C5: everybody who waits is woken.
template <class S>
struct NotifyAll : OnCondition<S> {
  static constexpr std::string_view kName = "notify-all";
  static constexpr unsigned kLeast = 2, kMost = 3;
  explicit NotifyAll(unsigned) {}
  void body(unsigned thread) {
    const bool notifies = thread == 0;
    {
      std::unique_lock lock(this->mutex);
      if (notifies) open = true;
      while (!open) this->condition.wait(lock);
    }
    if (notifies) this->condition.notify_all();
  }
  void check() {}
  bool open = false;
};

/// C8, C9: one waits with a deadline, one without, and one token comes with one notification.
template <class S>
struct TimedToken : OnCondition<S> {
  static constexpr std::string_view kName = "timed-token";
  static constexpr unsigned kLeast = 3, kMost = 3;
  explicit TimedToken(unsigned) {}
  void body(unsigned thread) {
    std::unique_lock lock(this->mutex);
    if (thread == 0) {
      ++tokens;
      this->condition.notify_one();
    } else if (thread == 1) {
      if (this->condition.wait_for(lock, 1ms, [&] { return tokens > 0; })) take();
      ++tokens, this->condition.notify_one();  // there is always one for the other
    } else {
      while (tokens == 0) this->condition.wait(lock);
      take();
    }
  }
  void take() { expect(--tokens >= 0, "took a token that is not there"); }
  void check() { expect(tokens >= 0, "tokens below zero"); }
  int tokens = 0;
};

// ---- Barrier --------------------------------------------------------------------------------------------------------

/// B1 to B4: nobody leaves early, phase after phase, and indices are a permutation.
template <class B>
struct Phases {
  static constexpr std::string_view kName = "phases";
  static constexpr unsigned kLeast = 2, kMost = 3;
  explicit Phases(unsigned threads) : rounds(threads == 2 ? 3 : 2), parties(threads), barrier(threads) {}
  void body(unsigned thread) {
    for (int round = 0; round < rounds; ++round) {
      ++arrived[round];
      indices[round] |= 1U << arrive_at(barrier, thread);
      expect(arrived[round] == parties, "left before all had arrived");
    }
  }
  void check() {
    for (int round = 0; round < rounds; ++round)
      expect(indices[round] == (1U << parties) - 1, "indices are not a permutation");
  }
  int rounds;
  unsigned parties;
  unsigned arrived[3] = {}, indices[3] = {};
  B barrier;
};

/// B8: whoever is told that it came last destroys the barrier.
template <class B>
struct LastArrivalDestroys {
  static constexpr std::string_view kName = "last-arrival-destroys";
  static constexpr unsigned kLeast = 2, kMost = 3;
  explicit LastArrivalDestroys(unsigned threads) : parties(threads) { barrier.emplace(threads); }
  void body(unsigned) {
    if (barrier->arrive_and_wait() == parties - 1) barrier.reset();
  }
  void check() {}
  unsigned parties;
  std::optional<B> barrier;
};

/// How the waits of one generation ended.
struct Ends {
  unsigned through = 0, broken = 0, indices = 0;
  template <class Wait>
  void note(Wait wait) {
    try {
      indices |= 1U << wait();
      ++through;
    } catch (const BrokenBarrier&) {
      ++broken;
    }
  }
  void expect_agreed(unsigned parties) const {
    expect(through == 0 || broken == 0, "some got through, others found it broken");
    if (through != 0) expect(indices == (1U << parties) - 1, "indices are not a permutation");
  }
};

/// B20, B21, B29: a deadline, or an abort, races the last arrival.
template <class B>
struct Breaks {
  static constexpr std::string_view kName = "timeout-or-arrival";
  static constexpr unsigned kLeast = 2, kMost = 3;
  explicit Breaks(unsigned threads) : parties(threads), barrier(threads) {}
  void body(unsigned thread) {
    ends.note([&] { return thread == 0 ? barrier.wait_for(1ms) : barrier.wait(); });
  }
  void check() {
    ends.expect_agreed(parties);
    expect(barrier.broken() == (ends.broken != 0), "broken() does not agree with what happened");
    expect(barrier.waiting() == 0, "somebody waits at the end");
  }
  unsigned parties;
  Ends ends;
  B barrier;
};

/// B21, B28, B29.
template <class B>
struct Aborts {
  static constexpr std::string_view kName = "abort-or-arrival";
  static constexpr unsigned kLeast = 3, kMost = 3;
  explicit Aborts(unsigned threads) : parties(threads - 1), barrier(parties) {}
  void body(unsigned thread) {
    if (thread == 0) return barrier.abort();
    ends.note([&] { return barrier.wait(); });
  }
  void check() {
    ends.expect_agreed(parties);
    expect(barrier.broken(), "an abort does not last");
  }
  unsigned parties;
  Ends ends;
  B barrier;
};

/// B22, B24: a reset races arrivals; whoever was waiting finds it broken, and the others wait for a second visit.
template <class B>
struct Resets {
  static constexpr std::string_view kName = "reset-or-arrival";
  static constexpr unsigned kLeast = 3, kMost = 3;
  explicit Resets(unsigned threads) : parties(threads - 1), barrier(parties) {}
  void body(unsigned thread) {
    if (thread == 0) return barrier.reset();
    // Whoever is thrown out comes again, until all have met once.
    for (;;) try {
        barrier.wait();
        ++met;
        return;
      } catch (const BrokenBarrier&) {
      }
  }
  void check() { expect(met == parties && !barrier.broken(), "not usable after a reset"); }
  unsigned parties, met = 0;
  B barrier;
};

}  // namespace syncbench::schedule
