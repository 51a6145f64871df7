// Flattening, running, judging.
#include "primitives/conformance/conformance.hpp"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <system_error>

#include "primitives/conformance/rules.hpp"

namespace syncbench::conformance {
namespace {

template <class Any>
void add(std::vector<Trial>& trials, std::string_view primitive, World world, std::vector<Subject<Any>> subjects,
         const std::vector<Rule<Any>>& rules) {
  for (const Subject<Any>& subject : subjects)
    for (const Rule<Any>& rule : rules)
      trials.push_back({primitive, subject.name, subject.family, subject.representative, rule.id, rule.text,
                        rule.profiles, subject.traits, world,
                        [subject, check = rule.check](Check& report) { check(subject, report); }});
}

// A finding on its way through a pipe: the outcome's letter, then the reason.
constexpr std::string_view kLetters = "pftn";

void send(int pipe, const Finding& finding) {
  const std::string text = kLetters[static_cast<std::size_t>(finding.outcome)] + finding.reason;
  [[maybe_unused]] const auto written =
      ::write(pipe, text.data(), text.size());  // the reader takes silence for a crash
}

std::string receive(int pipe, std::chrono::milliseconds patience) {
  std::string text;
  std::array<char, 4096> part;
  pollfd ready{pipe, POLLIN, 0};
  const auto end = std::chrono::steady_clock::now() + patience;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()).count();
    const int events = ::poll(&ready, 1, static_cast<int>(std::max<long>(left, 0)));
    if (events < 0 && errno == EINTR) continue;
    if (events <= 0) return text;
    const auto count = ::read(pipe, part.data(), part.size());
    if (count <= 0) return text;
    text.append(part.data(), static_cast<std::size_t>(count));
  }
}

std::string how_it_ended(int status, bool in_time, std::chrono::milliseconds patience) {
  if (!in_time) return "hangs: not through after " + std::to_string(patience.count() / 1000) + " s";
  if (WIFSIGNALED(status)) return std::string("crashes: ") + ::strsignal(WTERMSIG(status));
  return "ends its process with code " + std::to_string(WEXITSTATUS(status));
}

Finding judged(const Check& check) {
  if (check.violated()) {
    std::string reasons;
    for (const std::string& one : check.violations()) reasons += (reasons.empty() ? "" : "; ") + one;
    return {Outcome::fail, reasons};
  }
  if (!check.why_not_applicable().empty()) return {Outcome::not_applicable, check.why_not_applicable()};
  return {};
}

Finding run(const Trial& trial, Check& check) {
  try {
    trial.run(check);
  } catch (const RuleEnded&) {
  } catch (const std::exception& error) {
    return {Outcome::fail, std::string("throws: ") + error.what()};
  }
  return judged(check);
}

[[noreturn]] void be_the_child(const Trial& trial, int team, int pipe) {
  if (std::getenv("SYNCBENCH_CHILD_STDERR") == nullptr) {
    // What a failing assertion says would tear the table that is being printed; the signal tells enough.
    [[maybe_unused]] const auto* const quiet = std::freopen("/dev/null", "w", stderr);
  }
  Check check;
  check.team = team;
  check.when_stuck = [pipe](const Check& so_far) {
    send(pipe, judged(so_far));
    ::_exit(0);
  };
  send(pipe, run(trial, check));
  ::_exit(0);
}

}  // namespace

std::vector<Trial> all_trials(World world) {
  std::vector<Trial> trials;
  add(trials, "mutex", world, mutexes(world), mutex_rules());
  add(trials, "recursive mutex", world, recursive_mutexes(world), recursive_mutex_rules());
  add(trials, "semaphore", world, semaphores(world), semaphore_rules());
  add(trials, "event", world, events(world), event_rules());
  add(trials, "condition", world, conditions(world), condition_rules());
  add(trials, "barrier", world, barriers(world), barrier_rules());
  add(trials, "breakable barrier", world, breakable_barriers(world), breakable_barrier_rules());
  return trials;
}

Finding run_here(const Trial& trial, int team) {
  Check check;
  check.team = team;
  return run(trial, check);
}

Finding run_apart(const Trial& trial, int team, std::chrono::milliseconds patience) {
  int ends[2];
  if (::pipe(ends) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (child == 0) be_the_child(trial, team, ends[1]);
  ::close(ends[1]);
  const auto end = std::chrono::steady_clock::now() + patience;
  const std::string answer = receive(ends[0], patience);
  ::close(ends[0]);
  const bool in_time = std::chrono::steady_clock::now() < end;
  if (!in_time) ::kill(child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  const auto outcome = answer.empty() ? std::string_view::npos : kLetters.find(answer.front());
  const bool clean = in_time && WIFEXITED(status) && WEXITSTATUS(status) == 0;
  if (!clean || outcome == std::string_view::npos) return {Outcome::fail, how_it_ended(status, in_time, patience)};
  return {static_cast<Outcome>(outcome), answer.substr(1)};
}

Finding excused(const Trial& trial, Finding finding) {
  if (finding.outcome != Outcome::fail) return finding;
  const std::string_view declared = trial.traits.deviation(trial.rule);
  if (!declared.empty()) return {Outcome::trait, std::string(declared)};
  if ((trial.profiles & static_cast<unsigned>(trial.traits.promise)) == 0)
    return {Outcome::trait, "not promised: " + finding.reason};
  return finding;
}

}  // namespace syncbench::conformance
