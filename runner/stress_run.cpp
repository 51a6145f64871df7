// Choosing cells, sharing the time among them, and printing what they found. Cells themselves are the stress library's.
#include "runner/stress_run.hpp"

#include <fmt/format.h>
#include <fnmatch.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>
#include <thread>
#include <tuple>

#include "primitives/mutants/mutant_programs.hpp"
#include "primitives/schedule/explore.hpp"
#include "primitives/stress/cell.hpp"
#include "runner/errors.hpp"
#include "runner/progress.hpp"
#include "runner/result_writer.hpp"
#include "runner/stress_modes.hpp"
#include "runner/units.hpp"
#include "runner/watchdog.hpp"
#include "workloads/scheduled_round.hpp"

namespace syncbench {
namespace {

using Json = nlohmann::ordered_json;
using stress::CellPlan;
using stress::CellResult;
using stress::Finding;
using stress::Mode;
using stress::Program;

// ---- Choosing -------------------------------------------------------------------------------------------------------

bool matches(const std::string& word, std::string_view name) {
  return ::fnmatch(word.c_str(), std::string(name).c_str(), 0) == 0;
}

bool answers_to(const Program& program, const std::string& word) {
  if (program.standing == Standing::known_bad) return word == program.implementation;
  return word == "all" || word == program.family || matches(word, program.implementation);
}

std::vector<std::string> primitives_of(const Options& options) {
  for (const auto& [key, values] : options.settings) {
    if (key != "on") throw UsageError(fmt::format("--set {}: --stress knows --set on=PRIMITIVE[,..] only", key));
    return split_list("--set on", values);
  }
  return {};
}

bool is_wanted(const Program& program, const Options& options, const std::vector<std::string>& on) {
  const auto& words = options.implementations;
  const auto& workloads = options.workloads;
  if (!on.empty() && std::ranges::find(on, program.primitive) == on.end()) return false;
  if (!workloads.empty() && std::ranges::none_of(workloads, [&](const std::string& word) {
        return word == "all" || word == program.primitive;
      }))
    return false;
  if (words.empty()) return program.standing == Standing::representative || program.standing == Standing::reference;
  return std::ranges::any_of(words, [&](const std::string& word) { return answers_to(program, word); });
}

std::vector<const Program*> choose(const Options& options) {
  const auto& programs = options.workloads.empty() ? stress::all_programs() : scheduled_workloads();
  std::set<std::string> names, primitives;
  for (const Program& one : stress::all_programs()) {
    names.insert({std::string(one.implementation), std::string(one.family)});
    primitives.emplace(one.primitive);
  }
  for (const std::string& word : options.implementations)
    if (std::ranges::none_of(stress::all_programs(), [&](const Program& one) { return answers_to(one, word); }))
      throw UsageError(
          fmt::format("--impl: no implementation or family is called '{}'{}; --list implementations shows them", word,
                      nearest(word, {names.begin(), names.end()})));
  const auto on = options.workloads.empty() ? primitives_of(options) : std::vector<std::string>();
  for (const std::string& one : on)
    if (!primitives.contains(one))
      throw UsageError(fmt::format("--set on: '{}' is not one of {}", one, fmt::join(primitives, ", ")));
  std::vector<const Program*> chosen;
  for (const Program& one : programs)
    if (is_wanted(one, options, on)) chosen.push_back(&one);
  return chosen;
}

// ---- Sharing the time -----------------------------------------------------------------------------------------------

unsigned at_once() {
  return std::max(1U, std::thread::hardware_concurrency());
}

// Time is shared by mode, since the modes find different things; within a mode every cell gets the same.
std::vector<CellPlan> plan_cells(const std::vector<const Program*>& programs, const StressModes& modes,
                                 const Options& options) {
  std::vector<CellPlan> plans;
  std::vector<double> weights;
  const auto add = [&](Mode mode, double share, bool store_buffers = false) {
    const std::size_t begin = plans.size();
    for (const Program* program : programs) {
      if (!program->runs(mode)) continue;
      CellPlan plan{.program = program, .mode = mode, .seed = options.seed.value_or(1), .store_buffers = store_buffers};
      if (mode != Mode::scheduled) {
        plans.push_back(plan);
        continue;
      }
      for (const stress::Shape& shape : schedule::explored_shapes(*program)) {
        plan.shape = shape;
        plans.push_back(plan);
      }
    }
    weights.resize(plans.size(), share / static_cast<double>(std::max<std::size_t>(1, plans.size() - begin)));
  };
  if (modes.plain) add(Mode::plain, 1);
  if (modes.faulty) add(Mode::faulty, 2);
  if (modes.scheduled) add(Mode::scheduled, 2);
  if (modes.store_buffers) add(Mode::scheduled, 2, true);
  double sum = 0;
  for (const double weight : weights) sum += weight;
  for (std::size_t i = 0; i < plans.size(); ++i)
    plans[i].time =
        std::chrono::duration_cast<std::chrono::nanoseconds>(options.stress_time * at_once() * weights[i] / sum);
  return plans;
}

// An implementation that does not run in a mode that was asked for.
struct Unsupported {
  std::string_view primitive, implementation, family;
  std::string mode, reason;
};

std::vector<Unsupported> find_unsupported(const std::vector<const Program*>& programs, const StressModes& modes) {
  std::vector<Unsupported> all;
  const auto look = [&](Mode mode, const std::string& name) {
    for (const Program* one : programs) {
      const bool known = !all.empty() && all.back().implementation == one->implementation &&
                         all.back().primitive == one->primitive && all.back().mode == name;
      if (one->runs(mode) || known) continue;
      all.push_back({one->primitive, one->implementation, one->family, name,
                     one->traits->by_kernel_thread ? "keeps its state by kernel thread, of which a scheduler has one"
                                                   : "does not go through a platform"});
    }
  };
  if (modes.faulty) look(Mode::faulty, "faulty");
  if (modes.scheduled) look(Mode::scheduled, "scheduled");
  if (modes.store_buffers) look(Mode::scheduled, "tso");
  return all;
}

Json to_json(const Unsupported& one) {
  return {{"schema", "syncbench-stress/1"},
          {"mode", one.mode},
          {"primitive", one.primitive},
          {"implementation", one.implementation},
          {"family", one.family},
          {"outcome", "unsupported"},
          {"reason", one.reason}};
}

// ---- Telling --------------------------------------------------------------------------------------------------------

std::string mode_of(const CellPlan& plan) {
  return plan.store_buffers ? "tso" : std::string(to_text(plan.mode));
}

Json to_json(const Finding& finding) {
  Json json = {{"kind", to_text(finding.kind)},    {"rule", finding.rule},
               {"reason", finding.reason},         {"after_s", finding.after_s},
               {"threads", finding.shape.threads}, {"capacity", finding.shape.capacity}};
  if (finding.replay.empty()) {
    json["seed"] = finding.seed;
    json["one_processor"] = finding.one_processor;
  } else {
    json["found_by"] = finding.found_by;
    json["replay"] = finding.replay;
    json["trace"] = finding.trace;
  }
  if (!finding.threads.empty()) json["who"] = finding.threads;
  if (!finding.state.empty()) json["state"] = finding.state;
  return json;
}

std::uint64_t injected_at(const SiteUse& site) {
  return std::accumulate(std::begin(site.injected), std::end(site.injected), std::uint64_t{0});
}

// Every access that was reached, with the faults that were put in there.
Json to_json(const std::vector<SiteUse>& sites) {
  Json json = Json::array();
  for (const SiteUse& site : sites) {
    Json faults = Json::object();
    for (std::size_t i = 0; i < kFaults; ++i)
      if (site.injected[i] != 0) faults[std::string(to_text(static_cast<Fault>(i)))] = site.injected[i];
    json.push_back({{"file", site.file},
                    {"line", site.line},
                    {"access", to_text(site.access)},
                    {"reached", site.reached},
                    {"injected", std::move(faults)}});
  }
  return json;
}

Json to_json(const CellResult& result) {
  const Program& program = *result.plan.program;
  Json json = {{"schema", "syncbench-stress/1"},
               {"mode", mode_of(result.plan)},
               {"primitive", program.primitive},
               {"implementation", program.implementation},
               {"family", program.family},
               {"scenario", program.scenario},
               {"rules", program.rules},
               {"seed", result.plan.seed},
               {"seconds", result.seconds},
               {"runs", result.runs},
               {"outcome", result.finding       ? to_text(result.finding->kind)
                           : result.interrupted ? "interrupted"
                                                : "passed"}};
  if (result.plan.mode == Mode::scheduled) {
    json["threads"] = result.plan.shape.threads;
    if (program.has_capacity) json["capacity"] = result.plan.shape.capacity;
    json["complete_bound"] = result.complete_bound;
    json["everything"] = result.everything;
  } else {
    json["excluded_at_95"] = result.excluded();
    json["outcomes"] = result.outcomes;
    if (result.first_won + result.second_won != 0)
      json["race"] = {
          {"first_won", result.first_won}, {"second_won", result.second_won}, {"offset_ns", result.offset_ns}};
  }
  if (result.plan.mode == Mode::faulty) json["points"] = to_json(result.sites);
  if (result.finding) json["finding"] = to_json(*result.finding);
  return json;
}

struct Row {
  std::size_t cells = 0, found = 0;
  std::uint64_t runs = 0;
  std::uint64_t fewest = ~0ULL;
  int bound = 1 << 20;
  bool everything = true;
  double seconds = 0;
  std::map<std::string, std::size_t> kinds;
  std::map<std::tuple<std::string_view, std::uint32_t, SharedAccess>, std::uint64_t> points;  // and how often disturbed
};

std::string depth_of(const Row& row, bool scheduled) {
  if (row.found == row.cells) return "-";
  if (!scheduled) return fmt::format("< {:.1e}", 3.0 / static_cast<double>(std::max<std::uint64_t>(1, row.fewest)));
  if (row.everything) return "all";
  return row.bound < 0 ? "random" : fmt::format("<= {} pre.", row.bound);
}

// "12/14": of fourteen places in the source that access shared memory, twelve were disturbed.
std::string points_of(const Row& row) {
  if (row.points.empty()) return "";
  const auto disturbed = std::ranges::count_if(row.points, [](const auto& point) { return point.second != 0; });
  return fmt::format("{}/{}", disturbed, row.points.size());
}

std::string table_of(const std::vector<CellResult>& results) {
  std::map<std::tuple<std::string_view, std::string_view, std::string>, Row> rows;
  std::vector<std::tuple<std::string_view, std::string_view, std::string>> order;
  for (const CellResult& result : results) {
    const auto key =
        std::make_tuple(result.plan.program->primitive, result.plan.program->implementation, mode_of(result.plan));
    if (!rows.contains(key)) order.push_back(key);
    Row& row = rows[key];
    ++row.cells;
    row.runs += result.runs;
    row.seconds += result.seconds;
    for (const SiteUse& site : result.sites) row.points[{site.file, site.line, site.access}] += injected_at(site);
    if (result.finding) {
      ++row.found;
      ++row.kinds[std::string(to_text(result.finding->kind))];
      continue;
    }
    row.fewest = std::min(row.fewest, result.runs);
    if (!result.everything) row.bound = std::min(row.bound, result.complete_bound);  // else there is nothing beyond it
    row.everything = row.everything && result.everything;
  }
  std::string text = fmt::format("{:<18}{:<26}{:<11}{:>6}{:>12}{:>12}{:>8}{:>9}  {}\n", "primitive", "implementation",
                                 "mode", "cells", "runs", "excluded", "points", "time", "outcome");
  for (const auto& key : order) {
    const Row& row = rows[key];
    const bool scheduled = std::get<2>(key) == "scheduled" || std::get<2>(key) == "tso";
    std::string outcome = "passed";
    for (const auto& [kind, count] : row.kinds)
      outcome = fmt::format("{}{} {}", outcome == "passed" ? "" : outcome + ", ", count, kind);
    text += fmt::format("{:<18}{:<26}{:<11}{:>6}{:>12}{:>12}{:>8}{:>8.1f}s  {}\n", std::get<0>(key), std::get<1>(key),
                        std::get<2>(key), row.cells, row.runs, depth_of(row, scheduled), points_of(row), row.seconds,
                        outcome);
  }
  return text;
}

std::string explain(const StressModes& modes) {
  std::string text = "\n";
  if (modes.plain || modes.faulty)
    text +=
        "excluded: with a chance of 95 % no bug of this scenario shows in more than this share of rounds (3/rounds, "
        "of the cell with the fewest)\n";
  if (modes.scheduled || modes.store_buffers)
    text +=
        "pre.: every schedule with at most so many preemptions, timeouts and spurious wake-ups was run, under "
        "sequential consistency (tso: with store buffers); data races by the C++ memory order are found in each, "
        "weaker reorderings are not explored\n";
  return text;
}

// Which exit code what was found deserves: a hang is one kind of failure, everything else another.
int exit_code(const std::vector<CellResult>& results) {
  bool hang = false;
  for (const CellResult& result : results) {
    if (!result.finding) continue;
    if (result.finding->kind == Finding::Kind::violated || result.finding->kind == Finding::Kind::crash)
      return kViolated;
    hang = true;
  }
  return hang ? kHang : kDone;
}

}  // namespace

StressModes parse_stress_modes(const std::string& text) {
  StressModes modes;
  const std::map<std::string, bool StressModes::*> names = {{"plain", &StressModes::plain},
                                                            {"faulty", &StressModes::faulty},
                                                            {"scheduled", &StressModes::scheduled},
                                                            {"tso", &StressModes::store_buffers}};
  for (const std::string& word : split_list("--stress", text)) {
    const auto found = names.find(word);
    if (found == names.end())
      throw UsageError(fmt::format("--stress: '{}' is not one of plain, faulty, scheduled, tso", word));
    modes.*found->second = true;
  }
  return modes;
}

int run_stress(const Options& options) {
  const StressModes modes = parse_stress_modes(*options.stress);
  const auto programs = choose(options);
  const auto plans = plan_cells(programs, modes, options);
  if (plans.empty() && !options.workloads.empty()) return kDone;  // those that wait by themselves cannot be scheduled
  if (plans.empty())
    throw UsageError("--stress: nothing of this runs in these modes: references have no platform to go through");
  std::unique_ptr<ResultWriter> file;
  const std::string path = options.output.empty() && options.format == Format::jsonl ? "-" : options.output;
  if (!path.empty()) file = std::make_unique<ResultWriter>(path, "syncbench-stress");
  Interrupts interrupts;
  Progress progress(!options.quiet, options.verbose);
  std::vector<CellResult> results;
  progress.begin(plans.size(), plans[0].time / at_once());
  const auto take = [&](std::size_t, CellResult result) {
    if (file) file->write(to_json(result));
    progress.show(result.plan.program->name());
    progress.finished(fmt::format("{} {} {}", result.plan.program->name(), mode_of(result.plan), result.runs));
    if (result.finding && path != "-") {
      progress.clear();
      fmt::print("{}\n", stress::render(result.plan, *result.finding));
      std::fflush(stdout);
    }
    results.push_back(std::move(result));
  };
  stress::run_cells(plans, at_once(), {.finished = take, .stop = [&] { return interrupts.pending() != 0; }});
  progress.clear();
  std::string unsupported;
  if (options.workloads.empty())
    for (const Unsupported& one : find_unsupported(programs, modes)) {
      if (file) file->write(to_json(one));
      unsupported +=
          fmt::format("{:<18}{:<26}{:<11}unsupported: {}\n", one.primitive, one.implementation, one.mode, one.reason);
    }
  if (path != "-") fmt::print("{}{}{}", table_of(results), unsupported, explain(modes));
  if (std::fflush(stdout) != 0) return kIncomplete;
  if (interrupts.pending() != 0) {
    progress.warn(fmt::format("interrupted: {} of {} cells are over", results.size(), plans.size()));
    return 128 + interrupts.pending();
  }
  return exit_code(results);
}

int run_replay(const std::string& text) {
  try {
    std::vector<Program> programs = stress::all_programs();
    for (const auto* more : {&scheduled_workloads(), &stress::mutant_programs(), &stress::twin_programs()})
      programs.insert(programs.end(), more->begin(), more->end());
    const schedule::Replayed replayed = schedule::replay(programs, text);
    fmt::print("{}", schedule::render(replayed.outcome));
    return replayed.outcome.kind == schedule::Outcome::Kind::passed ? kDone : kViolated;
  } catch (const std::invalid_argument& error) {
    throw UsageError(fmt::format("--replay: {}", error.what()));
  }
}

}  // namespace syncbench
