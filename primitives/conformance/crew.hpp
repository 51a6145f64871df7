// Threads that a rule's own thread starts, watches and, if the primitive leaves them waiting, gets out again: so that a
// lost wake-up is a violation with a sentence and not a hang. And the means to make two events race.
#pragma once

#include <deque>

#include "primitives/conformance/mutex_probes.hpp"

namespace syncbench::conformance {

/// How long nothing may happen until threads count as stuck: see comes_true.
constexpr std::chrono::milliseconds kPatience = kPatienceOfRules / 2;

/// Time in which a thread that was wrongly let go would be seen to go. What is right never depends on it.
inline void let_things_settle() {
  std::this_thread::sleep_for(1ms * kSlowness);
}

/// A delay that is different each time: mostly below a microsecond, sometimes a time slice, sometimes a short sleep.
inline void wobble() {
  if (by_chance(24)) return std::this_thread::sleep_for(20us);
  if (by_chance(8)) ::sched_yield();
  while (!by_chance(96)) continue;
}

class Crew {
 public:
  Crew() = default;
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;
  ~Crew() { join(); }

  template <class Body>
  void start(Body body) {
    Member& member = members_.emplace_back();
    member.worker = std::make_unique<Worker>([this, &member, body]() mutable {
      body();
      member.ended.store(true, std::memory_order_release);
      ended_.fetch_add(1, std::memory_order_release);
    });
  }
  template <class Body>
  void start(int count, Body body) {
    for (int index = 0; index < count; ++index) start([body, index]() mutable { body(index); });
  }

  /// Waits until all, who wait for what `subject` makes, are well on their way into the wait (or through).
  template <class Any>
  void await_waiting(const Subject<Any>& subject) const {
    if (subject.sleeps) return await_asleep();
    if (subject.observed) return await_accesses();
    await_all([](const Member& one) { return one.worker->processor_time() >= 100us * kSlowness; });
  }

  int size() const { return static_cast<int>(members_.size()); }
  int ended() const { return ended_.load(std::memory_order_acquire); }
  /// True once `count` have ended; false if that does not happen.
  bool have_ended(int count) const {
    return comes_true([&] { return ended() >= count; }, kPatience);
  }
  Worker& operator[](std::size_t index) { return *members_[index].worker; }

  /// Waits for all to end. If they do not, `what` is a violation, and `rescue` is called over and over until they do;
  /// if that does not help either, the process is over.
  template <class Rescue>
  void get_through(Check& check, std::string_view what, Rescue rescue) {
    const bool alone = have_ended(size());
    check.expect(alone, what);
    if (!alone) rescue_all(check, what, rescue);
    join();
  }
  template <class Rescue>
  void rescue_all(Check& check, std::string_view what, Rescue rescue) {
    const bool helped = comes_true(
        [&] {
          if (ended() == size()) return true;
          rescue();
          std::this_thread::sleep_for(100us);
          return false;
        },
        kPatience);
    if (!helped) check.stuck(what);
  }
  /// The same where nothing can be done for threads that are stuck: the process is over as soon as `progress()`, a
  /// number, stands still.
  template <class Progress>
  void get_through_or_end(Check& check, std::string_view what, Progress progress) {
    while (ended() < size()) {
      const auto before = progress();
      if (!comes_true([&] { return ended() == size() || progress() != before; }, kPatience)) check.stuck(what);
      std::this_thread::sleep_for(100us);
    }
    join();
  }

  void join() {
    for (Member& one : members_) one.worker.reset();
    members_.clear();
    ended_.store(0, std::memory_order_relaxed);
  }

 private:
  struct Member {
    std::atomic<bool> ended{false};
    std::unique_ptr<Worker> worker;
  };

  template <class Condition>
  bool all(Condition condition) const {
    for (const Member& one : members_)
      if (!one.ended.load(std::memory_order_acquire) && !condition(one)) return false;
    return true;
  }
  template <class Condition>
  void await_all(Condition condition) const {
    await([&] { return all(condition); });
  }

  // Twice in a row: at the first look one of them may sleep on a lock inside the primitive that another one has. What
  // does not sleep in the way expected, but by polling, is taken to wait when the patience is over.
  void await_asleep() const {
    int looks = 0;
    comes_true(
        [&] {
          looks = all([](const Member& one) { return one.worker->asleep(); }) ? looks + 1 : 0;
          return looks == 2;
        },
        kPatience);
  }

  // Who waits goes on looking; so the first accesses may have been for a lock inside the primitive, and the later ones
  // not.
  void await_accesses() const {
    await_all([](const Member& one) { return one.worker->accesses() >= 4; });
    std::vector<unsigned> first;
    for (const Member& one : members_) first.push_back(one.worker->accesses());
    for (std::size_t i = 0; i < first.size(); ++i)
      await([&] { return members_[i].ended || members_[i].worker->accesses() >= first[i] + 24; });
  }

  std::deque<Member> members_;
  std::atomic<int> ended_{0};
};

/// `count` threads go through rounds that begin together: `prepare(round)` on one of them first, then
/// `body(index, round)` on all. As many as asked for, fewer where that takes longer than `limit`, one at least. If they
/// get stuck in a round, `what` is a violation, and `rescue(round)`, over and over, should help. False then.
template <class Prepare, class Body, class Rescue>
bool run_in_step(int count, int rounds, std::chrono::milliseconds limit, Prepare prepare, Body body, Check& check,
                 std::string_view what, Rescue rescue) {
  std::atomic<int> last{rounds - 1};
  std::atomic<int> arrived{0};
  const auto end = Steady::now() + limit;
  Crew crew;
  crew.start(count, [&](int index) {
    for (int round = 0; round <= last; ++round) {
      if (index == 0 && Steady::now() >= end) last = round;  // seen by all: they pass this round's gate after us
      if (index == 0) prepare(round);
      ++arrived;
      await([&] { return arrived >= count * (round + 1); });
      body(index, round);
    }
  });
  int seen = -1;
  while (crew.ended() < count) {
    const bool moves = comes_true([&] { return crew.ended() == count || arrived != seen; }, kPatience);
    if (!moves) {
      last = std::min(last.load(), seen / count);  // who is through with this round waits for the others at the next
      check.expect(false, what);
      crew.rescue_all(check, what, [&] { rescue(arrived / count - 1); });
      return false;
    }
    seen = arrived;
    std::this_thread::sleep_for(200us);
  }
  return true;
}

/// The objects of `run_in_step`, one a round.
template <class T>
class Fresh {
 public:
  explicit Fresh(int rounds) : objects_(static_cast<std::size_t>(std::max(1, rounds))) {}
  int rounds() const { return static_cast<int>(objects_.size()); }
  void put(int round, std::unique_ptr<T> object) { objects_[static_cast<std::size_t>(round)] = std::move(object); }
  T& operator[](int round) { return *objects_[static_cast<std::size_t>(round)]; }
  /// Calls visit(object) for each that was made; returns how many.
  template <class Visit>
  int for_each(Visit visit) {
    int count = 0;
    for (const auto& object : objects_) {
      if (object == nullptr) break;
      visit(*object);
      ++count;
    }
    return count;
  }

 private:
  std::vector<std::unique_ptr<T>> objects_;  // its full size from the beginning: rounds overlap
};

/// The moment of one event relative to another that it races with. Follows the outcome, so that the rounds gather where
/// it is open.
class Aim {
 public:
  explicit Aim(Nanoseconds lead) : lead_(lead) {}
  /// How long before the other event.
  Nanoseconds lead() const { return lead_; }
  void was_early(bool early) { lead_ += early ? -9us : 8us; }

 private:
  Nanoseconds lead_;
};

/// Gives the processor away until `instant`.
inline void await_instant(SteadyTime instant) {
  await([&] { return Steady::now() >= instant; });
}

/// Do the waiters of `subject` use less than a twentieth of a processor? `start(crew)` starts one, `release()` ends its
/// wait.
template <class Any, class Start, class Release>
void expect_idle_waiters(const Subject<Any>& subject, Check& check, Start start, Release release) {
  if (!subject.sleeps) check.not_applicable("its waiters do not sleep");
  Crew crew;
  start(crew);
  const bool slept = comes_true([&] { return crew[0].asleep(); });
  const auto before = crew[0].processor_time();
  std::this_thread::sleep_for(60ms);
  const auto used = crew[0].processor_time() - before;
  release();
  crew.join();
  check.expect(slept, "a waiter does not fall asleep");
  check.expect(used < 3ms * kSlowness, "a waiter uses more than a twentieth of a processor");
}

/// Signals the only one of `crew`, who waits, again and again. False if that ended its wait.
template <class Any>
bool survives_signals(const Subject<Any>& subject, Crew& crew) {
  crew.await_waiting(subject);
  for (int i = 0; i < 40 && crew.ended() == 0; ++i) {
    crew[0].signal(InterruptingSignal::kNumber);
    if (subject.sleeps) crew.await_waiting(subject);
  }
  let_things_settle();
  return crew.ended() == 0;
}

/// The same while a timed wait runs its time. The signals go on after `deadline`, and a wait that starts afresh after
/// each of them would not end. False if it did not within a second and more, which a busy machine may well take.
inline bool ends_under_signals(Crew& crew, SteadyTime deadline) {
  for (int late = 0; crew.ended() == 0; late += Steady::now() > deadline ? 1 : 0) {
    if (late > 2500) return false;
    crew[0].signal(InterruptingSignal::kNumber);
    std::this_thread::sleep_for(400us);
  }
  return true;
}

}  // namespace syncbench::conformance
