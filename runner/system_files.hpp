#pragma once

// Reading the system: /proc, /sys, environment variables and control groups, all through one small struct that names
// the root of the tree. On a machine the root is empty; a test points it at a made-up tree in a temporary directory, so
// everything that the runner learns about a system can be tested on systems that nobody owns. Nothing here
// interprets what it reads beyond its syntax: what a setting means for a measurement is environment.cpp's business.

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace syncbench {

/// The value of a variable of this process's environment, or nothing where it is not set.
std::optional<std::string> process_variable(const std::string& name);

/// Where the system is read from. The default reads this machine.
struct SystemFiles {
  std::string root;  ///< put before every path; empty for this machine, else without a final slash
  std::function<std::optional<std::string>(const std::string&)> variable = process_variable;
};

/// The whole file at an absolute path such as `/proc/stat`, without white space at its end. Nothing where the file
/// cannot be read, whatever the reason.
std::optional<std::string> read_text(const SystemFiles& files, const std::string& path);

/// The number at the start of the file. Nothing where the file cannot be read or does not start with a finite number.
std::optional<double> read_number(const SystemFiles& files, const std::string& path);

/// Whether something exists at the path.
bool exists(const SystemFiles& files, const std::string& path);

/// Names in a directory, sorted. Empty where the directory cannot be read.
std::vector<std::string> list_directory(const SystemFiles& files, const std::string& path);

/// Pieces of `text` between separators, none of them empty.
std::vector<std::string> split(const std::string& text, const std::string& separators);

/// The whole of `text` as a finite number, or nothing.
std::optional<double> to_number(const std::string& text);

/// A list in the kernel's notation (`0-3,8`) as sorted processor indices. Nothing where the text is no such list.
std::optional<std::vector<std::size_t>> parse_cpu_list(const std::string& text);

/// The reverse of `parse_cpu_list`, for ascending indices.
std::string render_cpu_list(const std::vector<std::size_t>& cpus);

/// The directories of the control groups that this process sits in, for one controller.
struct ControlGroup {
  int version = 0;                       ///< 1 or 2
  std::vector<std::string> directories;  ///< the process's own group first, then every ancestor that is visible
};

/// The group that holds the process for a controller (`cpu`, `cpuset`). Where both versions are mounted, the
/// controller lives in version 1 if that names it. An empty controller asks for the version 2 hierarchy alone.
/// Nothing where no hierarchy is mounted.
std::optional<ControlGroup> find_control_group(const SystemFiles& files, const std::string& controller);

}  // namespace syncbench
