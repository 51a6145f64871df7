// Hand-over between two threads and back. A pair never runs both at once, so half a round trip is the time from letting
// the other one go to its running. The ball is the number of the hand-over: odd ones go to the returner, even ones to
// the server, and the last one, which is odd, ends the game. How it gets there is the table's affair, one for each
// primitive.
#pragma once

#include <sched.h>

#include <algorithm>
#include <deque>
#include <mutex>

#include "workloads/witness.hpp"
#include "workloads/workload.hpp"

namespace syncbench {

using Ball = std::uint64_t;
inline constexpr Ball kLastBall = ~Ball{0};
enum PingPongRole : unsigned { kServer, kReturner };

/// Two semaphores: who has a permit has the ball.
template <class S>
class SemaphoreTable {
 public:
  explicit SemaphoreTable(Team& team) {
    team.name(&places_[kServer].semaphore, sizeof(S), "the server's semaphore");
    team.name(&places_[kReturner].semaphore, sizeof(S), "the returner's semaphore");
  }
  void pass(unsigned to, Ball ball) {
    places_[to].ball = ball;
    places_[to].semaphore.release(1);
  }
  Ball await(unsigned me) {
    places_[me].semaphore.acquire();
    return places_[me].ball;
  }

 private:
  // What a semaphore hands over lies in its line.
  struct alignas(kNoSharing) Place {
    S semaphore{0};
    Ball ball = 0;  // written before the release, read after the acquire
  };
  Place places_[2];  // by role
};

/// Two events, each cleared by the player who waited for it, while the other one waits.
template <class E>
class EventTable {
 public:
  explicit EventTable(Team& team) {
    team.name(&places_[kServer].event, sizeof(E), "the server's event");
    team.name(&places_[kReturner].event, sizeof(E), "the returner's event");
  }
  void pass(unsigned to, Ball ball) {
    places_[to].ball = ball;
    places_[to].event.set();
  }
  Ball await(unsigned me) {
    places_[me].event.wait();
    places_[me].event.clear();
    return places_[me].ball;
  }

 private:
  struct alignas(kNoSharing) Place {
    E event;
    Ball ball = 0;
  };
  Place places_[2];
};

/// The ball where it lies under a mutex. Every look and every pass is a section, and leaves its mark in the witness: in
/// a game of two, strict alternation alone would not show that the mutex excludes.
struct GuardedBall {
  Ball ball = 0;
  Witness witness;
  Succession succession;
  std::uint64_t violations = 0;

  bool is_for(unsigned me) noexcept {
    enter(me);
    return ball % 2 == me;
  }
  void put(unsigned from, Ball next) noexcept {
    enter(from);
    if (next <= kInspected) inspect();
    ball = next;
  }
  void enter(unsigned who) noexcept {
    violations += !witness.step();
    succession.next(who);
  }

 private:
  // In the first hand-overs of a game, before anything is measured, who has the mutex gives the processor away: the
  // other one must not get in, and would, without a mutex, on one processor too.
  static constexpr Ball kInspected = 64;
  void inspect() noexcept {
    const std::uint64_t seen = witness.count;
    ::sched_yield();
    violations += witness.count != seen;
  }
};

/// One mutex, and a condition for each player.
template <class C>
class ConditionTable {
 public:
  explicit ConditionTable(Team& team) {
    team.name(&mutex_, sizeof mutex_, "mutex");
    team.name(&turns_[kServer], sizeof turns_[kServer], "the server's condition");
    team.name(&turns_[kReturner], sizeof turns_[kReturner], "the returner's condition");
  }
  void pass(unsigned to, Ball ball) {
    {
      const std::lock_guard hold(mutex_);
      guarded_.put(1 - to, ball);
    }
    turns_[to].condition.notify_one();
  }
  Ball await(unsigned me) {
    const std::lock_guard hold(mutex_);
    while (!guarded_.is_for(me)) turns_[me].condition.wait(mutex_);
    return guarded_.ball;
  }
  const GuardedBall& guarded() const noexcept { return guarded_; }

 private:
  struct alignas(kNoSharing) Turn {
    typename C::Condition condition;
  };
  alignas(kNoSharing) typename C::Mutex mutex_;
  Turn turns_[2];
  alignas(kNoSharing) GuardedBall guarded_;
};

/// One mutex: who finds that it is not his turn gives the processor away and looks again.
template <class M>
class MutexTable {
 public:
  explicit MutexTable(Team& team) { team.name(&mutex_, sizeof mutex_, "mutex"); }
  void pass(unsigned to, Ball ball) {
    const std::lock_guard hold(mutex_);
    guarded_.put(1 - to, ball);
  }
  Ball await(unsigned me) {
    for (;;) {
      {
        const std::lock_guard hold(mutex_);
        if (guarded_.is_for(me)) return guarded_.ball;
      }
      ::sched_yield();
    }
  }
  const GuardedBall& guarded() const noexcept { return guarded_; }

 private:
  alignas(kNoSharing) M mutex_;
  alignas(kNoSharing) GuardedBall guarded_;
};

template <class TableType, class Probe>
class PingPong {
 public:
  PingPong(const Params&, Team& team) {
    while (games_.size() < std::min(team.roles()[kServer], team.roles()[kReturner])) games_.emplace_back(team);
  }

  void run(Worker& worker, Probe& probe) {
    if (worker.role_rank() >= games_.size()) return;  // nobody to play with
    Game& game = games_[worker.role_rank()];
    worker.role() == kServer ? serve(game, worker, probe) : give_back(game, worker);
  }

  /// The server ends the game: its partner is told with the last ball.
  void close() noexcept {}

  Verdict verify(Team& team) const {
    std::uint64_t out_of_turn = 0, not_alone = 0, sections = 0;
    Succession succession;
    for (const Game& game : games_) {
      out_of_turn += game.out_of_turn[kServer] + game.out_of_turn[kReturner];
      if constexpr (kHasSections) {
        const GuardedBall& guarded = game.table.guarded();
        not_alone += guarded.violations;
        sections += guarded.witness.count;
        succession.add(guarded.succession);
      }
    }
    if constexpr (kHasSections) succession.report(team, sections);
    if (out_of_turn != 0) return Verdict::violated("out of turn " + std::to_string(out_of_turn) + " times");
    if (not_alone != 0)
      return Verdict::violated("both were under the mutex: noticed " + std::to_string(not_alone) + " times");
    return {};
  }

 private:
  static constexpr bool kHasSections = requires(const TableType& table) { table.guarded(); };

  struct Game {
    explicit Game(Team& team) : table(team) {}
    TableType table;
    alignas(kNoSharing) std::uint64_t out_of_turn[2]{};  // by role; written when the game is over
  };

  void serve(Game& game, Worker& worker, Probe& probe) {
    std::uint64_t out_of_turn = 0;
    for (Ball ball = 1;; ball += 2) {
      const bool over = !worker.running();
      const auto started = probe.start();
      game.table.pass(kReturner, over ? kLastBall : ball);
      if (over) break;
      const Ball back = game.table.await(kServer);
      probe.record(half(probe.stop(started)));
      out_of_turn += back != ball + 1;
      worker.done();
    }
    game.out_of_turn[kServer] = out_of_turn;
  }

  void give_back(Game& game, Worker& worker) {
    std::uint64_t out_of_turn = 0;
    for (Ball expected = 1;; expected += 2) {
      const Ball ball = game.table.await(kReturner);
      if (ball == kLastBall) break;
      out_of_turn += ball != expected;
      worker.done();
      game.table.pass(kServer, expected + 1);
    }
    game.out_of_turn[kReturner] = out_of_turn;
  }

  static auto half(typename Probe::Elapsed elapsed) noexcept {
    if constexpr (Probe::kTimes) {
      return elapsed == Probe::kNotTimed ? elapsed : elapsed / 2;
    } else {
      return elapsed;
    }
  }

  std::deque<Game> games_;
};

template <class S, class Probe>
using PingPongOnSemaphores = PingPong<SemaphoreTable<S>, Probe>;
template <class E, class Probe>
using PingPongOnEvents = PingPong<EventTable<E>, Probe>;
template <class C, class Probe>
using PingPongOnConditions = PingPong<ConditionTable<C>, Probe>;
template <class M, class Probe>
using PingPongOnMutex = PingPong<MutexTable<M>, Probe>;

}  // namespace syncbench
