// How the system's text files are read and taken apart; see system_files.hpp. A file that cannot be read and a file
// whose text makes no sense look alike to the caller: nothing, never a made-up value.

#include "system_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

namespace syncbench {
namespace {

constexpr std::size_t kCpuLimit = 1U << 20;  // far beyond any kernel: a damaged list must not fill the memory

std::optional<std::size_t> to_index(const std::string& text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value >= kCpuLimit) return std::nullopt;
  return value;
}

/// The group's path of this process, from /proc/self/cgroup; the controller is empty for version 2.
std::optional<std::string> path_in_hierarchy(const SystemFiles& files, const std::string& controller) {
  for (const std::string& line : split(read_text(files, "/proc/self/cgroup").value_or(""), "\n")) {
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string names = line.substr(first + 1, second - first - 1);
    const std::vector<std::string> controllers = split(names, ",");
    const bool wanted = controller.empty()
                            ? names.empty()
                            : std::find(controllers.begin(), controllers.end(), controller) != controllers.end();
    if (wanted) return line.substr(second + 1);
  }
  return std::nullopt;
}

struct Mount {
  std::string root;   // the part of the hierarchy that is mounted
  std::string point;  // where
};

/// Where a hierarchy is mounted, from /proc/self/mountinfo; the controller is empty for version 2.
std::optional<Mount> mount_of_hierarchy(const SystemFiles& files, const std::string& controller) {
  for (const std::string& line : split(read_text(files, "/proc/self/mountinfo").value_or(""), "\n")) {
    const std::size_t dash = line.find(" - ");
    if (dash == std::string::npos) continue;
    const std::vector<std::string> head = split(line.substr(0, dash), " ");
    const std::vector<std::string> tail = split(line.substr(dash + 3), " ");
    if (head.size() < 5 || tail.empty()) continue;
    if (controller.empty()) {
      if (tail[0] == "cgroup2") return Mount{head[3], head[4]};
      continue;
    }
    if (tail[0] != "cgroup" || tail.size() < 3) continue;
    const std::vector<std::string> options = split(tail[2], ",");
    if (std::find(options.begin(), options.end(), controller) != options.end()) return Mount{head[3], head[4]};
  }
  return std::nullopt;
}

/// From the group's own directory up to the mount point. A container often mounts only its own part of the hierarchy,
/// and then the path, which counts from the host's root, starts with the mounted root.
std::vector<std::string> directories_of(const Mount& mount, const std::string& path) {
  std::string below = path;
  if (mount.root != "/") below = path.rfind(mount.root, 0) == 0 ? path.substr(mount.root.size()) : "";
  if (below.find("..") != std::string::npos) below.clear();  // outside what this process can see
  std::vector<std::string> directories;
  while (!below.empty() && below != "/") {
    directories.push_back(mount.point + below);
    below = below.substr(0, below.rfind('/'));
  }
  directories.push_back(mount.point);
  return directories;
}

}  // namespace

std::optional<std::string> process_variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

std::optional<std::string> read_text(const SystemFiles& files, const std::string& path) {
  const std::string full = files.root + path;
  std::error_code error;
  if (std::filesystem::is_directory(full, error)) return std::nullopt;
  std::ifstream in(full);
  if (!in) return std::nullopt;
  std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (in.bad()) return std::nullopt;
  text.erase(text.find_last_not_of(" \t\r\n") + 1);
  return text;
}

std::optional<double> read_number(const SystemFiles& files, const std::string& path) {
  const std::optional<std::string> text = read_text(files, path);
  const std::vector<std::string> words = text ? split(*text, " \t\n") : std::vector<std::string>{};
  return words.empty() ? std::nullopt : to_number(words.front());
}

bool exists(const SystemFiles& files, const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(files.root + path, error);
}

std::vector<std::string> list_directory(const SystemFiles& files, const std::string& path) {
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator entry(files.root + path, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    names.push_back(entry->path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> split(const std::string& text, const std::string& separators) {
  std::vector<std::string> pieces;
  std::size_t start = text.find_first_not_of(separators);
  while (start != std::string::npos) {
    const std::size_t end = text.find_first_of(separators, start);
    pieces.push_back(text.substr(start, end == std::string::npos ? end : end - start));
    start = end == std::string::npos ? end : text.find_first_not_of(separators, end);
  }
  return pieces;
}

std::optional<double> to_number(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<std::vector<std::size_t>> parse_cpu_list(const std::string& text) {
  std::vector<std::size_t> cpus;
  for (const std::string& range : split(text, ", \t\n")) {
    const std::size_t dash = range.find('-');
    const std::optional<std::size_t> first = to_index(range.substr(0, dash));
    const std::optional<std::size_t> last = dash == std::string::npos ? first : to_index(range.substr(dash + 1));
    if (!first || !last || *last < *first) return std::nullopt;
    for (std::size_t cpu = *first; cpu <= *last; ++cpu) cpus.push_back(cpu);
  }
  if (cpus.empty()) return std::nullopt;
  std::sort(cpus.begin(), cpus.end());
  cpus.erase(std::unique(cpus.begin(), cpus.end()), cpus.end());
  return cpus;
}

std::string render_cpu_list(const std::vector<std::size_t>& cpus) {
  std::string text;
  for (std::size_t i = 0; i < cpus.size();) {
    std::size_t last = i;
    while (last + 1 < cpus.size() && cpus[last + 1] == cpus[last] + 1) ++last;
    if (!text.empty()) text += ',';
    text += last == i ? fmt::format("{}", cpus[i]) : fmt::format("{}-{}", cpus[i], cpus[last]);
    i = last + 1;
  }
  return text;
}

std::optional<ControlGroup> find_control_group(const SystemFiles& files, const std::string& controller) {
  const std::vector<std::string> choices =
      controller.empty() ? std::vector<std::string>{""} : std::vector<std::string>{controller, ""};
  for (const std::string& choice : choices) {
    const std::optional<Mount> mount = mount_of_hierarchy(files, choice);
    const std::optional<std::string> path = path_in_hierarchy(files, choice);
    if (mount && path) return ControlGroup{choice.empty() ? 2 : 1, directories_of(*mount, *path)};
  }
  return std::nullopt;
}

}  // namespace syncbench
