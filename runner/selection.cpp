// Patterns, thread counts, parameter axes.
#include "runner/selection.hpp"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <set>

#include "runner/errors.hpp"
#include "runner/units.hpp"

namespace syncbench {
namespace {

// One axis of the parameter space: a key and its values.
struct Axis {
  std::string key;
  std::vector<std::string> values;
};

bool is_pattern(std::string_view word) {
  return word.find_first_of("*?[") != std::string_view::npos;
}

// A family's name means the member that stands for it (on each primitive), or, where nobody does, all of them.
bool stands_for_family(const Workload& workload, const Case& subject) {
  if (subject.standing != Standing::variant) return true;
  return std::ranges::none_of(workload.cases, [&](const Case& other) {
    return other.on == subject.on && other.family == subject.family && other.standing != Standing::variant;
  });
}

bool answers_to(const Workload& workload, const Case& subject, const std::string& word) {
  if (word == subject.implementation) return true;
  if (subject.standing == Standing::known_bad) return false;  // only by name: it may hang
  if (word == subject.family) return stands_for_family(workload, subject);
  if (subject.standing == Standing::control) return false;  // only by name: a control is never meant by accident
  return word == "all" ||
         (is_pattern(word) && ::fnmatch(word.c_str(), std::string(subject.implementation).c_str(), 0) == 0);
}

std::vector<std::string> all_names() {
  std::set<std::string> names = {"all"};
  for (const Workload& workload : all_workloads())
    for (const Case& subject : workload.cases) {
      names.emplace(subject.implementation);
      names.emplace(subject.family);
    }
  return {names.begin(), names.end()};
}

void refuse_unknown(const std::string& word) {
  for (const Workload& workload : all_workloads())
    for (const Case& subject : workload.cases)
      if (answers_to(workload, subject, word)) return;
  throw UsageError(
      is_pattern(word)
          ? fmt::format("--impl: '{}' matches no implementation; --list implementations shows them", word)
          : fmt::format("--impl: no implementation or family is called '{}'{}; --list implementations shows them", word,
                        nearest(word, all_names())));
}

std::string joined(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, ", "));
}

// Keys of a workload: its parameters, and the plural of each role.
std::vector<std::string> keys_of(const Workload& workload) {
  std::vector<std::string> keys;
  for (const Parameter& parameter : workload.description.parameters) keys.emplace_back(parameter.name);
  if (workload.description.roles.size() > 1)
    for (const Role& role : workload.description.roles) keys.emplace_back(role.plural);
  return keys;
}

bool has_key(const Workload& workload, const std::string& key) {
  return std::ranges::count(keys_of(workload), key) != 0;
}

std::vector<Axis> read_axes(const Options& options, const std::vector<const Workload*>& workloads) {
  std::vector<Axis> axes;
  for (const auto& [key, values] : options.settings) {
    std::set<std::string> known;
    for (const Workload* workload : workloads) {
      const auto keys = keys_of(*workload);
      known.insert(keys.begin(), keys.end());
    }
    if (!known.contains(key)) {
      const std::vector<std::string> names(known.begin(), known.end());
      throw UsageError(fmt::format("--set: no parameter of the chosen workloads is called '{}'{}; there are: {}", key,
                                   nearest(key, names), joined(names)));
    }
    if (std::ranges::count(axes, key, &Axis::key) != 0)
      throw UsageError(fmt::format("--set: '{}' is given twice; several values go into one list: {}=A,B", key, key));
    axes.push_back({key, split_list("--set " + key, values)});
  }
  return axes;
}

double parse_value(const Parameter& parameter, const std::string& text) {
  const std::string flag = fmt::format("--set {}", parameter.name);
  if (!parameter.words.empty()) {
    const auto word = std::ranges::find(parameter.words, text);
    if (word != parameter.words.end()) return static_cast<double>(word - parameter.words.begin());
    throw UsageError(fmt::format("{}: '{}' is not one of {}", flag, text, fmt::join(parameter.words, ", ")));
  }
  if (parameter.unit == "ns") {
    const auto bound = [](double value) { return std::chrono::nanoseconds(static_cast<std::int64_t>(value)); };
    return static_cast<double>(parse_duration(flag, text, bound(parameter.least), bound(parameter.most)).count());
  }
  return static_cast<double>(
      parse_count(flag, text, static_cast<std::uint64_t>(parameter.least), static_cast<std::uint64_t>(parameter.most)));
}

// A place in the parameter space of one workload.
struct Setting {
  Params params;
  std::vector<unsigned> fixed_roles;  ///< by role; 0: not fixed
};

void apply(const Workload& workload, const std::string& key, const std::string& value, Setting& setting) {
  const auto& roles = workload.description.roles;
  for (std::size_t role = 0; role < roles.size(); ++role)
    if (key == roles[role].plural)
      setting.fixed_roles[role] = static_cast<unsigned>(
          parse_count("--set " + key, value, 1, roles[role].most == 0 ? kMostThreads : roles[role].most));
  for (const Parameter& parameter : workload.description.parameters)
    if (key == parameter.name) setting.params.set(key, parse_value(parameter, value));
}

std::vector<Setting> expand(const Workload& workload, const std::vector<Axis>& axes) {
  Setting start;
  start.fixed_roles.resize(workload.description.roles.size(), 0);
  for (const Parameter& parameter : workload.description.parameters)
    start.params.set(parameter.name, parameter.fallback);
  std::vector<Setting> settings = {start};
  for (const Axis& axis : axes) {
    if (!has_key(workload, axis.key)) continue;
    std::vector<Setting> crossed;
    for (const Setting& setting : settings)
      for (const std::string& value : axis.values) {
        crossed.push_back(setting);
        apply(workload, axis.key, value, crossed.back());
      }
    settings = std::move(crossed);
  }
  return settings;
}

// Divides `threads` over the roles: fixed ones keep their number, the rest is shared evenly, earlier roles first; a
// role that can have only so many leaves the others more. Empty if a role stays without a worker, a thread without a
// role, or a worker without a partner.
std::vector<unsigned> divide(unsigned threads, const std::vector<unsigned>& fixed, const Description& about) {
  const std::vector<Role>& roles = about.roles;
  std::vector<unsigned> counts = fixed;
  unsigned left = threads;
  for (const unsigned count : fixed) {
    if (count > left) return {};
    left -= count;
  }
  // Round after round a worker for each open role that can still take one.
  for (bool taken = true; left != 0 && taken;) {
    taken = false;
    for (std::size_t role = 0; role < roles.size() && left != 0; ++role) {
      if (fixed[role] != 0 || (roles[role].most != 0 && counts[role] == roles[role].most)) continue;
      ++counts[role], --left;
      taken = true;
    }
  }
  const bool paired = !about.pairs || std::ranges::count(counts, counts.front()) == std::ssize(counts);
  return left == 0 && paired && std::ranges::count(counts, 0U) == 0 ? counts : std::vector<unsigned>{};
}

// One thread can do the work of a workload in which all do the same.
bool runs_alone(const Workload& workload) {
  return workload.description.roles.size() == 1;
}

// The thread counts to try for one setting. If all roles are fixed, their sum is the only one that makes sense.
std::vector<unsigned> threads_for(const Options& options, const Machine& machine, const Workload& workload,
                                  const Setting& setting) {
  unsigned sum = 0;
  for (const unsigned count : setting.fixed_roles) sum += count;
  const bool all_fixed = std::ranges::count(setting.fixed_roles, 0U) == 0;
  if (all_fixed && options.threads.empty()) return {sum};
  std::vector<unsigned> counts = parse_threads(options.threads, machine);
  if (options.baselines && runs_alone(workload) && counts.front() != 1) counts.insert(counts.begin(), 1);
  return counts;
}

// A workload on several primitives has the cases of each; `on` chooses.
bool is_played_on(const Workload& workload, const Case& subject, const Params& params) {
  if (subject.on.empty()) return true;
  const auto on = std::ranges::find(workload.description.parameters, "on", &Parameter::name);
  return on->words[static_cast<std::size_t>(params["on"])] == subject.on;
}

bool is_baseline_at(const Case& subject, unsigned threads) {
  return subject.standing == Standing::baseline ||
         (subject.standing == Standing::control && subject.is_lock && threads == 1);
}

// Who is measured on so many threads, in catalog order: the chosen, with --baselines also what to hold them against.
std::vector<const Case*> cases_at(unsigned threads, const Workload& workload, const std::vector<const Case*>& chosen,
                                  bool with_baselines) {
  if (!with_baselines) return chosen;
  std::vector<const Case*> all;
  for (const Case& subject : workload.cases)
    if (std::ranges::count(chosen, &subject) != 0 || is_baseline_at(subject, threads)) all.push_back(&subject);
  return all;
}

void note_lack_of_baselines(const Workload& workload, std::vector<std::string>& notes) {
  const bool floor = std::ranges::count(workload.cases, Standing::baseline, &Case::standing) != 0;
  if (!floor && !runs_alone(workload))
    notes.push_back(fmt::format("baselines of {}, which takes more than one thread", workload.description.name));
}

RoleLayout parse_layout(const std::string& word) {
  if (word == "interleaved") return RoleLayout::interleaved;
  if (word == "grouped") return RoleLayout::grouped;
  throw UsageError(fmt::format("--roles: '{}' is not one of interleaved, grouped", word));
}

// Everything about a point but its implementation.
struct Ground {
  Point point;
  std::string note;  ///< why it cannot exist, if it cannot
};

Ground make_ground(const Workload& workload, const Setting& setting, unsigned threads, const Policy& policy,
                   RoleLayout layout, const Machine& machine) {
  Ground ground;
  Point& point = ground.point;
  point.workload = &workload;
  point.params = setting.params;
  point.role_counts = divide(threads, setting.fixed_roles, workload.description);
  if (point.role_counts.empty()) {
    std::vector<std::string> roles;
    for (const Role& role : workload.description.roles) roles.emplace_back(role.plural);
    const bool fixed = std::ranges::any_of(setting.fixed_roles, [](unsigned count) { return count != 0; });
    ground.note = fmt::format("{} cannot divide {} {} into {}{}", workload.description.name, threads,
                              threads == 1 ? "thread" : "threads", fmt::join(roles, " and "),
                              fixed ? " with the numbers that --set fixes" : "");
    return ground;
  }
  point.policy = policy;
  point.layout = layout;
  point.worker_roles = assign_roles(point.role_counts, layout);
  point.pus = place(machine, policy, threads);
  point.oversubscribed = oversubscribed(machine, policy, threads);
  return ground;
}

}  // namespace

bool is_reference(const Case& subject) {
  return subject.standing == Standing::reference;
}

bool is_baseline(const Point& point) {
  return is_baseline_at(*point.subject, point.threads());
}

std::string Point::name() const {
  std::string text = fmt::format("{}/{}", workload->description.name, subject->implementation);
  for (const Parameter& parameter : workload->description.parameters) {
    const double value = params[parameter.name];
    text += parameter.words.empty()
                ? fmt::format("/{}:{}", parameter.name, value)
                : fmt::format("/{}:{}", parameter.name, parameter.words[static_cast<std::size_t>(value)]);
  }
  if (role_counts.size() > 1)
    for (std::size_t role = 0; role < role_counts.size(); ++role)
      text += fmt::format("/{}:{}", workload->description.roles[role].plural, role_counts[role]);
  return text + fmt::format("/placement:{}/threads:{}", policy.text(), threads());
}

std::vector<const Workload*> select_workloads(const std::vector<std::string>& words) {
  std::vector<const Workload*> chosen;
  std::vector<std::string> names = {"all"};
  for (const Workload& workload : all_workloads()) {
    const std::string name(workload.description.name);
    names.push_back(name);
    if (std::ranges::any_of(words, [&](const auto& word) { return word == name || word == "all"; }))
      chosen.push_back(&workload);
  }
  if (words.empty()) throw UsageError(fmt::format("--workload: say what to run: {}", joined(names)));
  for (const std::string& word : words)
    if (std::ranges::count(names, word) == 0)
      throw UsageError(fmt::format("--workload: no workload is called '{}'{}; there are: {}", word,
                                   nearest(word, names), joined(names)));
  return chosen;
}

std::vector<const Case*> select_cases(const Workload& workload, const std::vector<std::string>& words) {
  for (const std::string& word : words) refuse_unknown(word);
  std::vector<const Case*> chosen;
  for (const Case& subject : workload.cases) {
    const bool wanted =
        words.empty()
            ? subject.standing == Standing::representative || is_reference(subject)
            : std::ranges::any_of(words, [&](const auto& word) { return answers_to(workload, subject, word); });
    if (wanted) chosen.push_back(&subject);
  }
  return chosen;
}

std::vector<unsigned> parse_threads(const std::string& text, const Machine& machine) {
  const auto pus = static_cast<unsigned>(machine.pus.size());
  std::set<unsigned> counts;
  const auto powers_to = [&](unsigned most) {
    for (unsigned count = 1; count < most; count *= 2) counts.insert(count);
    counts.insert(most);
  };
  if (text.empty()) {
    powers_to(pus);
    for (const unsigned factor : {2U, 4U}) counts.insert(std::min(pus * factor, kMostThreads));
    return {counts.begin(), counts.end()};
  }
  for (const std::string& part : split_list("--threads", text)) {
    const auto number = [](std::string_view digits) {
      return static_cast<unsigned>(parse_count("--threads", digits, 1, kMostThreads));
    };
    const auto dash = part.find('-', 1);
    if (part == "pow2") {
      powers_to(pus);
    } else if (part == "cores") {
      counts.insert(static_cast<unsigned>(machine.cores()));
    } else if (part == "all") {
      counts.insert(pus);
    } else if (dash != std::string::npos) {
      const auto colon = part.find(':', dash);
      const unsigned first = number(part.substr(0, dash));
      const unsigned last = number(part.substr(dash + 1, colon == std::string::npos ? colon : colon - dash - 1));
      const unsigned step = colon == std::string::npos ? 1 : number(part.substr(colon + 1));
      if (first > last) throw UsageError(fmt::format("--threads: '{}' runs backwards", part));
      for (unsigned count = first; count <= last; count += step) counts.insert(count);
    } else {
      counts.insert(number(part));
    }
  }
  return {counts.begin(), counts.end()};
}

std::vector<Point> select_points(const Options& options, const Machine& machine, std::vector<std::string>& notes) {
  const auto workloads = select_workloads(options.workloads);
  const auto axes = read_axes(options, workloads);
  const RoleLayout layout = parse_layout(options.roles);
  std::vector<Policy> policies;
  for (const std::string& word : options.placements) policies.push_back(Policy::parse(word));

  std::vector<Point> points;
  std::size_t group = 0;
  for (const Workload* workload : workloads) {
    const auto cases = select_cases(*workload, options.implementations);
    if (options.baselines) note_lack_of_baselines(*workload, notes);
    for (const Setting& setting : expand(*workload, axes))
      for (const unsigned threads : threads_for(options, machine, *workload, setting))
        for (const Policy& policy : policies) {
          Ground ground = make_ground(*workload, setting, threads, policy, layout, machine);
          if (!ground.note.empty()) {
            // Said only when the user named the number: the default list is ours to trim.
            if (!options.threads.empty() && std::ranges::count(notes, ground.note) == 0) notes.push_back(ground.note);
            continue;
          }
          ground.point.times = {.warmup = options.warmup, .window = options.duration};
          ground.point.group = group++;
          if (ground.point.group % options.shard.count + 1 != options.shard.index) continue;
          for (const Case* subject : cases_at(threads, *workload, cases, options.baselines)) {
            if (!is_played_on(*workload, *subject, setting.params)) continue;
            points.push_back(ground.point);
            points.back().subject = subject;
          }
        }
  }
  if (points.empty() && group != 0 && options.shard.count > 1)
    throw UsageError(fmt::format("--shard: '{}/{}' is empty: there are {} parts to share out", options.shard.index,
                                 options.shard.count, group));
  if (points.empty())
    throw UsageError(notes.empty()
                         ? std::string("nothing to run: no chosen implementation offers what the chosen workloads need")
                         : "--threads: nothing to run: " + joined(notes));
  return points;
}

}  // namespace syncbench
