// The environment on made-up systems: a bare one, of which nothing may be claimed, and a rich one, of which every fact
// must arrive; then every warning, on a record that differs from a blameless one in a single item.

#include "environment.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "fake_system.hpp"

namespace syncbench {
namespace {

using Json = nlohmann::ordered_json;

const std::string kCpu = "/sys/devices/system/cpu/";

TopologySummary four_pus() {
  return {4, 2, 1, 1, {0, 1, 2, 3}, "Package:1 Core:2 PU:2", true};
}

Json capture(const FakeSystem& system) {
  return capture_environment({}, four_pus(), {}, {}, system.files());
}

/// A system on which there is nothing to complain about.
void make_quiet(FakeSystem& system) {
  system.write("/proc/sys/kernel/hostname", "node7\n");
  system.write("/proc/cpuinfo",
               "processor\t: 0\nmodel name\t: Made Up 9000\nmicrocode\t: 0x12\nflags\t\t: fpu sse2\n\n");
  system.write("/proc/self/status", "Name:\tx\nCpus_allowed:\tf\nCpus_allowed_list:\t0-3\n");
  system.write("/proc/loadavg", "0.10 0.20 0.30 1/200 4242\n");
  system.write("/proc/sys/kernel/numa_balancing", "0\n");
  system.write(kCpu + "online", "0-3\n");
  system.write(kCpu + "intel_pstate/no_turbo", "1\n");
  system.write("/sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n");
  for (const std::string cpu : {"cpu0", "cpu1", "cpu2", "cpu3"}) {
    system.write(kCpu + cpu + "/cpufreq/scaling_governor", "performance\n");
    system.write(kCpu + cpu + "/cpufreq/scaling_driver", "intel_pstate\n");
    system.write(kCpu + cpu + "/cpufreq/scaling_min_freq", "800000\n");
    system.write(kCpu + cpu + "/cpufreq/scaling_max_freq", "2600000\n");
    system.write(kCpu + cpu + "/cpuidle/state0/latency", "0\n");
    system.write(kCpu + cpu + "/cpuidle/state1/latency", "2\n");
  }
}

/// The record of a system without fault, whatever glibc this test runs on.
Json blameless() {
  FakeSystem system;
  make_quiet(system);
  Json record = capture(system);
  record["system"]["glibc"] = "2.41";
  return record;
}

std::string all_text(const std::vector<Warning>& warnings) {
  std::string text;
  for (const Warning& warning : warnings) text += warning.text + "\n";
  return text;
}

/// Expects one warning, of that weight, that contains the words.
void expect_only(const Json& record, Severity severity, const std::string& words) {
  const std::vector<Warning> warnings = check_environment(record);
  ASSERT_EQ(warnings.size(), 1U) << words << "\n" << all_text(warnings);
  EXPECT_EQ(warnings[0].severity, severity) << warnings[0].text;
  EXPECT_NE(warnings[0].text.find(words), std::string::npos) << warnings[0].text;
  EXPECT_NE(warnings[0].text.find(';'), std::string::npos) << "no remedy: " << warnings[0].text;
  EXPECT_EQ(warnings[0].text.find('\n'), std::string::npos) << warnings[0].text;
}

TEST(Capture, nothing_is_invented_for_a_system_without_files) {
  FakeSystem system;
  const Json record = capture_environment({}, {}, {}, {}, system.files());
  EXPECT_TRUE(record.at("host").empty()) << record.at("host");
  EXPECT_TRUE(record.at("topology").empty()) << record.at("topology");
  EXPECT_TRUE(record.at("calibration").empty()) << record.at("calibration");
  Json of_the_process = record.at("system");
  of_the_process.erase("glibc");
  of_the_process.erase("glibc_lost_wakeup_bug");
  EXPECT_TRUE(of_the_process.empty()) << of_the_process;
  EXPECT_EQ(record.at("build"), (Json{{"code", {{"optimized", true}, {"assertions", false}}}}));
}

TEST(Capture, nothing_is_invented_for_files_without_sense) {
  FakeSystem system;
  for (const std::string path :
       {"/proc/cpuinfo", "/proc/cmdline", "/proc/loadavg", "/proc/self/status", "/proc/self/cgroup",
        "/proc/self/mountinfo", "/proc/sys/kernel/randomize_va_space", "/sys/kernel/mm/transparent_hugepage/enabled"}) {
    system.write(path, ":::\n][ nonsense\n");
  }
  system.write(kCpu + "nohz_full", "(null)\n");
  system.write(kCpu + "isolated", "\n");
  system.write(kCpu + "smt/active", "\n");
  Json found = capture(system)["system"];
  found.erase("glibc");
  found.erase("glibc_lost_wakeup_bug");
  EXPECT_TRUE(found.empty()) << found;
}

TEST(Capture, the_parts_stand_in_the_records_order) {
  FakeSystem system;
  const Json record = capture(system);
  std::vector<std::string> names;
  for (const auto& [name, part] : record.items()) names.push_back(name);
  EXPECT_EQ(names, (std::vector<std::string>{"host", "topology", "system", "build", "calibration", "warnings"}));
}

TEST(Capture, host_and_system_are_flat_as_the_schema_wants) {
  FakeSystem system;
  make_quiet(system);
  for (const char* part : {"host", "system"}) {
    const Json record = capture(system);
    for (const auto& [key, value] : record.at(part).items()) EXPECT_TRUE(value.is_primitive()) << key << value;
  }
}

TEST(Capture, the_host_is_named_with_its_processor) {
  FakeSystem system;
  make_quiet(system);
  EXPECT_EQ(capture(system)["host"],
            (Json{{"name", "node7"}, {"cpu", "Made Up 9000"}, {"microcode", "0x12"}, {"hypervisor", false}}));
  system.write("/proc/cpuinfo", "flags : fpu hypervisor\n");
  EXPECT_EQ(capture(system)["host"], (Json{{"name", "node7"}, {"hypervisor", true}}));
}

TEST(Capture, topology_calibration_and_build_are_passed_on) {
  FakeSystem system;
  BuildInfo build;
  build.version = "1.2";
  build.revision = "abc-dirty";
  build.sanitizer = "thread";
  build.optimized = false;
  build.libraries = {{"hwloc", "2.9"}};
  const Json record =
      capture_environment(build, four_pus(), {.timer_ns = 22.5}, {.hardware = "cycles"}, system.files());
  EXPECT_EQ(record.at("topology"), (Json{{"pus", 4},
                                         {"cores", 2},
                                         {"packages", 1},
                                         {"numa_nodes", 1},
                                         {"allowed_os", {0, 1, 2, 3}},
                                         {"synthetic", "Package:1 Core:2 PU:2"}}));
  EXPECT_EQ(record.at("calibration"), (Json{{"timer_ns", 22.5}}));
  EXPECT_EQ(record.at("system").at("hardware_counters"), "cycles");
  EXPECT_FALSE(record.at("system").contains("energy_counters")) << "nothing was said about them";
  EXPECT_EQ(record.at("build"), (Json{{"version", "1.2"},
                                      {"revision", "abc-dirty"},
                                      {"sanitizer", "thread"},
                                      {"code", {{"optimized", false}, {"assertions", false}}},
                                      {"libraries", {{"hwloc", "2.9"}}}}));
}

TEST(Capture, frequency_settings_cover_all_allowed_processors) {
  FakeSystem system;
  make_quiet(system);
  system.write(kCpu + "cpu2/cpufreq/scaling_governor", "powersave\n");
  system.write(kCpu + "cpu3/cpufreq/scaling_max_freq", "3000000\n");
  const Json found = capture(system)["system"];
  EXPECT_EQ(found.at("governor"), "performance,powersave");
  EXPECT_EQ(found.at("frequency_driver"), "intel_pstate");
  EXPECT_EQ(found.at("frequency_min_mhz"), 800);
  EXPECT_EQ(found.at("frequency_max_mhz"), 3000);
  EXPECT_EQ(found.at("turbo"), false);
  system.write("/proc/self/status", "Cpus_allowed_list:\t0-1\n");
  EXPECT_EQ(capture(system)["system"]["governor"], "performance");
}

TEST(Capture, turbo_is_read_from_either_file) {
  FakeSystem system;
  EXPECT_FALSE(capture(system)["system"].contains("turbo"));
  system.write(kCpu + "cpufreq/boost", "1\n");
  EXPECT_EQ(capture(system)["system"]["turbo"], true);
  system.write(kCpu + "intel_pstate/no_turbo", "1\n");
  EXPECT_EQ(capture(system)["system"]["turbo"], false);
}

TEST(Capture, only_boot_options_that_change_timing_are_kept) {
  FakeSystem system;
  system.write("/proc/cmdline",
               "root=/dev/sda password=x isolcpus=2-3 nohz_full=2-3 mitigations=off quiet -- idle=poll\n");
  EXPECT_EQ(capture(system)["system"]["kernel_options"], "isolcpus=2-3 nohz_full=2-3 mitigations=off");
}

TEST(Capture, kernel_settings_arrive) {
  FakeSystem system;
  system.write("/proc/sys/kernel/osrelease", "6.1.0\n");
  system.write("/proc/sys/kernel/randomize_va_space", "2\n");
  system.write("/proc/sys/kernel/sched_autogroup_enabled", "1\n");
  system.write("/proc/sys/kernel/numa_balancing", "2\n");
  system.write("/proc/pressure/cpu", "some avg10=7.50 avg60=1.00 avg300=0.37 total=1\nfull avg10=9.00 total=0\n");
  system.write("/sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
  system.write(kCpu + "isolated", "2-3\n");
  system.write(kCpu + "nohz_full", "2\n");
  system.write(kCpu + "smt/active", "1\n");
  system.write(kCpu + "cpuidle/current_driver", "acpi_idle\n");
  system.write(kCpu + "cpuidle/current_governor_ro", "menu\n");
  system.write(kCpu + "vulnerabilities/meltdown", "Not affected\n");
  system.write(kCpu + "vulnerabilities/mds", "Mitigation: Clear buffers\n");
  Json found = capture(system)["system"];
  found.erase("glibc");
  found.erase("glibc_lost_wakeup_bug");
  EXPECT_EQ(found, (Json{{"kernel", "6.1.0"},
                         {"isolated_cpus", "2-3"},
                         {"nohz_full_cpus", "2"},
                         {"sched_autogroup", true},
                         {"aslr", 2},
                         {"vulnerability_mds", "Mitigation: Clear buffers"},
                         {"smt", true},
                         {"idle_driver", "acpi_idle"},
                         {"idle_governor", "menu"},
                         {"transparent_hugepages", "madvise"},
                         {"numa_balancing", true},
                         {"psi", true},
                         {"psi_cpu_avg10_percent", 7.5}}));
}

TEST(Capture, the_deepest_idle_state_that_is_not_disabled_counts) {
  FakeSystem system;
  make_quiet(system);
  system.write(kCpu + "cpu1/cpuidle/state2/latency", "133\n");
  EXPECT_EQ(capture(system)["system"]["idle_deepest_us"], 133);
  system.write(kCpu + "cpu1/cpuidle/state2/disable", "1\n");
  EXPECT_EQ(capture(system)["system"]["idle_deepest_us"], 2);
}

TEST(Capture, the_tightest_quota_above_the_process_counts_in_version_two) {
  FakeSystem system;
  system.write("/proc/self/cgroup", "0::/a/b\n");
  system.write("/proc/self/mountinfo", "31 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
  system.write("/sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
  EXPECT_FALSE(capture(system)["system"].contains("cpu_quota"));
  system.write("/sys/fs/cgroup/a/b/cpu.max", "400000 100000\n");
  system.write("/sys/fs/cgroup/a/cpu.max", "150000 100000\n");
  system.write("/sys/fs/cgroup/a/b/cpuset.cpus.effective", "0-2\n");
  const Json found = capture(system)["system"];
  EXPECT_EQ(found.at("cgroup"), "v2");
  EXPECT_EQ(found.at("cpu_quota"), 1.5);
  EXPECT_EQ(found.at("cpuset"), "0-2");
  system.write("/sys/fs/cgroup/a/b/cpu.max", "50000 100000\n");
  EXPECT_EQ(capture(system)["system"]["cpu_quota"], 0.5);
}

TEST(Capture, a_quota_of_version_one_counts) {
  FakeSystem system;
  system.write("/proc/self/cgroup", "2:cpu,cpuacct:/a\n1:cpuset:/a\n");
  system.write(
      "/proc/self/mountinfo",
      "32 31 0:29 / /cg/cpu rw - cgroup cgroup rw,cpu,cpuacct\n33 31 0:30 / /cg/set rw - cgroup cgroup rw,cpuset\n");
  system.write("/cg/cpu/a/cpu.cfs_quota_us", "-1\n");
  system.write("/cg/cpu/a/cpu.cfs_period_us", "100000\n");
  EXPECT_FALSE(capture(system)["system"].contains("cpu_quota"));
  system.write("/cg/cpu/a/cpu.cfs_quota_us", "50000\n");
  system.write("/cg/set/a/cpuset.effective_cpus", "1\n");
  const Json found = capture(system)["system"];
  EXPECT_EQ(found.at("cgroup"), "v1");
  EXPECT_EQ(found.at("cpu_quota"), 0.5);
  EXPECT_EQ(found.at("cpuset"), "1");
}

TEST(Capture, a_container_is_recognized_by_what_its_tool_leaves) {
  FakeSystem system;
  EXPECT_FALSE(capture(system)["system"].contains("container"));
  system.set_variable("container", "lxc");
  EXPECT_EQ(capture(system)["system"]["container"], "lxc");
  system.write("/run/systemd/container", "systemd-nspawn\n");
  EXPECT_EQ(capture(system)["system"]["container"], "systemd-nspawn");
  system.set_variable("KUBERNETES_SERVICE_HOST", "10.0.0.1");
  EXPECT_EQ(capture(system)["system"]["container"], "kubernetes");
  system.set_variable("APPTAINER_CONTAINER", "/image");
  EXPECT_EQ(capture(system)["system"]["container"], "apptainer");
  system.write("/run/.containerenv", "");
  EXPECT_EQ(capture(system)["system"]["container"], "podman");
  system.write("/.dockerenv", "");
  EXPECT_EQ(capture(system)["system"]["container"], "docker");
}

TEST(Capture, the_batch_systems_identifiers_arrive) {
  FakeSystem system;
  system.set_variable("SLURM_JOB_ID", "77");
  system.set_variable("SLURM_ARRAY_TASK_ID", "3");
  const Json found = capture(system)["system"];
  EXPECT_EQ(found.at("slurm_job_id"), "77");
  EXPECT_EQ(found.at("slurm_array_task_id"), "3");
  EXPECT_FALSE(found.contains("slurm_procid"));
}

TEST(Capture, the_warnings_of_the_check_are_in_the_record) {
  FakeSystem system;
  make_quiet(system);
  system.write(kCpu + "intel_pstate/no_turbo", "0\n");
  const Json record = capture(system);
  std::vector<std::string> expected;
  for (const Warning& warning : check_environment(record)) expected.push_back(warning.text);
  ASSERT_FALSE(expected.empty());
  EXPECT_EQ(record.at("warnings").get<std::vector<std::string>>(), expected);
}

TEST(Capture, this_machine_can_be_captured) {
  const Json record = capture_environment(compiled_build_info(), four_pus(), {});
  EXPECT_TRUE(record.at("host").contains("name"));
  EXPECT_TRUE(record.at("system").contains("kernel"));
  EXPECT_TRUE(record.at("system").contains("affinity"));
  EXPECT_TRUE(record.at("build").at("libraries").contains("libstdc++"));
  EXPECT_FALSE(record.at("build").at("compiler").get<std::string>().empty());
}

TEST(Check, a_blameless_system_raises_no_warning) {
  EXPECT_TRUE(check_environment(blameless()).empty()) << all_text(check_environment(blameless()));
}

TEST(Check, an_absent_item_or_one_of_another_type_raises_no_warning) {
  EXPECT_TRUE(check_environment(Json::object()).empty());
  EXPECT_TRUE(check_environment(Json()).empty());
  EXPECT_TRUE(
      check_environment({{"system", {{"governor", 7}, {"turbo", "yes"}, {"load_1min", "9"}}}, {"host", 3}}).empty());
}

TEST(Check, sanitizers_are_severe) {
  Json record = blameless();
  record["build"]["sanitizer"] = "thread";
  expect_only(record, Severity::kSevere, "sanitizer (thread)");
  record["build"].erase("sanitizer");
  record["build"]["flags"] = "-O2 -fsanitize=undefined";
  expect_only(record, Severity::kSevere, "sanitizer");
}

TEST(Check, a_build_without_optimization_is_severe) {
  Json record = blameless();
  record["build"]["code"]["optimized"] = false;
  record["build"]["build_type"] = "Debug";
  expect_only(record, Severity::kSevere, "without optimization (Debug)");
}

TEST(Check, assertions_are_noted) {
  Json record = blameless();
  record["build"]["code"]["assertions"] = true;
  expect_only(record, Severity::kNote, "assertions");
}

TEST(Check, a_simulated_topology_is_severe) {
  FakeSystem system;
  make_quiet(system);
  TopologySummary topology = four_pus();
  topology.is_this_system = false;
  Json record = capture_environment({}, topology, {}, {}, system.files());
  record["system"]["glibc"] = "2.41";
  expect_only(record, Severity::kSevere, "simulated");
}

TEST(Check, a_quota_below_the_processors_in_use_is_severe) {
  Json record = blameless();
  record["system"]["cpu_quota"] = 1.5;
  expect_only(record, Severity::kSevere, "1.5 processors of 4");
  record["system"]["cpu_quota"] = 4.0;
  EXPECT_TRUE(check_environment(record).empty());
  record["system"].erase("affinity");
  expect_only(record, Severity::kSevere, "4 processors");
}

TEST(Check, a_virtual_machine_is_noted) {
  Json record = blameless();
  record["host"]["hypervisor"] = true;
  expect_only(record, Severity::kNote, "virtual machine");
}

TEST(Check, any_governor_but_performance_is_noted) {
  Json record = blameless();
  record["system"]["governor"] = "performance,schedutil";
  expect_only(record, Severity::kNote, "governor is performance,schedutil");
}

TEST(Check, turbo_is_noted) {
  Json record = blameless();
  record["system"]["turbo"] = true;
  expect_only(record, Severity::kNote, "turbo");
}

TEST(Check, deep_idle_states_are_noted) {
  Json record = blameless();
  record["system"]["idle_deepest_us"] = 20;
  EXPECT_TRUE(check_environment(record).empty());
  record["system"]["idle_deepest_us"] = 133;
  expect_only(record, Severity::kNote, "133 us");
}

TEST(Check, a_load_above_half_a_program_a_processor_is_noted) {
  Json record = blameless();
  record["system"]["load_1min"] = 2.0;
  EXPECT_TRUE(check_environment(record).empty());
  record["system"]["load_1min"] = 2.01;
  expect_only(record, Severity::kNote, "load was 2.01 on 4");
  record["system"]["online_cpus"] = "0-7";
  EXPECT_TRUE(check_environment(record).empty());
}

TEST(Check, programs_that_waited_for_a_processor_are_noted) {
  Json record = blameless();
  record["system"]["psi_cpu_avg10_percent"] = 5.0;
  EXPECT_TRUE(check_environment(record).empty());
  record["system"]["psi_cpu_avg10_percent"] = 12.0;
  expect_only(record, Severity::kNote, "12 %");
}

TEST(Check, numa_balancing_is_noted_where_there_are_nodes) {
  Json record = blameless();
  record["system"]["numa_balancing"] = true;
  EXPECT_TRUE(check_environment(record).empty());
  record["topology"]["numa_nodes"] = 2;
  expect_only(record, Severity::kNote, "NUMA");
}

TEST(Check, a_slow_clock_is_noted) {
  Json record = blameless();
  record["system"]["clocksource"] = "hpet";
  expect_only(record, Severity::kNote, "hpet");
}

TEST(Check, a_glibc_that_loses_wakeups_is_noted) {
  Json record = blameless();
  for (const char* good : {"2.24", "2.41", "2.100", "3.0"}) {
    record["system"]["glibc"] = good;
    EXPECT_TRUE(check_environment(record).empty()) << good;
  }
  for (const char* bad : {"2.25", "2.36", "2.40"}) {
    record["system"]["glibc"] = bad;
    expect_only(record, Severity::kNote, std::string("glibc ") + bad);
  }
}

TEST(Check, severe_warnings_come_first) {
  Json record = blameless();
  record["build"]["code"]["assertions"] = true;
  record["system"]["turbo"] = true;
  record["system"]["cpu_quota"] = 1;
  const std::vector<Warning> warnings = check_environment(record);
  ASSERT_EQ(warnings.size(), 3U);
  EXPECT_EQ(warnings[0].severity, Severity::kSevere);
  EXPECT_EQ(warnings[1].severity, Severity::kNote);
}

TEST(Render, every_item_stands_in_two_aligned_columns) {
  const Json record = {{"host", {{"name", "node7"}, {"hypervisor", true}}},
                       {"topology", {{"pus", 4}, {"allowed_os", {0, 1, 2, 5}}}},
                       {"system", Json::object()},
                       {"build", {{"libraries", {{"fmt", "9"}}}}},
                       {"calibration", {{"timer_ns", 22.5}}},
                       {"warnings", {"turbo is on"}}};
  EXPECT_EQ(render_environment(record),
            "host\n  name        node7\n  hypervisor  yes\n"
            "topology\n  pus         4\n  allowed os  0-2,5\n"
            "build\n  fmt         9\n"
            "calibration\n  timer ns    22.5\n"
            "warnings\n  - turbo is on\n");
}

}  // namespace
}  // namespace syncbench
