// Choosing, running, printing. The rules and the implementations come from the conformance suite; each rule runs in a
// process of its own, one after the other, so that none disturbs another's deadlines.
#include "runner/conformance_run.hpp"

#include <fmt/format.h>
#include <fnmatch.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "primitives/conformance/conformance.hpp"
#include "runner/errors.hpp"
#include "runner/units.hpp"

namespace syncbench {
namespace {

using conformance::Finding;
using conformance::Outcome;
using conformance::Trial;

struct Judged {
  const Trial* trial;
  Finding finding;
};

const std::map<std::string, Profile> kProfiles = {
    {"python", Profile::python}, {"posix", Profile::posix}, {"cpp", Profile::cpp}, {"strict", Profile::strict}};

Profile parse_profile(const std::string& name) {
  const auto found = kProfiles.find(name);
  if (found != kProfiles.end()) return found->second;
  throw UsageError(fmt::format("--conformance: '{}' is not one of python, posix, cpp, strict", name));
}

std::string_view name_of(Profile profile) {
  for (const auto& [name, value] : kProfiles)
    if (value == profile) return name;
  return "";
}

std::string_view name_of(Outcome outcome) {
  constexpr std::string_view kNames[] = {"pass", "fail", "trait", "not applicable"};
  return kNames[static_cast<std::size_t>(outcome)];
}

bool answers_to(const Trial& trial, const std::string& word) {
  return word == "all" || word == trial.implementation || word == trial.family ||
         ::fnmatch(word.c_str(), std::string(trial.implementation).c_str(), 0) == 0;
}

std::vector<Trial> choose(Profile profile, const std::vector<std::string>& words) {
  // Python raises errors where the others leave things undefined: its profile is run over Checked<...>.
  std::vector<Trial> trials =
      conformance::all_trials(profile == Profile::python ? conformance::World::checked : conformance::World::native);
  for (const std::string& word : words) {
    if (std::ranges::any_of(trials, [&](const Trial& trial) { return answers_to(trial, word); })) continue;
    std::set<std::string> names;
    for (const Trial& trial : trials) names.insert({std::string(trial.implementation), std::string(trial.family)});
    throw UsageError(
        fmt::format("--impl: no implementation or family is called '{}'{}; --list implementations shows them", word,
                    nearest(word, {names.begin(), names.end()})));
  }
  std::erase_if(trials, [&](const Trial& trial) {
    const bool wanted =
        words.empty() || std::ranges::any_of(words, [&](const auto& w) { return answers_to(trial, w); });
    return !wanted || (trial.profiles & static_cast<unsigned>(profile)) == 0;
  });
  return trials;
}

// On a terminal the line shows what is being run; elsewhere nobody reads it.
void show_progress(const Options& options, std::size_t done, std::size_t total, const Trial& trial) {
  if (options.quiet || ::isatty(STDERR_FILENO) == 0) return;
  fmt::print(stderr, "\r\033[K{} of {}: {} {} {}", done + 1, total, trial.primitive, trial.implementation, trial.rule);
  std::fflush(stderr);
}
void clear_progress(const Options& options) {
  if (!options.quiet && ::isatty(STDERR_FILENO) != 0) fmt::print(stderr, "\r\033[K");
}

// What is declared not to hold may well hang, and need not be waited for as long.
std::chrono::milliseconds patience_with(const Trial& trial, const Options& options) {
  using namespace std::chrono_literals;
  const auto patience = std::chrono::duration_cast<std::chrono::milliseconds>(options.timeout);
  return trial.traits.deviation(trial.rule).empty() ? patience : std::min(patience, 2000ms);
}

// One table: implementations down, rules across.
std::string table_of(std::string_view primitive, const std::vector<Judged>& all) {
  std::vector<std::string_view> rules, names;
  std::map<std::pair<std::string_view, std::string_view>, Outcome> cells;
  for (const Judged& one : all) {
    if (one.trial->primitive != primitive) continue;
    if (std::ranges::find(rules, one.trial->rule) == rules.end()) rules.push_back(one.trial->rule);
    if (std::ranges::find(names, one.trial->implementation) == names.end()) names.push_back(one.trial->implementation);
    cells[{one.trial->implementation, one.trial->rule}] = one.finding.outcome;
  }
  std::string text = fmt::format("{:<26}", primitive);
  for (const auto rule : rules) text += fmt::format("{:>5}", rule);
  text += "\n";
  for (const auto name : names) {
    text += fmt::format("  {:<24}", name);
    constexpr std::string_view kMarks[] = {".", "FAIL", "t", "-"};
    for (const auto rule : rules)
      text += fmt::format("{:>5}", kMarks[static_cast<std::size_t>(cells.at({name, rule}))]);
    text += "\n";
  }
  return text + "\n";
}

std::string reasons_of(Outcome outcome, const std::vector<Judged>& all) {
  std::string text;
  for (const Judged& one : all)
    if (one.finding.outcome == outcome)
      text += fmt::format("  {} {} {}: {}\n", one.trial->primitive, one.trial->implementation, one.trial->rule,
                          one.finding.reason);
  return text.empty() ? text : fmt::format("{}\n{}\n", name_of(outcome), text);
}

std::string console(Profile profile, const std::vector<Judged>& all) {
  std::vector<std::string_view> primitives;
  std::map<Outcome, std::size_t> counts;
  for (const Judged& one : all) {
    if (primitives.empty() || primitives.back() != one.trial->primitive) primitives.push_back(one.trial->primitive);
    ++counts[one.finding.outcome];
  }
  std::string text =
      fmt::format("profile {}: . holds, t declared or not promised, - not applicable\n\n", name_of(profile));
  for (const auto primitive : primitives) text += table_of(primitive, all);
  text += reasons_of(Outcome::trait, all) + reasons_of(Outcome::fail, all);
  return text + fmt::format("{} pass, {} fail, {} trait, {} not applicable\n", counts[Outcome::pass],
                            counts[Outcome::fail], counts[Outcome::trait], counts[Outcome::not_applicable]);
}

std::string json(Profile profile, const std::vector<Judged>& all) {
  auto findings = nlohmann::ordered_json::array();
  for (const Judged& one : all) {
    nlohmann::ordered_json finding = {
        {"primitive", one.trial->primitive}, {"implementation", one.trial->implementation},
        {"family", one.trial->family},       {"rule", one.trial->rule},
        {"text", one.trial->text},           {"outcome", name_of(one.finding.outcome)}};
    if (!one.finding.reason.empty()) finding["reason"] = one.finding.reason;
    findings.push_back(std::move(finding));
  }
  const nlohmann::ordered_json report = {
      {"schema", "syncbench-conformance/1"}, {"profile", name_of(profile)}, {"findings", std::move(findings)}};
  return report.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace

int run_conformance(const Options& options) {
  const Profile profile = parse_profile(*options.conformance);
  const int team = options.threads.empty() ? 4 : static_cast<int>(parse_count("--threads", options.threads, 2, 256));
  const std::vector<Trial> trials = choose(profile, options.implementations);
  if (trials.empty()) throw UsageError("--impl: none of these implementations is asked anything by this profile");
  std::vector<Judged> judged;
  for (const Trial& trial : trials) {
    show_progress(options, judged.size(), trials.size(), trial);
    judged.push_back({&trial, excused(trial, run_apart(trial, team, patience_with(trial, options)))});
  }
  clear_progress(options);
  fmt::print("{}", options.format == Format::json ? json(profile, judged) : console(profile, judged));
  if (std::fflush(stdout) != 0) return kIncomplete;
  const bool failed =
      std::ranges::any_of(judged, [](const Judged& one) { return one.finding.outcome == Outcome::fail; });
  return failed ? kViolated : kDone;
}

}  // namespace syncbench
