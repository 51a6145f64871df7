// The source document's two locks, taken in one order by all, or by each as it comes: a bank whose accounts have a lock
// each, and transfers that hold two. Taken in an order that all keep, they cannot wait for each other in a circle.
// Taken as they come (`order=inconsistent`), sooner or later they do, and the trial ends with the circle as its reason.
// The third way lets go when the second lock is taken, and tries again (`order=back-off`: std::lock). [Coffman, Elphick
// and Shoshani 1971, System deadlocks]
#include <atomic>
#include <mutex>
#include <optional>
#include <vector>

#include "workloads/busy_work.hpp"
#include "workloads/picks.hpp"
#include "workloads/witness.hpp"
#include "workloads/workload.hpp"

namespace syncbench {
namespace {

enum class Order { consistent, inconsistent, back_off };

template <class M, class Probe>
class LockOrder {
 public:
  LockOrder(const Params& params, Team& team)
      : order_(static_cast<Order>(static_cast<int>(params["order"]))),
        skew_(skew_of(params)),
        critical_(steps_for(params["critical"])),
        parallel_(steps_for(params["parallel"])),
        accounts_(static_cast<std::size_t>(params["accounts"])),
        clerks_(team.slots().size()) {
    team.name(accounts_.data(), accounts_.size() * sizeof(Account), "an account");
  }

  void run(Worker& worker, Probe& probe) {
    switch (order_) {
      case Order::consistent:
        return loop<Order::consistent>(worker, probe);
      case Order::inconsistent:
        return loop<Order::inconsistent>(worker, probe);
      case Order::back_off:
        return loop<Order::back_off>(worker, probe);
    }
  }

  void close() noexcept {}

  Verdict verify(Team& team) const {
    std::uint64_t violations = 0, touched = 0;
    std::int64_t money = 0;
    for (const Clerk& clerk : clerks_) violations += clerk.violations;
    for (const Account& account : accounts_) money += account.balance, touched += account.witness.count;
    const std::uint64_t transfers = total_operations(team);
    if (money == 0 && violations == 0 && touched == 2 * transfers) return {};
    return Verdict::violated("money was " + std::string(money == 0 ? "conserved" : "made or lost") + " by " +
                             std::to_string(money) + ", accounts were touched " + std::to_string(touched) +
                             " times in " + std::to_string(transfers) + " transfers, and " +
                             std::to_string(violations) + " times by two at once");
  }

  // Who waits for whom: a circle of workers each of whom holds what the one before waits for. Read while they run, so a
  // circle may be gone at the next look; one that stays is a deadlock, since nobody in it can move.
  std::string stuck() const {
    for (std::size_t first = 0; first < clerks_.size(); ++first) {
      std::vector<std::size_t> circle;
      std::size_t clerk = first;
      while (circle.size() <= clerks_.size()) {
        circle.push_back(clerk);
        const auto wanted = clerks_[clerk].wants.load(std::memory_order_relaxed);
        const auto holder = wanted == kNone ? std::nullopt : holder_of(wanted);
        if (!holder) break;
        if (*holder == first) return in_words(circle);
        clerk = *holder;
      }
    }
    return {};
  }

 private:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  struct alignas(kNoSharing) Account {
    M mutex;
    // Guarded by it:
    std::int64_t balance = 0;
    Witness witness;
  };
  // With order=inconsistent, what it holds and waits for, for stuck() to read; its own line.
  struct alignas(kNoSharing) Clerk {
    std::atomic<std::uint32_t> holds{kNone};
    std::atomic<std::uint32_t> wants{kNone};
    std::uint64_t violations = 0;
  };

  template <Order kOrder>
  void loop(Worker& worker, Probe& probe) {
    Picks picks(accounts_.size(), skew_, worker.rank());
    Clerk& self = clerks_[worker.rank()];
    std::uint64_t violations = 0;
    std::uint64_t local = worker.rank() + 1;
    while (worker.running()) {
      const std::uint32_t from = picks.next();
      std::uint32_t to = picks.next();
      if (to == from) to = to + 1 == accounts_.size() ? 0 : to + 1;
      Account& payer = accounts_[from];
      Account& payee = accounts_[to];
      const auto started = probe.start();
      take<kOrder>(from, to, self);
      const auto waited = probe.stop(started);
      --payer.balance;
      ++payee.balance;
      violations += !payer.witness.step() + !payee.witness.step();
      if (critical_ != 0) local = multiply_chain(local, critical_);
      if constexpr (kOrder == Order::inconsistent) self.holds.store(kNone, std::memory_order_relaxed);
      payer.mutex.unlock();
      payee.mutex.unlock();
      probe.record(waited);
      if (parallel_ != 0) local = multiply_chain(local, parallel_);
      worker.done();
    }
    asm volatile("" ::"r"(local));
    self.violations = violations;
  }

  template <Order kOrder>
  void take(std::uint32_t from, std::uint32_t to, Clerk& self) {
    if constexpr (kOrder == Order::back_off) {
      std::lock(accounts_[from].mutex, accounts_[to].mutex);
    } else if constexpr (kOrder == Order::consistent) {
      accounts_[std::min(from, to)].mutex.lock();
      accounts_[std::max(from, to)].mutex.lock();
    } else {
      accounts_[from].mutex.lock();
      self.holds.store(from, std::memory_order_relaxed);
      self.wants.store(to, std::memory_order_relaxed);
      accounts_[to].mutex.lock();
      self.wants.store(kNone, std::memory_order_relaxed);
    }
  }

  std::optional<std::size_t> holder_of(std::uint32_t account) const {
    for (std::size_t clerk = 0; clerk < clerks_.size(); ++clerk)
      if (clerks_[clerk].holds.load(std::memory_order_relaxed) == account) return clerk;
    return std::nullopt;
  }

  std::string in_words(const std::vector<std::size_t>& circle) const {
    std::string text = "DEADLOCK: ";
    for (const std::size_t clerk : circle)
      text += (clerk == circle.front() ? "" : "; ") + std::string("worker ") + std::to_string(clerk) +
              " holds account " + std::to_string(clerks_[clerk].holds.load(std::memory_order_relaxed)) +
              " and waits for account " + std::to_string(clerks_[clerk].wants.load(std::memory_order_relaxed));
    return text;
  }

  Order order_;
  Skew skew_;
  std::uint32_t critical_, parallel_;
  alignas(kNoSharing) std::vector<Account> accounts_;
  std::vector<Clerk> clerks_;
};

}  // namespace

Workload lock_order_workload() {
  Workload workload{
      {
          .name = "lock-order",
          .source = "Common Pitfalls and Best Practices (Deadlock Prevention)",
          .summary = "transfers between accounts, each under two locks",
          .operation = "one transfer",
          .latency = "from asking for the first lock to holding both",
          .invariant =
              "money is conserved, and no account is touched by two at once; order=inconsistent ends as a deadlock, "
              "with the circle of who waits for whom (W5)",
          .roles = {{"worker", "workers", true}},
          .parameters = {choice("order", {"consistent", "inconsistent", "back-off"},
                                "the lower account first, the payer first, or whatever std::lock does"),
                         {"accounts", "", 4, 2, 1 << 16, "accounts, each with its lock"},
                         skew_parameter("which accounts: all alike, or the k-th with 1/k of the first one's share"),
                         {"critical", "ns", 0, 0, 1e9, "work while holding both"},
                         {"parallel", "ns", 0, 0, 1e9, "work between two transfers"}},
      },
      {}};
  add_cases<LockOrder, Mutexes>(workload, "", []<class T>() { return Mutex<T>; });
  return workload;
}

}  // namespace syncbench
