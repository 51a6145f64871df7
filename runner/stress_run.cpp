// Choosing, running, printing. Every program is explored in a process of its own, as many at a time as there are
// processors, so that a crash is a finding and the others go on.
#include "runner/stress_run.hpp"

#include <fmt/format.h>
#include <fnmatch.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "primitives/schedule/explore.hpp"
#include "runner/errors.hpp"
#include "runner/units.hpp"

namespace syncbench {
namespace {

using Json = nlohmann::ordered_json;
using schedule::Program;

bool answers_to(const Program& program, const std::string& word) {
  return word == "all" || word == program.implementation || word == program.family || word == program.primitive ||
         ::fnmatch(word.c_str(), std::string(program.implementation).c_str(), 0) == 0;
}

std::vector<const Program*> choose(const std::vector<std::string>& words) {
  std::set<std::string> names;
  for (const Program& program : schedule::all_programs())
    names.insert({std::string(program.implementation), std::string(program.family), std::string(program.primitive)});
  for (const std::string& word : words)
    if (std::ranges::none_of(schedule::all_programs(), [&](const Program& one) { return answers_to(one, word); }))
      throw UsageError(fmt::format("--impl: nothing that can be scheduled is called '{}'{}", word,
                                   nearest(word, {names.begin(), names.end()})));
  std::vector<const Program*> chosen;
  for (const Program& program : schedule::all_programs())
    if (words.empty() || std::ranges::any_of(words, [&](const auto& word) { return answers_to(program, word); }))
      chosen.push_back(&program);
  return chosen;
}

Json to_json(const Program& program, const schedule::Exploration& result) {
  Json line = {{"schema", "syncbench-stress/1"},
               {"mode", "scheduled"},
               {"primitive", program.primitive},
               {"implementation", program.implementation},
               {"family", program.family},
               {"scenario", program.scenario},
               {"threads", program.threads},
               {"schedules", result.schedules},
               {"complete_bound", result.complete_bound},
               {"everything", result.everything},
               {"seconds", result.seconds},
               {"outcome", "passed"}};
  if (!result.failure) return line;
  line["outcome"] = to_text(result.failure->kind);
  line["reason"] = result.failure->reason;
  line["found_by"] = result.found_by;
  line["replay"] = result.replay;
  line["trace"] = schedule::render(*result.failure);
  return line;
}

// One program being explored by a process of its own.
struct Cell {
  const Program* program;
  pid_t process = 0;
  int pipe = -1;
  std::string answer;
};

Cell start(const Program& program, const schedule::Budget& budget) {
  int ends[2];
  if (::pipe(ends) != 0) throw IncompleteError(fmt::format("no pipe for a cell: {}", ::strerror(errno)));
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child < 0) throw IncompleteError(fmt::format("no process for a cell: {}", ::strerror(errno)));
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::close(ends[0]);
    const std::string text = to_json(program, schedule::explore(program, budget)).dump();
    std::size_t sent = 0;
    while (sent < text.size()) {
      const auto count = ::write(ends[1], text.data() + sent, text.size() - sent);
      if (count <= 0) break;
      sent += static_cast<std::size_t>(count);
    }
    ::_exit(0);
  }
  ::close(ends[1]);
  return {&program, child, ends[0], {}};
}

// Reads what there is; true when the cell is over.
bool read_more(Cell& cell) {
  char part[16384];
  const auto count = ::read(cell.pipe, part, sizeof part);
  if (count > 0) {
    cell.answer.append(part, static_cast<std::size_t>(count));
    return false;
  }
  return count == 0 || errno != EINTR;
}

Json finish(Cell& cell) {
  ::close(cell.pipe);
  int status = 0;
  while (::waitpid(cell.process, &status, 0) < 0 && errno == EINTR) continue;
  Json line = Json::parse(cell.answer, nullptr, false);
  if (!line.is_discarded()) return line;
  line = to_json(*cell.program, {});
  line["outcome"] = "CRASH";
  line["reason"] = WIFSIGNALED(status) ? fmt::format("ended by a signal: {}", ::strsignal(WTERMSIG(status)))
                                       : "ended without a word";
  return line;
}

std::vector<Json> run_all(const std::vector<const Program*>& programs, const schedule::Budget& budget, bool progress) {
  std::vector<Json> lines;
  std::vector<Cell> running;
  const std::size_t at_once = std::max(1U, std::thread::hardware_concurrency());
  for (std::size_t next = 0; next < programs.size() || !running.empty();) {
    while (running.size() < at_once && next < programs.size()) {
      running.push_back(start(*programs[next++], budget));
      if (progress) fmt::print(stderr, "\r\033[K{} of {}: {}", next, programs.size(), programs[next - 1]->name());
    }
    std::vector<pollfd> waiting;
    for (const Cell& cell : running) waiting.push_back({cell.pipe, POLLIN, 0});
    if (::poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR) break;
    for (std::size_t i = running.size(); i-- > 0;) {
      if (waiting[i].revents == 0 || !read_more(running[i])) continue;
      lines.push_back(finish(running[i]));
      running.erase(running.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
  if (progress) fmt::print(stderr, "\r\033[K");
  return lines;
}

// One line an implementation; then each failure in full.
std::string render(const std::vector<Json>& lines) {
  struct Row {
    std::size_t programs = 0, failed = 0;
    std::uint64_t schedules = 0;
    int bound = 1 << 20;
    bool everything = true;
    double seconds = 0;
  };
  std::map<std::pair<std::string, std::string>, Row> rows;
  std::string failures;
  for (const Json& line : lines) {
    Row& row = rows[{line["primitive"], line["implementation"]}];
    ++row.programs;
    row.schedules += line["schedules"].get<std::uint64_t>();
    row.seconds += line["seconds"].get<double>();
    if (line["outcome"] == "passed") {
      row.bound = std::min(row.bound, line["complete_bound"].get<int>());
      row.everything = row.everything && line["everything"].get<bool>();
      continue;
    }
    ++row.failed;
    failures += fmt::format("\n{} {} {} with {} threads\n", line["primitive"].get<std::string>(),
                            line["implementation"].get<std::string>(), line["scenario"].get<std::string>(),
                            line["threads"].get<int>());
    failures += line.contains("trace")
                    ? line["trace"].get<std::string>()
                    : fmt::format("{}: {}\n", line["outcome"].get<std::string>(), line["reason"].get<std::string>());
    if (line.contains("replay")) failures += fmt::format("--replay '{}'\n", line["replay"].get<std::string>());
  }
  std::string text = fmt::format("{:<18}{:<26}{:>9}{:>12}{:>13}{:>9}  {}\n", "primitive", "implementation", "programs",
                                 "schedules", "preemptions", "time", "outcome");
  for (const auto& [name, row] : rows)
    text += fmt::format("{:<18}{:<26}{:>9}{:>12}{:>13}{:>8.1f}s  {}\n", name.first, name.second, row.programs,
                        row.schedules,
                        row.failed == row.programs ? "-"
                        : row.everything           ? "all"
                                                   : fmt::format("<= {}", row.bound),
                        row.seconds, row.failed == 0 ? "passed" : fmt::format("FAILED {}", row.failed));
  return text + failures +
         "\npreemptions: every schedule with so many (and every timeout among them) was run, under sequential "
         "consistency; weaker memory orders are not explored\n";
}

}  // namespace

int run_stress(const Options& options) {
  const auto programs = choose(options.implementations);
  schedule::Budget budget;
  budget.seed = options.seed.value_or(1);
  budget.time = options.stress_time * std::max(1U, std::thread::hardware_concurrency()) / programs.size();
  budget.store_buffers = *options.stress == "tso";
  const auto lines = run_all(programs, budget, !options.quiet && ::isatty(STDERR_FILENO) != 0);
  if (options.format == Format::jsonl) {
    for (const Json& line : lines) fmt::print("{}\n", line.dump());
  } else {
    fmt::print("{}", render(lines));
  }
  if (std::fflush(stdout) != 0) return kIncomplete;
  const bool failed = std::ranges::any_of(lines, [](const Json& line) { return line["outcome"] != "passed"; });
  return failed ? kViolated : kDone;
}

int run_replay(const std::string& text) {
  try {
    const schedule::Replayed replayed = schedule::replay(text);
    fmt::print("{}\n{}", replayed.program->name(), schedule::render(replayed.outcome));
    return replayed.outcome.kind == schedule::Outcome::Kind::passed ? kDone : kViolated;
  } catch (const std::invalid_argument& error) {
    throw UsageError(fmt::format("--replay: {}", error.what()));
  }
}

}  // namespace syncbench
