// A trial in its own process, with tiny workloads that do what implementations do when they are right, wrong or broken:
// every end is told apart by name, and no process is left behind. Outcomes are checked, never speed.
#include "runner/trial_process.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>
#include <numeric>

#include "primitives/mutex/tristate_mutex.hpp"
#include "primitives/platform/native.hpp"
#include "primitives/wait/park.hpp"
#include "workloads/workload.hpp"

namespace syncbench {
namespace {

using namespace std::chrono_literals;
using End = TrialOutcome::End;
using Lock = TristateMutex<NativePlatform, Park>;

enum : unsigned { kFirst, kSecond };

// Runs W's `run` on every worker, `close` at the end, and tells W's verdict.
template <class W>
Verdict round_of(Team& team, const Params&) {
  W state(team);
  team.run(&state, {.body = [](void* opaque, Worker& worker) { static_cast<W*>(opaque)->run(worker); },
                    .close = [](void* opaque) { static_cast<W*>(opaque)->close(); },
                    .stuck = [](void* opaque) -> std::string {
                      if constexpr (requires(const W& w) { w.stuck(); }) return static_cast<const W*>(opaque)->stuck();
                      return {};
                    }});
  return state.verify(team);
}

struct Plain {
  explicit Plain(Team&) {}
  void close() {}
  Verdict verify(Team&) const { return {}; }
};

struct Counts : Plain {
  using Plain::Plain;
  void run(Worker& worker) {
    while (worker.running()) worker.done();
  }
};

struct CountsWrong : Counts {
  using Counts::Counts;
  Verdict verify(Team&) const { return Verdict::violated("counted wrong"); }
};

// The first role completes nothing, ever, and does not hinder the second.
struct FirstRoleIdles : Plain {
  using Plain::Plain;
  void run(Worker& worker) {
    while (worker.running())
      if (worker.role() == kSecond) worker.done();
  }
};

// Each takes its own lock, waits until the other has, and asks for the other's.
struct Deadlocks {
  explicit Deadlocks(Team& team) {
    team.name(&left, sizeof left, "left fork");
    team.name(&right, sizeof right, "right fork");
  }
  void run(Worker& worker) {
    Lock& mine = worker.rank() == 0 ? left : right;
    Lock& other = worker.rank() == 0 ? right : left;
    mine.lock();
    holding.fetch_add(1);
    while (holding.load() != 2) NativePlatform::yield();
    other.lock();
    worker.done();
  }
  void close() {}
  Verdict verify(Team&) const { return {}; }
  alignas(kNoSharing) Lock left;
  alignas(kNoSharing) Lock right;
  std::atomic<int> holding{0};
};

// The first waits for a word, the second changes it and forgets to wake: whoever looks again can go on.
struct LosesWakeUp {
  explicit LosesWakeUp(Team& team) { team.name(&word, sizeof word, "gate"); }
  void run(Worker& worker) {
    if (worker.rank() == 0) {
      asleep.store(true);
      while (word.load() == 0) NativePlatform::park(word, 0, Never{});
    } else {
      while (!asleep.load()) NativePlatform::yield();
      ::usleep(50'000);  // the other is in the kernel by then
      word.store(1);
      while (!gone_on.load()) NativePlatform::park(gone_on, 0, Never{});
    }
    gone_on.store(1);
    NativePlatform::unpark(&gone_on, 1);
    while (worker.running()) worker.done();
  }
  void close() {}
  Verdict verify(Team&) const { return {}; }
  NativePlatform::Word word{0};
  NativePlatform::Word gone_on{0};
  std::atomic<bool> asleep{false};
};

struct SpinsForever : Plain {
  using Plain::Plain;
  void run(Worker&) { spin(); }
  [[noreturn]] static void spin() {
    for (;;) NativePlatform::relax();
  }
};

// The first never comes back, the second goes on as if nothing were: the workload knows why.
struct KnowsWhy : Plain {
  using Plain::Plain;
  void run(Worker& worker) {
    while (worker.role() == kFirst || worker.running())
      if (worker.role() == kSecond) worker.done();
  }
  std::string stuck() const { return "DEADLOCK: first 0 waits for itself"; }
};

// Nothing at all is completed.
struct KnowsWhyNothingMoves : KnowsWhy {
  using KnowsWhy::KnowsWhy;
  void run(Worker&) { SpinsForever::spin(); }
};

// Long after the end of the window somebody still works, and whoever is asked sees something new each time.
struct IsSlowToLeave : Plain {
  using Plain::Plain;
  void run(Worker& worker) {
    while (worker.running()) worker.done();
    if (worker.role() == kFirst) std::this_thread::sleep_for(1200ms);
  }
  std::string stuck() const { return "somebody was at " + std::to_string(++asked); }
  Verdict verify(Team&) const { return asked >= 3 ? Verdict{} : Verdict::violated("asked only so often"); }
  mutable int asked = 0;
};

template <int kSignal>
struct Crashes : Plain {
  using Plain::Plain;
  void run(Worker& worker) {
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    if (worker.rank() == 0) ::raise(kSignal);
    while (worker.running()) worker.done();
  }
};

struct Leaves : Plain {
  using Plain::Plain;
  void run(Worker&) { ::_exit(0); }
};

// What Ctrl-C does: a signal to the process that watches, while the trial runs.
template <int kSignal>
struct IsInterrupted : Plain {
  using Plain::Plain;
  void run(Worker& worker) {
    if (worker.rank() == 0) ::kill(::getppid(), kSignal);
    while (worker.running()) worker.done();
  }
};

struct Trials : testing::Test {
  // Every test ends with nobody to wait for.
  ~Trials() override {
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a process is left";
    EXPECT_EQ(errno, ECHILD);
  }

  template <class W>
  TrialOutcome run(std::chrono::nanoseconds patience = 300ms) {
    spec.round = round_of<W>;
    spec.patience = patience;
    return run_trial(spec, interrupts);
  }

  Interrupts interrupts;
  TrialSpec spec{.round = nullptr,
                 .params = {},
                 .team = {.role_counts = {1, 1},
                          .worker_roles = {kFirst, kSecond},
                          .role_names = {"first", "second"},
                          .role_counts_operations = {true, true},
                          .warmup = 5ms,
                          .window = 20ms,
                          .sample_every = 1,
                          .oversubscribed = true,  // the tests share the machine with other programs
                          .bind = [](unsigned) { return -1; }},
                 .patience = {}};
};

void expect_words(const std::string& text, const std::vector<std::string>& words) {
  for (const std::string& word : words) EXPECT_NE(text.find(word), std::string::npos) << text << "\nlacks " << word;
}

TEST_F(Trials, that_end_well_bring_counts_and_the_window) {
  const TrialOutcome outcome = run<Counts>(30s);
  ASSERT_EQ(outcome.end, End::finished) << outcome.reason;
  EXPECT_EQ(outcome.verdict.kind, Verdict::Kind::ok);
  const Sample& sample = outcome.sample;
  EXPECT_GE(sample.duration_s, 0.020);
  ASSERT_EQ(sample.worker_operations.size(), 2U);
  EXPECT_EQ(sample.operations(), sample.worker_operations[0] + sample.worker_operations[1]);
  EXPECT_GT(sample.operations(), 0U);
  EXPECT_GT(sample.cpu_s, 0);
  EXPECT_EQ(sample.latency().count(), 0U);
  EXPECT_TRUE(outcome.granted.empty()) << "nobody was bound";
}

TEST_F(Trials, read_around_the_window_what_takes_long) {
  const Sample sample = run<Counts>(30s).sample;
  EXPECT_GT(sample.around.span_s, sample.duration_s);
  if (!sample.around.run_delay_s) GTEST_SKIP() << "this kernel does not count waits";
  EXPECT_LE(*sample.around.run_delay_s, 2 * sample.around.span_s) << "of two threads";
}

TEST_F(Trials, tell_where_the_workers_were_bound) {
  spec.team.bind = [](unsigned rank) { return static_cast<int>(rank) + 40; };
  EXPECT_EQ(run<Counts>(30s).granted, (std::vector<int>{40, 41}));
}

TEST_F(Trials, count_only_the_roles_that_count) {
  spec.team.role_counts_operations = {false, true};
  const Sample sample = run<Counts>(30s).sample;
  EXPECT_EQ(sample.operations(), sample.worker_operations.at(1));
}

TEST_F(Trials, pass_the_verdict_on) {
  const TrialOutcome outcome = run<CountsWrong>(30s);
  EXPECT_EQ(outcome.end, End::finished);
  EXPECT_EQ(outcome.verdict.kind, Verdict::Kind::violated);
  EXPECT_EQ(outcome.verdict.reason, "counted wrong");
}

TEST_F(Trials, end_although_one_role_completes_nothing) {
  const TrialOutcome outcome = run<FirstRoleIdles>(30s);
  ASSERT_EQ(outcome.end, End::finished) << outcome.reason;
  EXPECT_EQ(outcome.sample.worker_operations.at(0), 0U);
  EXPECT_GT(outcome.sample.worker_operations.at(1), 0U);
}

TEST_F(Trials, with_one_producer_and_three_consumers_end) {
  spec.team.role_counts = {1, 3};
  spec.team.worker_roles = {0, 1, 1, 1};
  const TrialOutcome outcome = run<FirstRoleIdles>(30s);
  EXPECT_EQ(outcome.end, End::finished) << outcome.reason;
  EXPECT_EQ(outcome.sample.worker_operations.size(), 4U);
}

TEST_F(Trials, that_deadlock_are_ended_and_name_the_locks) {
  const TrialOutcome outcome = run<Deadlocks>();
  ASSERT_EQ(outcome.end, End::hang);
  EXPECT_TRUE(outcome.reason.starts_with("DEADLOCK")) << outcome.reason;
  expect_words(outcome.reason, {"first 0 sleeps on right fork", "second 0 sleeps on left fork"});
}

TEST_F(Trials, that_lose_a_wake_up_are_told_from_a_deadlock) {
  const TrialOutcome outcome = run<LosesWakeUp>();
  ASSERT_EQ(outcome.end, End::hang);
  EXPECT_TRUE(outcome.reason.starts_with("LOST_WAKEUP")) << outcome.reason;
  expect_words(outcome.reason, {"first 0 sleeps on gate"});
}

TEST_F(Trials, that_spin_without_end_are_told_from_sleepers) {
  const TrialOutcome outcome = run<SpinsForever>();
  ASSERT_EQ(outcome.end, End::hang);
  EXPECT_TRUE(outcome.reason.starts_with("LIVELOCK")) << outcome.reason;
  expect_words(outcome.reason, {"first 0 runs", "second 0 runs"});
}

TEST_F(Trials, whose_workload_knows_why_they_are_stuck_end_with_its_reason_and_do_not_wait_for_the_watchdog) {
  const auto begin = std::chrono::steady_clock::now();
  for (const TrialOutcome& outcome : {run<KnowsWhy>(60s), run<KnowsWhyNothingMoves>(60s)}) {
    EXPECT_EQ(outcome.end, End::hang);
    EXPECT_EQ(outcome.reason, "DEADLOCK: first 0 waits for itself");
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 30s) << "half a second each, on a machine with time for it";
}

TEST_F(Trials, whose_workload_tells_something_new_each_time_may_go_on) {
  const TrialOutcome outcome = run<IsSlowToLeave>(60s);
  EXPECT_EQ(outcome.end, End::finished) << outcome.reason;
  EXPECT_EQ(outcome.verdict.kind, Verdict::Kind::ok) << outcome.verdict.reason;
}

TEST_F(Trials, that_crash_tell_by_which_signal) {
  const TrialOutcome aborted = run<Crashes<SIGABRT>>(30s);
  EXPECT_EQ(aborted.end, End::crashed);
  expect_words(aborted.reason, {"crashed", "Aborted"});
  const TrialOutcome invalid = run<Crashes<SIGSEGV>>(30s);
  EXPECT_EQ(invalid.end, End::crashed);
  expect_words(invalid.reason, {"crashed", "Segmentation fault"});
}

TEST_F(Trials, that_leave_without_a_result_count_as_crashed) {
  const TrialOutcome outcome = run<Leaves>(30s);
  EXPECT_EQ(outcome.end, End::crashed);
  expect_words(outcome.reason, {"without a result"});
}

TEST_F(Trials, with_a_refused_binding_do_not_start) {
  spec.team.bind = [](unsigned rank) -> int {
    if (rank == 1) throw IncompleteError("processor 7 is gone");
    return 0;
  };
  const TrialOutcome outcome = run<Counts>(30s);
  EXPECT_EQ(outcome.end, End::not_started);
  EXPECT_EQ(outcome.reason, "processor 7 is gone");
}

TEST_F(Trials, that_the_user_interrupts_end_at_once_and_say_so) {
  spec.team.window = 1h;
  const TrialOutcome outcome = run<IsInterrupted<SIGINT>>();
  EXPECT_EQ(outcome.end, End::interrupted);
  EXPECT_EQ(interrupts.pending(), SIGINT);
  EXPECT_EQ(interrupts.pending(), SIGINT) << "once set it stays";
}

TEST_F(Trials, that_are_terminated_end_at_once_and_say_so) {
  spec.team.window = 1h;
  EXPECT_EQ(run<IsInterrupted<SIGTERM>>().end, End::interrupted);
  EXPECT_EQ(interrupts.pending(), SIGTERM);
}

TEST_F(Trials, do_not_disturb_each_other) {
  EXPECT_EQ(run<SpinsForever>().end, End::hang);
  EXPECT_EQ(run<Counts>(30s).end, End::finished);
}

}  // namespace
}  // namespace syncbench
