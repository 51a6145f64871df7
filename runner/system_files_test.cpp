// Reading made-up files: syntax, what counts as unreadable, and where a process's control group is found in the
// layouts that machines and containers use.

#include "system_files.hpp"

#include <gtest/gtest.h>

#include "fake_system.hpp"

namespace syncbench {
namespace {

using Cpus = std::vector<std::size_t>;
using Names = std::vector<std::string>;

TEST(SystemFiles, a_missing_file_and_a_directory_read_as_nothing) {
  FakeSystem system;
  system.write("/proc/folder/file", "x");
  EXPECT_EQ(read_text(system.files(), "/proc/none"), std::nullopt);
  EXPECT_EQ(read_text(system.files(), "/proc/folder"), std::nullopt);
  EXPECT_FALSE(exists(system.files(), "/proc/none"));
  EXPECT_TRUE(exists(system.files(), "/proc/folder"));
  EXPECT_TRUE(list_directory(system.files(), "/none").empty());
}

TEST(SystemFiles, text_loses_the_white_space_at_its_end_alone) {
  FakeSystem system;
  system.write("/a", " two words \n\n");
  system.write("/empty", "\n");
  EXPECT_EQ(read_text(system.files(), "/a"), " two words");
  EXPECT_EQ(read_text(system.files(), "/empty"), "");
}

TEST(SystemFiles, a_number_that_is_none_reads_as_nothing) {
  FakeSystem system;
  system.write("/good", "42 ms\n");
  for (const char* text : {"", "max", "12x", "nan", "inf", "1e999"}) {
    system.write("/bad", text);
    EXPECT_EQ(read_number(system.files(), "/bad"), std::nullopt) << text;
  }
  EXPECT_EQ(read_number(system.files(), "/good"), 42);
}

TEST(SystemFiles, directories_are_listed_in_order) {
  FakeSystem system;
  for (const char* name : {"/d/b", "/d/c", "/d/a"}) system.write(name, "");
  EXPECT_EQ(list_directory(system.files(), "/d"), (Names{"a", "b", "c"}));
}

TEST(SystemFiles, cpu_lists_are_read_and_written_in_the_kernels_notation) {
  EXPECT_EQ(parse_cpu_list("0-3,8"), (Cpus{0, 1, 2, 3, 8}));
  EXPECT_EQ(parse_cpu_list("8,0-1,1"), (Cpus{0, 1, 8}));
  EXPECT_EQ(render_cpu_list({0, 1, 2, 3, 8, 10, 11}), "0-3,8,10-11");
  EXPECT_EQ(render_cpu_list({}), "");
}

TEST(SystemFiles, a_damaged_cpu_list_is_no_list) {
  for (const char* text : {"", "(null)", "3-1", "-1", "1-", "a", "0-99999999999", "1.5"}) {
    EXPECT_EQ(parse_cpu_list(text), std::nullopt) << text;
  }
}

TEST(ControlGroup, version_two_is_walked_up_to_the_mount_point) {
  FakeSystem system;
  system.write("/proc/self/cgroup", "0::/user.slice/job-7\n");
  system.write("/proc/self/mountinfo",
               "31 23 0:28 / /sys/fs/cgroup rw,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate\n");
  const auto group = find_control_group(system.files(), "cpu");
  ASSERT_TRUE(group);
  EXPECT_EQ(group->version, 2);
  EXPECT_EQ(group->directories,
            (Names{"/sys/fs/cgroup/user.slice/job-7", "/sys/fs/cgroup/user.slice", "/sys/fs/cgroup"}));
}

TEST(ControlGroup, version_one_wins_for_the_controllers_it_names) {
  FakeSystem system;
  system.write("/proc/self/cgroup", "3:cpuset:/\n2:cpu,cpuacct:/docker/ab\n0::/x\n");
  system.write("/proc/self/mountinfo",
               "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n"
               "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
  const auto cpu = find_control_group(system.files(), "cpu");
  ASSERT_TRUE(cpu);
  EXPECT_EQ(cpu->version, 1);
  EXPECT_EQ(cpu->directories.front(), "/sys/fs/cgroup/cpu/docker/ab");
  const auto unified = find_control_group(system.files(), "");
  ASSERT_TRUE(unified);
  EXPECT_EQ(unified->version, 2);
  EXPECT_EQ(unified->directories.front(), "/sys/fs/cgroup/unified/x");
}

TEST(ControlGroup, a_container_that_mounts_its_own_part_is_found_at_the_mount_point) {
  FakeSystem system;
  system.write("/proc/self/cgroup", "2:cpu:/docker/ab/inner\n");
  system.write("/proc/self/mountinfo", "32 31 0:29 /docker/ab /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu\n");
  const auto group = find_control_group(system.files(), "cpu");
  ASSERT_TRUE(group);
  EXPECT_EQ(group->directories, (Names{"/sys/fs/cgroup/cpu/inner", "/sys/fs/cgroup/cpu"}));
}

TEST(ControlGroup, a_group_outside_what_is_mounted_leaves_the_mount_point) {
  FakeSystem system;
  system.write("/proc/self/cgroup", "0::/../../other\n");
  system.write("/proc/self/mountinfo", "31 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
  EXPECT_EQ(find_control_group(system.files(), "cpu")->directories, (Names{"/sys/fs/cgroup"}));
}

TEST(ControlGroup, nothing_is_found_where_nothing_is_mounted) {
  FakeSystem system;
  EXPECT_FALSE(find_control_group(system.files(), "cpu"));
  system.write("/proc/self/cgroup", "0::/\n");
  EXPECT_FALSE(find_control_group(system.files(), "cpu"));
}

}  // namespace
}  // namespace syncbench
