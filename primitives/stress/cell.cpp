// The child, the watch, and the diagnosis. What a thread waits for is read from the kernel, not guessed.
#include "primitives/stress/cell.hpp"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/stacktrace.hpp>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <memory>
#include <new>
#include <stdexcept>
#include <system_error>

#include "primitives/schedule/explore.hpp"
#include "primitives/stress/claims.hpp"
#include "primitives/stress/rounds.hpp"

namespace syncbench::stress {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto kAsleepFor = 150ms;    // nobody came through, and all who are left sleep: they will not wake up
constexpr auto kBusyFor = 400ms;      // of processor time, and nobody came through
constexpr auto kRescueTakes = 250ms;  // time for work to go on after a rescue

// ---- Shared memory --------------------------------------------------------------------------------------------------

template <std::size_t N>
struct Line {
  std::array<char, N> text{};
  void set(std::string_view what) {
    const std::size_t length = what.copy(text.data(), N - 1);
    text[length] = '\0';
  }
  std::string get() const { return text.data(); }
};

struct ExplorationNotes {
  std::uint64_t schedules = 0;
  int complete_bound = -1;
  bool everything = false, failed = false;
  schedule::Outcome::Kind kind = schedule::Outcome::Kind::passed;
  Line<512> reason;
  Line<32> found_by;
  Line<16384> replay;
  Line<131072> trace;
};

struct CellMemory {
  RoundsNotes rounds;
  ExplorationNotes exploration;
  std::atomic<bool> done{false};
  double seconds = 0;
};

class SharedCell {
 public:
  SharedCell()
      : memory_(::mmap(nullptr, sizeof(CellMemory), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)) {
    if (memory_ == MAP_FAILED) throw std::bad_alloc();
    new (memory_) CellMemory;
  }
  SharedCell(const SharedCell&) = delete;
  SharedCell& operator=(const SharedCell&) = delete;
  ~SharedCell() { ::munmap(memory_, sizeof(CellMemory)); }
  CellMemory* operator->() const { return static_cast<CellMemory*>(memory_); }

 private:
  void* memory_;
};

// ---- The child ------------------------------------------------------------------------------------------------------

void explore_into(ExplorationNotes& notes, const CellPlan& plan) {
  const schedule::Exploration found =
      schedule::explore(*plan.program, plan.shape,
                        {.time = plan.time, .most = plan.most, .seed = plan.seed, .store_buffers = plan.store_buffers});
  notes.schedules = found.schedules;
  notes.complete_bound = found.complete_bound;
  notes.everything = found.everything;
  if (!found.failure) return;
  notes.failed = true;
  notes.kind = found.failure->kind;
  notes.reason.set(found.failure->reason);
  notes.found_by.set(found.found_by);
  notes.replay.set(found.replay);
  notes.trace.set(schedule::render(*found.failure));
}

[[noreturn]] void run_in_child(const CellPlan& plan, CellMemory& memory, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // whatever ends the watcher ends the cell
  if (::getppid() != parent) ::_exit(1);
  ::signal(SIGINT, SIG_IGN);  // the watcher decides
  ::signal(SIGTERM, SIG_IGN);
  const auto begin = Clock::now();
  if (plan.mode == Mode::scheduled) {
    explore_into(memory.exploration, plan);
  } else {
    run_rounds(*plan.program, plan.mode, {.seed = plan.seed, .time = plan.time, .threads = plan.threads},
               memory.rounds);
  }
  memory.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  memory.done.store(true, std::memory_order_release);
  ::_exit(0);
}

// ---- The watcher ----------------------------------------------------------------------------------------------------

std::string read_word(const std::string& path, int index) {
  std::ifstream file(path);
  std::string word;
  for (int i = 0; i <= index; ++i)
    if (!(file >> word)) return {};
  return word;
}

std::chrono::nanoseconds cpu_time(pid_t process) {
  clockid_t clock{};
  timespec time{};
  if (::clock_getcpuclockid(process, &clock) != 0 || ::clock_gettime(clock, &time) != 0) return 0ns;
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

std::string first_rule(const Program& program) {
  return std::string(program.rules.substr(0, program.rules.find(' ')));
}

// "M1: two threads were inside at once" has its rule in front.
std::pair<std::string, std::string> split_rule(const std::string& text, const Program& program) {
  const auto colon = text.find(": ");
  if (colon == std::string::npos || colon > 4) return {first_rule(program), text};
  return {text.substr(0, colon), text.substr(colon + 2)};
}

// One running cell.
class Cell {
 public:
  explicit Cell(const CellPlan& plan) : plan_(plan), begin_(Clock::now()), moved_(begin_) {
    const pid_t parent = ::getpid();
    std::fflush(nullptr);
    process_ = ::fork();
    if (process_ < 0) throw std::system_error(errno, std::generic_category(), "no process for a cell");
    if (process_ == 0) run_in_child(plan_, *memory_.operator->(), parent);
  }
  Cell(const Cell&) = delete;
  Cell& operator=(const Cell&) = delete;
  ~Cell() {
    if (process_ > 0) end();
  }

  /// Looks once; true when the cell is over.
  bool look() {
    int status = 0;
    const pid_t ended = ::waitpid(process_, &status, WNOHANG);
    if (ended == process_) {
      process_ = 0;
      conclude(status);
      return true;
    }
    if (plan_.mode == Mode::scheduled) return watch_exploration();
    return watch_rounds();
  }

  void interrupt() {
    result_.interrupted = true;
    end();
    collect();
  }

  CellResult take() {
    result_.plan = plan_;
    return std::move(result_);
  }

 private:
  double elapsed() const { return std::chrono::duration<double>(Clock::now() - begin_).count(); }

  void end() {
    ::kill(process_, SIGKILL);
    while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) continue;
    process_ = 0;
  }

  // ---- How it ended ----

  void collect() {
    const RoundsNotes& notes = memory_->rounds;
    result_.seconds = memory_->done.load(std::memory_order_acquire) ? memory_->seconds : elapsed();
    if (plan_.mode == Mode::scheduled) {
      result_.runs = memory_->exploration.schedules;
      result_.complete_bound = memory_->exploration.complete_bound;
      result_.everything = memory_->exploration.everything;
      return;
    }
    result_.runs = notes.rounds;
    result_.first_won = notes.first_won;
    result_.second_won = notes.second_won;
    result_.offset_ns = notes.offset_ns;
    if (plan_.mode == Mode::faulty) result_.sites = sites(notes.sites);
    for (const OutcomeCount& one : notes.outcomes)
      if (one.name[0] != '\0') result_.outcomes[one.name.data()] = one.count;
  }

  void conclude(int status) {
    collect();
    const ExplorationNotes& exploration = memory_->exploration;
    if (memory_->rounds.broken.load(std::memory_order_acquire)) {
      found(Finding::Kind::violated, memory_->rounds.reason.data());
    } else if (exploration.failed) {
      found_schedule(exploration);
    } else if (!memory_->done.load(std::memory_order_acquire)) {
      found(Finding::Kind::crash, WIFSIGNALED(status) ? "X2: " + std::string(::strsignal(WTERMSIG(status)))
                                                      : "X2: the process ended without a word");
    }
  }

  Finding& found(Finding::Kind kind, const std::string& text) {
    const RoundsNotes& notes = memory_->rounds;
    Finding& finding = result_.finding.emplace();
    finding.kind = kind;
    std::tie(finding.rule, finding.reason) = split_rule(text, *plan_.program);
    finding.after_s = elapsed();
    finding.seed = notes.seed;
    finding.one_processor = notes.one_processor;
    finding.shape = {.threads = notes.threads, .capacity = notes.capacity};
    return finding;
  }

  void found_schedule(const ExplorationNotes& notes) {
    using Kind = schedule::Outcome::Kind;
    Finding& finding = found(notes.kind == Kind::deadlock   ? Finding::Kind::deadlock
                             : notes.kind == Kind::violated ? Finding::Kind::violated
                                                            : Finding::Kind::livelock,
                             notes.reason.get());
    finding.found_by = notes.found_by.get();
    finding.replay = notes.replay.get();
    finding.trace = notes.trace.get();
    finding.shape = plan_.shape;
  }

  // ---- Does it move? ----

  // An exploration takes its time, and every schedule ends by itself. Only a loop without any shared access does not.
  bool watch_exploration() {
    if (cpu_time(process_) < 2 * (plan_.time + plan_.most) + 10s) return false;
    end();
    collect();
    found(Finding::Kind::livelock, first_rule(*plan_.program) + ": a thread runs on without any shared access");
    return true;
  }

  bool watch_rounds() {
    const std::uint64_t progress = memory_->rounds.progress();
    const auto cpu = cpu_time(process_);
    if (progress != progress_) {
      progress_ = progress;
      moved_ = Clock::now();
      cpu_then_ = cpu;
      return false;
    }
    if (memory_->done.load(std::memory_order_acquire)) return false;
    const bool asleep = Clock::now() - moved_ > kAsleepFor && all_asleep();
    const bool busy = cpu - cpu_then_ > kBusyFor;
    if (!asleep && !busy) return false;
    diagnose(asleep);
    return true;
  }

  std::vector<unsigned> stuck() const {
    std::vector<unsigned> threads;
    for (unsigned i = 0; i < kMostStressed; ++i)
      if (memory_->rounds.notes[i].inside.load(std::memory_order_relaxed)) threads.push_back(i);
    return threads;
  }

  std::string thread_file(unsigned i, const char* name) const {
    return "/proc/" + std::to_string(process_) + "/task/" + std::to_string(memory_->rounds.notes[i].thread.load()) +
           "/" + name;
  }

  // A futex without a time limit: nothing but another thread ends it. Both looks see the same sleep, or it would have
  // been a short one.
  bool sleeps(unsigned i) const {
    std::ifstream file(thread_file(i, "syscall"));
    std::string call, address, operation, value, limit;
    return (file >> call >> address >> operation >> value >> limit) && call == std::to_string(SYS_futex) &&
           limit == "0x0";
  }
  std::string switches(unsigned i) const {
    std::ifstream file(thread_file(i, "status"));
    for (std::string line; std::getline(file, line);)
      if (line.starts_with("voluntary_ctxt_switches")) return line;
    return {};
  }
  bool all_asleep() const {
    const auto threads = stuck();
    if (threads.empty()) return false;
    std::vector<std::string> before;
    for (const unsigned i : threads) {
      if (!sleeps(i)) return false;
      before.push_back(switches(i));
    }
    ::usleep(20'000);
    for (std::size_t k = 0; k < threads.size(); ++k)
      if (!sleeps(threads[k]) || switches(threads[k]) != before[k]) return false;
    return stuck() == threads && memory_->rounds.progress() == progress_;
  }

  // ---- Why not? ----

  void diagnose(bool asleep) {
    const auto threads = stuck();
    RoundsNotes& notes = memory_->rounds;
    notes.state_wanted.store(true, std::memory_order_release);
    ::usleep(5'000);
    std::vector<std::string> does;
    for (const unsigned i : threads) does.push_back(what_it_does(i));
    // Ends every sleep once, and has every thread note its stack. A primitive must take that for a spurious wake-up and
    // look again at what it waits for: if work goes on then, the wake-up that should have come was lost.
    for (const unsigned i : threads) ::syscall(SYS_tgkill, process_, notes.notes[i].thread.load(), rescue_signal());
    const bool moves = moves_within(kRescueTakes);
    end();
    collect();
    const std::string circle = circle_of_claims();
    const auto kind = circle.empty() ? kind_of(asleep, moves, threads.size()) : Finding::Kind::deadlock;
    Finding& finding = found(
        kind, first_rule(*plan_.program) + ": " + (circle.empty() ? in_words(asleep, moves, threads.size()) : circle));
    for (std::size_t k = 0; k < threads.size(); ++k)
      finding.threads.push_back("thread " + std::to_string(threads[k]) + " " + does[k] + stack_of(threads[k]));
    finding.state = state();
  }

  std::string circle_of_claims() const {
    std::vector<Claims> claims;
    for (const ThreadNote& note : memory_->rounds.notes)
      claims.push_back({note.held.load(std::memory_order_relaxed), note.wanted.load(std::memory_order_relaxed)});
    return stress::circle(claims);
  }

  static Finding::Kind kind_of(bool asleep, bool moves, std::size_t threads) {
    if (asleep) return moves ? Finding::Kind::lost_wakeup : Finding::Kind::deadlock;
    return threads == 1 ? Finding::Kind::starvation : Finding::Kind::livelock;
  }
  static std::string in_words(bool asleep, bool moves, std::size_t threads) {
    if (asleep && moves) return "all slept, and one spurious wake-up for each let work go on";
    if (asleep) return "all sleep, and one spurious wake-up for each changed nothing";
    if (threads == 1) return "one thread looks for ever for what the others have long passed";
    return "threads run, and none of them gets through";
  }

  bool moves_within(std::chrono::nanoseconds limit) const {
    for (const auto end = Clock::now() + limit; Clock::now() < end; ::usleep(5'000))
      if (memory_->rounds.progress() != progress_ || memory_->rounds.broken.load(std::memory_order_relaxed))
        return true;
    return false;
  }

  std::string what_it_does(unsigned i) const {
    const std::string path = thread_file(i, "syscall");
    const std::string call = read_word(path, 0);
    if (call.empty()) return "has ended";
    if (call == "running") return "runs";
    if (call != std::to_string(SYS_futex)) return "is in system call " + call;
    const auto address = std::stoull(read_word(path, 1), nullptr, 16);
    const auto expected = std::stoull(read_word(path, 3), nullptr, 16);
    return "sleeps at " + place_of(address) + " as long as it holds " + std::to_string(expected & 0xffffffffU);
  }

  std::string place_of(std::uint64_t address) const {
    const RoundsNotes& notes = memory_->rounds;
    const std::uint64_t begin = notes.state_at.load(std::memory_order_relaxed);
    const std::uint64_t words = notes.state_words.load(std::memory_order_relaxed);
    if (notes.state_there && address >= begin && address < begin + 4 * words)
      return "word " + std::to_string((address - begin) / 4);
    char text[32];
    std::snprintf(text, sizeof text, "%#lx", static_cast<unsigned long>(address));
    return std::string("a word of its own at ") + text;
  }

  std::string stack_of(unsigned i) const {
    const ThreadNote& note = memory_->rounds.notes[i];
    const auto frames = std::min<std::uint32_t>(note.frames.load(std::memory_order_acquire), note.stack.size());
    if (frames == 0) return {};
    std::string text;
    // The child is a fork of this process: what its addresses mean, ours mean.
    for (std::uint32_t k = 0; k < frames && note.stack[k] != nullptr; ++k) {
      const std::string name = boost::stacktrace::frame(note.stack[k]).name();
      if (name.find("tell_where") != std::string::npos || name.empty()) continue;
      text += "\n      " + name;
      if (name.find("Adapter::body") != std::string::npos) break;  // ours from here on
    }
    return text;
  }

  std::string state() const {
    const RoundsNotes& notes = memory_->rounds;
    if (!notes.state_there.load(std::memory_order_acquire)) return {};
    std::string text;
    for (unsigned i = 0; i < notes.state_words.load(); ++i) {
      char word[24];
      std::snprintf(word, sizeof word, "%s%x", i == 0 ? "" : " ", notes.state[i]);
      text += word;
    }
    const std::string_view legend = plan_.program->traits->state;
    return legend.empty() ? text : text + " (" + std::string(legend) + ")";
  }

  const CellPlan plan_;
  SharedCell memory_;
  CellResult result_;
  pid_t process_ = 0;
  Clock::time_point begin_, moved_;
  std::uint64_t progress_ = 0;
  std::chrono::nanoseconds cpu_then_{};
};

}  // namespace

std::string_view to_text(Finding::Kind kind) {
  constexpr std::array<std::string_view, 6> kNames = {"FORBIDDEN", "DEADLOCK",   "LOST_WAKEUP",
                                                      "LIVELOCK",  "STARVATION", "CRASH"};
  return kNames[static_cast<std::size_t>(kind)];
}

void run_cells(const std::vector<CellPlan>& plans, unsigned at_once, const CellHooks& hooks) {
  std::vector<std::pair<std::size_t, std::unique_ptr<Cell>>> running;
  const auto hand_over = [&](auto& cell) { hooks.finished(cell.first, cell.second->take()); };
  for (std::size_t next = 0; next < plans.size() || !running.empty();) {
    for (; running.size() < at_once && next < plans.size(); ++next)
      if (!hooks.needless(next)) running.emplace_back(next, std::make_unique<Cell>(plans[next]));
    for (auto& cell : running) {
      if (!cell.second->look()) continue;
      hand_over(cell);
      cell.second.reset();
    }
    std::erase_if(running, [](const auto& cell) { return cell.second == nullptr; });
    if (hooks.stop()) {
      for (auto& cell : running) {
        cell.second->interrupt();
        hand_over(cell);
      }
      return;
    }
    if (!running.empty()) ::usleep(2'000);
  }
}

std::string render(const CellPlan& plan, const Finding& finding) {
  std::string text = plan.program->name() + " (" + std::string(to_text(plan.mode)) + ", " +
                     std::to_string(finding.shape.threads) + " threads";
  if (plan.program->has_capacity) text += ", capacity " + std::to_string(finding.shape.capacity);
  if (finding.one_processor) text += ", one processor";
  text += ")\n  " + std::string(to_text(finding.kind)) + " " + finding.rule + ": " + finding.reason + "\n";
  for (const std::string& thread : finding.threads) text += "    " + thread + "\n";
  if (!finding.state.empty()) text += "    words: " + finding.state + "\n";
  text += finding.trace;
  if (!finding.replay.empty()) text += "  --replay '" + finding.replay + "'\n";
  return text;
}

}  // namespace syncbench::stress
