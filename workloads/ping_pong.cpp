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
      team.name(&table.to[kServer], sizeof(S), "the server's semaphore");
      team.name(&table.to[kReturner], sizeof(S), "the returner's semaphore");
    }
  }

  void run(Worker& worker, Probe& probe) {
    if (worker.role_rank() >= pairs_) return;  // nobody to play with
    Table& table = tables_[worker.role_rank()];
    worker.role() == kServer ? serve(table, worker, probe) : give_back(table, worker);
  }

  void close() noexcept {}

  Verdict verify(const Team&) const {
    for (const Table& table : tables_)
      if (table.violations != 0) return Verdict::violated("out of turn " + std::to_string(table.violations) + " times");
    return {};
  }

 private:
  struct Table {
    alignas(kNoSharing) S to[2] = {S(0), S(0)};
    // Passed to and fro with the permit:
    alignas(kNoSharing) std::uint64_t turns = 0;
    std::uint64_t violations = 0;
    bool over = false;
  };

  // The server ends the game: its partner is told with the last ball.
  void serve(Table& table, Worker& worker, Probe& probe) {
    for (std::uint64_t turn = 0;; turn += 2) {
      table.over = !worker.running();
      const auto started = probe.start();
      pass(table, turn);
      table.to[kReturner].release(1);
      if (table.over) return;
      table.to[kServer].acquire();
      probe.record(probe.stop(started));
      worker.done();
    }
  }

  void give_back(Table& table, Worker& worker) {
    for (std::uint64_t turn = 1;; turn += 2) {
      table.to[kReturner].acquire();
      if (table.over) return;
      pass(table, turn);
      worker.done();
      table.to[kServer].release(1);
    }
  }

  static void pass(Table& table, std::uint64_t turn) noexcept { table.violations += table.turns++ != turn; }

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
