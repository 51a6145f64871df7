// The watch and the diagnosis. What a thread waits for is read from the kernel (/proc/<pid>/task/<tid>/syscall), not
// guessed: a futex call shows its address, and the trial has told which addresses have names.
#include "runner/watchdog.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>

namespace syncbench {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

sigset_t interrupting_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

// True when the process has ended (its end of the pipe is closed); false after `limit` or at an interruption.
bool wait_for_end(int exit_pipe, int interrupts, Clock::time_point limit) {
  pollfd waiting[] = {{exit_pipe, POLLIN, 0}, {interrupts, POLLIN, 0}};
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(limit - Clock::now()).count();
    const int ready = ::poll(waiting, 2, static_cast<int>(std::clamp<long>(left, 0, 3'600'000)));
    if (ready > 0) return waiting[0].revents != 0;
    if (ready == 0 && Clock::now() >= limit) return false;
  }
}

std::chrono::nanoseconds cpu_time(pid_t process) {
  clockid_t clock{};
  timespec time{};
  if (::clock_getcpuclockid(process, &clock) != 0 || ::clock_gettime(clock, &time) != 0) return 0ns;
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

std::string name_of(std::uintptr_t address, const TrialHeader& header) {
  const unsigned known = header.ranges.load(std::memory_order_acquire);
  for (unsigned i = 0; i < known; ++i) {
    const NamedRange& range = header.range[i];
    if (address >= range.begin && address < range.begin + range.size) return range.name;
  }
  return fmt::format("a word of its own at {:#x}", address);
}

// "sleeps on not_full", "runs", "sleeps in system call 230".
std::string what_it_does(pid_t process, pid_t thread, const TrialHeader& header) {
  std::ifstream file(fmt::format("/proc/{}/task/{}/syscall", process, thread));
  std::string call, address;
  if (!(file >> call)) return "has ended";
  if (call == "running") return "runs";
  if (call != std::to_string(SYS_futex)) return "sleeps in system call " + call;
  file >> address;
  return "sleeps on " + name_of(std::stoull(address, nullptr, 16), header);
}

std::string who_waits_on_what(pid_t process, const TrialMemory& memory, const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 8;
  std::string text;
  for (std::size_t rank = 0; rank < names.size(); ++rank) {
    if (rank == kShown) return text + fmt::format("; and {} more", names.size() - kShown);
    const bool finished = memory.slots()[rank].finished.load(std::memory_order_acquire) != 0;
    const pid_t thread = memory.records()[rank].thread.load(std::memory_order_acquire);
    text += fmt::format("{}{} {}", rank == 0 ? "" : "; ", names[rank],
                        finished ? "has finished" : what_it_does(process, thread, memory.header()));
  }
  return text;
}

// Whether anything is completed, or the trial ends, within `limit`.
bool moves(int exit_pipe, int interrupts, const TrialMemory& memory, std::chrono::nanoseconds limit) {
  const std::uint64_t before = memory.progress();
  const auto end = Clock::now() + limit;
  while (Clock::now() < end) {
    if (wait_for_end(exit_pipe, interrupts, Clock::now() + 10ms)) return true;
    if (memory.progress() != before) return true;
  }
  return false;
}

// Ends every sleep once. A primitive must take that for a spurious wake-up and look again at what it waits for: if work
// then goes on, the wake-up that should have come was lost; if not, nobody had a reason to wake anybody.
void rescue(pid_t process, const TrialMemory& memory) {
  for (const WorkerRecord& record : memory.records())
    ::syscall(SYS_tgkill, process, record.thread.load(std::memory_order_acquire), rescue_signal());
}

std::string diagnose(pid_t process, int exit_pipe, std::chrono::nanoseconds patience, const TrialMemory& memory,
                     const std::vector<std::string>& names, int interrupts) {
  const double seconds = std::chrono::duration<double>(patience).count();
  const auto cpu_before = cpu_time(process);
  // Long enough for a workload that knows why nothing moves to be asked twice and to end the trial with that: threads
  // in a deadlock among spin locks run, and from here it looks like a livelock.
  const std::chrono::nanoseconds looked_for = 1s;
  if (moves(exit_pipe, interrupts, memory, looked_for))
    return fmt::format("SLOW: operations still complete, but the trial was not over after {:.1f} s", seconds);
  const bool busy = cpu_time(process) - cpu_before > looked_for / 5;
  const std::string who = who_waits_on_what(process, memory, names);
  if (busy) return fmt::format("LIVELOCK: threads run, nothing was completed within {:.1f} s: {}", seconds, who);
  rescue(process, memory);
  if (moves(exit_pipe, interrupts, memory, 500ms))
    return fmt::format("LOST_WAKEUP: all slept, and one spurious wake-up for each let work go on: {}", who);
  return fmt::format("DEADLOCK: all sleep, and a spurious wake-up for each changed nothing: {}", who);
}

int reap(pid_t process) {
  int status = 0;
  while (::waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

}  // namespace

int rescue_signal() {
  return SIGUSR1;
}

Interrupts::Interrupts() {
  const sigset_t set = interrupting_signals();
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  descriptor_ = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), "signalfd");
}

Interrupts::~Interrupts() {
  ::close(descriptor_);
  const sigset_t set = interrupting_signals();
  ::sigprocmask(SIG_UNBLOCK, &set, nullptr);
}

int Interrupts::pending() {
  signalfd_siginfo info{};
  if (arrived_ == 0 && ::read(descriptor_, &info, sizeof info) == static_cast<ssize_t>(sizeof info))
    arrived_ = static_cast<int>(info.ssi_signo);
  return arrived_;
}

WatchResult watch(pid_t process, int exit_pipe, std::chrono::nanoseconds patience, const TrialMemory& memory,
                  const std::vector<std::string>& worker_names, Interrupts& interrupts) {
  WatchResult result;
  if (!wait_for_end(exit_pipe, interrupts.descriptor(), Clock::now() + patience)) {
    if (interrupts.pending() != 0) {
      result.end = WatchResult::End::interrupted;
    } else {
      result.end = WatchResult::End::hang;
      result.report = diagnose(process, exit_pipe, patience, memory, worker_names, interrupts.descriptor());
    }
    ::kill(process, SIGKILL);
  }
  result.status = reap(process);
  return result;
}

}  // namespace syncbench
