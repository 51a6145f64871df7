// The command line, read and checked. Everything that can be wrong in itself is refused here, before a thread is
// started or a file touched; what needs to know the workloads or the machine is checked by selection and placement.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace syncbench {

enum class Latency { off, sampled, all };
enum class Format { console, json, jsonl, csv };
enum class Color { automatic, always, never };

/// The fewest values of which two bracket the median with 95 % confidence.
inline constexpr unsigned kFewestForInterval = 6;

struct Shard {
  unsigned index = 1;  ///< from 1
  unsigned count = 1;
};

struct Options {
  // What to run
  std::vector<std::string> workloads;
  std::vector<std::string> implementations;                   ///< empty: the representative of every family
  std::string threads;                                        ///< as written; empty: chosen by the machine
  std::vector<std::pair<std::string, std::string>> settings;  ///< --set, --critical, --parallel, --lines: key, values
  // How long
  std::chrono::nanoseconds duration{};
  std::chrono::nanoseconds warmup{};
  std::chrono::nanoseconds timeout{};
  std::optional<std::chrono::nanoseconds> time_limit;
  unsigned repetitions = 0;        ///< with until_ci: at least
  std::optional<double> until_ci;  ///< repeat until half an interval is at most this share of its median
  std::optional<std::uint64_t> seed;
  Latency latency = Latency::sampled;
  bool baselines = false;
  bool hardware_counters = true;
  // Where
  std::vector<std::string> placements;
  std::string roles;
  Shard shard;
  // Output
  std::string output;  ///< empty: chosen by date; "-": standard output
  Format format = Format::console;
  Color color = Color::automatic;
  bool plot = true;
  bool quiet = false;
  bool verbose = false;
  bool resume = false;
  // Instead of running
  bool help = false;
  bool version = false;
  bool dry_run = false;
  bool show_environment = false;
  bool check_environment = false;
  bool strict_environment = false;
  std::optional<std::string> list;
  std::optional<std::string> describe;
  std::optional<std::string> conformance;  ///< the profile, as written
  std::optional<std::string> stress;       ///< the modes, as written
  std::optional<std::string> replay;
  std::chrono::nanoseconds stress_time{};
  bool mutants = false;
  std::optional<std::string> save_config;
  // Passed on to Google Benchmark
  std::vector<std::string> benchmark_flags;
};

/// Throws UsageError. `arguments` without the program's name.
Options parse_options(const std::vector<std::string>& arguments);

/// The text of --help.
std::string help_text();

/// Writes the options that differ from their defaults to `path`, in the form that --config reads. Throws UsageError.
void save_config(const std::vector<std::string>& arguments, const std::string& path);

}  // namespace syncbench
