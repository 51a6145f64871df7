// What a workload is: a description of itself, and one compiled trial per implementation. A workload class is a
// template over an implementation (a primitive's type from the catalog, or a small struct of several) and a probe,
//
//   template <class M, class Probe> class Counter {
//     Counter(const Params&, Team&);          // the state, built afresh for every trial
//     void run(Worker&, Probe&);              // one worker's whole loop; everything in it is static
//     void close();                           // the window is over: wake whoever waits
//     Verdict verify(const Team&) const;      // did the invariant hold?
//   };
//
// and `make_workload` folds it over a table of the catalog into a list of plain function pointers.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "primitives/catalog.hpp"
#include "primitives/platform/native.hpp"
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
  std::string_view unit;  ///< "ns" for times, "" for counts
  double fallback;        ///< the default
  double least;
  double most;
  std::string_view meaning;
};

/// Values of all parameters of a workload, times in nanoseconds.
class Params {
 public:
  void set(std::string_view name, double value) { values_.insert_or_assign(std::string(name), value); }
  double operator[](std::string_view name) const { return values_.find(name)->second; }
  const std::map<std::string, double, std::less<>>& values() const { return values_; }
  friend auto operator<=>(const Params&, const Params&) = default;

 private:
  std::map<std::string, double, std::less<>> values_;
};

/// A kind of worker. The plural names the parameter that fixes how many there are (`--set producers=3`).
struct Role {
  std::string_view name;
  std::string_view plural;
  bool counts;  ///< its operations are the workload's operations
};

/// What `--describe` prints.
struct Description {
  std::string_view name;
  std::string_view source;  ///< the part of the source document
  std::string_view summary;
  std::string_view operation;  ///< what one operation is
  std::string_view latency;    ///< what is timed
  std::string_view invariant;
  std::vector<Role> roles;
  std::vector<Parameter> parameters;
};

using RoundFunction = Verdict (*)(Team&, const Params&);

/// One implementation under one workload.
struct Case {
  std::string_view implementation;
  std::string_view family;
  std::string_view summary;
  Standing standing;
  RoundFunction throughput;
  RoundFunction latency;
};

struct Workload {
  Description description;
  std::vector<Case> cases;
};

/// One trial: builds the state, runs the team, asks for the verdict. The two calls through a pointer are one a worker
/// and one a trial; between them everything is static.
template <class W, class Probe>
Verdict run_round(Team& team, const Params& params) {
  struct State {
    W workload;
    Team& team;
  };
  State state{W(params, team), team};
  team.run(
      &state,
      [](void* opaque, Worker& worker) {
        State& self = *static_cast<State*>(opaque);
        Probe probe(worker, self.team);
        self.workload.run(worker, probe);
      },
      [](void* opaque) { static_cast<State*>(opaque)->workload.close(); });
  return state.workload.verify(team);
}

/// `W` over every implementation of a catalog table.
template <template <class, class> class W, template <class> class Table>
Workload make_workload(Description description) {
  Workload workload{std::move(description), {}};
  Table<NativePlatform>::for_each([&]<class I>() {
    using T = typename I::Type;
    workload.cases.push_back({I::kName, I::kFamily, I::kSummary, I::kStanding, run_round<W<T, NoProbe>, NoProbe>,
                              run_round<W<T, LatencyProbe>, LatencyProbe>});
  });
  return workload;
}

}  // namespace syncbench
