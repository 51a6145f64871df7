// Google Benchmark lives here and nowhere else.
#include "runner/benchmark_engine.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <iostream>
#include <limits>
#include <memory>
#include <set>
#include <string_view>

#include "runner/errors.hpp"

namespace syncbench {
namespace {

// Trials that the library gets at a time: its search among n registrations takes a time of n squared.
constexpr std::size_t kMostRegistrations = 1000;

// The trial that Google Benchmark is running or has just run: it reports a registration right after running it.
struct Current {
  const EngineTrial* trial = nullptr;
  EngineRow row;
};

// Copies a run and makes it tell the truth about the trial, whatever version the library is: `real_time` becomes wall
// time per operation and `cpu_time` processor time per operation, since the library divides both by `iterations`.
benchmark::BenchmarkReporter::Run corrected(const benchmark::BenchmarkReporter::Run& run, const Current& current) {
  auto copy = run;
  copy.run_name.function_name = current.trial->name;
  copy.run_name.iterations.clear();
  copy.run_name.time_type.clear();
  copy.threads = static_cast<decltype(copy.threads)>(current.trial->threads);
  copy.family_index = static_cast<decltype(copy.family_index)>(current.trial->family);
  copy.per_family_instance_index = static_cast<decltype(copy.per_family_instance_index)>(current.trial->instance);
  copy.repetition_index = current.trial->repetition;
  copy.repetitions = current.trial->repetitions;
  copy.iterations = static_cast<benchmark::IterationCount>(current.row.operations);
  copy.real_accumulated_time = current.row.duration_s;
  copy.cpu_accumulated_time = current.row.cpu_s;
  return copy;
}

class ForwardingReporter final : public benchmark::BenchmarkReporter {
 public:
  /// Without a reporter to forward to it is silent.
  /// `table`: the columns are those of the first row, so every row needs all of them; what was not measured is NaN.
  ForwardingReporter(const Current& current, std::unique_ptr<benchmark::BenchmarkReporter> to, bool table = false)
      : current_(current), to_(std::move(to)), table_(table) {}

  bool ReportContext(const Context& context) override {
    if (!to_ || begun_) return true;
    begun_ = true;
    to_->SetOutputStream(&GetOutputStream());
    to_->SetErrorStream(&GetErrorStream());
    return to_->ReportContext(context);
  }
  void ReportRuns(const std::vector<Run>& runs) override {
    if (!to_ || !current_.row.report) return;
    std::vector<Run> truth;
    for (const Run& run : runs) truth.push_back(corrected(run, current_));
    if (table_)
      for (Run& run : truth)
        for (const auto& [name, value] : current_.row.counters)
          run.counters.try_emplace(name, std::numeric_limits<double>::quiet_NaN());
    to_->ReportRuns(truth);
  }
  void Finalize() override {
    if (to_ && !more_to_come_) to_->Finalize();
  }
  /// One report is made of several calls of the library.
  void expect_more(bool more) { more_to_come_ = more; }

 private:
  const Current& current_;
  std::unique_ptr<benchmark::BenchmarkReporter> to_;
  bool table_;
  bool begun_ = false;
  bool more_to_come_ = false;
};

std::unique_ptr<benchmark::BenchmarkReporter> stock_reporter(std::string_view format) {
  if (format == "json") return std::make_unique<benchmark::JSONReporter>();
  if (format == "console") return std::make_unique<benchmark::ConsoleReporter>(benchmark::ConsoleReporter::OO_None);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"  // deprecated for years, and what people's scripts read
  if (format == "csv") return std::make_unique<benchmark::CSVReporter>();
#pragma GCC diagnostic pop
  return nullptr;
}

std::string value_of(const std::vector<std::string>& flags, const std::string& name, const std::string& fallback) {
  for (const std::string& flag : flags)
    if (flag.starts_with(name + "=")) return flag.substr(name.size() + 1);
  return fallback;
}

void initialize(const std::vector<std::string>& flags) {
  static char program[] = "syncbench";  // the library keeps the pointer and prints it in its reports
  std::vector<std::string> words = flags;
  std::vector<char*> arguments = {program};
  for (std::string& word : words) arguments.push_back(word.data());
  int count = static_cast<int>(arguments.size());
  benchmark::Initialize(&count, arguments.data());
  if (count > 1) throw UsageError(std::string(arguments[1]) + ": Google Benchmark does not know this flag");
}

void register_trial(const EngineTrial& trial, Current& current, std::size_t& ran) {
  benchmark::RegisterBenchmark(trial.name.c_str(),
                               [&trial, &current, &ran](benchmark::State& state) {
                                 current = {&trial, trial.run()};
                                 ran += current.row.report;
                                 if (!current.row.error.empty()) state.SkipWithError(current.row.error.c_str());
                                 for (auto iteration : state) {
                                   static_cast<void>(iteration);
                                   state.SetIterationTime(current.row.duration_s);
                                 }
                                 for (const auto& [name, value] : current.row.counters)
                                   if (value) state.counters[name] = *value;
                               })
      ->Iterations(1)
      ->UseManualTime()
      ->Unit(benchmark::kNanosecond);
}

void refuse_empty(std::size_t matched, const std::vector<EngineTrial>& trials) {
  if (matched == 0 && !trials.empty())
    throw UsageError("--benchmark_filter: matches no trial; --dry-run shows their names");
}

}  // namespace

// The library tells how many registrations a filter leaves only by going through them: it is made to list them into
// nothing, without the output file that it would open first.
void check_benchmark_flags(const std::vector<EngineTrial>& trials, const std::vector<std::string>& flags) {
  std::vector<std::string> listing = flags;
  listing.insert(listing.end(), {"--benchmark_list_tests=true", "--benchmark_out="});
  initialize(listing);
  if (trials.empty()) return;
  Current current;
  std::size_t ran = 0;
  std::set<std::string_view> names;  // repetitions have one name and are matched alike
  for (const EngineTrial& trial : trials)
    if (names.insert(trial.name).second) register_trial(trial, current, ran);
  ForwardingReporter silent(current, nullptr);
  std::ostream nowhere(nullptr);
  silent.SetOutputStream(&nowhere);
  silent.SetErrorStream(&nowhere);
  const std::size_t matched = benchmark::RunSpecifiedBenchmarks(&silent, nullptr);
  benchmark::ClearRegisteredBenchmarks();
  refuse_empty(matched, trials);
}

std::size_t run_benchmarks(const std::vector<EngineTrial>& trials, Format format, const std::vector<std::string>& flags,
                           const std::vector<std::pair<std::string, std::string>>& context) {
  // The library's flags outlive a call: what an earlier one set is taken back first.
  std::vector<std::string> running = {"--benchmark_list_tests=false", "--benchmark_out=", "--benchmark_filter="};
  running.insert(running.end(), flags.begin(), flags.end());
  initialize(running);
  if (trials.empty()) return 0;  // everything was there already; the library would complain of a filter
  for (const auto& [key, value] : context) benchmark::AddCustomContext(key, value);
  Current current;
  std::size_t ran = 0;
  const std::string shown = format == Format::json ? "json" : format == Format::csv ? "csv" : "none";
  const std::string filed = value_of(flags, "--benchmark_out_format", "json");
  ForwardingReporter display(current, stock_reporter(shown), shown == "csv");
  ForwardingReporter file(current, stock_reporter(filed), filed == "csv");
  const bool to_file = !value_of(flags, "--benchmark_out", "").empty();
  // A file reporter without a file makes the library exit; a file without our reporter gets uncorrected runs.
  // The library would begin its file anew at each call, and complain of a part that its filter leaves nothing of.
  const bool whole = to_file || !value_of(flags, "--benchmark_filter", "").empty();
  const std::size_t part = whole ? trials.size() : kMostRegistrations;
  std::size_t matched = 0;
  for (std::size_t next = 0; next < trials.size();) {
    const std::size_t end = std::min(trials.size(), next + part);
    for (; next < end; ++next) register_trial(trials[next], current, ran);
    display.expect_more(end < trials.size());
    matched += benchmark::RunSpecifiedBenchmarks(&display, to_file ? &file : nullptr);
    benchmark::ClearRegisteredBenchmarks();
  }
  refuse_empty(matched, trials);
  return ran;
}

}  // namespace syncbench
