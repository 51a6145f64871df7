// The rules of the mutex: M1 to M12, and X1 to X9 for it. All but M7, M7b and M8 hold for a recursive mutex as well,
// which borrows them: no rule but those lets a thread acquire what it already holds.
#include <condition_variable>
#include <stdexcept>
#include <system_error>

#include "primitives/conformance/mutex_probes.hpp"
#include "primitives/conformance/rules.hpp"

namespace syncbench::conformance {
namespace {

using Subject = Subject<AnyMutex>;

void needs_timed_forms(const AnyMutex& mutex, Check& check) {
  if (!mutex.timed()) check.not_applicable("it has no timed forms, or none that this build can check");
}

// What C++ and POSIX leave undefined is not tried on an implementation that promises no more than they do.
void needs_more_than_the_standards(const Subject& subject, Check& check) {
  if (subject.traits.promise == Profile::cpp || subject.traits.promise == Profile::posix)
    check.not_applicable("undefined in the profile that it promises");
}

// ---- Exclusion ------------------------------------------------------------------------------------------------------

void m1_all_ways_to_acquire_exclude_each_other(const Subject& subject, Check& check) {
  const auto mutex = subject.make();
  expect_exclusion(*mutex, 20ms, crowd(subject, check.team), check);
}

void m2_no_update_is_lost(const Subject& subject, Check& check) {
  const auto mutex = subject.make();
  Witness witness;
  const auto visits = run_rounds(crowd(subject, check.team), 5000, 15ms, [&](int) {
    const std::lock_guard guard(*mutex);
    witness.visit(64);
  });
  witness.judge(*mutex, visits, check);
}

void try_succeeds_when_free(const Subject& subject, Check& check) {
  const auto mutex = subject.make();
  for (int round = 0; round < 1000; ++round) {
    check.require(mutex->try_lock(), "try_lock fails although the mutex is free");
    mutex->unlock();
  }
}

void try_fails_at_once_when_held(const Subject& subject, Check& check) {
  const auto mutex = subject.make();
  std::atomic<bool> released{false};
  std::atomic<int> answer{-1};
  mutex->lock();
  Worker other([&] {
    const bool taken = mutex->try_lock();
    answer = taken ? 1 : 0;
    if (taken && released) mutex->unlock();
  });
  const bool at_once = comes_true([&] { return answer >= 0; });
  const bool taken = answer == 1;
  released = true;
  mutex->unlock();
  other.join();
  check.expect(at_once, "try_lock waits for the holder");
  check.expect(!taken, "try_lock is true while another thread holds the mutex");
}

void trying_takes_turns(const Subject& subject, Check& check) {
  const auto mutex = subject.make();
  Witness witness;
  const auto visits = run_rounds(3, 200, 30ms, [&](int) {
    while (!mutex->try_lock())
      if (by_chance(8)) ::sched_yield();
    witness.visit();
    mutex->unlock();
  });
  witness.judge(*mutex, visits, check);
}

void m3_try(const Subject& subject, Check& check) {
  try_succeeds_when_free(subject, check);
  try_fails_at_once_when_held(subject, check);
  trying_takes_turns(subject, check);
}

// ---- Waking ---------------------------------------------------------------------------------------------------------

void every_sleeper_is_woken(const Subject& subject, Check& check) {
  const auto mutex = subject.make();
  for (int round = 0; round < 4; ++round) {
    const int count = std::max(4, check.team);
    int served = 0;
    Team team;
    mutex->lock();
    for (int i = 0; i < count; ++i) queue_up(subject, *mutex, team, [&] { ++served; });
    mutex->unlock();
    join(team);
    check.equal(served, count, "sleepers that acquired");
  }
}

// Holders lose the processor and fall asleep in the middle, so that others do sleep, and every round comes to its end.
void finite_rounds_end(const Subject& subject, Check& check) {
  const auto mutex = subject.make();
  Witness witness;
  const auto visits = run_rounds(crowd(subject, check.team), subject.rounds(60), 30ms, [&](int) {
    const std::lock_guard guard(*mutex);
    witness.visit(4);
    if (by_chance(16)) std::this_thread::sleep_for(20us);
  });
  witness.judge(*mutex, visits, check);
}

void m4_releases_wake(const Subject& subject, Check& check) {
  if (subject.sleeps) every_sleeper_is_woken(subject, check);
  finite_rounds_end(subject, check);
}

// ---- Timed forms ----------------------------------------------------------------------------------------------------

void false_leaves_it_as_it_was(const Subject& subject, Check& check) {
  const auto mutex = subject.make();
  mutex->lock();
  Worker([&] {
    for (const auto timeout : {1us, 300us}) {
      check.expect(!mutex->try_lock_for(timeout), "try_lock_for is true while another thread holds the mutex");
      check.expect(!mutex->try_lock_until(Steady::now() + timeout), "try_lock_until (steady) is true while held");
      check.expect(!mutex->try_lock_until(System::now() + timeout), "try_lock_until (system) is true while held");
    }
  }).join();
  check.expect(!free_for_others(*mutex), "free before the holder's release");
  mutex->unlock();
  check.expect(free_for_others(*mutex), "not free after the holder's release");
}

void true_is_the_truth(const Subject& subject, Check& check) {
  const auto mutex = subject.make();
  Witness witness;
  std::atomic<std::uint64_t> visits{0};
  run_team_for(15ms, crowd(subject, check.team), [&](int) {
    if (!mutex->try_lock_for(by_chance(2) ? 5us : 80us)) return;
    witness.visit(8);
    mutex->unlock();
    visits.fetch_add(1, std::memory_order_relaxed);
  });
  witness.judge(*mutex, visits, check);
}

void long_limits_end_when_it_is_free(const Subject& subject, Check& check) {
  const auto mutex = subject.make();
  Witness witness;
  const auto visits = run_rounds(3, subject.rounds(120), 25ms, [&](int) {
    check.expect(mutex->try_lock_for(1h), "an attempt with an hour to go gave up");
    witness.visit(8);
    mutex->unlock();
  });
  witness.judge(*mutex, visits, check);
}

void m5_timed_attempts(const Subject& subject, Check& check) {
  needs_timed_forms(*subject.make(), check);
  false_leaves_it_as_it_was(subject, check);
  true_is_the_truth(subject, check);
  long_limits_end_when_it_is_free(subject, check);
}

// One release, `lead` before the deadline of the waiter that came first; another waits behind it without a limit. True
// if the first one acquired.
bool release_at_the_deadline(const Subject& subject, AnyMutex& mutex, std::chrono::microseconds lead) {
  bool acquired = false;
  mutex.lock();
  const auto deadline = Steady::now() + 400us;
  const auto waits = [&](const Worker& worker) {
    await([&] { return subject.sleeps ? worker.asleep() : worker.started(); });
  };
  Worker timed([&] {
    acquired = mutex.try_lock_until(deadline);
    if (acquired) mutex.unlock();
  });
  waits(timed);
  Worker untimed([&] {
    mutex.lock();
    mutex.unlock();
  });
  waits(untimed);
  await([&] { return Steady::now() >= deadline - lead; });
  mutex.unlock();
  timed.join();
  untimed.join();
  return acquired;
}

void no_hand_over_is_swallowed(const Subject& subject, Check& check) {
  const auto mutex = subject.make();
  auto lead = 60us;  // follows the outcome, so that the releases gather where it is open
  for (int round = std::max(8, subject.rounds(16)); round != 0; --round) {
    lead += release_at_the_deadline(subject, *mutex, lead) ? -9us : 8us;
    check.require(free_for_others(*mutex), "held by nobody, and not free");
  }
}

void timed_sleepers_are_woken_between_others(const Subject& subject, Check& check) {
  const auto mutex = subject.make();
  for (int round = 0; round < 3; ++round) {
    int served = 0;
    Team team;
    mutex->lock();
    for (int index = 0; index < 5; ++index) {
      team.push_back(std::make_unique<Worker>([&, index] {
        if (index % 2 != 0) {
          mutex->lock();
        } else if (!mutex->try_lock_for(1h)) {
          return check.expect(false, "an attempt with an hour to go gave up");
        }
        ++served;
        mutex->unlock();
      }));
      await_waiting(subject, *team.back());
    }
    mutex->unlock();
    join(team);
    check.equal(served, 5, "waiters that acquired");
  }
}

void m6_timeouts_swallow_nothing(const Subject& subject, Check& check) {
  needs_timed_forms(*subject.make(), check);
  no_hand_over_is_swallowed(subject, check);
  if (subject.sleeps) timed_sleepers_are_woken_between_others(subject, check);
}

// ---- Whose it is ----------------------------------------------------------------------------------------------------

void m7_anybody_may_release(const Subject& subject, Check& check) {
  needs_more_than_the_standards(subject, check);
  const auto mutex = subject.make();
  for (int round = 0; round < 10; ++round) {
    mutex->lock();
    Worker([&] { mutex->unlock(); }).join();
    check.require(free_for_others(*mutex), "not free after another thread's release");
  }
  Team team;
  bool served = false;
  mutex->lock();
  queue_up(subject, *mutex, team, [&] { served = true; });
  Worker([&] { mutex->unlock(); }).join();
  join(team);
  check.expect(served, "another thread's release did not let the waiter in");
}

void m7b_releasing_what_is_free_is_an_error(const Subject& subject, Check& check) {
  if (!subject.checked) check.not_applicable("undefined in the form that is measured; Checked<> reports it");
  const auto mutex = subject.make();
  for (int round = 0; round < 2; ++round) {
    bool refused = false;
    try {
      mutex->unlock();
    } catch (const std::system_error&) {
      refused = true;
    }
    check.expect(refused, "unlock of a free mutex is no std::system_error");
    check.require(mutex->try_lock(), "after the refused unlock it is not free");
    check.expect(!free_for_others(*mutex), "after the refused unlock it does not exclude");
    mutex->unlock();
  }
}

void m8_its_holder_waits_like_anybody(const Subject& subject, Check& check) {
  needs_more_than_the_standards(subject, check);
  const auto mutex = subject.make();
  mutex->lock();
  check.expect(!mutex->try_lock(), "its holder's try_lock is true");
  if (mutex->timed()) check.expect(!mutex->try_lock_for(300us), "its holder's try_lock_for is true");
  mutex->unlock();
  if (!subject.traits.deviation("M7").empty()) return;  // nobody could let the second acquire go on
  std::atomic<bool> held{false};
  std::atomic<bool> released{false};
  Worker twice([&] {
    mutex->lock();
    held = true;
    mutex->lock();
    check.expect(released, "its holder acquired it once more");
    mutex->unlock();
  });
  await([&] { return held.load(); });
  const unsigned accesses = twice.accesses();
  await_waiting(subject, twice);
  // To be on the way into a wait takes a few accesses more than the first acquire did.
  if (subject.observed && !subject.sleeps) await([&] { return twice.accesses() >= accesses + 8; });
  released = true;
  mutex->unlock();
  twice.join();
}

void m12_locked_tells(const Subject& subject, Check& check) {
  const auto mutex = subject.make();
  if (!mutex->locked().has_value()) check.not_applicable("it does not tell");
  check.equal(*mutex->locked(), false, "locked() of a new mutex");
  for (int round = 0; round < 3; ++round) {
    mutex->lock();
    check.equal(*mutex->locked(), true, "locked() while held");
    Worker([&] { check.equal(*mutex->locked(), true, "locked() to others while held"); }).join();
    mutex->unlock();
    check.equal(*mutex->locked(), false, "locked() after the release");
  }
  expect_exclusion(*mutex, 3ms, 3, check);
  check.equal(*mutex->locked(), false, "locked() when all have gone");
}

// ---- Lifetime -------------------------------------------------------------------------------------------------------

/// What the last of several users deletes right after its own unlock.
struct Shared {
  std::unique_ptr<AnyMutex> mutex;
  int users = 0;
};

// `count` threads use each object once; whoever comes last deletes it at once, while the one before may be on its way
// out of unlock. `asleep`: the first holds it for long enough that the others fall asleep.
template <class Acquire>
void destroy_after_use(const Subject& subject, int rounds, int count, bool asleep, Acquire acquire) {
  std::vector<Shared*> objects;
  for (int round = 0; round < rounds; ++round) objects.push_back(new Shared{subject.make()});
  std::atomic<int> arrived{0};
  run_team(count, [&](int) {
    for (int round = 0; round < rounds; ++round) {
      ++arrived;
      await([&] { return arrived >= count * (round + 1); });
      Shared* const object = objects[round];
      acquire(*object->mutex);
      const bool first = object->users == 0;
      const bool last = ++object->users == count;
      if (asleep && first) std::this_thread::sleep_for(50us);
      object->mutex->unlock();
      if (last) delete object;
    }
  });
}

void needs_destruction_after_use(const Subject& subject, Check& check) {
  if (!subject.traits.destroy_after_use)
    check.not_applicable("declared: destruction must wait until every unlock has returned");
}

void m9_the_next_owner_may_destroy_it(const Subject& subject, Check& check) {
  needs_destruction_after_use(subject, check);
  const auto lock = [](AnyMutex& mutex) { mutex.lock(); };
  destroy_after_use(subject, 200, 2, false, lock);
  destroy_after_use(subject, 20, 2, true, lock);
}

void x2_nothing_is_touched_after_its_end(const Subject& subject, Check& check) {
  needs_destruction_after_use(subject, check);
  const auto somehow = [](AnyMutex& mutex) { await([&] { return acquire_somehow(mutex); }); };
  destroy_after_use(subject, subject.rounds(80), 3, false, somehow);
  destroy_after_use(subject, subject.rounds(16), 3, true, somehow);
}

// ---- Order ----------------------------------------------------------------------------------------------------------

// The releasing thread comes again at once: behind all who waited before.
void grants_follow_arrivals(const Subject& subject, AnyMutex& mutex, Check& check) {
  const int count = crowd(subject, 6) - 1;
  std::vector<int> order;
  Team team;
  mutex.lock();
  for (int index = 0; index < count; ++index) queue_up(subject, mutex, team, [&, index] { order.push_back(index); });
  mutex.unlock();
  mutex.lock();
  order.push_back(count);
  mutex.unlock();
  join(team);
  for (int index = 0; index <= count; ++index)
    check.equal(order[index], index, "arrival served as number " + std::to_string(index));
}

void everybody_gets_on(const Subject& subject, Check& check) {
  const auto mutex = subject.make();
  const int count = crowd(subject, check.team);
  std::vector<std::uint64_t> served(count);
  run_team_for(20ms, count, [&](int index) {
    const std::lock_guard guard(*mutex);
    ++served[index];
    if (by_chance(64)) ::sched_yield();
  });
  for (const std::uint64_t mine : served) check.expect(mine > 0, "one thread never acquired");
}

void m10_order(const Subject& subject, Check& check) {
  if (subject.traits.fifo) {
    const auto mutex = subject.make();
    for (int round = 0; round < subject.rounds(8); ++round) grants_follow_arrivals(subject, *mutex, check);
  }
  everybody_gets_on(subject, check);
}

// ---- With the standard's own tools ----------------------------------------------------------------------------------

void guards_release_when_an_exception_passes(const Subject& subject, Check& check) {
  const auto mutex = subject.make();
  for (int round = 0; round < 3; ++round) {
    bool passed = false;
    try {
      const std::lock_guard guard(*mutex);
      throw round;
    } catch (const int) {
      passed = true;
    }
    check.require(passed && free_for_others(*mutex), "not free after an exception passed its guard");
  }
}

void several_are_locked_together(const Subject& subject, Check& check) {
  const auto a = subject.make(), b = subject.make(), c = subject.make();
  std::uint64_t sum = 0;
  const auto rounds = run_rounds(3, subject.rounds(60), 25ms, [&](int index) {
    if (index == 0) {
      const std::scoped_lock all(*a, *b, *c);
      ++sum;
    } else if (index == 1) {
      const std::scoped_lock all(*c, *b, *a);
      ++sum;
    } else {
      std::lock(*b, *a, *c);
      const std::scoped_lock all(std::adopt_lock, *a, *b, *c);
      ++sum;
    }
  });
  check.equal(sum, rounds, "rounds with all three held");
}

void condition_variable_any_takes_it(const Subject& subject, Check& check) {
  const auto mutex = subject.make();
  const int turns = subject.rounds(80);
  std::condition_variable_any changed;
  int turn = 0;
  run_team(2, [&](int index) {
    std::unique_lock lock(*mutex);
    while (turn < turns) {
      changed.wait(lock, [&] { return turn % 2 == index || turn >= turns; });
      ++turn;
      changed.notify_all();
    }
  });
  check.expect(turn >= turns, "turns were lost");
}

void m11_guards(const Subject& subject, Check& check) {
  guards_release_when_an_exception_passes(subject, check);
  several_are_locked_together(subject, check);
  condition_variable_any_takes_it(subject, check);
}

// ---- What holds for every primitive ---------------------------------------------------------------------------------

void x1_guarded_data_is_free_of_races(const Subject& subject, Check& check) {
  const auto mutex = subject.make();
  Ledger ledger;
  run_team_for(10ms, crowd(subject, check.team), [&](int) {
    const std::lock_guard guard(*mutex);
    ledger.turn(check);
  });
}

// Each thread acquires in a way of its own, so that every way meets every other one's release.
void releases_happen_before_acquires(const Subject& subject, Check& check) {
  const auto mutex = subject.make();
  Ledger ledger;
  run_rounds(3, subject.rounds(200), 25ms, [&](int index) {
    if (index == 0) {
      mutex->lock();
    } else if (index == 1 || !mutex->timed()) {
      await([&] { return mutex->try_lock(); });
    } else {
      await([&] { return mutex->try_lock_for(30us); });
    }
    ledger.turn(check);
    mutex->unlock();
  });
}

void the_woken_sees_what_was_written(const Subject& subject, Check& check) {
  const auto mutex = subject.make();
  for (int round = 1; round <= 4; ++round) {
    int written = 0;
    Team team;
    mutex->lock();
    queue_up(subject, *mutex, team, [&] { check.equal(written, round, "what the waker wrote"); });
    written = round;
    mutex->unlock();
    join(team);
  }
}

void x8_releases_publish(const Subject& subject, Check& check) {
  releases_happen_before_acquires(subject, check);
  the_woken_sees_what_was_written(subject, check);
}

void x3_one_processor_and_many_threads(const Subject& subject, Check& check) {
  const auto mutex = subject.make();
  expect_exclusion(*mutex, 15ms, std::max(16, check.team), check);
  const OneProcessor one;
  expect_exclusion(*mutex, 15ms, 4, check);
}

void x4_sleepers_use_no_processor_time(const Subject& subject, Check& check) {
  if (!subject.sleeps) check.not_applicable("its waiters do not sleep");
  const auto mutex = subject.make();
  mutex->lock();
  Worker waiter([&] {
    mutex->lock();
    mutex->unlock();
  });
  const bool slept = comes_true([&] { return waiter.asleep(); });
  const auto before = waiter.processor_time();
  std::this_thread::sleep_for(60ms);
  const auto used = waiter.processor_time() - before;
  mutex->unlock();
  waiter.join();
  check.expect(slept, "a waiter does not fall asleep");
  check.expect(used < 3ms * kSlowness, "a waiter uses more than a twentieth of a processor");
}

void signals_neither_end_nor_lose_a_wait(const Subject& subject, Check& check) {
  const InterruptingSignal signal;
  const auto mutex = subject.make();
  std::atomic<bool> released{false};
  mutex->lock();
  Worker waiter([&] {
    mutex->lock();
    check.expect(released, "a signal ended the wait");
    mutex->unlock();
  });
  await_waiting(subject, waiter);
  for (int i = 0; i < 40; ++i) {
    waiter.signal(InterruptingSignal::kNumber);
    if (subject.sleeps) await_waiting(subject, waiter);
  }
  released = true;
  mutex->unlock();
  waiter.join();
}

// The signals go on for longer than the wait may: one that starts afresh after each of them would not end before.
void signals_neither_shorten_nor_stretch_a_deadline(const Subject& subject, Check& check) {
  const InterruptingSignal signal;
  const auto mutex = subject.make();
  std::atomic<bool> ended{false};
  mutex->lock();
  Worker waiter([&] {
    const auto start = Steady::now();
    check.expect(!mutex->try_lock_for(15ms), "true while another thread holds the mutex");
    check.expect(Steady::now() - start >= 15ms, "a signal ended the timed wait early");
    ended = true;
  });
  const bool in_time = comes_true([&] {
    waiter.signal(InterruptingSignal::kNumber);
    std::this_thread::sleep_for(1ms);
    return ended.load();
  });
  waiter.join();
  mutex->unlock();
  check.expect(in_time, "signals stretch the deadline");
}

void x5_signals(const Subject& subject, Check& check) {
  signals_neither_end_nor_lose_a_wait(subject, check);
  if (subject.make()->timed()) signals_neither_shorten_nor_stretch_a_deadline(subject, check);
}

/// One way to say how long.
struct Attempt {
  const char* name;
  bool (*make)(AnyMutex&);
  bool negative = false;  // an error where misuse is checked
};

constexpr Attempt kExpired[] = {
    {"0 ns", [](AnyMutex& m) { return m.try_lock_for(0ns); }},
    {"-1 ns", [](AnyMutex& m) { return m.try_lock_for(-1ns); }, true},
    {"nanoseconds::min", [](AnyMutex& m) { return m.try_lock_for(Nanoseconds::min()); }, true},
    {"steady past", [](AnyMutex& m) { return m.try_lock_until(Steady::now() - 1s); }},
    {"steady epoch", [](AnyMutex& m) { return m.try_lock_until(SteadyTime()); }},
    {"steady min", [](AnyMutex& m) { return m.try_lock_until(SteadyTime::min()); }},
    {"system past", [](AnyMutex& m) { return m.try_lock_until(System::now() - 1s); }},
    {"system min", [](AnyMutex& m) { return m.try_lock_until(SystemTime::min()); }},
    {"another clock's min", [](AnyMutex& m) { return m.try_lock_until(HandSetClock::time_point::min()); }},
};

constexpr Attempt kUnlimited[] = {
    {"292 years", [](AnyMutex& m) { return m.try_lock_for(Nanoseconds::max()); }},
    {"250 years", [](AnyMutex& m) { return m.try_lock_for(std::chrono::hours(24 * 365 * 250)); }},
    {"steady max", [](AnyMutex& m) { return m.try_lock_until(SteadyTime::max()); }},
    {"system max", [](AnyMutex& m) { return m.try_lock_until(SystemTime::max()); }},
    {"another clock's max", [](AnyMutex& m) { return m.try_lock_until(HandSetClock::time_point::max()); }},
};

// -1 s is "for ever" where misuse is checked.
constexpr Attempt kForEver = {"-1 s", [](AnyMutex& m) { return m.try_lock_for(-1s); }};

void expired_timeouts_try_once(const Subject& subject, Check& check) {
  const auto mutex = subject.make();
  for (const Attempt& attempt : kExpired) {
    if (subject.checked && attempt.negative) continue;
    const bool taken = attempt.make(*mutex);
    check.expect(taken, std::string(attempt.name) + ": false although it was free");
    if (!taken) mutex->lock();
    Worker([&] { check.expect(!attempt.make(*mutex), std::string(attempt.name) + ": true while held"); }).join();
    mutex->unlock();
  }
}

void expect_to_wait(const Subject& subject, const Attempt& attempt, Check& check) {
  const auto mutex = subject.make();
  std::atomic<bool> released{false};
  mutex->lock();
  Worker waiter([&] {
    const bool taken = attempt.make(*mutex);
    check.expect(taken && released, std::string(attempt.name) + ": did not wait for the release");
    if (taken) mutex->unlock();
  });
  comes_true([&] { return subject.sleeps ? waiter.asleep() : waiter.processor_time() > 100us; }, 500ms);
  released = true;
  mutex->unlock();
  waiter.join();
}

template <class Clock>
void expect_not_early(AnyMutex& mutex, std::chrono::microseconds timeout, Check& check) {
  const auto instant = Clock::now() + timeout;
  check.expect(!mutex.try_lock_until(instant), "true while held");
  check.expect(Clock::now() >= instant, "gave up before the instant");
}

void never_gives_up_early(const Subject& subject, Check& check) {
  const auto mutex = subject.make();
  mutex->lock();
  Worker([&] {
    for (const auto timeout : {1us, 333us, 2000us}) {
      const auto start = Steady::now();
      check.expect(!mutex->try_lock_for(timeout), "true while held");
      check.expect(Steady::now() - start >= timeout, "gave up before the timeout");
      expect_not_early<Steady>(*mutex, timeout, check);
      expect_not_early<System>(*mutex, timeout, check);
    }
  }).join();
  mutex->unlock();
}

// The clock stands still, so its instant has not come although the time is up by every other clock; then it is set on.
void its_own_clock_decides(const Subject& subject, Check& check) {
  const auto mutex = subject.make();
  HandSetClock::hand = 0;
  mutex->lock();
  std::atomic<bool> ended{false};
  Worker waiter([&] {
    check.expect(!mutex->try_lock_until(HandSetClock::time_point(100us)), "true while held");
    ended = true;
  });
  std::this_thread::sleep_for(2ms);
  check.expect(!ended, "gave up although its own clock stood still");
  HandSetClock::hand = 1'000'000;
  check.expect(comes_true([&] { return ended.load(); }), "did not notice that its clock was set on");
  mutex->unlock();
  waiter.join();
}

void negative_timeouts_are_errors(const Subject& subject, Check& check) {
  const auto mutex = subject.make();
  for (const Nanoseconds timeout : {Nanoseconds(-1), Nanoseconds(-2s), Nanoseconds(-1s) + 1ns, Nanoseconds::min()}) {
    bool refused = false;
    try {
      if (mutex->try_lock_for(timeout)) mutex->unlock();
    } catch (const std::invalid_argument&) {
      refused = true;
    }
    check.expect(refused, std::to_string(timeout.count()) + " ns is no std::invalid_argument");
    check.require(free_for_others(*mutex), "not free after a refused timeout");
  }
  expect_to_wait(subject, kForEver, check);
}

void x6_timeouts(const Subject& subject, Check& check) {
  needs_timed_forms(*subject.make(), check);
  expired_timeouts_try_once(subject, check);
  for (const Attempt& attempt : kUnlimited) expect_to_wait(subject, attempt, check);
  never_gives_up_early(subject, check);
  its_own_clock_decides(subject, check);
  if (subject.checked) negative_timeouts_are_errors(subject, check);
}

void x7_expired_timeouts_leave_nothing(const Subject& subject, Check& check) {
  const auto mutex = subject.make();
  needs_timed_forms(*mutex, check);
  const auto expire = [&](int rounds) {
    std::atomic<bool> taken{false};
    mutex->lock();
    const auto attempts = run_rounds(2, rounds, kExpiryLimit, [&](int) {
      if (mutex->try_lock_for(by_chance(2) ? 0ns : 1ns)) taken = true;
    });
    mutex->unlock();
    check.require(!taken, "true while held");
    return attempts;
  };
  expire(100);  // what is allocated once may stay
  const std::size_t before = memory_in_use();
  const auto attempts = expire(kExpiries / 2);
  check.expect(memory_in_use() <= before + tolerated_growth(attempts), "expired timeouts leave memory allocated");
  expect_exclusion(*mutex, 5ms, 3, check);
  if (subject.traits.fifo) grants_follow_arrivals(subject, *mutex, check);
}

void x9_counters_wrap(const Subject& subject, Check& check) {
  const auto mutex = subject.make();
  for (int step = steps_to_wrap(subject); step != 0; --step) {
    if (step % 2 == 0) {
      mutex->lock();
    } else {
      check.require(mutex->try_lock(), "try_lock fails although the mutex is free");
    }
    mutex->unlock();
  }
  expect_exclusion(*mutex, 5ms, 3, check);
  if (subject.traits.fifo) grants_follow_arrivals(subject, *mutex, check);
}

}  // namespace

const std::vector<Rule<AnyMutex>>& mutex_rules() {
  constexpr auto kPython = static_cast<unsigned>(Profile::python);
  static const std::vector<Rule<AnyMutex>> rules = {
      {"M1", "there are never two holders, however they acquired", kAllProfiles,
       m1_all_ways_to_acquire_exclude_each_other},
      {"M2", "updates made under it are never lost", kAllProfiles, m2_no_update_is_lost},
      {"M3", "try_lock never waits, fails while another holds it, and succeeds when it is free", kAllProfiles, m3_try},
      {"M4", "after a release someone who waits acquires", kAllProfiles, m4_releases_wake},
      {"M5", "a timed attempt is true exactly if it acquired; after false the mutex is as it was", kAllProfiles,
       m5_timed_attempts},
      {"M6", "a waiter whose time is up swallows no hand-over", kAllProfiles, m6_timeouts_swallow_nothing},
      {"M7", "another thread than the one that acquired it may release it", kPython, m7_anybody_may_release},
      {"M7b", "releasing it when it is free is an error and changes nothing", kPython,
       m7b_releasing_what_is_free_is_an_error},
      {"M8", "its holder's second acquire waits, and its try_lock fails", kPython, m8_its_holder_waits_like_anybody},
      {"M9", "unlock does not touch it once its next owner may have destroyed it", Profile::posix | Profile::strict,
       m9_the_next_owner_may_destroy_it},
      {"M10", "first come, first served where that is declared; everybody gets on in any case", kAllProfiles,
       m10_order},
      {"M11", "the standard's guards, locks of several and condition_variable_any work with it", kAllProfiles,
       m11_guards},
      {"M12", "locked() is true while it is held and false when all have gone", kPython, m12_locked_tells},
      {"X1", "plain data guarded by it is free of races", kAllProfiles, x1_guarded_data_is_free_of_races},
      {"X2", "nothing of it is touched after its last user has destroyed it", kAllProfiles,
       x2_nothing_is_touched_after_its_end},
      {"X3", "it works on one processor and with many more threads than processors", kAllProfiles,
       x3_one_processor_and_many_threads},
      {"X4", "a waiter that sleeps uses no processor time", kAllProfiles, x4_sleepers_use_no_processor_time},
      {"X5", "a signal neither ends a wait nor loses it, and moves no deadline", kAllProfiles, x5_signals},
      {"X6", "timeouts: never early, zero or less means try, the longest are accepted, its own clock decides",
       kAllProfiles, x6_timeouts},
      {"X7", "expired timeouts leave nothing behind", kAllProfiles, x7_expired_timeouts_leave_nothing},
      {"X8", "what happened before a release happened before the acquire that follows it", kAllProfiles,
       x8_releases_publish},
      {"X9", "counters may wrap", kAllProfiles, x9_counters_wrap},
  };
  return rules;
}

}  // namespace syncbench::conformance
