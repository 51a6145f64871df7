// The fingerprint and the accounting of fingerprint.hpp. The line is timed by two threads that pass one word to and
// fro; all that can go wrong there is that a partner does not run, so both watch one deadline, and the caller, if need
// be, fetches a waiting thread to its own processor so that it can end.

#include "fingerprint.hpp"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <limits>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>

#include "workloads/busy_work.hpp"

namespace syncbench {
namespace {

using Clock = std::chrono::steady_clock;

// Noise (an interrupt, a stolen moment) only ever adds time, so each figure is the least of several short batches. One
// batch is long against the clock's 20 ns and short against the hundred interruptions a second that a busy
// host causes.
constexpr int kMultiplyBatches = 6;
constexpr int kMultipliesPerBatch = 8192;
constexpr int kLineBatches = 16;
constexpr int kLineBatchesNeeded = 4;  // fewer than that, and one lucky batch would speak for the rest
constexpr std::uint32_t kRoundsPerBatch = 64;
constexpr auto kPingPongLimit = std::chrono::microseconds(2000);  // 900 ns a hop would still end in time
constexpr auto kRescueAfter = std::chrono::microseconds(2200);
constexpr int kSpinsPerLook = 256;
constexpr std::size_t kLinePair = 128;  // processors fetch lines in pairs

// --- multiply speed --------------------------------------------------------------------------------------------------

double nanoseconds(Clock::duration time) {
  return std::chrono::duration<double, std::nano>(time).count();
}

double time_multiply() {
  double best = std::numeric_limits<double>::infinity();
  std::uint64_t value = 1;
  for (int batch = 0; batch < kMultiplyBatches; ++batch) {
    const Clock::time_point start = Clock::now();
    value = multiply_chain(value, kMultipliesPerBatch);
    asm volatile("" : : "r"(value));  // the chain has ended before the clock is read
    best = std::min(best, nanoseconds(Clock::now() - start) / kMultipliesPerBatch);
  }
  return best;
}

// --- line distance ---------------------------------------------------------------------------------------------------

/// One of the two threads: where it plays and what it found. Written by that thread, read after the join.
struct Player {
  std::size_t pu = 0;
  bool serves = false;
  std::optional<double> line_ns;
  std::optional<double> multiply_ns;
  bool at_work = false;  // guarded by the rally's mutex: started, and not yet about to end
  std::thread thread;
};

/// What the two threads and the waiting caller share.
struct Rally {
  /// 0: not begun. Odd: the server has played and awaits the next even number. Even: the returner has answered.
  /// Each thread stores only after it has read the other's number, so the stores are one sequence.
  alignas(kLinePair) std::atomic<std::uint32_t> turn{0};
  /// True: a thread has given up; nobody plays on. Read only now and then, so that its line stays out of the time.
  alignas(kLinePair) std::atomic<bool> over{false};
  Clock::time_point deadline;

  std::mutex mutex;
  std::condition_variable finished;
};

bool must_stop(Rally& rally) {
  // relaxed: a wish to end, which carries no data.
  if (!rally.over.load(std::memory_order_relaxed) && Clock::now() < rally.deadline) return false;
  rally.over.store(true, std::memory_order_relaxed);  // relaxed: as above
  return true;
}

/// Spins, without a pause instruction that would be part of the time, until `turn` is `value`. False: given up.
bool await(Rally& rally, std::uint32_t value) {
  for (;;) {
    for (int spin = 0; spin < kSpinsPerLook; ++spin) {
      // relaxed: the number is all that is passed; one location's order is enough, and no barrier belongs in the time.
      if (rally.turn.load(std::memory_order_relaxed) == value) return true;
    }
    if (must_stop(rally)) return false;
  }
}

/// Plays the odd numbers and keeps the time of a batch. Nothing where too few batches ended.
std::optional<double> serve(Rally& rally) {
  double best = std::numeric_limits<double>::infinity();
  int batches = 0;
  std::uint32_t number = 0;
  for (bool playing = true; playing && batches < kLineBatches;) {
    const Clock::time_point start = Clock::now();
    for (std::uint32_t round = 0; playing && round < kRoundsPerBatch; ++round, number += 2) {
      rally.turn.store(number + 1, std::memory_order_relaxed);  // relaxed: as in await
      playing = await(rally, number + 2);
    }
    if (!playing) break;
    best = std::min(best, nanoseconds(Clock::now() - start) / (2 * kRoundsPerBatch));
    ++batches;
  }
  return batches < kLineBatchesNeeded ? std::nullopt : std::optional(best);
}

void give_back(Rally& rally) {
  constexpr std::uint32_t kLast = 2 * kRoundsPerBatch * kLineBatches;
  for (std::uint32_t number = 1; number < kLast && await(rally, number); number += 2) {
    rally.turn.store(number + 1, std::memory_order_relaxed);  // relaxed: as in await
  }
}

bool try_bind(const PuBinder& bind, std::size_t pu) {
  try {
    return bind(pu);
  } catch (...) {
    return false;  // an exception that left the thread would end the program
  }
}

void play(Rally& rally, Player& player, const PuBinder& bind) {
  if (!must_stop(rally) && try_bind(bind, player.pu)) {
    player.multiply_ns = time_multiply();
    if (player.serves) {
      player.line_ns = serve(rally);
    } else {
      give_back(rally);
    }
  } else {
    rally.over.store(true, std::memory_order_relaxed);  // relaxed: as in must_stop
  }
  const std::lock_guard lock(rally.mutex);
  player.at_work = false;
  rally.finished.notify_one();
}

/// Fetches a thread that waits for a busy processor to the one that the caller is on, and is about to leave idle. A
/// wider set would not do: the kernel moves a waiting thread only off a processor that it may no longer use. A failure
/// means no more than a longer join.
void fetch(std::thread& thread) {
  const int here = sched_getcpu();
  if (here < 0 || here >= CPU_SETSIZE) return;
  cpu_set_t only_here;
  CPU_ZERO(&only_here);
  CPU_SET(here, &only_here);
  pthread_setaffinity_np(thread.native_handle(), sizeof(only_here), &only_here);
}

using Players = std::array<Player, 2>;

void start_players(Rally& rally, Players& players, const PuBinder& bind) {
  for (Player& player : players) {
    try {
      const std::lock_guard lock(rally.mutex);  // the thread cannot report its end before it is marked as at work
      player.thread = std::thread([&rally, &player, &bind] { play(rally, player, bind); });
      player.at_work = true;
    } catch (const std::system_error&) {
      rally.over.store(true, std::memory_order_relaxed);  // relaxed: as in must_stop
    }
  }
}

/// Sleeps until both have ended, or it is time to fetch those that have not. Only a thread at work may be fetched, and
/// the lock keeps it at work: the C library takes an ended thread for the calling one and would bind the caller.
void await_players(Rally& rally, Players& players, Clock::time_point latest) {
  std::unique_lock lock(rally.mutex);
  const auto all_ended = [&players] { return !players[0].at_work && !players[1].at_work; };
  if (rally.finished.wait_until(lock, latest, all_ended)) return;
  for (Player& player : players) {
    if (player.at_work) fetch(player.thread);
  }
}

/// Plays one rally and leaves in the players what they found. Both threads are joined.
void hold_rally(Players& players, const PuBinder& bind) {
  Rally rally;
  const Clock::time_point start = Clock::now();
  rally.deadline = start + kPingPongLimit;
  start_players(rally, players, bind);
  await_players(rally, players, start + kRescueAfter);
  for (Player& player : players) {
    if (player.thread.joinable()) player.thread.join();
  }
}

// --- accounting ------------------------------------------------------------------------------------------------------

constexpr double kNanosecond = 1e-9;
constexpr double kMicrosecond = 1e-6;
// /proc/schedstat counts a program when it leaves the processor, so up to one time slice falls on the wrong side of a
// reading.
constexpr double kSliceSeconds = 0.004;

/// The numbers after the word `cpu<index>` at the start of a line. Empty where there is no such line or no number.
std::vector<double> cpu_line(const std::vector<std::string>& lines, std::size_t cpu) {
  const std::string name = "cpu" + std::to_string(cpu) + " ";
  for (const std::string& line : lines) {
    if (line.rfind(name, 0) != 0) continue;
    std::vector<double> numbers;
    for (const std::string& word : split(line.substr(name.size()), " ")) {
      const std::optional<double> number = to_number(word);
      if (!number) return {};
      numbers.push_back(*number);
    }
    return numbers;
  }
  return {};
}

double tick_seconds() {
  const long ticks = sysconf(_SC_CLK_TCK);
  return ticks > 0 ? 1.0 / static_cast<double>(ticks) : 0.01;
}

/// Fields of /proc/stat: user nice system idle iowait irq softirq steal guest guest_nice; user contains guest.
void read_stat(const SystemFiles& files, const std::vector<std::size_t>& cpus, CpuSample& sample) {
  const std::vector<std::string> lines = split(read_text(files, "/proc/stat").value_or(""), "\n");
  double busy = 0;
  double steal = 0;
  bool all_have_steal = true;
  for (const std::size_t cpu : cpus) {
    const std::vector<double> field = cpu_line(lines, cpu);
    if (field.size() < 7) return;
    busy += field[0] + field[1] + field[2] + field[5] + field[6];
    all_have_steal = all_have_steal && field.size() > 7;
    if (field.size() > 7) steal += field[7];
  }
  if (cpus.empty()) return;
  sample.busy_s = busy * sample.tick_s;
  if (all_have_steal) sample.steal_s = steal * sample.tick_s;
}

/// Since version 15 the seventh number of a processor's line is the time in which programs ran on it, in nanoseconds.
void read_schedstat(const SystemFiles& files, const std::vector<std::size_t>& cpus, CpuSample& sample) {
  const std::vector<std::string> lines = split(read_text(files, "/proc/schedstat").value_or(""), "\n");
  if (lines.empty() || lines[0].rfind("version ", 0) != 0) return;
  if (to_number(lines[0].substr(8)).value_or(0) < 15) return;
  double busy = 0;
  for (const std::size_t cpu : cpus) {
    const std::vector<double> field = cpu_line(lines, cpu);
    if (field.size() < 7) return;
    busy += field[6] * kNanosecond;
  }
  if (!cpus.empty()) sample.busy_exact_s = busy;
}

/// Throttling counts where any group above this process runs out of its quota, so the counts are added.
std::optional<double> read_throttled(const SystemFiles& files) {
  const std::optional<ControlGroup> group = find_control_group(files, "cpu");
  std::optional<double> total;
  for (const std::string& directory : group ? group->directories : std::vector<std::string>{}) {
    for (const std::string& line : split(read_text(files, directory + "/cpu.stat").value_or(""), "\n")) {
      if (line.rfind("nr_throttled ", 0) != 0) continue;
      const std::optional<double> count = to_number(line.substr(13));
      if (count) total = total.value_or(0) + *count;
    }
  }
  return total;
}

/// Of this process's own group where version 2 tells it, for a machine's other users may wait elsewhere on it.
std::optional<double> read_pressure(const SystemFiles& files) {
  const std::optional<ControlGroup> group = find_control_group(files, "");
  std::optional<std::string> text;
  if (group) text = read_text(files, group->directories.front() + "/cpu.pressure");
  if (!text) text = read_text(files, "/proc/pressure/cpu");
  const std::vector<std::string> lines = split(text.value_or(""), "\n");
  for (const std::string& line : lines) {
    if (line.rfind("some ", 0) != 0) continue;
    const std::size_t at = line.find("total=");
    const auto microseconds = at == std::string::npos ? std::nullopt : to_number(line.substr(at + 6));
    if (microseconds) return *microseconds * kMicrosecond;
  }
  return std::nullopt;
}

/// The growth of a counter; nothing where either end is absent or it ran backwards (a processor was taken out and put
/// back).
std::optional<double> growth(const std::optional<double>& before, const std::optional<double>& after) {
  if (!before || !after || *after < *before) return std::nullopt;
  return *after - *before;
}

std::optional<double> share(const std::optional<double>& seconds, double capacity) {
  if (!seconds) return std::nullopt;
  return std::clamp(*seconds / capacity, 0.0, 1.0);
}

}  // namespace

Fingerprint take_fingerprint(const PuBinder& bind, std::optional<std::pair<std::size_t, std::size_t>> two_pus) {
  Fingerprint fingerprint;
  if (two_pus && two_pus->first != two_pus->second) {
    Players players;
    players[0].pu = two_pus->first;
    players[0].serves = true;
    players[1].pu = two_pus->second;
    hold_rally(players, bind);
    fingerprint.line_ns = players[0].line_ns;
    for (const Player& player : players) {
      fingerprint.multiply_ns = std::max(fingerprint.multiply_ns, player.multiply_ns.value_or(0));
    }
  }
  if (fingerprint.multiply_ns == 0) fingerprint.multiply_ns = time_multiply();
  return fingerprint;
}

CpuAccounting::CpuAccounting(std::vector<std::size_t> os_cpus, SystemFiles files)
    : os_cpus_(std::move(os_cpus)), files_(std::move(files)) {}

CpuSample CpuAccounting::sample() const {
  CpuSample sample;
  sample.cpus = os_cpus_.size();
  sample.tick_s = tick_seconds();
  sample.at_s = nanoseconds(Clock::now().time_since_epoch()) * kNanosecond;
  read_stat(files_, os_cpus_, sample);
  read_schedstat(files_, os_cpus_, sample);
  sample.throttled = read_throttled(files_);
  sample.pressure_s = read_pressure(files_);
  return sample;
}

CpuUse CpuAccounting::delta(const CpuSample& before, const CpuSample& after, double own_cpu_seconds) {
  CpuUse use;
  use.elapsed_s = after.at_s - before.at_s;
  use.throttled_periods = growth(before.throttled, after.throttled);
  if (!(use.elapsed_s > 0)) return use;
  use.pressure_s = growth(before.pressure_s, after.pressure_s);
  use.pressure = share(use.pressure_s, use.elapsed_s);
  if (after.cpus == 0 || before.cpus != after.cpus) return use;
  use.cpus = after.cpus;
  const double capacity = use.elapsed_s * static_cast<double>(after.cpus);
  const std::optional<double> exact = growth(before.busy_exact_s, after.busy_exact_s);
  use.busy_s = exact ? exact : growth(before.busy_s, after.busy_s);
  use.own_s = own_cpu_seconds;
  use.steal_s = growth(before.steal_s, after.steal_s);
  if (use.busy_s) use.foreign_cpu = share(*use.busy_s - own_cpu_seconds, capacity);
  use.steal = share(use.steal_s, capacity);
  // One unit of the counter on every processor: the number of processors cancels out.
  if (use.foreign_cpu) use.foreign_uncertainty = std::min(1.0, (exact ? kSliceSeconds : after.tick_s) / use.elapsed_s);
  if (use.steal) use.steal_uncertainty = std::min(1.0, after.tick_s / use.elapsed_s);
  return use;
}

double own_cpu_seconds() {
  double seconds = 0;
  for (const int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage usage{};
    if (getrusage(who, &usage) != 0) continue;
    for (const timeval& time : {usage.ru_utime, usage.ru_stime}) {
      seconds += static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * kMicrosecond;
    }
  }
  return seconds;
}

}  // namespace syncbench
