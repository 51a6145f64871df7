// The rules of validity.hpp, one function a doubt. A share that was read from coarse counters is held against its limit
// plus its uncertainty: the machine is blamed only for what must have happened.

#include "validity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>

namespace syncbench {
namespace {

using Reasons = std::vector<std::string>;

bool bound(const TrialFacts& facts) {
  return !facts.granted.empty();
}

/// Each thread has a processor of its own, so that none should ever wait for one.
bool one_to_one(const TrialFacts& facts) {
  return bound(facts) && !facts.oversubscribed;
}

void check_placement(const TrialFacts& facts, Reasons& reasons) {
  if (facts.requested.size() != facts.granted.size()) {
    reasons.push_back(
        fmt::format("{} workers were to be bound and {} were", facts.requested.size(), facts.granted.size()));
    return;
  }
  for (std::size_t worker = 0; worker < facts.requested.size(); ++worker) {
    if (facts.requested[worker] == facts.granted[worker]) continue;
    reasons.push_back(fmt::format("worker {} ran on processor {} and not on {} as asked", worker, facts.granted[worker],
                                  facts.requested[worker]));
    return;  // one tells enough; the record holds the others
  }
}

void check_window(const TrialFacts& facts, Reasons& reasons) {
  if (facts.window_s < kShortestWindow) {
    reasons.push_back(
        fmt::format("window {:.3g} ms is shorter than {:.0f} ms", facts.window_s * 1e3, kShortestWindow * 1e3));
  }
  if (!facts.oversubscribed || facts.threads == 0 || facts.pus == 0 || !(facts.time_slice_s > 0)) return;
  const double slices =
      facts.window_s / facts.time_slice_s * static_cast<double>(facts.pus) / static_cast<double>(facts.threads);
  if (slices < kSlicesPerThread) {
    reasons.push_back(
        fmt::format("window covers {:.2g} time slices a thread; {:.0f} are needed where threads outnumber processors",
                    slices, kSlicesPerThread));
  }
}

void check_throttling(const TrialFacts& facts, Reasons& reasons) {
  const double periods = facts.cpu.throttled_periods.value_or(0);
  if (periods > 0) {
    reasons.push_back(
        fmt::format("a processor quota stopped the program in {:.0f} period{}", periods, periods == 1 ? "" : "s"));
  }
}

std::optional<double> least(std::initializer_list<std::optional<double>> values) {
  std::optional<double> least;
  for (const std::optional<double>& value : values) {
    if (value && *value > 0) least = std::min(least.value_or(*value), *value);
  }
  return least;
}

void check_line(const TrialFacts& facts, Reasons& reasons) {
  const auto line_of = [](const std::optional<Fingerprint>& f) { return f ? f->line_ns : std::nullopt; };
  const std::optional<double> before = line_of(facts.before);
  const std::optional<double> after = line_of(facts.after);
  const std::optional<double> best = least({before, after, facts.best_line_ns});
  const bool far_before = classify(before, best) == NearFar::kFar;
  const bool far_after = classify(after, best) == NearFar::kFar;
  if (far_before != far_after && before && after) {
    reasons.push_back(fmt::format("cache line {:.0f} ns away before and {:.0f} ns after: the host moved the processors",
                                  *before, *after));
  } else if (far_before || far_after) {
    reasons.push_back(
        fmt::format("cache line {:.0f} ns away, {:.0f} ns at best in this run: the host moved the processors",
                    std::max(before.value_or(0), after.value_or(0)), *best));
  }
  const bool missing = (facts.before && !before) || (facts.after && !after);
  if (facts.line_expected && missing) {
    const char* when = before ? "after" : facts.after && !after ? "before and after" : "before";
    reasons.push_back(fmt::format("the cache line could not be timed {} the trial: a processor was busy", when));
  }
}

void check_multiply(const TrialFacts& facts, Reasons& reasons) {
  const auto multiply_of = [](const std::optional<Fingerprint>& f) {
    return f && f->multiply_ns > 0 ? std::optional(f->multiply_ns) : std::nullopt;
  };
  const std::optional<double> before = multiply_of(facts.before);
  const std::optional<double> after = multiply_of(facts.after);
  const std::optional<double> best = least({before, after, facts.best_multiply_ns});
  const double slowest = std::max(before.value_or(0), after.value_or(0));
  if (!best || slowest <= *best * (1 + kSlowMultiplyShare)) return;
  reasons.push_back(
      fmt::format("a multiply took {:.3f} ns, {:.3f} ns at best in this run: a processor ran {:.0f} % slower", slowest,
                  *best, (slowest / *best - 1) * 100));
}

void check_share(const std::optional<double>& share, double uncertainty, double limit, const char* who,
                 Reasons& reasons) {
  if (!share || *share <= limit + uncertainty) return;
  reasons.push_back(
      fmt::format("{} took {:.3g} % of the processors ({:.0f} % is the limit, the counters resolve {:.2g} %)", who,
                  *share * 100, limit * 100, uncertainty * 100));
}

// A thread that was woken is ready before it runs: where workers sleep as part of their work, some waiting is their
// own.
bool sleepy(const TrialFacts& facts) {
  return facts.voluntary_switches.value_or(0) > kSleepyRate * facts.window_s * static_cast<double>(facts.threads);
}

void check_overlap(const TrialFacts& facts, Reasons& reasons) {
  if (facts.oversubscribed || !facts.run_delay_s || sleepy(facts)) return;
  const double overlap = std::max(0.0, 1 - *facts.run_delay_s / facts.window_s);
  if (overlap >= kOverlapLimit) return;
  reasons.push_back(
      fmt::format("workers waited {:.3g} ms for a processor in a window of {:.3g} ms: all ran together in {:.0f} % of "
                  "it for certain ({:.0f} % is the limit)",
                  *facts.run_delay_s * 1e3, facts.window_s * 1e3, overlap * 100, kOverlapLimit * 100));
}

void check_waiting(const TrialFacts& facts, Reasons& reasons) {
  if (!one_to_one(facts)) return;
  const double threads = static_cast<double>(facts.threads);
  const double pressure = facts.cpu.pressure.value_or(0);
  // Where the workers' own waiting is known, what others waited (the runner among them) did not disturb them.
  const bool others_alone = facts.run_delay_s && *facts.run_delay_s <= kPressureLimit * facts.window_s;
  if (pressure > kPressureLimit && !others_alone && !sleepy(facts)) {
    reasons.push_back(
        fmt::format("a ready program waited for a processor during {:.2g} % of the trial ({:.0f} % is the limit)",
                    pressure * 100, kPressureLimit * 100));
  }
  const double allowed = std::max(kInvoluntaryFloor, kInvoluntaryRate * facts.window_s * threads);
  const double switches = facts.involuntary_switches.value_or(0);
  if (switches > allowed) {
    reasons.push_back(fmt::format(
        "workers were interrupted {:.0f} times by other programs ({:.0f} at most for this window)", switches, allowed));
  }
}

// A timer whose steps are wider than what it times says nothing or one step, and no percentile between. That a stamp
// costs as much as what it times is no reason: such latencies are too long by the same amount, and the table says so.
void check_timer(const TrialFacts& facts, Reasons& reasons) {
  if (!facts.p50_ns || !facts.timer_resolution_ns || *facts.p50_ns >= *facts.timer_resolution_ns / 2) return;
  reasons.push_back(fmt::format("half of the latencies are at most {:.0f} ns and the timer goes in steps of {:.0f} ns",
                                *facts.p50_ns, *facts.timer_resolution_ns));
}

// One stranded worker does not stop the others, so no watchdog sees it.
void check_idle(const TrialFacts& facts, Reasons& reasons) {
  if (facts.idle_workers == 0) return;
  reasons.push_back(fmt::format("{} of {} workers completed nothing in the window: starved, or a wake-up was lost",
                                facts.idle_workers, facts.threads));
}

}  // namespace

NearFar classify(std::optional<double> line_ns, std::optional<double> best_line_ns) {
  if (!line_ns || !best_line_ns || !(*line_ns > 0) || !(*best_line_ns > 0)) return NearFar::kUnknown;
  return *line_ns > kFarFactor * *best_line_ns ? NearFar::kFar : NearFar::kNear;
}

Validity judge(const TrialFacts& facts) {
  Validity validity;
  Reasons& reasons = validity.reasons;
  check_placement(facts, reasons);
  check_window(facts, reasons);
  check_throttling(facts, reasons);
  check_line(facts, reasons);
  check_multiply(facts, reasons);
  check_share(facts.cpu.foreign_cpu, facts.cpu.foreign_uncertainty, kForeignCpuLimit, "other programs", reasons);
  check_share(facts.cpu.steal, facts.cpu.steal_uncertainty, kStealLimit, "the host", reasons);
  check_overlap(facts, reasons);
  check_waiting(facts, reasons);
  check_timer(facts, reasons);
  check_idle(facts, reasons);
  validity.ok = reasons.empty();
  return validity;
}

}  // namespace syncbench
