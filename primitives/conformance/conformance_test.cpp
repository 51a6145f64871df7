// Every rule of the conformance suite on every implementation of the catalog, natively and in the observed world, as
// one unit test each: `primitives_test --gtest_filter='mutex/*ticket*.M10'`. A rule that is declared not to hold is not
// tried here, where it might hang (`syncbench --conformance` does, in a process of its own); one that the
// implementation's profile does not ask about may fail; nothing else may. SYNCBENCH_TEAM sets the size of crowds,
// SYNCBENCH_ONE_PROCESSOR puts everything on one.
#include "primitives/conformance/conformance.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <cstdlib>
#include <memory>
#include <set>

namespace syncbench::conformance {
namespace {

int team_size() {
  const char* const chosen = std::getenv("SYNCBENCH_TEAM");
  return chosen != nullptr ? std::max(2, std::atoi(chosen)) : 4;
}

/// Ends the program when one test takes too long, and says which: its name holds the implementation's.
/// A thread rather than an alarm: ThreadSanitizer delays signals until the thread it hit makes a call, which a thread
/// that spins for ever never does.
class Watchdog : public ::testing::EmptyTestEventListener {
 public:
  void OnTestStart(const ::testing::TestInfo& test) override {
    const std::lock_guard guard(mutex_);
    running_ = std::string(test.test_suite_name()) + "." + test.name();
    limit_ = std::chrono::steady_clock::now() + patience();
    if (!watcher_.joinable()) watcher_ = std::jthread([this](std::stop_token stop) { watch(stop); });
  }
  void OnTestEnd(const ::testing::TestInfo&) override {
    const std::lock_guard guard(mutex_);
    running_.clear();
  }
  void OnTestProgramEnd(const ::testing::UnitTest&) override { watcher_ = {}; }

 private:
  static std::chrono::seconds patience() {
    const char* const chosen = std::getenv("SYNCBENCH_TEST_TIMEOUT");  // seconds; for machines slower than foreseen
    return std::chrono::seconds(chosen != nullptr ? std::atoi(chosen) : 30 * kSlowness);
  }

  void watch(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
      wake_.wait_for(lock, stop, 50ms, [] { return false; });
      if (running_.empty() || std::chrono::steady_clock::now() < limit_) continue;
      std::fprintf(stderr, "\nHANG: %s did not end\n[  FAILED  ] %s\n", running_.c_str(), running_.c_str());
      std::abort();
    }
  }

  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::string running_;
  std::chrono::steady_clock::time_point limit_;
  std::jthread watcher_;
};

class RuleTest : public ::testing::Test {
 public:
  explicit RuleTest(std::shared_ptr<const Trial> trial) : trial_(std::move(trial)) {}
  void TestBody() override {
    const std::string_view declared = trial_->traits.deviation(trial_->rule);
    if (!declared.empty()) GTEST_SKIP() << declared;
    const Finding finding = excused(*trial_, run_here(*trial_, team_size()));
    if (finding.outcome == Outcome::fail)
      ADD_FAILURE() << trial_->rule << ": " << trial_->text << "\n" << finding.reason;
    if (finding.outcome == Outcome::trait || finding.outcome == Outcome::not_applicable) GTEST_SKIP() << finding.reason;
  }

 private:
  std::shared_ptr<const Trial> trial_;
};

std::string suite_of(const Trial& trial) {
  const char* const world = trial.world == World::observed  ? ",observed"
                            : trial.world == World::checked ? ",checked"
                                                            : "";
  return std::string(trial.primitive) + "/" + std::string(trial.implementation) + world;
}

void add(Trial&& trial) {
  const auto shared = std::make_shared<const Trial>(std::move(trial));
  ::testing::RegisterTest(suite_of(*shared).c_str(), std::string(shared->rule).c_str(), nullptr, nullptr, __FILE__,
                          __LINE__, [shared] { return new RuleTest(shared); });
}

// The checked forms add the same lines to each implementation, so those that stand for their families stand for the
// others too. And under a sanitizer, where everything takes many times as long, what runs in the observed world does
// not run natively as well: it is the same source, with more chances to go wrong.
void register_all() {
  std::set<std::string> observed;
  for (Trial& trial : all_trials(World::observed)) {
    observed.insert(std::string(trial.primitive) + std::string(trial.implementation));
    add(std::move(trial));
  }
  for (Trial& trial : all_trials(World::native)) {
    const bool twice = observed.contains(std::string(trial.primitive) + std::string(trial.implementation));
    if (kSlowness == 1 || !twice) add(std::move(trial));
  }
  for (Trial& trial : all_trials(World::checked))
    if (trial.representative) add(std::move(trial));
}

const bool kRegistered = [] {
  if (std::getenv("SYNCBENCH_ONE_PROCESSOR") != nullptr) static const OneProcessor one;  // for good: threads inherit it
  ::testing::UnitTest::GetInstance()->listeners().Append(new Watchdog);                  // owned by the list
  register_all();
  return true;
}();

}  // namespace
}  // namespace syncbench::conformance
