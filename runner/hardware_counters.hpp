// What the processor itself counts: events of the trial's threads (cycles, instructions, misses) through
// perf_event_open, and the energy of the packages through the powercap files. Many machines offer neither (a guest of a
// hypervisor, a user without the right): then nothing is counted, the record has no such field, and `--env` says why.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runner/system_files.hpp"

namespace syncbench {

/// An event as perf_event_open names it, and as the record does.
struct CountedEvent {
  std::string_view name;
  std::uint32_t type;
  std::uint64_t config;
};

inline constexpr std::size_t kHardwareEvents = 4;
/// cycles, instructions, cache_misses, branch_misses
std::span<const CountedEvent, kHardwareEvents> hardware_events();

/// Counts events of the thread that makes it and of all threads that this one starts afterwards.
class HardwareCounters {
 public:
  /// An event's count, and for how long it was wanted and had a counter. The processor has few counters and may have to
  /// share them out; then the count is of a part of the time.
  struct Reading {
    std::uint64_t count = 0;
    std::uint64_t wanted_ns = 0;
    std::uint64_t counted_ns = 0;
  };
  using Readings = std::vector<std::optional<Reading>>;  ///< by event

  explicit HardwareCounters(std::span<const CountedEvent> events);
  HardwareCounters(const HardwareCounters&) = delete;
  HardwareCounters& operator=(const HardwareCounters&) = delete;
  ~HardwareCounters();

  /// Asks every processor on which a counted thread runs: not for the inside of a window.
  Readings read() const;
  bool any() const;
  bool user_only() const { return user_only_; }  ///< the kernel refused to have itself counted
  std::string refusal() const;                   ///< why the first event that is missing is missing; else empty

  /// What was counted between two readings, scaled up to the whole time; absent where it never had a counter.
  static std::optional<double> between(const std::optional<Reading>& before, const std::optional<Reading>& after);

 private:
  std::vector<int> files_;  // by event; -1: not counted
  bool user_only_ = false;
  int error_ = 0;  // of the first event that could not be opened
};

/// The energy counters of all packages, in microjoules; each begins anew at its end.
class EnergyMeter {
 public:
  explicit EnergyMeter(const SystemFiles& files = {});

  using Reading = std::vector<double>;  ///< by package
  std::optional<Reading> read() const;  ///< absent without packages, or if one of them cannot be read

  /// Joules between two readings that are less than a turn of a counter (a minute and more) apart.
  std::optional<double> joules(const std::optional<Reading>& before, const std::optional<Reading>& after) const;

  std::size_t packages() const { return packages_.size(); }

 private:
  struct Package {
    std::string counter;  // path
    double range_uj;
  };
  SystemFiles files_;
  std::vector<Package> packages_;
};

/// One line each for `--env`: what is counted, or "none" and why.
std::string describe_hardware_counters();
std::string describe_energy(const SystemFiles& files = {});

}  // namespace syncbench
