// Scenarios that are small workloads of the source document: several primitives of one kind, used as a program would.
#pragma once

#include <array>
#include <mutex>

#include "primitives/stress/scenarios/scenario.hpp"

namespace syncbench::stress {

/// W5: threads take two of three locks at a time, always the lower one first; nobody waits for ever. `kInOrder` false:
/// the fault that this is about.
template <class M, bool kInOrder = true>
struct LockOrderOf {
  static constexpr std::string_view kName = "lock-order";
  static constexpr std::string_view kRules = "W5";
  static constexpr Range kThreads{2, kAnyNumber};
  explicit LockOrderOf(Shape its) : shape(its) {}
  // Two threads need only two locks to come into a circle, and there are fewer schedules.
  unsigned locks() const { return shape.threads == 2 ? 2 : 3; }
  void body(unsigned thread) {
    for (unsigned round = 0; round < shape.rounds; ++round) {
      const unsigned one = thread % locks(), other = (thread + 1) % locks();
      const bool swap = kInOrder && one > other;
      move(thread, swap ? other : one, swap ? one : other);
    }
  }
  void move(unsigned thread, unsigned first, unsigned second) {
    take(first);
    world->linger();
    take(second);
    places[first].visit(thread);
    places[second].visit(thread);
    give(second);
    give(first);
  }
  void take(unsigned lock) {
    world->claim(Claim::wants, lock);
    mutexes[lock].lock();
    world->claim(Claim::has, lock);
  }
  void give(unsigned lock) {
    world->claim(Claim::gives, lock);
    mutexes[lock].unlock();
  }
  void check() {
    unsigned visits = 0;
    for (const Witness& one : places) visits += one.visits();
    expect(visits == 2 * shape.threads * shape.rounds, "W5: a visit was lost");
  }
  Shape shape;
  std::array<M, 3> mutexes;
  std::array<Witness, 3> places;
};
template <class M>
using LockOrder = LockOrderOf<M>;

/// What may be wrong with a worker pool; the healthy one has none of it.
enum class PoolFault { none, shuts_down_without_the_lock, tells_one_worker, looks_once };

/// W3: tasks are accepted until the shutdown, each runs once, and every worker comes home.
template <class S, PoolFault kFault = PoolFault::none>
struct WorkerPoolOf {
  static constexpr std::string_view kName = "worker-pool";
  static constexpr std::string_view kRules = "W3";
  static constexpr Range kThreads{2, kAnyNumber};
  explicit WorkerPoolOf(Shape its) : shape(its) {}
  // With few threads whoever submits shuts down when it is through; with more, somebody else does, at any moment.
  bool races() const { return shape.threads > kExplored; }
  void body(unsigned thread) {
    if (thread == 0) return submit();
    if (thread > 1 || !races()) return work();
    world->race(Side::second);
    shut_down();
  }
  void submit() {
    world->race(Side::first);
    for (unsigned i = 0; i < shape.rounds; ++i) {
      const std::lock_guard lock(mutex);
      if (is_shut_down()) return;
      queued.write(queued.read() + 1);
      accepted.write(accepted.read() + 1);
      condition.notify_one();
    }
    if (!races()) shut_down();
  }
  void shut_down() {
    if constexpr (kFault == PoolFault::shuts_down_without_the_lock) {
      shutdown.store(true, std::memory_order_seq_cst);
      return condition.notify_all();
    }
    const std::lock_guard lock(mutex);
    shutdown.store(true, std::memory_order_relaxed);
    kFault == PoolFault::tells_one_worker ? condition.notify_one() : condition.notify_all();
  }
  void work() {
    for (;;) {
      std::unique_lock lock(mutex);
      const auto nothing_to_do = [&] { return queued.read() == 0 && !is_shut_down(); };
      if constexpr (kFault == PoolFault::looks_once) {
        if (nothing_to_do()) condition.wait(mutex);
      } else {
        while (nothing_to_do()) condition.wait(mutex);
      }
      if (queued.read() == 0 && is_shut_down()) return;
      expect(queued.read() > 0, "W3: a worker takes a task that is not there");
      queued.write(queued.read() - 1);
      done.write(done.read() + 1);
    }
  }
  bool is_shut_down() const {
    // A place for others to come in between the look and what follows from it, as there is in any program.
    if (kFault == PoolFault::shuts_down_without_the_lock) world->linger();
    const bool seen = shutdown.load(std::memory_order_seq_cst);
    if (kFault == PoolFault::shuts_down_without_the_lock) world->linger();
    return seen;
  }
  void check() {
    const bool all = accepted.read() == shape.rounds;
    if (races()) {
      world->won(all ? Side::first : Side::second);
      world->outcome(all ? "all accepted" : "shut down before");
    }
    expect(queued.read() == 0 && done.read() == accepted.read(), "W3: not every accepted task ran once");
  }
  Shape shape;
  Plain<unsigned> queued{0}, accepted{0}, done{0};
  std::atomic<bool> shutdown{false};  // the faulty kind writes it without the lock
  typename S::Mutex mutex;
  typename S::Condition condition;
};
template <class S>
using WorkerPool = WorkerPoolOf<S>;

}  // namespace syncbench::stress
