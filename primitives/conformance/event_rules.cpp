// The rules of the event: E1 to E9, and X1 to X9 for it. What makes an event more than a flag: a `set` lets go of
// everybody who waits, however soon `clear` follows and however late they run, and of nobody who comes after the
// `clear`.
#include <array>

#include "primitives/conformance/crew.hpp"
#include "primitives/conformance/rules.hpp"

namespace syncbench::conformance {
namespace {

using Subject = Subject<AnyEvent>;

void needs_a_flag_that_stays(const AnyEvent& event, Check& check) {
  if (event.resets_itself()) check.not_applicable("it resets itself: one set is for one waiter");
}
void needs_clear(const AnyEvent& event, Check& check) {
  needs_a_flag_that_stays(event, check);
  if (!event.clears()) check.not_applicable("it cannot be cleared");
}
void needs_timed_forms(const AnyEvent& event, Check& check) {
  if (!event.timed()) check.not_applicable("it has no timed forms");
}

/// One of the ways to wait without end.
bool wait_somehow(AnyEvent& event, int way) {
  if (!event.timed() || way % 3 == 0) return event.wait(), true;
  return way % 3 == 1 ? event.wait_for(1h) : event.wait_until(System::now() + 1h);
}

/// Waits for all of the crew, who wait for the event; says so if the sets that there were did not reach them.
void expect_through(Crew& crew, AnyEvent& event, Check& check, std::string_view what) {
  crew.get_through(check, what, [&] { event.set(); });
}

/// Does a try tell what `is_set` tells?
void expect_set(AnyEvent& event, bool set, Check& check, std::string_view what) {
  check.expect(event.is_set() == set, std::string(what) + ": is_set() is not " + (set ? "true" : "false"));
  if (event.timed())
    check.expect(event.wait_for(0ns) == set, std::string(what) + ": wait_for(0) is not " + (set ? "true" : "false"));
}

// ---- The flag -------------------------------------------------------------------------------------------------------

void e1_starts_unset_and_idempotent(const Subject& subject, Check& check) {
  const auto event = subject.make();
  needs_a_flag_that_stays(*event, check);
  expect_set(*event, false, check, "at the start");
  for (int round = 0; round < 3; ++round) {
    if (event->clears()) {
      event->clear();
      event->clear();
      expect_set(*event, false, check, "cleared twice");
    }
    event->set();
    expect_set(*event, true, check, "set");
    event->set();
    expect_set(*event, true, check, "set twice");
  }
  if (!event->clears()) return;
  event->clear();
  expect_set(*event, false, check, "set twice, then cleared");
}

void e2_waits_on_a_set_event_return_at_once(const Subject& subject, Check& check) {
  const auto event = subject.make();
  needs_a_flag_that_stays(*event, check);
  event->set();
  Crew crew;
  crew.start(6, [&](int index) { check.expect(wait_somehow(*event, index), "a wait on a set event is false"); });
  expect_through(crew, *event, check, "a wait on a set event does not return");
  expect_set(*event, true, check, "after waits");
}

// ---- Letting go -----------------------------------------------------------------------------------------------------

void e3_set_lets_go_of_all(const Subject& subject, Check& check) {
  needs_a_flag_that_stays(*subject.make(), check);
  for (int round = 0; round < 3 && !check.violated(); ++round) {
    const auto event = subject.make();
    Crew crew;
    crew.start(std::max(4, crowd(subject, check.team)), [&](int index) {
      check.expect(wait_somehow(*event, round + index), "a wait that a set ended is false");
    });
    crew.await_waiting(subject);
    let_things_settle();
    check.equal(crew.ended(), 0, "waits that ended before the set");
    event->set();
    expect_through(crew, *event, check, "a set leaves somebody waiting");
    expect_set(*event, true, check, "after the waits");
  }
}

void e4_a_set_that_is_cleared_at_once(const Subject& subject, Check& check) {
  const auto event = subject.make();
  needs_clear(*event, check);
  for (int round = 0; round < 6 && !check.violated(); ++round) {
    Crew crew;
    crew.start(std::max(4, crowd(subject, check.team)), [&](int index) {
      check.expect(wait_somehow(*event, round + index), "a wait that a set ended is false");
    });
    crew.await_waiting(subject);
    let_things_settle();  // a thread that has slept is less likely to lose the processor to those whom it wakes
    for (int pulse = 0; pulse <= round % 3; ++pulse) {
      event->set();
      event->clear();
    }
    const bool through = crew.have_ended(crew.size());
    if (through) expect_set(*event, false, check, "after set and clear");
    expect_through(crew, *event, check, "a set that is cleared at once leaves somebody waiting");
  }
}

// Those whom a set let go come again after its clear, some of them before others have left; one timed out before.
void who_comes_after_the_clear_waits(const Subject& subject, Check& check) {
  const auto event = subject.make();
  for (int round = 0; round < 6 && !check.violated(); ++round) {
    if (event->timed()) check.expect(!event->wait_for(20us), "true without a set");
    std::atomic<bool> cleared{false};
    Crew crew;
    crew.start(crowd(subject, check.team), [&](int index) {
      wait_somehow(*event, index);
      await([&] { return cleared.load(); });
      if (event->timed()) check.expect(!event->wait_for(by_chance(2) ? 0us : 200us), "an older set ends a new wait");
    });
    crew.await_waiting(subject);
    event->set();
    event->clear();
    cleared = true;
    expect_through(crew, *event, check, "a set that is cleared at once leaves somebody waiting");
  }
}

void an_older_set_is_not_stored(const Subject& subject, Check& check) {
  const auto event = subject.make();
  for (int round = 0; round < 3; ++round) {
    for (int pulse = 0; pulse <= round; ++pulse) {
      event->set();
      event->clear();
    }
    Crew crew;
    crew.start(3, [&](int index) { wait_somehow(*event, index); });
    crew.await_waiting(subject);
    let_things_settle();
    check.equal(crew.ended(), 0, "waits begun after the clear that an older set ended");
    event->set();
    expect_through(crew, *event, check, "a set leaves somebody waiting");
    event->clear();
  }
}

void e5_no_older_set_ends_a_new_wait(const Subject& subject, Check& check) {
  needs_clear(*subject.make(), check);
  an_older_set_is_not_stored(subject, check);
  who_comes_after_the_clear_waits(subject, check);
}

// ---- Races ----------------------------------------------------------------------------------------------------------

// One set, `lead` before the deadline of a waiter. True if the waiter saw it.
bool set_at_the_deadline(const Subject& subject, Nanoseconds lead, Check& check) {
  const auto event = subject.make();
  std::atomic<bool> seen{false};
  const auto deadline = Steady::now() + 250us;
  SteadyTime set;
  Crew crew;
  crew.start([&] {
    seen = event->wait_until(deadline);
    check.expect(seen || Steady::now() >= deadline, "false before the deadline");
  });
  crew.start([&] { event->wait(); });
  await_instant(deadline - lead);
  event->set();
  set = Steady::now();
  expect_through(crew, *event, check, "a set beside a timeout leaves somebody waiting");
  check.expect(seen || set >= deadline, "false although the event was set before the deadline");
  expect_set(*event, true, check, "after a set that raced a timeout");
  return seen;
}

void e6_timed_waits(const Subject& subject, Check& check) {
  const auto event = subject.make();
  needs_timed_forms(*event, check);
  needs_a_flag_that_stays(*event, check);
  for (const auto timeout : {1us, 300us}) {
    check.expect(!event->wait_for(timeout), "true without a set");
    check.expect(!event->wait_until(Steady::now() + timeout), "true (steady) without a set");
    check.expect(!event->wait_until(System::now() + timeout), "true (system) without a set");
  }
  event->set();
  check.expect(event->wait_for(1us) && event->wait_until(Steady::now() + 1us) && event->wait_until(System::now() + 1us),
               "false although the event is set");
  Aim aim(50us);
  for (int round = std::max(6, subject.rounds(20)); round != 0 && !check.violated(); --round)
    aim.was_early(set_at_the_deadline(subject, aim.lead(), check));
}

void e7_no_set_is_lost_between_look_and_sleep(const Subject& subject, Check& check) {
  needs_a_flag_that_stays(*subject.make(), check);
  Fresh<AnyEvent> objects(subject.rounds(200));
  const auto prepare = [&](int round) { objects.put(round, subject.make()); };
  const auto body = [&](int index, int round) {
    wobble();
    if (index == 0) return objects[round].set();
    check.expect(wait_somehow(objects[round], index + round), "a wait that a set ended is false");
  };
  const auto rescue = [&](int round) { objects[round].set(); };
  constexpr const char* kLost = "a set while a thread begins to wait does not reach it";
  if (run_in_step(2, objects.rounds(), 12ms, prepare, body, check, kLost, rescue))
    run_in_step(crowd(subject, 4), objects.rounds() / 2, 10ms, prepare, body, check, kLost, rescue);
}

// Two threads let each other go in turn: each event is set and cleared once a round.
void events_alternate(const Subject& subject, Check& check) {
  const std::unique_ptr<AnyEvent> events[] = {subject.make(), subject.make()};
  const int rounds = subject.rounds(2000);
  const auto end = Steady::now() + 15ms;
  std::atomic<int> last{rounds};
  std::atomic<int> turns{0};
  Crew crew;
  crew.start(2, [&](int index) {
    for (int round = 0; round < last; ++round) {
      if (index == 0 && Steady::now() >= end) last = std::min(last.load(), round + 1);
      if (index == 0) events[1]->set();
      wait_somehow(*events[index], round);
      events[index]->clear();
      check.equal(turns++, 2 * round + 1 - index, "turn");
      if (index == 1) events[0]->set();
    }
  });
  crew.get_through(check, "one of very many sets is lost", [&] {
    events[0]->set();
    events[1]->set();
  });
}

// Many generations pass while waiters come and go; those who waited before the first of them are let go by it.
void pulses_let_go(const Subject& subject, Check& check) {
  const auto event = subject.make();
  std::atomic<bool> over{false};
  Crew crew;
  crew.start(crowd(subject, 3), [&](int index) {
    for (int round = 0; !over; ++round) wait_somehow(*event, index + round);
  });
  crew.await_waiting(subject);
  const auto end = Steady::now() + 8ms;
  for (int pulse = steps_to_wrap(subject); pulse != 0 && Steady::now() < end; --pulse) {
    event->set();
    event->clear();
  }
  over = true;
  event->set();
  expect_through(crew, *event, check, "a set after very many leaves somebody waiting");
  expect_set(*event, true, check, "after very many sets");
}

void e8_many_generations(const Subject& subject, Check& check) {
  needs_clear(*subject.make(), check);
  events_alternate(subject, check);
  pulses_let_go(subject, check);
  if (!check.violated()) an_older_set_is_not_stored(subject, check);
}

void e9_one_set_is_for_one_waiter(const Subject& subject, Check& check) {
  const auto event = subject.make();
  if (!event->resets_itself()) check.not_applicable("it does not reset itself: a set is for all");
  Crew crew;
  crew.start(3, [&](int index) { wait_somehow(*event, index); });
  crew.await_waiting(subject);
  for (int count = 1; count <= 3; ++count) {
    event->set();
    check.expect(crew.have_ended(count), "a set lets nobody go");
    let_things_settle();
    check.equal(crew.ended(), count, "waiters let go by as many sets");
  }
  expect_through(crew, *event, check, "a set lets nobody go");
  event->set();
  event->set();
  Crew two;
  two.start(2, [&](int) { event->wait(); });
  check.expect(two.have_ended(1), "a set without waiters is not stored");
  let_things_settle();
  check.equal(two.ended(), 1, "waiters let go by two stored sets");
  event->set();
  expect_through(two, *event, check, "a set lets nobody go");
}

// ---- What holds for every primitive ---------------------------------------------------------------------------------

/// Plain data that is written before a set and read after the waits.
using Message = std::array<std::uint64_t, 24>;

void expect_published(const Subject& subject, int readers, Check& check) {
  Fresh<AnyEvent> objects(subject.rounds(150));
  std::vector<Message> messages(static_cast<std::size_t>(objects.rounds()));
  const auto prepare = [&](int round) { objects.put(round, subject.make()); };
  const auto body = [&](int index, int round) {
    wobble();
    if (index == 0) {
      messages[round].fill(static_cast<std::uint64_t>(round) + 1);
      return objects[round].set();
    }
    if (index % 2 == 0) {
      await([&] { return objects[round].is_set(); });
    } else {
      wait_somehow(objects[round], round);
    }
    for (const std::uint64_t word : messages[round])
      check.equal(word, static_cast<std::uint64_t>(round) + 1, "what was written before the set");
  };
  run_in_step(readers + 1, objects.rounds(), 15ms, prepare, body, check,
              "a set while a thread begins to wait does not reach it", [&](int round) { objects[round].set(); });
}

void x1_published_data_is_free_of_races(const Subject& subject, Check& check) {
  needs_a_flag_that_stays(*subject.make(), check);
  expect_published(subject, crowd(subject, check.team), check);
}

// In both directions, through one event that is set and cleared again: the one who waits next sees what the last wrote.
void x8_sets_publish(const Subject& subject, Check& check) {
  needs_a_flag_that_stays(*subject.make(), check);
  expect_published(subject, 1, check);
  if (!subject.make()->clears()) return;
  const auto event = subject.make();
  for (std::uint64_t round = 1; round <= 4; ++round) {
    Message message{};
    Crew crew;
    crew.start(2, [&](int index) {
      wait_somehow(*event, index);
      check.equal(message[index], round, "what was written before a set that was cleared");
    });
    crew.await_waiting(subject);
    message.fill(round);
    event->set();
    event->clear();
    expect_through(crew, *event, check, "a set that is cleared at once leaves somebody waiting");
  }
}

// Whoever is the last to return from a wait destroys the event, while the set may still be on its way out.
void x2_nothing_is_touched_after_its_end(const Subject& subject, Check& check) {
  needs_a_flag_that_stays(*subject.make(), check);
  if (!subject.traits.destroy_after_use)
    check.not_applicable("declared: destruction must wait until the set has returned");
  struct Shared {
    std::unique_ptr<AnyEvent> event;
    std::atomic<int> users;
  };
  Fresh<Shared> objects(subject.rounds(200));
  const int waiters = 2;
  const auto prepare = [&](int round) {
    objects.put(round, std::unique_ptr<Shared>(new Shared{subject.make(), waiters}));
  };
  const auto body = [&](int index, int round) {
    Shared& shared = objects[round];
    if (index == 0) {
      AnyEvent& event = *shared.event;  // read once: the pointer is reset
      if (round % 4 == 0) std::this_thread::sleep_for(60us);
      return event.set();
    }
    wait_somehow(*shared.event, index + round);
    if (--shared.users == 0) shared.event.reset();
  };
  run_in_step(waiters + 1, objects.rounds(), 25ms, prepare, body, check, "a set leaves somebody waiting", [](int) {});
}

void x3_one_processor_and_many_threads(const Subject& subject, Check& check) {
  needs_a_flag_that_stays(*subject.make(), check);
  const auto all_meet = [&](int count) {
    Fresh<AnyEvent> objects(subject.rounds(24));
    run_in_step(
        count, objects.rounds(), 20ms, [&](int round) { objects.put(round, subject.make()); },
        [&](int index, int round) { index == round % count ? objects[round].set() : objects[round].wait(); }, check,
        "a set leaves somebody waiting", [&](int round) { objects[round].set(); });
  };
  all_meet(std::max(16, check.team));
  const OneProcessor one;
  all_meet(4);
}

void x4_sleepers_use_no_processor_time(const Subject& subject, Check& check) {
  const auto event = subject.make();
  expect_idle_waiters(
      subject, check, [&](Crew& crew) { crew.start([&] { event->wait(); }); }, [&] { event->set(); });
}

void x5_signals(const Subject& subject, Check& check) {
  const InterruptingSignal signal;
  const auto event = subject.make();
  Crew untimed;
  untimed.start([&] { event->wait(); });
  check.expect(survives_signals(subject, untimed), "a signal ended the wait");
  event->set();
  expect_through(untimed, *event, check, "a signal lost the wait");
  const auto other = subject.make();
  if (!other->timed()) return;
  Crew timed;
  timed.start([&] {
    const auto start = Steady::now();
    check.expect(!other->wait_for(25ms), "true without a set");
    check.expect(Steady::now() - start >= 25ms, "a signal ended the timed wait early");
  });
  check.expect(ends_under_signals(timed, Steady::now() + 30ms), "signals stretch the deadline");
}

/// One way to say how long.
struct Attempt {
  const char* name;
  bool (*make)(AnyEvent&);
  bool negative = false;  // an error where misuse is checked
};

constexpr Attempt kExpired[] = {
    {"0 ns", [](AnyEvent& e) { return e.wait_for(0ns); }},
    {"-1 ns", [](AnyEvent& e) { return e.wait_for(-1ns); }, true},
    {"nanoseconds::min", [](AnyEvent& e) { return e.wait_for(Nanoseconds::min()); }, true},
    {"steady past", [](AnyEvent& e) { return e.wait_until(Steady::now() - 1s); }},
    {"steady epoch", [](AnyEvent& e) { return e.wait_until(SteadyTime()); }},
    {"steady min", [](AnyEvent& e) { return e.wait_until(SteadyTime::min()); }},
    {"system past", [](AnyEvent& e) { return e.wait_until(System::now() - 1s); }},
    {"system min", [](AnyEvent& e) { return e.wait_until(SystemTime::min()); }},
    {"another clock's min", [](AnyEvent& e) { return e.wait_until(HandSetClock::time_point::min()); }},
};

constexpr Attempt kUnlimited[] = {
    {"292 years", [](AnyEvent& e) { return e.wait_for(Nanoseconds::max()); }},
    {"250 years", [](AnyEvent& e) { return e.wait_for(std::chrono::hours(24 * 365 * 250)); }},
    {"steady max", [](AnyEvent& e) { return e.wait_until(SteadyTime::max()); }},
    {"system max", [](AnyEvent& e) { return e.wait_until(SystemTime::max()); }},
    {"another clock's max", [](AnyEvent& e) { return e.wait_until(HandSetClock::time_point::max()); }},
};

void expect_to_wait(const Subject& subject, const Attempt& attempt, Check& check) {
  const auto event = subject.make();
  std::atomic<bool> seen{false};
  Crew crew;
  crew.start([&] { seen = attempt.make(*event); });
  crew.await_waiting(subject);
  check.expect(crew.ended() == 0, std::string(attempt.name) + ": does not wait");
  event->set();
  expect_through(crew, *event, check, std::string(attempt.name) + ": the set does not end it");
  check.expect(seen, std::string(attempt.name) + ": gave up");
}

void never_gives_up_early(AnyEvent& event, Check& check) {
  for (const auto timeout : {1us, 333us, 2000us}) {
    const auto start = Steady::now();
    check.expect(!event.wait_for(timeout), "true without a set");
    check.expect(Steady::now() - start >= timeout, "gave up before the timeout");
    const auto steady = Steady::now() + timeout;
    check.expect(!event.wait_until(steady), "true without a set");
    check.expect(Steady::now() >= steady, "gave up before the instant");
    const auto system = System::now() + timeout;
    check.expect(!event.wait_until(system), "true without a set");
    check.expect(System::now() >= system, "gave up before the instant by the wall clock");
  }
}

// The clock stands still, so its instant has not come although the time is up by every other clock; then it is set on.
void its_own_clock_decides(AnyEvent& event, Check& check) {
  HandSetClock::hand = 0;
  Crew crew;
  crew.start([&] { check.expect(!event.wait_until(HandSetClock::time_point(100us)), "true without a set"); });
  std::this_thread::sleep_for(2ms);
  check.expect(crew.ended() == 0, "gave up although its own clock stood still");
  HandSetClock::hand = 1'000'000;
  crew.get_through(check, "did not notice that its clock was set on", [&] { event.set(); });
}

void x6_timeouts(const Subject& subject, Check& check) {
  const auto event = subject.make();
  needs_timed_forms(*event, check);
  for (const Attempt& attempt : kExpired) {
    if (subject.checked && attempt.negative) continue;
    check.expect(!attempt.make(*event), std::string(attempt.name) + ": true without a set");
    const auto other = subject.make();
    other->set();
    check.expect(attempt.make(*other), std::string(attempt.name) + ": false although the event is set");
  }
  for (const Attempt& attempt : kUnlimited) expect_to_wait(subject, attempt, check);
  never_gives_up_early(*event, check);
  its_own_clock_decides(*event, check);
}

void x7_expired_timeouts_leave_nothing(const Subject& subject, Check& check) {
  const auto event = subject.make();
  needs_timed_forms(*event, check);
  const auto expire = [&](int rounds) {
    return run_rounds(2, rounds, kExpiryLimit,
                      [&](int) { check.expect(!event->wait_for(by_chance(2) ? 0ns : 1ns), "true without a set"); });
  };
  expire(100);  // what is allocated once may stay
  const std::size_t before = memory_in_use();
  const auto attempts = expire(kExpiries / 2);
  check.expect(memory_in_use() <= before + tolerated_growth(attempts), "expired timeouts leave memory allocated");
  Crew crew;
  crew.start(event->resets_itself() ? 1 : 3, [&](int index) { wait_somehow(*event, index); });
  crew.await_waiting(subject);
  let_things_settle();
  check.equal(crew.ended(), 0, "waits that ended before the set");
  event->set();
  expect_through(crew, *event, check, "a set after very many timeouts leaves somebody waiting");
}

void x9_counters_wrap(const Subject& subject, Check& check) {
  const auto event = subject.make();
  needs_clear(*event, check);
  for (int step = steps_to_wrap(subject); step != 0; --step) {
    event->set();
    if (step % 2 == 0) event->wait();
    event->clear();
    if (step % 64 == 0) check.require(!event->is_set(), "set after it was cleared");
  }
  for (int round = 0; round < 3 && !check.violated(); ++round) {
    Crew crew;
    crew.start(3, [&](int index) { wait_somehow(*event, index); });
    crew.await_waiting(subject);
    let_things_settle();
    check.equal(crew.ended(), 0, "waits that ended before the set");
    event->set();
    event->clear();
    expect_through(crew, *event, check, "a set after very many leaves somebody waiting");
  }
}

}  // namespace

const std::vector<Rule<AnyEvent>>& event_rules() {
  constexpr auto kPython = static_cast<unsigned>(Profile::python);
  static const std::vector<Rule<AnyEvent>> rules = {
      {"E1", "it starts unset; set and clear may be repeated", kAllProfiles, e1_starts_unset_and_idempotent},
      {"E2", "a wait on a set event returns true at once", kAllProfiles, e2_waits_on_a_set_event_return_at_once},
      {"E3", "a set lets go of all who wait", kAllProfiles, e3_set_lets_go_of_all},
      {"E4", "all who wait are let go, also when clear follows the set at once", kPython | Profile::strict,
       e4_a_set_that_is_cleared_at_once},
      {"E5", "a wait that begins after the clear is not ended by an older set", kAllProfiles,
       e5_no_older_set_ends_a_new_wait},
      {"E6", "a timed wait is true exactly if the event was set, also when a set races the deadline", kAllProfiles,
       e6_timed_waits},
      {"E7", "no set is lost between the look at the flag and the sleep", kAllProfiles,
       e7_no_set_is_lost_between_look_and_sleep},
      {"E8", "all this holds over very many sets and clears", kAllProfiles, e8_many_generations},
      {"E9", "where it resets itself each set lets one waiter go, and one at most is stored", kAllProfiles,
       e9_one_set_is_for_one_waiter},
      {"X1", "plain data published by a set is free of races", kAllProfiles, x1_published_data_is_free_of_races},
      {"X2", "nothing of it is touched after its last waiter has destroyed it", kAllProfiles,
       x2_nothing_is_touched_after_its_end},
      {"X3", "it works on one processor and with many more threads than processors", kAllProfiles,
       x3_one_processor_and_many_threads},
      {"X4", "a waiter that sleeps uses no processor time", kAllProfiles, x4_sleepers_use_no_processor_time},
      {"X5", "a signal neither ends a wait nor loses it, and moves no deadline", kAllProfiles, x5_signals},
      {"X6", "timeouts: never early, zero or less means try, the longest are accepted, its own clock decides",
       kAllProfiles, x6_timeouts},
      {"X7", "expired timeouts leave nothing behind", kAllProfiles, x7_expired_timeouts_leave_nothing},
      {"X8", "what happened before a set happened before the return of the waits that it ends", kAllProfiles,
       x8_sets_publish},
      {"X9", "counters may wrap", kAllProfiles, x9_counters_wrap},
  };
  return rules;
}

}  // namespace syncbench::conformance
