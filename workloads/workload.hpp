// What a workload is: a description of itself, and one compiled trial per implementation. A workload class is a
// template over an implementation (a primitive's type from the catalog, or a small struct of several) and a probe,
//
//   template <class M, class Probe> class Counter {
//     Counter(const Params&, Team&);          // the state, built afresh for every trial
//     void run(Worker&, Probe&);              // one worker's whole loop; everything in it is static
//     void close();                           // the window is over: wake whoever waits
//     Verdict verify(Team&);                  // did the invariant hold? raw counts go to Team::count
//     std::string stuck() const;              // optional: nothing moves; who waits for whom?
//   };
//
// and `make_workload` folds it over a table of the catalog into a list of plain function pointers. A workload that can
// be played on several primitives has a class and a table for each, and a parameter `on` that chooses.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "primitives/catalog.hpp"
#include "primitives/platform/faulty.hpp"
#include "primitives/stress/programs.hpp"
#include "workloads/counted_platform.hpp"
#include "workloads/probe.hpp"
#include "workloads/worker.hpp"

namespace syncbench {

/// How a trial ended, as far as the workload can tell.
struct Verdict {
  enum class Kind { ok, violated, skipped };
  Kind kind = Kind::ok;
  std::string reason;  ///< a sentence; empty for ok

  static Verdict violated(std::string why) { return {Kind::violated, std::move(why)}; }
  static Verdict skipped(std::string why) { return {Kind::skipped, std::move(why)}; }
};

/// A parameter of a workload: `--set name=value`.
struct Parameter {
  std::string_view name;
  std::string_view unit;  ///< "ns" for times, "1/s" for rates, "" for counts and words
  double fallback;        ///< the default
  double least;
  double most;
  std::string_view meaning;
  std::vector<std::string_view> words = {};  ///< a choice: the value is the index of its word
};

/// A choice between words; the first is the default.
inline Parameter choice(std::string_view name, std::vector<std::string_view> words, std::string_view meaning) {
  const auto last = static_cast<double>(words.size()) - 1;
  return {name, "", 0, 0, last, meaning, std::move(words)};
}

/// Values of all parameters of a workload, times in nanoseconds.
class Params {
 public:
  void set(std::string_view name, double value) { values_.insert_or_assign(std::string(name), value); }
  /// The name must be one of the workload's parameters.
  double operator[](std::string_view name) const { return values_.find(name)->second; }
  /// For code that several workloads share, not all of which have the parameter.
  double value_or(std::string_view name, double otherwise) const {
    const auto found = values_.find(name);
    return found == values_.end() ? otherwise : found->second;
  }
  const std::map<std::string, double, std::less<>>& values() const { return values_; }
  friend auto operator<=>(const Params&, const Params&) = default;

 private:
  std::map<std::string, double, std::less<>> values_;
};

/// A kind of worker. The plural names the parameter that fixes how many there are (`--set producers=3`).
struct Role {
  std::string_view name;
  std::string_view plural;
  bool counts;        ///< its operations are the workload's operations
  unsigned most = 0;  ///< how many there can be; 0: any number
};

/// Something else that a latency trial times, beside the latency.
struct Series {
  std::string_view name;  ///< as in the record: "first", "recovery"
  std::string_view meaning;
  bool by_order = false;  ///< one distribution for each place in an order (first, second, ... runner), not one for all
};

/// A raw count that a workload hands in with its verdict, for the whole trial.
struct Count {
  std::string_view name;
  std::string_view unit;  ///< "" for plain numbers
  std::string_view meaning;
};

/// What `--describe` prints.
struct Description {
  std::string_view name;
  std::string_view source;  ///< the part of the source document
  std::string_view summary;
  std::string_view operation;  ///< what one operation is
  std::string_view latency;    ///< what is timed; empty: nothing is, and there are no latency trials
  std::string_view invariant;
  std::vector<Role> roles;
  std::vector<Parameter> parameters;
  bool together = false;  ///< all workers do each operation together: it is one, not one a worker
  bool pairs = false;     ///< as many workers of each role; other numbers are left out
  std::vector<Series> series = {};
  std::vector<Count> counts = {};
};

using RoundFunction = Verdict (*)(Team&, const Params&);

/// One implementation under one workload.
struct Case {
  std::string_view on;  ///< the primitive, for a workload with the parameter `on`; otherwise empty
  std::string_view implementation;
  std::string_view family;
  std::string_view summary;
  Standing standing;
  RoundFunction throughput;
  RoundFunction latency;
  bool is_lock = false;  ///< keeps others out and does nothing else: without others it may as well be empty
  /// The same on FaultyPlatform, for stress: with the parameter kFaultSeed. Null for what does not go through a
  /// platform, and for variants: stress runs those in its scenarios.
  RoundFunction disturbed = nullptr;
  /// The same under the scheduler; see scheduled_round.hpp.
  stress::MakeExecution scheduled = nullptr;
};

/// Not of the workload: the seed of the faults of a disturbed round.
inline constexpr std::string_view kFaultSeed = "fault-seed";

struct Workload {
  Description description;
  std::vector<Case> cases;
};

/// One trial: builds the state, runs the team, asks for the verdict. The two calls through a pointer are one a worker
/// and one a trial; between them everything is static.
template <class W, class Probe, bool kDisturbed = false>
Verdict run_round(Team& team, const Params& params) {
  struct State {
    W workload;
    Team& team;
    std::uint64_t fault_seed;
  };
  State state{W(params, team), team, static_cast<std::uint64_t>(params.value_or(kFaultSeed, 0))};
  team.run(&state, {.body =
                        [](void* opaque, Worker& worker) {
                          State& self = *static_cast<State*>(opaque);
                          Probe probe(worker, self.team);
                          [[maybe_unused]] std::optional<FaultyThread> disturbed;
                          if constexpr (kDisturbed) disturbed.emplace(FaultPlan::drawn(self.fault_seed), worker.rank());
                          self.workload.run(worker, probe);
                        },
                    .close = [](void* opaque) { static_cast<State*>(opaque)->workload.close(); },
                    .stuck = [](void* opaque) -> std::string {
                      if constexpr (requires(const W& w) { w.stuck(); })
                        return static_cast<const State*>(opaque)->workload.stuck();
                      return {};
                    }});
  return state.workload.verify(team);
}

template <class T>
inline constexpr bool kIsLock = requires(T lock) {
  lock.lock(), lock.unlock();
}
|| requires(T permits) {
  permits.acquire(), permits.release(1);
};

/// Adds `W` over every implementation of a catalog table; those whose type does not suit are left out:
/// `[]<class T>() { return TimedMutex<T>; }`.
inline constexpr auto kAllSuit = []<class T>() { return true; };
template <template <class, class> class W, template <class> class Table, class Suits = decltype(kAllSuit)>
void add_cases(Workload& workload, std::string_view on, Suits = {}) {
  Table<CountedPlatform>::for_each([&]<class I>() {
    using T = typename I::Type;
    if constexpr (std::remove_const_t<Suits>{}.template operator()<T>())
      workload.cases.push_back({on, I::kName, I::kFamily, I::kSummary, I::kStanding, run_round<W<T, NoProbe>, NoProbe>,
                                run_round<W<T, LatencyProbe>, LatencyProbe>, kIsLock<T>});
  });
  Table<FaultyPlatform>::for_each([&]<class I>() {
    using T = typename I::Type;
    if constexpr (I::kStanding == Standing::representative && I::kTraits.promise == Profile::strict &&
                  std::remove_const_t<Suits>{}.template operator()<T>())
      for (Case& one : workload.cases)
        if (one.on == on && one.implementation == I::kName) one.disturbed = run_round<W<T, NoProbe>, NoProbe, true>;
  });
}

/// A workload on one primitive.
template <template <class, class> class W, template <class> class Table>
Workload make_workload(Description description) {
  Workload workload{std::move(description), {}};
  add_cases<W, Table>(workload, "");
  return workload;
}

}  // namespace syncbench
