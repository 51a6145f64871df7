// What is read around the window and not at its two ends, because reading it takes long: per-thread files of the
// kernel, hardware counters, energy. The first reading ends before the window opens and the second begins after it has
// closed, so none of it disturbs what is measured; the time between the two is a little longer than the window.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <vector>

#include "runner/hardware_counters.hpp"

namespace syncbench {

/// Differences between the two readings. Plain data; what the system does not tell is absent.
struct Around {
  double span_s = 0;  ///< between the two readings
  /// Time in which workers were ready and had no processor, of all workers together. A wait that has not ended when the
  /// window closes is not in it.
  std::optional<double> run_delay_s;
  std::optional<double> migrations;  ///< workers moved to another processor
  std::optional<double> hardware[kHardwareEvents];
  bool user_only = false;          ///< `hardware` is without the kernel
  std::optional<double> energy_j;  ///< of all packages, whoever used them
};

/// What the kernel writes down about threads of this process.
class ThreadFiles {
 public:
  ThreadFiles(std::vector<pid_t> threads, SystemFiles files = {});
  ThreadFiles(const ThreadFiles&) = delete;
  ThreadFiles& operator=(const ThreadFiles&) = delete;
  ~ThreadFiles();

  /// Sums over the threads; absent if one of them is gone or the kernel does not tell. The first is the fast one (its
  /// files stay open): about a microsecond a thread.
  std::optional<double> run_delay_s() const;
  std::optional<double> migrations() const;

 private:
  std::vector<pid_t> threads_;
  SystemFiles files_;
  std::vector<int> delay_files_;
};

/// Made before the threads are started, so that their events are counted.
class Bracket {
 public:
  /// `hardware`: whether to count the processor's events.
  explicit Bracket(bool hardware)
      : hardware_(hardware ? std::span<const CountedEvent>(hardware_events()) : std::span<const CountedEvent>()) {}

  void open(std::vector<pid_t> threads);
  Around close() const;

 private:
  struct Reading {
    std::optional<double> run_delay_s, migrations;
    HardwareCounters::Readings hardware;
    std::optional<EnergyMeter::Reading> energy;
    std::chrono::steady_clock::time_point time;
  };

  HardwareCounters hardware_;
  EnergyMeter energy_;
  std::optional<ThreadFiles> threads_;
  Reading before_;
};

}  // namespace syncbench
