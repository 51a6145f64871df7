// The run. A trial goes: fingerprint, process, fingerprint, judgement, record on disk, row for Google Benchmark.
#include "runner/campaign.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <functional>
#include <iostream>
#include <map>
#include <set>

#include "primitives/platform/numa_node.hpp"
#include "runner/benchmark_engine.hpp"
#include "runner/environment.hpp"
#include "runner/errors.hpp"
#include "runner/figures.hpp"
#include "runner/metrics.hpp"
#include "runner/precision.hpp"
#include "runner/progress.hpp"
#include "runner/record.hpp"
#include "runner/result_writer.hpp"
#include "runner/run_environment.hpp"
#include "runner/schedule.hpp"
#include "runner/summary.hpp"
#include "runner/trial_process.hpp"
#include "runner/trial_spec.hpp"
#include "runner/units.hpp"

namespace syncbench {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr unsigned kSampledEvery = 4;
// Two fingerprints, a fork, threads: 6.5 ms a trial (within 4) in results/example, beside warm-up and window.
constexpr auto kTrialOverhead = 6ms;

std::string utc_now(const char* format) {
  return fmt::format(fmt::runtime(fmt::format("{{:{}}}", format)), fmt::gmtime(std::time(nullptr)));
}

std::string default_output(const Options& options) {
  std::error_code ignored;
  std::filesystem::create_directory("results", ignored);
  std::string name = fmt::format("{}", fmt::join(options.workloads, "+"));
  return fmt::format("results/{}-{}.jsonl", name, utc_now("%Y%m%d-%H%M%S"));
}

std::chrono::nanoseconds time_of_a_trial(const Options& options) {
  return options.warmup + options.duration + kTrialOverhead;
}

// The rounds asked for, or with --until-ci those that its budget may need.
unsigned rounds_to_plan(const Options& options, const std::vector<Point>& points) {
  if (!options.until_ci) return options.repetitions;
  const auto round = make_schedule(points, 1, options.latency != Latency::off, 0);
  std::map<std::size_t, std::size_t> blocks;
  for (const Trial& trial : round) ++blocks[trial.block];
  const auto smaller = [](const auto& a, const auto& b) { return a.second < b.second; };
  return most_rounds({.least_rounds = options.repetitions,
                      .trials_a_round = round.size(),
                      .smallest_block = std::ranges::min_element(blocks, smaller)->second,
                      .a_trial = time_of_a_trial(options),
                      .limit = options.time_limit});
}

Outcome outcome_of(const nlohmann::ordered_json& record) {
  Outcome outcome{.verdict = record.at("verdict"), .items_per_second = record.value("items_per_second", 0.0)};
  outcome.around.sure = record.at("validity").at("ok");
  const auto fingerprint = record.value("fingerprint", nlohmann::ordered_json::object());
  if (fingerprint.contains("line_ns"))
    outcome.around.line_ns = std::ranges::max(fingerprint["line_ns"].get<std::vector<double>>());
  return outcome;
}

// What an earlier, interrupted run has left in the file.
struct Earlier {
  std::map<std::string, Outcome> done;  // by identity; `around` without its processors, which the plan knows
  std::set<std::string> verdicts;
  std::optional<std::uint64_t> seed;
};

Earlier read_earlier(const std::string& path, Progress& progress) {
  Earlier earlier;
  read_lines(
      path,
      [&](const nlohmann::ordered_json& line) {
        if (line.value("record", "") != "trial" || line.value("schema", "") != kSchema) return;
        const std::string verdict = line.at("verdict");
        if (verdict == "skipped") return;  // it may have been refused a thread or a processor: try again
        earlier.done.insert_or_assign(identity_of(line), outcome_of(line));
        earlier.verdicts.insert(verdict);
        earlier.seed = line.at("seed");
      },
      [&](std::size_t number) {
        progress.warn(fmt::format("{}:{}: not a record; that trial runs again", path, number));
      });
  return earlier;
}

// Two different processors of a point, between which the line is timed.
std::optional<std::pair<std::size_t, std::size_t>> two_of(const std::vector<std::size_t>& pus) {
  for (const std::size_t pu : pus)
    if (pu != pus.front()) return std::minmax(pus.front(), pu);
  return std::nullopt;
}

class Campaign {
 public:
  Campaign(const Options& options, const std::vector<std::string>& arguments, const Topology& topology)
      : options_(options), topology_(topology), progress_(!options.quiet, options.verbose) {
    std::vector<std::string> notes;
    points_ = select_points(options, topology.machine(), notes);
    for (const std::string& note : notes) progress_.note("syncbench: left out: " + note);
    identity_.command = fmt::format("syncbench {}", fmt::join(arguments, " "));
  }

  int run() {
    environment_ = describe_run(topology_);
    warn_about_environment();
    prepare_schedule();
    const auto trials = engine_trials();
    check_benchmark_flags(trials, options_.benchmark_flags);
    open_output();
    began_ = Clock::now();
    progress_.begin(schedule_.size(), time_of_a_trial(options_), precision_.has_value());
    run_benchmarks(trials, options_.format, options_.benchmark_flags, {{"syncbench_run", identity_.environment}});
    progress_.clear();
    report();
    return exit_code();
  }

 private:
  void warn_about_environment() {
    bool severe = false;
    for (const Warning& warning : check_environment(environment_)) {
      if (warning.severity != Severity::kSevere) continue;
      severe = true;
      progress_.warn(warning.text);
    }
    if (!topology_.is_this_system())
      throw EnvironmentError(
          "this topology is made up (HWLOC_SYNTHETIC or HWLOC_XMLFILE is set): nothing is timed on it; --dry-run "
          "works");
    if (severe && options_.strict_environment)
      throw EnvironmentError("--strict-env: refused because of the warnings above");
  }

  void prepare_schedule() {
    if (options_.resume) earlier_ = read_earlier(options_.output, progress_);
    identity_.seed =
        options_.seed ? *options_.seed
        : earlier_.seed
            ? *earlier_.seed
            : static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count()) % 1'000'000;
    rounds_ = rounds_to_plan(options_, points_);
    schedule_ = make_schedule(points_, rounds_, options_.latency != Latency::off, identity_.seed);
    if (options_.until_ci) precision_.emplace(points_, *options_.until_ci);
    const std::size_t planned = schedule_.size();
    std::erase_if(schedule_, [&](const Trial& trial) { return is_done(trial); });
    if (options_.resume)
      progress_.note(fmt::format("syncbench: {} of {}{} trials are in {} already", planned - schedule_.size(),
                                 precision_ ? "up to " : "", planned, options_.output));
  }

  // Is it in the file that is resumed? Then it counts for the intervals, and its block, once begun, is finished.
  bool is_done(const Trial& trial) {
    const Point& point = points_[trial.point];
    const auto done = earlier_.done.find(identity_of(point, trial));
    if (done == earlier_.done.end()) return false;
    begun_.insert(trial.block);
    Outcome& outcome = done->second;
    outcome.around.between = two_of(point.pus);
    if (precision_) precision_->add(trial, outcome);
    return true;
  }

  // With --until-ci: every interval of this trial's group was narrow enough when its block came up.
  bool is_needless(const Trial& trial) {
    if (!precision_ || trial.repetition < options_.repetitions || begun_.contains(trial.block)) return false;
    const bool reached = precision_->reached(points_[trial.point].group);
    if (!reached) begun_.insert(trial.block);
    return reached;
  }

  void open_output() {
    path_ = options_.output.empty() ? default_output(options_) : options_.output;
    if (options_.format == Format::jsonl && options_.output.empty()) path_ = "-";
    std::error_code none;
    appends_ = std::filesystem::is_regular_file(path_, none) && std::filesystem::file_size(path_, none) > 0;
    writer_ = std::make_unique<ResultWriter>(path_);
    identity_.environment = fmt::format("{}-{}", utc_now("%Y%m%dT%H%M%SZ"), ::getpid());
    const auto& calibration = environment_["calibration"];
    if (calibration.contains("timer_resolution_ns")) timer_resolution_ns_ = calibration["timer_resolution_ns"];
    identity_.timer_ns = calibration.value("timer_ns", 0.0);
    identity_.build = environment_["build"].value("revision", environment_["build"].value("version", ""));
    nlohmann::ordered_json line = {{"schema", kSchema}, {"record", "environment"}, {"id", identity_.environment}};
    line.update(environment_);
    writer_->write(line);
  }

  std::vector<EngineTrial> engine_trials() {
    std::vector<EngineTrial> trials;
    for (const Trial& trial : schedule_) {
      const Point& point = points_[trial.point];
      std::string name = point.name();
      if (trial.kind == Kind::latency) name += "/latency";
      if (trial.copy != 0) name += "/again";
      trials.push_back({.name = std::move(name),
                        .family = point.group,
                        .instance = trial.point,
                        .repetition = trial.repetition,
                        .repetitions = rounds_,
                        .threads = point.threads(),
                        .run = [this, &trial, &point] { return run_one(trial, point); }});
    }
    return trials;
  }

  EngineRow run_one(const Trial& trial, const Point& point) {
    if (is_needless(trial)) return progress_.left_out(), EngineRow{.report = false};
    if (out_of_time()) (trial.repetition < options_.repetitions ? cut_short_ : budget_spent_) = true;
    if (cut_short_ || budget_spent_ || write_error_ || interrupts_.pending() != 0) return {.report = false};
    progress_.show(fmt::format("{} {} threads {}", point.subject->implementation, point.threads(),
                               trial.kind == Kind::latency ? "latency" : "throughput"));
    TrialResult result = measure(trial, point);
    if (result.outcome.end == TrialOutcome::End::interrupted) return {.report = false};
    try {
      writer_->write(make_record(result, identity_));
    } catch (const IncompleteError& error) {
      write_error_ = error.what();
      return {.report = false};
    }
    progress_.finished(line_of(result));
    EngineRow row = row_of(result);
    if (precision_) precision_->add(result);
    result.outcome.sample.forget_all_but_latency();  // a long run has thousands of these
    results_.push_back(std::move(result));
    return row;
  }

  bool out_of_time() const { return options_.time_limit && Clock::now() - began_ > *options_.time_limit; }

  TrialResult measure(const Trial& trial, const Point& point) {
    TrialResult result{.trial = trial, .point = &point};
    result.started_at = utc_now("%Y-%m-%dT%H:%M:%SZ");
    result.line_between = two_of(point.pus);
    const CpuAccounting accounting(os_indices(point));
    result.before = look_at(result.line_between);
    const CpuSample sample_before = accounting.sample();
    const double own_before = own_cpu_seconds();
    try {
      result.outcome = run_trial(spec_of(trial, point), interrupts_);
    } catch (const IncompleteError& error) {
      result.outcome.end = TrialOutcome::End::not_started;
      result.outcome.reason = error.what();
    }
    result.cpu = CpuAccounting::delta(sample_before, accounting.sample(), own_cpu_seconds() - own_before);
    result.after = look_at(result.line_between);
    result.validity = judge_trial(result);
    return result;
  }

  // A busy processor can spoil one look; three spoilt ones are the machine's state, and the record says so.
  Fingerprint look_at(const std::optional<std::pair<std::size_t, std::size_t>>& pus) const {
    const PuBinder bind = [this](std::size_t pu) { return !topology_.bind_this_thread(pu); };
    Fingerprint seen = take_fingerprint(bind, pus);
    for (int again = 0; again < 2 && pus && !seen.line_ns; ++again) seen = take_fingerprint(bind, pus);
    return seen;
  }

  std::vector<std::size_t> os_indices(const Point& point) const {
    std::set<std::size_t> indices;
    for (const std::size_t pu : point.pus) indices.insert(topology_.machine().pus[pu].os);
    if (point.pus.empty())
      for (const Pu& pu : topology_.machine().pus) indices.insert(pu.os);
    return {indices.begin(), indices.end()};
  }

  TrialSpec spec_of(const Trial& trial, const Point& point) const {
    const bool latency = trial.kind == Kind::latency;
    TrialSpec spec = syncbench::spec_of(point);
    spec.team.warmup = options_.warmup;
    spec.team.window = options_.duration;
    spec.team.sample_every = options_.latency == Latency::all ? 1 : kSampledEvery;
    spec.team.hardware_counters = options_.hardware_counters;
    spec.patience = options_.timeout;
    if (latency) {
      spec.round = point.subject->latency;
      spec.series_by_order.push_back(false);
      for (const Series& series : point.workload->description.series) spec.series_by_order.push_back(series.by_order);
    }
    spec.team.bind = [this, &point](unsigned rank) {
      if (point.pus.empty()) return -1;
      if (const auto refused = topology_.bind_this_thread(point.pus[rank])) throw IncompleteError(*refused);
      numa_node_of_this_thread = topology_.machine().pus[point.pus[rank]].numa;  // for locks that ask
      const auto granted = topology_.bound_os_pu();
      return granted ? static_cast<int>(*granted) : -1;
    };
    return spec;
  }

  Validity judge_trial(const TrialResult& result) {
    const Point& point = *result.point;
    TrialFacts facts;
    facts.before = result.before;
    facts.after = result.after;
    facts.line_expected = result.line_between.has_value();
    if (result.line_between && result.line_ns()) {
      const auto [best, fresh] = best_lines_.try_emplace(*result.line_between, *result.line_ns());
      if (!fresh) best->second = std::min(best->second, *result.line_ns());
      facts.best_line_ns = best->second;
    }
    best_multiply_ = std::min({best_multiply_, result.before.multiply_ns, result.after.multiply_ns});
    facts.best_multiply_ns = best_multiply_;
    facts.cpu = result.cpu;
    for (const std::size_t pu : point.pus) facts.requested.push_back(topology_.machine().pus[pu].os);
    for (const int os : result.outcome.granted) facts.granted.push_back(static_cast<std::size_t>(os));
    facts.threads = point.threads();
    facts.pus = os_indices(point).size();
    facts.oversubscribed = point.oversubscribed;
    if (result.outcome.end != TrialOutcome::End::finished) {
      facts.requested.clear();  // what did not finish has no window to doubt
      facts.granted.clear();
      facts.window_s = 1e9;
    } else {
      facts.window_s = result.outcome.sample.duration_s;
      if (result.ok())
        facts.idle_workers = static_cast<std::size_t>(std::ranges::count(result.outcome.sample.worker_operations, 0U));
      facts.involuntary_switches = static_cast<double>(result.outcome.sample.involuntary_switches);
      const Histogram& latency = result.outcome.sample.latency();
      if (latency.resolves(0.5)) facts.p50_ns = static_cast<double>(latency.percentile(0.5));
      facts.timer_resolution_ns = timer_resolution_ns_;
      facts.run_delay_s = result.outcome.sample.around.run_delay_s;
      facts.voluntary_switches = static_cast<double>(result.outcome.sample.voluntary_switches);
    }
    return judge(facts);
  }

  // Every row has the same counters, measured or not: a table takes its columns from the first.
  static EngineRow row_of(const TrialResult& result) {
    const Sample& sample = result.outcome.sample;
    EngineRow row;
    const auto add = [&](std::string name, std::optional<double> value) {
      row.counters.emplace_back(std::move(name), result.ok() ? value : std::nullopt);
    };
    const bool rated = result.ok() && result.trial.kind == Kind::throughput;
    add("items_per_second", rated ? std::optional(result.items_per_second()) : std::nullopt);
    for (const auto& [name, share] : {std::pair("p50_ns", 0.5), {"p99_ns", 0.99}, {"p999_ns", 0.999}})
      add(name,
          sample.latency().resolves(share) ? std::optional<double>(sample.latency().percentile(share)) : std::nullopt);
    for (const Metric& metric : all_metrics())
      add(std::string(metric.name), result.ok() ? metric.of(sample) : std::nullopt);
    if (!result.ok()) {
      row.error = fmt::format("{}: {}", result.verdict(), result.reason());
      return row;
    }
    row.duration_s = sample.duration_s;
    row.operations = static_cast<double>(sample.operations());
    row.cpu_s = sample.cpu_s;
    return row;
  }

  static std::string line_of(const TrialResult& result) {
    std::string line = fmt::format("{} {} rep {}: {}", result.point->name(),
                                   result.trial.kind == Kind::latency ? "latency" : "throughput",
                                   result.trial.repetition, result.verdict());
    if (result.ok()) line += fmt::format(" {:.4g}/s", result.items_per_second());
    for (const std::string& reason : result.validity.reasons) line += "; " + reason;
    return line;
  }

  // The table and the figures. With a format of Google Benchmark's, standard output belongs to that.
  void report() {
    const bool table = options_.format == Format::console && path_ != "-";
    if (table) {
      const bool colour =
          options_.color == Color::always ||
          (options_.color == Color::automatic && ::isatty(STDOUT_FILENO) == 1 && ::getenv("NO_COLOR") == nullptr);
      fmt::print("{}", render(summarize(points_, results_), colour, identity_.timer_ns));
      if (options_.resume)
        fmt::print("\ntable: the {} trials of this call; the {} before it are in the file and in the figures\n",
                   results_.size(), earlier_.done.size());
      else if (appends_)
        fmt::print("\ntable: the {} trials of this call; those that were in the file before are in the figures, too\n",
                   results_.size());
      fmt::print("\nresults  {}\n", path_);
    }
    if (options_.plot && path_ != "-" && (!results_.empty() || options_.resume) && !write_error_ &&
        interrupts_.pending() == 0)
      plotted_ = draw_figures(path_, table);
    std::cout.flush();  // what Google Benchmark printed
    if (std::fflush(stdout) != 0 || !std::cout)
      write_error_ = "standard output cannot be written; the file is complete";
    if (write_error_) progress_.warn(*write_error_);
    if (precision_ && !cut_short_ && !write_error_ && interrupts_.pending() == 0) report_precision();
    if (cut_short_)
      progress_.warn(fmt::format(
          "--time-limit reached: {} of {}{} trials ran; the same command with --resume and that --output goes on",
          results_.size(), precision_ ? "up to " : "", schedule_.size()));
    if (interrupts_.pending() != 0)
      progress_.warn(fmt::format(
          "interrupted: {} of {}{} trials are kept in {}; the same command with --resume --output {} goes on",
          results_.size(), precision_ ? "up to " : "", schedule_.size(), path_, path_));
  }

  void report_precision() {
    auto wide = precision_->wide();
    const std::string target = fmt::format("--until-ci {:g}%", *options_.until_ci * 100);
    if (wide.empty())
      return progress_.note(fmt::format("syncbench: {}: every interval is narrow enough, after {} of up to {} trials",
                                        target, results_.size(), schedule_.size()));
    std::ranges::stable_sort(wide, std::greater(), [](const WidePoint& one) { return relative_width(one.median); });
    std::string text =
        fmt::format("{}: {}, and {} of {} points are still wider:", target,
                    budget_spent_ ? "--time-limit is reached" : fmt::format("{} rounds are done", rounds_), wide.size(),
                    points_.size());
    for (const auto& [point, median] : wide) {
      const double width = relative_width(median);
      text +=
          fmt::format("\n  {:>8}  n = {:<5} {}", std::isfinite(width) ? fmt::format("{:.2g}%", width * 100) : "unknown",
                      median.count, points_[point].name());
    }
    progress_.warn(text);
  }

  int exit_code() {
    const auto any = [&](auto predicate) { return std::ranges::any_of(results_, predicate); };
    const auto ended = [&](const std::string& verdict) {
      return earlier_.verdicts.contains(verdict) || any([&](const TrialResult& r) { return r.verdict() == verdict; });
    };
    if (const int signal = interrupts_.pending(); signal != 0) return 128 + signal;
    if (ended("violated")) return kViolated;
    if (ended("hang")) return kHang;
    if (!ended("ok")) return kIncomplete;  // everything was skipped
    const bool started = !any([](const TrialResult& r) { return r.outcome.end == TrialOutcome::End::not_started; });
    return started && !write_error_ && !cut_short_ && plotted_ ? kDone : kIncomplete;
  }

  const Options& options_;
  const Topology& topology_;
  Progress progress_;
  std::vector<Point> points_;
  unsigned rounds_ = 0;
  std::vector<Trial> schedule_;
  std::optional<Precision> precision_;  // with --until-ci
  std::set<std::size_t> begun_;         // blocks that must not be torn
  nlohmann::ordered_json environment_;
  RunIdentity identity_;
  Interrupts interrupts_;
  std::string path_;
  std::unique_ptr<ResultWriter> writer_;
  bool appends_ = false;  // to a file that had something in it
  Clock::time_point began_;
  std::map<std::pair<std::size_t, std::size_t>, double> best_lines_;  // of this run, by processors
  double best_multiply_ = 1e9;
  std::optional<double> timer_resolution_ns_;
  Earlier earlier_;
  std::vector<TrialResult> results_;
  std::optional<std::string> write_error_;
  bool cut_short_ = false;     // by the time limit, before everything asked for was measured
  bool budget_spent_ = false;  // likewise, but after the least that --until-ci needs
  bool plotted_ = true;
};

}  // namespace

int run_campaign(const Options& options, const std::vector<std::string>& arguments, const Topology& topology) {
  return Campaign(options, arguments, topology).run();
}

std::string dry_run(const Options& options, const Topology& topology) {
  std::vector<std::string> notes;
  const auto points = select_points(options, topology.machine(), notes);
  const std::uint64_t seed = options.seed.value_or(0);
  const auto schedule = make_schedule(points, options.repetitions, options.latency != Latency::off, seed);
  std::string text;
  std::set<std::size_t> shown;
  for (const Point& point : points) {
    if (!shown.insert(point.group).second) continue;
    std::vector<std::string> roles;
    for (const unsigned role : point.worker_roles) roles.emplace_back(point.workload->description.roles[role].name);
    text += fmt::format("{} threads, {} {}\n{}\n", point.threads(), point.workload->description.name,
                        point.policy.text(), placement_table(topology.machine(), point.pus, roles));
  }
  const auto each = time_of_a_trial(options);
  const auto expected = [&](std::size_t trials) { return show_duration(each * static_cast<std::int64_t>(trials)); };
  text += fmt::format("order (seed {}{})\n", seed, options.seed ? "" : "; a run without --seed draws one");
  for (const Trial& trial : schedule)
    text += fmt::format("  {:>4}  block {:<4} {}{}{}\n", trial.order, trial.block, points[trial.point].name(),
                        trial.kind == Kind::latency ? " latency" : "", trial.copy == 0 ? "" : " again");
  text += fmt::format("\n{} points, {} trials of {} + {}: about {}\n", points.size(), schedule.size(),
                      show_duration(options.warmup), show_duration(options.duration), expected(schedule.size()));
  if (options.until_ci) {
    const std::size_t most = schedule.size() / options.repetitions * rounds_to_plan(options, points);
    text +=
        fmt::format("--until-ci {:g}%: then on, round by round, where intervals are wider: up to {} trials, {}\n",
                    *options.until_ci * 100, most,
                    options.time_limit ? "within " + show_duration(*options.time_limit) : "about " + expected(most));
  }
  for (const std::string& note : notes) text += "left out: " + note + "\n";
  return text;
}

}  // namespace syncbench
