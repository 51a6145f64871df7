// A finished trial with everything that is known about it: what was planned, what came out, and whether to believe it.
// Record, table and Google Benchmark's reports are three views of this.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "runner/choice.hpp"
#include "runner/fingerprint.hpp"
#include "runner/sample.hpp"
#include "runner/schedule.hpp"
#include "runner/validity.hpp"

namespace syncbench {

struct TrialResult {
  Trial trial;
  const Point* point = nullptr;
  TrialOutcome outcome;
  Fingerprint before, after;
  std::optional<std::pair<std::size_t, std::size_t>> line_between;  ///< the processors of `line_ns`
  CpuUse cpu;
  Validity validity;
  std::string started_at;

  /// The word of the record: ok, violated, hang or skipped.
  std::string_view verdict() const {
    switch (outcome.end) {
      case TrialOutcome::End::hang:
        return "hang";
      case TrialOutcome::End::crashed:
        return "violated";
      case TrialOutcome::End::not_started:
      case TrialOutcome::End::interrupted:
        return "skipped";
      case TrialOutcome::End::finished:
        break;
    }
    switch (outcome.verdict.kind) {
      case Verdict::Kind::ok:
        return "ok";
      case Verdict::Kind::violated:
        return "violated";
      case Verdict::Kind::skipped:
        return "skipped";
    }
    return "";
  }
  bool ok() const { return verdict() == "ok"; }
  std::string reason() const {
    return outcome.end == TrialOutcome::End::finished ? outcome.verdict.reason : outcome.reason;
  }
  double items_per_second() const {
    return static_cast<double>(outcome.sample.operations()) / outcome.sample.duration_s;
  }
  /// With a rate: more was due than could be done, so that latencies grow for as long as the trial lasts. True if of
  /// all that was due a twentieth was not begun at the end.
  bool saturated() const {
    const auto& counts = outcome.sample.counts;
    const auto left = counts.find("backlog_end"), begun = counts.find("arrivals");
    if (left == counts.end() || begun == counts.end()) return false;
    return left->second > 2.0 * point->threads() && left->second > 0.05 * (left->second + begun->second);
  }
  /// The larger of the two line times: the trial is as far as its worse end.
  std::optional<double> line_ns() const {
    if (!before.line_ns || !after.line_ns) return std::nullopt;
    return std::max(*before.line_ns, *after.line_ns);
  }
  Circumstances circumstances() const { return {line_between, line_ns(), validity.ok}; }
};

/// What all records of a run have in common.
struct RunIdentity {
  std::string environment;  ///< id of the environment record
  std::string build;
  std::string command;
  std::uint64_t seed = 0;
  double timer_ns = 0;  ///< cost of one time stamp; 0: not known
};

}  // namespace syncbench
