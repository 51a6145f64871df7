// The rules of the breakable barrier: B20 to B31, what holds for every primitive, and all that holds for a plain
// barrier. A generation ends in one of two ways: all of it pass, or all of it throw BrokenBarrier. Most rules let two
// or three of last arrival, deadline, abort and reset come at the same moment, and look for one that ended differently.
#include <algorithm>
#include <deque>

#include "primitives/conformance/crew.hpp"
#include "primitives/conformance/rules.hpp"

namespace syncbench::conformance {
namespace {

using Subject = Subject<AnyBreakableBarrier>;
using Index = std::uint32_t;

std::unique_ptr<AnyBreakableBarrier> make_for(const Subject& subject, int parties, PhaseAction action = {},
                                              std::optional<Nanoseconds> timeout = std::nullopt) {
  return subject.make(static_cast<Index>(parties), std::move(action), timeout);
}

/// What an action throws that fails.
struct ActionFailed {};

/// Threads that wait for a phase once each, and how each of them ended.
class Group {
 public:
  explicit Group(AnyBreakableBarrier& barrier) : barrier_(barrier) {}

  /// One more, which calls wait(barrier).
  template <class Wait>
  void start(Wait wait) {
    int& end = ends_.emplace_back(kNone);
    crew_.start([this, &end, wait] { end = outcome(wait); });
  }
  /// `count` more, who wait in one way after the other, without a deadline that could pass.
  void start(int count) {
    for (int i = 0; i < count; ++i) {
      const int way = crew_.size() % 3;
      start([way](AnyBreakableBarrier& barrier) {
        return way == 0 ? barrier.wait() : way == 1 ? barrier.wait_for(1h) : barrier.wait_until(Steady::now() + 1h);
      });
    }
  }
  void await_waiting(const Subject& subject) const { crew_.await_waiting(subject); }
  int ended() const { return crew_.ended(); }
  bool have_ended(int count) const { return crew_.have_ended(count); }

  /// Waits for all. Says so if some do not end, and gets them out by breaking the barrier.
  void join(Check& check, std::string_view what) {
    size_ = crew_.size();
    crew_.get_through(check, what, [&] { barrier_.abort(); });
  }

  // After `join`.
  int size() const { return size_; }
  int passed() const {
    return static_cast<int>(std::ranges::count_if(ends_, [](int end) { return end >= 0; }));
  }
  int broken() const { return static_cast<int>(std::ranges::count(ends_, kBroken)); }
  int failed() const { return static_cast<int>(std::ranges::count(ends_, kFailed)); }

  void expect_passed(Check& check, std::string_view what) const {
    check.equal(passed(), size(), std::string("threads that passed, ") + std::string(what));
    std::vector<int> indices(ends_.begin(), ends_.end());
    std::ranges::sort(indices);
    for (int i = 0; i < size() && passed() == size(); ++i) check.equal(indices[i], i, "arrival index, sorted");
  }
  void expect_broken(Check& check, std::string_view what) const {
    check.equal(broken(), size(), std::string("threads that got BrokenBarrier, ") + std::string(what));
  }
  /// All in the same way. True if they passed.
  bool expect_agreement(Check& check, std::string_view what) const {
    check.expect(passed() == 0 || passed() == size(),
                 std::string("some passed and some did not, ") + std::string(what));
    check.equal(passed() + broken(), size(), "threads that passed or got BrokenBarrier");
    return passed() == size();
  }

 private:
  static constexpr int kNone = -1;
  static constexpr int kBroken = -2;
  static constexpr int kFailed = -3;

  template <class Wait>
  int outcome(Wait wait) {
    try {
      return static_cast<int>(wait(barrier_));
    } catch (const BrokenBarrier&) {
      return kBroken;
    } catch (const ActionFailed&) {
      return kFailed;
    }
  }

  AnyBreakableBarrier& barrier_;
  int size_ = 0;
  std::deque<int> ends_;
  Crew crew_;
};

constexpr const char* kStuck = "somebody waits for ever";

/// That the barrier is as new: not broken, nobody there, and a phase passes.
void expect_usable(AnyBreakableBarrier& barrier, Check& check, std::string_view when) {
  if (check.violated()) return;
  check.expect(!barrier.broken(), std::string("broken() is true ") + std::string(when));
  check.equal(barrier.waiting(), 0U, std::string("waiting() ") + std::string(when));
  Group group(barrier);
  group.start(static_cast<int>(barrier.parties()));
  group.join(check, std::string("a phase does not end ") + std::string(when));
  group.expect_passed(check, when);
  check.expect(!barrier.broken(), std::string("broken() is true after a phase ") + std::string(when));
}

template <class Wait>
bool breaks(Wait wait) {
  try {
    wait();
    return false;
  } catch (const BrokenBarrier&) {
    return true;
  }
}

/// That the barrier is broken, and says so to all who come, at once.
void expect_broken(AnyBreakableBarrier& barrier, Check& check, std::string_view when) {
  check.expect(barrier.broken(), std::string("broken() is false ") + std::string(when));
  check.equal(barrier.waiting(), 0U, std::string("waiting() ") + std::string(when));
  Group group(barrier);
  group.start(static_cast<int>(barrier.parties()) + 1);
  group.start([](auto& b) { return b.wait_for(0ns); });
  group.join(check, std::string("who comes to a broken barrier waits, ") + std::string(when));
  group.expect_broken(check, when);
}

int parties_for(const Subject& subject, const Check& check) {
  return std::max(3, crowd(subject, check.team));
}
int rounds_for(const Subject& subject, int wanted) {
  return std::max(4, subject.rounds(wanted));
}

// ---- One cause ------------------------------------------------------------------------------------------------------

// All but one wait, one of them with a timeout. Nobody may be told before it is over.
void one_timeout_breaks_it_for_all(const Subject& subject, bool until, Check& check) {
  const int parties = parties_for(subject, check);
  const auto barrier = make_for(subject, parties);
  Group group(*barrier);
  group.start(parties - 2);
  group.await_waiting(subject);
  std::atomic<bool> early{false};
  group.start([&](auto& b) -> Index {
    const auto deadline = Steady::now() + 500us;
    try {
      return until ? b.wait_until(deadline) : b.wait_for(500us);
    } catch (const BrokenBarrier&) {
      early = Steady::now() < deadline;
      throw;
    }
  });
  group.join(check, "a timeout leaves others waiting");
  check.expect(!early, "broken before the deadline");
  group.expect_broken(check, "after a timeout");
  expect_broken(*barrier, check, "after a timeout");
  barrier->reset();
  expect_usable(*barrier, check, "after a timeout and a reset");
}

// The last arrival, `lead` before the deadline of one of those who wait. True if all passed.
bool arrive_at_the_deadline(AnyBreakableBarrier& barrier, int parties, Nanoseconds lead, Check& check) {
  Group group(barrier);
  const auto deadline = Steady::now() + 300us;
  group.start([=](auto& b) { return b.wait_until(deadline); });
  group.start(parties - 2);
  group.start([=](auto& b) {
    await_instant(deadline - lead);
    return b.wait();
  });
  group.join(check, kStuck);
  const bool passed = group.expect_agreement(check, "when a timeout races the last arrival");
  check.expect(barrier.broken() != passed, "broken() does not say how a phase with a timeout ended");
  return passed;
}

void b20_timeouts(const Subject& subject, Check& check) {
  one_timeout_breaks_it_for_all(subject, false, check);
  one_timeout_breaks_it_for_all(subject, true, check);
  const auto barrier = make_for(subject, 3);
  Aim aim(80us);
  for (int round = rounds_for(subject, 20); round != 0 && !check.violated(); --round) {
    aim.was_early(arrive_at_the_deadline(*barrier, 3, aim.lead(), check));
    if (barrier->broken()) barrier->reset();
  }
  expect_usable(*barrier, check, "after timeouts that raced arrivals");
}

void b21_abort(const Subject& subject, Check& check) {
  const int parties = parties_for(subject, check);
  const auto barrier = make_for(subject, parties);
  for (const int present : {0, 1, parties - 1}) {
    Group group(*barrier);
    group.start(present);
    group.await_waiting(subject);
    barrier->abort();
    group.join(check, "an abort leaves somebody waiting");
    group.expect_broken(check, "after an abort");
    expect_broken(*barrier, check, "after an abort");
    barrier->abort();
    expect_broken(*barrier, check, "after a second abort");
    barrier->reset();
    expect_usable(*barrier, check, "after an abort and a reset");
  }
}

void b22_reset_with_waiters(const Subject& subject, Check& check) {
  const int parties = parties_for(subject, check);
  const auto barrier = make_for(subject, parties);
  for (const int present : {1, parties - 1, 1}) {
    Group group(*barrier);
    group.start(present);
    group.await_waiting(subject);
    barrier->reset();
    check.expect(!barrier->broken(), "broken() is true after a reset");
    check.equal(barrier->waiting(), 0U, "waiting() after a reset");
    group.join(check, "a reset leaves somebody waiting");
    group.expect_broken(check, "after a reset");
    expect_usable(*barrier, check, "after a reset with waiters");
  }
}

// A reset while those arrive who would fill the phase: whom it throws out comes again, and then all are there.
void reset_meets_arrivals(const Subject& subject, Check& check) {
  const auto barrier = make_for(subject, 3);
  for (int round = rounds_for(subject, 20); round != 0 && !check.violated(); --round) {
    Group group(*barrier);
    for (int i = 0; i < 3; ++i)
      group.start([](auto& b) {
        try {
          return b.wait();
        } catch (const BrokenBarrier&) {
          return b.wait();
        }
      });
    for (int i = round % 6; i > 0; --i) wobble();
    barrier->reset();
    group.join(check, "a reset beside arrivals leaves somebody waiting");
    group.expect_passed(check, "when a reset had thrown some out before");
  }
}

void b23_reset_when_idle(const Subject& subject, Check& check) {
  int acted = 0;
  const auto barrier = make_for(subject, 3, [&] { ++acted; });
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i <= round; ++i) barrier->reset();
    expect_usable(*barrier, check, "after a reset when nobody was there");
  }
  check.equal(acted, 3, "actions in three phases");
}

// Who was told of the old breaking comes back as soon as the reset has returned, before others were even told.
void b24_reset_of_a_broken_barrier(const Subject& subject, Check& check) {
  const int parties = std::min(4, parties_for(subject, check));
  const auto barrier = make_for(subject, parties);
  for (int round = rounds_for(subject, 12); round != 0 && !check.violated(); --round) {
    std::atomic<bool> was_reset{false};
    Group group(*barrier);
    for (int i = 0; i < parties; ++i)
      group.start([&, i](auto& b) {
        if (i + 1 < parties) check.expect(breaks([&] { b.wait(); }), "an aborted wait passed");
        await([&] { return was_reset.load(); });
        return b.wait();
      });
    check.expect(comes_true([&] { return barrier->waiting() == static_cast<Index>(parties - 1); }),
                 "waiting() when so many do");
    barrier->abort();
    check.expect(barrier->broken(), "broken() is false after an abort");
    barrier->reset();
    check.expect(!barrier->broken(), "broken() is true after a reset");
    was_reset = true;
    group.join(check, "a phase that begins after a reset does not end");
    group.expect_passed(check, "in the phase after a reset");
  }
  expect_usable(*barrier, check, "after aborts and resets");
}

// ---- Action and timeouts --------------------------------------------------------------------------------------------

void b25_the_action_throws(const Subject& subject, Check& check) {
  const int parties = parties_for(subject, check);
  std::atomic<bool> fails{true};
  const auto barrier = make_for(subject, parties, [&] {
    if (fails) throw ActionFailed{};
  });
  for (int round = 0; round < 4 && !check.violated(); ++round) {
    fails = true;
    Group group(*barrier);
    group.start(round % 2 == 0 ? parties : parties - 1);
    if (round % 2 != 0) {
      group.await_waiting(subject);
      group.start(1);
    }
    group.join(check, "an action that throws leaves somebody waiting");
    check.equal(group.failed(), 1, "threads that got what the action threw");
    check.equal(group.broken(), parties - 1, "threads that got BrokenBarrier when the action threw");
    fails = false;
    expect_broken(*barrier, check, "after an action threw");
    barrier->reset();
    expect_usable(*barrier, check, "after an action threw and a reset");
  }
}

// Two of three wait in the way given. Returns how long it took until they were told that it is broken.
template <class Wait>
Nanoseconds time_until_broken(AnyBreakableBarrier& barrier, Check& check, Wait wait) {
  const auto start = Steady::now();
  Group group(barrier);
  group.start(wait);
  group.start(wait);
  group.join(check, "a timeout does not end a wait");
  group.expect_broken(check, "after a timeout");
  barrier.reset();
  return Steady::now() - start;
}

// All come, the last one late: nobody may have given up by then.
template <class Wait>
void expect_patience(AnyBreakableBarrier& barrier, std::chrono::milliseconds late, Check& check, Wait wait) {
  Group group(barrier);
  for (Index i = 1; i < barrier.parties(); ++i) group.start(wait);
  std::this_thread::sleep_for(late);
  group.start(wait);
  group.join(check, kStuck);
  group.expect_passed(check, "when the last one came within the timeout of the call");
  if (barrier.broken()) barrier.reset();
}

void b26_default_and_call_timeout(const Subject& subject, Check& check) {
  const auto by_default = [](auto& b) { return b.wait(); };
  const auto hasty = make_for(subject, 3, {}, 2ms);
  check.expect(time_until_broken(*hasty, check, by_default) >= 2ms, "broken before the timeout of the constructor");
  check.expect(time_until_broken(*hasty, check, [](auto& b) { return b.wait_for(4ms); }) >= 4ms,
               "broken before the timeout of the call, which is longer than the constructor's");
  expect_patience(*hasty, 5ms, check, [](auto& b) { return b.wait_for(1h); });
  expect_patience(*hasty, 5ms, check, [](auto& b) { return b.wait_until(Steady::now() + 1h); });
  const auto patient = make_for(subject, 3, {}, 1h);
  expect_patience(*patient, 1ms, check, by_default);
  time_until_broken(*patient, check, [](auto& b) { return b.wait_for(1ms); });
  time_until_broken(*patient, check, [](auto& b) { return b.wait_until(Steady::now() + 1ms); });
  expect_usable(*patient, check, "after timeouts of calls");
}

// A phase is complete and its action takes its time; a third thread comes, and its time is up before the action's end.
void b27_deadlines_while_an_older_phase_ends(const Subject& subject, Check& check) {
  std::atomic<bool> acting{false}, go_on{false};
  std::atomic<int> slow{1};
  const auto barrier = make_for(subject, 2, [&] {
    if (slow-- != 1) return;
    acting = true;
    if (!comes_true([&] { return go_on.load(); }, kPatience))
      check.expect(false, "a deadline waits for an older action");
  });
  for (int round = 0; round < 3 && !check.violated(); ++round) {
    acting = go_on = false;
    slow = 1;
    Group older(*barrier);
    older.start(2);
    await([&] { return acting.load(); });
    Group newer(*barrier);
    newer.start([&](auto& b) { return round == 0 ? b.wait_for(300us) : b.wait_until(Steady::now() + 300us * round); });
    check.expect(newer.have_ended(1), "a deadline does not hold while an older phase ends");
    go_on = true;
    older.join(check, kStuck);
    newer.join(check, kStuck);
    newer.expect_broken(check, "after a timeout while an older phase ended");
    older.expect_passed(check, "when a thread of a later phase timed out");
    expect_broken(*barrier, check, "after a timeout while an older phase ended");
    barrier->reset();
    expect_usable(*barrier, check, "after that and a reset");
  }
}

// Who comes during an action is of the next phase, and in time for it.
void arrivals_while_an_older_phase_ends(const Subject& subject, Check& check) {
  std::atomic<bool> acting{false}, go_on{false};
  const auto barrier = make_for(subject, 2, [&] {
    acting = true;
    await([&] { return go_on.load(); });
  });
  Group older(*barrier), newer(*barrier);
  older.start(2);
  await([&] { return acting.load(); });
  newer.start(2);
  newer.await_waiting(subject);
  check.equal(older.ended() + newer.ended(), 0, "threads that passed before the action was over");
  go_on = true;
  older.join(check, kStuck);
  newer.join(check, kStuck);
  older.expect_passed(check, "with a slow action");
  newer.expect_passed(check, "in the phase after a slow action");
}

void b27_older_phases(const Subject& subject, Check& check) {
  b27_deadlines_while_an_older_phase_ends(subject, check);
  arrivals_while_an_older_phase_ends(subject, check);
}

// ---- Races ----------------------------------------------------------------------------------------------------------

// The first to return breaks or resets the barrier at once: the others of its phase pass nevertheless.
void b28_abort_after_the_trip(const Subject& subject, Check& check) {
  const int parties = parties_for(subject, check);
  const auto barrier = make_for(subject, parties);
  for (int round = rounds_for(subject, 20); round != 0 && !check.violated(); --round) {
    const auto wait = [&](auto& b) {
      const Index index = b.wait();
      if (index + 1 == b.parties()) round % 4 == 3 ? b.reset() : b.abort();
      return index;
    };
    Group group(*barrier);
    for (int i = 1; i < parties; ++i) group.start(wait);
    group.await_waiting(subject);
    group.start(wait);
    group.join(check, kStuck);
    group.expect_passed(check, "when the barrier was broken after the phase was complete");
    check.expect(barrier->broken() == (round % 4 != 3),
                 "broken() is wrong after an abort or reset of who passed first");
    barrier->reset();
  }
  expect_usable(*barrier, check, "after aborts of complete phases");
}

// Last arrival, deadline and abort, all about the same moment.
bool three_race(AnyBreakableBarrier& barrier, Nanoseconds lead, bool and_abort, Check& check) {
  const auto deadline = Steady::now() + 350us;
  Group group(barrier);
  group.start([=](auto& b) { return b.wait_until(deadline); });
  group.start([=](auto& b) { return b.wait_until(deadline + 3us); });
  group.start([](auto& b) { return b.wait(); });
  group.start([=](auto& b) {
    await_instant(deadline - lead);
    return b.wait();
  });
  Crew other;
  other.start([&] {
    await_instant(deadline - lead / 2);
    wobble();
    if (and_abort) barrier.abort();
  });
  other.join();
  group.join(check, kStuck);
  const bool passed = group.expect_agreement(check, "when abort, timeout and last arrival race");
  check.equal(barrier.waiting(), 0U, "waiting() after a race");
  check.expect(barrier.broken() || (passed && !and_abort), "broken() is false although it was broken");
  check.expect(!barrier.broken() || and_abort || !passed, "broken() is true although all passed");
  barrier.reset();
  return passed;
}

void b29_races_end_in_one_way(const Subject& subject, Check& check) {
  const auto barrier = make_for(subject, 4);
  Aim with(70us), without(70us);
  for (int round = rounds_for(subject, 24); round != 0 && !check.violated(); --round) {
    Aim& aim = round % 4 == 0 ? without : with;
    aim.was_early(three_race(*barrier, aim.lead(), round % 4 != 0, check));
  }
  expect_usable(*barrier, check, "after races");
}

void b30_queries(const Subject& subject, Check& check) {
  const int parties = std::min(5, parties_for(subject, check));
  const auto barrier = make_for(subject, parties);
  for (int round = 0; round < 3 && !check.violated(); ++round) {
    check.equal(barrier->parties(), static_cast<Index>(parties), "parties()");
    check.equal(barrier->waiting(), 0U, "waiting() when nobody does");
    Group group(*barrier);
    for (int arrived = 1; arrived < parties; ++arrived) {
      group.start(1);
      group.await_waiting(subject);
      check.equal(barrier->waiting(), static_cast<Index>(arrived), "waiting() when so many have arrived");
      check.expect(!barrier->broken(), "broken() is true while a phase fills");
    }
    if (round == 0) group.start(1);
    if (round == 1) barrier->abort();
    if (round == 2) barrier->reset();
    group.join(check, kStuck);
    check.equal(barrier->waiting(), 0U, "waiting() after the end of a phase");
    check.expect(barrier->broken() == (round == 1), "broken() does not say how the phase ended");
    barrier->reset();
  }
  // While phases pass it may say what it likes, within bounds.
  std::atomic<bool> over{false};
  Crew asker;
  asker.start([&] {
    while (!over) {
      check.expect(barrier->waiting() <= static_cast<Index>(parties), "waiting() is more than parties()");
      check.expect(!barrier->broken(), "broken() is true although nothing broke it");
      ::sched_yield();
    }
  });
  for (int phase = 0; phase < 8; ++phase) expect_usable(*barrier, check, "while another thread asks");
  over = true;
}

void b31_concurrent_resets_and_aborts(const Subject& subject, Check& check) {
  const int parties = 4;
  const auto barrier = make_for(subject, parties);
  for (int round = rounds_for(subject, 16); round != 0 && !check.violated(); --round) {
    Group group(*barrier);
    group.start(parties - 1);
    group.await_waiting(subject);
    Crew enders;
    enders.start(3, [&](int index) {
      wobble();
      (round + index) % 3 == 0 || round % 4 == 0 ? barrier->abort() : barrier->reset();
    });
    enders.join();
    group.join(check, "concurrent resets and aborts leave somebody waiting");
    group.expect_broken(check, "after concurrent resets and aborts");
    check.equal(barrier->waiting(), 0U, "waiting() after concurrent resets and aborts");
    if (round % 4 == 0) expect_broken(*barrier, check, "after concurrent aborts");
    if (round % 4 == 1 && !barrier->broken()) expect_usable(*barrier, check, "after concurrent resets and aborts");
    barrier->reset();
    if (round % 4 == 2) expect_usable(*barrier, check, "after concurrent resets and aborts, and one more reset");
  }
}

// Everything at once, for a while: what is left is usable after a reset.
void everything_at_once(const Subject& subject, Check& check) {
  const int parties = 3;
  const auto barrier = make_for(subject, parties, [] { wobble(); });
  const auto end = Steady::now() + 10ms;
  Crew crew;
  crew.start(std::min(6, crowd(subject, 6)), [&](int) {
    do {
      if (by_chance(6)) barrier->abort();
      if (by_chance(3)) barrier->reset();
      breaks([&] { by_chance(2) ? barrier->wait_for(100us) : barrier->wait_until(Steady::now() + 20us); });
    } while (Steady::now() < end);
  });
  crew.get_through(check, kStuck, [&] { barrier->abort(); });
  barrier->reset();
  expect_usable(*barrier, check, "after everything at once");
}

void b31_idempotence(const Subject& subject, Check& check) {
  b31_concurrent_resets_and_aborts(subject, check);
  if (!check.violated()) everything_at_once(subject, check);
}

// ---- What holds for every primitive ---------------------------------------------------------------------------------

void x5_signals(const Subject& subject, Check& check) {
  const InterruptingSignal signal;
  const auto barrier = make_for(subject, 2);
  Crew untimed;
  untimed.start([&] { check.expect(!breaks([&] { barrier->wait(); }), "a signal broke the barrier"); });
  const bool waits = survives_signals(subject, untimed);
  check.expect(waits, "a signal ended the wait");
  untimed.start([&] { breaks([&] { barrier->wait_for(waits ? 1h : 1ms); }); });
  untimed.get_through(check, kStuck, [&] { barrier->abort(); });
  barrier->reset();
  Crew timed;
  timed.start([&] {
    const auto start = Steady::now();
    check.expect(breaks([&] { barrier->wait_for(25ms); }), "passed alone");
    check.expect(Steady::now() - start >= 25ms, "a signal ended the timed wait early");
  });
  check.expect(ends_under_signals(timed, Steady::now() + 30ms), "signals stretch the deadline");
}

/// One way to say how long.
struct Attempt {
  const char* name;
  Index (*make)(AnyBreakableBarrier&);
  bool negative = false;  // an error where misuse is checked
};

constexpr Attempt kExpired[] = {
    {"0 ns", [](AnyBreakableBarrier& b) { return b.wait_for(0ns); }},
    {"-1 ns", [](AnyBreakableBarrier& b) { return b.wait_for(-1ns); }, true},
    {"nanoseconds::min", [](AnyBreakableBarrier& b) { return b.wait_for(Nanoseconds::min()); }, true},
    {"steady past", [](AnyBreakableBarrier& b) { return b.wait_until(Steady::now() - 1s); }},
    {"steady epoch", [](AnyBreakableBarrier& b) { return b.wait_until(SteadyTime()); }},
    {"steady min", [](AnyBreakableBarrier& b) { return b.wait_until(SteadyTime::min()); }},
};

constexpr Attempt kUnlimited[] = {
    {"292 years", [](AnyBreakableBarrier& b) { return b.wait_for(Nanoseconds::max()); }},
    {"250 years", [](AnyBreakableBarrier& b) { return b.wait_for(std::chrono::hours(24 * 365 * 250)); }},
    {"steady max", [](AnyBreakableBarrier& b) { return b.wait_until(SteadyTime::max()); }},
};

void expired_timeouts_wait_for_nobody(const Subject& subject, Check& check) {
  const auto barrier = make_for(subject, 2);
  for (const Attempt& attempt : kExpired) {
    if (subject.checked && attempt.negative) continue;
    check.expect(breaks([&] { attempt.make(*barrier); }), std::string(attempt.name) + ": passed alone");
    check.expect(barrier->broken(), std::string(attempt.name) + ": left the barrier whole");
    barrier->reset();
    Group group(*barrier);
    group.start(1);
    group.await_waiting(subject);
    group.start([&](auto& b) { return attempt.make(b); });
    group.join(check, kStuck);
    group.expect_passed(check, std::string(attempt.name) + " by the last arrival");
    if (barrier->broken()) barrier->reset();
  }
}

void unlimited_timeouts_wait(const Subject& subject, Check& check) {
  for (const Attempt& attempt : kUnlimited) {
    const auto barrier = make_for(subject, 2);
    Group group(*barrier);
    group.start([&](auto& b) { return attempt.make(b); });
    group.await_waiting(subject);
    check.equal(group.ended(), 0, std::string(attempt.name) + ": waits that ended alone");
    group.start(1);
    group.join(check, kStuck);
    group.expect_passed(check, attempt.name);
  }
}

void never_gives_up_early(const Subject& subject, Check& check) {
  const auto barrier = make_for(subject, 2);
  for (const auto timeout : {1us, 333us, 2000us}) {
    const auto start = Steady::now();
    check.expect(breaks([&] { barrier->wait_for(timeout); }), "passed alone");
    check.expect(Steady::now() - start >= timeout, "gave up before the timeout");
    barrier->reset();
    const auto instant = Steady::now() + timeout;
    check.expect(breaks([&] { barrier->wait_until(instant); }), "passed alone");
    check.expect(Steady::now() >= instant, "gave up before the instant");
    barrier->reset();
  }
}

void x6_timeouts(const Subject& subject, Check& check) {
  expired_timeouts_wait_for_nobody(subject, check);
  unlimited_timeouts_wait(subject, check);
  never_gives_up_early(subject, check);
}

void x7_expired_timeouts_leave_nothing(const Subject& subject, Check& check) {
  const auto barrier = make_for(subject, 3);
  const auto expire = [&](int rounds) {
    return run_rounds(2, rounds, kExpiryLimit, [&](int) {
      check.expect(breaks([&] { barrier->wait_for(by_chance(2) ? 0ns : 1ns); }), "two of three passed");
      barrier->reset();
    });
  };
  expire(100);  // what is allocated once may stay
  const std::size_t before = memory_in_use();
  const auto attempts = expire(kExpiries / 10);  // each of them throws, which takes a microsecond or two
  check.expect(memory_in_use() <= before + tolerated_growth(attempts), "expired timeouts leave memory allocated");
  expect_usable(*barrier, check, "after very many timeouts");
}

// ---- As a plain barrier ---------------------------------------------------------------------------------------------

/// A breakable barrier that nobody breaks.
class Unbroken final : public AnyBarrier {
 public:
  explicit Unbroken(std::unique_ptr<AnyBreakableBarrier> barrier) : barrier_(std::move(barrier)) {}
  std::uint32_t arrive_and_wait(std::uint32_t) override {
    try {
      return barrier_->wait();
    } catch (const BrokenBarrier&) {
      return ~0U;  // no index: every rule notices
    }
  }
  std::optional<std::uint32_t> waiting() const override { return barrier_->waiting(); }

 private:
  std::unique_ptr<AnyBreakableBarrier> barrier_;
};

Rule<AnyBreakableBarrier> as_plain(const Rule<AnyBarrier>& rule) {
  const auto check = [run = rule.check](const Subject& subject, Check& report) {
    run({.name = subject.name,
         .family = subject.family,
         .traits = subject.traits,
         .sleeps = subject.sleeps,
         .observed = subject.observed,
         .checked = subject.checked,
         .make =
             [make = subject.make](std::uint32_t parties, PhaseAction action) {
               return std::make_unique<Unbroken>(make(parties, std::move(action), std::nullopt));
             }},
        report);
  };
  return {rule.id, rule.text, rule.profiles & (Profile::python | Profile::strict), check};
}

std::vector<Rule<AnyBreakableBarrier>> all_rules() {
  constexpr unsigned kBoth = Profile::python | Profile::strict;  // POSIX and C++ have none
  constexpr auto kStrict = static_cast<unsigned>(Profile::strict);
  std::vector<Rule<AnyBreakableBarrier>> rules = {
      {"B20", "a timeout breaks it for all of the generation and all who come later", kBoth, b20_timeouts},
      {"B21", "an abort breaks it for all who are there and all who come, until a reset", kBoth, b21_abort},
      {"B22", "a reset throws out those who wait and leaves it usable", kBoth,
       [](const Subject& subject, Check& check) {
         b22_reset_with_waiters(subject, check);
         reset_meets_arrivals(subject, check);
       }},
      {"B23", "a reset when nobody is there changes nothing", kBoth, b23_reset_when_idle},
      {"B24", "a reset makes a broken one usable; who comes after it never sees the old breaking", kBoth,
       b24_reset_of_a_broken_barrier},
      {"B25", "if the action throws, its thread gets the exception, the others BrokenBarrier, and it stays broken",
       kBoth, b25_the_action_throws},
      {"B26", "the constructor's timeout is the default, and a call's overrides it", kBoth,
       b26_default_and_call_timeout},
      {"B27", "a deadline also holds while an older phase ends, which passes", kStrict, b27_older_phases},
      {"B28", "an abort after a phase is complete fails nobody of it", kStrict, b28_abort_after_the_trip},
      {"B29", "however abort, timeout and last arrival race, all pass or all get BrokenBarrier", kStrict,
       b29_races_end_in_one_way},
      {"B30", "parties, waiting and broken tell the truth when nobody is on the move", kBoth, b30_queries},
      {"B31", "resets and aborts at once do what one would", kBoth, b31_idempotence},
  };
  std::vector<Rule<AnyBreakableBarrier>> all;
  for (const Rule<AnyBarrier>& plain : barrier_rules())
    if (plain.id.front() == 'B' && plain.id != "B9") all.push_back(as_plain(plain));
  all.insert(all.end(), rules.begin(), rules.end());
  for (const Rule<AnyBarrier>& plain : barrier_rules()) {
    if (plain.id.front() != 'X') continue;
    if (plain.id == "X5") {
      all.push_back({"X5", "a signal neither ends a wait nor loses it, and moves no deadline", kBoth, x5_signals});
      all.push_back(
          {"X6", "timeouts: never early, zero or less waits for nobody, the longest are accepted", kBoth, x6_timeouts});
      all.push_back({"X7", "expired timeouts leave nothing behind", kBoth, x7_expired_timeouts_leave_nothing});
    } else {
      all.push_back(as_plain(plain));
    }
  }
  return all;
}

}  // namespace

const std::vector<Rule<AnyBreakableBarrier>>& breakable_barrier_rules() {
  static const std::vector<Rule<AnyBreakableBarrier>> rules = all_rules();
  return rules;
}

}  // namespace syncbench::conformance
