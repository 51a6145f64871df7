// The rules of the semaphore: S1 to S13, and X1 to X9 for it. Famous semaphores have lost wake-ups (GCC bug 104928,
// glibc bug 12674, LLVM bugs 46357 and 77659) where a release met a waiter that was just falling asleep, or another
// release: hence the many rounds with a fresh object, in which everybody must get through.
#include <limits>
#include <stdexcept>

#include "primitives/conformance/crew.hpp"
#include "primitives/conformance/rules.hpp"

namespace syncbench::conformance {
namespace {

using Subject = Subject<AnySemaphore>;
using Count = std::ptrdiff_t;

// C++ lets a try fail for no reason; three in a row would be more than bad luck.
bool try_now(AnySemaphore& semaphore) {
  return semaphore.try_acquire() || semaphore.try_acquire() || semaphore.try_acquire();
}

/// That exactly `count` permits are free while nobody is at it.
void expect_permits(AnySemaphore& semaphore, Count count, Check& check, std::string_view what) {
  const std::optional<Count> told = semaphore.value();
  Count taken = 0;
  while (taken < count + 8 && try_now(semaphore)) ++taken;
  if (taken > 0) semaphore.release(taken);
  check.equal(taken, count, what);
  if (told) check.equal(*told, count, "value()");
}

/// One of the ways to acquire, picked at random; false if it did not.
bool acquire_somehow(AnySemaphore& semaphore) {
  if (by_chance(2)) return semaphore.acquire(), true;
  if (by_chance(3)) return semaphore.try_acquire_for(by_chance(2) ? 20us : 300us);
  if (by_chance(3)) return semaphore.try_acquire_until(System::now() + 100us);
  if (by_chance(3)) return semaphore.try_acquire_for(0us);
  return semaphore.try_acquire();
}

/// Waits for all of the crew, who acquire; says so if permits that were released did not reach them.
void expect_through(Crew& crew, AnySemaphore& semaphore, Check& check, std::string_view what) {
  crew.get_through(check, what, [&] { semaphore.release(1); });
}

/// How many threads hold a permit.
class Gauge {
 public:
  void enter() {
    const Count now = ++inside_;
    Count most = most_;
    while (now > most && !most_.compare_exchange_weak(most, now)) continue;
  }
  void leave() { --inside_; }
  Count most() const { return most_; }

 private:
  std::atomic<Count> inside_{0};
  std::atomic<Count> most_{0};
};

/// `count` threads take permits in all ways and give them back for a while, sometimes two at once.
void expect_conservation(AnySemaphore& semaphore, Count permits, std::chrono::milliseconds time, int count,
                         Check& check) {
  Gauge gauge;
  const auto end = Steady::now() + time;
  Crew crew;
  crew.start(count, [&](int) {
    do {
      if (!acquire_somehow(semaphore)) continue;
      gauge.enter();
      const bool second = by_chance(4) && semaphore.try_acquire();
      if (second) gauge.enter();
      wobble();
      if (second) gauge.leave();
      gauge.leave();
      semaphore.release(second ? 2 : 1);
    } while (Steady::now() < end);
  });
  expect_through(crew, semaphore, check, "permits are free, and a thread waits for one");
  check.expect(gauge.most() <= permits, "more threads hold a permit than there are permits");
  if (!check.violated()) expect_permits(semaphore, permits, check, "permits after all were given back");
}

template <class Error>
bool throws(auto act) {
  try {
    act();
  } catch (const Error&) {
    return true;
  } catch (...) {
  }
  return false;
}

void needs_errors(const Subject& subject, Check& check) {
  if (!subject.checked) check.not_applicable("undefined in the form that is measured; Checked<> reports it");
}

// ---- Counting -------------------------------------------------------------------------------------------------------

void s1_negative_starts_are_refused(const Subject& subject, Check& check) {
  needs_errors(subject, check);
  for (const Count start : {Count{-1}, Count{-1000}, std::numeric_limits<Count>::min()})
    for (const bool bounded : {false, true})
      check.expect(throws<std::invalid_argument>([&] { subject.make(start, bounded); }),
                   "a start of " + std::to_string(start) + " is no std::invalid_argument");
  expect_permits(*subject.make(0, false), 0, check, "permits at a start of 0");
}

void s2_permits_are_conserved(const Subject& subject, Check& check) {
  for (const Count permits : {1, 3})
    expect_conservation(*subject.make(permits, false), permits, 12ms, crowd(subject, check.team), check);
}

void s3_acquire_returns_if_it_took_a_permit(const Subject& subject, Check& check) {
  const auto semaphore = subject.make(2, false);
  Crew crew;
  crew.start(4, [&](int) { semaphore->acquire(); });
  check.expect(crew.have_ended(2), "two permits let fewer than two in");
  crew.await_waiting(subject);
  let_things_settle();
  check.equal(crew.ended(), 2, "acquires that returned with two permits");
  semaphore->release(1);
  check.expect(crew.have_ended(3), "a released permit does not reach a waiter");
  let_things_settle();
  check.equal(crew.ended(), 3, "acquires that returned with three permits");
  semaphore->release(1);
  expect_through(crew, *semaphore, check, "a released permit does not reach the last waiter");
  if (!check.violated()) expect_permits(*semaphore, 0, check, "permits when all were taken");
}

// `count` sleep; a release of fewer lets exactly those go, and a release of more leaves the rest for later.
void release_of_several(const Subject& subject, int count, int first, Check& check) {
  const auto semaphore = subject.make(0, false);
  Crew crew;
  crew.start(count, [&](int index) {
    if (index % 2 == 0) return semaphore->acquire();
    check.expect(semaphore->try_acquire_for(1h), "an attempt with an hour to go gave up");
  });
  crew.await_waiting(subject);
  semaphore->release(first);
  check.expect(crew.have_ended(first), "release(n) lets fewer than n waiters go");
  let_things_settle();
  check.equal(crew.ended(), first, "waiters that a release let go");
  semaphore->release(count - first + 2);
  expect_through(crew, *semaphore, check, "release(n) with fewer waiters leaves one of them waiting");
  if (!check.violated()) expect_permits(*semaphore, 2, check, "permits left over");
}

void release_of_several_meets_arrivals(const Subject& subject, Check& check) {
  Fresh<AnySemaphore> objects(subject.rounds(80));
  const int count = crowd(subject, 4);
  const auto prepare = [&](int round) { objects.put(round, subject.make(0, false)); };
  const auto body = [&](int index, int round) {
    wobble();
    if (index == 0) return objects[round].release(count - 1);
    objects[round].acquire();
  };
  const bool through = run_in_step(count, objects.rounds(), 15ms, prepare, body, check,
                                   "release(n) while n threads begin to wait leaves one of them waiting",
                                   [&](int round) { objects[round].release(1); });
  if (!through) return;
  objects.for_each([&](auto& one) { expect_permits(one, 0, check, "permits after as many releases as acquires"); });
}

void s4_release_of_several(const Subject& subject, Check& check) {
  for (const int count : {4, 5, std::max(4, crowd(subject, check.team))})
    if (!check.violated()) release_of_several(subject, count, count - 2, check);
  if (!check.violated()) release_of_several_meets_arrivals(subject, check);
  if (!subject.checked || check.violated()) return;
  const auto semaphore = subject.make(1, false);
  for (const Count n : {Count{0}, Count{-1}, std::numeric_limits<Count>::min()})
    check.expect(throws<std::invalid_argument>([&] { semaphore->release(n); }),
                 "a release of " + std::to_string(n) + " is no std::invalid_argument");
  expect_permits(*semaphore, 1, check, "permits after refused releases");
}

// ---- Waking ---------------------------------------------------------------------------------------------------------

// Permits are held for a time that is different each time, so that threads do fall asleep, at every moment.
void finite_rounds_end(const Subject& subject, Check& check) {
  Fresh<AnySemaphore> objects(subject.rounds(40));
  const Count permits = 2;
  const int count = std::max(4, crowd(subject, check.team));
  const auto prepare = [&](int round) { objects.put(round, subject.make(permits, false)); };
  const auto body = [&](int, int round) {
    for (int i = 0; i < 8; ++i) {
      objects[round].acquire();
      by_chance(5) ? std::this_thread::sleep_for(10us) : wobble();
      objects[round].release(1);
    }
  };
  const bool through =
      run_in_step(count, objects.rounds(), 20ms, prepare, body, check, "permits are free, and a thread waits for one",
                  [&](int round) { objects[round].release(1); });
  if (!through) return;
  objects.for_each([&](auto& one) { expect_permits(one, permits, check, "permits after all were given back"); });
}

// As many threads release once as acquire once, all at the same moment.
void releases_meet_arrivals(const Subject& subject, Check& check) {
  Fresh<AnySemaphore> objects(subject.rounds(150));
  const int pairs = crowd(subject, 4) / 2;
  const auto prepare = [&](int round) { objects.put(round, subject.make(0, false)); };
  const auto body = [&](int index, int round) {
    wobble();
    if (index < pairs) return objects[round].release(1);
    objects[round].acquire();
  };
  const bool through = run_in_step(2 * pairs, objects.rounds(), 15ms, prepare, body, check,
                                   "a release while a thread begins to wait does not reach it",
                                   [&](int round) { objects[round].release(1); });
  if (!through) return;
  objects.for_each([&](auto& one) { expect_permits(one, 0, check, "permits after as many releases as acquires"); });
}

// `waiters` sleep, and as many releases come: one after the other, or from two threads at once.
void releases_free_as_many(const Subject& subject, int waiters, bool racing, Check& check) {
  const auto semaphore = subject.make(0, false);
  Crew crew;
  crew.start(waiters, [&](int) { semaphore->acquire(); });
  crew.await_waiting(subject);
  if (racing) {
    run_team(2, [&](int index) {
      for (int i = index; i < waiters; i += 2) semaphore->release(1);
    });
  } else {
    for (int i = 0; i < waiters; ++i) semaphore->release(1);
  }
  expect_through(crew, *semaphore, check, "as many releases as waiters leave one of them waiting");
  if (!check.violated()) expect_permits(*semaphore, 0, check, "permits after as many releases as acquires");
}

void s5_a_free_permit_reaches_a_waiter(const Subject& subject, Check& check) {
  for (int waiters = 2; waiters < 5 && !check.violated(); ++waiters)
    releases_free_as_many(subject, waiters, false, check);
  if (!check.violated()) finite_rounds_end(subject, check);
  if (!check.violated()) releases_meet_arrivals(subject, check);
}

void s6_two_releases_free_two(const Subject& subject, Check& check) {
  const int rounds = std::max(2, subject.rounds(24));
  for (int round = 0; round < rounds && !check.violated(); ++round)
    releases_free_as_many(subject, round % 4 == 0 ? 3 : 2, round % 3 != 0, check);
}

void s7_try_never_waits(const Subject& subject, Check& check) {
  const auto semaphore = subject.make(1, false);
  for (int round = 0; round < 500; ++round) {
    check.require(semaphore->try_acquire(), "try_acquire fails although a permit is free and nobody is at it");
    semaphore->release(1);
  }
  semaphore->acquire();
  Crew others;
  others.start(3, [&](int index) {
    if (index == 0) return semaphore->acquire();
    check.expect(!semaphore->try_acquire(), "try_acquire is true although no permit is free");
  });
  check.expect(others.have_ended(2), "try_acquire waits");
  semaphore->release(1);
  expect_through(others, *semaphore, check, "a released permit does not reach the waiter");
}

// ---- Timeouts -------------------------------------------------------------------------------------------------------

void false_took_nothing(const Subject& subject, Check& check) {
  const auto semaphore = subject.make(0, false);
  run_team(crowd(subject, 3), [&](int) {
    for (const auto timeout : {1us, 100us}) {
      check.expect(!semaphore->try_acquire_for(timeout), "true although no permit is free");
      check.expect(!semaphore->try_acquire_until(Steady::now() + timeout), "true (steady) although no permit is free");
      check.expect(!semaphore->try_acquire_until(System::now() + timeout), "true (system) although no permit is free");
    }
  });
  semaphore->release(2);
  expect_permits(*semaphore, 2, check, "permits after timed-out attempts");
}

// One release, `lead` before the deadline of a waiter; one without a limit waits as well. True if the first acquired.
bool release_at_the_deadline(const Subject& subject, AnySemaphore& semaphore, Nanoseconds lead, Check& check) {
  std::atomic<bool> acquired{false};
  Crew crew;
  const auto deadline = Steady::now() + 300us;
  crew.start([&] {
    acquired = semaphore.try_acquire_until(deadline);
    if (acquired) semaphore.release(1);  // for the other one
  });
  crew.start([&] {
    if (subject.sleeps) await_instant(deadline - 150us);  // behind the first
    semaphore.acquire();
  });
  await_instant(deadline - lead);
  semaphore.release(1);
  expect_through(crew, semaphore, check, "a timeout beside a release loses the permit, and a thread waits for it");
  return acquired;
}

void timeouts_racing_releases_conserve(const Subject& subject, Check& check) {
  const auto semaphore = subject.make(0, false);
  Aim aim(60us);
  for (int round = std::max(6, subject.rounds(20)); round != 0 && !check.violated(); --round) {
    aim.was_early(release_at_the_deadline(subject, *semaphore, aim.lead(), check));
    if (!check.violated()) expect_permits(*semaphore, 0, check, "permits after as many releases as acquires");
  }
}

/// One way to say how long.
struct Attempt {
  const char* name;
  bool (*make)(AnySemaphore&);
  bool negative = false;  // an error where misuse is checked
};

constexpr Attempt kExpired[] = {
    {"0 ns", [](AnySemaphore& s) { return s.try_acquire_for(0ns); }},
    {"-1 ns", [](AnySemaphore& s) { return s.try_acquire_for(-1ns); }, true},
    {"nanoseconds::min", [](AnySemaphore& s) { return s.try_acquire_for(Nanoseconds::min()); }, true},
    {"steady past", [](AnySemaphore& s) { return s.try_acquire_until(Steady::now() - 1s); }},
    {"steady epoch", [](AnySemaphore& s) { return s.try_acquire_until(SteadyTime()); }},
    {"steady min", [](AnySemaphore& s) { return s.try_acquire_until(SteadyTime::min()); }},
    {"system past", [](AnySemaphore& s) { return s.try_acquire_until(System::now() - 1s); }},
    {"system min", [](AnySemaphore& s) { return s.try_acquire_until(SystemTime::min()); }},
    {"another clock's min", [](AnySemaphore& s) { return s.try_acquire_until(HandSetClock::time_point::min()); }},
};

constexpr Attempt kUnlimited[] = {
    {"292 years", [](AnySemaphore& s) { return s.try_acquire_for(Nanoseconds::max()); }},
    {"250 years", [](AnySemaphore& s) { return s.try_acquire_for(std::chrono::hours(24 * 365 * 250)); }},
    {"steady max", [](AnySemaphore& s) { return s.try_acquire_until(SteadyTime::max()); }},
    {"system max", [](AnySemaphore& s) { return s.try_acquire_until(SystemTime::max()); }},
    {"another clock's max", [](AnySemaphore& s) { return s.try_acquire_until(HandSetClock::time_point::max()); }},
};

void expired_attempts_take_what_is_free(const Subject& subject, Check& check) {
  const auto semaphore = subject.make(0, false);
  for (const Attempt& attempt : kExpired) {
    if (subject.checked && attempt.negative) continue;
    check.expect(!attempt.make(*semaphore), std::string(attempt.name) + ": true although no permit is free");
    semaphore->release(1);
    check.expect(attempt.make(*semaphore), std::string(attempt.name) + ": false although a permit is free");
    semaphore->try_acquire();
  }
}

void s8_timeouts_take_nothing(const Subject& subject, Check& check) {
  false_took_nothing(subject, check);
  expired_attempts_take_what_is_free(subject, check);
  timeouts_racing_releases_conserve(subject, check);
}

// ---- Limits ---------------------------------------------------------------------------------------------------------

bool refuses(AnySemaphore& semaphore, Count n) {
  return throws<std::overflow_error>([&] { semaphore.release(n); });
}

// One permit is out and four threads give one back: one of them may.
void racing_releases_respect_the_bound(const Subject& subject, Check& check) {
  Fresh<AnySemaphore> objects(150);
  std::atomic<int> accepted{0};
  const auto prepare = [&](int round) {
    objects.put(round, subject.make(2, true));
    objects[round].acquire();
  };
  const auto body = [&](int, int round) {
    if (!refuses(objects[round], 1)) ++accepted;
  };
  run_in_step(4, objects.rounds(), 15ms, prepare, body, check, "release does not return", [](int) {});
  const int rounds =
      objects.for_each([&](auto& one) { expect_permits(one, 2, check, "permits after racing releases"); });
  check.equal(accepted, rounds, "releases accepted where there was room for one a round");
}

void s9_the_bound_holds(const Subject& subject, Check& check) {
  for (const Count start : {0, 1, 3}) {
    const auto semaphore = subject.make(start, true);
    check.require(refuses(*semaphore, 1), "a release above the start is no std::overflow_error");
    check.require(refuses(*semaphore, semaphore->max()), "a release far above the start is no std::overflow_error");
    for (Count i = 0; i < start; ++i) semaphore->acquire();
    check.require(refuses(*semaphore, start + 1), "a release of one too many is no std::overflow_error");
    if (start > 0) semaphore->release(start);
    check.expect(refuses(*semaphore, 1), "a release above the start is no std::overflow_error");
    const std::optional<Count> told = semaphore->value();
    if (told) check.equal(*told, start, "value() after refused releases");
  }
  if (!check.violated()) racing_releases_respect_the_bound(subject, check);
}

void s10_overflow_is_an_error(const Subject& subject, Check& check) {
  needs_errors(subject, check);
  const Count max = subject.make(0, false)->max();
  check.require(max > 0, "max() is not positive");
  const auto semaphore = subject.make(max - 1, false);
  semaphore->release(1);
  check.expect(refuses(*semaphore, 1), "a release above max() is no std::overflow_error");
  check.expect(refuses(*semaphore, max), "a release far above max() is no std::overflow_error");
  check.expect(semaphore->try_acquire(), "no permit is free after a refused release");
  semaphore->release(1);
  if (const auto told = semaphore->value()) check.equal(*told, max, "value() after refused releases");
  const auto one = subject.make(1, false);
  check.expect(refuses(*one, max), "a release that overflows in one step is no std::overflow_error");
  expect_permits(*one, 1, check, "permits after a refused release");
  const auto racing = subject.make(max - 1, false);
  std::atomic<int> accepted{0};
  run_team(4, [&](int) { accepted += refuses(*racing, 1) ? 0 : 1; });
  check.equal(accepted, 1, "racing releases accepted where there was room for one");
}

// ---- Whose it is ----------------------------------------------------------------------------------------------------

void s11_anybody_may_release(const Subject& subject, Check& check) {
  const auto semaphore = subject.make(1, false);
  for (int round = 0; round < 5; ++round) {
    semaphore->acquire();
    Worker([&] { semaphore->release(1); }).join();
    expect_permits(*semaphore, 1, check, "permits after another thread's release");
    if (check.violated()) return;
  }
  semaphore->acquire();
  Crew crew;
  crew.start([&] { semaphore->acquire(); });
  crew.await_waiting(subject);
  Worker([&] { semaphore->release(1); }).join();
  expect_through(crew, *semaphore, check, "another thread's release does not let the waiter go");
}

// In every round `count` acquire a permit each; whoever is last destroys the semaphore, while a release may still be on
// its way out. `asleep`: the releases come late enough that all sleep.
template <class Acquire>
void destroy_after_acquire(const Subject& subject, Check& check, int rounds, int count, bool asleep, Acquire acquire) {
  struct Shared {
    std::unique_ptr<AnySemaphore> semaphore;
    std::atomic<int> users;
  };
  Fresh<Shared> objects(rounds);
  const auto prepare = [&](int round) {
    objects.put(round, std::unique_ptr<Shared>(new Shared{subject.make(0, false), count}));
  };
  const auto body = [&](int index, int round) {
    Shared& shared = objects[round];
    if (index == 0) {
      AnySemaphore& semaphore = *shared.semaphore;  // read once: the pointer is reset
      if (asleep) std::this_thread::sleep_for(60us);
      return semaphore.release(count);
    }
    acquire(*shared.semaphore);
    if (--shared.users == 0) shared.semaphore.reset();
  };
  run_in_step(count + 1, objects.rounds(), 15ms, prepare, body, check, "permits are free, and a thread waits for one",
              [](int) {});
}

void needs_destruction_after_use(const Subject& subject, Check& check) {
  if (!subject.traits.destroy_after_use)
    check.not_applicable("declared: destruction must wait until every release has returned");
}

void s12_the_last_to_acquire_may_destroy_it(const Subject& subject, Check& check) {
  needs_destruction_after_use(subject, check);
  const auto acquire = [](AnySemaphore& semaphore) { semaphore.acquire(); };
  destroy_after_acquire(subject, check, subject.rounds(300), 1, false, acquire);
  destroy_after_acquire(subject, check, subject.rounds(60), 1, true, acquire);
}

void x2_nothing_is_touched_after_its_end(const Subject& subject, Check& check) {
  needs_destruction_after_use(subject, check);
  const auto somehow = [](AnySemaphore& semaphore) { await([&] { return acquire_somehow(semaphore); }); };
  destroy_after_acquire(subject, check, subject.rounds(100), 2, false, somehow);
  destroy_after_acquire(subject, check, subject.rounds(40), 2, true, somehow);
}

// ---- Order ----------------------------------------------------------------------------------------------------------

// Permits come one by one; the thread that releases tries to get in between, and comes last.
void grants_follow_arrivals(const Subject& subject, AnySemaphore& semaphore, Check& check) {
  const int count = crowd(subject, 5);
  std::mutex mutex;
  std::vector<int> order;
  Crew crew;
  for (int index = 0; index < count; ++index) {
    crew.start([&, index] {
      semaphore.acquire();
      {
        const std::lock_guard guard(mutex);
        order.push_back(index);
      }
      semaphore.release(1);
    });
    crew.await_waiting(subject);
  }
  semaphore.release(1);
  semaphore.acquire();
  {
    const std::lock_guard guard(mutex);
    order.push_back(count);
  }
  expect_through(crew, semaphore, check, "a released permit does not reach a waiter");
  for (int index = 0; index <= count; ++index)
    check.equal(order[index], index, "arrival served as number " + std::to_string(index));
}

void s13_declared_order(const Subject& subject, Check& check) {
  if (!subject.traits.fifo) check.not_applicable("declares no order");
  const auto semaphore = subject.make(0, false);
  for (int round = 0; round < std::max(2, subject.rounds(8)) && !check.violated(); ++round)
    grants_follow_arrivals(subject, *semaphore, check);
}

// ---- What holds for every primitive ---------------------------------------------------------------------------------

void x1_guarded_data_is_free_of_races(const Subject& subject, Check& check) {
  const auto semaphore = subject.make(1, false);
  Ledger ledger;
  run_team_for(10ms, crowd(subject, check.team), [&](int) {
    if (!acquire_somehow(*semaphore)) return;
    ledger.turn(check);
    semaphore->release(1);
  });
}

void x3_one_processor_and_many_threads(const Subject& subject, Check& check) {
  expect_conservation(*subject.make(2, false), 2, 15ms, std::max(16, check.team), check);
  const OneProcessor one;
  expect_conservation(*subject.make(1, false), 1, 15ms, 4, check);
}

void x4_sleepers_use_no_processor_time(const Subject& subject, Check& check) {
  const auto semaphore = subject.make(0, false);
  expect_idle_waiters(
      subject, check, [&](Crew& crew) { crew.start([&] { semaphore->acquire(); }); }, [&] { semaphore->release(1); });
}

void x5_signals(const Subject& subject, Check& check) {
  const InterruptingSignal signal;
  const auto semaphore = subject.make(0, false);
  Crew untimed;
  untimed.start([&] { semaphore->acquire(); });
  check.expect(survives_signals(subject, untimed), "a signal ended the wait");
  semaphore->release(1);
  expect_through(untimed, *semaphore, check, "a signal lost the wait");
  Crew timed;
  timed.start([&] {
    const auto start = Steady::now();
    check.expect(!semaphore->try_acquire_for(25ms), "true although no permit is free");
    check.expect(Steady::now() - start >= 25ms, "a signal ended the timed wait early");
  });
  check.expect(ends_under_signals(timed, Steady::now() + 30ms), "signals stretch the deadline");
}

void expect_to_wait(const Subject& subject, const Attempt& attempt, Check& check) {
  const auto semaphore = subject.make(0, false);
  Crew crew;
  std::atomic<bool> taken{false};
  crew.start([&] { taken = attempt.make(*semaphore); });
  crew.await_waiting(subject);
  check.expect(crew.ended() == 0, std::string(attempt.name) + ": does not wait");
  semaphore->release(1);
  expect_through(crew, *semaphore, check, std::string(attempt.name) + ": the release does not end it");
  check.expect(taken, std::string(attempt.name) + ": gave up");
}

void never_gives_up_early(const Subject& subject, Check& check) {
  const auto semaphore = subject.make(0, false);
  for (const auto timeout : {1us, 333us, 2000us}) {
    const auto start = Steady::now();
    check.expect(!semaphore->try_acquire_for(timeout), "true although no permit is free");
    check.expect(Steady::now() - start >= timeout, "gave up before the timeout");
    const auto steady = Steady::now() + timeout;
    check.expect(!semaphore->try_acquire_until(steady), "true although no permit is free");
    check.expect(Steady::now() >= steady, "gave up before the instant");
    const auto system = System::now() + timeout;
    check.expect(!semaphore->try_acquire_until(system), "true although no permit is free");
    check.expect(System::now() >= system, "gave up before the instant by the wall clock");
  }
}

// The clock stands still, so its instant has not come although the time is up by every other clock; then it is set on.
void its_own_clock_decides(const Subject& subject, Check& check) {
  const auto semaphore = subject.make(0, false);
  HandSetClock::hand = 0;
  Crew crew;
  crew.start([&] {
    check.expect(!semaphore->try_acquire_until(HandSetClock::time_point(100us)), "true although no permit is free");
  });
  std::this_thread::sleep_for(2ms);
  check.expect(crew.ended() == 0, "gave up although its own clock stood still");
  HandSetClock::hand = 1'000'000;
  crew.get_through(check, "did not notice that its clock was set on", [&] { semaphore->release(1); });
}

void x6_timeouts(const Subject& subject, Check& check) {
  expired_attempts_take_what_is_free(subject, check);
  for (const Attempt& attempt : kUnlimited) expect_to_wait(subject, attempt, check);
  never_gives_up_early(subject, check);
  its_own_clock_decides(subject, check);
}

void x7_expired_timeouts_leave_nothing(const Subject& subject, Check& check) {
  const auto semaphore = subject.make(0, false);
  const auto expire = [&](int rounds) {
    return run_rounds(2, rounds, kExpiryLimit, [&](int) {
      check.expect(!semaphore->try_acquire_for(by_chance(2) ? 0ns : 1ns), "true although no permit is free");
    });
  };
  expire(100);  // what is allocated once may stay
  const std::size_t before = memory_in_use();
  const auto attempts = expire(kExpiries / 2);
  check.expect(memory_in_use() <= before + tolerated_growth(attempts), "expired timeouts leave memory allocated");
  if (subject.traits.fifo) grants_follow_arrivals(subject, *semaphore, check);
  expect_permits(*semaphore, 0, check, "permits after timed-out attempts");
  semaphore->release(2);
  expect_conservation(*semaphore, 2, 5ms, 3, check);
}

// A permit is a message: what was written before its release, whoever takes it sees, in whatever way it waits.
void x8_releases_publish(const Subject& subject, Check& check) {
  const auto full = subject.make(0, false);
  const auto empty = subject.make(1, false);
  const auto rounds = static_cast<std::uint64_t>(subject.rounds(400));
  constexpr std::uint64_t kLast = 0;
  std::uint64_t message = kLast;  // plain
  const auto end = Steady::now() + 20ms;
  run_team(2, [&](int index) {
    std::uint64_t now = 1;
    for (std::uint64_t round = 1; now != kLast; ++round) {
      AnySemaphore& mine = index == 0 ? *empty : *full;
      await([&] { return acquire_somehow(mine); });
      if (index == 0) message = round < rounds && Steady::now() < end ? round : kLast;
      now = message;
      if (now != kLast) check.equal(now, round, "what was written before the release");
      (index == 0 ? *full : *empty).release(1);
    }
  });
}

void x9_counters_wrap(const Subject& subject, Check& check) {
  const auto semaphore = subject.make(0, false);
  for (int step = steps_to_wrap(subject); step != 0; --step) {
    semaphore->release(1 + step % 3);
    for (int i = 0; i <= step % 3; ++i)
      check.require(try_now(*semaphore), "try_acquire fails although a permit is free");
  }
  expect_permits(*semaphore, 0, check, "permits after as many releases as acquires");
  if (subject.traits.fifo) grants_follow_arrivals(subject, *semaphore, check);
  semaphore->release(2);
  expect_conservation(*semaphore, 2, 5ms, 3, check);
}

}  // namespace

const std::vector<Rule<AnySemaphore>>& semaphore_rules() {
  constexpr auto kPython = static_cast<unsigned>(Profile::python);
  static const std::vector<Rule<AnySemaphore>> rules = {
      {"S1", "a negative start is refused", kPython, s1_negative_starts_are_refused},
      {"S2", "permits are conserved, and never do more threads hold one than there are", kAllProfiles,
       s2_permits_are_conserved},
      {"S3", "acquire returns exactly if it took a permit", kAllProfiles, s3_acquire_returns_if_it_took_a_permit},
      {"S4", "release(n) adds n permits and lets as many waiters go", kAllProfiles, s4_release_of_several},
      {"S5", "whenever a permit is free and somebody waits, somebody gets on", kAllProfiles,
       s5_a_free_permit_reaches_a_waiter},
      {"S6", "two releases let two waiters go, also when they race", kAllProfiles, s6_two_releases_free_two},
      {"S7", "try_acquire never waits, fails without a permit, and succeeds with one", kAllProfiles,
       s7_try_never_waits},
      {"S8", "a timed acquire that is false took nothing; with a permit free an expired one is true", kAllProfiles,
       s8_timeouts_take_nothing},
      {"S9", "the bounded kind refuses a release above its start, also when releases race", kPython,
       s9_the_bound_holds},
      {"S10", "a release above max() is an error and changes nothing", Profile::python | Profile::posix,
       s10_overflow_is_an_error},
      {"S11", "any thread may release", kAllProfiles, s11_anybody_may_release},
      {"S12", "it may be destroyed when acquire has returned, while release has not", Profile::posix | Profile::strict,
       s12_the_last_to_acquire_may_destroy_it},
      {"S13", "first come, first served where that is declared", kAllProfiles, s13_declared_order},
      {"X1", "plain data guarded by it is free of races", kAllProfiles, x1_guarded_data_is_free_of_races},
      {"X2", "nothing of it is touched after its last user has destroyed it", Profile::posix | Profile::strict,
       x2_nothing_is_touched_after_its_end},
      {"X3", "it works on one processor and with many more threads than processors", kAllProfiles,
       x3_one_processor_and_many_threads},
      {"X4", "a waiter that sleeps uses no processor time", kAllProfiles, x4_sleepers_use_no_processor_time},
      {"X5", "a signal neither ends a wait nor loses it, and moves no deadline", kAllProfiles, x5_signals},
      {"X6", "timeouts: never early, zero or less means try, the longest are accepted, its own clock decides",
       kAllProfiles, x6_timeouts},
      {"X7", "expired timeouts leave nothing behind", kAllProfiles, x7_expired_timeouts_leave_nothing},
      {"X8", "what happened before a release happened before the acquire that takes its permit", kAllProfiles,
       x8_releases_publish},
      {"X9", "counters may wrap", kAllProfiles, x9_counters_wrap},
  };
  return rules;
}

}  // namespace syncbench::conformance
