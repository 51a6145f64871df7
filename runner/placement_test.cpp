// Tests of the placement policies on machines that nobody needs to own: exact orders on small ones, and invariants
// that hold for every policy on every machine from one PU to 1,024.
#include "placement.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "topology.hpp"

namespace syncbench {
namespace {

using Os = std::vector<unsigned>;

constexpr const char* kTwoPackagesSmt = "pack:2 numa:1 l3:1 core:8 pu:2";
constexpr const char* kManyCaches = "pack:1 numa:1 l3:8 core:8 pu:2";
constexpr const char* kFourNodes = "pack:2 numa:2 l3:1 core:4 pu:1";
constexpr const char* kTwoCachesEach = "pack:2 l3:2 core:2 pu:2";
constexpr const char* kFourWaySmt = "pack:1 core:2 pu:4";
constexpr const char* kTwoPlainCores = "pack:1 l3:1 core:2 pu:1";
constexpr const char* kOnePu = "pack:1 core:1 pu:1";
constexpr const char* k1024Pus = "pack:8 l3:8 core:8 pu:2";

Machine machine(const char* description) {
  return Topology::synthetic(description).machine();
}

// Two slow cores without SMT come first in logical order, then two fast cores with two hardware threads each.
Machine hybrid() {
  Machine made;
  made.pus = {
      {.logical = 0, .os = 0, .core = 0, .smt = 0, .kind = 0}, {.logical = 1, .os = 1, .core = 1, .kind = 0},
      {.logical = 2, .os = 2, .core = 2, .smt = 0, .kind = 1}, {.logical = 3, .os = 3, .core = 2, .smt = 1, .kind = 1},
      {.logical = 4, .os = 4, .core = 3, .smt = 0, .kind = 1}, {.logical = 5, .os = 5, .core = 3, .smt = 1, .kind = 1}};
  return made;
}

// What is left of two packages with SMT after a cpuset took most of the first cache: holes in every numbering, and a
// package with one PU beside a package with five.
Machine leftovers() {
  Machine made;
  made.pus = {{.logical = 3, .os = 70, .core = 1, .smt = 0, .llc = 0, .package = 0, .numa = 0},
              {.logical = 8, .os = 4, .core = 4, .smt = 0, .llc = 2, .package = 1, .numa = 3},
              {.logical = 9, .os = 12, .core = 4, .smt = 1, .llc = 2, .package = 1, .numa = 3},
              {.logical = 10, .os = 5, .core = 5, .smt = 0, .llc = 2, .package = 1, .numa = 3},
              {.logical = 11, .os = 13, .core = 5, .smt = 1, .llc = 2, .package = 1, .numa = 3},
              {.logical = 12, .os = 900, .core = 6, .smt = 0, .llc = 3, .package = 1, .numa = 3}};
  return made;
}

std::map<std::string, Machine> all_machines() {
  std::map<std::string, Machine> machines{{"hybrid", hybrid()}, {"leftovers", leftovers()}};
  for (const char* description :
       {kTwoPackagesSmt, kManyCaches, kFourNodes, kTwoCachesEach, kFourWaySmt, kTwoPlainCores, kOnePu, k1024Pus}) {
    machines.emplace(description, machine(description));
  }
  return machines;
}

bool has_smt(const Machine& m) {
  return m.pus.size() > m.cores();
}

// Every policy that the machine can satisfy, taken from the table; those with an argument get one that fits.
std::vector<Policy> policies_for(const Machine& m) {
  std::string backwards = "list:";
  for (auto pu = m.pus.rbegin(); pu != m.pus.rend(); ++pu) {
    if (pu != m.pus.rbegin()) backwards += ',';
    backwards += std::to_string(pu->os);
  }
  std::vector<Policy> result{Policy::parse(backwards), Policy::parse("hwloc:package:all.core:all.pu:0"),
                             Policy::parse("hwloc:core:0")};
  for (const PolicyInfo& info : policies()) {
    if (info.parse_argument != nullptr || info.name == "none") continue;
    if (info.name == "smt" && !has_smt(m)) continue;
    if (info.name == "packages" && m.packages() < 2) continue;
    result.push_back(Policy::parse(info.name));
  }
  return result;
}

// Calls check(machine, policy) for each pair that fits, and names the pair in a failure.
template <class Check>
void for_each_case(Check check) {
  for (const auto& [name, m] : all_machines()) {
    for (const Policy& policy : policies_for(m)) {
      SCOPED_TRACE(policy.text().substr(0, 40) + " on " + name);
      check(m, policy);
    }
  }
}

Os os_indices(const Machine& m, const std::vector<std::size_t>& placed) {
  Os result;
  for (const std::size_t pu : placed) result.push_back(m.pus.at(pu).os);
  return result;
}

Os placed_os(const Machine& m, const char* policy, unsigned threads) {
  return os_indices(m, place(m, Policy::parse(policy), threads));
}

// The message of the PlacementError that `act` throws, or why there is none.
template <class Act>
std::string error_of(Act act) {
  try {
    act();
  } catch (const PlacementError& error) {
    return error.what();
  }
  return "(no error)";
}

std::string parse_error(const std::string& text) {
  return error_of([&] { (void)Policy::parse(text); });
}

std::string place_error(const Machine& m, const char* text) {
  return error_of([&] { (void)place(m, Policy::parse(text), 2); });
}

// Highest minus lowest number of threads on any value of a field, over the values that the machine has.
int imbalance(const Machine& m, const std::vector<std::size_t>& placed, unsigned Pu::*field) {
  std::map<unsigned, int> uses;
  for (const Pu& pu : m.pus) uses[pu.*field] = 0;
  for (const std::size_t pu : placed) ++uses[m.pus.at(pu).*field];
  const auto [low, high] =
      std::minmax_element(uses.begin(), uses.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  return high->second - low->second;
}

// --- Invariants -------------------------------------------------------------------------------------------------

constexpr unsigned kThreadCounts[] = {0, 1, 2, 3, 7, 8, 64, 1024, 3000};

TEST(Placement, GivesEveryThreadAPuOfTheMachine) {
  for_each_case([](const Machine& m, const Policy& policy) {
    for (const unsigned n : kThreadCounts) {
      const auto placed = place(m, policy, n);
      ASSERT_EQ(placed.size(), n);
      for (const std::size_t pu : placed) ASSERT_LT(pu, m.pus.size());
    }
  });
}

TEST(Placement, UsesNoPuTwiceBeforeAllPusOfThePolicyAreUsedOnce) {
  for_each_case([](const Machine& m, const Policy& policy) {
    const auto order = pu_order(m, policy);
    EXPECT_EQ(std::set<std::size_t>(order.begin(), order.end()).size(), order.size());
    EXPECT_EQ(place(m, policy, static_cast<unsigned>(order.size())), order);
  });
}

TEST(Placement, LoadsPusEvenlyWhenThreadsOutnumberThem) {
  for_each_case([](const Machine& m, const Policy& policy) {
    for (const unsigned n : kThreadCounts) {
      std::map<std::size_t, int> uses;
      for (const std::size_t pu : pu_order(m, policy)) uses[pu] = 0;
      for (const std::size_t pu : place(m, policy, n)) ++uses[pu];
      const auto [low, high] = std::minmax_element(uses.begin(), uses.end(),
                                                   [](const auto& a, const auto& b) { return a.second < b.second; });
      EXPECT_LE(high->second - low->second, 1) << n << " threads";
    }
  });
}

TEST(Placement, KeepsThreadsWhereTheyWereWhenMoreAreAdded) {
  for_each_case([](const Machine& m, const Policy& policy) {
    const auto most = place(m, policy, 3000);
    for (const unsigned n : kThreadCounts) {
      EXPECT_TRUE(std::ranges::equal(place(m, policy, n), std::span(most).first(n))) << n << " threads";
    }
  });
}

TEST(Placement, SaysThatPusAreSharedExactlyWhenTheyAre) {
  for_each_case([](const Machine& m, const Policy& policy) {
    for (const unsigned n : kThreadCounts) {
      const auto placed = place(m, policy, n);
      const bool shared = std::set<std::size_t>(placed.begin(), placed.end()).size() < placed.size();
      EXPECT_EQ(oversubscribed(m, policy, n), shared) << n << " threads";
    }
  });
}

TEST(Placement, ReachesEveryPuWithThePoliciesThatAreNotConfined) {
  for (const auto& [name, m] : all_machines()) {
    SCOPED_TRACE(name);
    for (const char* text : {"compact", "cores", "spread"}) {
      EXPECT_EQ(pu_order(m, Policy::parse(text)).size(), m.pus.size()) << text;
    }
  }
}

TEST(Placement, FillsEveryCoreBeforeItUsesASecondHardwareThread) {
  for (const auto& [name, m] : all_machines()) {
    SCOPED_TRACE(name);
    for (const char* text : {"cores", "spread"}) {
      const auto placed = place(m, Policy::parse(text), static_cast<unsigned>(m.cores()));
      EXPECT_EQ(imbalance(m, placed, &Pu::core), 0) << text;
    }
  }
}

TEST(Placement, SpreadStaysBalancedAtEveryLevelAndEveryThreadCount) {
  for (const char* description : {kTwoPackagesSmt, kManyCaches, kFourNodes, kTwoCachesEach, kFourWaySmt, k1024Pus}) {
    const Machine m = machine(description);
    const auto everything = pu_order(m, Policy::parse("spread"));
    for (std::size_t n = 1; n <= everything.size(); ++n) {
      const std::vector<std::size_t> placed(everything.begin(), everything.begin() + static_cast<std::ptrdiff_t>(n));
      for (const auto field : {&Pu::package, &Pu::numa, &Pu::llc, &Pu::core}) {
        ASSERT_LE(imbalance(m, placed, field), 1) << n << " threads on " << description;
      }
    }
  }
}

// --- One policy at a time ---------------------------------------------------------------------------------------

TEST(Placement, NoneLeavesThreadsToTheScheduler) {
  const Machine m = machine(kTwoPlainCores);
  EXPECT_TRUE(place(m, Policy::parse("none"), 5).empty());
  EXPECT_FALSE(oversubscribed(m, Policy::parse("none"), 2));
  EXPECT_TRUE(oversubscribed(m, Policy::parse("none"), 3));
}

TEST(Placement, OnePutsAllThreadsOnTheFirstPu) {
  EXPECT_EQ(placed_os(machine(kTwoPackagesSmt), "one", 3), (Os{0, 0, 0}));
  EXPECT_EQ(placed_os(leftovers(), "one", 2), (Os{70, 70}));
}

TEST(Placement, CompactFillsHardwareThreadsThenCoresThenPackages) {
  const Machine m = machine(kTwoPackagesSmt);
  EXPECT_EQ(placed_os(m, "compact", 4), (Os{0, 1, 2, 3}));
  EXPECT_EQ(placed_os(m, "compact", 18).back(), 17U);
}

TEST(Placement, CoresTakesOneHardwareThreadPerCorePackageAfterPackage) {
  EXPECT_EQ(placed_os(machine(kTwoCachesEach), "cores", 10), (Os{0, 2, 4, 6, 8, 10, 12, 14, 1, 3}));
}

TEST(Placement, SpreadAlternatesPackagesThenCachesThenCoresThenHardwareThreads) {
  EXPECT_EQ(placed_os(machine(kTwoCachesEach), "spread", 12), (Os{0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13}));
  EXPECT_EQ(placed_os(machine(kFourNodes), "spread", 6), (Os{0, 8, 4, 12, 1, 9}));
}

TEST(Placement, SpreadGivesNoSiblingAwayWhileALargerPackageHasIdleCores) {
  EXPECT_EQ(placed_os(leftovers(), "spread", 6), (Os{70, 4, 900, 5, 12, 13}));
}

TEST(Placement, ScatterIsAnotherWordForSpread) {
  EXPECT_EQ(Policy::parse("scatter"), Policy::parse("spread"));
  EXPECT_EQ(Policy::parse("scatter").text(), "spread");
}

TEST(Placement, SmtPairsTheHardwareThreadsOfACoreAndSpreadsThePairs) {
  EXPECT_EQ(placed_os(machine(kTwoCachesEach), "smt", 6), (Os{0, 1, 8, 9, 4, 5}));
  EXPECT_EQ(placed_os(machine(kFourWaySmt), "smt", 5), (Os{0, 1, 2, 3, 4}));
}

TEST(Placement, SmtLeavesOutCoresWithOneHardwareThread) {
  EXPECT_EQ(placed_os(leftovers(), "smt", 5), (Os{4, 12, 5, 13, 4}));
}

TEST(Placement, SmtIsRefusedWhereNoCoreHasTwoHardwareThreads) {
  EXPECT_EQ(place_error(machine(kTwoPlainCores), "smt"),
            "placement 'smt': needs a core with two hardware threads, and this process may use none; try cores or llc");
}

TEST(Placement, LlcStaysWithinOneCacheAndTakesCoresFirst) {
  EXPECT_EQ(placed_os(machine(kTwoCachesEach), "llc", 5), (Os{0, 2, 1, 3, 0}));
}

TEST(Placement, LlcTakesTheCacheWithMostUsableCores) {
  EXPECT_EQ(placed_os(leftovers(), "llc", 3), (Os{4, 5, 12}));
}

TEST(Placement, PackagesAlternatesPackagesAndKeepsNeighboursWithinEach) {
  EXPECT_EQ(placed_os(machine(kTwoCachesEach), "packages", 10), (Os{0, 8, 2, 10, 4, 12, 6, 14, 1, 9}));
}

TEST(Placement, PackagesIsRefusedOnOnePackage) {
  EXPECT_EQ(place_error(machine(kManyCaches), "packages"),
            "placement 'packages': needs two packages, and this process may use one; try cores or spread");
}

TEST(Placement, ListFollowsTheOrderGivenWithRangesAndStrides) {
  EXPECT_EQ(placed_os(machine(kTwoPackagesSmt), "list:9,0,4-7:2,10-12", 8), (Os{9, 0, 4, 6, 10, 11, 12, 9}));
  EXPECT_EQ(placed_os(leftovers(), "list:900,4", 2), (Os{900, 4}));
}

TEST(Placement, ListNamesTheUsablePusWhenItIsGivenAnother) {
  EXPECT_EQ(place_error(leftovers(), "list:4,6"),
            "placement 'list:4,6': PU 6 is not one that this process may use: 4-5,12-13,70,900");
  EXPECT_EQ(place_error(machine(kTwoPlainCores), "list:0-4294967295"),
            "placement 'list:0-4294967295': PU 2 is not one that this process may use: 0-1");
}

TEST(Placement, ListShortensALongListOfUsablePus) {
  Machine odd = machine(k1024Pus);
  for (Pu& pu : odd.pus) pu.os = 2 * pu.os + 1;
  EXPECT_EQ(place_error(odd, "list:0"),
            "placement 'list:0': PU 0 is not one that this process may use: "
            "1,3,5,7,9,11,13,15,17,19,21,23,... (1024 in all)");
}

TEST(Placement, ListRefusesAPuThatIsNamedTwice) {
  EXPECT_EQ(place_error(machine(kTwoPackagesSmt), "list:0-3,2"),
            "placement 'list:0-3,2': PU 2 is named twice; more threads than PUs start again at the front");
}

TEST(Placement, HwlocCountsIndicesInsideTheParent) {
  const Machine m = machine(kTwoPackagesSmt);
  EXPECT_EQ(placed_os(m, "hwloc:package:1.core:0-3.pu:0", 4), (Os{16, 18, 20, 22}));
  EXPECT_EQ(placed_os(m, "hwloc:core:9", 2), (Os{18, 19}));
  EXPECT_EQ(placed_os(m, "hwloc:package:all.core:7.pu:all", 4), (Os{14, 15, 30, 31}));
  EXPECT_EQ(placed_os(machine(kTwoCachesEach), "hwloc:l3:2-3.pu:0", 2), (Os{8, 12}));
  EXPECT_EQ(placed_os(machine(kFourNodes), "hwloc:numa:3.core:1", 1), (Os{13}));
  EXPECT_EQ(placed_os(leftovers(), "hwloc:package:1.core:2", 1), (Os{900}));
}

TEST(Placement, HwlocSaysWhatThereIsWhenAnIndexIsTooHigh) {
  EXPECT_EQ(place_error(machine(kTwoPackagesSmt), "hwloc:package:1.core:6-4294967295"),
            "placement 'hwloc:package:1.core:6-4294967295': there is no core:8 among those that this process may use "
            "there: 0-7");
  EXPECT_EQ(place_error(leftovers(), "hwloc:package:0.core:0.pu:1"),
            "placement 'hwloc:package:0.core:0.pu:1': there is no pu:1 among those that this process may use there: 0");
}

TEST(Placement, RefusesAMachineWithoutPus) {
  EXPECT_EQ(place_error(Machine{}, "cores"), "placement 'cores': this process may use no PU at all");
}

// --- Hybrid machines --------------------------------------------------------------------------------------------

TEST(Placement, TakesFastCoresFirstWhereThePolicyLeavesTheChoice) {
  EXPECT_EQ(placed_os(hybrid(), "one", 1), (Os{2}));
  EXPECT_EQ(placed_os(hybrid(), "compact", 6), (Os{2, 3, 4, 5, 0, 1}));
  EXPECT_EQ(placed_os(hybrid(), "cores", 6), (Os{2, 4, 0, 1, 3, 5}));
  EXPECT_EQ(placed_os(hybrid(), "spread", 6), (Os{2, 4, 0, 1, 3, 5}));
  EXPECT_EQ(placed_os(hybrid(), "smt", 5), (Os{2, 3, 4, 5, 2}));
}

TEST(Placement, LlcTakesTheCacheOfTheFastCores) {
  Machine m = hybrid();
  for (Pu& pu : m.pus) pu.llc = pu.kind == 1 ? 1 : 0;
  EXPECT_EQ(placed_os(m, "llc", 2), (Os{2, 4}));
  m.pus.resize(3);  // one fast core left, and it still outranks the two slow ones
  EXPECT_EQ(placed_os(m, "llc", 2), (Os{2, 2}));
}

TEST(Placement, TellsWhenARunMixesCoreKinds) {
  const Machine m = hybrid();
  EXPECT_FALSE(mixes_kinds(m, place(m, Policy::parse("cores"), 2)));
  EXPECT_TRUE(mixes_kinds(m, place(m, Policy::parse("cores"), 3)));
  EXPECT_FALSE(mixes_kinds(m, {}));
}

TEST(Placement, TreatsUnrankedKindsAsDifferentButEquallyFast) {
  Machine m = hybrid();
  for (Pu& pu : m.pus) pu.kind = pu.kind == 1 ? -3 : -2;
  EXPECT_EQ(placed_os(m, "compact", 3), (Os{0, 1, 2}));
  EXPECT_TRUE(mixes_kinds(m, place(m, Policy::parse("compact"), 3)));
}

// --- Texts ------------------------------------------------------------------------------------------------------

TEST(Policies, AreListedOnceEachWithOneLineAndAUsageThatParses) {
  std::set<std::string_view> names;
  for (const PolicyInfo& info : policies()) {
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
    EXPECT_FALSE(info.description.empty()) << info.name;
    EXPECT_EQ(info.description.find('\n'), std::string_view::npos) << info.name;
    EXPECT_EQ(Policy::parse(info.usage).info().name, info.name);
  }
  for (const char* name : {"none", "one", "compact", "cores", "spread", "smt", "llc", "packages", "list", "hwloc"}) {
    EXPECT_TRUE(names.contains(name)) << name;
  }
}

TEST(Policies, GiveTheirTextBack) {
  for (const char* text : {"none", "cores", "list:0,2,4-7:2", "hwloc:package:1.core:0-3.pu:all"}) {
    EXPECT_EQ(Policy::parse(text).text(), text);
    EXPECT_EQ(Policy::parse(Policy::parse(text).text()), Policy::parse(text));
  }
  EXPECT_FALSE(Policy::parse("list:0,1") == Policy::parse("list:1,0"));
}

TEST(Policies, NameAllThatIsAllowedWhenAWordIsUnknown) {
  const std::string allowed =
      "no such policy; allowed: none, one, compact, cores, spread, smt, llc, packages, list:0,2,4-7:2, "
      "hwloc:package:1.core:0-3.pu:0";
  for (const char* word : {"core", "", ":", "Cores", " cores", "cores ", "scatter2", "0,1"}) {
    EXPECT_EQ(parse_error(word), "placement '" + std::string(word) + "': " + allowed);
  }
}

TEST(Policies, SayWhetherTheyTakeAnArgument) {
  EXPECT_EQ(parse_error("cores:2"), "placement 'cores:2': cores takes no argument");
  EXPECT_EQ(parse_error("scatter:"), "placement 'scatter:': spread takes no argument");
  EXPECT_EQ(parse_error("list"), "placement 'list': list needs an argument, as in list:0,2,4-7:2");
  EXPECT_EQ(parse_error("hwloc"), "placement 'hwloc': hwloc needs an argument, as in hwloc:package:1.core:0-3.pu:0");
}

TEST(Policies, PointAtTheBadPartOfAList) {
  const std::vector<std::pair<std::string, std::string>> cases{{"list:", ""},
                                                               {"list:0,", ""},
                                                               {"list:,0", ""},
                                                               {"list:0,,1", ""},
                                                               {"list:a", "a"},
                                                               {"list:-1", "-1"},
                                                               {"list:1-", "1-"},
                                                               {"list:5-2", "5-2"},
                                                               {"list:0-3:0", "0-3:0"},
                                                               {"list:0-3:", "0-3:"},
                                                               {"list:4:2", "4:2"},
                                                               {"list:0, 1", " 1"},
                                                               {"list:0x1", "0x1"},
                                                               {"list:+1", "+1"},
                                                               {"list:1.5", "1.5"},
                                                               {"list:0-3:1:1", "0-3:1:1"},
                                                               {"list:4294967296", "4294967296"}};
  for (const auto& [text, part] : cases) {
    EXPECT_EQ(parse_error(text), "placement '" + text + "': '" + part +
                                     "' is not an OS index (3), a range (4-7) or a range with a stride (4-7:2)");
  }
}

TEST(Policies, PointAtTheBadPartOfAnExpression) {
  const std::string types = "' is not TYPE:INDEX with a type of package, numa, l3, core, pu";
  for (const auto& [text, part] : std::vector<std::pair<std::string, std::string>>{{"hwloc:", ""},
                                                                                   {"hwloc:core", "core"},
                                                                                   {"hwloc:socket:0", "socket:0"},
                                                                                   {"hwloc:core:0.", ""},
                                                                                   {"hwloc:core:0..pu:0", ""}}) {
    EXPECT_EQ(parse_error(text), "placement '" + text + "': '" + part + types);
  }
  for (const auto& [text, part] : std::vector<std::pair<std::string, std::string>>{{"hwloc:core:", ""},
                                                                                   {"hwloc:core:x", "x"},
                                                                                   {"hwloc:core:3-1", "3-1"},
                                                                                   {"hwloc:core:0-3:2", "0-3:2"},
                                                                                   {"hwloc:core:ALL", "ALL"}}) {
    EXPECT_EQ(parse_error(text), "placement '" + text + "': '" + part + "' is not an index (3), a range (0-3) or all");
  }
}

TEST(Policies, RefuseAnOuterObjectInsideAnInnerOne) {
  EXPECT_EQ(parse_error("hwloc:core:0.package:0"),
            "placement 'hwloc:core:0.package:0': package cannot be inside core; the order is package, numa or l3, "
            "core, pu");
  EXPECT_NE(parse_error("hwloc:pu:0.pu:0"), "(no error)");
  EXPECT_EQ(parse_error("hwloc:l3:0.numa:0"), "(no error)");
  EXPECT_EQ(parse_error("hwloc:numa:0.l3:0"), "(no error)");
}

// --- Roles ------------------------------------------------------------------------------------------------------

std::vector<unsigned> roles(std::vector<unsigned> counts, RoleLayout layout) {
  return assign_roles(counts, layout);
}

TEST(Roles, InterleavedAreSpreadEvenly) {
  using Roles = std::vector<unsigned>;
  EXPECT_EQ(roles({2, 6}, RoleLayout::interleaved), (Roles{0, 1, 1, 1, 0, 1, 1, 1}));
  EXPECT_EQ(roles({2, 2}, RoleLayout::interleaved), (Roles{0, 1, 0, 1}));
  EXPECT_EQ(roles({1, 3}, RoleLayout::interleaved), (Roles{0, 1, 1, 1}));
  EXPECT_EQ(roles({3, 1}, RoleLayout::interleaved), (Roles{0, 1, 0, 0}));
  EXPECT_EQ(roles({1, 1, 2}, RoleLayout::interleaved), (Roles{0, 1, 2, 2}));
}

TEST(Roles, GroupedFollowOneAnother) {
  EXPECT_EQ(roles({2, 3}, RoleLayout::grouped), (std::vector<unsigned>{0, 0, 1, 1, 1}));
}

TEST(Roles, KeepTheirCountsInEitherLayout) {
  for (const auto layout : {RoleLayout::interleaved, RoleLayout::grouped}) {
    for (const std::vector<unsigned>& counts : {std::vector<unsigned>{}, {0}, {0, 4}, {5, 0, 7}, {1000, 24, 3}}) {
      std::vector<unsigned> seen(counts.size());
      for (const unsigned role : assign_roles(counts, layout)) ++seen.at(role);
      EXPECT_EQ(seen, counts);
    }
  }
}

TEST(Roles, InterleavedNeverFallBehindTheirShare) {
  const std::vector<unsigned> counts{3, 17, 44};
  std::vector<double> seen(counts.size());
  const auto dealt = assign_roles(counts, RoleLayout::interleaved);
  for (std::size_t thread = 0; thread < dealt.size(); ++thread) {
    ++seen.at(dealt[thread]);
    for (std::size_t role = 0; role < counts.size(); ++role) {
      const double share = counts[role] * static_cast<double>(thread + 1) / 64.0;
      EXPECT_NEAR(seen[role], share, 1.5) << "thread " << thread << ", role " << role;
    }
  }
}

// --- The table --------------------------------------------------------------------------------------------------

TEST(PlacementTable, ShowsEveryIndexOfEveryThread) {
  const Machine m = leftovers();
  const std::vector<std::string> names{"producer", "consumer", "consumer"};
  EXPECT_EQ(placement_table(m, place(m, Policy::parse("list:900,13,70"), 3), names),
            "thread      role   OS  logical  core  LLC  NUMA  package\n"
            "     0  producer  900       12     6    3     3        1\n"
            "     1  consumer   13       11     5    2     3        1\n"
            "     2  consumer   70        3     1    0     0        0\n");
}

TEST(PlacementTable, ShowsTheCoreKindOnlyWhereKindsDiffer) {
  const Machine m = hybrid();
  EXPECT_EQ(placement_table(m, place(m, Policy::parse("list:2,0"), 2)),
            "thread  OS  logical  core  LLC  NUMA  package  kind\n"
            "     0   2        2     2    0     0        0     1\n"
            "     1   0        0     0    0     0        0     0\n");
}

TEST(PlacementTable, SaysThatThreadsAreNotBound) {
  EXPECT_EQ(placement_table(hybrid(), {}), "threads are not bound: the scheduler places them\n");
}

}  // namespace
}  // namespace syncbench
