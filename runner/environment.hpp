#pragma once

// What a reader must know about the machine, the system and the build to believe a number: captured once per run into
// the environment record (results/README.md), judged by a pure check that names what can spoil a measurement and the
// remedy, and printed for `--env`. The record is the single truth: the check and the printing see nothing else, so a
// record that was read back from a file is judged exactly as a live one.

#include <cstddef>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "system_files.hpp"

namespace syncbench {

/// Which program measured. An empty string stays out of the record.
struct BuildInfo {
  std::string version;
  std::string revision;  ///< from version control, marked where the tree was not clean
  std::string compiler;
  std::string flags;
  std::string build_type;
  std::string sanitizer;                         ///< `address`, `thread`, ...; empty for none
  bool optimized = true;                         ///< false for -O0
  bool assertions = false;                       ///< true where NDEBUG was not defined
  std::map<std::string, std::string> libraries;  ///< name to version
};

/// The part that the compiler knows: compiler, sanitizer, optimized, assertions, and libstdc++ among the libraries.
/// The build system's part (version, revision, flags, build type, other libraries) is the caller's to add.
BuildInfo compiled_build_info();

/// The machine as the topology reader saw it, in plain numbers. A count of 0 is not known and stays out of the record.
struct TopologySummary {
  std::size_t pus = 0;  ///< logical processors that this run may use
  std::size_t cores = 0;
  std::size_t packages = 0;
  std::size_t numa_nodes = 0;
  std::vector<std::size_t> allowed_os;  ///< OS indices of those processors
  std::string synthetic;                ///< the topology library's own one-line description
  bool is_this_system = true;           ///< false for a described machine, on which nothing may be timed
};

/// Costs that were measured at the start of the run, in nanoseconds.
struct Calibration {
  std::optional<double> timer_ns;             ///< one time stamp
  std::optional<double> timer_resolution_ns;  ///< least step between two stamps that differ
  std::optional<double> work_ns_per_step;     ///< one step of the delay loop
};

/// What the processor offers to count, or why not, in words; an empty one stays out of the record.
struct Counters {
  std::string hardware;
  std::string energy;
};

/// Builds the parts `host`, `topology`, `system`, `build`, `calibration` and `warnings` of the environment record, in
/// this order; the writer adds `schema`, `record` and `id`. An item that cannot be read is absent. `warnings` holds the
/// texts of `check_environment`. Takes a few milliseconds (it reads several files per processor); never throws
/// because of the system's state.
nlohmann::ordered_json capture_environment(const BuildInfo& build, const TopologySummary& topology,
                                           const Calibration& calibration, const Counters& counters = {},
                                           const SystemFiles& files = {});

enum class Severity {
  kNote,    ///< numbers are true of this machine, but noisier or slower than they need be
  kSevere,  ///< numbers would be wrong: `--strict-env` refuses, and every run says so
};

struct Warning {
  Severity severity = Severity::kNote;
  std::string text;  ///< one line: what is wrong, then the remedy
};

/// Judges a record made by `capture_environment`, the severe warnings first. Pure; an absent item raises no warning.
std::vector<Warning> check_environment(const nlohmann::ordered_json& environment);

/// The record as readable text in two columns, one heading per part, for `--env`. Ends with a newline.
std::string render_environment(const nlohmann::ordered_json& environment);

}  // namespace syncbench
