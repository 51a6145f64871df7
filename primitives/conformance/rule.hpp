// What a conformance rule is: an identifier, a sentence, the profiles that ask for it, and a function that tries to
// make one implementation break it. The function sees the implementation through a `Subject` (type erased, so that
// each rule is compiled once for all) and reports to a `Check`.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "primitives/traits.hpp"

namespace syncbench::conformance {

/// Thrown by Check::require and Check::not_applicable; the rule's function is over.
struct RuleEnded {};

/// What one run of a rule found. Any thread may report.
class Check {
 public:
  /// How many threads a rule with a crowd starts (2 at least).
  int team = 4;

  /// Records `what` as a violation unless `held`, and goes on.
  void expect(bool held, std::string_view what) {
    if (!held) report(std::string(what));
  }
  template <class A, class B>
  void equal(const A& actual, const B& expected, std::string_view what) {
    if (actual == expected) return;
    std::ostringstream text;
    text << what << ": " << actual << ", expected " << expected;
    report(text.str());
  }
  /// The same, and ends the rule. Only on the thread that called the rule's function.
  void require(bool held, std::string_view what) {
    if (held) return;
    report(std::string(what));
    throw RuleEnded{};
  }
  /// The rule does not concern this implementation. Only on the thread that called the rule's function.
  [[noreturn]] void not_applicable(std::string why) {
    not_applicable_ = std::move(why);
    throw RuleEnded{};
  }

  /// Threads wait for what will never come, and nothing can end that: records `what` and ends the process.
  [[noreturn]] void stuck(std::string_view what) {
    report(std::string(what));
    when_stuck(*this);
    std::abort();
  }
  /// Gets the word out before the process ends; by default onto the standard error output.
  std::function<void(const Check&)> when_stuck = [](const Check& check) {
    for (const std::string& one : check.violations()) std::fprintf(stderr, "\nHANG: %s\n", one.c_str());
  };

  bool violated() const { return !violations_.empty(); }
  const std::vector<std::string>& violations() const { return violations_; }
  const std::string& why_not_applicable() const { return not_applicable_; }

 private:
  static constexpr std::size_t kEnough = 8;
  void report(std::string what) {
    const std::lock_guard guard(mutex_);
    if (violations_.size() < kEnough) violations_.push_back(std::move(what));
  }

  std::mutex mutex_;
  std::vector<std::string> violations_;
  std::string not_applicable_;
};

/// One implementation of one primitive in one world. `Any` is the primitive's erased interface (subjects.hpp); `make`
/// builds a fresh object with the given arguments.
template <class Any>
struct Subject {
  std::string_view name;  ///< "ticket/park"
  std::string_view family;
  bool representative = false;  ///< stands for its family
  Traits traits;
  bool sleeps = true;     ///< a thread that waits sleeps in the kernel
  bool observed = false;  ///< runs on ObservedPlatform: the schedule is shaken, accesses are counted
  bool checked = false;   ///< wrapped in Checked<...>: wrong use is an error
  std::function<typename Any::Maker> make;

  /// Rounds for rules whose threads wait for one another in turn: fewer where each step may cost a whole time slice,
  /// because the waiters neither sleep nor (as the observed world makes them) give the processor away.
  int rounds(int wanted) const { return sleeps || observed ? wanted : wanted / 8; }
};

/// Profiles that ask for a rule.
constexpr unsigned kAllProfiles = 15;
constexpr unsigned operator|(Profile a, Profile b) {
  return static_cast<unsigned>(a) | static_cast<unsigned>(b);
}
constexpr unsigned operator|(unsigned a, Profile b) {
  return a | static_cast<unsigned>(b);
}

template <class Any>
struct Rule {
  std::string_view id;    ///< "M1"
  std::string_view text;  ///< one sentence: what holds
  unsigned profiles;      ///< kAllProfiles, or Profile::python | Profile::strict
  std::function<void(const Subject<Any>&, Check&)> check;
};

}  // namespace syncbench::conformance
