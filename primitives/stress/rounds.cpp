// Workers that live as long as the cell, batches of rounds drawn from the seed, and the world that scenarios see there.
#include "primitives/stress/rounds.hpp"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <boost/stacktrace/safe_dump_to.hpp>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "primitives/platform/faulty_thread.hpp"
#include "primitives/platform/native.hpp"
#include "primitives/platform/signal_storm.hpp"
#include "primitives/stress/claims.hpp"

namespace syncbench::stress {
namespace {

using Clock = std::chrono::steady_clock;

void spin(std::uint64_t pauses) {
  for (std::uint64_t i = 0; i < pauses; ++i) NativePlatform::relax();
}

void sleep_for(std::chrono::nanoseconds time) {
  const timespec limit{time.count() / 1'000'000'000, time.count() % 1'000'000'000};
  ::clock_nanosleep(CLOCK_MONOTONIC, 0, &limit, nullptr);
}

// Busy for so long, as delays of a microsecond need; gives the processor away in longer ones.
void delay(std::chrono::nanoseconds time) {
  const auto end = Clock::now() + time;
  while (Clock::now() < end) time > std::chrono::microseconds(20) ? NativePlatform::yield() : NativePlatform::relax();
}

// Drives two racing calls to an even chance: whoever wins is delayed a little more next time, in steps that grow while
// the same side goes on winning and shrink when the lead changes.
class Centre {
 public:
  explicit Centre(RoundsNotes& notes) : notes_(notes) {}

  void before(Side side, Random& random) const {
    const std::int64_t offset = notes_.offset_ns.load(std::memory_order_relaxed);
    const std::int64_t mine = side == Side::first ? offset : -offset;
    if (mine <= 0) return;
    const auto jitter = static_cast<std::int64_t>(random.below(static_cast<std::uint32_t>(mine / 4 + 50)));
    delay(std::chrono::nanoseconds(mine - mine / 8 + jitter));
  }

  // Called by one thread a round; a lost update would cost a step.
  void won(Side side) {
    (side == Side::first ? notes_.first_won : notes_.second_won).fetch_add(1, std::memory_order_relaxed);
    const bool same = side == last_.exchange(side, std::memory_order_relaxed);
    std::int64_t step = step_.load(std::memory_order_relaxed);
    step = std::clamp<std::int64_t>(same ? step + step / 2 : step / 2, kLeastStep, kMostStep);
    step_.store(step, std::memory_order_relaxed);
    const std::int64_t offset = notes_.offset_ns.load(std::memory_order_relaxed) + (side == Side::first ? step : -step);
    notes_.offset_ns.store(std::clamp(offset, -kMostOffset, kMostOffset), std::memory_order_relaxed);
  }

 private:
  static constexpr std::int64_t kLeastStep = 30, kMostStep = 50'000, kMostOffset = 1'000'000;
  RoundsNotes& notes_;
  std::atomic<Side> last_{Side::first};
  std::atomic<std::int64_t> step_{1000};
};

// The world of one worker, and of the thread that builds and checks.
class RealWorld final : public World {
 public:
  /// `note`: of the worker; null for the thread that builds and checks.
  RealWorld(RoundsNotes& notes, Centre& centre, ThreadNote* note)
      : notes_(notes), centre_(centre), note_(note), random_(0, 0) {}

  void begin(std::uint64_t round_seed, unsigned thread) {
    random_ = Random(round_seed, thread);
    Random common(round_seed, kMostStressed + 1);
    brief_ = std::chrono::nanoseconds(20'000 + common.below(80'000));
    style_ = common.below(4);
  }

  // The process ends here: the object is in pieces, and whoever else uses it would only add noise.
  [[noreturn]] void violated(std::string reason) override {
    if (!taken_.test_and_set()) {
      const std::size_t length = reason.copy(notes_.reason.data(), notes_.reason.size() - 1);
      notes_.reason[length] = '\0';
      notes_.broken.store(true, std::memory_order_release);
      ::_exit(0);
    }
    for (;;) ::pause();
  }

  // Sections of no length hide what happens when a waiter comes in the middle of one.
  void linger() override {
    step();
    switch (style_) {
      case 0:
        return;
      case 1:
        return spin(random_.below(64));
      case 2:
        return random_.below(8) == 0 ? NativePlatform::yield() : spin(random_.below(16));
      default:
        return random_.below(16) == 0 ? sleep_for(std::chrono::microseconds(random_.below(60)))
                                      : spin(random_.below(256));
    }
  }
  void touch(const void*, Touch how) override {
    if (how == Touch::write) step();
  }
  void rest() override { NativePlatform::yield(); }
  std::chrono::nanoseconds brief() override { return brief_; }
  std::chrono::nanoseconds now() override { return Clock::now().time_since_epoch(); }
  void race(Side side) override { centre_.before(side, random_); }
  void won(Side side) override { centre_.won(side); }
  // The kernel tells of sleepers, not of those who spin, nor of what they sleep for: enough to make it likely.
  bool await_waiting(unsigned, unsigned) override {
    delay(std::chrono::nanoseconds(random_.below(30'000)));
    return false;
  }
  void claim(Claim how, unsigned lock) override {
    claims_.note(how, lock);
    if (note_ == nullptr) return;
    note_->held.store(claims_.held, std::memory_order_relaxed);
    note_->wanted.store(claims_.wanted, std::memory_order_relaxed);
  }
  void outcome(std::string_view what) override {
    for (OutcomeCount& one : notes_.outcomes) {
      if (one.name[0] == '\0') what.copy(one.name.data(), one.name.size() - 1);
      if (std::string_view(one.name.data()) != what) continue;
      one.count.fetch_add(1, std::memory_order_relaxed);
      return;
    }
  }

  /// Nobody can take one without being let through: waits look, and do not write. A plain addition on a line that this
  /// thread alone writes, so that it orders nothing.
  void step() {
    if (note_ != nullptr)
      note_->steps.store(note_->steps.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }

  // Before its part of a round.
  void think() { spin(random_.below(4) == 0 ? random_.below(400) : random_.below(20)); }

 private:
  static inline std::atomic_flag taken_{};
  RoundsNotes& notes_;
  Centre& centre_;
  ThreadNote* note_;
  Claims claims_;
  Random random_;
  std::chrono::nanoseconds brief_{};
  std::uint64_t style_ = 0;
};

// ---- Asked for its stack --------------------------------------------------------------------------------------------

thread_local ThreadNote* own_note = nullptr;

void tell_where(int) {
  const int error = errno;
  if (own_note != nullptr && own_note->frames.load(std::memory_order_relaxed) == 0) {
    const std::size_t frames =
        boost::stacktrace::safe_dump_to(1, own_note->stack.data(), own_note->stack.size() * sizeof(void*));
    own_note->frames.store(static_cast<std::uint32_t>(frames), std::memory_order_release);
  }
  errno = error;
}

void install_rescue() {
  std::array<void*, 8> warm{};
  boost::stacktrace::safe_dump_to(warm.data(), sizeof warm);  // loads the unwinder, which a handler must not
  struct sigaction action {};
  action.sa_handler = tell_where;  // without SA_RESTART: the signal ends a sleep
  ::sigaction(rescue_signal(), &action, nullptr);
}

// ---- Rounds ---------------------------------------------------------------------------------------------------------

// A few rounds of one shape. Everything is built before they begin and checked when all are over.
struct Batch {
  Shape shape;
  bool one_processor = false;
  std::uint64_t seed = 0;
  FaultPlan faults;
  std::vector<std::unique_ptr<Execution>> executions;
};

class Rounds {
 public:
  Rounds(const Program& program, Mode mode, const RoundsPlan& plan, RoundsNotes& notes)
      : program_(program),
        make_(program.make[static_cast<unsigned>(mode)]),
        plan_(plan),
        notes_(notes),
        centre_(notes),
        world_(notes, centre_, nullptr),
        random_(plan.seed, 0),
        faulty_(mode == Mode::faulty) {
    ::sched_getaffinity(0, sizeof all_processors_, &all_processors_);
    for (const unsigned n : kCrowds)
      if (program.threads.has(n) && (plan.threads == 0 || plan.threads == n)) crowds_.push_back(n);
    if (crowds_.empty()) crowds_.push_back(program.threads.least);
    most_ = *std::ranges::max_element(crowds_);
  }

  void run() {
    install_rescue();
    world = &world_;
    end_ = Clock::now() + plan_.time;
    if (faulty_) {
      use_site_table(&notes_.sites);
      storm_.emplace(std::chrono::microseconds(50), plan_.seed);
    }
    std::vector<std::thread> workers;
    for (unsigned thread = 0; thread < most_; ++thread) workers.emplace_back([this, thread] { work(thread); });
    while (Clock::now() < end_ && notes_.rounds.load(std::memory_order_relaxed) < plan_.rounds) run_batch();
    over_ = true;
    open_gate();
    for (std::thread& worker : workers) worker.join();
  }

 private:
  static constexpr std::size_t kBatch = 16;
  static constexpr unsigned kTold = 1000;  // added to arrived_ by the last to come, when it has looked at the clock

  void run_batch() {
    draw();
    for (std::size_t i = 0; i < kBatch; ++i) {
      world_.begin(batch_.seed + i, kMostStressed);
      batch_.executions.push_back(make_(batch_.shape));
    }
    notes_.threads = batch_.shape.threads;
    notes_.capacity = batch_.shape.capacity;
    notes_.one_processor = batch_.one_processor;
    left_.store(most_, std::memory_order_relaxed);
    for (auto& one : arrived_) one.store(0, std::memory_order_relaxed);
    played_.store(kBatch, std::memory_order_relaxed);
    open_gate();
    // Some batches with signals, and not to their end: a signal wakes whoever sleeps, and hides a lost wake-up.
    if (storm_ && batch_.seed % 4 == 0) storm_->burst(static_cast<unsigned>(batch_.shape.threads));
    await_batch();
    const std::size_t played = played_.load(std::memory_order_relaxed);
    for (std::size_t i = 0; i < played; ++i) {
      notes_.seed.store(batch_.seed + i, std::memory_order_relaxed);
      batch_.executions[i]->check();
    }
    notes_.rounds.fetch_add(played, std::memory_order_relaxed);
    batch_.executions.clear();
  }

  // Publishes what was written before. By system call, since nothing that is tried here may be relied on.
  void open_gate() {
    start_.fetch_add(1, std::memory_order_release);
    NativePlatform::unpark(&start_, kEverybody);
  }

  void draw() {
    batch_.seed = random_.next();
    Random random(batch_.seed, kMostStressed + 2);
    batch_.faults = FaultPlan::drawn(batch_.seed);
    batch_.shape.threads = crowds_[random.below(crowds_.size())];
    batch_.shape.capacity = kCapacities[random.below(kCapacities.size())];
    // Mostly few: a fresh object has its own bugs. Sometimes many, for those that need a history.
    batch_.shape.rounds = random.below(8) == 0 ? 80 / batch_.shape.threads : 1 + static_cast<unsigned>(random.below(4));
    batch_.one_processor = random.below(4) == 0;
  }

  // Wakes up now and then to hand out what the primitive holds, if somebody asks.
  void await_batch() {
    for (unsigned looks = 0; left_.load(std::memory_order_acquire) != 0; ++looks) {
      if (notes_.state_wanted.load(std::memory_order_acquire)) hand_out_state();
      looks < 200 ? NativePlatform::yield() : sleep_for(std::chrono::microseconds(200));
    }
  }

  void hand_out_state() {
    if (notes_.state_there.load(std::memory_order_relaxed)) return;
    const std::size_t now = current_.load(std::memory_order_relaxed);
    const Execution& execution = *batch_.executions[std::min(now, kBatch - 1)];
    const auto* const words = static_cast<const volatile std::uint32_t*>(execution.state());
    const auto count = std::min<std::size_t>(execution.state_size() / sizeof(std::uint32_t), notes_.state.size());
    for (std::size_t i = 0; i < count; ++i)
      notes_.state[i] = words[i];  // as they are: nothing moves, or nothing is lost
    notes_.state_at.store(reinterpret_cast<std::uintptr_t>(execution.state()), std::memory_order_relaxed);
    notes_.state_words.store(static_cast<unsigned>(count), std::memory_order_relaxed);
    notes_.state_there.store(true, std::memory_order_release);
  }

  void work(unsigned thread) {
    ThreadNote& note = notes_.notes[thread];
    note.thread.store(::gettid(), std::memory_order_release);
    own_note = &note;
    RealWorld own_world(notes_, centre_, &note);
    world = &own_world;
    bool bound = false;
    for (std::uint32_t seen = 0;;) {
      while (start_.load(std::memory_order_acquire) == seen) NativePlatform::park(start_, seen, Never{});
      seen = start_.load(std::memory_order_relaxed);
      if (over_) return;
      if (thread < batch_.shape.threads) {
        if (bound != batch_.one_processor) bind(bound = batch_.one_processor);
        run_rounds_of(thread, own_world, note);
      }
      left_.fetch_sub(1, std::memory_order_acq_rel);
    }
  }

  void run_rounds_of(unsigned thread, RealWorld& own_world, ThreadNote& note) {
    std::optional<FaultyThread> faults;
    std::optional<SignalStorm::Target> target;
    if (faulty_) faults.emplace(batch_.faults, thread);
    if (storm_) target.emplace(*storm_);
    for (std::size_t i = 0; i < kBatch; ++i) run_round(i, thread, own_world, note);
  }

  void run_round(std::size_t i, unsigned thread, RealWorld& own_world, ThreadNote& note) {
    if (!meet(i)) return;
    own_world.begin(batch_.seed + i, thread);
    own_world.think();
    note.inside.store(true, std::memory_order_relaxed);
    run_guarded([&] { batch_.executions[i]->body(thread); });
    note.inside.store(false, std::memory_order_relaxed);
    own_world.step();
  }

  // All threads of a round set off together: the last to come lets the others go. Our own rendezvous, since none of the
  // primitives may be relied on here.
  // False: the time is over, and the rest of the batch is left out. A batch of a lock that spins, in a crowd on one
  // processor, takes a time slice for each hand-over.
  bool meet(std::size_t round) {
    std::atomic<unsigned>& arrived = arrived_[round];
    if (arrived.fetch_add(1, std::memory_order_acq_rel) + 1 == batch_.shape.threads) {
      notes_.seed.store(batch_.seed + round, std::memory_order_relaxed);
      current_.store(round, std::memory_order_relaxed);
      if (round > 0 && Clock::now() >= end_) played_.store(std::min(round, played_.load()), std::memory_order_relaxed);
      arrived.fetch_add(kTold, std::memory_order_release);
    }
    for (unsigned looks = 0; arrived.load(std::memory_order_acquire) < kTold; ++looks) {
      if (looks < 30) {
        NativePlatform::relax();
      } else if (looks < 2000) {
        NativePlatform::yield();
      } else {
        sleep_for(std::chrono::microseconds(100));
      }
    }
    return round < played_.load(std::memory_order_relaxed);
  }

  void bind(bool one) const {
    cpu_set_t set = all_processors_;
    if (one) {
      CPU_ZERO(&set);
      for (int i = 0; i < CPU_SETSIZE; ++i) {
        if (!CPU_ISSET(i, &all_processors_)) continue;
        CPU_SET(i, &set);
        break;
      }
    }
    ::sched_setaffinity(0, sizeof set, &set);
  }

  const Program& program_;
  MakeExecution make_;
  const RoundsPlan& plan_;
  RoundsNotes& notes_;
  Centre centre_;
  RealWorld world_;
  Random random_;
  bool faulty_;
  std::optional<SignalStorm> storm_;  // in a faulty mode
  cpu_set_t all_processors_{};
  std::vector<unsigned> crowds_;
  Batch batch_;
  bool over_ = false;  // published by start_
  unsigned most_ = 0;  // threads of any batch
  std::atomic<std::uint32_t> start_{0};
  std::atomic<unsigned> left_{0};  // workers that are still at this batch, or have not heard that it is not theirs
  std::atomic<std::size_t> current_{0};
  std::array<std::atomic<unsigned>, kBatch> arrived_{};
  std::atomic<std::size_t> played_{0};  // rounds of this batch
  Clock::time_point end_;
};

}  // namespace

int rescue_signal() {
  return SIGUSR1;
}

void run_rounds(const Program& program, Mode mode, const RoundsPlan& plan, RoundsNotes& notes) {
  Rounds(program, mode, plan, notes).run();
}

}  // namespace syncbench::stress
