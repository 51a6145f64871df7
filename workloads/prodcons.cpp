// The source document's bounded buffer: producers put items in while there is room, consumers take them out while there
// are any, and each waits for the other side, in a loop, on a condition. Or, the other classic form, on a semaphore
// that counts the free places and one that counts the filled ones.
//
// The document uses one condition for both sides and notifies one waiter. That is safe for its four threads and its
// fixed number of items; run for longer, a notification meant for a consumer can reach a producer that then waits
// again, and everybody sleeps. Here the two sides wait on two conditions over the same mutex, so that notify_one always
// reaches the side it is meant for.
#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>

#include "workloads/arrivals.hpp"
#include "workloads/ring.hpp"
#include "workloads/scheduled_round.hpp"
#include "workloads/workload.hpp"

namespace syncbench {
namespace {

enum : unsigned { kProducer, kConsumer };

// One mutex, two conditions.
template <class S, class I>
class ConditionBuffer {
 public:
  ConditionBuffer(std::size_t capacity, Team& team) : ring_(capacity) {
    team.name(&mutex_, sizeof mutex_, "mutex");
    team.name(&not_full_, sizeof not_full_, "not_full");
    team.name(&not_empty_, sizeof not_empty_, "not_empty");
  }

  bool put(const I& item, unsigned rank, std::uint32_t critical, std::uint64_t& out_of_bounds) {
    {
      const std::lock_guard hold(mutex_);
      while (ring_.size == ring_.capacity && !closed_) not_full_.wait(mutex_);
      if (closed_) return false;
      out_of_bounds += !ring_.push(item, rank);
      ring_.work(critical);
    }
    not_empty_.notify_one();
    return true;
  }

  bool take(I& item, unsigned rank, std::uint32_t critical, std::uint64_t& out_of_bounds) {
    {
      const std::lock_guard hold(mutex_);
      while (ring_.size == 0 && !closed_) not_empty_.wait(mutex_);
      if (closed_) return false;
      out_of_bounds += !ring_.pop(item, rank);
      ring_.work(critical);
    }
    not_full_.notify_one();
    return true;
  }

  void close() {
    {
      const std::lock_guard hold(mutex_);
      closed_ = true;
    }
    not_full_.notify_all();
    not_empty_.notify_all();
  }

  const Ring<I>& ring() const { return ring_; }

 private:
  alignas(kNoSharing) typename S::Mutex mutex_;
  alignas(kNoSharing) typename S::Condition not_full_;
  alignas(kNoSharing) typename S::Condition not_empty_;
  // Guarded by mutex_:
  alignas(kNoSharing) Ring<I> ring_;
  bool closed_ = false;
};

// Three semaphores: free places, filled places, and one permit for who is at the ring. [Dijkstra 1965, EWD 123]
template <class S, class I>
class SemaphoreBuffer {
 public:
  SemaphoreBuffer(std::size_t capacity, Team& team)
      : workers_(static_cast<std::ptrdiff_t>(team.slots().size())),
        free_(static_cast<std::ptrdiff_t>(capacity)),
        ring_(capacity) {
    team.name(&free_, sizeof free_, "free places");
    team.name(&filled_, sizeof filled_, "filled places");
    team.name(&turn_, sizeof turn_, "turn at the ring");
  }

  bool put(const I& item, unsigned rank, std::uint32_t critical, std::uint64_t& out_of_bounds) {
    free_.acquire();
    if (closed_.load(std::memory_order_relaxed)) return false;
    turn_.acquire();
    out_of_bounds += !ring_.push(item, rank);
    ring_.work(critical);
    turn_.release(1);
    filled_.release(1);
    return true;
  }

  bool take(I& item, unsigned rank, std::uint32_t critical, std::uint64_t& out_of_bounds) {
    filled_.acquire();
    if (closed_.load(std::memory_order_relaxed)) return false;
    turn_.acquire();
    out_of_bounds += !ring_.pop(item, rank);
    ring_.work(critical);
    turn_.release(1);
    free_.release(1);
    return true;
  }

  // A permit more for each worker. Who gets one of them sees the flag, which was set before the release; who sees the
  // flag with another permit in hand leaves the ring as it is, and verify() counts what is left.
  void close() {
    closed_.store(true, std::memory_order_relaxed);
    free_.release(workers_);
    filled_.release(workers_);
  }

  const Ring<I>& ring() const { return ring_; }

 private:
  std::ptrdiff_t workers_;
  alignas(kNoSharing) S free_;
  alignas(kNoSharing) S filled_{0};
  alignas(kNoSharing) S turn_{1};
  alignas(kNoSharing) Ring<I> ring_;  // guarded by turn_
  alignas(kNoSharing) std::atomic<bool> closed_{false};
};

template <class Buffer, class Probe>
class ProdCons {
 public:
  ProdCons(const Params& params, Team& team)
      : params_(params),
        critical_(steps_for(params["critical"])),
        parallel_(steps_for(params["parallel"])),
        producers_(team.roles()[kProducer]),
        buffer_(static_cast<std::size_t>(params["capacity"]), team),
        tallies_(team.slots().size()) {
    for (Tally& tally : tallies_) tally.last_of.resize(producers_, 0);
  }

  void run(Worker& worker, Probe& probe) {
    Tally tally = tallies_[worker.rank()];
    if (worker.role() == kConsumer) {
      parallel_ == 0 ? consume<false>(worker, probe, tally) : consume<true>(worker, probe, tally);
    } else if (params_["rate"] != 0) {
      tally.arrivals.emplace(params_, worker, producers_);
      parallel_ == 0 ? produce<false, true>(worker, probe, tally) : produce<true, true>(worker, probe, tally);
    } else {
      parallel_ == 0 ? produce<false, false>(worker, probe, tally) : produce<true, false>(worker, probe, tally);
    }
    tallies_[worker.rank()] = std::move(tally);
  }

  void close() { buffer_.close(); }

  // Runs after the join, so plain reads will do.
  Verdict verify(Team& team) const {
    Tally put, got;
    Backlog backlog;
    for (const Tally& tally : tallies_) {
      put.put_items += tally.put_items, put.put_sum += tally.put_sum;
      got.items += tally.items, got.sum += tally.sum;
      got.out_of_order += tally.out_of_order, got.out_of_bounds += tally.out_of_bounds;
      if (tally.arrivals) backlog.add(*tally.arrivals);
    }
    if (params_["rate"] != 0) backlog.report(team);
    const Ring<I>& ring = buffer_.ring();
    ring.succession.report(team, put.put_items + got.items);
    std::uint64_t left_sum = 0;
    for (std::size_t i = 0; i < std::min(ring.size, ring.capacity); ++i)
      left_sum += mix(ring.places[(ring.head + i) % ring.capacity].identity());
    const bool same = put.put_sum == got.sum + left_sum;
    if (put.put_items == got.items + ring.size && same && got.out_of_order == 0 && got.out_of_bounds == 0) return {};
    return Verdict::violated(std::to_string(put.put_items) + " items put, " + std::to_string(got.items) + " taken, " +
                             std::to_string(ring.size) + " left" + (same ? "" : "; not the same items") + "; " +
                             std::to_string(got.out_of_order) + " out of their producer's order; size out of bounds " +
                             std::to_string(got.out_of_bounds) + " times");
  }

 private:
  using I = Item<Probe>;

  // What one worker saw; compared after the trial, so that the loop writes nothing shared but the buffer.
  struct alignas(kNoSharing) Tally {
    std::uint64_t put_items = 0, put_sum = 0;
    std::uint64_t items = 0, sum = 0;
    std::uint64_t out_of_order = 0, out_of_bounds = 0;
    std::vector<std::uint64_t> last_of;  // by producer: the number of the last item taken
    std::optional<Arrivals> arrivals;    // with a rate
  };

  template <bool kWithWork, bool kOpen>
  void produce(Worker& worker, Probe& probe, Tally& tally) {
    std::uint64_t local = worker.rank() + 1;
    for (I item{worker.role_rank(), 1};; ++item.number) {
      if constexpr (kWithWork) local = multiply_chain(local, parallel_);
      if (!begin_operation<kOpen>(worker, probe, tally.arrivals, item.due, item.put)) break;
      if (!buffer_.put(item, worker.rank(), critical_, tally.out_of_bounds)) break;
      ++tally.put_items;
      tally.put_sum += mix(item.identity());
      worker.done();
    }
    if constexpr (kOpen) tally.arrivals->end();
    asm volatile("" ::"r"(local));
  }

  template <bool kWithWork>
  void consume(Worker& worker, Probe& probe, Tally& tally) {
    std::uint64_t local = worker.rank() + 1;
    I item;
    while (worker.running() && buffer_.take(item, worker.rank(), critical_, tally.out_of_bounds)) {
      probe.record(probe.stop(item.due));
      probe.record(probe.stop(item.put), 1);
      account(item, tally);
      if constexpr (kWithWork) local = multiply_chain(local, parallel_);
      worker.done();
    }
    asm volatile("" ::"r"(local));
  }

  void account(const I& item, Tally& tally) const noexcept {
    ++tally.items;
    tally.sum += mix(item.identity());
    // Without a lock an item may be torn; an impossible producer counts as disorder.
    if (item.producer >= tally.last_of.size() || item.number <= tally.last_of[item.producer]) {
      ++tally.out_of_order;
    } else {
      tally.last_of[item.producer] = item.number;
    }
  }

  Params params_;
  std::uint32_t critical_;
  std::uint32_t parallel_;
  unsigned producers_;
  Buffer buffer_;
  std::vector<Tally> tallies_;
};

template <class S, class Probe>
using OnConditions = ProdCons<ConditionBuffer<S, Item<Probe>>, Probe>;
template <class S, class Probe>
using OnSemaphores = ProdCons<SemaphoreBuffer<S, Item<Probe>>, Probe>;

}  // namespace

Workload prodcons_workload() {
  Description about{
      .name = "prodcons",
      .source = "The Producer-Consumer Pattern with Conditions",
      .summary = "producers and consumers share a bounded buffer: one mutex and two conditions, or three semaphores",
      .operation = "one item taken out by a consumer",
      .latency =
          "put to get: from the producer asking to put the item in (with a rate: from when it was due) to the "
          "consumer holding it",
      .invariant = "items out = items in, as multisets; each producer's order is kept; 0 <= size <= capacity (W2)",
      .roles = {{"producer", "producers", false}, {"consumer", "consumers", true}},
      .parameters = {choice("on", {"condition", "semaphore"}, "what the two sides wait on"),
                     {"capacity", "", 5, 1, 1 << 20, "places in the buffer"},
                     {"critical", "ns", 0, 0, 1e9, "work at the buffer, alone, for each put and each take"},
                     {"parallel", "ns", 0, 0, 1e9, "work on each item away from the buffer, on both sides"}},
      .series = {{"service", "with a rate: from the producer asking to put the item in to the consumer holding it"}},
      .counts = succession_counts(),
  };
  add_open_loop(about);
  Workload workload{std::move(about), {}};
  add_cases<OnConditions, Conditions>(workload, "condition");
  add_cases<OnSemaphores, Semaphores>(workload, "semaphore");
  add_scheduled<OnConditions, Conditions>(workload, "condition");
  add_scheduled<OnSemaphores, Semaphores>(workload, "semaphore");
  return workload;
}

}  // namespace syncbench
