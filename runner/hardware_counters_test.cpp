// Counters that any machine can be given: a software event in place of the processor's, a made-up powercap tree.
#include "runner/hardware_counters.hpp"

#include <gtest/gtest.h>
#include <linux/perf_event.h>

#include <chrono>
#include <thread>

#include "fake_system.hpp"

namespace syncbench {
namespace {

constexpr CountedEvent kTaskClock{"task_clock", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK};
constexpr CountedEvent kNoSuchEvent{"nothing", PERF_TYPE_SOFTWARE, 12345};

void spin_for(std::chrono::milliseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < end) {
  }
}

TEST(HardwareCounters, count_what_threads_do_that_are_started_later) {
  const std::vector<CountedEvent> events = {kTaskClock, kNoSuchEvent};
  const HardwareCounters counters(events);
  if (!counters.any()) GTEST_SKIP() << counters.refusal();
  const auto before = counters.read();
  std::thread([] { spin_for(std::chrono::milliseconds(20)); }).join();
  const auto after = counters.read();
  ASSERT_EQ(after.size(), 2U);
  const auto nanoseconds = HardwareCounters::between(before[0], after[0]);
  ASSERT_TRUE(nanoseconds);
  EXPECT_GT(*nanoseconds, 1e6) << "of the 20 ms some may have gone to others";
  EXPECT_FALSE(HardwareCounters::between(before[1], after[1])) << "what cannot be counted is absent";
  EXPECT_FALSE(counters.refusal().empty()) << "and the reason is kept";
}

TEST(HardwareCounters, that_are_not_asked_for_are_absent) {
  const HardwareCounters counters({});
  EXPECT_FALSE(counters.any());
  EXPECT_TRUE(counters.read().empty());
  EXPECT_EQ(counters.refusal(), "");
}

TEST(HardwareCounters, that_were_shared_out_are_scaled_up_to_the_whole_time) {
  using Reading = HardwareCounters::Reading;
  EXPECT_EQ(HardwareCounters::between(Reading{100, 10, 10}, Reading{400, 110, 60}), 600);
  EXPECT_EQ(HardwareCounters::between(Reading{100, 10, 10}, Reading{400, 110, 110}), 300);
  EXPECT_FALSE(HardwareCounters::between(Reading{100, 10, 10}, Reading{100, 110, 10})) << "never had a counter";
  EXPECT_FALSE(HardwareCounters::between(std::nullopt, Reading{1, 1, 1}));
  EXPECT_FALSE(HardwareCounters::between(Reading{1, 1, 1}, std::nullopt));
}

TEST(HardwareCounters, are_described_or_said_to_be_missing) {
  const std::string text = describe_hardware_counters();
  EXPECT_TRUE(text.starts_with("none (") || text.find("cycles") != std::string::npos) << text;
}

void add_domain(FakeSystem& system, const std::string& domain, const std::string& name, const std::string& energy) {
  const std::string path = "/sys/class/powercap/" + domain;
  system.write(path + "/name", name + "\n");
  system.write(path + "/energy_uj", energy + "\n");
  system.write(path + "/max_energy_range_uj", "1000000\n");
}

TEST(EnergyMeter, adds_the_packages_and_nothing_that_is_part_of_one_or_named_twice) {
  FakeSystem system;
  add_domain(system, "intel-rapl:0", "package-0", "100");
  add_domain(system, "intel-rapl:0:0", "core", "50");
  add_domain(system, "intel-rapl:1", "package-1", "200");
  add_domain(system, "intel-rapl-mmio:0", "package-0", "100");
  add_domain(system, "intel-rapl:2", "psys", "900");
  const EnergyMeter meter(system.files());
  EXPECT_EQ(meter.packages(), 2U);
  const auto before = meter.read();
  for (const char* domain : {"intel-rapl:0", "intel-rapl-mmio:0"}) add_domain(system, domain, "package-0", "500100");
  add_domain(system, "intel-rapl:1", "package-1", "250200");
  EXPECT_NEAR(meter.joules(before, meter.read()).value_or(-1), 0.75, 1e-12);
  EXPECT_EQ(describe_energy(system.files()), "2 packages");
}

TEST(EnergyMeter, goes_on_where_a_counter_begins_anew) {
  FakeSystem system;
  add_domain(system, "intel-rapl:0", "package-0", "900000");
  const EnergyMeter meter(system.files());
  const auto before = meter.read();
  add_domain(system, "intel-rapl:0", "package-0", "150000");
  EXPECT_NEAR(meter.joules(before, meter.read()).value_or(-1), 0.25, 1e-12);
}

TEST(EnergyMeter, says_nothing_where_there_is_nothing_to_read) {
  FakeSystem system;
  EXPECT_FALSE(EnergyMeter(system.files()).read());
  EXPECT_EQ(describe_energy(system.files()), "none (no package under /sys/class/powercap)");
  add_domain(system, "intel-rapl:0", "package-0", "");
  const EnergyMeter meter(system.files());
  EXPECT_FALSE(meter.read());
  EXPECT_FALSE(meter.joules(std::nullopt, std::nullopt));
  EXPECT_EQ(describe_energy(system.files()), "none (not permitted: /sys/class/powercap/*/energy_uj)");
}

}  // namespace
}  // namespace syncbench
