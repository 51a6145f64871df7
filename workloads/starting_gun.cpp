// The source document's race: runners wait at the line for one event, the official fires it, all run. The next shot
// uses the other of two events, so that nobody has to wait for the first to be cleared. The official fires when every
// runner has said that it is about to wait. A shot that is timed waits until the runners sleep, too (`waiters=hot`: it
// does not), and then for the time `gap`: processors that have been idle for long wake up late.
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <optional>
#include <vector>

#include "workloads/blocked.hpp"
#include "workloads/workload.hpp"

namespace syncbench {
namespace {

enum : unsigned { kOfficial, kRunner };

template <class E, class Probe>
class StartingGun {
 public:
  StartingGun(const Params& params, Team& team)
      : team_(team),
        gap_(static_cast<std::int64_t>(params["gap"])),
        hot_(params["waiters"] != 0),
        runners_(team.roles()[kRunner]),
        woke_(runners_.size()) {
    for (auto& event : events_) {
      event.emplace();
      team.name(&event, sizeof event, "event");
    }
  }

  void run(Worker& worker, Probe& probe) {
    worker.role() == kRunner ? race(runners_[worker.role_rank()], worker) : fire(worker, probe);
  }

  void close() noexcept {}

  Verdict verify(Team& team) const {
    if constexpr (Probe::kTimes) {
      team.count("blocked", static_cast<double>(blocked_));
      team.count("not_blocked", static_cast<double>(not_blocked_));
    }
    std::uint64_t early = 0;
    for (const Runner& runner : runners_) early += runner.early;
    if (early != 0) return Verdict::violated("ran before the shot: " + std::to_string(early) + " times");
    const std::uint64_t shots = shot_.load(std::memory_order_relaxed);
    for (const Runner& runner : runners_)
      if (runner.passed.load(std::memory_order_relaxed) != shots)
        return Verdict::violated("a runner missed a shot of " + std::to_string(shots));
    return {};
  }

 private:
  struct alignas(kNoSharing) Runner {
    std::atomic<std::uint64_t> ready{0};   // about to wait for this shot
    std::atomic<std::uint64_t> passed{0};  // has run after this shot
    std::uint64_t early = 0;
    ThreadId thread{0};
    [[no_unique_address]] typename Probe::Stamp woke{};  // published by `passed`
  };

  void fire(Worker& worker, Probe& probe) {
    for (std::uint64_t shot = 1;; ++shot) {
      await_all(&Runner::ready, shot);
      if constexpr (Probe::kTimes) await_asleep();
      pause();
      const bool over = !worker.running();
      over_.store(over, std::memory_order_relaxed);
      shot_.store(shot, std::memory_order_relaxed);  // published by the event
      const auto started = probe.start();
      events_[shot % 2]->set();
      const auto returned = probe.stop(started);
      await_all(&Runner::passed, shot);
      if constexpr (Probe::kTimes) {
        if (returned != Probe::kNotTimed) record_order(started, returned, probe);
      }
      worker.done();
      if (over) return;
      rearm(events_[shot % 2]);
    }
  }

  // When each runner ran, sorted: who they are does not matter here.
  void record_order(typename Probe::Stamp started, typename Probe::Elapsed set_took, Probe& probe) {
    std::ranges::transform(runners_, woke_.begin(), [&](const Runner& runner) { return runner.woke - started; });
    std::ranges::sort(woke_);
    probe.record(woke_.back());
    probe.record(woke_.front(), 1);
    probe.record(woke_[(woke_.size() - 1) / 2], 2);
    probe.record(set_took, 3);
    for (unsigned k = 0; k < woke_.size(); ++k)
      team_.series(k)[4].record(static_cast<std::uint64_t>(std::max(0L, woke_[k].count())));
  }

  void race(Runner& self, Worker& worker) {
    self.thread.store(::gettid(), std::memory_order_relaxed);
    for (std::uint64_t shot = 1;; ++shot) {
      self.ready.store(shot, std::memory_order_release);
      events_[shot % 2]->wait();
      if constexpr (Probe::kTimes) self.woke = Probe::Clock::now();
      self.early += shot_.load(std::memory_order_relaxed) != shot;
      const bool over = over_.load(std::memory_order_relaxed);
      self.passed.store(shot, std::memory_order_release);
      if (over) return;
      worker.done();
    }
  }

  // Yields: the runners may need this processor.
  void await_all(std::atomic<std::uint64_t> Runner::*mark, std::uint64_t shot) const noexcept {
    for (const Runner& runner : runners_)
      while ((runner.*mark).load(std::memory_order_acquire) < shot)
        if (++looks_ % kLooks == 0) ::sched_yield();
  }

  // Also the gap between saying so and sleeping is over then. What spins never sleeps: it is as ready as it gets.
  void await_asleep() noexcept {
    if (hot_ || !sleeps<E>()) return;
    for (const Runner& runner : runners_) ++(await_blocked(runner.thread, kPatience) ? blocked_ : not_blocked_);
  }

  void pause() const noexcept {
    if (gap_.count() == 0) return;
    const auto end = std::chrono::steady_clock::now() + gap_;
    while (std::chrono::steady_clock::now() < end) ::sched_yield();
  }

  // Nobody waits at it any more: a one-shot event is made anew.
  static void rearm(std::optional<E>& event) {
    if constexpr (requires { event->clear(); }) {
      event->clear();
    } else {
      event.emplace();
    }
  }

  static constexpr unsigned kLooks = 64;
  static constexpr std::chrono::milliseconds kPatience{20};

  alignas(kNoSharing) std::optional<E> events_[2];
  alignas(kNoSharing) std::atomic<std::uint64_t> shot_{0};
  std::atomic<bool> over_{false};
  alignas(kNoSharing) Team& team_;
  std::chrono::nanoseconds gap_;
  bool hot_;
  std::vector<Runner> runners_;
  // The official's:
  mutable unsigned looks_ = 0;
  std::uint64_t blocked_ = 0, not_blocked_ = 0;
  std::vector<std::chrono::nanoseconds> woke_;
};

}  // namespace

Workload starting_gun_workload() {
  return make_workload<StartingGun, Events>({
      .name = "starting-gun",
      .source = "Mental Model: The Starting Gun",
      .summary = "runners wait for an event, the official sets it",
      .operation = "one shot",
      .latency = "from before the set to the last runner running",
      .invariant = "nobody runs before the shot; nobody misses one (W6)",
      .roles = {{"official", "officials", true, 1}, {"runner", "runners", false}},
      .parameters = {{"gap", "ns", 0, 0, 1e9,
                      "time between the last runner at the line (asleep, if timed) and the shot"},
                     choice("waiters", {"blocked", "hot"},
                            "a timed shot waits until the kernel says that the runners sleep, or does not")},
      .series = {{"first", "from before the set to the first runner running"},
                 {"median", "the same to the runner in the middle (the earlier of two)"},
                 {"set", "the call of set, for the official"},
                 {"runner", "from before the set to the k-th runner running", true}},
      .counts = {{"blocked", "", "runners that slept when they were timed"},
                 {"not_blocked", "", "runners that were timed though the kernel did not say that they sleep"}},
  });
}

}  // namespace syncbench
