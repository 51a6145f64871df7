// Stages: every mutant that still lives gets more time in the next one. A group is a mutant in one mode with one number
// of threads; it is over when any of its programs has found something.
#include "runner/mutants_run.hpp"

#include <fmt/format.h>
#include <fnmatch.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <thread>

#include "primitives/mutants/mutant_programs.hpp"
#include "primitives/schedule/explore.hpp"
#include "primitives/stress/cell.hpp"
#include "primitives/stress/rounds.hpp"
#include "runner/errors.hpp"
#include "runner/progress.hpp"
#include "runner/result_writer.hpp"
#include "runner/units.hpp"
#include "runner/watchdog.hpp"

namespace syncbench {
namespace {

using Json = nlohmann::ordered_json;
using namespace std::chrono_literals;
using stress::CellPlan;
using stress::CellResult;
using stress::Finding;
using stress::Mode;
using stress::MutantInfo;
using stress::Program;

// A column of the matrix.
struct Column {
  Mode mode;
  unsigned threads;
  bool store_buffers = false;
  friend auto operator<=>(const Column&, const Column&) = default;
};
constexpr std::array<Column, 12> kColumns = {{{Mode::plain, 2},
                                              {Mode::plain, 3},
                                              {Mode::plain, 4},
                                              {Mode::plain, 8},
                                              {Mode::faulty, 2},
                                              {Mode::faulty, 3},
                                              {Mode::faulty, 4},
                                              {Mode::faulty, 8},
                                              {Mode::scheduled, 2},
                                              {Mode::scheduled, 3},
                                              {Mode::scheduled, 2, true},
                                              {Mode::scheduled, 3, true}}};
std::string name_of(const Column& column) {
  return column.store_buffers ? "tso" : std::string(to_text(column.mode));
}

// A mutant, or a healthy implementation, in one column.
struct Group {
  std::string_view subject;
  const MutantInfo* mutant = nullptr;  // null: healthy
  Column column;
  std::vector<CellPlan> cells;
  double seconds = 0;  // spent so far
  std::uint64_t runs = 0;
  std::optional<CellResult> kill;
};

std::vector<CellPlan> cells_of(const Program& program, const Column& column, std::uint64_t seed) {
  std::vector<CellPlan> cells;
  if (!program.runs(column.mode) || !program.threads.has(column.threads)) return cells;
  CellPlan cell{.program = &program,
                .mode = column.mode,
                .seed = seed,
                .threads = column.threads,
                .store_buffers = column.store_buffers};
  if (column.mode != Mode::scheduled) return {cell};
  for (const stress::Shape& shape : schedule::explored_shapes(program)) {
    if (shape.threads != column.threads) continue;
    cell.shape = shape;
    cells.push_back(cell);
  }
  return cells;
}

// No words: all. A pattern may mean several.
std::vector<const MutantInfo*> choose(const std::vector<std::string>& words) {
  const auto answers = [](const MutantInfo& one, const std::string& word) {
    return word == "all" || ::fnmatch(word.c_str(), std::string(one.name).c_str(), 0) == 0;
  };
  std::vector<std::string> names;
  for (const MutantInfo& one : stress::all_mutants()) names.emplace_back(one.name);
  for (const std::string& word : words)
    if (std::ranges::none_of(stress::all_mutants(), [&](const MutantInfo& one) { return answers(one, word); }))
      throw UsageError(fmt::format("--impl: no mutant is called '{}'{}", word, nearest(word, names)));
  std::vector<const MutantInfo*> chosen;
  for (const MutantInfo& one : stress::all_mutants())
    if (words.empty() || std::ranges::any_of(words, [&](const auto& word) { return answers(one, word); }))
      chosen.push_back(&one);
  return chosen;
}

std::vector<Group> make_groups(const std::vector<const MutantInfo*>& mutants, std::uint64_t seed) {
  std::vector<Group> groups;
  const auto add = [&](std::string_view subject, const MutantInfo* mutant, auto belongs, const auto& programs) {
    for (const Column& column : kColumns) {
      Group group{.subject = subject, .mutant = mutant, .column = column};
      for (const Program& program : programs)
        if (belongs(program))
          for (const CellPlan& cell : cells_of(program, column, seed)) group.cells.push_back(cell);
      if (!group.cells.empty()) groups.push_back(std::move(group));
    }
  };
  for (const MutantInfo* mutant : mutants)
    add(
        mutant->name, mutant, [&](const Program& one) { return one.implementation == mutant->name; },
        stress::mutant_programs());
  add(
      "twins without the faults", nullptr, [](const Program&) { return true; }, stress::twin_programs());
  std::set<std::string_view> families = {"spin", "ticket", "futex", "condvar"};
  for (const std::string_view family : families)
    add(
        family, nullptr,
        [&](const Program& one) { return one.family == family && one.standing == Standing::representative; },
        stress::all_programs());
  return groups;
}

// ---- Running --------------------------------------------------------------------------------------------------------

// Time of a group in each stage. The last is for mutants that live in every column.
constexpr std::array<std::chrono::milliseconds, 3> kStages = {250ms, 700ms, 8000ms};
constexpr std::chrono::milliseconds kLeastOfCell = 25ms;

class Matrix {
 public:
  explicit Matrix(const Options& options)
      : options_(options),
        mutants_(choose(options.implementations)),
        groups_(make_groups(mutants_, options.seed.value_or(1))),
        progress_(!options.quiet, options.verbose) {}

  bool interrupted() { return interrupts_.pending() != 0; }
  int signal() { return interrupts_.pending(); }
  const std::vector<const MutantInfo*>& mutants() const { return mutants_; }
  const std::vector<Group>& groups() const { return groups_; }

  void run() {
    const unsigned at_once = std::max(1U, std::thread::hardware_concurrency());
    for (std::size_t stage = 0; stage < kStages.size() && !interrupted(); ++stage) {
      std::vector<CellPlan> plans;
      std::vector<Group*> owners;
      for (Group& group : groups_) {
        if (is_over(group, stage)) continue;
        for (CellPlan plan : group.cells) {
          plan.time = std::max(kLeastOfCell, kStages[stage] / static_cast<int>(group.cells.size()));
          plan.most = 20 * plan.time;
          plan.seed += stage;
          plans.push_back(plan);
          owners.push_back(&group);
        }
      }
      if (plans.empty()) return;
      progress_.begin(plans.size(), kLeastOfCell / at_once);
      stress::run_cells(plans, at_once,
                        {.finished = [&](std::size_t i, CellResult result) { take(*owners[i], std::move(result)); },
                         .stop = [&] { return interrupted(); },
                         .needless = [&](std::size_t i) { return owners[i]->kill.has_value(); }});
    }
    progress_.clear();
  }

 private:
  void take(Group& group, CellResult result) {
    progress_.show(result.plan.program->name());
    progress_.finished(result.plan.program->name());
    group.seconds += result.seconds;
    group.runs += result.runs;
    if (result.finding && !group.kill) group.kill = std::move(result);
  }

  // Healthy ones get the time that a mutant gets at first, and so do equivalent ones, and on real threads those that
  // this processor's strong memory order hides. What fails under sequential consistency need not be asked
  // with store buffers.
  bool is_over(const Group& group, std::size_t stage) const {
    if (stage > 0 && group.mutant != nullptr) {
      const bool shows =
          group.mutant->needs == stress::Needs::interleaving || group.mutant->needs == stress::Needs::real_time;
      if (!group.mutant->equivalent.empty() || (!shows && group.column.mode != Mode::scheduled)) return true;
    }
    if (group.kill || (stage > 0 && group.mutant == nullptr) || (stage > 1 && killed_anywhere(group))) return true;
    return group.column.store_buffers && group.mutant != nullptr && group.mutant->needs != stress::Needs::store_buffers;
  }

  bool killed_anywhere(const Group& group) const {
    return std::ranges::any_of(groups_, [&](const Group& one) { return one.subject == group.subject && one.kill; });
  }

  const Options& options_;
  std::vector<const MutantInfo*> mutants_;
  std::vector<Group> groups_;
  Progress progress_;
  Interrupts interrupts_;
};

// ---- Telling --------------------------------------------------------------------------------------------------------

Json to_json(const Group& group) {
  Json json = {{"schema", "syncbench-mutants/1"},
               {"subject", group.subject},
               {"healthy", group.mutant == nullptr},
               {"mode", name_of(group.column)},
               {"threads", group.column.threads},
               {"seconds", group.seconds},
               {"runs", group.runs},
               {"killed", group.kill.has_value()}};
  if (group.mutant != nullptr) {
    json["primitive"] = group.mutant->primitive;
    json["rule"] = group.mutant->rule;
    json["needs"] = to_text(group.mutant->needs);
    json["ancestor"] = group.mutant->ancestor;
    if (!group.mutant->equivalent.empty()) json["equivalent"] = group.mutant->equivalent;
  }
  if (!group.kill) return json;
  const Finding& finding = *group.kill->finding;
  json["scenario"] = group.kill->plan.program->scenario;
  json["kind"] = to_text(finding.kind);
  json["killed_by"] = finding.rule;
  json["reason"] = finding.reason;
  if (!finding.replay.empty()) json["replay"] = finding.replay;
  return json;
}

std::string mark(const Group* group) {
  if (group == nullptr) return "";
  if (group->runs == 0 && !group->kill) return "";
  if (!group->kill) return "-";
  return group->seconds < 0.995 ? fmt::format(".{:02.0f}", group->seconds * 100)
                                : fmt::format("{:.1f}", group->seconds);
}

std::string table_of(const std::vector<Group>& groups) {
  std::map<std::string_view, std::map<Column, const Group*>> rows;
  std::vector<std::string_view> order;
  for (const Group& group : groups) {
    if (!rows.contains(group.subject)) order.push_back(group.subject);
    rows[group.subject][group.column] = &group;
  }
  std::string text = fmt::format("{:<46}{:>5} |{:^20}|{:^20}|{:^10}|{:^10}| {}\n", "seconds until it was killed",
                                 "rule", "plain", "faulty", "scheduled", "tso", "killed by");
  text += fmt::format("{:<46}{:>5} |{:>5}{:>5}{:>5}{:>5}|{:>5}{:>5}{:>5}{:>5}|{:>5}{:>5}|{:>5}{:>5}|\n", "threads", "",
                      2, 3, 4, 8, 2, 3, 4, 8, 2, 3, 2, 3);
  for (const std::string_view subject : order) {
    const auto& row = rows[subject];
    const MutantInfo* const mutant = row.begin()->second->mutant;
    text += fmt::format("{:<46}{:>5} |", mutant == nullptr ? fmt::format("healthy: {}", subject) : std::string(subject),
                        mutant == nullptr ? "" : mutant->rule);
    std::set<std::string> by;
    for (std::size_t i = 0; i < kColumns.size(); ++i) {
      const auto cell = row.find(kColumns[i]);
      const Group* const group = cell == row.end() ? nullptr : cell->second;
      text += fmt::format("{:>5}{}", mark(group), i == 3 || i == 7 || i == 9 || i == 11 ? "|" : "");
      if (group != nullptr && group->kill)
        by.insert(fmt::format("{} {}", to_text(group->kill->finding->kind), group->kill->finding->rule));
    }
    text += fmt::format(" {}\n", fmt::join(by, ", "));
  }
  return text;
}

struct Score {
  std::size_t planted = 0, equivalent = 0, killed = 0, killed_in_one_second = 0, scheduled = 0, scheduled_killed = 0;
  std::vector<std::string> survivors, missed_by_scheduler, false_alarms;
};

Score score_of(const std::vector<const MutantInfo*>& mutants, const std::vector<Group>& groups) {
  Score score;
  for (const MutantInfo* const one : mutants) {
    const MutantInfo& mutant = *one;
    ++score.planted;
    bool killed = false, quickly = false, by_scheduler = false;
    for (const Group& group : groups) {
      if (group.mutant != &mutant || !group.kill) continue;
      killed = true;
      quickly = quickly || group.seconds <= 1;
      by_scheduler = by_scheduler || (group.column.mode == Mode::scheduled && !group.column.store_buffers);
    }
    if (!mutant.equivalent.empty()) ++score.equivalent;
    score.killed += killed;
    score.killed_in_one_second += quickly;
    if (!killed && mutant.equivalent.empty()) score.survivors.emplace_back(mutant.name);
    if (mutant.needs != stress::Needs::interleaving || !mutant.equivalent.empty()) continue;
    ++score.scheduled;
    score.scheduled_killed += by_scheduler;
    if (!by_scheduler) score.missed_by_scheduler.emplace_back(mutant.name);
  }
  for (const Group& group : groups)
    if (group.mutant == nullptr && group.kill)
      score.false_alarms.push_back(stress::render(group.kill->plan, *group.kill->finding));
  return score;
}

std::string in_words(const Score& score) {
  std::string text = fmt::format(
      "\n{} of {} killed ({} planted, {} equivalent), {} of them within a second in some column; the scheduler alone "
      "killed {} of the {} that are wrong under sequential consistency\n",
      score.killed, score.planted - score.equivalent, score.planted, score.equivalent, score.killed_in_one_second,
      score.scheduled_killed, score.scheduled);
  if (!score.survivors.empty()) text += fmt::format("survivors: {}\n", fmt::join(score.survivors, ", "));
  if (!score.missed_by_scheduler.empty())
    text += fmt::format("missed by the scheduler: {}\n", fmt::join(score.missed_by_scheduler, ", "));
  for (const MutantInfo& mutant : stress::all_mutants())
    if (!mutant.equivalent.empty()) text += fmt::format("equivalent: {}: {}\n", mutant.name, mutant.equivalent);
  text += score.false_alarms.empty() ? "nothing healthy was blamed\n" : "FALSE ALARMS:\n";
  for (const std::string& alarm : score.false_alarms) text += alarm + "\n";
  return text;
}

}  // namespace

int run_mutants(const Options& options) {
  std::unique_ptr<ResultWriter> file;
  const std::string path = options.output.empty() && options.format == Format::jsonl ? "-" : options.output;
  if (!path.empty()) file = std::make_unique<ResultWriter>(path, "syncbench-mutants");
  Matrix matrix(options);
  matrix.run();
  if (file)
    for (const Group& group : matrix.groups()) file->write(to_json(group));
  const Score score = score_of(matrix.mutants(), matrix.groups());
  if (path != "-") fmt::print("{}{}", table_of(matrix.groups()), in_words(score));
  if (std::fflush(stdout) != 0) return kIncomplete;
  if (matrix.interrupted()) return 128 + matrix.signal();
  return score.survivors.empty() && score.missed_by_scheduler.empty() && score.false_alarms.empty() ? kDone : kViolated;
}

}  // namespace syncbench
