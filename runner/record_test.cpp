// Records made from hand-made results: which fields a trial gets and which it must not have, and the identity by which
// --resume recognizes what is done. cli_test.py holds real records against results/schema.json.
#include "runner/record.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>

#include "runner/made_up.hpp"
#include "runner/metrics.hpp"

namespace syncbench {
namespace {

using Json = nlohmann::ordered_json;

struct Records : testing::Test {
  std::vector<Point> points =
      points_of({"-w", "prodcons", "-i", "spin,std", "-t", "3", "--critical", "100ns"}, made_up_machine(4));
  Trial trial{.point = 0, .kind = Kind::throughput, .repetition = 4, .copy = 0, .block = 7, .order = 9};
  RunIdentity run{.environment = "env-1", .build = "abc", .command = "syncbench -w prodcons", .seed = 42};
  TrialResult result = made_up_result(points, trial, 500);

  Json record() const { return make_record(result, run); }
  void make_latency() {
    result.trial.kind = Kind::latency;
    for (std::uint64_t value = 1; value <= 1000; ++value) latency_in(result).record(value);
  }
};

// Every number in there, however deep, is finite; JSON would turn others into null.
void expect_finite(const Json& value) {
  EXPECT_FALSE(value.is_null());
  EXPECT_TRUE(!value.is_number_float() || std::isfinite(value.get<double>()));
  if (value.is_structured())
    for (const Json& element : value) expect_finite(element);
}

TEST_F(Records, say_what_ran_where_and_when) {
  result.outcome.granted = {0, 1, 2};
  const Json line = record();
  EXPECT_EQ(line["schema"], "syncbench/1");
  EXPECT_EQ(line["record"], "trial");
  EXPECT_EQ(line["environment"], "env-1");
  EXPECT_EQ(line["workload"], "prodcons");
  EXPECT_EQ(line["implementation"], "ttas/backoff");
  EXPECT_EQ(line["family"], "spin");
  EXPECT_EQ(line["standing"], "representative");
  EXPECT_EQ(line["threads"], 3);
  EXPECT_EQ(line["roles"], Json::parse(R"({"producer": 2, "consumer": 1})"));
  EXPECT_EQ(line["worker_roles"].size(), 3U);
  EXPECT_EQ(line["params"],
            Json::parse(R"({"on": "condition", "capacity": 5, "critical_ns": 100, "parallel_ns": 0, "rate": 0,
                                             "arrivals": "poisson"})"));
  EXPECT_EQ(line["placement"], Json::parse(R"({"policy": "cores", "roles": "interleaved", "granted": [0, 1, 2],
                                                "oversubscribed": false})"));
  EXPECT_EQ(line["repetition"], 4);
  EXPECT_EQ(line["copy"], 0);
  EXPECT_EQ(line["block"], 7);
  EXPECT_EQ(line["order"], 9);
  EXPECT_EQ(line["seed"], 42);
  EXPECT_EQ(line["command"], "syncbench -w prodcons");
  EXPECT_EQ(line["started_at"], "2026-01-02T03:04:05Z");
}

TEST_F(Records, carry_the_raw_counts_and_a_rate_that_follows_from_them) {
  result.outcome.sample.duration_s = 0.25;
  result.outcome.sample.voluntary_switches = 11;
  result.outcome.sample.involuntary_switches = 12;
  const Json line = record();
  EXPECT_EQ(line["operations"], 500) << "one of three workers is a consumer";
  EXPECT_EQ(line["worker_operations"], Json::parse("[500, 500, 500]"));
  EXPECT_EQ(line["items_per_second"], 2000);
  EXPECT_EQ(line["voluntary_switches"], 11);
  EXPECT_EQ(line["involuntary_switches"], 12);
  EXPECT_EQ(line["verdict"], "ok");
  EXPECT_EQ(line["reason"], "");
  EXPECT_FALSE(line.contains("latency_ns"));
}

TEST_F(Records, of_latency_trials_have_percentiles_and_histogram_and_no_rate) {
  make_latency();
  run.timer_ns = 20;
  const Json line = record();
  EXPECT_EQ(line["kind"], "latency");
  EXPECT_FALSE(line.contains("items_per_second"));
  const Json& latency = line["latency_ns"];
  EXPECT_EQ(latency["count"], 1000);
  EXPECT_EQ(latency["min"], 1);
  EXPECT_EQ(latency["max"], 1000);
  EXPECT_EQ(latency["sum"], 500500);
  EXPECT_EQ(latency["timer_ns"], 20) << "a latency contains one stamp";
  EXPECT_DOUBLE_EQ(latency["mean"].get<double>(), 500.5);
  EXPECT_NEAR(latency["p99"].get<double>(), 990, 990 * 0.016);
  std::uint64_t counted = 0;
  double last = -1;
  for (const Json& bucket : latency["histogram"]) {
    EXPECT_GT(bucket[0].get<double>(), last);
    last = bucket[0].get<double>();
    counted += bucket[1].get<std::uint64_t>();
  }
  EXPECT_EQ(counted, 1000U);
}

TEST_F(Records, of_latency_trials_in_which_nothing_was_timed_have_no_percentiles) {
  result.trial.kind = Kind::latency;
  EXPECT_FALSE(record().contains("latency_ns"));
}

TEST_F(Records, of_violated_trials_keep_the_evidence_and_carry_no_rate) {
  for (const bool latency : {false, true}) {
    if (latency) make_latency();
    result.outcome.verdict = Verdict::violated("lost 3");
    const Json line = record();
    EXPECT_EQ(line["verdict"], "violated");
    EXPECT_EQ(line["reason"], "lost 3");
    EXPECT_EQ(line["operations"], 500);
    for (const char* derived : {"items_per_second", "latency_ns", "metrics"})
      EXPECT_FALSE(line.contains(derived)) << derived;
  }
}

TEST_F(Records, of_trials_that_did_not_finish_have_a_reason_and_no_counts) {
  using End = TrialOutcome::End;
  for (const auto& [end, verdict] :
       {std::pair(End::hang, "hang"), {End::crashed, "violated"}, {End::not_started, "skipped"}}) {
    result.outcome.end = end;
    result.outcome.reason = "because";
    const Json line = record();
    EXPECT_EQ(line["verdict"], verdict);
    EXPECT_EQ(line["reason"], "because");
    for (const char* absent : {"operations", "duration_s", "worker_operations", "items_per_second", "metrics", "cpu_s"})
      EXPECT_FALSE(line.contains(absent)) << verdict << " has " << absent;
  }
}

TEST_F(Records, of_skipped_trials_have_no_counts) {
  result.outcome.verdict = Verdict::skipped("cannot");
  const Json line = record();
  EXPECT_EQ(line["verdict"], "skipped");
  EXPECT_EQ(line["reason"], "cannot");
  EXPECT_FALSE(line.contains("operations"));
}

TEST_F(Records, hold_finite_numbers_only) {
  result.outcome.sample.worker_operations.assign(3, 0);  // ratios of nothing
  result.cpu.foreign_cpu = std::numeric_limits<double>::quiet_NaN();
  result.cpu.steal = std::numeric_limits<double>::infinity();
  const Json line = record();
  expect_finite(line);
  EXPECT_FALSE(line["fingerprint"].contains("foreign_cpu"));
  EXPECT_FALSE(line["fingerprint"].contains("steal"));
  EXPECT_FALSE(line["metrics"].contains("fairness_jain"));
  EXPECT_EQ(line.dump().find("null"), std::string::npos);
}

TEST_F(Records, take_metrics_from_the_table_of_metrics) {
  const Json line = record();
  EXPECT_EQ(line["metrics"]["fairness_jain"], 1);
  std::set<std::string> known;
  for (const Metric& metric : all_metrics()) known.emplace(metric.name);
  for (const auto& [name, value] : line["metrics"].items()) EXPECT_TRUE(known.contains(name)) << name;
}

TEST_F(Records, tell_the_fingerprint_before_and_after) {
  EXPECT_FALSE(record()["fingerprint"].contains("line_ns"));
  result.before.line_ns = 25;
  result.after.line_ns = 150;
  result.cpu.steal = 0.5;
  const Json fingerprint = record()["fingerprint"];
  EXPECT_EQ(fingerprint["line_ns"], Json::parse("[25.0, 150.0]"));
  EXPECT_EQ(fingerprint["multiply_ns"], Json::parse("[1.0, 1.0]"));
  EXPECT_EQ(fingerprint["steal"], 0.5);
}

TEST_F(Records, tell_the_seconds_that_the_shares_of_the_fingerprint_come_from) {
  EXPECT_FALSE(record().contains("accounting"));
  result.cpu.elapsed_s = 0.5;
  result.cpu.cpus = 2;
  result.cpu.busy_s = 0.75;
  result.cpu.own_s = 0.7;
  EXPECT_EQ(record()["accounting"],
            Json::parse(R"({"elapsed_s": 0.5, "processors": 2, "busy_s": 0.75, "own_s": 0.7})"));
}

TEST_F(Records, tell_what_was_read_around_the_window_and_nothing_that_was_not) {
  Json line = record();
  for (const char* absent : {"run_delay_s", "migrations", "hardware", "energy_j"}) EXPECT_FALSE(line.contains(absent));
  Around& around = result.outcome.sample.around;
  around.span_s = 1.25;
  around.run_delay_s = 0.125;
  around.migrations = 3;
  around.hardware[1] = 1000;
  around.energy_j = 2.5;
  line = record();
  EXPECT_EQ(line["span_s"], 1.25);
  EXPECT_EQ(line["run_delay_s"], 0.125);
  EXPECT_EQ(line["migrations"].dump(), "3");
  EXPECT_EQ(line["hardware"].dump(), R"({"instructions":1000,"user_only":false})");
  EXPECT_EQ(line["energy_j"], 2.5);
}

TEST_F(Records, say_whose_operations_count) {
  const Json line = record();
  EXPECT_EQ(line["counting_roles"], Json::parse(R"(["consumer"])"));
  EXPECT_EQ(line["together"], false);
}

TEST_F(Records, tell_every_doubt) {
  result.validity = {.ok = false, .reasons = {"a", "b"}};
  EXPECT_EQ(record()["validity"], Json::parse(R"({"ok": false, "reasons": ["a", "b"]})"));
}

TEST_F(Records, read_back_have_the_identity_of_the_trial_that_was_planned) {
  for (const Kind kind : {Kind::throughput, Kind::latency}) {
    result.trial.kind = trial.kind = kind;
    const Json again = Json::parse(record().dump());
    EXPECT_EQ(identity_of(again), identity_of(points[0], trial));
  }
}

TEST_F(Records, have_an_identity_that_does_not_depend_on_when_or_how_it_ended) {
  const std::string before = identity_of(record());
  result.trial.block = result.trial.order = 99;
  result.started_at = "2027-01-01T00:00:00Z";
  result.outcome.verdict = Verdict::violated("lost");
  run.seed = 1;
  EXPECT_EQ(identity_of(record()), before);
}

TEST(Identities, differ_between_all_trials_of_a_campaign) {
  const auto points = points_of({"-w", "all", "-i", "spin,std,ticket/*", "-t", "2,4", "--set", "capacity=1,5",
                                 "--critical", "0,1us", "--placement", "cores", "--placement", "none"},
                                made_up_machine(4));
  std::set<std::string> identities;
  const auto schedule = make_schedule(points, 3, true, 1);
  for (const Trial& trial : schedule) identities.insert(identity_of(points[trial.point], trial));
  EXPECT_EQ(identities.size(), schedule.size());
}

TEST(Identities, tell_layouts_apart) {
  const Machine machine = made_up_machine(4);
  const auto interleaved = points_of({"-w", "prodcons", "-i", "std", "-t", "4"}, machine);
  const auto grouped = points_of({"-w", "prodcons", "-i", "std", "-t", "4", "--roles", "grouped"}, machine);
  EXPECT_NE(identity_of(interleaved[0], {}), identity_of(grouped[0], {}));
}

}  // namespace
}  // namespace syncbench
