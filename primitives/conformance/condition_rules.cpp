// The rules of the condition: C1 to C13, R6 where it waits on a recursive mutex, and X1 to X9 for it. Each is over the
// mutex of the same catalog line. Where misuse is checked, a notification without the lock is misuse, so `tell` takes
// it.
#include <algorithm>
#include <deque>
#include <system_error>

#include "primitives/conformance/mutex_probes.hpp"
#include "primitives/conformance/rules.hpp"

namespace syncbench::conformance {
namespace {

using Subject = Subject<AnyCondition>;

/// A condition, its mutex, and threads that wait until notified.
class Setting {
 public:
  explicit Setting(const Subject& of) : subject(of), owner_(of.make()) {}
  ~Setting() { end(); }

  const Subject& subject;
  AnyCondition& condition() { return *owner_; }
  AnyMutex& mutex() { return owner_->mutex(); }
  Team waiters;
  std::vector<int> served;  ///< the waiters' numbers, in the order in which they came out

  /// Starts one more; when this returns it is waiting: it let go of the mutex, and only its wait does that.
  void add_waiter() {
    add([](AnyCondition& c) { c.wait(); });
  }
  template <class Wait>
  void add(Wait wait) {
    const int number = static_cast<int>(waiters.size());
    bool entered = false;
    waiters.push_back(std::make_unique<Worker>([this, number, &entered, wait] {
      mutex().lock();
      entered = true;
      wait(condition());
      served.push_back(number);
      mutex().unlock();
    }));
    await([&] { return locked([&] { return entered; }); });
  }
  void add_sleeper() {
    add_waiter();
    if (subject.sleeps) await_waiting(subject, *waiters.back());
  }

  template <class Body>
  auto locked(Body body) {
    const std::lock_guard guard(mutex());
    return body();
  }
  /// Notifies without the lock, if that may be.
  template <class Notify>
  void tell(Notify notify) {
    if (subject.checked) return locked([&] { notify(condition()); });
    notify(condition());
  }
  void notify(std::uint32_t n) {
    tell([n](AnyCondition& c) { c.notify(n); });
  }
  void notify_one() {
    tell([](AnyCondition& c) { c.notify_one(); });
  }
  void notify_all() {
    tell([](AnyCondition& c) { c.notify_all(); });
  }

  bool out(std::size_t count) {
    return locked([&] { return served.size() >= count; });
  }
  /// Ends the rule if the waiters do not come out.
  void expect_out(std::size_t count, std::string_view what, Check& check) {
    check.require(comes_true([&] { return out(count); }), what);
  }
  /// Lets everybody out that may still be waiting, whatever was violated.
  void end() {
    if (waiters.empty()) return;
    await([&] { return notify_all(), out(waiters.size()); });
    join(waiters);
    served.clear();
  }

 private:
  std::unique_ptr<AnyCondition> owner_;
};

/// Waiters enough to fill more than one batch of wake-ups, or few where each of them occupies a processor.
int many(const Subject& subject, const Check& check) {
  return subject.sleeps ? std::max(20, check.team) : 5;
}

// ---- Notifications --------------------------------------------------------------------------------------------------

bool is_refused(auto misuse) {
  try {
    misuse();
  } catch (const std::system_error&) {
    return true;
  }
  return false;
}

void c1_misuse_is_an_error(const Subject& subject, Check& check) {
  if (!subject.checked) check.not_applicable("undefined or legal in the form that is measured; Checked<> reports it");
  Setting setting(subject);
  AnyCondition& c = setting.condition();
  check.expect(is_refused([&] { c.wait(); }), "wait without the lock is no std::system_error");
  check.expect(is_refused([&] { c.wait_for(1ms); }), "wait_for without the lock is no std::system_error");
  check.expect(is_refused([&] { c.wait_until(Steady::now()); }), "wait_until without the lock is no std::system_error");
  check.expect(is_refused([&] { c.notify_one(); }), "notify_one without the lock is no std::system_error");
  check.expect(is_refused([&] { c.notify(2); }), "notify without the lock is no std::system_error");
  check.expect(is_refused([&] { c.notify_all(); }), "notify_all without the lock is no std::system_error");
  check.expect(free_for_others(setting.mutex()), "the lock is held after refused calls");
  setting.add_waiter();
  check.expect(is_refused([&] { c.notify_one(); }), "notify_one without the lock is no std::system_error");
  check.expect(!setting.out(1), "a refused notification woke somebody");
  setting.notify_one();
  setting.expect_out(1, "after refused calls a notification is lost", check);
  setting.end();
}

// `count` threads take turns until there were `turns` or the time is up. Each turn's data is written by the one before.
void take_turns(Setting& setting, int count, int turns, bool holding, Check& check) {
  const auto end = Steady::now() + 40ms;
  Ledger ledger;
  int turn = 0;
  bool over = false;
  run_team(count, [&](int index) {
    std::unique_lock lock(setting.mutex());
    for (;;) {
      while (!over && turn % count != index) setting.condition().wait();
      if (over) return;
      ledger.turn(check);
      over = ++turn >= turns || Steady::now() >= end;
      const bool all = over || count > 2;
      if (!holding) lock.unlock();
      if (all) {
        setting.condition().notify_all();
      } else {
        setting.condition().notify_one();
      }
      if (!holding) lock.lock();
    }
  });
}

void one_notification_wakes_one_waiter(const Subject& subject, Check& check) {
  Setting setting(subject);
  for (int round = std::max(4, subject.rounds(20)); round != 0; --round) {
    round > 10 ? setting.add_waiter() : setting.add_sleeper();
    if (round % 2 == 0) {
      setting.notify_one();
    } else {
      setting.locked([&] { setting.condition().notify_one(); });
    }
    setting.expect_out(1, "a waiter missed the only notification", check);
    setting.end();
  }
}

void c2_no_notification_is_missed(const Subject& subject, Check& check) {
  one_notification_wakes_one_waiter(subject, check);
  Setting setting(subject);
  take_turns(setting, 2, subject.rounds(200), true, check);
  take_turns(setting, crowd(subject, check.team), subject.rounds(120), true, check);
}

void c13_notified_with_or_without_the_lock(const Subject& subject, Check& check) {
  Setting setting(subject);
  take_turns(setting, 2, subject.rounds(300), true, check);
  if (subject.checked) return;
  take_turns(setting, 2, subject.rounds(300), false, check);
  take_turns(setting, 4, subject.rounds(80), false, check);
}

void n_are_woken(const Subject& subject, Check& check) {
  Setting setting(subject);
  for (int i = 0; i < 6; ++i) setting.add_waiter();
  std::size_t expected = 0;
  for (const unsigned n : {2U, 1U, 0U, 3U}) {
    setting.notify(n);
    expected += n;
    setting.expect_out(expected, "fewer came out than were notified", check);
    if (!subject.traits.fifo) continue;
    setting.locked([&] {
      check.equal(setting.served.size(), expected, "came out, where the number is declared to be exact");
      for (const int number : setting.served)
        check.expect(number < static_cast<int>(expected), "a younger one was woken first, where order is declared");
    });
  }
  setting.end();
}

void n_sleepers_are_woken(const Subject& subject, Check& check) {
  Setting setting(subject);
  for (int i = 0; i < 5; ++i) setting.add_sleeper();
  setting.notify(3);
  setting.expect_out(3, "fewer sleepers came out than were notified", check);
  setting.notify(2);
  setting.expect_out(5, "fewer sleepers came out than were notified", check);
  setting.end();
}

void c4_notify_n(const Subject& subject, Check& check) {
  n_are_woken(subject, check);
  n_sleepers_are_woken(subject, check);
}

void all_are_woken(const Subject& subject, Check& check) {
  Setting setting(subject);
  const int count = many(subject, check);
  for (int i = 0; i < count; ++i) setting.add_waiter();
  setting.notify_all();
  setting.expect_out(count, "notify_all left somebody waiting", check);
  setting.end();
}

void the_largest_counts_mean_all(const Subject& subject, Check& check) {
  Setting setting(subject);
  for (const std::uint32_t n : {0x7fffffffU, 0x80000000U, 0xffffffffU}) {
    for (int i = 0; i < 3; ++i) setting.add_waiter();
    if (subject.sleeps) await_waiting(subject, *setting.waiters.back());
    setting.notify(n);
    setting.expect_out(3, "a count beyond the number of waiters left somebody waiting", check);
    setting.end();
  }
}

// More than one batch of waiters, each of which waits again at once: nobody may be served twice.
void each_is_woken_once(const Subject& subject, Check& check) {
  Setting setting(subject);
  const int count = many(subject, check);
  int waits = 0;
  bool over = false;
  Team team;
  for (int i = 0; i < count; ++i) {
    team.push_back(std::make_unique<Worker>([&] {
      const std::lock_guard guard(setting.mutex());
      while (!over) {
        ++waits;
        setting.condition().wait();
      }
    }));
  }
  await([&] { return setting.locked([&] { return waits == count; }); });
  setting.notify_all();
  const bool twice = comes_true([&] { return setting.locked([&] { return waits >= 2 * count; }); });
  check.expect(twice, "notify_all left somebody waiting");
  setting.locked([&] {
    if (twice)
      check.equal(waits, 2 * count, "waits begun after one notify_all, where the number is declared to be exact");
    over = true;
  });
  setting.notify_all();
  join(team);
}

void c5_notify_all(const Subject& subject, Check& check) {
  all_are_woken(subject, check);
  the_largest_counts_mean_all(subject, check);
  if (subject.traits.fifo) each_is_woken_once(subject, check);
}

// One that is woken for no reason is no proof, since that is allowed; one that is woken every time is.
void nothing_is_stored(const Subject& subject, Check& check) {
  for (int attempt = 0; attempt < 4; ++attempt) {
    Setting setting(subject);
    setting.notify_one();
    setting.notify(3);
    setting.notify_all();
    if (setting.locked([&] { return !setting.condition().wait_for(2ms); })) return;
  }
  check.expect(false, "a notification without waiters was kept for the next");
}

void nobody_is_nobody(const Subject& subject, Check& check) {
  Setting setting(subject);
  setting.add_waiter();
  for (int i = 0; i < 100; ++i) setting.notify(0);
  check.expect(!setting.out(1), "notify(0) woke somebody");
  setting.end();
}

void c6_nothing_is_stored(const Subject& subject, Check& check) {
  nothing_is_stored(subject, check);
  nobody_is_nobody(subject, check);
}

// The late comer blocks on the mutex while the notification is made, and waits as soon as it gets it.
void c7_late_comers_take_nothing(const Subject& subject, Check& check) {
  Setting setting(subject);
  for (int round = 0; round < subject.rounds(24); ++round) {
    setting.add_waiter();
    std::atomic<bool> coming{false};
    setting.mutex().lock();
    setting.waiters.push_back(std::make_unique<Worker>([&] {
      coming = true;
      const std::lock_guard guard(setting.mutex());
      setting.condition().wait();
      setting.served.push_back(1);
    }));
    await([&] { return coming.load(); });
    setting.condition().notify_one();
    setting.mutex().unlock();
    const bool came = comes_true(
        [&] { return setting.locked([&] { return std::ranges::find(setting.served, 0) != setting.served.end(); }); });
    check.expect(came, "the notification did not reach the one who waited when it was made");
    setting.end();
    if (!came) return;
  }
}

// ---- Timeouts and notifications -------------------------------------------------------------------------------------

// One notification aimed near the deadline of the older of two waiters: it must reach one of them.
bool reaches_one_of_two(const Subject& subject, std::chrono::microseconds offset, bool holding) {
  Setting setting(subject);
  const auto deadline = Steady::now() + 300us;
  std::atomic<int> notified{-1};
  setting.add([&](AnyCondition& c) { notified = c.wait_until(deadline) ? 1 : 0; });
  std::atomic<bool> woken{false};
  setting.add([&](AnyCondition& c) {
    c.wait();
    woken = true;
  });
  const auto aim = deadline + offset;
  if (holding || subject.checked) {
    setting.locked([&] {
      await([&] { return Steady::now() >= aim; });
      setting.condition().notify_one();
    });
  } else {
    await([&] { return Steady::now() >= aim; });
    setting.condition().notify_one();
  }
  // If the timed one says that it took nothing, the other one must have got it. No long wait for what is declared.
  const auto patience = subject.traits.deviation("C8").empty() ? kPatienceOfRules : 200ms;
  const bool reached = comes_true([&] { return notified >= 0; }) &&
                       (notified == 1 || comes_true([&] { return woken.load(); }, patience));
  setting.end();
  return reached;
}

void c8_a_timeout_consumes_nothing(const Subject& subject, Check& check) {
  for (int round = std::max(10, subject.rounds(40)); round != 0; --round) {
    const std::chrono::microseconds offset(-50 + 37 * round % 150);
    check.require(reaches_one_of_two(subject, offset, round % 2 == 0),
                  "a waiter reports a timeout, and the notification that it consumed reached nobody");
  }
}

// A queue of items: takers wait with time limits that expire often; every item must come out once.
void c10_predicates_are_awaited(const Subject& subject, Check& check) {
  Setting setting(subject);
  const int items = subject.rounds(150);
  std::deque<int> queue;
  int taken = 0;
  run_team(4, [&](int index) {
    std::unique_lock lock(setting.mutex());
    for (int item = 0; index == 0 && item < items; ++item) {
      queue.push_back(item);
      lock.unlock();
      setting.notify_one();
      if (by_chance(8)) std::this_thread::sleep_for(50us);
      lock.lock();
    }
    const auto some_or_over = [&] { return !queue.empty() || taken == items; };
    while (index != 0 && taken < items) {
      if (index == 1) {
        setting.condition().wait(some_or_over);
      } else if (!setting.condition().wait_for(60us, some_or_over)) {
        continue;
      }
      check.expect(some_or_over(), "a wait with a predicate ended although it is false");
      if (queue.empty()) continue;
      queue.pop_front();
      if (++taken == items) setting.condition().notify_all();
    }
  });
  check.equal(taken, items, "items taken");
}

// Notifications that mean nothing are what wake-ups for no reason look like.
void c10_wake_ups_without_reason_are_survived(const Subject& subject, Check& check) {
  Setting setting(subject);
  bool meant = false;
  setting.add([&](AnyCondition& c) {
    c.wait([&] { return meant; });
    check.expect(meant, "wait ended although its predicate is false");
  });
  setting.add([&](AnyCondition& c) {
    check.expect(c.wait_for(1h, [&] { return meant; }), "wait_for gave up with an hour to go");
  });
  for (int i = 0; i < subject.rounds(40); ++i) {
    setting.notify_all();
    setting.locked([] {});  // somebody who was woken may look
  }
  check.expect(!setting.out(1), "a waiter came out although its predicate is false");
  setting.locked([&] { meant = true; });
  setting.end();
}

void c10_callers_loop(const Subject& subject, Check& check) {
  c10_wake_ups_without_reason_are_survived(subject, check);
  c10_predicates_are_awaited(subject, check);
}

void c12_all_kinds_of_waits_mix(const Subject& subject, Check& check) {
  Setting setting(subject);
  HandSetClock::hand = 0;
  const auto notified = [&](bool so) { check.expect(so, "a timed wait gave up long before its deadline"); };
  for (int round = 0; round < 3; ++round) {
    setting.add([](AnyCondition& c) { c.wait(); });
    setting.add([&](AnyCondition& c) { notified(c.wait_for(1h)); });
    setting.add([&](AnyCondition& c) { notified(c.wait_until(Steady::now() + 1h)); });
    setting.add([&](AnyCondition& c) { notified(c.wait_until(System::now() + 1h)); });
    setting.add([&](AnyCondition& c) { notified(c.wait_until(HandSetClock::time_point(1h))); });
    setting.add([](AnyCondition& c) { c.wait(); });
    if (subject.sleeps) await_waiting(subject, *setting.waiters.back());
    setting.notify(2);
    setting.expect_out(2, "fewer came out than were notified", check);
    setting.notify_all();
    setting.expect_out(6, "notify_all left somebody waiting", check);
    setting.end();
  }
}

// ---- The lock and the predicate -------------------------------------------------------------------------------------

bool throws(auto wait) {
  try {
    wait();
  } catch (const int) {
    return true;
  }
  return false;
}

void c3_waits_return_holding_the_lock(const Subject& subject, Check& check) {
  Setting setting(subject);
  AnyCondition& c = setting.condition();
  const auto expect_held = [&](std::string_view after) {
    const bool held = !free_for_others(setting.mutex());
    check.require(held, std::string("the lock is not held after ") + std::string(after));
  };
  setting.mutex().lock();
  check.expect(!c.wait_for(100us), "a wait that nobody notified reports no timeout");
  expect_held("wait_for timed out");
  c.wait_until(System::now() + 100us);
  expect_held("wait_until timed out");
  c.wait_for(0ns);
  expect_held("an expired wait_for");
  check.expect(throws([&] { c.wait([]() -> bool { throw 1; }); }), "the predicate's exception is lost");
  expect_held("the predicate threw");
  int calls = 0;
  const auto throws_later = [&]() -> bool { return ++calls < 2 ? false : throw 1; };
  check.expect(throws([&] { c.wait_for(200us, throws_later); }), "the predicate's exception is lost");
  expect_held("the predicate threw after a wait");
  setting.mutex().unlock();
  check.expect(free_for_others(setting.mutex()), "the lock is not free after its release");
  setting.add([&](AnyCondition& again) {
    again.wait();
    check.expect(!free_for_others(again.mutex()), "the lock is not held after a notified wait");
  });
  setting.notify_one();
  setting.end();
}

void c9_predicates_are_evaluated_under_the_lock(const Subject& subject, Check& check) {
  Setting setting(subject);
  AnyCondition& c = setting.condition();
  bool value = false;
  const auto predicate = [&] { return value; };
  const std::lock_guard guard(setting.mutex());
  check.expect(!c.wait_for(0ns, predicate), "true although the predicate is false");
  check.expect(!c.wait_for(50us, predicate), "true although the predicate is false");
  value = true;
  check.expect(c.wait_for(-1ms, predicate), "false although the predicate was true from the start");
  check.expect(c.wait_for(1h, predicate), "false although the predicate was true from the start");
  int looks = 0;
  check.expect(c.wait_for(200us, [&] { return ++looks >= 2; }),
               "false although the predicate was true at the deadline");
  looks = 0;
  c.wait_for(200us, [&] {
    check.expect(!free_for_others(setting.mutex()), "the predicate is evaluated without the lock");
    return ++looks >= 2;
  });
}

// ---- Lifetime -------------------------------------------------------------------------------------------------------

// All are notified, then the condition goes at once; those notified are still on their way out, one of them perhaps by
// its timeout.
void c11_may_be_destroyed_once_all_are_notified(const Subject& subject, Check& check) {
  if (!subject.traits.destroy_after_use)
    check.not_applicable("declared: destruction must wait until every wait has returned");
  for (int round = 0; round < subject.rounds(40); ++round) {
    Setting setting(subject);
    bool done = false;
    setting.add([](AnyCondition& c) { c.wait_for(50us); });
    for (int i = 0; i < 2; ++i)
      setting.add([&](AnyCondition& c) {
        while (!done) c.wait();
      });
    setting.locked([&] {
      done = true;
      setting.condition().notify_all();
      if (round % 2 == 0) setting.condition().destroy_condition();
    });
    if (round % 2 != 0) setting.condition().destroy_condition();
    join(setting.waiters);
  }
}

/// What the last one out deletes.
struct Shared {
  std::unique_ptr<AnyCondition> condition;
  int inside = 0;
  bool open = false;
};

// The last to leave, by notification or by timeout, deletes the condition and its mutex at once.
void x2_nothing_is_touched_after_its_end(const Subject& subject, Check& check) {
  if (!subject.traits.destroy_after_use)
    check.not_applicable("declared: destruction must wait until every call has returned");
  constexpr int kCount = 3;
  for (int round = 0; round < subject.rounds(40); ++round) {
    auto* const shared = new Shared{subject.make(), kCount};
    run_team(kCount, [&](int index) {
      AnyCondition& c = *shared->condition;
      AnyMutex& mutex = c.mutex();
      mutex.lock();
      if (index == 0) {
        shared->open = true;
        c.notify_all();
      } else if (index == 1) {
        c.wait([&] { return shared->open; });
      } else {
        while (!shared->open) c.wait_for(30us);
      }
      const bool last = --shared->inside == 0;
      mutex.unlock();
      if (last) delete shared;
    });
  }
}

// ---- Over a recursive mutex -----------------------------------------------------------------------------------------

void r6_waits_give_up_all_levels(const Subject& subject, Check& check) {
  const auto condition = subject.make()->over_recursive_mutex();
  if (condition == nullptr) check.not_applicable("it waits on the mutex of its own line only");
  AnyRecursiveMutex& mutex = condition->recursive_mutex();
  for (int levels = 1; levels <= 3; ++levels) {
    bool changed = false;
    for (int level = 0; level < levels; ++level) mutex.lock();
    check.expect(!condition->wait_for(100us), "a wait that nobody notified reports no timeout");
    Worker other([&] {
      const std::lock_guard guard(mutex);  // hangs unless the wait gives up every level
      changed = true;
      condition->notify_one();
    });
    while (!changed) condition->wait();
    other.join();
    if (mutex.asks()) check.equal(mutex.depth(), static_cast<std::uint32_t>(levels), "depth after the wait");
    for (int left = levels; left != 0; --left) {
      check.require(!free_for_others(mutex), "free before its last release");
      mutex.unlock();
    }
    check.expect(free_for_others(mutex), "not free after its last release");
  }
}

// ---- What holds for every primitive ---------------------------------------------------------------------------------

void x1_guarded_data_is_free_of_races(const Subject& subject, Check& check) {
  Setting setting(subject);
  Ledger ledger;
  run_rounds(crowd(subject, check.team), subject.rounds(150), 25ms, [&](int index) {
    const std::lock_guard guard(setting.mutex());
    ledger.turn(check);
    if (index % 2 == 0) {
      setting.condition().notify_one();
    } else {
      setting.condition().wait_for(by_chance(2) ? 0us : 30us);
    }
    ledger.turn(check);
  });
}

void phases(const Subject& subject, int count, int phases) {
  Setting setting(subject);
  int entered = 0;
  run_team(count, [&](int) {
    for (int phase = 1; phase <= phases; ++phase) {
      const std::lock_guard guard(setting.mutex());
      if (++entered == phase * count) setting.condition().notify_all();
      setting.condition().wait([&] { return entered >= phase * count; });
    }
  });
}

void x3_one_processor_and_many_threads(const Subject& subject, Check& check) {
  phases(subject, std::max(crowd(subject, 16), crowd(subject, check.team)), 2);
  const OneProcessor one;
  phases(subject, subject.sleeps ? 6 : 3, 4);
}

void x4_sleepers_use_no_processor_time(const Subject& subject, Check& check) {
  if (!subject.sleeps) check.not_applicable("its waiters do not sleep");
  Setting setting(subject);
  setting.add([](AnyCondition& c) { c.wait(); });
  setting.add([](AnyCondition& c) { c.wait_for(1h); });
  const auto used = [&] {
    const auto first = setting.waiters[0]->processor_time(), second = setting.waiters[1]->processor_time();
    return std::max(first, second) == Worker::kEnded ? Worker::kEnded : first + second;
  };
  bool slept = true;
  for (const auto& waiter : setting.waiters) slept = comes_true([&] { return waiter->asleep(); }) && slept;
  const auto before = used();
  std::this_thread::sleep_for(60ms);
  const auto after = used();
  setting.end();
  check.expect(slept, "a waiter does not fall asleep");
  check.expect(after - before < 6ms * kSlowness, "waiters use more than a twentieth of a processor");
}

void signals_neither_end_nor_lose_a_wait(const Subject& subject, Check& check) {
  const InterruptingSignal signal;
  Setting setting(subject);
  setting.add_sleeper();
  for (int i = 0; i < 40; ++i) {
    setting.waiters.back()->signal(InterruptingSignal::kNumber);
    if (subject.sleeps) await_waiting(subject, *setting.waiters.back());
  }
  check.expect(!setting.out(1), "a signal ended the wait");
  setting.notify_one();
  setting.expect_out(1, "the notification after the signals is lost", check);
  setting.end();
}

// The signals go on for longer than the wait may: one that starts afresh after each of them would not end before.
void signals_neither_shorten_nor_stretch_a_deadline(const Subject& subject, Check& check) {
  const InterruptingSignal signal;
  Setting setting(subject);
  std::atomic<bool> ended{false};
  Worker waiter([&] {
    const std::lock_guard guard(setting.mutex());
    const auto start = Steady::now();
    check.expect(!setting.condition().wait_for(15ms), "a signal is taken for a notification");
    check.expect(Steady::now() - start >= 15ms, "a signal ended the timed wait early");
    ended = true;
  });
  const bool in_time = comes_true([&] {
    waiter.signal(InterruptingSignal::kNumber);
    std::this_thread::sleep_for(1ms);
    return ended.load();
  });
  waiter.join();
  check.expect(in_time, "signals stretch the deadline");
}

void x5_signals(const Subject& subject, Check& check) {
  signals_neither_end_nor_lose_a_wait(subject, check);
  signals_neither_shorten_nor_stretch_a_deadline(subject, check);
}

/// One way to say how long.
struct Timeout {
  const char* name;
  bool (*wait)(AnyCondition&);
};

constexpr Timeout kExpired[] = {
    {"0 ns", [](AnyCondition& c) { return c.wait_for(0ns); }},
    {"-1 ns", [](AnyCondition& c) { return c.wait_for(-1ns); }},
    {"nanoseconds::min", [](AnyCondition& c) { return c.wait_for(Nanoseconds::min()); }},
    {"steady past", [](AnyCondition& c) { return c.wait_until(Steady::now() - 1s); }},
    {"steady min", [](AnyCondition& c) { return c.wait_until(SteadyTime::min()); }},
    {"system past", [](AnyCondition& c) { return c.wait_until(System::now() - 1s); }},
    {"system min", [](AnyCondition& c) { return c.wait_until(SystemTime::min()); }},
    {"another clock's min", [](AnyCondition& c) { return c.wait_until(HandSetClock::time_point::min()); }},
};

constexpr Timeout kUnlimited[] = {
    {"292 years", [](AnyCondition& c) { return c.wait_for(Nanoseconds::max()); }},
    {"250 years", [](AnyCondition& c) { return c.wait_for(std::chrono::hours(24 * 365 * 250)); }},
    {"steady max", [](AnyCondition& c) { return c.wait_until(SteadyTime::max()); }},
    {"system max", [](AnyCondition& c) { return c.wait_until(SystemTime::max()); }},
    {"another clock's max", [](AnyCondition& c) { return c.wait_until(HandSetClock::time_point::max()); }},
};

void expired_timeouts_return_at_once(const Subject& subject, Check& check) {
  Setting setting(subject);
  for (const Timeout& timeout : kExpired) {
    std::atomic<int> answer{-1};
    Worker waiter([&] { answer = setting.locked([&] { return timeout.wait(setting.condition()) ? 1 : 0; }); });
    const bool ended = comes_true([&] { return answer >= 0; });
    if (!ended) setting.notify_all();
    waiter.join();
    check.require(ended, std::string(timeout.name) + ": waits");
    check.expect(answer == 0, std::string(timeout.name) + ": reports no timeout");
  }
}

void the_longest_wait_for_the_notification(const Subject& subject, Check& check) {
  for (const Timeout& timeout : kUnlimited) {
    Setting setting(subject);
    bool ready = false;
    setting.add([&](AnyCondition& c) {
      do check.expect(timeout.wait(c), std::string(timeout.name) + ": reports a timeout");
      while (!ready && !check.violated());
    });
    if (subject.sleeps) comes_true([&] { return setting.waiters.back()->asleep(); }, 500ms);
    setting.locked([&] { ready = true; });
    setting.end();
  }
}

// Waits on while it is woken for no reason.
template <class Clock>
void expect_not_early(AnyCondition& condition, std::chrono::microseconds timeout, Check& check) {
  const auto instant = Clock::now() + timeout;
  while (condition.wait_until(instant)) continue;
  check.expect(Clock::now() >= instant, "reports a timeout before the instant");
}

void never_gives_up_early(const Subject& subject, Check& check) {
  Setting setting(subject);
  AnyCondition& c = setting.condition();
  const std::lock_guard guard(setting.mutex());
  for (const auto timeout : {1us, 333us, 2000us}) {
    const auto start = Steady::now();
    check.expect(!c.wait_for(timeout, [] { return false; }), "true although the predicate is false");
    check.expect(Steady::now() - start >= timeout, "gave up before the timeout");
    expect_not_early<Steady>(c, timeout, check);
    expect_not_early<System>(c, timeout, check);
  }
}

// The time is up by every clock but its own: the waiter is sent to look, as if woken for no reason.
void a_clock_that_is_set_back_reports_no_timeout(const Subject& subject, Check& check) {
  Setting setting(subject);
  HandSetClock::hand = 0;
  const std::lock_guard guard(setting.mutex());
  check.expect(setting.condition().wait_until(HandSetClock::time_point(100us)),
               "reports a timeout although its own clock stood still");
  HandSetClock::hand = 200'000;
  check.expect(!setting.condition().wait_until(HandSetClock::time_point(100us)),
               "reports no timeout although its own clock was set on");
}

void x6_timeouts(const Subject& subject, Check& check) {
  expired_timeouts_return_at_once(subject, check);
  the_longest_wait_for_the_notification(subject, check);
  never_gives_up_early(subject, check);
  a_clock_that_is_set_back_reports_no_timeout(subject, check);
}

// Two threads let their timeouts expire; returns how many did.
std::uint64_t expire(Setting& setting, int rounds, Check& check) {
  std::atomic<std::uint64_t> woken{0};
  const auto waits = run_rounds(2, rounds, kExpiryLimit, [&](int) {
    const std::lock_guard guard(setting.mutex());
    if (setting.condition().wait_for(by_chance(2) ? 0ns : 1ns)) ++woken;
  });
  check.equal(woken.load(), 0U, "expired waits that report a notification");
  return waits;
}

void serves_as_ever(Setting& setting, Check& check) {
  for (int i = 0; i < 3; ++i) setting.add_sleeper();
  setting.notify_one();
  setting.expect_out(1, "a waiter missed the only notification", check);
  if (setting.subject.traits.fifo)
    setting.locked([&] { check.expect(setting.served == std::vector<int>{0}, "not the oldest alone was served"); });
  setting.notify_all();
  setting.expect_out(3, "notify_all left somebody waiting", check);
  setting.end();
}

void x7_expired_timeouts_leave_nothing(const Subject& subject, Check& check) {
  Setting setting(subject);
  expire(setting, 100, check);  // what is allocated once may stay
  const std::size_t before = memory_in_use();
  const auto waits = expire(setting, kExpiries / 2, check);
  check.expect(memory_in_use() <= before + tolerated_growth(waits), "expired timeouts leave memory allocated");
  serves_as_ever(setting, check);
}

void x8_notifications_publish(const Subject& subject, Check& check) {
  Setting setting(subject);
  for (int round = 1; round <= 6; ++round) {
    int written = 0;
    setting.add([&](AnyCondition& c) {
      c.wait([&] { return written != 0; });
      check.equal(written, round, "what the notifier wrote");
    });
    setting.locked([&] { written = round; });
    setting.notify_one();
    setting.end();
  }
  take_turns(setting, 3, subject.rounds(100), subject.checked, check);
}

void x9_counters_wrap(const Subject& subject, Check& check) {
  Setting setting(subject);
  expire(setting, steps_to_wrap(subject) / 2, check);
  take_turns(setting, 2, subject.rounds(1200), true, check);
  serves_as_ever(setting, check);
}

}  // namespace

const std::vector<Rule<AnyCondition>>& condition_rules() {
  static const std::vector<Rule<AnyCondition>> rules = {
      {"C1", "waiting or notifying without the lock is an error", static_cast<unsigned>(Profile::python),
       c1_misuse_is_an_error},
      {"C2", "giving up the lock and waiting are one step: no notification is missed", kAllProfiles,
       c2_no_notification_is_missed},
      {"C3", "wait returns holding the lock, also on a timeout or an exception", kAllProfiles,
       c3_waits_return_holding_the_lock},
      {"C4", "notify(n) wakes n waiters at least, exactly n in order of arrival where that is declared", kAllProfiles,
       c4_notify_n},
      {"C5", "notify_all wakes all who wait at that moment", kAllProfiles, c5_notify_all},
      {"C6", "a notification without waiters is not stored", kAllProfiles, c6_nothing_is_stored},
      {"C7", "who begins to wait later takes no notification away", kAllProfiles, c7_late_comers_take_nothing},
      {"C8", "a waiter that reports a timeout has consumed no notification", kAllProfiles,
       c8_a_timeout_consumes_nothing},
      {"C9", "a predicate is evaluated under the lock, and its last value is returned", kAllProfiles,
       c9_predicates_are_evaluated_under_the_lock},
      {"C10", "waits with a predicate survive wake-ups for no reason", kAllProfiles, c10_callers_loop},
      {"C11", "it may be destroyed once all waiters have been notified",
       Profile::posix | Profile::cpp | Profile::strict, c11_may_be_destroyed_once_all_are_notified},
      {"C12", "timed and untimed waiters and different clocks mix", kAllProfiles, c12_all_kinds_of_waits_mix},
      {"C13", "a notification may be made holding the lock or not, if the change was made under it", kAllProfiles,
       c13_notified_with_or_without_the_lock},
      {"R6", "over a recursive mutex, a wait gives up all levels and restores exactly as many",
       Profile::python | Profile::strict, r6_waits_give_up_all_levels},
      {"X1", "plain data guarded by it is free of races", kAllProfiles, x1_guarded_data_is_free_of_races},
      {"X2", "nothing of it is touched after its last user has destroyed it", kAllProfiles,
       x2_nothing_is_touched_after_its_end},
      {"X3", "it works on one processor and with many more threads than processors", kAllProfiles,
       x3_one_processor_and_many_threads},
      {"X4", "a waiter that sleeps uses no processor time", kAllProfiles, x4_sleepers_use_no_processor_time},
      {"X5", "a signal neither ends a wait nor loses it, and moves no deadline", kAllProfiles, x5_signals},
      {"X6", "timeouts: never early, zero or less means at once, the longest are accepted, its own clock decides",
       kAllProfiles, x6_timeouts},
      {"X7", "expired timeouts leave nothing behind", kAllProfiles, x7_expired_timeouts_leave_nothing},
      {"X8", "what was written before a notification is seen by whom it wakes", kAllProfiles, x8_notifications_publish},
      {"X9", "counters may wrap", kAllProfiles, x9_counters_wrap},
  };
  return rules;
}

}  // namespace syncbench::conformance
