// The source document's bounded buffer: producers put items in while there is room, consumers take them out while there
// are any, and each waits, in a loop, on a condition for the other side.
//
// The document uses one condition for both sides and notifies one waiter. That is safe for its four threads and its
// fixed number of items; run for longer, a notification meant for a consumer can reach a producer that then waits
// again, and everybody sleeps. Here the two sides wait on two conditions over the same mutex, so that notify_one always
// reaches the side it is meant for.
#include <algorithm>
#include <mutex>

#include "workloads/busy_work.hpp"
#include "workloads/workload.hpp"

namespace syncbench {
namespace {

enum : unsigned { kProducer, kConsumer };

// Spreads an item's identity over 64 bits, so that sums of it tell two multisets apart. [Steele, Lea and Flood 2014,
// SplitMix64's finalizer]
std::uint64_t mix(std::uint64_t x) noexcept {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31);
}

template <class S, class Probe>
class ProdCons {
 public:
  ProdCons(const Params& params, Team& team)
      : capacity_(static_cast<std::size_t>(params["capacity"])),
        critical_(steps_for(params["critical"])),
        parallel_(steps_for(params["parallel"])),
        ring_(capacity_),
        tallies_(team.slots().size()) {
    for (Tally& tally : tallies_) tally.last_of.resize(team.roles()[kProducer], 0);
    team.name(&mutex_, sizeof mutex_, "mutex");
    team.name(&not_full_, sizeof not_full_, "not_full");
    team.name(&not_empty_, sizeof not_empty_, "not_empty");
  }

  void run(Worker& worker, Probe& probe) {
    const bool bare = critical_ == 0 && parallel_ == 0;
    if (worker.role() == kProducer) {
      bare ? produce<false>(worker, probe) : produce<true>(worker, probe);
    } else {
      bare ? consume<false>(worker, probe) : consume<true>(worker, probe);
    }
  }

  void close() {
    {
      const std::lock_guard hold(mutex_);
      closed_ = true;
    }
    not_full_.notify_all();
    not_empty_.notify_all();
  }

  // Runs after the join, so plain reads will do.
  Verdict verify(Team&) const {
    Tally put, got;
    std::uint64_t out_of_order = 0, out_of_bounds = 0;
    for (const Tally& tally : tallies_) {
      put.items += tally.put_items, put.sum += tally.put_sum;
      got.items += tally.items, got.sum += tally.sum;
      out_of_order += tally.out_of_order, out_of_bounds += tally.out_of_bounds;
    }
    std::uint64_t left_sum = 0;
    for (std::size_t i = 0; i < std::min(size_, capacity_); ++i)
      left_sum += mix(ring_[(head_ + i) % capacity_].identity());
    if (put.items == got.items + size_ && put.sum == got.sum + left_sum && out_of_order == 0 && out_of_bounds == 0)
      return {};
    return Verdict::violated(
        std::to_string(put.items) + " items put, " + std::to_string(got.items) + " taken, " + std::to_string(size_) +
        " left" + (put.sum == got.sum + left_sum ? "" : "; not the same items") + "; " + std::to_string(out_of_order) +
        " out of their producer's order; size out of bounds " + std::to_string(out_of_bounds) + " times");
  }

 private:
  struct Item {
    std::uint32_t producer = 0;
    std::uint64_t number = 0;  // counts from 1 for each producer
    [[no_unique_address]] typename Probe::Stamp stamp{};
    std::uint64_t identity() const noexcept { return number * 0x10001 + producer; }
  };

  // What one worker saw; compared after the trial, so that the loop writes nothing shared but the buffer.
  struct alignas(kNoSharing) Tally {
    std::uint64_t put_items = 0, put_sum = 0;
    std::uint64_t items = 0, sum = 0;
    std::uint64_t out_of_order = 0, out_of_bounds = 0;
    std::vector<std::uint64_t> last_of;  // by producer: the number of the last item taken
  };

  template <bool kWithWork>
  void produce(Worker& worker, Probe& probe) {
    Tally tally;
    std::uint64_t local = worker.rank() + 1;
    for (Item item{worker.role_rank(), 1}; worker.running(); ++item.number) {
      if constexpr (kWithWork) {
        if (parallel_ != 0) local = multiply_chain(local, parallel_);
      }
      item.stamp = probe.start();
      if (!put<kWithWork>(item, tally)) break;
      ++tally.put_items;
      tally.put_sum += mix(item.identity());
      worker.done();
    }
    asm volatile("" ::"r"(local));
    keep(worker, tally);
  }

  template <bool kWithWork>
  void consume(Worker& worker, Probe& probe) {
    Tally tally = tallies_[worker.rank()];
    std::uint64_t local = worker.rank() + 1;
    Item item;
    while (worker.running() && take<kWithWork>(item, tally)) {
      probe.record(probe.stop(item.stamp));
      account(item, tally);
      if constexpr (kWithWork) {
        if (parallel_ != 0) local = multiply_chain(local, parallel_);
      }
      worker.done();
    }
    asm volatile("" ::"r"(local));
    keep(worker, tally);
  }

  /// False once the buffer is closed.
  template <bool kWithWork>
  bool put(const Item& item, Tally& tally) {
    {
      const std::lock_guard hold(mutex_);
      while (size_ == capacity_ && !closed_) not_full_.wait(mutex_);
      if (closed_) return false;
      const std::size_t head = head_;
      const std::size_t place = head + size_;
      ring_[place < capacity_ ? place : (place - capacity_) % capacity_] = item;
      tally.out_of_bounds += ++size_ > capacity_;
      if constexpr (kWithWork) work_inside();
    }
    not_empty_.notify_one();
    return true;
  }

  /// False once the buffer is closed. What is left inside is accounted for in verify().
  template <bool kWithWork>
  bool take(Item& item, Tally& tally) {
    {
      const std::lock_guard hold(mutex_);
      while (size_ == 0 && !closed_) not_empty_.wait(mutex_);
      if (closed_) return false;
      const std::size_t head = head_;
      item = ring_[head];
      head_ = head + 1 == capacity_ ? 0 : head + 1;
      tally.out_of_bounds += --size_ >= capacity_;
      if constexpr (kWithWork) work_inside();
    }
    not_full_.notify_one();
    return true;
  }

  void account(const Item& item, Tally& tally) const noexcept {
    ++tally.items;
    tally.sum += mix(item.identity());
    // Without a lock an item may be torn; an impossible producer counts as disorder.
    if (item.producer >= tally.last_of.size() || item.number <= tally.last_of[item.producer]) {
      ++tally.out_of_order;
    } else {
      tally.last_of[item.producer] = item.number;
    }
  }

  void work_inside() noexcept {
    if (critical_ != 0) scratch_ = multiply_chain(scratch_, critical_);
  }

  void keep(const Worker& worker, const Tally& tally) { tallies_[worker.rank()] = tally; }

  alignas(kNoSharing) typename S::Mutex mutex_;
  alignas(kNoSharing) typename S::Condition not_full_;
  alignas(kNoSharing) typename S::Condition not_empty_;
  // Guarded by mutex_:
  alignas(kNoSharing) std::size_t size_ = 0;
  std::size_t head_ = 0;
  std::uint64_t scratch_ = 1;
  bool closed_ = false;
  // Constant during a trial, but for the contents of ring_:
  alignas(kNoSharing) std::size_t capacity_;
  std::uint32_t critical_;
  std::uint32_t parallel_;
  std::vector<Item> ring_;
  std::vector<Tally> tallies_;
};

}  // namespace

Workload prodcons_workload() {
  return make_workload<ProdCons, Conditions>({
      .name = "prodcons",
      .source = "The Producer-Consumer Pattern with Conditions",
      .summary = "producers and consumers share a bounded buffer: one mutex, two conditions",
      .operation = "one item taken out by a consumer",
      .latency = "put to get: from the producer asking to put the item in to the consumer holding it",
      .invariant = "items out = items in, as multisets; each producer's order is kept; 0 <= size <= capacity",
      .roles = {{"producer", "producers", false}, {"consumer", "consumers", true}},
      .parameters = {{"capacity", "", 5, 1, 1 << 24, "places in the buffer"},
                     {"critical", "ns", 0, 0, 1e9, "work inside the mutex for each put and each take"},
                     {"parallel", "ns", 0, 0, 1e9, "work on each item outside the mutex, on both sides"}},
  });
}

}  // namespace syncbench
