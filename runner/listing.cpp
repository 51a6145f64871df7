// Everything is asked of the catalogs; there is no second list of names here.
#include "runner/listing.hpp"

#include <fmt/format.h>

#include <map>
#include <set>
#include <vector>

#include "primitives/conformance/conformance.hpp"
#include "primitives/families.hpp"
#include "runner/errors.hpp"
#include "runner/metrics.hpp"
#include "runner/placement.hpp"
#include "runner/units.hpp"
#include "workloads/catalog.hpp"

namespace syncbench {
namespace {

std::string_view to_text(Standing standing) {
  switch (standing) {
    case Standing::representative:
      return "stands for its family";
    case Standing::reference:
      return "the reference";
    case Standing::variant:
      return "by name";
    case Standing::baseline:
      return "baseline";
    case Standing::known_bad:
      return "known to be broken";
    case Standing::control:
      return "control: must fail";
  }
  return "";
}

std::string list_workloads() {
  std::string text = "workloads\n";
  for (const Workload& workload : all_workloads())
    text += fmt::format("  {:<20}{}\n", workload.description.name, workload.description.summary);
  return text;
}

// One line of the catalog with what its type says about itself.
struct Facts {
  std::string_view primitive, name, family, summary;
  Standing standing;
  Traits traits;
  bool timed;
  std::size_t size, alignment;
};

template <class T>
struct Measured {
  using Type = T;
  static constexpr bool kTimed = TimedMutex<T> || TimedEvent<T> || Semaphore<T> || BreakableBarrier<T>;
};
template <class C, class M>
struct Measured<ConditionOver<C, M>> {
  using Type = C;
  static constexpr bool kTimed = true;
};

std::vector<Facts> all_facts() {
  std::vector<Facts> all;
  for_each_primitive<NativePlatform>([&]<class List>(std::string_view primitive) {
    List::for_each([&]<class I>() {
      using M = Measured<typename I::Type>;
      all.push_back({primitive, I::kName, I::kFamily, I::kSummary, I::kStanding, I::kTraits, M::kTimed,
                     sizeof(typename M::Type), alignof(typename M::Type)});
    });
  });
  return all;
}

std::string_view yes_no(bool value) {
  return value ? "yes" : "no";
}

std::string list_implementations() {
  std::string text =
      "implementations (a family's name selects the one that stands for it; destroy: may be destroyed as soon as its "
      "last "
      "user is through, or only when nobody is inside)\n";
  std::string_view primitive;
  for (const Facts& one : all_facts()) {
    if (one.primitive != primitive)
      text += fmt::format("{}\n  {:<26}{:<9}{:<23}{:<6}{:<7}{:<9}{:>6}{:>7}  {}\n", one.primitive, "name", "family",
                          "chosen", "FIFO", "timed", "destroy", "bytes", "align", "in one line [source]");
    primitive = one.primitive;
    text += fmt::format("  {:<26}{:<9}{:<23}{:<6}{:<7}{:<9}{:>6}{:>7}  {} [{}]\n", one.name, one.family,
                        to_text(one.standing), yes_no(one.traits.fifo), yes_no(one.timed),
                        one.traits.destroy_after_use ? "at once" : "late", one.size, one.alignment, one.summary,
                        one.traits.source);
  }
  for (const OptionalLibrary& one : kOptionalLibraries)
    if (!one.found()) text += fmt::format("missing: {} ({}/*): {}\n", one.name, one.family, one.missing);
  return text;
}

// Who stands for a family, primitive by primitive; empty for a name that is no family (nobody stands for the control).
std::string members_of(std::string_view family) {
  std::string text;
  Families<NativePlatform>::for_each([&]<class I>() {
    if constexpr (I::kStanding != Standing::control) {
      if (I::kName != family) return;
      for_each_primitive<NativePlatform>([&]<class List>(std::string_view primitive) {
        using Line = typename I::Type::template LineIn<List>;
        if constexpr (!std::is_void_v<Line>) text += fmt::format("    {:<19}{}\n", primitive, Line::kName);
      });
    }
  });
  return text;
}

std::string list_families() {
  std::string text =
      "families (what a family's name means on each primitive, and together where a workload needs several)\n";
  Families<NativePlatform>::for_each([&]<class I>() {
    if (const std::string members = members_of(I::kName); !members.empty())
      text += fmt::format("  {}: {}\n{}", I::kName, I::kSummary, members);
  });
  return text;
}

// The table in primitives/IMPLEMENTATIONS.md; a test compares the two.
std::string list_table() {
  std::string text;
  std::string_view primitive;
  for (const Facts& one : all_facts()) {
    if (one.primitive != primitive)
      text += fmt::format(
          "\n## {}\n\n| name | family | FIFO | timed | destroy after use | bytes | align | source | does not keep |\n"
          "|---|---|---|---|---|---|---|---|---|\n",
          one.primitive);
    primitive = one.primitive;
    std::string deviations;
    for (const Deviation& deviation : one.traits.deviations)
      if (!deviation.rule.empty())
        deviations += fmt::format("{}{}: {}", deviations.empty() ? "" : "; ", deviation.rule, deviation.reason);
    text += fmt::format("| `{}` | {} | {} | {} | {} | {} | {} | {} | {} |\n", one.name, one.family,
                        yes_no(one.traits.fifo), yes_no(one.timed), yes_no(one.traits.destroy_after_use), one.size,
                        one.alignment, one.traits.source, deviations);
  }
  return text;
}

std::string in_words(unsigned profiles) {
  if (profiles == conformance::kAllProfiles) return "all";
  std::string text;
  for (const auto& [profile, name] : {std::pair{Profile::python, "python"}, std::pair{Profile::posix, "posix"},
                                      std::pair{Profile::cpp, "cpp"}, std::pair{Profile::strict, "strict"}})
    if ((profiles & static_cast<unsigned>(profile)) != 0) text += (text.empty() ? "" : ",") + std::string(name);
  return text;
}

std::string list_rules() {
  std::string text = "rules of conformance (checked by --conformance PROFILE)\n";
  std::string_view primitive;
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const conformance::Trial& trial : conformance::all_trials(conformance::World::native)) {
    if (!seen.emplace(trial.primitive, trial.rule).second) continue;
    if (trial.primitive != primitive) text += fmt::format("{}\n", trial.primitive);
    primitive = trial.primitive;
    text += fmt::format("  {:<5}{:<20}{}\n", trial.rule, in_words(trial.profiles), trial.text);
  }
  return text;
}

std::string list_placements() {
  std::string text = "placements\n";
  for (const PolicyInfo& policy : policies()) text += fmt::format("  {:<32}{}\n", policy.usage, policy.description);
  return text;
}

std::string list_metrics() {
  std::string text = "metrics\n";
  text += fmt::format("  {:<34}{:<5}{:<18}{}\n", "items_per_second", "1/s", to_text(Metric::Better::higher),
                      "operations of the workload inside the window, per second");
  for (const Metric& metric : all_metrics())
    text += fmt::format("  {:<34}{:<5}{:<18}{}\n", metric.name, metric.unit, to_text(metric.better), metric.meaning);
  return text;
}

std::string describe(const Parameter& parameter) {
  if (!parameter.words.empty())
    return fmt::format("    {:<14}default {}  {}: {}\n", parameter.name, parameter.words.front(), parameter.meaning,
                       fmt::join(parameter.words, ", "));
  return fmt::format("    {:<14}default {:.0f}{}  {}\n", parameter.name, parameter.fallback,
                     parameter.unit.empty() || parameter.fallback == 0 ? "" : std::string(" ") += parameter.unit,
                     parameter.meaning);
}

std::string describe(const Workload& workload) {
  const Description& about = workload.description;
  std::string text = fmt::format("{}: {}\n  from       {}\n  operation  {}\n  latency    {}\n  invariant  {}\n",
                                 about.name, about.summary, about.source, about.operation,
                                 about.latency.empty() ? "none: nothing is timed" : about.latency, about.invariant);
  text += "  roles     ";
  for (const Role& role : about.roles)
    text += fmt::format(" {}{}", role.name, role.counts ? " (its operations count)" : "");
  text += "\n  parameters (--set name=value)\n";
  for (const Parameter& parameter : about.parameters) text += describe(parameter);
  if (about.roles.size() > 1)
    for (const Role& role : about.roles)
      text += fmt::format("    {:<14}default {}\n", role.plural,
                          role.most == 1 ? "1, the only one there can be" : "an even share of --threads");
  if (!about.series.empty()) text += "  also timed (series_ns of a record)\n";
  for (const Series& series : about.series)
    text += fmt::format("    {:<14}{}{}\n", series.name, series.meaning, series.by_order ? ", by place" : "");
  if (!about.counts.empty()) text += "  counted (counts of a record, for the whole trial)\n";
  for (const Count& count : about.counts)
    text += fmt::format("    {:<18}{}{}\n", count.name, count.meaning,
                        count.unit.empty() ? "" : fmt::format(", in {}", count.unit));
  std::string_view on = "\n";
  for (const Case& subject : workload.cases) {
    if (subject.on != on)
      text +=
          fmt::format("{}  implementations{}{}:", on == "\n" ? "" : "\n", subject.on.empty() ? "" : " on ", subject.on);
    on = subject.on;
    text += fmt::format(" {}", subject.implementation);
  }
  return text + "\n";
}

std::string_view to_text(Profile profile) {
  switch (profile) {
    case Profile::python:
      return "Python's threading";
    case Profile::posix:
      return "POSIX";
    case Profile::cpp:
      return "C++20";
    case Profile::strict:
      return "strict (all rules)";
  }
  return "";
}

std::string describe(const Facts& one) {
  std::string text = fmt::format(
      "{} ({}): {}\n  family     {} ({})\n  source     {}\n  size       {} bytes, aligned to {}\n", one.name,
      one.primitive, one.summary, one.family, to_text(one.standing), one.traits.source, one.size, one.alignment);
  text +=
      fmt::format("  timed      {}\n  FIFO       {}\n  destroy    {}\n  promises   {}\n", yes_no(one.timed),
                  yes_no(one.traits.fifo),
                  one.traits.destroy_after_use ? "as soon as its last user is through" : "only when nobody is inside",
                  to_text(one.traits.promise));
  for (const Deviation& deviation : one.traits.deviations)
    if (!deviation.rule.empty()) text += fmt::format("  not {:<6} {}\n", deviation.rule, deviation.reason);
  return text;
}

std::string describe_implementation(const std::string& name) {
  std::string text;
  for (const Facts& one : all_facts())
    if (one.name == name) text += (text.empty() ? "" : "\n") + describe(one);
  if (const std::string members = members_of(name); !members.empty())
    text += fmt::format("{} (family)\n  members, one for each primitive\n{}", name, members);
  if (text.empty()) return text;
  text += "\nworkloads ";
  for (const Workload& workload : all_workloads())
    for (const Case& subject : workload.cases)
      if (subject.implementation == name) text += fmt::format(" {}", workload.description.name);
  return text + "\n";
}

}  // namespace

std::string list(const std::string& what) {
  const std::vector<std::pair<std::string, std::string (*)()>> lists = {
      {"workloads", list_workloads}, {"implementations", list_implementations},
      {"families", list_families},   {"table", list_table},
      {"rules", list_rules},         {"placements", list_placements},
      {"metrics", list_metrics}};
  std::string text, known;
  for (const auto& [name, make] : lists) {
    known += name + ", ";
    const bool asked = what == name || (what == "all" && name != "table" && name != "rules");
    if (asked) text += (text.empty() ? "" : "\n") + make();
  }
  if (text.empty()) throw UsageError(fmt::format("--list: '{}' is not one of {}all", what, known));
  return text;
}

std::string describe(const std::string& name) {
  std::string text;
  std::vector<std::string> known;
  for (const Workload& workload : all_workloads()) {
    known.emplace_back(workload.description.name);
    if (workload.description.name == name) text = describe(workload);
  }
  for (const Facts& one : all_facts()) known.emplace_back(one.name);
  Families<NativePlatform>::for_each([&]<class I>() { known.emplace_back(I::kName); });
  if (text.empty()) text = describe_implementation(name);
  if (text.empty())
    throw UsageError(
        fmt::format("--describe: no workload, implementation or family is called '{}'{}; --list shows them", name,
                    nearest(name, known)));
  return text;
}

}  // namespace syncbench
