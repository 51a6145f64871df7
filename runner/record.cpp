// The fields, in the order of the documentation. A number that is not finite is left out: absent means not measured.
#include "runner/record.hpp"

#include <cmath>

#include "runner/metrics.hpp"

namespace syncbench {
namespace {

using Json = nlohmann::ordered_json;

void put(Json& object, const std::string& key, std::optional<double> value) {
  if (value && std::isfinite(*value)) object[key] = *value;
}

// Counts that were read as doubles.
void put_whole(Json& object, const std::string& key, std::optional<double> value) {
  if (value && std::isfinite(*value)) object[key] = std::llround(*value);
}

Json params_of(const Point& point) {
  Json params = Json::object();
  for (const Parameter& parameter : point.workload->description.parameters) {
    const double value = point.params[parameter.name];
    if (!parameter.words.empty()) {
      params[std::string(parameter.name)] = parameter.words[static_cast<std::size_t>(value)];
      continue;
    }
    const std::string key =
        std::string(parameter.name) + (parameter.unit == "ns" ? "_" + std::string(parameter.unit) : "");
    params[key] = static_cast<std::int64_t>(value);
  }
  return params;
}

const char* to_text(Standing standing) {
  switch (standing) {
    case Standing::representative:
      return "representative";
    case Standing::reference:
      return "reference";
    case Standing::variant:
      return "variant";
    case Standing::baseline:
      return "baseline";
    case Standing::known_bad:
      return "known_bad";
    case Standing::control:
      return "control";
  }
  return "";
}

const char* layout_of(const Point& point) {
  return point.layout == RoleLayout::grouped ? "grouped" : "interleaved";
}
const char* kind_of(const Trial& trial) {
  return trial.kind == Kind::latency ? "latency" : "throughput";
}

// What a trial measures, without where or when: identical in plan and record.
Json what(const Point& point, const Trial& trial) {
  const auto& roles = point.workload->description.roles;
  Json fields;
  fields["kind"] = kind_of(trial);
  fields["workload"] = point.workload->description.name;
  fields["implementation"] = point.subject->implementation;
  fields["family"] = point.subject->family;
  fields["standing"] = to_text(point.subject->standing);
  fields["threads"] = point.threads();
  for (std::size_t role = 0; role < roles.size(); ++role)
    fields["roles"][std::string(roles[role].name)] = point.role_counts[role];
  for (const unsigned role : point.worker_roles) fields["worker_roles"].push_back(roles[role].name);
  fields["params"] = params_of(point);
  fields["placement"]["policy"] = point.policy.text();
  fields["placement"]["roles"] = layout_of(point);
  fields["window_ns"] = point.times.window.count();
  fields["warmup_ns"] = point.times.warmup.count();
  fields["repetition"] = trial.repetition;
  fields["copy"] = trial.copy;
  return fields;
}

Json latency_of(const Histogram& histogram) {
  Json latency;
  latency["count"] = histogram.count();
  latency["min"] = histogram.min();
  latency["sum"] = histogram.sum();
  latency["mean"] = histogram.mean();
  for (const auto& [name, share] : {std::pair("p50", 0.5), {"p90", 0.9}, {"p99", 0.99}, {"p999", 0.999}})
    if (histogram.resolves(share)) latency[name] = histogram.percentile(share);
  latency["max"] = histogram.max();
  latency["time_weighted_p50"] = histogram.time_weighted_median();
  Json& buckets = latency["histogram"] = Json::array();
  histogram.for_each_bucket([&](auto bound, auto count) { buckets.push_back({bound, count}); });
  return latency;
}

// The workload's further series: one distribution, or a list of them by place in an order.
void put_series(Json& record, const TrialResult& result) {
  const auto& described = result.point->workload->description.series;
  const auto& measured = result.outcome.sample.series;
  for (std::size_t i = 0; i < described.size() && i + 1 < measured.size(); ++i) {
    Json places = Json::array();
    for (const Histogram& histogram : measured[i + 1])
      if (histogram.count() != 0) places.push_back(latency_of(histogram));
    if (places.empty()) continue;
    record["series_ns"][std::string(described[i].name)] = described[i].by_order ? places : places[0];
  }
}

void put_latency(Json& record, const Histogram& histogram, double timer_ns) {
  Json& latency = record["latency_ns"] = latency_of(histogram);
  if (timer_ns > 0) latency["timer_ns"] = timer_ns;
}

void put_around(Json& record, const Around& around) {
  record["span_s"] = around.span_s;
  put(record, "run_delay_s", around.run_delay_s);
  put_whole(record, "migrations", around.migrations);
  put(record, "energy_j", around.energy_j);
  for (std::size_t i = 0; i < kHardwareEvents; ++i)
    if (around.hardware[i]) put_whole(record["hardware"], std::string(hardware_events()[i].name), around.hardware[i]);
  if (record.contains("hardware")) record["hardware"]["user_only"] = around.user_only;
}

// What the window measured. A violated trial keeps its raw counts, as evidence, and gets no rate.
void put_sample(Json& record, const TrialResult& result, double timer_ns) {
  const Sample& sample = result.outcome.sample;
  record["duration_s"] = sample.duration_s;
  record["operations"] = sample.operations();
  record["worker_operations"] = sample.worker_operations;
  for (std::size_t role = 0; role < sample.role_counts.size(); ++role)
    if (sample.role_counts[role])
      record["counting_roles"].push_back(result.point->workload->description.roles[role].name);
  record["together"] = sample.together;
  for (const auto& [name, value] : sample.counts) put(record["counts"], name, value);
  if (sample.counts.contains("arrivals")) record["saturated"] = result.saturated();
  if (!result.ok()) return;
  if (result.trial.kind == Kind::throughput) put(record, "items_per_second", result.items_per_second());
  if (result.trial.kind == Kind::latency && sample.latency().count() != 0)
    put_latency(record, sample.latency(), timer_ns);
  put_series(record, result);
  record["metrics"] = Json::object();
  for (const Metric& metric : all_metrics()) put(record["metrics"], std::string(metric.name), metric.of(sample));
  record["cpu_s"] = sample.cpu_s;
  record["voluntary_switches"] = sample.voluntary_switches;
  record["involuntary_switches"] = sample.involuntary_switches;
  record["system_calls"] = {
      {"futex_waits", sample.futex_waits}, {"futex_wakes", sample.futex_wakes}, {"yields", sample.yields}};
  put_around(record, sample.around);
}

void put_fingerprint(Json& record, const TrialResult& result) {
  Json& fingerprint = record["fingerprint"] = Json::object();
  if (result.line_ns()) fingerprint["line_ns"] = {*result.before.line_ns, *result.after.line_ns};
  fingerprint["multiply_ns"] = {result.before.multiply_ns, result.after.multiply_ns};
  put(fingerprint, "foreign_cpu", result.cpu.foreign_cpu);
  put(fingerprint, "steal", result.cpu.steal);
  put(fingerprint, "pressure", result.cpu.pressure);
}

// From which the shares of the fingerprint follow.
void put_accounting(Json& record, const CpuUse& cpu) {
  if (cpu.elapsed_s <= 0) return;
  Json& accounting = record["accounting"] = Json::object();
  accounting["elapsed_s"] = cpu.elapsed_s;
  if (cpu.cpus != 0) accounting["processors"] = cpu.cpus;
  put(accounting, "busy_s", cpu.busy_s);
  put(accounting, "own_s", cpu.own_s);
  put(accounting, "steal_s", cpu.steal_s);
  put(accounting, "pressure_s", cpu.pressure_s);
  put_whole(accounting, "throttled_periods", cpu.throttled_periods);
}

// The fields of `what` that say what is measured, taken from a record or a plan alike.
std::string identity(const Json& fields) {
  Json key;
  for (const char* name : {"kind", "workload", "implementation", "threads", "roles", "params", "window_ns", "warmup_ns",
                           "repetition", "copy"})
    key[name] = fields.at(name);
  key["policy"] = fields.at("placement").at("policy");
  key["layout"] = fields.at("placement").at("roles");
  return key.dump();
}

}  // namespace

nlohmann::ordered_json make_record(const TrialResult& result, const RunIdentity& run) {
  Json record;
  record["schema"] = kSchema;
  record["record"] = "trial";
  record["environment"] = run.environment;
  record["run"] = run.environment;
  record.update(what(*result.point, result.trial));
  record["placement"]["granted"] = result.outcome.granted;
  record["placement"]["oversubscribed"] = result.point->oversubscribed;
  record["block"] = result.trial.block;
  record["order"] = result.trial.order;
  record["seed"] = run.seed;
  if (result.outcome.end == TrialOutcome::End::finished && result.outcome.verdict.kind != Verdict::Kind::skipped)
    put_sample(record, result, run.timer_ns);
  put_fingerprint(record, result);
  put_accounting(record, result.cpu);
  record["verdict"] = result.verdict();
  record["reason"] = result.reason();
  record["validity"]["ok"] = result.validity.ok;
  record["validity"]["reasons"] = result.validity.reasons;
  record["build"] = run.build;
  record["command"] = run.command;
  record["started_at"] = result.started_at;
  return record;
}

std::string identity_of(const nlohmann::ordered_json& record) {
  return identity(record);
}
std::string identity_of(const Point& point, const Trial& trial) {
  return identity(what(point, trial));
}

}  // namespace syncbench
