// The suite's power, under the scheduler: every mutant is found that can be found there, by the rule that was expected
// and within a second; one that needs store buffers is found with them and not without; and the same sources without
// their faults are silent. (What takes real threads is found by `--mutants`.)
#include <gtest/gtest.h>

#include <cstdio>
#include <optional>
#include <set>

#include "primitives/mutants/mutant_programs.hpp"
#include "primitives/schedule/explore.hpp"

namespace syncbench::stress {
void PrintTo(const MutantInfo& mutant, std::ostream* to) {  // NOLINT: the name that GoogleTest looks for
  *to << mutant.name;
}
}  // namespace syncbench::stress

namespace syncbench::schedule {
namespace {

using namespace stress;
using std::chrono::milliseconds;

struct Kill {
  const Program* program;
  Shape shape;
  Exploration found;
};

bool asks_for(std::string_view rules, std::string_view rule) {
  const std::string all = " " + std::string(rules) + " ";
  return all.find(" " + std::string(rule) + " ") != std::string::npos;
}

// A hang and a touch after the end break the rules of their scenario; a race is how the scheduler sees two threads
// where one was to be.
bool names(const Kill& kill, std::string_view rule) {
  const Outcome& failure = *kill.found.failure;
  if (failure.kind != Outcome::Kind::violated || failure.reason.starts_with("touches "))
    return asks_for(kill.program->rules, rule);
  return failure.reason.starts_with(std::string(rule) + ":") || failure.reason.starts_with("X1:");
}

// By the first program that finds what was expected; else by any other. A fault may show in several ways, so some
// seeds are tried for the expected one.
std::optional<Kill> kill_of(const MutantInfo& mutant, bool store_buffers, unsigned seeds) {
  std::optional<Kill> other;
  for (unsigned seed = 1; seed <= seeds; ++seed)
    for (const Program& program : mutant_programs()) {
      if (program.implementation != mutant.name || !program.runs(Mode::scheduled)) continue;
      for (const Shape& shape : explored_shapes(program)) {
        const Budget budget{.time = milliseconds(50),
                            .most = milliseconds(1000),
                            .bound = 2,
                            .seed = 1000 * seed,
                            .store_buffers = store_buffers};
        Kill kill{&program, shape, explore(program, shape, budget)};
        if (!kill.found.failure) continue;
        if (names(kill, mutant.rule)) return kill;
        if (!other) other = std::move(kill);
      }
    }
  return other;
}

void tell(const MutantInfo& mutant, const Kill& kill) {
  const Exploration& found = kill.found;
  std::printf("%-42s %-4s %-24.*s %ux%u %-10s %6llu %5.2f s  %s %.60s\n", std::string(mutant.name).c_str(),
              std::string(mutant.rule).c_str(), static_cast<int>(kill.program->scenario.size()),
              kill.program->scenario.data(), kill.shape.threads, kill.shape.capacity, found.found_by.c_str(),
              static_cast<unsigned long long>(found.schedules), found.seconds,
              std::string(to_text(found.failure->kind)).c_str(), found.failure->reason.c_str());
}

class Mutants : public testing::TestWithParam<MutantInfo> {};

TEST_P(Mutants, is_killed_by_the_expected_rule) {
  const MutantInfo& mutant = GetParam();
  if (mutant.needs == Needs::real_time) GTEST_SKIP() << "cannot be scheduled";
  const bool store_buffers = mutant.needs == Needs::store_buffers;
  if (store_buffers || !mutant.equivalent.empty()) {
    const auto kill = kill_of(mutant, false, 1);
    EXPECT_FALSE(kill) << kill->program->name() << ": " << kill->found.failure->reason << "\n" << kill->found.replay;
  }
  if (!mutant.equivalent.empty()) return;
  const auto kill = kill_of(mutant, store_buffers, 5);
  ASSERT_TRUE(kill) << "survives";
  tell(mutant, *kill);
  EXPECT_TRUE(names(*kill, mutant.rule)) << kill->program->name() << ": " << kill->found.failure->reason;
  EXPECT_LT(kill->found.seconds, 1);
}

TEST_P(Mutants, runs_on_real_threads) {
  unsigned plain = 0, faulty = 0;
  for (const Program& program : mutant_programs()) {
    if (program.implementation != GetParam().name) continue;
    plain += program.runs(Mode::plain);
    faulty += program.runs(Mode::faulty);
  }
  EXPECT_GT(plain, 0U);
  EXPECT_EQ(faulty > 0, GetParam().needs != Needs::real_time);
}

std::string name_of(const testing::TestParamInfo<MutantInfo>& info) {
  std::string name(info.param.name);
  for (char& c : name)
    if (c == '/' || c == '-') c = '_';
  return name;
}
INSTANTIATE_TEST_SUITE_P(All, Mutants, testing::ValuesIn(all_mutants().begin(), all_mutants().end()), name_of);

TEST(Table, has_every_name_once_and_a_reason_for_each) {
  std::set<std::string_view> names;
  for (const MutantInfo& mutant : all_mutants()) {
    EXPECT_TRUE(names.insert(mutant.name).second) << mutant.name;
    EXPECT_FALSE(mutant.rule.empty() || mutant.ancestor.empty()) << mutant.name;
  }
  EXPECT_GE(names.size(), 40U);
}

TEST(Twins, without_their_faults_are_silent) {
  for (const Program& program : twin_programs())
    for (const Shape& shape : explored_shapes(program)) {
      const Exploration result = explore(program, shape, {.time = milliseconds(0), .bound = 1, .random_runs = 50});
      EXPECT_FALSE(result.failure) << program.name() << ": " << result.failure->reason << "\n" << result.replay;
    }
}

}  // namespace
}  // namespace syncbench::schedule
