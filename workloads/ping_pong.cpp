// Hand-over between two threads and back: each waits for its semaphore and then releases the other's. A pair never runs
// both at once, so half a round trip is the time from a release to the waiter running.
#include <algorithm>
#include <vector>

#include "workloads/workload.hpp"

namespace syncbench {
namespace {

enum : unsigned { kServer, kReturner };

template <class S, class Probe>
class PingPong {
 public:
  PingPong(const Params&, Team& team)
      : pairs_(std::min(team.roles()[kServer], team.roles()[kReturner])), tables_(pairs_) {
    for (Table& table : tables_) {
      team.name(&table.places[kServer].semaphore, sizeof(S), "the server's semaphore");
      team.name(&table.places[kReturner].semaphore, sizeof(S), "the returner's semaphore");
    }
  }

  void run(Worker& worker, Probe& probe) {
    if (worker.role_rank() >= pairs_) return;  // nobody to play with
    Table& table = tables_[worker.role_rank()];
    worker.role() == kServer ? serve(table, worker, probe) : give_back(table, worker);
  }

  void close() noexcept {}

  Verdict verify(Team&) const {
    std::uint64_t violations = 0;
    for (const Table& table : tables_)
      for (const Place& place : table.places) violations += place.violations;
    if (violations != 0) return Verdict::violated("out of turn " + std::to_string(violations) + " times");
    return {};
  }

 private:
  // One player's place: what its semaphore hands over lies in the line of the semaphore.
  struct alignas(kNoSharing) Place {
    S semaphore{0};
    std::uint64_t turn = 0;  // written before the release, read after the acquire
    bool over = false;
    std::uint64_t violations = 0;  // of the player
  };
  struct Table {
    Place places[2];  // by role
  };

  // The server ends the game: its partner is told with the last ball.
  void serve(Table& table, Worker& worker, Probe& probe) {
    Place& mine = table.places[kServer];
    std::uint64_t violations = 0;
    for (std::uint64_t turn = 1;; turn += 2) {
      const bool over = !worker.running();
      const auto started = probe.start();
      pass(table.places[kReturner], turn, over);
      if (over) break;
      mine.semaphore.acquire();
      probe.record(probe.stop(started));
      violations += mine.turn != turn + 1;
      worker.done();
    }
    mine.violations = violations;
  }

  void give_back(Table& table, Worker& worker) {
    Place& mine = table.places[kReturner];
    std::uint64_t violations = 0;
    for (std::uint64_t turn = 1;; turn += 2) {
      mine.semaphore.acquire();
      violations += mine.turn != turn;
      if (mine.over) break;
      worker.done();
      pass(table.places[kServer], turn + 1, false);
    }
    mine.violations = violations;
  }

  static void pass(Place& next, std::uint64_t turn, bool over) {
    next.turn = turn;
    next.over = over;
    next.semaphore.release(1);
  }

  std::size_t pairs_;
  std::vector<Table> tables_;
};

}  // namespace

Workload ping_pong_workload() {
  return make_workload<PingPong, Semaphores>({
      .name = "ping-pong",
      .source = "The Foundation: What Are Synchronization Primitives? (Semaphore)",
      .summary = "two threads take turns: each waits for its semaphore, then releases the other's",
      .operation = "one hand-over",
      .latency = "a round trip: two hand-overs",
      .invariant = "strict alternation",
      .roles = {{"server", "servers", true}, {"returner", "returners", true}},
      .parameters = {},
  });
}

}  // namespace syncbench
