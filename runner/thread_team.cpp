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

void ThreadTeam::run(void* state, void (*body)(void*, Worker&), void (*close)(void*)) {
  ::prctl(PR_SET_TIMERSLACK, 1UL);  // the default lets the kernel end every sleep 50 us late
  std::vector<std::jthread> threads;
  try {
    start(threads, state, body);
    gather();
  } catch (...) {
    set_phase(memory_.header().control, Phase::stop);  // those at the gate go home
    throw;
  }
  keep_window();
  set_phase(memory_.header().control, Phase::stop);
  close(state);
}

void ThreadTeam::start(std::vector<std::jthread>& threads, void* state, void (*body)(void*, Worker&)) {
  std::vector<unsigned> next_of_role(plan_.role_counts.size(), 0);
  for (unsigned rank = 0; rank < plan_.worker_roles.size(); ++rank) {
    const unsigned role_rank = next_of_role[plan_.worker_roles[rank]]++;
    try {
      threads.emplace_back([=, this] { work(rank, role_rank, state, body); });
    } catch (const std::system_error& error) {
      throw IncompleteError("thread " + std::to_string(rank + 1) + " of " + std::to_string(plan_.worker_roles.size()) +
                            " could not be started: " + error.what());
    }
  }
}

void ThreadTeam::work(unsigned rank, unsigned role_rank, void* state, void (*body)(void*, Worker&)) {
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
  slot.latency = Histogram{};  // the first touch in this process: no page is missing inside the window

  arrived_.fetch_add(1, std::memory_order_release);
  const Control& control = memory_.header().control;
  while (control.phase.load(std::memory_order_acquire) == Phase::gather) {
    // The gate spins so that all leave it within a line's travel. With more threads than processors the ones that have
    // not arrived yet need the processor more.
    plan_.oversubscribed ? NativePlatform::yield() : NativePlatform::relax();
  }
  Worker worker(control, slot, rank, role, role_rank);
  if (worker.running()) body(state, worker);
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

void ThreadTeam::keep_window() {
  const auto moment = std::chrono::microseconds(200);
  const auto tolerance = plan_.window / 1000;
  std::this_thread::sleep_for(plan_.warmup);
  const Reading open = read_all(memory_.slots(), tolerance);
  set_phase(memory_.header().control, Phase::measure);

  const std::uint64_t before = counted_operations();
  std::this_thread::sleep_until(open.time + plan_.window);
  // A window in which no operation was completed has no rate: it stays open until one is, or until the watchdog's
  // patience ends.
  while (counted_operations() == before && !all_finished()) std::this_thread::sleep_for(moment);

  const Reading closed = read_all(memory_.slots(), tolerance);
  TrialHeader& header = memory_.header();
  for (std::size_t i = 0; i < memory_.records().size(); ++i)
    memory_.records()[i].operations_in_window = closed.operations[i] - open.operations[i];
  header.duration_s = std::chrono::duration<double>(closed.time - open.time).count();
  header.cpu_s = closed.cpu_s - open.cpu_s;
  header.voluntary_switches = static_cast<std::uint64_t>(closed.usage.ru_nvcsw - open.usage.ru_nvcsw);
  header.involuntary_switches = static_cast<std::uint64_t>(closed.usage.ru_nivcsw - open.usage.ru_nivcsw);

  // A sign of life before anybody is woken for the end: closing wakes all, and would hide that all were stuck.
  const std::uint64_t at_close = memory_.progress();
  while (memory_.progress() == at_close && !all_finished()) std::this_thread::sleep_for(moment);
}

}  // namespace syncbench
