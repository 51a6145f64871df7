// The command line as a contract: every option arrives where it belongs, everything wrong is refused in one line, and a
// saved configuration gives the same run.
#include "runner/options.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "runner/errors.hpp"

namespace syncbench {
namespace {

using namespace std::chrono_literals;
using Strings = std::vector<std::string>;
using Settings = std::vector<std::pair<std::string, std::string>>;

std::string error_of(const Strings& arguments) {
  try {
    parse_options(arguments);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

// One line that contains every one of the words.
void expect_refused(const Strings& arguments, const Strings& words) {
  const std::string line = error_of(arguments);
  EXPECT_FALSE(line.empty()) << arguments.back() << " was accepted";
  EXPECT_EQ(line.find('\n'), std::string::npos) << line;
  for (const std::string& word : words) EXPECT_NE(line.find(word), std::string::npos) << line << "\nlacks " << word;
}

class OptionFiles : public testing::Test {
 protected:
  ~OptionFiles() override { std::filesystem::remove(path_); }
  const std::string& path_with(const std::string& text) {
    std::ofstream(path_) << text;
    return path_;
  }
  std::string path_ = testing::TempDir() + "syncbench-options-" + std::to_string(::getpid());
};

TEST(Options, have_the_documented_defaults) {
  const Options options = parse_options({});
  EXPECT_EQ(options.duration, 200ms);
  EXPECT_EQ(options.warmup, 50ms);
  EXPECT_EQ(options.timeout, 10s);
  EXPECT_EQ(options.repetitions, 7U);
  EXPECT_EQ(options.placements, Strings{"cores"});
  EXPECT_EQ(options.roles, "interleaved");
  EXPECT_EQ(options.latency, Latency::sampled);
  EXPECT_EQ(options.format, Format::console);
  EXPECT_EQ(options.color, Color::automatic);
  EXPECT_TRUE(options.plot);
  EXPECT_FALSE(options.time_limit || options.seed || options.list || options.describe || options.save_config);
  EXPECT_FALSE(options.quiet || options.verbose || options.resume || options.dry_run || options.help ||
               options.version);
}

TEST(Options, arrive_where_they_belong) {
  const Options options = parse_options({"--workload",
                                         "prodcons,counter",
                                         "--impl",
                                         "spin,std/*",
                                         "--threads",
                                         "1-8:2",
                                         "--set",
                                         "capacity=3,4",
                                         "--critical",
                                         "100ns",
                                         "--parallel=1us",
                                         "--lines",
                                         "2",
                                         "--duration",
                                         "1.5s",
                                         "--warmup",
                                         "0",
                                         "--repetitions",
                                         "3",
                                         "--latency",
                                         "all",
                                         "--seed",
                                         "42",
                                         "--timeout",
                                         "2s",
                                         "--time-limit",
                                         "5m",
                                         "--placement",
                                         "one",
                                         "--placement",
                                         "list:0,2",
                                         "--roles",
                                         "grouped",
                                         "--shard",
                                         "2/8"});
  EXPECT_EQ(options.workloads, (Strings{"prodcons", "counter"}));
  EXPECT_EQ(options.implementations, (Strings{"spin", "std/*"}));
  EXPECT_EQ(options.threads, "1-8:2");
  EXPECT_EQ(options.settings,
            (Settings{{"capacity", "3,4"}, {"critical", "100ns"}, {"parallel", "1us"}, {"lines", "2"}}));
  EXPECT_EQ(options.duration, 1500ms);
  EXPECT_EQ(options.warmup, 0ms);
  EXPECT_EQ(options.repetitions, 3U);
  EXPECT_EQ(options.latency, Latency::all);
  EXPECT_EQ(options.seed, 42U);
  EXPECT_EQ(options.timeout, 2s);
  EXPECT_EQ(options.time_limit, 5min);
  EXPECT_EQ(options.placements, (Strings{"one", "list:0,2"}));
  EXPECT_EQ(options.roles, "grouped");
  EXPECT_EQ(options.shard.index, 2U);
  EXPECT_EQ(options.shard.count, 8U);
}

TEST(Options, of_output_arrive_where_they_belong) {
  const Options options =
      parse_options({"--output",    "a.jsonl",      "--format",      "csv",       "--no-plot", "--quiet",
                     "--verbose",   "--color",      "never",         "--dry-run", "--resume",  "--env",
                     "--env-check", "--strict-env", "--help",        "--version", "--list",    "metrics",
                     "--describe",  "counter",      "--save-config", "f"});
  EXPECT_EQ(options.output, "a.jsonl");
  EXPECT_EQ(options.format, Format::csv);
  EXPECT_EQ(options.color, Color::never);
  EXPECT_FALSE(options.plot);
  EXPECT_TRUE(options.quiet && options.verbose && options.dry_run && options.resume && options.help && options.version);
  EXPECT_TRUE(options.show_environment && options.check_environment && options.strict_environment);
  EXPECT_EQ(options.list, "metrics");
  EXPECT_EQ(options.describe, "counter");
  EXPECT_EQ(options.save_config, "f");
}

TEST(Options, count_events_of_the_processor_unless_told_not_to) {
  EXPECT_TRUE(parse_options({"-w", "counter"}).hardware_counters);
  EXPECT_FALSE(parse_options({"-w", "counter", "--no-counters"}).hardware_counters);
}

TEST(Options, have_short_forms) {
  const Options options = parse_options({"-w", "counter", "-i", "std", "-t", "2", "-r", "5", "-o", "-", "-q", "-v"});
  EXPECT_EQ(options.workloads, Strings{"counter"});
  EXPECT_EQ(options.implementations, Strings{"std"});
  EXPECT_EQ(options.threads, "2");
  EXPECT_EQ(options.repetitions, 5U);
  EXPECT_EQ(options.output, "-");
  EXPECT_TRUE(options.quiet && options.verbose);
  EXPECT_TRUE(parse_options({"-h"}).help);
}

TEST(Options, that_are_lists_may_be_given_several_times) {
  const Options options = parse_options({"-i", "spin,futex", "-i", "std", "--set", "a=1", "--set", "b=2"});
  EXPECT_EQ(options.implementations, (Strings{"spin", "futex", "std"}));
  EXPECT_EQ(options.settings, (Settings{{"a", "1"}, {"b", "2"}}));
}

TEST(Options, list_everything_when_list_stands_alone) {
  EXPECT_EQ(parse_options({"--list"}).list, "all");
}

TEST(Options, refuse_bad_times_and_counts) {
  for (const char* flag : {"--duration", "--warmup", "--timeout", "--time-limit"})
    for (const char* value : {"5", "-1s", "5x", "nan", "inf", "1000000000m"})
      expect_refused({flag, value}, {flag, value});
  for (const char* value : {"0", "-1", "1000000000", "x", "1.5"})
    expect_refused({"-r", value}, {"--repetitions", value});
  for (const char* value : {"-1", "x", "9007199254740993"}) expect_refused({"--seed", value}, {"--seed", value});
}

TEST(Options, refuse_a_zero_where_nothing_would_be_measured) {
  for (const char* flag : {"--duration", "--timeout", "--time-limit"})
    expect_refused({flag, "0"}, {flag, "'0'", "allowed"});
}

TEST(Options, refuse_words_outside_a_choice_and_name_the_choice) {
  expect_refused({"--latency", "some"}, {"--latency", "'some'", "off, sampled, all"});
  expect_refused({"--format", "xml"}, {"--format", "'xml'", "console, json, jsonl, csv"});
  expect_refused({"--color", "red"}, {"--color", "'red'", "auto, always, never"});
}

TEST(Options, refuse_a_shard_that_is_none) {
  expect_refused({"--shard", "1"}, {"--shard", "'1'", "I/N"});
  for (const char* shard : {"0/2", "3/2", "1/0", "x/2", "1/", "/2"}) expect_refused({"--shard", shard}, {"--shard"});
}

TEST(Options, refuse_a_setting_without_key_or_equals_sign) {
  for (const char* setting : {"capacity", "=5", ""}) expect_refused({"--set", setting}, {"--set", "KEY=VALUE"});
}

TEST(Options, refuse_unknown_options_and_name_the_nearest) {
  expect_refused({"--duratoin", "5s"}, {"--duratoin", "did you mean --duration", "--help"});
  expect_refused({"--frobnicate"}, {"--frobnicate", "no such option"});
  expect_refused({"-z"}, {"-z", "no such option"});
}

TEST(Options, refuse_abbreviations) {
  for (const char* option : {"--dur=5s", "--work=counter", "--thread=2", "--quie"})
    expect_refused({option}, {std::string(option).substr(0, std::string(option).find('=')), "no such option"});
}

TEST(Options, refuse_a_repeated_scalar) {
  for (const char* option : {"--seed", "--repetitions", "--threads"})
    expect_refused({option, "1", option, "2"}, {option, "more than once"});
}

TEST(Options, refuse_a_missing_value_even_where_another_option_follows) {
  expect_refused({"--output"}, {"--output"});
  expect_refused({"--output", "--dry-run"}, {"--output", "--dry-run"});
  expect_refused({"-o", "--dry-run"}, {"-o", "--dry-run"});
}

TEST(Options, refuse_a_value_where_none_belongs) {
  expect_refused({"--quiet=yes"}, {"--quiet"});
}

TEST(Options, refuse_loose_words) {
  expect_refused({"prodcons"}, {"--workload prodcons"});
}

TEST(Options, refuse_empty_list_elements) {
  expect_refused({"--impl", "spin,,std"}, {"--impl", "'spin,,std'", "empty"});
  expect_refused({"--workload", ""}, {"--workload", "empty"});
}

TEST(Options, resume_only_what_has_a_name) {
  for (const Strings& arguments : {Strings{"--resume"}, Strings{"--resume", "-o", "-"}})
    expect_refused(arguments, {"--resume", "--output FILE"});
}

TEST(BenchmarkFlags, are_kept_as_they_are) {
  const Options options = parse_options({"--benchmark_filter=a b", "-w", "counter", "--benchmark_out=x.json"});
  EXPECT_EQ(options.benchmark_flags, (Strings{"--benchmark_filter=a b", "--benchmark_out=x.json"}));
}

TEST(BenchmarkFlags, that_would_start_a_second_schedule_are_refused_with_what_to_use) {
  for (const char* flag : {"--benchmark_repetitions=3", "--benchmark_enable_random_interleaving=true",
                           "--benchmark_min_time=1", "--benchmark_min_warmup_time=1", "--benchmark_format=json"})
    expect_refused({flag}, {flag, "--repetitions", "--duration", "--format"});
}

TEST(BenchmarkFlags, are_written_with_an_equals_sign) {
  expect_refused({"--benchmark_filter"}, {"--benchmark_filter=VALUE"});
}

TEST_F(OptionFiles, give_the_same_run_after_saving_and_loading) {
  const Strings arguments = {
      "-w",           "prodcons",    "-i",          "spin,std",   "-i",        "futex",      "--set",
      "capacity=3,4", "--set",       "producers=1", "--critical", "100ns",     "--duration", "20ms",
      "-r",           "3",           "--seed",      "7",          "--no-plot", "--quiet",    "--placement",
      "one",          "--placement", "list:0,1",    "--format",   "jsonl",     "-o",         "with space.jsonl"};
  Strings saving = arguments;
  saving.insert(saving.end(), {"--save-config", path_});
  save_config(saving, path_);
  const Options direct = parse_options(arguments), loaded = parse_options({"--config", path_});
  EXPECT_EQ(loaded.workloads, direct.workloads);
  EXPECT_EQ(loaded.implementations, direct.implementations);
  EXPECT_EQ(loaded.settings, direct.settings);
  EXPECT_EQ(loaded.duration, direct.duration);
  EXPECT_EQ(loaded.repetitions, direct.repetitions);
  EXPECT_EQ(loaded.seed, direct.seed);
  EXPECT_EQ(loaded.plot, direct.plot);
  EXPECT_EQ(loaded.quiet, direct.quiet);
  EXPECT_EQ(loaded.verbose, direct.verbose);
  EXPECT_EQ(loaded.placements, direct.placements);
  EXPECT_EQ(loaded.format, direct.format);
  EXPECT_EQ(loaded.output, direct.output);
  EXPECT_FALSE(loaded.save_config) << "a loaded configuration must run, not save itself again";
}

TEST_F(OptionFiles, give_way_to_the_command_line) {
  const std::string& path = path_with("duration = 20ms\nrepetitions = 3\nworkload = prodcons\nset = capacity=5\n");
  const Options options =
      parse_options({"--config", path, "--duration", "40ms", "-w", "counter", "--set", "capacity=9"});
  EXPECT_EQ(options.duration, 40ms);
  EXPECT_EQ(options.repetitions, 3U);
  EXPECT_EQ(options.workloads, Strings{"counter"});
  EXPECT_EQ(options.settings, (Settings{{"capacity", "9"}}));
}

TEST_F(OptionFiles, are_checked_like_the_command_line) {
  expect_refused({"--config", path_with("duration = 5\n")}, {"--duration", "'5'", "unit"});
  expect_refused({"--config", path_with("duratoin = 5s\n")}, {"duratoin", "did you mean --duration"});
  expect_refused({"--config", path_with("nonsense\n")}, {"nonsense"});
}

TEST_F(OptionFiles, that_cannot_be_read_or_written_are_named) {
  expect_refused({"--config", "/nonexistent/file"}, {"--config", "'/nonexistent/file'"});
  EXPECT_THROW(save_config({"-w", "counter"}, "/nonexistent/file"), UsageError);
}

TEST(Help, names_every_option_of_the_contract) {
  const std::string help = help_text();
  for (const char* option :
       {"--workload",   "--impl",    "--threads",   "--duration", "--warmup",      "--repetitions", "--seed",
        "--time-limit", "--timeout", "--placement", "--roles",    "--critical",    "--parallel",    "--lines",
        "--set",        "--latency", "--output",    "--format",   "--no-plot",     "--quiet",       "--color",
        "--dry-run",    "--resume",  "--shard",     "--config",   "--save-config", "--env",         "--env-check",
        "--strict-env", "--list",    "--describe",  "--version",  "--help",        "--benchmark_"})
    EXPECT_NE(help.find(option), std::string::npos) << option;
}

TEST(Options, until_ci_is_a_percentage_and_needs_six_repetitions) {
  EXPECT_FALSE(parse_options({}).until_ci);
  EXPECT_EQ(parse_options({"-r", "3"}).repetitions, 3U);
  EXPECT_DOUBLE_EQ(*parse_options({"--until-ci", "2%"}).until_ci, 0.02);
  EXPECT_EQ(parse_options({"--until-ci", "2%", "-r", "3"}).repetitions, kFewestForInterval);
  EXPECT_EQ(parse_options({"--until-ci", "2%", "-r", "9"}).repetitions, 9U);
  expect_refused({"--until-ci", "2"}, {"--until-ci", "'2'", "percentage"});
}

}  // namespace
}  // namespace syncbench
