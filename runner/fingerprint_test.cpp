// The fingerprint is run on this machine for its structure alone (finite, joined, in time: a test must not judge
// speed); the accounting is run on made-up counters.

#include "fingerprint.hpp"

#include <gtest/gtest.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <stdexcept>
#include <thread>

#include "fake_system.hpp"

namespace syncbench {
namespace {

using Pair = std::pair<std::size_t, std::size_t>;
using Clock = std::chrono::steady_clock;

bool bind_to(std::size_t cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  return pthread_setaffinity_np(pthread_self(), sizeof(set), &set) == 0;
}

/// The first two processors that this test may use, or nothing.
std::optional<Pair> two_cpus() {
  const std::string status = read_text({}, "/proc/self/status").value_or("");
  const std::size_t at = status.find("Cpus_allowed_list:");
  if (at == std::string::npos) return std::nullopt;
  const auto cpus = parse_cpu_list(split(status.substr(at + 18), "\n").at(0));
  return cpus && cpus->size() > 1 ? std::optional(Pair{cpus->at(0), cpus->at(1)}) : std::nullopt;
}

std::size_t threads_of_this_process() {
  return list_directory({}, "/proc/self/task").size();
}

/// Runs until destroyed on one processor.
class BusyProcessor {
 public:
  explicit BusyProcessor(std::size_t cpu) : thread_([this, cpu] { work(cpu); }) {
    while (!working_.load()) std::this_thread::yield();
  }
  ~BusyProcessor() {
    stop_.store(true);
    thread_.join();
  }

 private:
  void work(std::size_t cpu) {
    bind_to(cpu);
    working_.store(true);
    while (!stop_.load()) {
    }
  }

  std::atomic<bool> working_{false};
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

void expect_plausible(const Fingerprint& fingerprint) {
  EXPECT_TRUE(std::isfinite(fingerprint.multiply_ns));
  EXPECT_GT(fingerprint.multiply_ns, 0);
  if (!fingerprint.line_ns) return;
  EXPECT_TRUE(std::isfinite(*fingerprint.line_ns));
  EXPECT_GT(*fingerprint.line_ns, 0);
}

TEST(Fingerprint, times_the_line_between_two_processors) {
  const auto pair = two_cpus();
  if (!pair) GTEST_SKIP() << "needs two processors";
  bool timed = false;
  for (int attempt = 0; attempt < 200 && !timed; ++attempt) {  // the machine may be busy for a while
    const Fingerprint fingerprint = take_fingerprint(bind_to, pair);
    expect_plausible(fingerprint);
    timed = fingerprint.line_ns.has_value();
  }
  EXPECT_TRUE(timed);
}

TEST(Fingerprint, binds_one_thread_to_each_processor) {
  std::atomic<int> bound[2] = {0, 0};
  std::atomic<bool> on_the_caller{false};
  const std::thread::id caller = std::this_thread::get_id();
  take_fingerprint(
      [&](std::size_t pu) {
        ++bound[pu];
        if (std::this_thread::get_id() == caller) on_the_caller = true;
        return true;
      },
      Pair{0, 1});
  EXPECT_LE(bound[0], 1);
  EXPECT_LE(bound[1], 1);
  EXPECT_FALSE(on_the_caller);
}

TEST(Fingerprint, joins_its_threads_and_leaves_the_callers_binding) {
  cpu_set_t before;
  cpu_set_t after;
  const std::size_t threads = threads_of_this_process();
  ASSERT_EQ(sched_getaffinity(0, sizeof(before), &before), 0);
  take_fingerprint(bind_to, two_cpus());
  ASSERT_EQ(sched_getaffinity(0, sizeof(after), &after), 0);
  EXPECT_TRUE(CPU_EQUAL(&before, &after));
  EXPECT_EQ(threads_of_this_process(), threads);
}

TEST(Fingerprint, has_no_line_without_two_different_processors) {
  bool asked = false;
  const PuBinder binder = [&](std::size_t) { return asked = true; };
  for (const std::optional<Pair>& pair : {std::optional<Pair>(), std::optional(Pair{1, 1})}) {
    const Fingerprint fingerprint = take_fingerprint(binder, pair);
    EXPECT_FALSE(fingerprint.line_ns);
    expect_plausible(fingerprint);
  }
  EXPECT_FALSE(asked);
}

TEST(Fingerprint, has_no_line_where_a_thread_cannot_be_bound) {
  for (const std::size_t refused : {0U, 1U}) {
    const auto start = Clock::now();
    const Fingerprint fingerprint = take_fingerprint([&](std::size_t pu) { return pu != refused; }, Pair{0, 1});
    EXPECT_FALSE(fingerprint.line_ns) << refused;
    EXPECT_LT(Clock::now() - start, std::chrono::milliseconds(100));
    expect_plausible(fingerprint);
  }
}

TEST(Fingerprint, survives_a_binder_that_throws) {
  const Fingerprint fingerprint =
      take_fingerprint([](std::size_t) -> bool { throw std::runtime_error("no such processor"); }, Pair{0, 1});
  EXPECT_FALSE(fingerprint.line_ns);
  expect_plausible(fingerprint);
}

TEST(Fingerprint, ends_in_time_where_the_partner_does_not_come) {
  // The second thread dallies in its binder for longer than the rally lasts.
  const auto start = Clock::now();
  const Fingerprint fingerprint = take_fingerprint(
      [](std::size_t pu) {
        if (pu == 1) std::this_thread::sleep_for(std::chrono::milliseconds(20));
        return true;
      },
      Pair{0, 1});
  EXPECT_FALSE(fingerprint.line_ns);
  EXPECT_LT(Clock::now() - start, std::chrono::milliseconds(200));
}

TEST(Fingerprint, leaves_the_callers_binding_when_one_thread_has_ended_and_the_other_is_late) {
  cpu_set_t before;
  cpu_set_t after;
  ASSERT_EQ(sched_getaffinity(0, sizeof(before), &before), 0);
  std::atomic<bool> late{false};
  const auto enough = Clock::now() + std::chrono::seconds(1);
  take_fingerprint(
      [&](std::size_t pu) {
        if (pu == 1) {
          late.store(true);
          std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
        while (!late.load() && Clock::now() < enough) std::this_thread::yield();
        return pu == 1;
      },
      Pair{0, 1});
  ASSERT_EQ(sched_getaffinity(0, sizeof(after), &after), 0);
  EXPECT_TRUE(CPU_EQUAL(&before, &after));
}

TEST(Fingerprint, ends_in_time_on_busy_processors) {
  const auto pair = two_cpus();
  if (!pair) GTEST_SKIP() << "needs two processors";
  const BusyProcessor one(pair->second);
  const BusyProcessor two(pair->second);
  for (int attempt = 0; attempt < 10; ++attempt) {
    const auto start = Clock::now();
    expect_plausible(take_fingerprint(bind_to, pair));
    EXPECT_LT(Clock::now() - start,
              std::chrono::milliseconds(200));  // 5 ms by contract; the test machine may be loaded
  }
}

// --- accounting ------------------------------------------------------------------------------------------------------

double tick() {
  return 1.0 / static_cast<double>(sysconf(_SC_CLK_TCK));
}

/// Two processors over half a second: 1 s of processor time, of which 0.5 s was busy.
CpuSample at(double seconds, double busy) {
  CpuSample sample;
  sample.at_s = seconds;
  sample.cpus = 2;
  sample.tick_s = 0.01;
  sample.busy_s = busy;
  return sample;
}

TEST(CpuAccounting, reads_only_the_processors_it_watches) {
  FakeSystem system;
  system.write("/proc/stat",
               "cpu  9999 9 9 9 9 9 9 9 9 9\n"
               "cpu0 100 20 30 1000 50 4 6 7 1 0\n"
               "cpu1 1000 0 0 0 0 0 0 900 0 0\n"
               "cpu10 10 1 1 1 1 1 1 3 0 0\nintr 5\n");
  const CpuSample sample = CpuAccounting({0, 10}, system.files()).sample();
  ASSERT_TRUE(sample.busy_s && sample.steal_s);
  EXPECT_EQ(sample.cpus, 2U);
  EXPECT_NEAR(*sample.busy_s, (160 + 14) * tick(), 1e-9);
  EXPECT_NEAR(*sample.steal_s, (7 + 3) * tick(), 1e-9);
  EXPECT_FALSE(sample.busy_exact_s);
  EXPECT_FALSE(sample.throttled);
  EXPECT_FALSE(sample.pressure_s);
}

TEST(CpuAccounting, invents_nothing_for_absent_files_or_processors) {
  FakeSystem system;
  EXPECT_FALSE(CpuAccounting({0}, system.files()).sample().busy_s);
  system.write("/proc/stat", "cpu0 1 2 3 4 5 6 7\n");
  const CpuSample old_kernel = CpuAccounting({0}, system.files()).sample();
  EXPECT_TRUE(old_kernel.busy_s);
  EXPECT_FALSE(old_kernel.steal_s);
  EXPECT_FALSE(CpuAccounting({0, 1}, system.files()).sample().busy_s);
  EXPECT_FALSE(CpuAccounting({}, system.files()).sample().busy_s);
  system.write("/proc/stat", "cpu0 1 2 x 4 5 6 7 8\n");
  EXPECT_FALSE(CpuAccounting({0}, system.files()).sample().busy_s);
}

TEST(CpuAccounting, reads_exact_times_where_the_kernel_has_them) {
  FakeSystem system;
  const std::string lines =
      "timestamp 1\ncpu0 0 0 0 0 0 0 2000000000 5 6\ndomain0 03 1\ncpu1 0 0 0 0 0 0 500000000 5 6\n";
  system.write("/proc/schedstat", "version 15\n" + lines);
  EXPECT_NEAR(CpuAccounting({0, 1}, system.files()).sample().busy_exact_s.value_or(0), 2.5, 1e-9);
  EXPECT_FALSE(CpuAccounting({0, 2}, system.files()).sample().busy_exact_s);
  system.write("/proc/schedstat", "version 14\n" + lines);
  EXPECT_FALSE(CpuAccounting({0, 1}, system.files()).sample().busy_exact_s);
}

TEST(CpuAccounting, reads_throttling_of_all_groups_above_and_its_own_pressure) {
  FakeSystem system;
  system.write("/proc/self/cgroup", "0::/a/b\n");
  system.write("/proc/self/mountinfo", "31 23 0:28 / /cg rw - cgroup2 cgroup2 rw\n");
  system.write("/proc/pressure/cpu", "some avg10=0.00 avg60=0.00 avg300=0.00 total=2000000\nfull total=9\n");
  EXPECT_NEAR(CpuAccounting({0}, system.files()).sample().pressure_s.value_or(0), 2, 1e-9);
  system.write("/cg/a/b/cpu.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=500000\n");
  system.write("/cg/a/b/cpu.stat", "usage_usec 5\nnr_periods 9\nnr_throttled 3\n");
  system.write("/cg/a/cpu.stat", "nr_throttled 4\n");
  const CpuSample sample = CpuAccounting({0}, system.files()).sample();
  EXPECT_EQ(sample.throttled, 7);
  EXPECT_NEAR(sample.pressure_s.value_or(0), 0.5, 1e-9);
}

TEST(CpuAccounting, foreign_is_what_was_busy_and_not_ours) {
  const CpuUse use = CpuAccounting::delta(at(10, 100), at(10.5, 100.9), 0.8);
  EXPECT_NEAR(use.elapsed_s, 0.5, 1e-9);
  EXPECT_NEAR(use.foreign_cpu.value_or(-1), 0.1, 1e-9);
  EXPECT_NEAR(use.foreign_uncertainty, 0.02, 1e-9);
  EXPECT_FALSE(use.steal);
  EXPECT_EQ(use.steal_uncertainty, 0);
}

TEST(CpuAccounting, exact_times_are_preferred_and_less_uncertain) {
  CpuSample before = at(10, 100);
  CpuSample after = at(10.5, 100.9);
  before.busy_exact_s = 7;
  after.busy_exact_s = 7.85;
  const CpuUse use = CpuAccounting::delta(before, after, 0.8);
  EXPECT_NEAR(use.foreign_cpu.value_or(-1), 0.05, 1e-9);
  EXPECT_LT(use.foreign_uncertainty, 0.02);
  after.busy_exact_s = 6;  // a counter that ran backwards says nothing
  EXPECT_NEAR(CpuAccounting::delta(before, after, 0.8).foreign_cpu.value_or(-1), 0.1, 1e-9);
}

TEST(CpuAccounting, shares_stay_between_nothing_and_all) {
  EXPECT_EQ(CpuAccounting::delta(at(10, 100), at(10.5, 100.1), 0.8).foreign_cpu, 0);
  EXPECT_EQ(CpuAccounting::delta(at(10, 100), at(10.5, 109), 0).foreign_cpu, 1);
  EXPECT_LE(CpuAccounting::delta(at(10, 100), at(10.001, 100), 0).foreign_uncertainty, 1);
}

TEST(CpuAccounting, steal_throttling_and_pressure_are_differences) {
  CpuSample before = at(10, 100);
  CpuSample after = at(10.5, 100);
  before.steal_s = 3;
  after.steal_s = 3.05;
  before.throttled = 4;
  after.throttled = 6;
  before.pressure_s = 1;
  after.pressure_s = 1.1;
  const CpuUse use = CpuAccounting::delta(before, after, 0);
  EXPECT_NEAR(use.steal.value_or(-1), 0.05, 1e-9);
  EXPECT_NEAR(use.steal_uncertainty, 0.02, 1e-9);
  EXPECT_EQ(use.throttled_periods, 2);
  EXPECT_NEAR(use.pressure.value_or(-1), 0.2, 1e-9);
}

TEST(CpuAccounting, nothing_follows_from_samples_that_do_not_fit) {
  EXPECT_FALSE(CpuAccounting::delta(at(10, 100), at(10, 101), 0).foreign_cpu);
  EXPECT_FALSE(CpuAccounting::delta(at(10, 100), at(9, 101), 0).foreign_cpu);
  CpuSample other = at(10.5, 101);
  other.cpus = 1;
  EXPECT_FALSE(CpuAccounting::delta(at(10, 100), other, 0).foreign_cpu);
}

TEST(CpuAccounting, own_time_grows_while_this_process_works) {
  const double before = own_cpu_seconds();
  const auto end = Clock::now() + std::chrono::milliseconds(30);
  while (Clock::now() < end) {
  }
  EXPECT_GT(own_cpu_seconds(), before);
}

}  // namespace
}  // namespace syncbench
