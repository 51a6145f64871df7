// The two interfaces of the kernel; see hardware_counters.hpp.
#include "runner/hardware_counters.hpp"

#include <fmt/format.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace syncbench {
namespace {

constexpr std::array<CountedEvent, kHardwareEvents> kEvents = {{
    {"cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES},
    {"instructions", PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS},
    {"cache_misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES},
    {"branch_misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_MISSES},
}};

// The descriptor, or -1 with errno set.
int open_event(const CountedEvent& event, bool user_only) {
  perf_event_attr attributes{};
  attributes.size = sizeof attributes;
  attributes.type = event.type;
  attributes.config = event.config;
  attributes.inherit = 1;
  attributes.exclude_kernel = attributes.exclude_hv = user_only ? 1 : 0;
  attributes.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
  constexpr pid_t kThisThread = 0;
  constexpr int kAnyProcessor = -1, kNoGroup = -1;  // a group cannot be inherited and read as one
  return static_cast<int>(
      ::syscall(SYS_perf_event_open, &attributes, kThisThread, kAnyProcessor, kNoGroup, PERF_FLAG_FD_CLOEXEC));
}

bool is_refusal(int error) {
  return error == EACCES || error == EPERM;
}

}  // namespace

std::span<const CountedEvent, kHardwareEvents> hardware_events() {
  return kEvents;
}

// The right to count the kernel is one for all events: without it, all are opened again without the kernel.
HardwareCounters::HardwareCounters(std::span<const CountedEvent> events) {
  const auto open_all = [&] {
    error_ = 0;
    for (const CountedEvent& event : events) {
      files_.push_back(open_event(event, user_only_));
      if (files_.back() < 0 && error_ == 0) error_ = errno;
    }
  };
  open_all();
  if (!any() && is_refusal(error_)) {
    user_only_ = true;
    files_.clear();
    open_all();
  }
}

HardwareCounters::~HardwareCounters() {
  for (const int file : files_)
    if (file >= 0) ::close(file);
}

HardwareCounters::Readings HardwareCounters::read() const {
  Readings readings;
  for (const int file : files_) {
    std::uint64_t values[3];
    const bool told = file >= 0 && ::read(file, values, sizeof values) == sizeof values;
    readings.push_back(told ? std::optional(Reading{values[0], values[1], values[2]}) : std::nullopt);
  }
  return readings;
}

bool HardwareCounters::any() const {
  return std::ranges::any_of(files_, [](int file) { return file >= 0; });
}

std::string HardwareCounters::refusal() const {
  if (error_ == 0) return {};
  if (is_refusal(error_))
    return "not permitted: see /proc/sys/kernel/perf_event_paranoid; a container may forbid them too";
  if (error_ == ENOENT || error_ == ENODEV || error_ == EOPNOTSUPP) return "this machine does not offer them";
  if (error_ == ENOSYS) return "this kernel does not offer them";
  return std::strerror(error_);
}

std::optional<double> HardwareCounters::between(const std::optional<Reading>& before,
                                                const std::optional<Reading>& after) {
  if (!before || !after || after->counted_ns <= before->counted_ns || after->count < before->count) return std::nullopt;
  const auto growth = [&](auto field) { return static_cast<double>((*after).*field - (*before).*field); };
  return growth(&Reading::count) * growth(&Reading::wanted_ns) / growth(&Reading::counted_ns);
}

// Packages can be listed under two interfaces at once; the name tells that they are one.
EnergyMeter::EnergyMeter(const SystemFiles& files) : files_(files) {
  const std::string root = "/sys/class/powercap";
  std::map<std::string, Package> by_name;
  for (const std::string& domain : list_directory(files_, root)) {
    const std::string path = root + "/" + domain;
    const std::string name = read_text(files_, path + "/name").value_or("");
    const auto range = read_number(files_, path + "/max_energy_range_uj");
    if (name.starts_with("package") && range && *range > 0)
      by_name.try_emplace(name, Package{path + "/energy_uj", *range});
  }
  for (const auto& [name, package] : by_name) packages_.push_back(package);
}

std::optional<EnergyMeter::Reading> EnergyMeter::read() const {
  Reading reading;
  for (const Package& package : packages_) {
    const auto microjoules = read_number(files_, package.counter);
    if (!microjoules) return std::nullopt;
    reading.push_back(*microjoules);
  }
  return reading.empty() ? std::nullopt : std::optional(reading);
}

std::optional<double> EnergyMeter::joules(const std::optional<Reading>& before,
                                          const std::optional<Reading>& after) const {
  if (!before || !after) return std::nullopt;
  double microjoules = 0;
  for (std::size_t i = 0; i < packages_.size(); ++i) {
    const double grown = (*after)[i] - (*before)[i];
    microjoules += grown < 0 ? grown + packages_[i].range_uj : grown;
  }
  return microjoules * 1e-6;
}

std::string describe_hardware_counters() {
  const HardwareCounters counters(kEvents);
  if (!counters.any()) return fmt::format("none ({})", counters.refusal());
  std::string text;
  const auto readings = counters.read();
  for (std::size_t i = 0; i < readings.size(); ++i)
    if (readings[i]) text += fmt::format("{}{}", text.empty() ? "" : ", ", kEvents[i].name);
  return text + (counters.user_only() ? " (without the kernel)" : "");
}

std::string describe_energy(const SystemFiles& files) {
  const EnergyMeter meter(files);
  if (meter.packages() == 0) return "none (no package under /sys/class/powercap)";
  if (!meter.read()) return "none (not permitted: /sys/class/powercap/*/energy_uj)";
  return fmt::format("{} package{}", meter.packages(), meter.packages() == 1 ? "" : "s");
}

}  // namespace syncbench
