// Tests of the door to hwloc: made-up machines become the right plain data, and on the real machine binding does what
// it says. What changes a whole process (its affinity, its environment) happens in a forked child.
#include "topology.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace syncbench {
namespace {

using Os = std::vector<unsigned>;

// The OS indices that the kernel lets the calling thread run on, asked without hwloc.
Os affinity() {
  constexpr int kMaxCpus = 8192;
  cpu_set_t* set = CPU_ALLOC(kMaxCpus);
  Os result;
  if (sched_getaffinity(0, CPU_ALLOC_SIZE(kMaxCpus), set) == 0) {
    for (int cpu = 0; cpu < kMaxCpus; ++cpu) {
      if (CPU_ISSET_S(cpu, CPU_ALLOC_SIZE(kMaxCpus), set)) result.push_back(static_cast<unsigned>(cpu));
    }
  }
  CPU_FREE(set);
  return result;
}

// What `taskset` does to a program before it starts.
void restrict_to(unsigned os) {
  constexpr int kMaxCpus = 8192;
  cpu_set_t* set = CPU_ALLOC(kMaxCpus);
  CPU_ZERO_S(CPU_ALLOC_SIZE(kMaxCpus), set);
  CPU_SET_S(os, CPU_ALLOC_SIZE(kMaxCpus), set);
  if (sched_setaffinity(0, CPU_ALLOC_SIZE(kMaxCpus), set) != 0) std::perror("sched_setaffinity");
  CPU_FREE(set);
}

Os os_of(const Machine& machine) {
  Os result;
  for (const Pu& pu : machine.pus) result.push_back(pu.os);
  return result;
}

std::vector<unsigned> column(const Machine& machine, unsigned Pu::*field) {
  std::vector<unsigned> result;
  for (const Pu& pu : machine.pus) result.push_back(pu.*field);
  return result;
}

std::string text_of(const Os& indices) {
  std::string text;
  for (const unsigned os : indices) {
    if (!text.empty()) text += ',';
    text += std::to_string(os);
  }
  return text;
}

// Runs `act` in a forked child and returns what it returned, or the message of what it threw.
std::string in_child(const std::function<std::string()>& act) {
  int ends[2];
  if (pipe(ends) != 0) return "no pipe";
  const pid_t child = fork();
  if (child == 0) {
    std::string answer;
    try {
      answer = act();
    } catch (const std::exception& error) {
      answer = std::string("threw: ") + error.what();
    }
    const bool whole = write(ends[1], answer.data(), answer.size()) == static_cast<ssize_t>(answer.size());
    _exit(whole ? 0 : 1);
  }
  close(ends[1]);
  std::string answer;
  char buffer[256];
  for (ssize_t got; (got = read(ends[0], buffer, sizeof buffer)) > 0;) answer.append(buffer, static_cast<size_t>(got));
  close(ends[0]);
  int status = 0;
  if (waitpid(child, &status, 0) != child || status != 0) return "the child failed after: " + answer;
  return answer;
}

// A machine as awkward as they come: no package, no core, no cache; OS indices 0, 2, 70 and 900 with 2 not allowed;
// a memory-only NUMA node, and a node of fast memory beside the ordinary one; two core kinds of the given ranks.
std::string awkward_xml(const std::string& rank_of_0, const std::string& rank_of_the_others) {
  const auto mask = [](unsigned os) {
    std::string text;
    for (unsigned word = os / 32; word > 0; --word) text += ",0x0";
    char top[16];
    std::snprintf(top, sizeof top, "0x%x", 1U << (os % 32));
    return top + text;
  };
  const auto sets = [](const std::string& cpus, const std::string& nodes) {
    return " cpuset=\"" + cpus + "\" complete_cpuset=\"" + cpus + "\" nodeset=\"" + nodes + "\" complete_nodeset=\"" +
           nodes + "\"";
  };
  std::string all = "0x10";  // 900 = 28 * 32 + 4
  for (int word = 27; word > 2; --word) all += ",0x0";
  const std::string allowed = all + ",0x40,0x0,0x1";
  all += ",0x40,0x0,0x5";
  std::string text = R"(<?xml version="1.0"?><!DOCTYPE topology SYSTEM "hwloc2.dtd"><topology version="2.0">)";
  text += "<object type=\"Machine\" os_index=\"0\" gp_index=\"1\" allowed_cpuset=\"" + allowed +
          "\" allowed_nodeset=\"0x15\"" + sets(all, "0x15") + ">";
  text += "<object type=\"NUMANode\" os_index=\"4\" gp_index=\"4\" local_memory=\"4096\"" + sets(all, "0x10") + "/>";
  text += "<object type=\"NUMANode\" os_index=\"0\" gp_index=\"2\" local_memory=\"4096\"" + sets(all, "0x1") + "/>";
  text += "<object type=\"NUMANode\" os_index=\"2\" gp_index=\"3\" local_memory=\"4096\"" + sets("0x0", "0x4") + "/>";
  for (const unsigned os : {0U, 2U, 70U, 900U}) {
    text += "<object type=\"PU\" os_index=\"" + std::to_string(os) + "\" gp_index=\"" + std::to_string(10 + os) + "\"" +
            sets(mask(os), "0x11") + "/>";
  }
  text += "</object><cpukind cpuset=\"0x1\" forced_efficiency=\"" + rank_of_0 + "\"/>";
  text += "<cpukind cpuset=\"" + all.substr(0, all.size() - 3) + "0x4\" forced_efficiency=\"" + rank_of_the_others +
          "\"/></topology>";
  return text;
}

// --- Made-up machines -------------------------------------------------------------------------------------------

TEST(Topology, TurnsTwoPackagesWithSmtIntoPlainData) {
  const Topology topology = Topology::synthetic("pack:2 numa:1 l3:1 core:2 pu:2");
  const Machine& m = topology.machine();
  EXPECT_EQ(column(m, &Pu::logical), (Os{0, 1, 2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(column(m, &Pu::os), (Os{0, 1, 2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(column(m, &Pu::core), (Os{0, 0, 1, 1, 2, 2, 3, 3}));
  EXPECT_EQ(column(m, &Pu::smt), (Os{0, 1, 0, 1, 0, 1, 0, 1}));
  EXPECT_EQ(column(m, &Pu::llc), (Os{0, 0, 0, 0, 1, 1, 1, 1}));
  EXPECT_EQ(column(m, &Pu::numa), (Os{0, 0, 0, 0, 1, 1, 1, 1}));
  EXPECT_EQ(column(m, &Pu::package), (Os{0, 0, 0, 0, 1, 1, 1, 1}));
  EXPECT_EQ(m.pus.front().kind, -1);
  EXPECT_FALSE(m.is_this_system);
}

TEST(Topology, CountsThePartsOfAMachine) {
  const Topology topology = Topology::synthetic("pack:2 numa:2 l3:3 core:4 pu:2");
  const Machine& m = topology.machine();
  EXPECT_EQ(m.pus.size(), 96U);
  EXPECT_EQ(m.cores(), 48U);
  EXPECT_EQ(m.llcs(), 12U);
  EXPECT_EQ(m.numa_nodes(), 4U);
  EXPECT_EQ(m.packages(), 2U);
}

TEST(Topology, DescribesARegularMachineInOneLineThatGivesItBack) {
  const std::string line = Topology::synthetic("pack:2 l3:2 core:4 pu:2").machine().synthetic;
  const Topology again = Topology::synthetic(line);
  EXPECT_EQ(again.machine().pus.size(), 32U) << line;
  EXPECT_EQ(again.machine().llcs(), 4U) << line;
}

TEST(Topology, KeepsOsIndicesApartFromLogicalOnes) {
  const Topology topology = Topology::synthetic("pack:2 core:2 pu:1(indexes=0,2,1,3)");
  EXPECT_EQ(os_of(topology.machine()), (Os{0, 2, 1, 3}));
  EXPECT_EQ(column(topology.machine(), &Pu::logical), (Os{0, 1, 2, 3}));
}

TEST(Topology, HandlesAThousandPus) {
  const Topology topology = Topology::synthetic("pack:8 l3:8 core:8 pu:2");
  const Machine& m = topology.machine();
  ASSERT_EQ(m.pus.size(), 1024U);
  EXPECT_EQ(m.pus.back().os, 1023U);
  EXPECT_EQ(m.llcs(), 64U);
  EXPECT_EQ(m.cores(), 512U);
}

TEST(Topology, TakesTheOutermostDataCacheWhereThereIsNoL3) {
  const Topology topology = Topology::synthetic("pack:2 l2:2 core:2 l1d:1 pu:1");
  EXPECT_EQ(column(topology.machine(), &Pu::llc), (Os{0, 0, 1, 1, 2, 2, 3, 3}));
}

TEST(Topology, TakesThePackageWhereThereIsNoDataCache) {
  EXPECT_EQ(column(Topology::synthetic("pack:2 core:2 pu:1").machine(), &Pu::llc), (Os{0, 0, 1, 1}));
}

TEST(Topology, TreatsPusWithoutCoresAsCores) {
  const Topology topology = Topology::synthetic("pu:4");
  EXPECT_EQ(column(topology.machine(), &Pu::core), (Os{0, 1, 2, 3}));
  EXPECT_EQ(column(topology.machine(), &Pu::smt), (Os{0, 0, 0, 0}));
  EXPECT_EQ(topology.machine().packages(), 1U);
  EXPECT_EQ(topology.machine().llcs(), 1U);
}

TEST(Topology, CopesWithHolesDisallowedPusAndNodesThatAreOnlyMemory) {
  const Topology topology = Topology::xml(awkward_xml("1", "0"));
  const Machine& m = topology.machine();
  EXPECT_EQ(os_of(m), (Os{0, 70, 900}));
  EXPECT_EQ(column(m, &Pu::core), (Os{0, 1, 2}));
  EXPECT_EQ(m.numa_nodes(), 1U);
  EXPECT_EQ(m.packages(), 1U);
  EXPECT_EQ(m.llcs(), 1U);
}

TEST(Topology, CallsTheOrdinaryMemoryLocalWhereFastMemoryLiesBesideIt) {
  const Topology plain = Topology::xml(awkward_xml("1", "0"));
  EXPECT_EQ(column(plain.machine(), &Pu::numa), (Os{0, 0, 0}));
}

TEST(Topology, RanksTheCoreKindsOfAHybridMachine) {
  const Topology topology = Topology::xml(awkward_xml("1", "0"));
  const Machine& m = topology.machine();
  ASSERT_EQ(m.pus.size(), 3U);
  EXPECT_EQ(m.pus[0].kind, 1);
  EXPECT_EQ(m.pus[1].kind, 0);
  EXPECT_EQ(m.pus[2].kind, 0);
}

TEST(Topology, KeepsUnrankedCoreKindsApart) {
  const Topology topology = Topology::xml(awkward_xml("-1", "-1"));
  const Machine& m = topology.machine();
  ASSERT_EQ(m.pus.size(), 3U);
  EXPECT_LT(m.pus[0].kind, -1);
  EXPECT_LT(m.pus[1].kind, -1);
  EXPECT_NE(m.pus[0].kind, m.pus[1].kind);
}

TEST(Topology, SaysInOneLineWhichDescriptionItCannotRead) {
  const auto message = [](const std::function<void()>& act) -> std::string {
    try {
      act();
    } catch (const TopologyError& error) {
      return error.what();
    }
    return "(no error)";
  };
  EXPECT_EQ(message([] { Topology::synthetic("garbage:2"); }),
            "'garbage:2' is not a synthetic machine that hwloc can read");
  EXPECT_EQ(message([] { Topology::xml("nonsense"); }), "the text is not the XML of a machine that hwloc can read");
  EXPECT_EQ(message([] { Topology::xml("<nonsense/>"); }), "the text is not the XML of a machine that hwloc can read");
}

TEST(Topology, NeverBindsToAMadeUpMachine) {
  const Topology topology = Topology::synthetic("pack:1 core:1 pu:1");
  const Os before = affinity();
  EXPECT_FALSE(topology.is_this_system());
  EXPECT_EQ(topology.bind_this_thread(0), "not bound to PU 0: the machine is made up");
  EXPECT_EQ(topology.bound_os_pu(), std::nullopt);
  EXPECT_EQ(topology.current_os_pu(), std::nullopt);
  EXPECT_EQ(affinity(), before);
}

// --- The real machine -------------------------------------------------------------------------------------------

// Stands before the other tests of the real machine: a fault here would narrow what they see.
TEST(Topology, LeavesTheBindingOfTheCallerAloneWhileLoading) {
  const Os before = affinity();
  const Topology topology = Topology::load();
  EXPECT_EQ(affinity(), before);
}

TEST(Topology, FindsThePusThatTheKernelAllows) {
  const Topology topology = Topology::load();
  Os found = os_of(topology.machine());
  std::sort(found.begin(), found.end());
  EXPECT_TRUE(topology.is_this_system());
  EXPECT_TRUE(topology.machine().is_this_system);
  EXPECT_EQ(found, affinity());
}

// Stands before the other tests that bind: a fault here would narrow what they see.
TEST(Topology, BindsNoThreadButTheCaller) {
  const Topology topology = Topology::load();
  const Os before = affinity();
  std::thread([&] { EXPECT_EQ(topology.bind_this_thread(0), std::nullopt); }).join();
  EXPECT_EQ(affinity(), before);
}

TEST(Topology, BindsAThreadToEachPuAndSaysWhereItIs) {
  const Topology topology = Topology::load();
  for (std::size_t i = 0; i < topology.machine().pus.size(); ++i) {
    const unsigned os = topology.machine().pus[i].os;
    std::thread([&] {
      EXPECT_EQ(topology.bind_this_thread(i), std::nullopt);
      EXPECT_EQ(affinity(), Os{os});
      EXPECT_EQ(sched_getcpu(), static_cast<int>(os));
      EXPECT_EQ(topology.bound_os_pu(), os);
      EXPECT_EQ(topology.current_os_pu(), os);
    }).join();
  }
}

TEST(Topology, HasNoOneBoundPuForAThreadThatMayRunOnSeveral) {
  const Topology topology = Topology::load();
  if (topology.machine().pus.size() < 2) GTEST_SKIP() << "this process may use one PU only";
  EXPECT_EQ(topology.bound_os_pu(), std::nullopt);
  EXPECT_TRUE(topology.current_os_pu().has_value());
}

TEST(Topology, RefusesAPuIndexThatDoesNotExist) {
  const Topology topology = Topology::load();
  const std::string count = std::to_string(topology.machine().pus.size());
  EXPECT_EQ(topology.bind_this_thread(100000), "there is no PU at index 100000 of " + count);
}

TEST(Topology, SeesOnlyThePuThatTasksetLeaves) {
  for (const unsigned os : affinity()) {
    EXPECT_EQ(in_child([&] {
                restrict_to(os);
                const Topology topology = Topology::load();
                return text_of(os_of(topology.machine())) + " " + topology.bind_this_thread(0).value_or("bound");
              }),
              std::to_string(os) + " bound");
  }
}

TEST(Topology, BindsInTheChildAfterFork) {
  const Topology topology = Topology::load();
  const std::size_t last = topology.machine().pus.size() - 1;
  EXPECT_EQ(in_child([&] {
              std::string answer;
              std::thread([&] {
                answer = topology.bind_this_thread(last).value_or("bound to " + text_of(affinity()));
              }).join();
              return answer;
            }),
            "bound to " + std::to_string(topology.machine().pus[last].os));
}

TEST(Topology, CanBeMoved) {
  Topology topology = Topology::synthetic("pu:2");
  topology = Topology::synthetic("pu:3");
  const Topology moved = std::move(topology);
  EXPECT_EQ(moved.machine().pus.size(), 3U);
}

// --- The environment --------------------------------------------------------------------------------------------

std::string loaded_machine() {
  const Topology topology = Topology::load();
  return std::to_string(topology.machine().pus.size()) + (topology.is_this_system() ? " real" : " made up");
}

TEST(Topology, IsMadeUpWhereTheEnvironmentSaysSo) {
  EXPECT_EQ(in_child([] {
              setenv("HWLOC_SYNTHETIC", "pack:2 core:4 pu:2", 1);
              return loaded_machine();
            }),
            "16 made up");
}

TEST(Topology, StaysMadeUpWhenHwlocIsToldToBelieveInASyntheticMachine) {
  EXPECT_EQ(in_child([] {
              setenv("HWLOC_SYNTHETIC", "pack:1 core:1 pu:1", 1);
              setenv("HWLOC_THISSYSTEM", "1", 1);
              return loaded_machine();
            }),
            "1 made up");
}

TEST(Topology, ReadsTheFileThatTheEnvironmentNames) {
  const std::string path = testing::TempDir() + "syncbench_topology_" + std::to_string(getpid()) + ".xml";
  std::ofstream(path) << awkward_xml("1", "0");
  EXPECT_EQ(in_child([&] {
              setenv("HWLOC_XMLFILE", path.c_str(), 1);
              return loaded_machine();
            }),
            "3 made up");
  std::remove(path.c_str());
}

TEST(Topology, BelievesAFileThatTheUserVouchesFor) {
  if (affinity().front() != 0) GTEST_SKIP() << "the file of this test knows PU 0 only, and this process may not use it";
  const std::string path = testing::TempDir() + "syncbench_vouched_" + std::to_string(getpid()) + ".xml";
  std::ofstream(path) << awkward_xml("1", "0");
  EXPECT_EQ(in_child([&] {
              setenv("HWLOC_XMLFILE", path.c_str(), 1);
              setenv("HWLOC_THISSYSTEM", "1", 1);
              restrict_to(0);
              return loaded_machine();
            }),
            "1 real");
  std::remove(path.c_str());
}

TEST(Topology, DoesNotFallBackToTheRealMachineSilently) {
  EXPECT_EQ(in_child([] {
              setenv("HWLOC_SYNTHETIC", "garbage:2", 1);
              return loaded_machine();
            }),
            "threw: HWLOC_SYNTHETIC='garbage:2' is not a machine that hwloc can read");
  EXPECT_EQ(in_child([] {
              setenv("HWLOC_XMLFILE", "/no/such/file.xml", 1);
              return loaded_machine();
            }),
            "threw: HWLOC_XMLFILE='/no/such/file.xml' is not a machine that hwloc can read");
}

}  // namespace
}  // namespace syncbench
