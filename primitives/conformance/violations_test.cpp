// The proof that the rules can fail: every planted violation is caught by its rule and in the way that its table says,
// every rule has one, and what the violations are made from keeps all rules. Each runs in a process of its own, so this
// program has one thread and no watchdog.
#include "primitives/conformance/violations.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>

#include "primitives/conformance/conformance.hpp"
#include "primitives/conformance/rules.hpp"

namespace syncbench::conformance {
namespace {

constexpr int kTeam = 4;
// A hang takes this long to tell; a rule that waits for what must come gives up before.
constexpr auto kPatience = 2 * kPatienceOfRules;

template <class Any>
Trial trial_of(const Rule<Any>& rule, const Subject<Any>& subject) {
  return {.implementation = subject.name,
          .rule = rule.id,
          .text = rule.text,
          .profiles = rule.profiles,
          .traits = subject.traits,
          .run = [&rule, subject](Check& check) { rule.check(subject, check); }};
}

unsigned how_it_showed(const Finding& finding) {
  if (finding.outcome != Outcome::fail) return 0;
  if (finding.reason.starts_with("hangs")) return kHang;
  return finding.reason.starts_with("crashes") || finding.reason.starts_with("ends") ? kCrash : kViolation;
}

/// A sanitizer may end the process before the rule finds the fault.
unsigned may_show(unsigned shows) {
  return kSlowness == 1 ? shows : shows | kCrash;
}

class Test : public ::testing::Test {
 public:
  explicit Test(std::function<void()> body) : body_(std::move(body)) {}
  void TestBody() override { body_(); }

 private:
  std::function<void()> body_;
};

void add(const std::string& suite, const std::string& name, std::function<void()> body) {
  ::testing::RegisterTest(suite.c_str(), name.c_str(), nullptr, nullptr, __FILE__, __LINE__,
                          [body = std::move(body)] { return new Test(body); });
}

// What shows at natural speed is shown there, where hundreds of hangs take two minutes and not twenty. This program
// runs under ThreadSanitizer for the sake of the faults that nothing else can see.
bool shows_here(Needs needs) {
  return (needs == Needs::thread_sanitizer) == kUnderThreadSanitizer;
}

template <class Any>
void expect_caught(const Rule<Any>& rule, const Violation<Any>& violation) {
  Finding finding;
  for (int attempt = 0; attempt < 3 && finding.outcome != Outcome::fail; ++attempt)  // a busy machine may hide a fault
    finding = run_apart(trial_of(rule, violation.subject), kTeam, kPatience);
  EXPECT_NE(how_it_showed(finding) & may_show(violation.shows), 0U)
      << rule.id << " (" << rule.text << ") does not catch: " << violation.subject.name
      << "\nbut finds: " << (finding.outcome == Outcome::pass ? "nothing" : finding.reason);
}

template <class Any>
void add_primitive(const std::string& primitive, const std::vector<Rule<Any>>& rules,
                   const std::vector<Violation<Any>>& violations, const Subject<Any>& sound) {
  for (const Rule<Any>& rule : rules) {
    const std::string id(rule.id);
    int number = 0;
    for (const Violation<Any>& violation : violations) {
      if (violation.rule != rule.id) continue;
      ++number;
      if (shows_here(violation.needs))
        add(primitive + "_violations", id + "_" + std::to_string(number), [&] { expect_caught(rule, violation); });
    }
    if (kUnderThreadSanitizer) continue;
    add(primitive + "_rules", id + "_has_something_to_catch", [number] { EXPECT_GT(number, 0); });
    add(primitive + "_rules", id + "_holds_for_what_is_sound", [&rule, sound] {
      const Finding finding = run_apart(trial_of(rule, sound), kTeam, kPatience * 4);
      EXPECT_NE(finding.outcome, Outcome::fail) << rule.id << ": " << finding.reason;
    });
  }
  for (const Violation<Any>& violation : violations) {
    const bool known = std::ranges::any_of(rules, [&](const Rule<Any>& rule) { return rule.id == violation.rule; });
    if (!known) add(primitive + "_rules", std::string(violation.rule), [] { FAIL() << "there is no such rule"; });
  }
}

const bool kRegistered = [] {
  add_primitive("mutex", mutex_rules(), mutex_violations(), sound_mutex());
  add_primitive("recursive_mutex", recursive_mutex_rules(), recursive_mutex_violations(), sound_recursive_mutex());
  add_primitive("semaphore", semaphore_rules(), semaphore_violations(), sound_semaphore());
  add_primitive("event", event_rules(), event_violations(), sound_event());
  add_primitive("condition", condition_rules(), condition_violations(), sound_condition());
  add_primitive("barrier", barrier_rules(), barrier_violations(), sound_barrier());
  add_primitive("breakable_barrier", breakable_barrier_rules(), breakable_barrier_violations(),
                sound_breakable_barrier());
  return true;
}();

}  // namespace
}  // namespace syncbench::conformance
