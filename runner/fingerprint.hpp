#pragma once

// What the machine is like around one trial. Two independent looks: a *fingerprint*, taken in about 0.3 ms before and
// after the trial, says how far apart the processors are and how fast they run at this moment (a virtual machine's
// processors move between host cores, and every contended number moves with them); *accounting*, two readings of the
// kernel's counters, says what others took of the processors meanwhile. Both only measure; what is acceptable is
// decided in validity.cpp.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "system_files.hpp"

namespace syncbench {

/// Binds the calling thread to one processor, named as the caller of `take_fingerprint` names it. False where that
/// failed. May be called from two threads at once.
using PuBinder = std::function<bool(std::size_t)>;

/// Times are in nanoseconds.
struct Fingerprint {
  /// One-way time of a cache line between the two processors. Absent where there is only one processor, a thread could
  /// not be bound, or the two did not run at the same time (other programs hold a processor).
  std::optional<double> line_ns;
  /// One dependent 64-bit multiply, on the slower of the two processors: some three cycles.
  double multiply_ns = 0;
};

/// Takes about 0.3 ms, and at most 5 ms unless the kernel withholds processors from the calling thread too. Starts
/// two threads, binds them with `bind`, and joins them before it returns; the caller sleeps meanwhile and its own
/// binding stays. Without `two_pus` (or with twice the same) only the multiply is timed, on the calling thread. Never
/// throws because of the machine's state.
Fingerprint take_fingerprint(const PuBinder& bind, std::optional<std::pair<std::size_t, std::size_t>> two_pus);

/// The kernel's counters at one moment. Absent where the kernel does not offer them.
struct CpuSample {
  double at_s = 0;                     ///< steady clock
  std::size_t cpus = 0;                ///< how many processors the counters cover
  double tick_s = 0.01;                ///< resolution of `busy_s` and `steal_s`
  std::optional<double> busy_s;        ///< from /proc/stat: running anything, all processors added
  std::optional<double> steal_s;       ///< from /proc/stat: ready to run while the host ran something else
  std::optional<double> busy_exact_s;  ///< from /proc/schedstat: the same as `busy_s` without ticks
  std::optional<double> throttled;     ///< periods in which a quota stopped this process's control group
  std::optional<double> pressure_s;    ///< time in which a program that was ready waited for a processor
};

/// What happened between two samples. Shares are of (elapsed time x number of processors), from 0 to 1.
struct CpuUse {
  double elapsed_s = 0;
  // The raw numbers, in seconds, of all processors together:
  std::size_t cpus = 0;
  std::optional<double> busy_s;      ///< they ran anything
  std::optional<double> own_s;       ///< they ran this program
  std::optional<double> steal_s;     ///< the host took them
  std::optional<double> pressure_s;  ///< of the elapsed time: some program waited for a processor
  // What follows from them:
  std::optional<double> foreign_cpu;        ///< taken by other programs and the kernel's own work
  std::optional<double> steal;              ///< taken by the host
  double foreign_uncertainty = 0;           ///< a true share this far away would read the same
  double steal_uncertainty = 0;             ///< likewise
  std::optional<double> throttled_periods;  ///< count
  std::optional<double> pressure;           ///< share of the elapsed time in which some program waited for a processor
};

/// Reads the machine's counters for a fixed set of processors. Holds no open file and no thread.
class CpuAccounting {
 public:
  /// `os_cpus`: OS indices of the processors to watch, those that a trial uses.
  explicit CpuAccounting(std::vector<std::size_t> os_cpus, SystemFiles files = {});

  /// Reads a few files: some tens of microseconds on a small machine, up to a millisecond on hundreds of processors.
  CpuSample sample() const;

  /// Pure. `own_cpu_seconds`: processor time of this program in between, its children included, on these processors.
  static CpuUse delta(const CpuSample& before, const CpuSample& after, double own_cpu_seconds);

 private:
  std::vector<std::size_t> os_cpus_;
  SystemFiles files_;
};

/// Processor time, in seconds, of this process and of its children that were waited for.
double own_cpu_seconds();

}  // namespace syncbench
