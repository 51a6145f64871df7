// Threads, gate and window. Runs in the trial's own process; the main thread of that process sleeps while the workers
// run.
#include "runner/thread_team.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>

#include "primitives/platform/native.hpp"

namespace syncbench {
namespace {

using Clock = std::chrono::steady_clock;

void set_phase(Control& control, Phase phase) {
  control.phase.store(phase, std::memory_order_release);
}

// One reading of everything that grows during the window.
struct Reading {
  Clock::time_point time;
  double cpu_s;
  rusage usage;
  std::vector<std::uint64_t> operations;  // by worker
  std::uint64_t futex_waits = 0, futex_wakes = 0, yields = 0;
};

// Counters and clock belong to one moment: a reader that lost its processor between them reads again.
Reading read_all(std::span<const WorkerSlot> slots, std::chrono::nanoseconds tolerance) {
  Reading reading;
  reading.operations.resize(slots.size());
  for (int attempt = 0; attempt < 5; ++attempt) {
    const auto begin = Clock::now();
    timespec cpu{};
    ::getrusage(RUSAGE_SELF, &reading.usage);
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
    reading.cpu_s = static_cast<double>(cpu.tv_sec) + 1e-9 * static_cast<double>(cpu.tv_nsec);
    for (std::size_t i = 0; i < slots.size(); ++i)
      reading.operations[i] = slots[i].operations.load(std::memory_order_relaxed);
    reading.futex_waits = reading.futex_wakes = reading.yields = 0;
    for (const WorkerSlot& slot : slots) {
      reading.futex_waits += slot.calls.futex_waits.load(std::memory_order_relaxed);
      reading.futex_wakes += slot.calls.futex_wakes.load(std::memory_order_relaxed);
      reading.yields += slot.calls.yields.load(std::memory_order_relaxed);
    }
    const auto took = Clock::now() - begin;
    reading.time = begin + took / 2;
    if (took <= tolerance) break;
  }
  return reading;
}

}  // namespace

void ThreadTeam::name(const void* begin, std::size_t size, std::string_view what) {
  TrialHeader& header = memory_.header();
  const unsigned index = header.ranges.load(std::memory_order_relaxed);
  if (index == std::size(header.range)) return;
  header.range[index] = {reinterpret_cast<std::uintptr_t>(begin), size, {}};
  what.copy(header.range[index].name, sizeof header.range[index].name - 1);
  header.ranges.store(index + 1, std::memory_order_release);
}

void ThreadTeam::count(std::string_view name, double value) {
  TrialHeader& header = memory_.header();
  if (header.counts == std::size(header.count)) return;
  NamedCount& entry = header.count[header.counts++];
  name.copy(entry.name, sizeof entry.name - 1);
  entry.value = value;
}

void ThreadTeam::run(void* state, const RoundCalls& calls) {
  ::prctl(PR_SET_TIMERSLACK, 1UL);  // the default lets the kernel end every sleep 50 us late
  Bracket bracket(plan_.hardware_counters);
  std::vector<std::jthread> threads;
  try {
    start(threads, state, calls);
    gather();
  } catch (...) {
    set_phase(memory_.header().control, Phase::stop);  // those at the gate go home
    throw;
  }
  keep_window(state, calls, bracket);
  set_phase(memory_.header().control, Phase::stop);
  calls.close(state);
  await([this] { return all_finished(); }, state, calls);
}

void ThreadTeam::start(std::vector<std::jthread>& threads, void* state, const RoundCalls& calls) {
  std::vector<unsigned> next_of_role(plan_.role_counts.size(), 0);
  for (unsigned rank = 0; rank < plan_.worker_roles.size(); ++rank) {
    const unsigned role_rank = next_of_role[plan_.worker_roles[rank]]++;
    try {
      threads.emplace_back([=, this, &calls] { work(rank, role_rank, state, calls); });
    } catch (const std::system_error& error) {
      throw IncompleteError("thread " + std::to_string(rank + 1) + " of " + std::to_string(plan_.worker_roles.size()) +
                            " could not be started: " + error.what());
    }
  }
}

void ThreadTeam::work(unsigned rank, unsigned role_rank, void* state, const RoundCalls& calls) {
  WorkerRecord& record = memory_.records()[rank];
  WorkerSlot& slot = memory_.slots()[rank];
  const unsigned role = plan_.worker_roles[rank];
  ::prctl(PR_SET_NAME, (plan_.role_names[role] + " " + std::to_string(role_rank)).c_str());
  record.thread.store(::gettid(), std::memory_order_release);
  try {
    record.granted = plan_.bind(rank);
  } catch (const std::exception& error) {
    // The first one tells; it does so before it arrives, so before anybody reads.
    if (!refused_.exchange(true, std::memory_order_acq_rel)) memory_.header().set_reason(error.what());
  }
  // The first touch in this process: no page is missing inside the window.
  for (Histogram& histogram : memory_.histograms(rank)) histogram = Histogram{};
  calls_of_this_thread = &slot.calls;

  arrived_.fetch_add(1, std::memory_order_release);
  const Control& control = memory_.header().control;
  while (control.phase.load(std::memory_order_acquire) == Phase::gather) {
    // The gate spins so that all leave it within a line's travel. With more threads than processors the ones that have
    // not arrived yet need the processor more.
    plan_.oversubscribed ? NativePlatform::yield() : NativePlatform::relax();
  }
  Worker worker(control, slot, memory_.histograms(rank), rank, role, role_rank);
  if (worker.running()) calls.body(state, worker);
  slot.finished.store(1, std::memory_order_release);
}

void ThreadTeam::gather() {
  while (arrived_.load(std::memory_order_acquire) != plan_.worker_roles.size())
    std::this_thread::sleep_for(std::chrono::microseconds(50));
  if (refused_.load(std::memory_order_acquire)) throw IncompleteError(memory_.header().reason);
  set_phase(memory_.header().control, Phase::warmup);
}

bool ThreadTeam::all_finished() const {
  return std::ranges::all_of(memory_.slots(),
                             [](const WorkerSlot& slot) { return slot.finished.load(std::memory_order_acquire) != 0; });
}

// Operations of the roles that count, so far.
std::uint64_t ThreadTeam::counted_operations() const {
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < plan_.worker_roles.size(); ++i)
    if (plan_.role_counts_operations[plan_.worker_roles[i]])
      total += memory_.slots()[i].operations.load(std::memory_order_relaxed);
  return total;
}

// Waits, in short sleeps. If it takes long, the workload may know why nothing moves; if it says the same thing again
// after a while, the trial ends here, with that as its reason.
template <class Condition>
void ThreadTeam::await(Condition condition, void* state, const RoundCalls& calls) {
  constexpr auto kMoment = std::chrono::microseconds(200);
  constexpr auto kLong = std::chrono::milliseconds(250);
  std::string before;
  for (auto asked = Clock::now(); !condition(); std::this_thread::sleep_for(kMoment)) {
    if (Clock::now() - asked < kLong) continue;
    asked = Clock::now();
    std::string now = calls.stuck(state);
    if (!now.empty() && now == before) {
      memory_.header().set_reason(now);
      memory_.header().stuck.store(true, std::memory_order_release);
      ::_exit(0);
    }
    before = std::move(now);
  }
}

std::vector<pid_t> ThreadTeam::thread_ids() const {
  std::vector<pid_t> ids;
  for (const WorkerRecord& record : memory_.records()) ids.push_back(record.thread.load(std::memory_order_acquire));
  return ids;
}

void ThreadTeam::keep_window(void* state, const RoundCalls& calls, Bracket& bracket) {
  const auto tolerance = plan_.window / 1000;
  std::this_thread::sleep_for(plan_.warmup);
  bracket.open(thread_ids());
  const Reading open = read_all(memory_.slots(), tolerance);
  set_phase(memory_.header().control, Phase::measure);

  const std::uint64_t before = counted_operations();
  std::this_thread::sleep_until(open.time + plan_.window);
  // A window in which no operation was completed has no rate: it stays open until one is, or until the watchdog's
  // patience ends.
  await([&] { return counted_operations() != before || all_finished(); }, state, calls);

  const Reading closed = read_all(memory_.slots(), tolerance);
  TrialHeader& header = memory_.header();
  header.around = bracket.close();
  for (std::size_t i = 0; i < memory_.records().size(); ++i)
    memory_.records()[i].operations_in_window = closed.operations[i] - open.operations[i];
  header.duration_s = std::chrono::duration<double>(closed.time - open.time).count();
  header.cpu_s = closed.cpu_s - open.cpu_s;
  header.voluntary_switches = static_cast<std::uint64_t>(closed.usage.ru_nvcsw - open.usage.ru_nvcsw);
  header.involuntary_switches = static_cast<std::uint64_t>(closed.usage.ru_nivcsw - open.usage.ru_nivcsw);
  header.futex_waits = closed.futex_waits - open.futex_waits;
  header.futex_wakes = closed.futex_wakes - open.futex_wakes;
  header.yields = closed.yields - open.yields;

  // A sign of life before anybody is woken for the end: closing wakes all, and would hide that all were stuck.
  const std::uint64_t at_close = memory_.progress();
  await([&] { return memory_.progress() != at_close || all_finished(); }, state, calls);
}

}  // namespace syncbench
