// The kernel's files about threads: made-up ones for what is read from them, real ones for whether the waits are seen.
#include "runner/bracket.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "fake_system.hpp"

namespace syncbench {
namespace {

void add_thread(FakeSystem& system, pid_t thread, const std::string& schedstat, const std::string& sched) {
  const std::string path = "/proc/self/task/" + std::to_string(thread);
  system.write(path + "/schedstat", schedstat);
  system.write(path + "/sched", sched);
}

TEST(ThreadFiles, add_the_waits_and_the_migrations_of_all_threads) {
  FakeSystem system;
  add_thread(system, 7, "123 1500000000 9\n", "x (7, #threads: 2)\nse.nr_migrations   :    3\nnr_switches : 99\n");
  add_thread(system, 8, "456 500000000 9\n", "x (8, #threads: 2)\nnr_migrations   :    4\n");
  const ThreadFiles threads({7, 8}, system.files());
  EXPECT_EQ(threads.run_delay_s(), 2.0);
  EXPECT_EQ(threads.migrations(), 7.0);
  EXPECT_EQ(threads.run_delay_s(), 2.0) << "a second reading begins at the start of the files";
}

TEST(ThreadFiles, tell_nothing_where_one_thread_cannot_be_read) {
  FakeSystem system;
  add_thread(system, 7, "123 1500000000 9\n", "se.nr_migrations : 3\n");
  const ThreadFiles gone({7, 8}, system.files());
  EXPECT_FALSE(gone.run_delay_s());
  EXPECT_FALSE(gone.migrations());
  add_thread(system, 9, "nonsense\n", "nr_switches : 1\n");
  const ThreadFiles strange({9}, system.files());
  EXPECT_FALSE(strange.run_delay_s());
  EXPECT_FALSE(strange.migrations());
}

void bind_to_one(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  ::sched_setaffinity(0, sizeof set, &set);
}

TEST(Bracket, sees_that_two_threads_on_one_processor_wait_for_each_other) {
  Bracket bracket(true);
  std::atomic<pid_t> ids[2] = {0, 0};
  std::atomic<bool> over{false};
  const int cpu = ::sched_getcpu();
  std::vector<std::jthread> threads;
  for (auto& id : ids) {
    threads.emplace_back([&] {
      bind_to_one(cpu);
      id = ::gettid();
      while (!over) {
      }
    });
  }
  while (ids[0] == 0 || ids[1] == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  bracket.open({ids[0], ids[1]});
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  const Around around = bracket.close();
  over = true;
  EXPECT_GE(around.span_s, 0.1);
  if (!around.run_delay_s) GTEST_SKIP() << "this kernel does not count waits";
  EXPECT_GT(*around.run_delay_s, 0.05) << "of two, one waits at any moment";
}

}  // namespace
}  // namespace syncbench
