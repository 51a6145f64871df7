// The fork, what the child does, and what the parent makes of it.
#include "runner/trial_process.hpp"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

namespace syncbench {
namespace {

// In the child. Ends with the outcome in `memory`; the process then leaves without running anybody's destructors.
void run_in_child(const TrialSpec& spec, TrialMemory& memory, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // whatever ends the watcher ends the trial
  if (::getppid() != parent) ::_exit(1);
  struct sigaction awake {};
  awake.sa_handler = [](int) {};  // without SA_RESTART: the signal ends a sleep
  ::sigaction(rescue_signal(), &awake, nullptr);

  TrialHeader& header = memory.header();
  try {
    ThreadTeam team(spec.team, memory);
    const Verdict verdict = spec.round(team, spec.params);
    header.verdict = verdict.kind;
    header.set_reason(verdict.reason);
  } catch (const std::exception& error) {
    header.started = false;
    header.set_reason(error.what());
  }
  header.done.store(true, std::memory_order_release);
}

std::vector<std::string> worker_names(const TeamPlan& plan) {
  std::vector<unsigned> next(plan.role_counts.size(), 0);
  std::vector<std::string> names;
  for (const unsigned role : plan.worker_roles)
    names.push_back(plan.role_names[role] + " " + std::to_string(next[role]++));
  return names;
}

Sample read_sample(const TrialSpec& spec, const TrialMemory& memory) {
  const TrialHeader& header = memory.header();
  Sample sample;
  sample.duration_s = header.duration_s;
  sample.cpu_s = header.cpu_s;
  sample.voluntary_switches = header.voluntary_switches;
  sample.involuntary_switches = header.involuntary_switches;
  sample.worker_roles = spec.team.worker_roles;
  sample.role_counts = spec.team.role_counts_operations;
  for (const WorkerRecord& record : memory.records()) sample.worker_operations.push_back(record.operations_in_window);
  sample.futex_waits = header.futex_waits;
  sample.futex_wakes = header.futex_wakes;
  sample.yields = header.yields;
  sample.around = header.around;
  for (unsigned i = 0; i < header.counts; ++i) sample.counts.emplace(header.count[i].name, header.count[i].value);
  sample.together = spec.together;
  sample.series.resize(spec.series_by_order.size());
  for (std::size_t worker = 0; worker < memory.slots().size(); ++worker)
    for (std::size_t i = 0; i < sample.series.size(); ++i)
      sample.take(i, spec.series_by_order[i], memory.histograms(worker)[i]);
  return sample;
}

TrialOutcome interpret(const TrialSpec& spec, const TrialMemory& memory, const WatchResult& watched) {
  using End = TrialOutcome::End;
  TrialOutcome outcome;
  const TrialHeader& header = memory.header();
  for (const WorkerRecord& record : memory.records())
    if (record.granted >= 0) outcome.granted.push_back(record.granted);
  if (watched.end == WatchResult::End::interrupted) {
    outcome.end = End::interrupted;
  } else if (header.stuck.load(std::memory_order_acquire)) {
    outcome.end = End::hang;
    outcome.reason = header.reason;
  } else if (watched.end == WatchResult::End::hang) {
    outcome.end = End::hang;
    outcome.reason = watched.report;
  } else if (!header.done.load(std::memory_order_acquire) && WIFSIGNALED(watched.status) &&
             WTERMSIG(watched.status) == SIGKILL) {
    outcome.end = End::not_started;  // not ours: the watchdog's own kill is a hang or an interruption
    outcome.reason = "the trial's process was killed from outside; is memory short?";
  } else if (!header.done.load(std::memory_order_acquire)) {
    outcome.end = End::crashed;
    outcome.reason = WIFSIGNALED(watched.status)
                         ? std::string("the implementation crashed: ") + ::strsignal(WTERMSIG(watched.status))
                         : "the trial's process ended without a result";
  } else if (!header.started) {
    outcome.end = End::not_started;
    outcome.reason = header.reason;
  } else {
    outcome.verdict = {header.verdict, header.reason};
    outcome.sample = read_sample(spec, memory);
  }
  return outcome;
}

}  // namespace

TrialOutcome run_trial(const TrialSpec& spec, Interrupts& interrupts) {
  TrialMemory memory(spec.team.worker_roles.size(), spec.series_by_order.size());
  int exit_pipe[2];
  if (::pipe(exit_pipe) != 0) throw IncompleteError(std::string("no pipe for a trial: ") + ::strerror(errno));
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(exit_pipe[0]);
    run_in_child(spec, memory, parent);
    ::_exit(0);
  }
  const int fork_error = errno;
  ::close(exit_pipe[1]);  // the child holds the only writing end now: it closes when the child is gone
  if (child < 0) {
    ::close(exit_pipe[0]);
    throw IncompleteError(std::string("no process for a trial: ") + ::strerror(fork_error));
  }
  const auto limit = spec.team.warmup + spec.team.window + spec.patience;
  const WatchResult watched = watch(child, exit_pipe[0], limit, memory, worker_names(spec.team), interrupts);
  ::close(exit_pipe[0]);
  return interpret(spec, memory, watched);
}

}  // namespace syncbench
