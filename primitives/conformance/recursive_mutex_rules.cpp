// The rules of the recursive mutex: R1 to R7 of its own, and those of the mutex, which hold for it as for every other.
#include <algorithm>
#include <array>
#include <condition_variable>
#include <optional>
#include <system_error>

#include "primitives/conformance/mutex_probes.hpp"
#include "primitives/conformance/rules.hpp"

namespace syncbench::conformance {
namespace {

using Subject = Subject<AnyRecursiveMutex>;

void lock_times(AnyMutex& mutex, int levels) {
  for (; levels != 0; --levels) mutex.lock();
}
void unlock_times(AnyMutex& mutex, int levels) {
  for (; levels != 0; --levels) mutex.unlock();
}

// ---- Levels ---------------------------------------------------------------------------------------------------------

void its_owner_never_waits(const Subject& subject, Check& check) {
  const auto mutex = subject.make(0);
  int levels = 2;
  lock_times(*mutex, 2);  // one that waits for itself hangs here
  for (int round = 0; round < 50; ++round) {
    check.expect(mutex->try_lock() && ++levels != 0, "its owner's try_lock fails");
    if (!mutex->timed()) continue;
    check.expect(mutex->try_lock_for(0ns) && ++levels != 0, "its owner's try_lock_for(0) fails");
    check.expect(mutex->try_lock_for(1h) && ++levels != 0, "its owner's try_lock_for(1 h) fails");
    check.expect(mutex->try_lock_until(System::now() + 1h) && ++levels != 0, "its owner's try_lock_until fails");
  }
  if (mutex->asks()) check.equal(mutex->depth(), static_cast<std::uint32_t>(levels), "depth after nested acquires");
  unlock_times(*mutex, levels);
  check.expect(free_for_others(*mutex), "not free after as many releases as acquires");
}

enum class Refusal { none, right, wrong };

Refusal lock_beyond(AnyMutex& mutex) {
  try {
    mutex.lock();
  } catch (const std::system_error& error) {
    return error.code() == std::errc::resource_unavailable_try_again ? Refusal::right : Refusal::wrong;
  }
  return Refusal::none;
}

void beyond_its_limit_nothing_changes(const Subject& subject, Check& check) {
  constexpr std::uint32_t kLimit = kFewLevels;
  const auto mutex = subject.make(kLimit);
  lock_times(*mutex, kLimit);
  if (mutex->try_lock()) return unlock_times(*mutex, kLimit + 1);  // it cannot be told, and its own limit is far off
  for (int round = 0; round < 3; ++round) {
    check.expect(!mutex->try_lock(), "try_lock is true beyond the limit");
    if (mutex->timed()) check.expect(!mutex->try_lock_for(100us), "try_lock_for is true beyond the limit");
    check.require(lock_beyond(*mutex) == Refusal::right,
                  "lock beyond the limit is no std::system_error (resource_unavailable_try_again)");
  }
  if (mutex->asks()) check.equal(mutex->depth(), kLimit, "depth after refused acquires");
  unlock_times(*mutex, kLimit - 1);
  check.expect(!free_for_others(*mutex), "free before its last release");
  mutex->unlock();
  check.expect(free_for_others(*mutex), "not free after its last release");
}

void r1_its_owner_acquires_again(const Subject& subject, Check& check) {
  its_owner_never_waits(subject, check);
  beyond_its_limit_nothing_changes(subject, check);
}

void free_only_after_the_last_release(const Subject& subject, Check& check) {
  const auto mutex = subject.make(0);
  for (int levels = 1; levels <= 4; ++levels) {
    lock_times(*mutex, levels);
    for (int left = levels; left != 0; --left) {
      check.require(!free_for_others(*mutex), "free for others before its last release");
      mutex->unlock();
    }
    check.expect(free_for_others(*mutex), "not free for others after its last release");
  }
}

// Everybody nests as deep as chance wants, and looks at the data on every level, going in and coming out.
void nested_holders_exclude_each_other(const Subject& subject, Check& check) {
  const auto mutex = subject.make(0);
  Witness witness;
  std::atomic<std::uint64_t> visits{0};
  run_rounds(crowd(subject, check.team), subject.rounds(200), 25ms, [&](int) {
    if (!acquire_somehow(*mutex)) return;
    std::uint64_t mine = 0;
    int levels = 1;
    for (; by_chance(2) && levels < 6; ++levels) {
      check.expect(acquire_somehow(*mutex), "its owner could not acquire it again");
      witness.visit();
      ++mine;
    }
    for (; levels != 0; --levels, ++mine) {
      witness.visit();
      mutex->unlock();
    }
    visits.fetch_add(mine, std::memory_order_relaxed);
  });
  witness.judge(*mutex, visits, check);
}

// The waiter gets in after the last release and not before, although each of the earlier ones looks like one.
void a_waiter_is_let_in_by_the_last_release(const Subject& subject, Check& check) {
  const auto mutex = subject.make(0);
  for (int round = 0; round < 3; ++round) {
    std::atomic<bool> last{false};
    Team team;
    lock_times(*mutex, 3);
    queue_up(subject, *mutex, team, [&] { check.expect(last, "let in before the last release"); });
    mutex->unlock();
    mutex->unlock();
    if (round == 0) std::this_thread::sleep_for(1ms);  // a wake-up too early takes a moment to show
    last = true;
    mutex->unlock();
    join(team);
  }
}

void r2_others_wait_for_all_levels(const Subject& subject, Check& check) {
  free_only_after_the_last_release(subject, check);
  nested_holders_exclude_each_other(subject, check);
  a_waiter_is_let_in_by_the_last_release(subject, check);
}

// ---- Wrong use ------------------------------------------------------------------------------------------------------

void needs_checks(const Subject& subject, Check& check) {
  if (!subject.checked) check.not_applicable("undefined in the form that is measured; Checked<> reports it");
}

bool unlock_is_refused(AnyMutex& mutex) {
  try {
    mutex.unlock();
  } catch (const std::system_error&) {
    return true;
  }
  return false;
}

void r3_only_its_owner_releases(const Subject& subject, Check& check) {
  needs_checks(subject, check);
  const auto mutex = subject.make(0);
  lock_times(*mutex, 2);
  for (int round = 0; round < 3; ++round) {
    Worker([&] { check.expect(unlock_is_refused(*mutex), "another thread's unlock is no std::system_error"); }).join();
    check.require(!free_for_others(*mutex), "another thread's unlock released it");
  }
  if (mutex->asks()) check.equal(mutex->depth(), 2U, "depth after another thread's unlock");
  unlock_times(*mutex, 2);
  check.expect(free_for_others(*mutex), "not free after its owner's releases");
}

void r4_no_release_too_many(const Subject& subject, Check& check) {
  needs_checks(subject, check);
  const auto mutex = subject.make(0);
  check.expect(unlock_is_refused(*mutex), "unlock of a new mutex is no std::system_error");
  for (int levels = 1; levels <= 3; ++levels) {
    lock_times(*mutex, levels);
    unlock_times(*mutex, levels);
    check.expect(unlock_is_refused(*mutex), "one unlock too many is no std::system_error");
    check.require(free_for_others(*mutex), "not free after the refused unlock");
    mutex->lock();
    check.expect(!free_for_others(*mutex), "after the refused unlock it does not exclude");
    mutex->unlock();
  }
}

// ---- Who owns it ----------------------------------------------------------------------------------------------------

void needs_answers(const AnyRecursiveMutex& mutex, Check& check) {
  if (!mutex.asks()) check.not_applicable("it does not tell who owns it, nor gives up all levels");
}

void expect_stranger(const AnyRecursiveMutex& mutex, Check& check) {
  check.expect(!mutex.owned(), "owned() is true for a thread that does not hold it");
  check.equal(mutex.depth(), 0U, "depth() for a thread that does not hold it");
}

void r5_owned_and_depth_are_each_threads_own(const Subject& subject, Check& check) {
  const auto mutex = subject.make(0);
  needs_answers(*mutex, check);
  expect_stranger(*mutex, check);
  for (std::uint32_t level = 1; level <= 4; ++level) {
    mutex->lock();
    check.expect(mutex->owned(), "owned() is false for its owner");
    check.equal(mutex->depth(), level, "depth() for its owner");
    Worker([&] { expect_stranger(*mutex, check); }).join();
  }
  for (std::uint32_t level = 4; level != 0; --level) {
    check.equal(mutex->depth(), level, "depth() for its owner");
    mutex->unlock();
  }
  expect_stranger(*mutex, check);
  run_rounds(crowd(subject, check.team), subject.rounds(150), 15ms, [&](int) {
    expect_stranger(*mutex, check);
    mutex->lock();
    check.expect(mutex->owned() && mutex->depth() == 1, "its owner is not told so under traffic");
    mutex->unlock();
  });
}

void r6_all_levels_are_given_up_and_come_back(const Subject& subject, Check& check) {
  const auto mutex = subject.make(0);
  needs_answers(*mutex, check);
  for (std::uint32_t levels = 1; levels <= 4; ++levels) {
    lock_times(*mutex, static_cast<int>(levels));
    const std::uint32_t given_up = mutex->release_all();
    check.equal(given_up, levels, "levels that release_all gave up");
    expect_stranger(*mutex, check);
    check.require(free_for_others(*mutex), "not free after release_all");
    mutex->reacquire(levels);
    check.equal(mutex->depth(), levels, "depth after reacquire");
    check.expect(!free_for_others(*mutex), "free after reacquire");
    unlock_times(*mutex, static_cast<int>(levels));
    check.expect(free_for_others(*mutex), "not free after as many releases as levels");
  }
}

// What a condition's wait does, with others at it: the depth is each thread's own, before and after.
void levels_come_back_under_traffic(const Subject& subject, Check& check) {
  const auto mutex = subject.make(0);
  Witness witness;
  const auto visits = run_rounds(crowd(subject, check.team), subject.rounds(150), 20ms, [&](int index) {
    const std::uint32_t levels = 1 + static_cast<std::uint32_t>(index) % 3;
    lock_times(*mutex, static_cast<int>(levels));
    const std::uint32_t given_up = mutex->release_all();
    ::sched_yield();
    mutex->reacquire(given_up);
    check.equal(mutex->depth(), levels, "depth after reacquire");
    witness.visit();
    unlock_times(*mutex, static_cast<int>(levels));
  });
  witness.judge(*mutex, visits, check);
}

void r6_waits_give_up_all_levels(const Subject& subject, Check& check) {
  r6_all_levels_are_given_up_and_come_back(subject, check);
  levels_come_back_under_traffic(subject, check);
}

// The owner ends without releasing, which the standards leave undefined. The mutex stays held for ever: it is kept,
// because nobody could destroy it.
void r7_an_old_owners_successor_is_not_the_owner(const Subject& subject, Check& check) {
  if (subject.traits.promise == Profile::cpp || subject.traits.promise == Profile::posix)
    check.not_applicable("undefined in the profile that it promises");
  static auto& kept = *new std::vector<std::unique_ptr<AnyRecursiveMutex>>;
  kept.push_back(subject.make(0));
  AnyRecursiveMutex& mutex = *kept.back();
  Worker([&] { mutex.lock(); }).join();
  for (int heir = 0; heir < 20; ++heir) {
    Worker([&] {
      check.expect(!mutex.try_lock(), "a new thread acquired what a thread that has ended still holds");
      if (mutex.asks()) expect_stranger(mutex, check);
    }).join();
  }
}

void depth_is_exact_beyond_any_small_counter(const Subject& subject, Check& check) {
  const auto mutex = subject.make(0);
  const int levels = steps_to_wrap(subject);
  lock_times(*mutex, levels);
  if (mutex->asks()) check.equal(mutex->depth(), static_cast<std::uint32_t>(levels), "depth");
  unlock_times(*mutex, levels - 1);
  check.expect(!free_for_others(*mutex), "free before its last release");
  mutex->unlock();
  check.expect(free_for_others(*mutex), "not free after its last release");
}

// ---- The rules of the mutex -----------------------------------------------------------------------------------------

// A recursive mutex seen as what it also is.
conformance::Subject<AnyMutex> as_mutex(const Subject& subject) {
  return {.name = subject.name,
          .family = subject.family,
          .traits = subject.traits,
          .sleeps = subject.sleeps,
          .observed = subject.observed,
          .checked = subject.checked,
          .make = [make = subject.make] { return make(0); }};
}

// Not those in which a thread acquires what it holds, or releases what another acquired: here R1, R3 and R4 speak.
bool is_borrowed(std::string_view rule) {
  return rule != "M7" && rule != "M7b" && rule != "M8";
}

std::function<void(const Subject&, Check&)> borrowed(const Rule<AnyMutex>& rule) {
  return [&rule](const Subject& subject, Check& check) {
    rule.check(as_mutex(subject), check);
    if (rule.id == "X9") depth_is_exact_beyond_any_small_counter(subject, check);
  };
}

std::vector<Rule<AnyRecursiveMutex>> all_rules() {
  constexpr auto kPython = static_cast<unsigned>(Profile::python);
  std::vector<Rule<AnyRecursiveMutex>> rules = {
      {"R1", "its owner acquires it again at once, to its declared depth; beyond that it fails cleanly", kAllProfiles,
       r1_its_owner_acquires_again},
      {"R2", "others are excluded until the last level is released", kAllProfiles, r2_others_wait_for_all_levels},
      {"R3", "a release by another thread is an error and changes nothing", kPython, r3_only_its_owner_releases},
      {"R4", "a release too many is an error and changes nothing", kPython, r4_no_release_too_many},
      {"R5", "owned() and depth() are each thread's own: false and 0 for those who do not hold it", kAllProfiles,
       r5_owned_and_depth_are_each_threads_own},
      {"R6", "all levels are given up for a wait, and exactly as many come back", Profile::python | Profile::strict,
       r6_waits_give_up_all_levels},
      {"R7", "a new thread that looks like one that has ended is not the owner", kAllProfiles,
       r7_an_old_owners_successor_is_not_the_owner},
  };
  for (const Rule<AnyMutex>& rule : mutex_rules())
    if (is_borrowed(rule.id)) rules.push_back({rule.id, rule.text, rule.profiles, borrowed(rule)});
  return rules;
}

}  // namespace

const std::vector<Rule<AnyRecursiveMutex>>& recursive_mutex_rules() {
  static const auto rules = all_rules();
  return rules;
}

}  // namespace syncbench::conformance
