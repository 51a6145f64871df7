// The source document's race: runners wait at the line for one event, the official fires it, all run. The next shot
// uses the other of two events, so that nobody has to wait for the first to be cleared. The official fires when every
// runner has said that it is about to wait, and a while later (`gap`), so that those who sleep are asleep.
#include <sched.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <vector>

#include "workloads/workload.hpp"

namespace syncbench {
namespace {

enum : unsigned { kOfficial, kRunner };

template <class E, class Probe>
class StartingGun {
 public:
  StartingGun(const Params& params, Team& team)
      : gap_(static_cast<std::int64_t>(params["gap"])), runners_(team.roles()[kRunner]) {
    for (auto& event : events_) {
      event.emplace();
      team.name(&event, sizeof event, "event");
    }
  }

  void run(Worker& worker, Probe& probe) {
    if (worker.role() == kRunner) return race(runners_[worker.role_rank()], worker);
    if (worker.role_rank() == 0) fire(worker, probe);  // one race, one official; further ones watch
  }

  void close() noexcept {}

  Verdict verify(const Team&) const {
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
  };

  void fire(Worker& worker, Probe& probe) {
    for (std::uint64_t shot = 1;; ++shot) {
      await_all(&Runner::ready, shot);
      pause();
      const bool over = !worker.running();
      over_.store(over, std::memory_order_relaxed);
      shot_.store(shot, std::memory_order_relaxed);  // published by the event
      const auto started = probe.start();
      events_[shot % 2]->set();
      await_all(&Runner::passed, shot);
      probe.record(probe.stop(started));
      worker.done();
      if (over) return;
      rearm(events_[shot % 2]);
    }
  }

  void race(Runner& self, Worker& worker) {
    for (std::uint64_t shot = 1;; ++shot) {
      self.ready.store(shot, std::memory_order_release);
      events_[shot % 2]->wait();
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

  alignas(kNoSharing) std::optional<E> events_[2];
  alignas(kNoSharing) std::atomic<std::uint64_t> shot_{0};
  std::atomic<bool> over_{false};
  alignas(kNoSharing) std::chrono::nanoseconds gap_;
  mutable unsigned looks_ = 0;  // of the official
  std::vector<Runner> runners_;
};

}  // namespace

Workload starting_gun_workload() {
  return make_workload<StartingGun, Events>({
      .name = "starting-gun",
      .source = "Mental Model: The Starting Gun",
      .summary = "runners wait for an event, the official sets it",
      .operation = "one shot",
      .latency = "from the set to the last runner running, as the official sees it",
      .invariant = "nobody runs before the shot; nobody misses one",
      .roles = {{"official", "officials", true}, {"runner", "runners", false}},
      .parameters = {{"gap", "ns", 0, 0, 1e9, "time between the last runner at the line and the shot"}},
  });
}

}  // namespace syncbench
