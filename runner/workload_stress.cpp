// Drawing trials, running them in turn until the time is over, and the table of what came of them.
#include "runner/workload_stress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "primitives/platform/fault_plan.hpp"
#include "runner/errors.hpp"
#include "runner/progress.hpp"
#include "runner/result_writer.hpp"
#include "runner/selection.hpp"
#include "runner/stress_modes.hpp"
#include "runner/stress_run.hpp"
#include "runner/trial_spec.hpp"
#include "runner/watchdog.hpp"

namespace syncbench {
namespace {

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto kWindow = 25ms;
constexpr auto kPatience = 2500ms;  // for whatever is still under way; the faults of one trial take less

// One implementation under one workload in one mode: its points differ in the crowd.
struct Subject {
  std::vector<const Point*> points;
  bool disturbed = false;
  std::uint64_t trials = 0, operations = 0, skipped = 0;
  std::string outcome = "passed";
  std::string reason, crowd;
  std::uint64_t seed = 0;  // of the trial that failed
  bool failed() const { return outcome != "passed"; }
};

// Holds and thinks are drawn for each trial, and capacities from the sizes at which buffers break.
Params draw(const Point& point, std::uint64_t seed) {
  constexpr std::array<double, 4> kTimes = {0, 0, 300, 3000};
  constexpr std::array<double, 3> kCapacities = {1, 2, 8};
  Random random(seed, 0);
  Params params = point.params;
  for (const Parameter& parameter : point.workload->description.parameters) {
    if (parameter.name == "critical" || parameter.name == "parallel")
      params.set(parameter.name, kTimes[random.below(4)]);
    if (parameter.name == "capacity" || parameter.name == "permits")
      params.set(parameter.name, kCapacities[random.below(3)]);
  }
  params.set(kFaultSeed, static_cast<double>(random.next() >> 12U));  // what a double holds
  return params;
}

class WorkloadStress {
 public:
  WorkloadStress(const Options& options, const Topology& topology)
      : options_(options), progress_(!options.quiet, options.verbose), random_(options.seed.value_or(1), 1) {
    Options wanted = options;
    if (wanted.threads.empty()) wanted.threads = "2,3,4,8";
    points_ = select_points(wanted, topology.machine(), notes_);
    const StressModes modes = parse_stress_modes(*options.stress);
    if (modes.plain) add_subjects(false);
    if (modes.faulty) add_subjects(true);
    if (subjects_.empty())
      throw UsageError("--stress: workloads run in the modes plain and faulty, and references only in plain");
    const std::string path = options.output.empty() && options.format == Format::jsonl ? "-" : options.output;
    if (!path.empty()) file_ = std::make_unique<ResultWriter>(path, "syncbench-stress");
    prints_ = path != "-";
  }

  int run() {
    const auto end = Clock::now() + options_.stress_time;
    progress_.begin(subjects_.size(), kWindow);
    // In turn, so that whatever the time is, everything has had its share of it.
    for (bool any = true; any && Clock::now() < end && interrupts_.pending() == 0;) {
      any = false;
      for (Subject& subject : subjects_) {
        if (subject.failed() || Clock::now() >= end || interrupts_.pending() != 0) continue;
        run_trial_of(subject);
        any = true;
      }
    }
    progress_.clear();
    return tell();
  }

 private:
  void add_subjects(bool disturbed) {
    std::map<std::pair<const Workload*, const Case*>, std::size_t> places;
    for (const Point& point : points_) {
      if (disturbed && point.subject->disturbed == nullptr) continue;
      const auto [place, fresh] = places.try_emplace({point.workload, point.subject}, subjects_.size());
      if (fresh) subjects_.push_back({.points = {}, .disturbed = disturbed});
      subjects_[place->second].points.push_back(&point);
    }
  }

  void run_trial_of(Subject& subject) {
    const std::uint64_t seed = random_.next();
    const Point& point = *subject.points[Random(seed, 1).below(static_cast<std::uint32_t>(subject.points.size()))];
    TrialSpec spec = spec_of(point);
    spec.params = draw(point, seed);
    if (subject.disturbed) spec.round = point.subject->disturbed;
    spec.team.warmup = 1ms;
    spec.team.window = kWindow;
    spec.team.hardware_counters = false;
    spec.patience = kPatience;
    judge(subject, point, seed, run_trial(spec, interrupts_));
  }

  static void judge(Subject& subject, const Point& point, std::uint64_t seed, const TrialOutcome& outcome) {
    using End = TrialOutcome::End;
    if (outcome.end == End::interrupted) return;
    if (outcome.end == End::not_started) throw IncompleteError(outcome.reason);
    ++subject.trials;
    if (outcome.end == End::finished) {
      for (const std::uint64_t one : outcome.sample.worker_operations) subject.operations += one;
      if (outcome.verdict.kind == Verdict::Kind::ok) return;
      if (outcome.verdict.kind == Verdict::Kind::skipped) {
        ++subject.skipped;
        return;
      }
    }
    subject.outcome = outcome.end == End::finished  ? "FORBIDDEN"
                      : outcome.end == End::crashed ? "CRASH"
                                                    : outcome.reason.substr(0, outcome.reason.find(':'));
    subject.reason = outcome.end == End::finished ? outcome.verdict.reason : outcome.reason;
    subject.crowd = point.name();
    subject.seed = seed;
  }

  static Json to_json(const Subject& subject) {
    const Point& point = *subject.points[0];
    Json json = {{"schema", "syncbench-stress/1"},
                 {"mode", subject.disturbed ? "faulty" : "plain"},
                 {"workload", point.workload->description.name},
                 {"implementation", point.subject->implementation},
                 {"family", point.subject->family},
                 {"runs", subject.trials},
                 {"operations", subject.operations},
                 {"excluded_at_95", 3.0 / static_cast<double>(std::max<std::uint64_t>(1, subject.trials))},
                 {"outcome", subject.outcome}};
    if (!point.subject->on.empty()) json["on"] = point.subject->on;
    if (subject.failed())
      json["finding"] = {{"reason", subject.reason}, {"point", subject.crowd}, {"seed", subject.seed}};
    return json;
  }

  int tell() {
    bool failed = false, hung = false;
    std::string text = fmt::format("{:<16}{:<28}{:<8}{:>8}{:>14}  {}\n", "workload", "implementation", "mode", "trials",
                                   "operations", "outcome");
    for (const Subject& subject : subjects_) {
      if (file_) file_->write(to_json(subject));
      const bool violated = subject.outcome == "FORBIDDEN" || subject.outcome == "CRASH";
      failed = failed || violated;
      hung = hung || (subject.failed() && !violated);
      const Point& point = *subject.points[0];
      text += fmt::format("{:<16}{:<28}{:<8}{:>8}{:>14}  {}\n", point.workload->description.name,
                          fmt::format("{}{}", point.subject->implementation,
                                      point.subject->on.empty() ? "" : fmt::format(" ({})", point.subject->on)),
                          subject.disturbed ? "faulty" : "plain", subject.trials, subject.operations, subject.outcome);
      if (subject.failed())
        text += fmt::format("    {}\n    {}, seed {}\n", subject.reason, subject.crowd, subject.seed);
    }
    if (prints_) fmt::print("{}", text);
    if (std::fflush(stdout) != 0) return kIncomplete;
    if (interrupts_.pending() != 0) return 128 + interrupts_.pending();
    return failed ? kViolated : hung ? kHang : kDone;
  }

  const Options& options_;
  std::vector<std::string> notes_;
  std::vector<Point> points_;
  std::vector<Subject> subjects_;
  std::unique_ptr<ResultWriter> file_;
  bool prints_ = true;
  Interrupts interrupts_;
  Progress progress_;
  Random random_;
};

}  // namespace

int run_workload_stress(const Options& options, const Topology& topology) {
  const StressModes modes = parse_stress_modes(*options.stress);
  const bool real = modes.plain || modes.faulty, scheduled = modes.scheduled || modes.store_buffers;
  Options half = options;
  if (real && scheduled) half.stress_time /= 2;
  int code = real ? WorkloadStress(half, topology).run() : kDone;
  if (code > kHang || !scheduled) return code;
  select_workloads(options.workloads);  // says so if there is none of that name
  half.stress = modes.store_buffers ? (modes.scheduled ? "scheduled,tso" : "tso") : "scheduled";
  const int found = run_stress(half);
  return code == kDone ? found : code;
}

}  // namespace syncbench
