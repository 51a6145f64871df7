// Statistics of one run, and the table. Comparison of two runs is the analysis' affair.
#include "runner/summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <iterator>
#include <map>

#include "runner/metrics.hpp"

namespace syncbench {
namespace {

using Trials = std::vector<const TrialResult*>;

// The trials of one point that may be averaged with each other, and how many were not taken, or taken for want of
// better.
struct PointTrials {
  Trials throughput, again, latency;
  std::size_t far = 0;
  std::size_t doubtful = 0;
};

Trials chosen(const Trials& held, const BestLines& best, PointTrials& counts) {
  std::vector<Circumstances> around;
  for (const TrialResult* trial : held) around.push_back(trial->circumstances());
  const Choice choice = choose(around, best);
  counts.far += choice.far;
  counts.doubtful += choice.doubtful;
  Trials used;
  for (const std::size_t i : choice.used) used.push_back(held[i]);
  return used;
}

PointTrials trials_of(std::size_t point, const std::vector<TrialResult>& results, const BestLines& best) {
  Trials throughput, again, latency;
  for (const TrialResult& result : results) {
    if (result.trial.point != point || !result.ok()) continue;
    const bool timed = result.trial.kind == Kind::latency;
    (timed ? latency : result.trial.copy == 1 ? again : throughput).push_back(&result);
  }
  PointTrials trials;
  trials.throughput = chosen(throughput, best, trials);
  trials.again = chosen(again, best, trials);
  trials.latency = chosen(latency, best, trials);
  return trials;
}

template <class Value>
std::optional<Median> median_over(const Trials& trials, Value value) {
  std::vector<double> values;
  for (const TrialResult* trial : trials)
    if (const std::optional<double> one = value(*trial)) values.push_back(*one);
  return median_of(std::move(values));
}

template <class Value>
std::optional<double> middle(const Trials& trials, Value value) {
  const auto median = median_over(trials, value);
  return median ? std::optional(median->value) : std::nullopt;
}

std::optional<double> rate(const TrialResult& result) {
  return result.items_per_second();
}

// Of trials of which at least nine in ten have the value: the others' middle would be one of other trials, a p99 below
// the median. analysis/measures.py follows the same rule.
template <class Value>
std::optional<double> middle_of_most(const Trials& trials, Value value) {
  const auto median = median_over(trials, value);
  return median && 10 * median->count >= 9 * trials.size() ? std::optional(median->value) : std::nullopt;
}

auto percentile(double share) {
  return [share](const TrialResult& result) -> std::optional<double> {
    const Histogram& latency = result.outcome.sample.latency();
    if (!latency.resolves(share)) return std::nullopt;
    return static_cast<double>(latency.percentile(share));
  };
}

auto metric(std::string_view name) {
  const auto metrics = all_metrics();
  const auto found = std::ranges::find(metrics, name, &Metric::name);
  return [of = found->of](const TrialResult& result) { return of(result.outcome.sample); };
}

std::optional<double> ratio(double rate, double reference) {
  return reference > 0 ? std::optional(rate / reference) : std::nullopt;
}

// On a logarithmic scale, where the middle between two ratios is that of their reciprocals too.
template <class Value>
std::optional<Median> median_of_ratios(const Trials& trials, Value value) {
  auto median = median_over(trials, [&](const TrialResult& trial) -> std::optional<double> {
    const std::optional<double> one = value(trial);
    return one ? std::optional(std::log(*one)) : std::nullopt;
  });
  if (median) {
    for (double* end : {&median->value, &median->low, &median->high}) *end = std::exp(*end);
  }
  return median;
}

// By block, the rate of the reference: the mean of its two measurements where both are there.
std::map<std::size_t, double> reference_rates(const Trials& trials) {
  std::map<std::size_t, std::vector<double>> rates;
  for (const TrialResult* trial : trials) rates[trial->trial.block].push_back(trial->items_per_second());
  std::map<std::size_t, double> means;
  for (const auto& [block, values] : rates) means[block] = values.size() == 1 ? values[0] : (values[0] + values[1]) / 2;
  return means;
}

void put_verdict(SummaryRow& row, std::size_t point, const std::vector<TrialResult>& results) {
  std::map<std::string, std::size_t> counts;
  std::size_t total = 0;
  for (const TrialResult& result : results) {
    if (result.trial.point != point) continue;
    ++total;
    ++counts[std::string(result.verdict())];
    if (row.reason.empty() && !result.ok()) row.reason = result.reason();
  }
  row.verdict = "ok";
  for (const char* worst : {"skipped", "hang", "violated"})
    if (counts.contains(worst)) row.verdict = fmt::format("{} {}/{}", worst, counts[worst], total);
  if (total == 0) row.verdict = "not run";
}

SummaryRow make_row(std::size_t index, const Point& point, const PointTrials& trials,
                    const std::map<std::size_t, double>& reference, const std::vector<TrialResult>& results) {
  SummaryRow row{.point = &point};
  put_verdict(row, index, results);
  if (row.verdict.starts_with("violated")) return row;  // a lock that breaks sometimes has no speed
  row.far = trials.far;
  row.doubtful = trials.doubtful;
  row.items_per_second = median_over(trials.throughput, rate);
  if (!is_reference(*point.subject)) {
    row.ratio = median_of_ratios(trials.throughput, [&](const TrialResult& trial) -> std::optional<double> {
      const auto found = reference.find(trial.trial.block);
      if (found == reference.end()) return std::nullopt;
      return ratio(trial.items_per_second(), found->second);
    });
  }
  row.backlog = middle(trials.throughput, [](const TrialResult& trial) -> std::optional<double> {
    const auto most = trial.outcome.sample.counts.find("backlog_most");
    return most == trial.outcome.sample.counts.end() ? std::nullopt : std::optional(most->second);
  });
  row.saturated = static_cast<std::size_t>(std::ranges::count_if(results, [&](const TrialResult& result) {
    return result.trial.point == index && result.ok() && result.saturated();
  }));
  if (row.saturated == 0) {  // otherwise they grow with the window
    row.p50 = middle_of_most(trials.latency, percentile(0.5));
    row.p99 = middle_of_most(trials.latency, percentile(0.99));
    row.p999 = middle_of_most(trials.latency, percentile(0.999));
  }
  row.fairness = middle(trials.throughput, metric("fairness_jain"));
  row.cpu_ns = middle(trials.throughput, metric("cpu_ns_per_operation"));
  return row;
}

std::string show_rate(double rate) {
  if (rate >= 1e9) return fmt::format("{:.3g} G", rate / 1e9);
  if (rate >= 1e6) return fmt::format("{:.3g} M", rate / 1e6);
  if (rate >= 1e3) return fmt::format("{:.3g} k", rate / 1e3);
  return fmt::format("{:.3g}", rate);
}

// Two decimals, or two digits where decimals would read 0.00: a collapse must not look like a zero.
std::string show_ratio(double ratio) {
  return ratio >= 0.1 ? fmt::format("{:.2f}", ratio) : fmt::format("{:.2g}", ratio);
}

std::string show_time(std::optional<double> nanoseconds) {
  if (!nanoseconds) return "-";
  if (*nanoseconds >= 1e9) return fmt::format("{:.3g} s", *nanoseconds / 1e9);
  if (*nanoseconds >= 1e6) return fmt::format("{:.3g} ms", *nanoseconds / 1e6);
  if (*nanoseconds >= 1e3) return fmt::format("{:.3g} us", *nanoseconds / 1e3);
  return fmt::format("{:.3g} ns", *nanoseconds);
}

std::string show_parameters(const Point& point) {
  std::string text;
  for (const Parameter& parameter : point.workload->description.parameters) {
    const double value = point.params[parameter.name];
    if (!parameter.words.empty()) {
      text += fmt::format("  {} {}", parameter.name, parameter.words[static_cast<std::size_t>(value)]);
      continue;
    }
    text += fmt::format("  {} {}", parameter.name,
                        parameter.unit == "ns" && value != 0 ? show_time(value) : fmt::format("{:.0f}", value));
  }
  return text;
}

std::string show_threads(const Point& point) {
  std::string text = std::to_string(point.threads());
  if (point.role_counts.size() > 1) {
    text += " (";
    for (std::size_t role = 0; role < point.role_counts.size(); ++role)
      text += fmt::format("{}{}{}", role == 0 ? "" : "+", point.role_counts[role],
                          static_cast<char>(std::toupper(point.workload->description.roles[role].name[0])));
    text += ")";
  }
  return text;
}

// What all rows of one sub-table share.
std::string heading(const Point& point) {
  return fmt::format("{}{}  placement {}", point.workload->description.name, show_parameters(point),
                     point.policy.text());
}

std::string line_of(const SummaryRow& row, bool colour) {
  const auto show = [](const std::optional<Median>& median, auto format) {
    return median ? format(*median) : std::string("-");
  };
  const bool good = row.verdict == "ok";
  std::string notes = row.point->oversubscribed ? " over" : "";
  if (row.backlog) notes += fmt::format(" backlog:{:.4g}", *row.backlog);
  if (row.saturated != 0) notes += fmt::format(" saturated:{}", row.saturated);
  if (is_baseline(*row.point) && good) notes += " baseline";
  if (row.far != 0) notes += fmt::format(" far:{}", row.far);
  if (row.doubtful != 0) notes += fmt::format(" doubtful:{}", row.doubtful);
  return fmt::format(
      "  {:<24}{:>10}{:>11}{:>20}{:>5}{:>8}{:>10}{:>10}{:>10}{:>7}{:>10}  {}{}{}{}\n",
      row.point->subject->implementation, show_threads(*row.point),
      show(row.items_per_second, [](const Median& m) { return show_rate(m.value); }),
      show(row.items_per_second,
           [](const Median& m) { return m.count > 1 ? show_rate(m.low) + " .. " + show_rate(m.high) : "-"; }),
      show(row.items_per_second, [](const Median& m) { return std::to_string(m.count); }),
      show(row.ratio, [](const Median& m) { return show_ratio(m.value); }), show_time(row.p50), show_time(row.p99),
      show_time(row.p999), row.fairness ? fmt::format("{:.2f}", *row.fairness) : "-", show_time(row.cpu_ns),
      colour && !good ? "\033[31m" : "", row.verdict, colour && !good ? "\033[0m" : "", notes);
}

// "x std": what the ratios of the rows under this heading are to.
std::string ratio_title(const Summary& summary, const std::string& title) {
  for (const SummaryRow& row : summary.rows)
    if (is_reference(*row.point->subject) && heading(*row.point) == title)
      return fmt::format("x {}", row.point->subject->family);
  return "x ref";
}

// Every latency contains a stamp. Short ones are believed all the same: differences between them are still differences.
std::string note_on_stamps(const Summary& summary, double timer_ns) {
  constexpr double kSmallPart = 3;
  const auto is_short = [&](const SummaryRow& row) { return row.p50 && *row.p50 < kSmallPart * timer_ns; };
  if (std::ranges::none_of(summary.rows, is_short)) return {};
  return fmt::format(
      "\n  each latency contains one time stamp of {:.0f} ns: below {:.0f} ns that is a third and more\n", timer_ns,
      kSmallPart * timer_ns);
}

}  // namespace

std::optional<Median> median_of(std::vector<double> values) {
  if (values.empty()) return std::nullopt;
  std::ranges::sort(values);
  const std::size_t n = values.size();
  Median median{.value = n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2,
                .low = values.front(),
                .high = values.back(),
                .count = n};
  // The number of values below the true median is binomial(n, 1/2). Cut as many from each end as leaves at least 95 %.
  double tail = std::pow(0.5, static_cast<double>(n));  // the chance that all lie on one side
  double term = tail;
  for (std::size_t cut = 1; 2 * cut < n; ++cut) {
    term = term * static_cast<double>(n - cut + 1) / static_cast<double>(cut);
    tail += term;
    if (2 * tail > 0.05) break;
    median.low = values[cut];
    median.high = values[n - 1 - cut];
  }
  return median;
}

Summary summarize(const std::vector<Point>& points, const std::vector<TrialResult>& results) {
  BestLines best;
  for (const TrialResult& result : results) best.see(result.circumstances());
  std::vector<PointTrials> trials;
  std::map<std::size_t, std::map<std::size_t, double>> references;  // by group, by block
  std::vector<double> again;
  for (std::size_t i = 0; i < points.size(); ++i) {
    trials.push_back(trials_of(i, results, best));
    if (!is_reference(*points[i].subject)) continue;
    Trials both = trials[i].throughput;
    both.insert(both.end(), trials[i].again.begin(), trials[i].again.end());
    references[points[i].group] = reference_rates(both);
    for (const TrialResult* second : trials[i].again)
      for (const TrialResult* first : trials[i].throughput)
        if (first->trial.block == second->trial.block)
          if (const auto noise = ratio(second->items_per_second(), first->items_per_second())) again.push_back(*noise);
  }
  Summary summary;
  for (std::size_t i = 0; i < points.size(); ++i)
    summary.rows.push_back(make_row(i, points[i], trials[i], references[points[i].group], results));
  summary.reference_again = median_of(std::move(again));
  return summary;
}

std::string render(const Summary& summary, bool colour, double timer_ns) {
  std::string text, current;
  for (const SummaryRow& row : summary.rows) {
    if (std::string next = heading(*row.point); next != current) {
      text += fmt::format("{}{}\n  {:<24}{:>10}{:>11}{:>20}{:>5}{:>8}{:>10}{:>10}{:>10}{:>7}{:>10}  {}\n",
                          text.empty() ? "" : "\n", next, "implementation", "threads", "items/s", "interval", "n",
                          ratio_title(summary, next), "p50", "p99", "p99.9", "Jain", "CPU/op", "verdict");
      current = std::move(next);
    }
    text += line_of(row, colour);
  }
  std::map<std::string, std::string> reasons;
  for (const SummaryRow& row : summary.rows)
    if (!row.reason.empty()) reasons.try_emplace(row.reason, row.point->name());
  for (const auto& [reason, where] : reasons) text += fmt::format("\n  {}: {}", where, reason);
  if (!reasons.empty()) text += '\n';
  if (summary.reference_again) {
    text += fmt::format(
        "\n  reference measured again: {:.2f} x itself ({:.2f} .. {:.2f}, n = {}): differences inside this are noise\n",
        summary.reference_again->value, summary.reference_again->low, summary.reference_again->high,
        summary.reference_again->count);
  }
  return text + note_on_stamps(summary, timer_ns);
}

}  // namespace syncbench
