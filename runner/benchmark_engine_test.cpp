// Google Benchmark's reports over made-up trials: they must tell the truth about a trial, though the library saw one
// iteration on one thread. Nothing is measured here.
#include "runner/benchmark_engine.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "runner/errors.hpp"

namespace syncbench {
namespace {

using Json = nlohmann::json;

EngineRow measured(double duration_s, double operations) {
  return {.duration_s = duration_s,
          .operations = operations,
          .cpu_s = 2 * duration_s,
          .counters = {{"items_per_second", operations / duration_s}, {"fairness_jain", 0.5}}};
}

struct Reports : testing::Test {
  ~Reports() override { std::filesystem::remove(path); }

  void add(const std::string& name, const EngineRow& row, unsigned repetition = 0) {
    trials.push_back({.name = name,
                      .family = 3,
                      .instance = 5,
                      .repetition = repetition,
                      .repetitions = 2,
                      .threads = 4,
                      .run = [this, name, row] {
                        ran.push_back(name);
                        return row;
                      }});
  }

  /// What --format json prints, parsed without forgiveness.
  Json json(const std::vector<std::string>& flags = {}) { return Json::parse(printed(Format::json, flags)); }

  std::string printed(Format format, const std::vector<std::string>& flags = {}) {
    testing::internal::CaptureStdout();
    try {
      count = run_benchmarks(trials, format, flags, {});
    } catch (...) {
      testing::internal::GetCapturedStdout();
      throw;
    }
    return testing::internal::GetCapturedStdout();
  }

  std::vector<EngineTrial> trials;
  std::vector<std::string> ran;  ///< names, in order
  std::size_t count = 0;
  std::string path = testing::TempDir() + "syncbench-engine-" + std::to_string(::getpid());
};

TEST_F(Reports, tell_threads_operations_and_repetition_of_the_trial) {
  add("prodcons/std/mutex/threads:4", measured(0.5, 1000), 1);
  const Json run = json()["benchmarks"].at(0);
  EXPECT_EQ(run["name"], "prodcons/std/mutex/threads:4") << "without /iterations:1/manual_time";
  EXPECT_EQ(run["run_name"], "prodcons/std/mutex/threads:4");
  EXPECT_EQ(run["run_type"], "iteration");
  EXPECT_EQ(run["threads"], 4);
  EXPECT_EQ(run["iterations"], 1000);
  EXPECT_EQ(run["repetitions"], 2);
  EXPECT_EQ(run["repetition_index"], 1);
  EXPECT_EQ(run["family_index"], 3);
  EXPECT_EQ(run["per_family_instance_index"], 5);
}

TEST_F(Reports, have_times_per_operation_that_multiply_to_the_window) {
  add("a", measured(0.5, 1000));
  const Json run = json()["benchmarks"].at(0);
  EXPECT_EQ(run["time_unit"], "ns");
  EXPECT_DOUBLE_EQ(run["real_time"].get<double>() * run["iterations"].get<double>(), 0.5e9);
  EXPECT_DOUBLE_EQ(run["cpu_time"].get<double>() * run["iterations"].get<double>(), 1e9);
}

TEST_F(Reports, have_rates_and_metrics_as_they_were_given) {
  add("a", measured(0.5, 1000));
  const Json run = json()["benchmarks"].at(0);
  EXPECT_EQ(run["items_per_second"], 2000);
  EXPECT_EQ(run["fairness_jain"], 0.5);
}

TEST_F(Reports, follow_the_order_of_the_trials) {
  for (const char* name : {"c", "a", "b"}) add(name, measured(1, 1));
  add("a", measured(1, 1), 1);
  EXPECT_EQ(json()["benchmarks"].size(), 4U);
  EXPECT_EQ(ran, (std::vector<std::string>{"c", "a", "b", "a"})) << "each trial runs once, in our order";
  EXPECT_EQ(count, 4U);
}

TEST_F(Reports, show_a_failed_trial_as_an_error_and_go_on) {
  add("bad", {.error = "violated: counted \"9\" of 10"});
  add("good", measured(1, 10));
  const Json runs = json()["benchmarks"];
  ASSERT_EQ(runs.size(), 2U);
  EXPECT_EQ(runs[0]["error_occurred"], true);
  EXPECT_EQ(runs[0]["error_message"], "violated: counted \"9\" of 10");
  EXPECT_FALSE(runs[0].contains("items_per_second"));
  EXPECT_FALSE(runs[1].contains("error_occurred"));
}

TEST_F(Reports, leave_out_what_was_not_measured) {
  add("first", measured(1, 10));
  add("skipped", {.report = false});
  add("last", measured(1, 10));
  const Json runs = json()["benchmarks"];
  ASSERT_EQ(runs.size(), 2U);
  EXPECT_EQ(runs[0]["name"], "first");
  EXPECT_EQ(runs[1]["name"], "last");
  EXPECT_EQ(count, 2U);
}

TEST_F(Reports, are_whole_even_if_the_last_trial_was_not_measured) {
  add("first", measured(1, 10));
  add("skipped", {.report = false});
  EXPECT_EQ(json()["benchmarks"].size(), 1U);
}

TEST_F(Reports, go_to_a_file_as_well_and_are_corrected_there_too) {
  add("a", measured(0.5, 1000));
  EXPECT_EQ(printed(Format::console, {"--benchmark_out=" + path, "--benchmark_out_format=json"}), "");
  const Json run = Json::parse(std::ifstream(path))["benchmarks"].at(0);
  EXPECT_EQ(run["name"], "a");
  EXPECT_EQ(run["threads"], 4);
  EXPECT_EQ(run["iterations"], 1000);
}

TEST_F(Reports, can_be_csv) {
  add("a/b", measured(0.5, 1000));
  std::istringstream lines(printed(Format::csv));
  std::string header, row;
  ASSERT_TRUE(std::getline(lines, header) && std::getline(lines, row));
  EXPECT_TRUE(header.starts_with("name,iterations,real_time,cpu_time,time_unit,")) << header;
  EXPECT_TRUE(row.starts_with("\"a/b\",1000,500000,")) << row;
}

TEST_F(Reports, are_silent_for_formats_that_are_ours) {
  add("a", measured(0.5, 1000));
  EXPECT_EQ(printed(Format::console), "");
  EXPECT_EQ(printed(Format::jsonl), "");
}

TEST_F(Reports, keep_to_the_filter) {
  add("prodcons/std", measured(1, 1));
  add("counter/std", measured(1, 1));
  EXPECT_EQ(json({"--benchmark_filter=counter"})["benchmarks"].size(), 1U);
  EXPECT_EQ(ran, std::vector<std::string>{"counter/std"});
  EXPECT_EQ(json()["benchmarks"].size(), 2U) << "a filter lasts for its run only";
}

TEST_F(Reports, refuse_a_filter_that_matches_nothing) {
  add("a", measured(1, 1));
  EXPECT_THROW(check_benchmark_flags(trials, {"--benchmark_filter=nothing"}), UsageError);
  EXPECT_THROW(printed(Format::json, {"--benchmark_filter=nothing"}), UsageError);
  EXPECT_EQ(ran, std::vector<std::string>{});
}

TEST_F(Reports, refuse_flags_that_the_library_does_not_know) {
  add("a", measured(1, 1));
  try {
    check_benchmark_flags(trials, {"--benchmark_nonsense=1"});
    ADD_FAILURE() << "accepted";
  } catch (const UsageError& error) {
    EXPECT_TRUE(std::string(error.what()).starts_with("--benchmark_nonsense=1: ")) << error.what();
  }
}

TEST_F(Reports, are_checked_without_running_printing_or_writing_anything) {
  add("a", measured(1, 1));
  testing::internal::CaptureStdout();
  check_benchmark_flags(trials, {"--benchmark_filter=a", "--benchmark_out=" + path});
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(ran, std::vector<std::string>{});
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_EQ(json()["benchmarks"].size(), 1U) << "a check leaves the run as it would have been";
}

TEST_F(Reports, of_nothing_left_to_run_are_no_error) {
  check_benchmark_flags({}, {});
  EXPECT_EQ(run_benchmarks({}, Format::console, {}, {}), 0U);
}

// More than the library is given at a time: still one report.
TEST_F(Reports, of_thousands_of_trials_are_one_report) {
  constexpr std::size_t kMany = 2500;
  for (unsigned i = 0; i < kMany; ++i) add(i % 2 == 0 ? "a" : "b", measured(0.5, 1000), i);
  const Json runs = json()["benchmarks"];
  ASSERT_EQ(runs.size(), kMany);
  for (unsigned i = 0; i < kMany; ++i) ASSERT_EQ(runs[i]["repetition_index"], i);
  EXPECT_EQ(count, kMany);

  std::istringstream csv(printed(Format::csv));
  std::size_t lines = 0;
  for (std::string line; std::getline(csv, line);) ++lines;
  EXPECT_EQ(lines, kMany + 1) << "one heading";

  ran.clear();
  EXPECT_NO_THROW(check_benchmark_flags(trials, {"--benchmark_filter=b"}));
  EXPECT_EQ(json({"--benchmark_filter=b"})["benchmarks"].size(), kMany / 2);
  EXPECT_EQ(ran, std::vector<std::string>(kMany / 2, "b"));
  json({"--benchmark_out=" + path});
  EXPECT_EQ(Json::parse(std::ifstream(path))["benchmarks"].size(), kMany);
}

}  // namespace
}  // namespace syncbench
