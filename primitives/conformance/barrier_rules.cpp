// The rules of the barrier: B1 to B10, and of the rules for every primitive those that concern one without timeouts. A
// breakable barrier keeps them all as well. What is broken here mostly shows as threads that never leave, from where
// nothing can get them out: then the process ends, with the sentence of the rule.
#include <algorithm>
#include <array>
#include <stdexcept>

#include "primitives/conformance/crew.hpp"
#include "primitives/conformance/rules.hpp"

namespace syncbench::conformance {
namespace {

using Subject = Subject<AnyBarrier>;
using Index = std::uint32_t;

constexpr const char* kNobodyLeaves = "all have arrived, and somebody does not leave";

std::unique_ptr<AnyBarrier> make_for(const Subject& subject, int parties, PhaseAction action = {}) {
  return subject.make(static_cast<Index>(parties), std::move(action));
}

/// `parties` threads pass phases together, as many as asked for, fewer where that takes longer than `limit`, one at
/// least: `arrive(rank, phase)` on each, which arrives and looks about. Returns how many there were.
template <class Arrive>
int run_phases(int parties, int phases, std::chrono::milliseconds limit, Check& check, Arrive arrive) {
  std::atomic<int> last{phases - 1};
  std::atomic<int> departures{0};
  const auto end = Steady::now() + limit;
  Crew crew;
  crew.start(parties, [&](int rank) {
    for (int phase = 0; phase <= last; ++phase) {
      if (rank == 0 && Steady::now() >= end) last = phase;  // seen by all: nobody is past a phase that we are not at
      arrive(rank, phase);
      ++departures;
    }
  });
  crew.get_through_or_end(check, kNobodyLeaves, [&] { return departures.load(); });
  return last + 1;
}

/// How far each thread has come. Relaxed: the barrier alone orders what is written here and what is read.
class Steps {
 public:
  explicit Steps(int count) : steps_(static_cast<std::size_t>(count)) {}
  void set(int rank, int step) { steps_[static_cast<std::size_t>(rank)].store(step, std::memory_order_relaxed); }
  bool all_within(int least, int most) const {
    return std::ranges::all_of(steps_, [&](const std::atomic<int>& one) {
      const int step = one.load(std::memory_order_relaxed);
      return step >= least && step <= most;
    });
  }

 private:
  std::vector<std::atomic<int>> steps_;
};

/// Each in turn comes late; nobody may leave before it has come, and nobody may be two phases ahead.
void expect_meetings(AnyBarrier& barrier, int parties, int phases, std::chrono::milliseconds limit, bool late,
                     Check& check) {
  Steps arrived(parties);
  run_phases(parties, phases, limit, check, [&](int rank, int phase) {
    if (late && phase % parties == rank) std::this_thread::sleep_for(by_chance(2) ? 60us : 5us);
    if (late) wobble();
    arrived.set(rank, phase + 1);
    barrier.arrive_and_wait(static_cast<Index>(rank));
    check.expect(arrived.all_within(phase + 1, phase + 2), "left before all had arrived");
  });
}

int parties_for(const Subject& subject, const Check& check) {
  return std::max(2, crowd(subject, check.team));
}

// ---- Meeting --------------------------------------------------------------------------------------------------------

void b1_nobody_leaves_early(const Subject& subject, Check& check) {
  for (const int parties : {2, 3, parties_for(subject, check)})
    expect_meetings(*make_for(subject, parties), parties, subject.rounds(80), 10ms, true, check);
}

// All but one sleep before the last one comes.
void b2_everybody_leaves(const Subject& subject, Check& check) {
  for (const int parties : {2, 3, 5, parties_for(subject, check)}) {
    const auto barrier = make_for(subject, parties);
    for (int phase = 0; phase < 3; ++phase) {
      Crew crew;
      const auto arrive = [&](int rank) { barrier->arrive_and_wait(static_cast<Index>(rank)); };
      const int last = phase % parties;
      for (int rank = 0; rank < parties; ++rank)
        if (rank != last) crew.start([=] { arrive(rank); });
      crew.await_waiting(subject);
      let_things_settle();
      check.equal(crew.ended(), 0, "left before the last one came");
      crew.start([=] { arrive(last); });
      crew.get_through_or_end(check, kNobodyLeaves, [&] { return crew.ended(); });
    }
  }
}

void b3_it_may_be_used_again_at_once(const Subject& subject, Check& check) {
  for (const int parties : {2, 3, parties_for(subject, check)})
    expect_meetings(*make_for(subject, parties), parties, subject.rounds(2000), 10ms, false, check);
}

void b4_indices_are_a_permutation(const Subject& subject, Check& check) {
  for (const int parties : {2, parties_for(subject, check)}) {
    const auto barrier = make_for(subject, parties);
    const int phases = std::max(2, subject.rounds(300));
    std::vector<std::vector<Index>> indices(static_cast<std::size_t>(phases),
                                            std::vector<Index>(static_cast<std::size_t>(parties)));
    const int run = run_phases(parties, phases, 12ms, check, [&](int rank, int phase) {
      wobble();
      const Index index = barrier->arrive_and_wait(static_cast<Index>(rank));
      indices[phase][rank] = index;
      if (subject.traits.by_rank) check.equal(index, static_cast<Index>(rank), "index of a thread with a rank");
    });
    for (int phase = 0; phase < run; ++phase) {
      auto& one = indices[phase];
      std::ranges::sort(one);
      check.equal(std::ranges::count(one, static_cast<Index>(parties - 1)), 1, "threads that were the last of a phase");
      if (subject.traits.promise == Profile::posix) continue;  // one serial thread, and nothing about the others
      for (int i = 0; i < parties; ++i) check.equal(one[i], static_cast<Index>(i), "arrival index of a phase, sorted");
    }
  }
}

// ---- Action ---------------------------------------------------------------------------------------------------------

void needs_an_action(const Subject& subject, Check& check) {
  if (!make_for(subject, 1)->acts()) check.not_applicable("it runs no action");
}

void b5_the_action_runs_once(const Subject& subject, Check& check) {
  needs_an_action(subject, check);
  for (const int parties : {2, parties_for(subject, check)}) {
    Steps arrived(parties), left(parties);
    int acted = 0;  // plain
    const auto barrier = make_for(subject, parties, [&] {
      check.expect(arrived.all_within(acted + 1, acted + 1), "the action runs before all have arrived");
      check.expect(left.all_within(acted, acted), "the action runs when somebody has left");
      wobble();
      ++acted;
    });
    const int phases = run_phases(parties, subject.rounds(200), 10ms, check, [&](int rank, int phase) {
      wobble();
      arrived.set(rank, phase + 1);
      barrier->arrive_and_wait(static_cast<Index>(rank));
      check.equal(acted, phase + 1, "actions that have run when a phase ends");
      left.set(rank, phase + 1);
    });
    check.equal(acted, phases, "actions in all");
  }
}

void b6_one_party_never_waits(const Subject& subject, Check& check) {
  int acted = 0;
  const auto barrier = make_for(subject, 1, [&] { ++acted; });
  run_phases(1, 500, 1h, check,
             [&](int, int) { check.equal(barrier->arrive_and_wait(0), 0U, "index with one party"); });
  if (barrier->acts()) check.equal(acted, 500, "actions with one party");
  if (!subject.checked) return;
  bool refused = false;
  try {
    subject.make(0, {});
  } catch (const std::invalid_argument&) {
    refused = true;
  }
  check.expect(refused, "no parties are no std::invalid_argument");
}

// ---- Other ways to use it -------------------------------------------------------------------------------------------

// Whoever is free arrives next, so that no group lacks a thread; the arrivals make whole groups.
void more_threads_than_parties(const Subject& subject, int parties, int threads, Check& check) {
  std::atomic<int> acted{0};
  const auto barrier = make_for(subject, parties, [&] { ++acted; });
  const int total = parties * std::max(4, subject.rounds(120));
  std::atomic<int> drawn{0}, arrived{0}, departed{0};
  std::vector<std::atomic<int>> with_index(static_cast<std::size_t>(parties));
  Crew crew;
  crew.start(threads, [&](int) {
    while (drawn++ < total) {
      wobble();
      ++arrived;
      const Index index = barrier->arrive_and_wait(0);
      const int left = ++departed;
      check.expect(left <= arrived / parties * parties, "more have left than arrived in whole groups");
      if (index < with_index.size()) ++with_index[index];
    }
  });
  crew.get_through_or_end(check, kNobodyLeaves, [&] { return departed.load(); });
  for (const auto& count : with_index) check.equal(count, total / parties, "phases in which an index was given");
  if (barrier->acts()) check.equal(acted, total / parties, "actions in all");
}

void b7_more_threads_pass_in_groups(const Subject& subject, Check& check) {
  if (subject.traits.by_rank) check.not_applicable("each of its threads has a rank of its own");
  more_threads_than_parties(subject, 2, std::max(4, crowd(subject, check.team)), check);
  more_threads_than_parties(subject, 3, subject.sleeps || subject.observed ? 7 : 4, check);
}

/// A fresh barrier in every round. After some phases the last of all destroys it, or tells another one to.
void destroy_after_use(const Subject& subject, int parties, bool by_another, Check& check) {
  struct Shared {
    std::unique_ptr<AnyBarrier> barrier;
    std::atomic<bool> over{false};
  };
  Fresh<Shared> objects(subject.rounds(150));
  const auto prepare = [&](int round) {
    PhaseAction action = round % 3 == 0 ? PhaseAction([] { wobble(); }) : PhaseAction();
    objects.put(round, std::unique_ptr<Shared>(new Shared{make_for(subject, parties, std::move(action)), {}}));
  };
  const auto body = [&](int rank, int round) {
    Shared& shared = objects[round];
    AnyBarrier& barrier = *shared.barrier;  // read once: the pointer is reset
    for (int phase = round % 2; phase > 0; --phase) barrier.arrive_and_wait(static_cast<Index>(rank));
    if (round % 4 == 0 && rank == parties - 1)
      std::this_thread::sleep_for(60us);  // the others have time to fall asleep
    const bool last = barrier.arrive_and_wait(static_cast<Index>(rank)) == static_cast<Index>(parties - 1);
    if (last && by_another) shared.over = true;
    if (last && !by_another) shared.barrier.reset();
    if (by_another && rank == 0) {
      await([&] { return shared.over.load(); });
      shared.barrier.reset();
    }
  };
  run_in_step(parties, objects.rounds(), 15ms, prepare, body, check, kNobodyLeaves, [](int) {});
}

void needs_destruction_after_use(const Subject& subject, Check& check) {
  if (!subject.traits.destroy_after_use)
    check.not_applicable("declared: destruction must wait until all have returned");
}

void b8_the_last_may_destroy_it(const Subject& subject, Check& check) {
  needs_destruction_after_use(subject, check);
  for (const int parties : {2, std::max(3, crowd(subject, check.team))})
    destroy_after_use(subject, parties, false, check);
}

void split_arrivals_meet(const Subject& subject, Check& check) {
  const int parties = 3;
  const auto barrier = make_for(subject, parties);
  Steps arrived(parties);
  run_phases(parties, subject.rounds(200), 10ms, check, [&](int rank, int phase) {
    wobble();
    arrived.set(rank, phase + 1);
    const auto token = barrier->arrive();
    wobble();
    token->wait();
    check.expect(arrived.all_within(phase + 1, phase + 2), "left before all had arrived");
  });
}

// One of three drops out in phase 3: that phase is still for three, the later ones for two.
void who_drops_counts_in_that_phase(const Subject& subject, Check& check) {
  const auto barrier = make_for(subject, 3);
  constexpr int kPhases = 12;
  std::atomic<int> progress{0};
  std::atomic<bool> dropped{false};
  Crew crew;
  crew.start(3, [&](int rank) {
    for (int phase = 0; phase < kPhases; ++phase, ++progress) {
      if (rank == 2 && phase == 3) {
        let_things_settle();
        dropped = true;
        return barrier->arrive_and_drop();
      }
      barrier->arrive_and_wait(static_cast<Index>(rank));
      check.expect(phase < 3 || dropped, "left before all had arrived: dropping out reduced the phase at hand");
    }
  });
  crew.get_through_or_end(check, "one has dropped out, and the others do not leave", [&] { return progress.load(); });
}

void b9_split_and_drop(const Subject& subject, Check& check) {
  const auto barrier = make_for(subject, 1);
  if (!barrier->splits() && !barrier->drops())
    check.not_applicable("arriving and waiting are one, and nobody drops out");
  if (barrier->splits()) split_arrivals_meet(subject, check);
  if (barrier->drops()) who_drops_counts_in_that_phase(subject, check);
}

void b10_the_count_tells_who_waits(const Subject& subject, Check& check) {
  const int parties = 4;
  const auto barrier = make_for(subject, parties);
  if (!barrier->waiting()) check.not_applicable("it does not tell how many wait");
  for (int phase = 0; phase < 4; ++phase) {
    check.equal(*barrier->waiting(), 0U, "waiting() when nobody does");
    Crew crew;
    for (int rank = 0; rank < parties; ++rank) {
      crew.start([&, rank] { barrier->arrive_and_wait(static_cast<Index>(rank)); });
      if (rank + 1 == parties) break;
      crew.await_waiting(subject);
      check.equal(*barrier->waiting(), static_cast<Index>(rank + 1), "waiting() when so many have arrived");
    }
    crew.get_through_or_end(check, kNobodyLeaves, [&] { return crew.ended(); });
  }
  check.equal(*barrier->waiting(), 0U, "waiting() when all have left");
}

// ---- What holds for every primitive ---------------------------------------------------------------------------------

// Each writes a plain word of its own and reads all others' after the barrier; a second barrier ends the reading.
void x1_data_of_phases_is_free_of_races(const Subject& subject, Check& check) {
  const int parties = parties_for(subject, check);
  const auto barrier = make_for(subject, parties);
  std::vector<int> words(static_cast<std::size_t>(parties));
  run_phases(parties, subject.rounds(200), 15ms, check, [&](int rank, int phase) {
    words[rank] = phase + 1;
    barrier->arrive_and_wait(static_cast<Index>(rank));
    for (const int word : words) check.equal(word, phase + 1, "what was written before the barrier");
    barrier->arrive_and_wait(static_cast<Index>(rank));
  });
}

void x2_nothing_is_touched_after_its_end(const Subject& subject, Check& check) {
  needs_destruction_after_use(subject, check);
  destroy_after_use(subject, 2, true, check);
  destroy_after_use(subject, 3, true, check);
}

void x3_one_processor_and_many_threads(const Subject& subject, Check& check) {
  const int many = std::max(16, check.team);
  expect_meetings(*make_for(subject, many), many, subject.rounds(40), 15ms, true, check);
  const OneProcessor one;
  expect_meetings(*make_for(subject, 4), 4, subject.rounds(200), 15ms, false, check);
}

void x4_sleepers_use_no_processor_time(const Subject& subject, Check& check) {
  const auto barrier = make_for(subject, 2);
  expect_idle_waiters(
      subject, check, [&](Crew& crew) { crew.start([&] { barrier->arrive_and_wait(0); }); },
      [&] { barrier->arrive_and_wait(1); });
}

void x5_signals_end_no_wait(const Subject& subject, Check& check) {
  const InterruptingSignal signal;
  const auto barrier = make_for(subject, 2);
  for (int phase = 0; phase < 2; ++phase) {
    Crew crew;
    crew.start([&] { barrier->arrive_and_wait(0); });
    const bool waits = survives_signals(subject, crew);
    check.require(waits, "a signal ended the wait");
    crew.start([&] { barrier->arrive_and_wait(1); });
    crew.get_through_or_end(check, kNobodyLeaves, [&] { return crew.ended(); });
  }
}

// What each wrote before it arrived, all see when they leave; the action sees it too, and all see what that wrote. Two
// words each, used in turn: one barrier a phase is enough.
void x8_arrivals_publish(const Subject& subject, Check& check) {
  const int parties = std::min(4, parties_for(subject, check));
  std::vector<std::array<int, 2>> words(static_cast<std::size_t>(parties));
  std::array<int, 2> sums{};
  int phase_of_action = 0;
  const auto barrier = make_for(subject, parties, [&] {
    int sum = 0;
    for (const auto& word : words) sum += word[phase_of_action % 2];
    sums[phase_of_action % 2] = sum;
    ++phase_of_action;
  });
  const bool acts = barrier->acts();
  run_phases(parties, subject.rounds(400), 15ms, check, [&](int rank, int phase) {
    words[rank][phase % 2] = phase + 1;
    barrier->arrive_and_wait(static_cast<Index>(rank));
    for (const auto& word : words) check.equal(word[phase % 2], phase + 1, "what was written before the arrival");
    if (acts) check.equal(sums[phase % 2], parties * (phase + 1), "what the action made of it");
  });
}

void x9_counters_wrap(const Subject& subject, Check& check) {
  const auto alone = make_for(subject, 1);
  const int steps = steps_to_wrap(subject);
  const int run = run_phases(1, steps, 1h, check, [&](int, int) {
    if (alone->arrive_and_wait(0) != 0) check.expect(false, "index with one party is not 0");
  });
  check.equal(run, steps, "phases");
  expect_meetings(*make_for(subject, 2), 2, subject.rounds(600), 100ms, false, check);
  expect_meetings(*make_for(subject, 3), 3, subject.rounds(160), 1s, false, check);
}

}  // namespace

const std::vector<Rule<AnyBarrier>>& barrier_rules() {
  static const std::vector<Rule<AnyBarrier>> rules = {
      {"B1", "nobody leaves a phase before all have arrived in it", kAllProfiles, b1_nobody_leaves_early},
      {"B2", "everybody leaves a phase in which all have arrived", kAllProfiles, b2_everybody_leaves},
      {"B3", "it may be used again at once: an arrival never counts in the phase before", kAllProfiles,
       b3_it_may_be_used_again_at_once},
      {"B4", "the arrival indices of a phase are a permutation of 0 to parties - 1",
       Profile::python | Profile::posix | Profile::strict, b4_indices_are_a_permutation},
      {"B5", "the action runs once a phase, after the last arrival and before anybody leaves", kAllProfiles,
       b5_the_action_runs_once},
      {"B6", "a barrier for one never waits; one for nobody is refused", kAllProfiles, b6_one_party_never_waits},
      {"B7", "more threads than parties pass in groups", kAllProfiles, b7_more_threads_pass_in_groups},
      {"B8", "the last to arrive may destroy it as soon as it has returned", Profile::posix | Profile::strict,
       b8_the_last_may_destroy_it},
      {"B9", "arriving and waiting may be two steps; who drops out counts in that phase and in no later one",
       static_cast<unsigned>(Profile::cpp), b9_split_and_drop},
      {"B10", "the number of those who wait is 0 outside a phase", kAllProfiles, b10_the_count_tells_who_waits},
      {"X1", "plain data of phases is free of races", kAllProfiles, x1_data_of_phases_is_free_of_races},
      {"X2", "nothing of it is touched after the end that the last to arrive allows", Profile::posix | Profile::strict,
       x2_nothing_is_touched_after_its_end},
      {"X3", "it works on one processor and with many more threads than processors", kAllProfiles,
       x3_one_processor_and_many_threads},
      {"X4", "a waiter that sleeps uses no processor time", kAllProfiles, x4_sleepers_use_no_processor_time},
      {"X5", "a signal neither ends a wait nor loses it", kAllProfiles, x5_signals_end_no_wait},
      {"X8", "what happened before an arrival happened before all departures of its phase", kAllProfiles,
       x8_arrivals_publish},
      {"X9", "counters may wrap", kAllProfiles, x9_counters_wrap},
  };
  return rules;
}

}  // namespace syncbench::conformance
