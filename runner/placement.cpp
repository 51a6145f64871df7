// The placement policies: how each orders the PUs of a machine, how the texts of `list:` and `hwloc:` are read, and
// the one table that ties names, descriptions and functions together. No hwloc and no system call in here.
#include "placement.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

namespace syncbench {
namespace {

using Order = std::vector<std::size_t>;
using Selection = PolicyInfo::Selection;
using Range = Selection::Range;
using PuField = unsigned Pu::*;

void append(std::string& text, std::string_view part) {
  text += part;
}
void append(std::string& text, std::size_t number) {
  text += std::to_string(number);
}

// Texts and numbers in a row. (Chains of operator+ that begin with a literal trip a false -Wrestrict of GCC 12.)
template <class... Parts>
std::string joined(const Parts&... parts) {
  std::string text;
  (append(text, parts), ...);
  return text;
}

template <class... Parts>
[[noreturn]] void refuse(std::string_view policy, const Parts&... reason) {
  throw PlacementError(joined("placement '", policy, "': ", reason...));
}

std::size_t distinct(const Machine& machine, PuField field) {
  std::set<unsigned> seen;
  for (const Pu& pu : machine.pus) seen.insert(pu.*field);
  return seen.size();
}

// --- Orders -----------------------------------------------------------------------------------------------------

// Sort key that puts fast cores first. All unranked kinds are equal: nobody knows which is faster.
int slowness(const Pu& pu) {
  return -std::max(pu.kind, -1);
}

template <class Key>
Order sorted_by(const Machine& machine, Key key) {
  Order order(machine.pus.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return key(machine.pus[a]) < key(machine.pus[b]); });
  return order;
}

// Parts `order` by a field; groups and their members keep the order of appearance.
std::vector<Order> grouped_by(const Machine& machine, const Order& order, PuField field) {
  std::vector<Order> groups;
  std::map<unsigned, std::size_t> group_of;
  for (const std::size_t pu : order) {
    const auto [place, is_new] = group_of.try_emplace(machine.pus[pu].*field, groups.size());
    if (is_new) groups.emplace_back();
    groups[place->second].push_back(pu);
  }
  return groups;
}

// First of each, second of each, ...; a group that has run out is passed over.
Order round_robin(const std::vector<Order>& groups) {
  Order result;
  std::size_t longest = 0;
  for (const Order& group : groups) longest = std::max(longest, group.size());
  for (std::size_t turn = 0; turn < longest; ++turn) {
    for (const Order& group : groups) {
      if (turn < group.size()) result.push_back(group[turn]);
    }
  }
  return result;
}

// Round robin over the groups of the outermost level, each of them spread over the levels inside it.
Order spread_over(const Machine& machine, const Order& order, std::span<const PuField> levels) {
  if (levels.empty()) return order;
  std::vector<Order> groups = grouped_by(machine, order, levels.front());
  for (Order& group : groups) group = spread_over(machine, group, levels.subspan(1));
  return round_robin(groups);
}

Order none(const Machine&, const Policy&) {
  return {};
}

Order compact(const Machine& machine, const Policy&) {
  return sorted_by(machine, [](const Pu& pu) { return std::tuple(slowness(pu), pu.logical); });
}

Order one(const Machine& machine, const Policy& policy) {
  return {compact(machine, policy).front()};
}

Order cores(const Machine& machine, const Policy&) {
  return sorted_by(machine, [](const Pu& pu) { return std::tuple(pu.smt, slowness(pu), pu.logical); });
}

// Layer by layer: the first hardware thread of every fast core, then of the slower cores, then the second hardware
// threads. Spreading inside a layer only keeps a small package from handing out siblings while a larger one still has
// idle cores.
Order spread(const Machine& machine, const Policy& policy) {
  static constexpr std::array<PuField, 4> kLevels{&Pu::package, &Pu::numa, &Pu::llc, &Pu::core};
  std::map<std::pair<unsigned, int>, Order> layers;
  for (const std::size_t pu : cores(machine, policy)) {
    layers[{machine.pus[pu].smt, slowness(machine.pus[pu])}].push_back(pu);
  }
  Order result;
  for (const auto& [key, layer] : layers) {
    const Order spread_layer = spread_over(machine, layer, kLevels);
    result.insert(result.end(), spread_layer.begin(), spread_layer.end());
  }
  return result;
}

// Unlike `compact`, which goes on with the core next door, the cores are as far apart as possible: threads of a pair
// share a core and pairs share as little as they can. Cores without SMT (the small ones of a hybrid) take no part.
Order smt(const Machine& machine, const Policy& policy) {
  std::map<unsigned, Order> core_pus;
  for (const std::size_t pu : cores(machine, policy)) core_pus[machine.pus[pu].core].push_back(pu);
  Order result;
  for (const std::size_t pu : spread(machine, policy)) {
    const Order& siblings = core_pus[machine.pus[pu].core];
    if (siblings.size() > 1 && siblings.front() == pu) result.insert(result.end(), siblings.begin(), siblings.end());
  }
  if (result.empty()) {
    refuse(policy.text(), "needs a core with two hardware threads, and this process may use none; try cores or llc");
  }
  return result;
}

// The cache with the fastest cores, then the one with most cores: a restricted process may hold one PU of the first
// cache and all of the second.
Order llc(const Machine& machine, const Policy& policy) {
  const std::vector<Order> caches = grouped_by(machine, cores(machine, policy), &Pu::llc);
  const auto worth = [&](const Order& cache) {
    const auto firsts = std::count_if(cache.begin(), cache.end(), [&](std::size_t pu) { return !machine.pus[pu].smt; });
    return std::tuple(-slowness(machine.pus[cache.front()]), firsts, cache.size());
  };
  return *std::max_element(caches.begin(), caches.end(),
                           [&](const Order& a, const Order& b) { return worth(a) < worth(b); });
}

Order packages(const Machine& machine, const Policy& policy) {
  if (machine.packages() < 2) {
    refuse(policy.text(), "needs two packages, and this process may use one; try cores or spread");
  }
  return round_robin(grouped_by(machine, cores(machine, policy), &Pu::package));
}

// --- list: ------------------------------------------------------------------------------------------------------

// "0-3,8,10-11" for people; at most a dozen ranges, so that a message stays one readable line.
std::string as_ranges(const std::set<unsigned>& indices) {
  constexpr int kMaxRanges = 12;
  std::string text;
  int ranges = 0;
  for (auto at = indices.begin(); at != indices.end(); ++ranges) {
    if (ranges == kMaxRanges) return joined(text, ",... (", indices.size(), " in all)");
    const unsigned first = *at;
    unsigned last = first;
    for (++at; at != indices.end() && *at == last + 1; ++at) last = *at;
    text += joined(text.empty() ? "" : ",", first, last == first ? "" : joined("-", last));
  }
  return text;
}

// The whole of `text` as a number, or nothing.
std::optional<unsigned> number(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// "7", "4-7" or "4-7:2"; nothing for anything else, for a range that runs backwards, and for a stride of 0.
std::optional<Range> parse_range(std::string_view text) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) {
    const auto only = number(text);
    return only ? std::optional(Range{*only, *only, 1}) : std::nullopt;
  }
  const std::size_t colon = text.find(':', dash);
  const auto stride = colon == std::string_view::npos ? std::optional(1U) : number(text.substr(colon + 1));
  const auto first = number(text.substr(0, dash));
  const auto last = number(text.substr(dash + 1, colon == std::string_view::npos ? colon : colon - dash - 1));
  if (!first || !last || !stride || *last < *first || *stride == 0) return std::nullopt;
  return Range{*first, *last, *stride};
}

// Splits at every separator; never empty, so that "1,,2" and a trailing comma show up as empty parts.
std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (std::size_t from = 0;;) {
    const std::size_t to = text.find(separator, from);
    parts.push_back(text.substr(from, to - from));
    if (to == std::string_view::npos) return parts;
    from = to + 1;
  }
}

std::vector<Selection> parse_list(std::string_view whole_text, std::string_view argument) {
  Selection selection{"os", {}};
  for (const std::string_view part : split(argument, ',')) {
    const auto range = parse_range(part);
    if (!range) {
      refuse(whole_text, "'", part, "' is not an OS index (3), a range (4-7) or a range with a stride (4-7:2)");
    }
    selection.ranges.push_back(*range);
  }
  return {selection};
}

// Calls visit(index) for each index of the ranges, as far as visit does not throw: a range is never expanded, since a
// mistyped one may name billions.
template <class Visit>
void for_each_index(const std::vector<Range>& ranges, Visit visit) {
  for (const Range& range : ranges) {
    for (std::uint64_t index = range.first; index <= range.last; index += range.stride) {
      visit(static_cast<unsigned>(index));
    }
  }
}

Order list(const Machine& machine, const Policy& policy) {
  std::map<unsigned, std::size_t> by_os;
  std::set<unsigned> allowed;
  for (std::size_t i = 0; i < machine.pus.size(); ++i) by_os[machine.pus[i].os] = i, allowed.insert(machine.pus[i].os);
  std::set<unsigned> used;
  Order order;
  for_each_index(policy.selections().front().ranges, [&](unsigned os) {
    const auto found = by_os.find(os);
    if (found == by_os.end()) {
      refuse(policy.text(), "PU ", os, " is not one that this process may use: ", as_ranges(allowed));
    }
    if (!used.insert(os).second) {
      refuse(policy.text(), "PU ", os, " is named twice; more threads than PUs start again at the front");
    }
    order.push_back(found->second);
  });
  return order;
}

// --- hwloc: -----------------------------------------------------------------------------------------------------

// The levels of an expression. `depth` orders them from the outside in; NUMA nodes and caches share one depth, since
// either contains the other on some machine.
struct Level {
  std::string_view name;
  int depth;
  PuField field;
};
constexpr std::array kLevels{Level{"package", 0, &Pu::package}, Level{"numa", 1, &Pu::numa}, Level{"l3", 1, &Pu::llc},
                             Level{"core", 2, &Pu::core}, Level{"pu", 3, &Pu::logical}};

const Level* level_named(std::string_view name) {
  const auto found = std::find_if(kLevels.begin(), kLevels.end(), [&](const Level& l) { return l.name == name; });
  return found == kLevels.end() ? nullptr : &*found;
}

std::vector<Selection> parse_hwloc(std::string_view whole_text, std::string_view argument) {
  std::vector<Selection> selections;
  const Level* outer = nullptr;
  for (const std::string_view part : split(argument, '.')) {
    const std::size_t colon = part.find(':');
    const Level* level = level_named(part.substr(0, colon));
    if (level == nullptr || colon == std::string_view::npos) {
      refuse(whole_text, "'", part, "' is not TYPE:INDEX with a type of package, numa, l3, core, pu");
    }
    if (outer != nullptr && (level == outer || level->depth < outer->depth)) {
      refuse(whole_text, level->name, " cannot be inside ", outer->name,
             "; the order is package, numa or l3, core, pu");
    }
    const std::string_view indices = part.substr(colon + 1);
    const auto range = parse_range(indices);
    if (indices != "all" && (!range || indices.find(':') != std::string_view::npos)) {
      refuse(whole_text, "'", indices, "' is not an index (3), a range (0-3) or all");
    }
    selections.push_back({level->name, range ? std::vector{*range} : std::vector<Range>{}});
    outer = level;
  }
  return selections;
}

// The parts of `parent` (PUs in logical order) that a selection names.
std::vector<Order> select(const Machine& machine, const Policy& policy, const Order& parent, const Selection& wanted) {
  std::vector<Order> parts = grouped_by(machine, parent, level_named(wanted.level)->field);
  if (wanted.ranges.empty()) return parts;
  std::vector<Order> selected;
  for_each_index(wanted.ranges, [&](unsigned index) {
    if (index >= parts.size()) {
      refuse(policy.text(), "there is no ", wanted.level, ":", index,
             " among those that this process may use there: ", parts.size() > 1 ? joined("0-", parts.size() - 1) : "0");
    }
    selected.push_back(parts[index]);
  });
  return selected;
}

// Every object selected so far is a parent; each must have what the next step names, so that the thread that gets a PU
// can be read off the text.
Order hwloc(const Machine& machine, const Policy& policy) {
  std::vector<Order> objects{sorted_by(machine, [](const Pu& pu) { return pu.logical; })};
  for (const Selection& wanted : policy.selections()) {
    std::vector<Order> inside;
    for (const Order& parent : objects) {
      for (Order& part : select(machine, policy, parent, wanted)) inside.push_back(std::move(part));
    }
    objects = std::move(inside);
  }
  Order order;
  for (const Order& object : objects) order.insert(order.end(), object.begin(), object.end());
  return order;
}

// --- The table --------------------------------------------------------------------------------------------------

constexpr std::array kPolicies{
    PolicyInfo{"none", "", "none", "no binding: the scheduler places threads", nullptr, none},
    PolicyInfo{"one", "", "one", "all threads on one PU, the first", nullptr, one},
    PolicyInfo{"compact", "", "compact", "hardware threads of a core first, then the next core, then the next package",
               nullptr, compact},
    PolicyInfo{"cores", "", "cores", "one thread per core, package after package; hardware threads last", nullptr,
               cores},
    PolicyInfo{"spread", "scatter", "spread",
               "as far apart as possible: packages in turn, then NUMA nodes, caches, cores; hardware threads last "
               "(also: scatter)",
               nullptr, spread},
    PolicyInfo{"smt", "", "smt", "groups that share a core's hardware threads, the cores as far apart as possible",
               nullptr, smt},
    PolicyInfo{"llc", "", "llc", "within one shared last-level cache; cores first, then hardware threads", nullptr,
               llc},
    PolicyInfo{"packages", "", "packages", "packages in turn, within a package neighbouring cores first", nullptr,
               packages},
    PolicyInfo{"list", "", "list:0,2,4-7:2", "these OS indices, in thread order; ranges and strides", parse_list, list},
    PolicyInfo{"hwloc", "", "hwloc:package:1.core:0-3.pu:0",
               "the PUs of these objects (package, numa, l3, core, pu), logical indices counted inside the parent; "
               "a-b and all",
               parse_hwloc, hwloc},
};

std::string all_usages() {
  std::string text;
  for (const PolicyInfo& info : kPolicies) text += joined(text.empty() ? "" : ", ", info.usage);
  return text;
}

// --- The table for people ---------------------------------------------------------------------------------------

using Row = std::vector<std::string>;

std::string aligned(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      text += joined(i == 0 ? "" : "  ", std::string(widths[i] - row[i].size(), ' '), row[i]);
    }
    text += '\n';
  }
  return text;
}

}  // namespace

std::size_t Machine::cores() const {
  return distinct(*this, &Pu::core);
}
std::size_t Machine::packages() const {
  return distinct(*this, &Pu::package);
}
std::size_t Machine::numa_nodes() const {
  return distinct(*this, &Pu::numa);
}
std::size_t Machine::llcs() const {
  return distinct(*this, &Pu::llc);
}

std::span<const PolicyInfo> policies() {
  return kPolicies;
}

Policy Policy::parse(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  const auto info = std::find_if(kPolicies.begin(), kPolicies.end(), [&](const PolicyInfo& candidate) {
    return !name.empty() && (candidate.name == name || candidate.alias == name);
  });
  if (info == kPolicies.end()) refuse(text, "no such policy; allowed: ", all_usages());
  const bool has_argument = colon != std::string_view::npos;
  if (has_argument && info->parse_argument == nullptr) refuse(text, info->name, " takes no argument");
  if (!has_argument && info->parse_argument != nullptr) {
    refuse(text, info->name, " needs an argument, as in ", info->usage);
  }
  Policy policy;
  policy.info_ = &*info;
  policy.text_ = info->name;
  if (has_argument) {
    policy.text_ += text.substr(colon);
    policy.selections_ = info->parse_argument(text, text.substr(colon + 1));
  }
  return policy;
}

std::vector<std::size_t> pu_order(const Machine& machine, const Policy& policy) {
  if (machine.pus.empty()) refuse(policy.text(), "this process may use no PU at all");
  return policy.info().order(machine, policy);
}

std::vector<std::size_t> place(const Machine& machine, const Policy& policy, unsigned threads) {
  const Order order = pu_order(machine, policy);
  if (order.empty()) return {};
  Order placed(threads);
  for (std::size_t thread = 0; thread < threads; ++thread) placed[thread] = order[thread % order.size()];
  return placed;
}

bool oversubscribed(const Machine& machine, const Policy& policy, unsigned threads) {
  const std::size_t used = pu_order(machine, policy).size();
  return threads > (used == 0 ? machine.pus.size() : used);
}

bool mixes_kinds(const Machine& machine, std::span<const std::size_t> chosen) {
  return std::any_of(chosen.begin(), chosen.end(),
                     [&](std::size_t pu) { return machine.pus.at(pu).kind != machine.pus.at(chosen.front()).kind; });
}

std::vector<unsigned> assign_roles(std::span<const unsigned> role_counts, RoleLayout layout) {
  struct Turn {
    unsigned role;
    std::uint64_t nth;  // of its role, from 0
  };
  std::vector<Turn> turns;
  for (unsigned role = 0; role < role_counts.size(); ++role) {
    for (unsigned nth = 0; nth < role_counts[role]; ++nth) turns.push_back({role, nth});
  }
  if (layout == RoleLayout::interleaved) {
    // The nth of a role's `count` threads belongs at nth / count of the way; compared without division.
    std::stable_sort(turns.begin(), turns.end(), [&](const Turn& a, const Turn& b) {
      return a.nth * role_counts[b.role] < b.nth * role_counts[a.role];
    });
  }
  std::vector<unsigned> roles;
  for (const Turn& turn : turns) roles.push_back(turn.role);
  return roles;
}

std::string placement_table(const Machine& machine, std::span<const std::size_t> placed,
                            std::span<const std::string> roles) {
  if (placed.empty()) return "threads are not bound: the scheduler places them\n";
  Order everything(machine.pus.size());
  for (std::size_t i = 0; i < everything.size(); ++i) everything[i] = i;
  const bool hybrid = mixes_kinds(machine, everything);
  Row header{"thread", "OS", "logical", "core", "LLC", "NUMA", "package"};
  if (!roles.empty()) header.insert(header.begin() + 1, "role");
  if (hybrid) header.push_back("kind");
  std::vector<Row> rows{header};
  for (std::size_t thread = 0; thread < placed.size(); ++thread) {
    const Pu& pu = machine.pus.at(placed[thread]);
    Row row{std::to_string(thread)};
    if (!roles.empty()) row.push_back(thread < roles.size() ? roles[thread] : "?");
    for (const unsigned index : {pu.os, pu.logical, pu.core, pu.llc, pu.numa, pu.package}) {
      row.push_back(std::to_string(index));
    }
    if (hybrid) row.push_back(pu.kind < 0 ? "?" : std::to_string(pu.kind));
    rows.push_back(row);
  }
  return aligned(rows);
}

}  // namespace syncbench
