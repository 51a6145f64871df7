// Capture, check and print the environment; see environment.hpp. Capture is a list of small readers, each of which puts
// what it found under one key and leaves the key out where it found nothing. The record's schema keeps `host` and
// `system` flat: every value is a text, a number or a truth value, and lists are written in the kernel's notation.

#include "environment.hpp"

#include <fmt/format.h>
#include <gnu/libc-version.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

namespace syncbench {
namespace {

using Json = nlohmann::ordered_json;

// One busy program on two processors is already seen in every point of two threads.
constexpr double kLoadPerCpuLimit = 0.5;
// The load average lags behind; time stalled in the last ten seconds does not.
constexpr double kPressurePercentLimit = 5;
// About one wake-up: a deeper state doubles what a blocking primitive costs.
constexpr double kDeepIdleMicroseconds = 20;
// glibc bug 25847 came with the condition variables of 2.25 and left with 2.41.
constexpr std::pair<double, double> kCondvarSince{2, 25};
constexpr std::pair<double, double> kCondvarFixed{2, 41};

void put_flag(Json& object, const std::string& key, const std::optional<bool>& value) {
  if (value) object[key] = *value;
}

/// A whole number is stored as one, so that a setting of 2 does not read 2.0.
void put_number(Json& object, const std::string& key, const std::optional<double>& value) {
  constexpr double kExact = 9e15;  // below it a double holds every whole number
  if (!value) return;
  if (std::abs(*value) < kExact && *value == std::trunc(*value)) {
    object[key] = static_cast<long long>(*value);
  } else {
    object[key] = *value;
  }
}

void put_text(Json& object, const std::string& key, const std::optional<std::string>& value) {
  if (value && !value->empty()) object[key] = *value;
}

void put_count(Json& object, const std::string& key, std::size_t value) {
  if (value > 0) object[key] = value;
}

void put_positive(Json& object, const std::string& key, const std::optional<double>& value) {
  if (value && std::isfinite(*value) && *value > 0) object[key] = *value;
}

std::optional<bool> to_flag(const std::optional<double>& number) {
  return number ? std::optional<bool>(*number != 0) : std::nullopt;
}

/// The value of the first line `name : value` in /proc/cpuinfo's or /proc/self/status's notation.
std::optional<std::string> value_of_line(const std::string& text, const std::string& name) {
  for (const std::string& line : split(text, "\n")) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    const std::size_t end = line.find_last_not_of(" \t", colon == 0 ? 0 : colon - 1);
    if (line.substr(0, end == std::string::npos ? 0 : end + 1) != name) continue;
    const std::size_t start = line.find_first_not_of(" \t", colon + 1);
    return start == std::string::npos ? std::optional<std::string>() : line.substr(start);
  }
  return std::nullopt;
}

std::optional<std::vector<std::size_t>> affinity(const SystemFiles& files) {
  const auto list = value_of_line(read_text(files, "/proc/self/status").value_or(""), "Cpus_allowed_list");
  return list ? parse_cpu_list(*list) : std::nullopt;
}

// --- host ------------------------------------------------------------------------------------------------------------

Json capture_host(const SystemFiles& files) {
  Json host = Json::object();
  put_text(host, "name", read_text(files, "/proc/sys/kernel/hostname"));
  const std::string cpuinfo = read_text(files, "/proc/cpuinfo").value_or("");
  put_text(host, "cpu", value_of_line(cpuinfo, "model name"));
  put_text(host, "microcode", value_of_line(cpuinfo, "microcode"));
  if (const auto flags = value_of_line(cpuinfo, "flags")) {
    const std::vector<std::string> words = split(*flags, " ");
    host["hypervisor"] = std::find(words.begin(), words.end(), "hypervisor") != words.end();
  }
  return host;
}

// --- topology, build, calibration: given, not read -------------------------------------------------------------------

Json describe_topology(const TopologySummary& topology) {
  Json object = Json::object();
  put_count(object, "pus", topology.pus);
  put_count(object, "cores", topology.cores);
  put_count(object, "packages", topology.packages);
  put_count(object, "numa_nodes", topology.numa_nodes);
  if (!topology.allowed_os.empty()) object["allowed_os"] = topology.allowed_os;
  put_text(object, "synthetic", topology.synthetic);
  return object;
}

Json describe_build(const BuildInfo& build) {
  Json object = Json::object();
  put_text(object, "version", build.version);
  put_text(object, "revision", build.revision);
  put_text(object, "compiler", build.compiler);
  put_text(object, "flags", build.flags);
  put_text(object, "build_type", build.build_type);
  put_text(object, "sanitizer", build.sanitizer);
  object["code"] = {{"optimized", build.optimized}, {"assertions", build.assertions}};
  if (!build.libraries.empty()) object["libraries"] = build.libraries;
  return object;
}

Json describe_calibration(const Calibration& calibration) {
  Json object = Json::object();
  put_positive(object, "timer_ns", calibration.timer_ns);
  put_positive(object, "timer_resolution_ns", calibration.timer_resolution_ns);
  put_positive(object, "work_ns_per_step", calibration.work_ns_per_step);
  return object;
}

// --- system ----------------------------------------------------------------------------------------------------------

/// The boot options that change timing, and no others: a command line can hold secrets.
std::string timing_options(const std::string& command_line) {
  static constexpr std::array kPrefixes = {"isolcpus",       "nohz",
                                           "rcu_nocbs",      "rcu_nocb_poll",
                                           "mitigations",    "idle=",
                                           "intel_idle.",    "processor.",
                                           "cpuidle",        "intel_pstate",
                                           "amd_pstate",     "nosmt",
                                           "nopti",          "pti=",
                                           "spectre",        "preempt=",
                                           "threadirqs",     "clocksource",
                                           "tsc=",           "skew_tick",
                                           "numa_balancing", "maxcpus",
                                           "nr_cpus",        "sched",
                                           "irqaffinity",    "transparent_hugepage",
                                           "noautogroup",    "nosoftlockup",
                                           "nowatchdog"};
  std::string kept;
  for (const std::string& word : split(command_line, " ")) {
    if (word == "--") break;  // what follows belongs to the init program
    const bool wanted =
        std::any_of(kPrefixes.begin(), kPrefixes.end(), [&](const char* prefix) { return word.rfind(prefix, 0) == 0; });
    if (wanted) kept += (kept.empty() ? "" : " ") + word;
  }
  return kept;
}

void capture_kernel(const SystemFiles& files, Json& system) {
  put_text(system, "kernel", read_text(files, "/proc/sys/kernel/osrelease"));
  put_text(system, "kernel_options", timing_options(read_text(files, "/proc/cmdline").value_or("")));
  put_text(system, "isolated_cpus", read_text(files, "/sys/devices/system/cpu/isolated"));
  const auto nohz = read_text(files, "/sys/devices/system/cpu/nohz_full");
  if (nohz && parse_cpu_list(*nohz)) system["nohz_full_cpus"] = *nohz;  // an unset list reads "(null)"
  put_text(system, "clocksource", read_text(files, "/sys/devices/system/clocksource/clocksource0/current_clocksource"));
  put_flag(system, "sched_autogroup", to_flag(read_number(files, "/proc/sys/kernel/sched_autogroup_enabled")));
  put_number(system, "aslr", read_number(files, "/proc/sys/kernel/randomize_va_space"));
  put_number(system, "perf_event_paranoid", read_number(files, "/proc/sys/kernel/perf_event_paranoid"));
  for (const std::string& name : list_directory(files, "/sys/devices/system/cpu/vulnerabilities")) {
    const auto state = read_text(files, "/sys/devices/system/cpu/vulnerabilities/" + name);
    if (state && *state != "Not affected") put_text(system, "vulnerability_" + name, state);
  }
}

/// Governor, driver and limits over the processors that this process may use: policies may differ between them.
void capture_frequency(const SystemFiles& files, const std::vector<std::size_t>& cpus, Json& system) {
  std::set<std::string> governors;
  std::set<std::string> drivers;
  std::optional<double> lowest;
  std::optional<double> highest;
  for (const std::size_t cpu : cpus) {
    const std::string folder = fmt::format("/sys/devices/system/cpu/cpu{}/cpufreq/", cpu);
    if (!exists(files, folder)) continue;
    if (const auto text = read_text(files, folder + "scaling_governor")) governors.insert(*text);
    if (const auto text = read_text(files, folder + "scaling_driver")) drivers.insert(*text);
    if (const auto khz = read_number(files, folder + "scaling_min_freq"))
      lowest = std::min(lowest.value_or(*khz), *khz);
    if (const auto khz = read_number(files, folder + "scaling_max_freq"))
      highest = std::max(highest.value_or(*khz), *khz);
  }
  put_text(system, "governor", fmt::format("{}", fmt::join(governors, ",")));
  put_text(system, "frequency_driver", fmt::format("{}", fmt::join(drivers, ",")));
  if (lowest) system["frequency_min_mhz"] = *lowest / 1000;
  if (highest) system["frequency_max_mhz"] = *highest / 1000;
  const auto no_turbo = to_flag(read_number(files, "/sys/devices/system/cpu/intel_pstate/no_turbo"));
  const auto boost = to_flag(read_number(files, "/sys/devices/system/cpu/cpufreq/boost"));
  if (no_turbo) {
    system["turbo"] = !*no_turbo;
  } else {
    put_flag(system, "turbo", boost);
  }
}

/// The longest time that any processor of ours needs to leave an idle state that is not disabled.
std::optional<double> deepest_idle_exit(const SystemFiles& files, const std::vector<std::size_t>& cpus) {
  std::optional<double> deepest;
  for (const std::size_t cpu : cpus) {
    const std::string folder = fmt::format("/sys/devices/system/cpu/cpu{}/cpuidle/", cpu);
    for (const std::string& state : list_directory(files, folder)) {
      const auto disabled = read_number(files, folder + state + "/disable");
      const auto latency = read_number(files, folder + state + "/latency");
      if (latency && disabled.value_or(0) == 0) deepest = std::max(deepest.value_or(0), *latency);
    }
  }
  return deepest;
}

void capture_power(const SystemFiles& files, const std::vector<std::size_t>& cpus, Json& system) {
  capture_frequency(files, cpus, system);
  put_flag(system, "smt", to_flag(read_number(files, "/sys/devices/system/cpu/smt/active")));
  put_text(system, "idle_driver", read_text(files, "/sys/devices/system/cpu/cpuidle/current_driver"));
  const auto governor = read_text(files, "/sys/devices/system/cpu/cpuidle/current_governor");
  put_text(system, "idle_governor",
           governor ? governor : read_text(files, "/sys/devices/system/cpu/cpuidle/current_governor_ro"));
  put_number(system, "idle_deepest_us", deepest_idle_exit(files, cpus));
}

void capture_memory(const SystemFiles& files, Json& system) {
  const std::string modes = read_text(files, "/sys/kernel/mm/transparent_hugepage/enabled").value_or("");
  const std::size_t open = modes.find('[');
  const std::size_t close = modes.find(']');
  if (open != std::string::npos && close != std::string::npos && open < close) {
    system["transparent_hugepages"] = modes.substr(open + 1, close - open - 1);
  }
  put_flag(system, "numa_balancing", to_flag(read_number(files, "/proc/sys/kernel/numa_balancing")));
}

void capture_load(const SystemFiles& files, Json& system) {
  const std::vector<std::string> load = split(read_text(files, "/proc/loadavg").value_or(""), " ");
  static constexpr std::array kNames = {"load_1min", "load_5min", "load_15min"};
  for (std::size_t i = 0; i < kNames.size() && i < load.size(); ++i) put_number(system, kNames[i], to_number(load[i]));
  const auto pressure = read_text(files, "/proc/pressure/cpu");
  if (!pressure) return;
  system["psi"] = true;
  for (const std::string& word : split(*pressure, " \n")) {
    if (word == "full") break;
    if (word.rfind("avg10=", 0) == 0) put_number(system, "psi_cpu_avg10_percent", to_number(word.substr(6)));
  }
}

/// Processors that one group's quota is worth; nothing where it sets none.
std::optional<double> quota_of(const SystemFiles& files, int version, const std::string& directory) {
  std::optional<double> quota;
  std::optional<double> period;
  if (version == 2) {
    const std::vector<std::string> words = split(read_text(files, directory + "/cpu.max").value_or(""), " ");
    if (words.size() == 2) quota = to_number(words[0]), period = to_number(words[1]);  // "max" is no number
  } else {
    quota = read_number(files, directory + "/cpu.cfs_quota_us");
    period = read_number(files, directory + "/cpu.cfs_period_us");
  }
  if (!quota || !period || *quota <= 0 || *period <= 0) return std::nullopt;
  return *quota / *period;
}

void capture_control_groups(const SystemFiles& files, Json& system) {
  if (const auto group = find_control_group(files, "cpu")) {
    system["cgroup"] = group->version == 2 ? "v2" : "v1";
    std::optional<double> tightest;
    for (const std::string& directory : group->directories) {
      const auto quota = quota_of(files, group->version, directory);
      if (quota) tightest = std::min(tightest.value_or(*quota), *quota);
    }
    put_number(system, "cpu_quota", tightest);
  }
  if (const auto group = find_control_group(files, "cpuset")) {
    const std::string name = group->version == 2 ? "/cpuset.cpus.effective" : "/cpuset.effective_cpus";
    for (const std::string& directory : group->directories) {
      const auto cpus = read_text(files, directory + name);
      if (cpus && !cpus->empty()) {
        system["cpuset"] = *cpus;
        return;
      }
    }
  }
}

/// The first sign of a container, by the name of the tool that leaves it.
std::optional<std::string> container_hint(const SystemFiles& files) {
  if (exists(files, "/.dockerenv")) return "docker";
  if (exists(files, "/run/.containerenv")) return "podman";
  if (files.variable("APPTAINER_CONTAINER") || files.variable("SINGULARITY_CONTAINER")) return "apptainer";
  if (files.variable("KUBERNETES_SERVICE_HOST")) return "kubernetes";
  if (const auto name = read_text(files, "/run/systemd/container")) return name;
  return files.variable("container");
}

void capture_job(const SystemFiles& files, Json& system) {
  put_text(system, "container", container_hint(files));
  static constexpr std::array kNames = {"CLUSTER_NAME",  "JOB_ID", "STEP_ID", "ARRAY_JOB_ID",
                                        "ARRAY_TASK_ID", "NODEID", "PROCID"};
  for (const std::string name : kNames) {
    std::string key = "slurm_" + name;
    std::transform(key.begin(), key.end(), key.begin(), [](unsigned char c) { return std::tolower(c); });
    put_text(system, key, files.variable("SLURM_" + name));
  }
}

/// Whether a version falls into the range in which pthread_cond_signal can lose a wake-up (glibc bug 25847). A
/// distribution may have carried the repair back, which the version does not show.
std::optional<bool> has_condvar_bug(const std::string& version) {
  const std::vector<std::string> parts = split(version, ".");
  if (parts.size() < 2) return std::nullopt;
  const auto major = to_number(parts[0]);
  const auto minor = to_number(parts[1]);
  if (!major || !minor) return std::nullopt;
  const std::pair<double, double> number{*major, *minor};
  return number >= kCondvarSince && number < kCondvarFixed;
}

Json capture_system(const SystemFiles& files, const TopologySummary& topology) {
  Json system = Json::object();
  if (!topology.is_this_system) system["simulated_topology"] = true;
  const auto allowed = affinity(files);
  const auto online = parse_cpu_list(read_text(files, "/sys/devices/system/cpu/online").value_or(""));
  capture_kernel(files, system);
  if (online) system["online_cpus"] = render_cpu_list(*online);
  if (allowed) system["affinity"] = render_cpu_list(*allowed);
  const std::vector<std::size_t> cpus = allowed ? *allowed : online.value_or(std::vector<std::size_t>{});
  capture_power(files, cpus, system);
  capture_memory(files, system);
  capture_load(files, system);
  capture_control_groups(files, system);
  capture_job(files, system);
  const std::string glibc = gnu_get_libc_version();
  system["glibc"] = glibc;
  put_flag(system, "glibc_lost_wakeup_bug", has_condvar_bug(glibc));
  return system;
}

// --- check -----------------------------------------------------------------------------------------------------------

/// Read access to a record whose every item may be absent or, in a file from elsewhere, of another type.
class Facts {
 public:
  explicit Facts(const Json& record) : record_(record) {}

  std::optional<std::string> text(const char* part, const char* key) const {
    const Json* item = find(part, key);
    return item != nullptr && item->is_string() ? std::optional(item->get<std::string>()) : std::nullopt;
  }
  std::optional<double> number(const char* part, const char* key) const {
    const Json* item = find(part, key);
    return item != nullptr && item->is_number() ? std::optional(item->get<double>()) : std::nullopt;
  }
  bool is(const char* part, const char* key, bool value) const {
    const Json* item = find(part, key);
    return item != nullptr && item->is_boolean() && item->get<bool>() == value;
  }
  bool code_is(const char* key, bool value) const {
    const Json* code = find("build", "code");
    return code != nullptr && code->is_object() && code->contains(key) && (*code)[key] == value;
  }
  std::optional<double> count_of_list(const char* part, const char* key) const {
    const auto list = parse_cpu_list(text(part, key).value_or(""));
    return list ? std::optional(static_cast<double>(list->size())) : std::nullopt;
  }

 private:
  const Json* find(const char* part, const char* key) const {
    if (!record_.is_object() || !record_.contains(part)) return nullptr;
    const Json& object = record_[part];
    return object.is_object() && object.contains(key) ? &object[key] : nullptr;
  }

  const Json& record_;
};

/// Collects warnings.
class Warnings {
 public:
  template <typename... Args>
  void severe(fmt::format_string<Args...> format, Args&&... args) {
    list_.push_back({Severity::kSevere, fmt::format(format, std::forward<Args>(args)...)});
  }
  template <typename... Args>
  void note(fmt::format_string<Args...> format, Args&&... args) {
    list_.push_back({Severity::kNote, fmt::format(format, std::forward<Args>(args)...)});
  }
  std::vector<Warning> severe_first() && {
    std::stable_partition(list_.begin(), list_.end(), [](const Warning& w) { return w.severity == Severity::kSevere; });
    return std::move(list_);
  }

 private:
  std::vector<Warning> list_;
};

void check_build(const Facts& facts, Warnings& warnings) {
  const std::string flags = facts.text("build", "flags").value_or("");
  const auto sanitizer = facts.text("build", "sanitizer");
  if (sanitizer || flags.find("-fsanitize=") != std::string::npos) {
    warnings.severe(
        "built with a sanitizer ({}), which slows every access: no time is true; build without SYNCBENCH_SANITIZE",
        sanitizer.value_or("see the flags"));
  }
  if (facts.code_is("optimized", false)) {
    warnings.severe("built without optimization ({}): no time is true; build with CMAKE_BUILD_TYPE=Release",
                    facts.text("build", "build_type").value_or("-O0"));
  }
  if (facts.code_is("assertions", true)) {
    warnings.note("assertions are compiled in and cost time in every operation; build with CMAKE_BUILD_TYPE=Release");
  }
  const auto glibc = facts.text("system", "glibc");
  if (glibc && has_condvar_bug(*glibc).value_or(false)) {
    warnings.note(
        "glibc {} can lose a wake-up of pthread_cond_signal (bug 25847): a hang of an implementation over it may be "
        "glibc's; use glibc 2.41 or later",
        *glibc);
  }
}

void check_processors(const Facts& facts, Warnings& warnings) {
  if (facts.is("system", "simulated_topology", true)) {
    warnings.severe(
        "the topology is simulated, so threads would not run where the record says; unset HWLOC_SYNTHETIC and "
        "HWLOC_XMLFILE to measure");
  }
  const auto quota = facts.number("system", "cpu_quota");
  const auto usable = facts.count_of_list("system", "affinity");
  if (quota && *quota < usable.value_or(*quota + 1)) {
    warnings.severe(
        "a control group grants {:.3g} processors of {}: the kernel stops all threads when that is used up; lift "
        "the quota (cpu.max, --cpus of a container) or bind to fewer processors with taskset",
        *quota, usable ? fmt::format("{:.0f} in use", *usable) : "those in use");
  }
  if (facts.is("host", "hypervisor", true)) {
    warnings.note(
        "this is a virtual machine: the host may move and stop its processors, and waking one costs several times "
        "more; measure on bare metal, or trust only trials whose fingerprint is near");
  }
}

void check_power(const Facts& facts, Warnings& warnings) {
  const auto governor = facts.text("system", "governor");
  if (governor && *governor != "performance") {
    warnings.note(
        "the frequency governor is {}, so the clock follows the load; run: cpupower frequency-set -g performance",
        *governor);
  }
  if (facts.is("system", "turbo", true)) {
    warnings.note(
        "turbo is on, so the clock depends on how many processors work and how warm they are; write 1 to "
        "/sys/devices/system/cpu/intel_pstate/no_turbo or 0 to /sys/devices/system/cpu/cpufreq/boost");
  }
  const auto idle = facts.number("system", "idle_deepest_us");
  if (idle && *idle > kDeepIdleMicroseconds) {
    warnings.note(
        "an idle processor may sleep so deeply that it needs {:.0f} us to wake, which blocking primitives then pay; "
        "run: cpupower idle-set -D {:.0f}",
        *idle, kDeepIdleMicroseconds);
  }
}

void check_system(const Facts& facts, Warnings& warnings) {
  const auto load = facts.number("system", "load_1min");
  const auto listed = facts.count_of_list("system", "online_cpus");
  const auto online = listed ? listed : facts.number("topology", "pus");
  if (load && online && *load > kLoadPerCpuLimit * *online) {
    warnings.note("the load was {:.2f} on {:.0f} processors before the start; stop other programs or wait", *load,
                  *online);
  }
  const auto pressure = facts.number("system", "psi_cpu_avg10_percent");
  if (pressure && *pressure > kPressurePercentLimit) {
    warnings.note("programs waited for a processor {:.0f} % of the last ten seconds; stop other programs or wait",
                  *pressure);
  }
  const auto nodes = facts.number("topology", "numa_nodes");
  if (facts.is("system", "numa_balancing", true) && nodes.value_or(2) > 1) {
    warnings.note("automatic NUMA balancing moves pages and interrupts threads; run: sysctl kernel.numa_balancing=0");
  }
  static constexpr std::array kSlowClocks = {"hpet", "acpi_pm", "jiffies", "refined-jiffies", "pit"};
  const auto clock = facts.text("system", "clocksource");
  if (clock && std::find(kSlowClocks.begin(), kSlowClocks.end(), *clock) != kSlowClocks.end()) {
    warnings.note(
        "the clock source is {}: a time stamp is a system call of about a microsecond; boot with clocksource=tsc "
        "where the machine's is stable",
        *clock);
  }
}

// --- print -----------------------------------------------------------------------------------------------------------

std::string render_value(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (value.is_number_integer()) return fmt::format("{}", value.get<long long>());
  if (value.is_number()) return fmt::format("{:.6g}", value.get<double>());
  if (value.is_array() &&
      std::all_of(value.begin(), value.end(), [](const Json& v) { return v.is_number_integer() && v >= 0; })) {
    return render_cpu_list(value.get<std::vector<std::size_t>>());
  }
  return value.dump();
}

using Row = std::pair<std::string, std::string>;  // heading rows have no label

/// Rows of one part; the items of an object inside it follow as rows of their own.
void append_rows(const Json& object, std::vector<Row>& rows) {
  for (const auto& [key, value] : object.items()) {
    if (value.is_object()) {
      append_rows(value, rows);
      continue;
    }
    std::string label = key;
    std::replace(label.begin(), label.end(), '_', ' ');
    rows.emplace_back(label, render_value(value));
  }
}

}  // namespace

BuildInfo compiled_build_info() {
  BuildInfo build;
#if defined(__clang__)
  build.compiler = fmt::format("clang {}", __clang_version__);
#elif defined(__GNUC__)
  build.compiler = fmt::format("g++ {}", __VERSION__);
#endif
#ifndef __OPTIMIZE__
  build.optimized = false;
#endif
#ifndef NDEBUG
  build.assertions = true;
#endif
#if defined(__SANITIZE_ADDRESS__)
  build.sanitizer = "address";
#elif defined(__SANITIZE_THREAD__)
  build.sanitizer = "thread";
#endif
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
  build.sanitizer = "address";
#elif __has_feature(thread_sanitizer)
  build.sanitizer = "thread";
#endif
#endif
#if defined(__GLIBCXX__) && defined(_GLIBCXX_RELEASE)
  build.libraries["libstdc++"] = fmt::format("{} ({})", _GLIBCXX_RELEASE, __GLIBCXX__);
#endif
  return build;
}

Json capture_environment(const BuildInfo& build, const TopologySummary& topology, const Calibration& calibration,
                         const Counters& counters, const SystemFiles& files) {
  Json record = Json::object();
  record["host"] = capture_host(files);
  record["topology"] = describe_topology(topology);
  record["system"] = capture_system(files, topology);
  put_text(record["system"], "hardware_counters", counters.hardware);
  put_text(record["system"], "energy_counters", counters.energy);
  record["build"] = describe_build(build);
  record["calibration"] = describe_calibration(calibration);
  record["warnings"] = Json::array();
  for (const Warning& warning : check_environment(record)) record["warnings"].push_back(warning.text);
  return record;
}

std::vector<Warning> check_environment(const Json& environment) {
  const Facts facts(environment);
  Warnings warnings;
  check_build(facts, warnings);
  check_processors(facts, warnings);
  check_power(facts, warnings);
  check_system(facts, warnings);
  return std::move(warnings).severe_first();
}

std::string render_environment(const Json& environment) {
  static constexpr std::array kParts = {"host", "topology", "system", "build", "calibration"};
  std::vector<std::pair<std::string, std::vector<Row>>> parts;
  std::size_t width = 0;
  for (const char* name : kParts) {
    if (!environment.contains(name) || environment[name].empty()) continue;
    parts.emplace_back(name, std::vector<Row>{});
    append_rows(environment[name], parts.back().second);
    for (const Row& row : parts.back().second) width = std::max(width, row.first.size());
  }
  std::string text;
  for (const auto& [name, rows] : parts) {
    text += name + '\n';
    for (const auto& [label, value] : rows) text += fmt::format("  {:<{}}  {}\n", label, width, value);
  }
  if (environment.contains("warnings") && !environment["warnings"].empty()) {
    text += "warnings\n";
    for (const Json& warning : environment["warnings"]) text += fmt::format("  - {}\n", render_value(warning));
  }
  return text;
}

}  // namespace syncbench
