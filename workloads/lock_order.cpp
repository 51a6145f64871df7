// The source document's two locks, taken in one order by all, or by each as it comes: a bank whose accounts have a lock
// each, and transfers that hold two. Taken in an order that all keep, they cannot wait for each other in a circle.
// Taken as they come (`order=inconsistent`), sooner or later they do, and the trial ends with the circle as its reason.
// The third way lets go when the other lock is taken, and tries again (`order=back-off`: std::lock).
#include <sched.h>

#include <algorithm>
#include <mutex>
#include <vector>

#include "workloads/busy_work.hpp"
#include "workloads/deadlock.hpp"
#include "workloads/picks.hpp"
#include "workloads/witness.hpp"
#include "workloads/workload.hpp"

namespace syncbench {
namespace {

enum class Order { consistent, inconsistent, back_off };

struct Transfer {
  Place from, to;
};

auto draw_transfers(std::size_t workers, std::size_t accounts, Skew skew) {
  return draw_picks(workers, [popularity = Popularity(accounts, skew)](std::mt19937_64& random) {
    Transfer transfer{popularity.draw(random), popularity.draw(random)};
    while (transfer.to == transfer.from) transfer.to = popularity.draw(random);
    return transfer;
  });
}

struct alignas(kNoSharing) Tally {
  std::uint64_t violations = 0;
};

template <class M, class Probe>
class LockOrder {
 public:
  LockOrder(const Params& params, Team& team)
      : order_(static_cast<Order>(static_cast<int>(params["order"]))),
        critical_(steps_for(params["critical"])),
        parallel_(steps_for(params["parallel"])),
        accounts_(static_cast<std::size_t>(params["accounts"])),
        transfers_(draw_transfers(team.slots().size(), accounts_.size(), skew_of(params))),
        tallies_(team.slots().size()),
        waits_(team.slots().size()) {
    constexpr std::size_t kNamed = 8;
    for (std::size_t i = 0; i < std::min(kNamed, accounts_.size()); ++i)
      team.name(&accounts_[i], sizeof(Account), "account " + std::to_string(i));
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
    std::uint64_t violations = 0;
    for (const Tally& tally : tallies_) violations += tally.violations;
    std::int64_t money = 0;
    std::uint64_t sections = 0;
    Successions successions;
    for (const Account& account : accounts_) {
      money += account.balance;
      sections += account.witness.count;
      successions.add(account.succession);
    }
    successions.report(team, sections);
    const std::uint64_t expected = 2 * total_operations(team);
    if (money == 0 && violations == 0 && sections == expected) return {};
    return Verdict::violated("the accounts, all empty at first, add up to " + std::to_string(money) + "; counted " +
                             std::to_string(sections) + " of " + std::to_string(expected) +
                             " changes of an account; two were at one " + std::to_string(violations) + " times");
  }

  std::string stuck() const { return waits_.circle("account"); }

 private:
  struct Account {
    alignas(kNoSharing) M mutex;
    // Guarded by it; may be overdrawn:
    alignas(kNoSharing) std::int64_t balance = 0;
    Witness witness;
    Succession succession;
    std::uint64_t scratch = 1;

    /// True if nobody else was at it.
    bool change(std::int64_t amount, unsigned rank) noexcept {
      balance += amount;
      succession.next(rank);
      return witness.step();
    }
  };

  template <Order kOrder>
  void loop(Worker& worker, Probe& probe) noexcept {
    const auto& transfers = transfers_[worker.rank()];
    std::uint64_t violations = 0;
    std::uint64_t local = worker.rank() + 1;
    for (std::size_t i = 0; worker.running(); ++i) {
      const Transfer transfer = transfers[i];
      Account& payer = accounts_[transfer.from];
      Account& payee = accounts_[transfer.to];
      const auto started = probe.start();
      lock_both<kOrder>(transfer, worker.rank());
      const auto waited = probe.stop(started);
      violations += !payer.change(-1, worker.rank());
      violations += !payee.change(+1, worker.rank());
      if (critical_ != 0) payer.scratch = multiply_chain(payer.scratch, critical_);
      payee.mutex.unlock();
      payer.mutex.unlock();
      probe.record(waited);
      if (parallel_ != 0) local = multiply_chain(local, parallel_);
      worker.done();
    }
    asm volatile("" ::"r"(local));
    tallies_[worker.rank()].violations = violations;
  }

  // Inconsistent, the processor is given away between the two: so the deadlock comes on a single processor, too.
  template <Order kOrder>
  void lock_both(Transfer transfer, [[maybe_unused]] unsigned rank) {
    M& payer = accounts_[transfer.from].mutex;
    M& payee = accounts_[transfer.to].mutex;
    if constexpr (kOrder == Order::back_off) {
      std::lock(payer, payee);
    } else if constexpr (kOrder == Order::consistent) {
      const auto [first, second] = std::minmax(transfer.from, transfer.to);
      accounts_[first].mutex.lock();
      accounts_[second].mutex.lock();
    } else {
      payer.lock();
      waits_.begin(rank, transfer.from, transfer.to);
      ::sched_yield();
      payee.lock();
      waits_.end(rank);
    }
  }

  // Constant during a trial:
  Order order_;
  std::uint32_t critical_, parallel_;
  std::vector<Account> accounts_;
  std::vector<Picks<Transfer>> transfers_;
  std::vector<Tally> tallies_;
  Waits waits_;  // with order=inconsistent
};

}  // namespace

Workload lock_order_workload() {
  Workload workload{
      {
          .name = "lock-order",
          .source = "Common Pitfalls and Best Practices (Deadlock Prevention)",
          .summary = "transfers between accounts, each under the locks of both",
          .operation = "one transfer: lock two accounts, move money, unlock both",
          .latency = "from asking for the first lock to holding both",
          .invariant =
              "money is conserved, and no account is ever touched by two at once; order=inconsistent is reported as a "
              "deadlock, with the circle of who waits for whom (W5)",
          .roles = {{"worker", "workers", true}},
          .parameters = {choice("order", {"consistent", "inconsistent", "back-off"},
                                "the lower account first; or the payer first, giving the processor away between the "
                                "two; or as std::lock does, which lets go and tries again"),
                         {"accounts", "", 4, 2, kMostPlaces, "accounts, each with its mutex"},
                         skew_parameter("which accounts: all alike, or the k-th with 1/k of the first one's share"),
                         {"critical", "ns", 0, 0, 1e9, "work while holding both"},
                         {"parallel", "ns", 0, 0, 1e9, "work between two transfers, outside"}},
          .counts = succession_counts(),
      },
      {}};
  add_cases<LockOrder, Mutexes>(workload, "", []<class T>() { return Mutex<T>; });
  return workload;
}

}  // namespace syncbench
