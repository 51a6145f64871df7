// Two threads take turns, over each primitive that can pass one on.
#include "workloads/ping_pong.hpp"

namespace syncbench {

Workload ping_pong_workload() {
  Workload workload{
      {
          .name = "ping-pong",
          .source = "Event Methods Deep Dive; Condition Methods Explained; The Foundation (Semaphore, Lock)",
          .summary = "two threads take turns, in pairs: over two semaphores, two events, two conditions or one mutex",
          .operation = "one hand-over",
          .latency = "half a round trip: from a player letting the other one go to that one running",
          .invariant = "strict alternation; under a mutex nobody else",
          .roles = {{"server", "servers", true}, {"returner", "returners", true}},
          .parameters = {choice("on", {"semaphore", "event", "condition", "mutex"},
                                "what a turn is passed with; a mutex is asked again and again, with a yield between")},
          .pairs = true,
          .counts = succession_counts(),
      },
      {}};
  add_cases<PingPongOnSemaphores, Semaphores>(workload, "semaphore");
  // By a player who has seen it set and is the only one who waits for it; other events fire once.
  add_cases<PingPongOnEvents, Events>(workload, "event", []<class E>() {
    return requires(E event) {
      event.clear();
    };
  });
  add_cases<PingPongOnConditions, Conditions>(workload, "condition");
  add_cases<PingPongOnMutex, Mutexes>(workload, "mutex", []<class M>() { return Mutex<M>; });
  return workload;
}

}  // namespace syncbench
