// Everything is asked of the catalogs; there is no second list of names here.
#include "runner/listing.hpp"

#include <fmt/format.h>

#include <map>
#include <vector>

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

std::string list_implementations() {
  std::string text = "implementations (a family's name selects the one that stands for it)\n";
  text += fmt::format("  {:<20}{:<10}{:<23}{}\n", "name", "family", "chosen", "in one line");
  Catalog<NativePlatform>::for_each([&]<class I>() {
    text += fmt::format("  {:<20}{:<10}{:<23}{}\n", I::kName, I::kFamily, to_text(I::kStanding), I::kSummary);
  });
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

std::string describe(const Workload& workload) {
  const Description& about = workload.description;
  std::string text =
      fmt::format("{}: {}\n  from       {}\n  operation  {}\n  latency    {}\n  invariant  {}\n", about.name,
                  about.summary, about.source, about.operation, about.latency, about.invariant);
  text += "  roles     ";
  for (const Role& role : about.roles)
    text += fmt::format(" {}{}", role.name, role.counts ? " (its operations count)" : "");
  text += "\n  parameters (--set name=value)\n";
  for (const Parameter& parameter : about.parameters)
    text += fmt::format("    {:<12}default {:.0f}{}  {}\n", parameter.name, parameter.fallback,
                        parameter.unit.empty() || parameter.fallback == 0 ? "" : std::string(" ") += parameter.unit,
                        parameter.meaning);
  if (about.roles.size() > 1)
    for (const Role& role : about.roles)
      text += fmt::format("    {:<12}default an even share of --threads\n", role.plural);
  text += "  implementations ";
  for (const Case& subject : workload.cases) text += fmt::format(" {}", subject.implementation);
  return text + "\n";
}

template <class I>
std::string describe_implementation() {
  std::string text = fmt::format("{}: {}\n  family     {} ({})\n  size       mutex {} bytes, condition {} bytes\n",
                                 I::kName, I::kSummary, I::kFamily, to_text(I::kStanding), sizeof(typename I::Mutex),
                                 sizeof(typename I::Condition));
  text += fmt::format("  timed      {}\n  workloads ", TimedMutex<typename I::Mutex> ? "yes" : "no");
  for (const Workload& workload : all_workloads())
    for (const Case& subject : workload.cases)
      if (subject.implementation == I::kName) text += fmt::format(" {}", workload.description.name);
  return text + "\n";
}

}  // namespace

std::string list(const std::string& what) {
  const std::vector<std::pair<std::string, std::string (*)()>> lists = {{"workloads", list_workloads},
                                                                        {"implementations", list_implementations},
                                                                        {"placements", list_placements},
                                                                        {"metrics", list_metrics}};
  std::string text, known;
  for (const auto& [name, make] : lists) {
    known += name + ", ";
    if (what == name || what == "all") text += (text.empty() ? "" : "\n") + make();
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
  Catalog<NativePlatform>::for_each([&]<class I>() {
    known.emplace_back(I::kName);
    if (I::kName == name) text = describe_implementation<I>();
  });
  if (text.empty())
    throw UsageError(fmt::format("--describe: no workload or implementation is called '{}'{}; --list shows them", name,
                                 nearest(name, known)));
  return text;
}

}  // namespace syncbench
