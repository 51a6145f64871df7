// The main function of a program that stresses one type: its few words, its cells, and what they found.
#include <charconv>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

#include "primitives/schedule/explore.hpp"
#include "primitives/stress/cell.hpp"
#include "primitives/stress/stress.hpp"

namespace syncbench::stress {
namespace {

struct Words {
  std::chrono::nanoseconds time = std::chrono::seconds(30);
  std::string replay;
};

std::chrono::nanoseconds seconds_of(std::string_view text) {
  unsigned seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || std::string_view(end, text.data() + text.size()) != "s" || seconds == 0 ||
      seconds > 86400)
    throw std::invalid_argument("--time: '" + std::string(text) +
                                "' is not a number of seconds such as 30s, up to a day");
  return std::chrono::seconds(seconds);
}

Words parse(int count, const char* const* words) {
  Words parsed;
  for (int i = 1; i < count; i += 2) {
    const std::string word = words[i];
    if (word != "--time" && word != "--replay")
      throw std::invalid_argument("'" + word + "' is not one of --time, --replay");
    if (i + 1 == count) throw std::invalid_argument(word + " needs a value");
    if (word == "--time") parsed.time = seconds_of(words[i + 1]);
    if (word == "--replay") parsed.replay = words[i + 1];
  }
  return parsed;
}

std::vector<CellPlan> plan(const std::vector<Program>& programs, std::chrono::nanoseconds time, unsigned at_once) {
  std::vector<CellPlan> plans;
  for (const Mode mode : {Mode::plain, Mode::faulty, Mode::scheduled})
    for (const Program& program : programs) {
      if (!program.runs(mode)) continue;
      CellPlan plan{.program = &program, .mode = mode};
      if (plan.mode != Mode::scheduled) {
        plans.push_back(plan);
        continue;
      }
      for (const Shape& shape : schedule::explored_shapes(program)) {
        plan.shape = shape;
        plans.push_back(plan);
      }
    }
  for (CellPlan& one : plans) one.time = time * at_once / plans.size();
  return plans;
}

int replay(const std::vector<Program>& programs, const std::string& text) {
  const schedule::Replayed replayed = schedule::replay(programs, text);
  std::printf("%s", schedule::render(replayed.outcome).c_str());
  return replayed.outcome.kind == schedule::Outcome::Kind::passed ? 0 : 1;
}

void print(const CellResult& result) {
  const std::string name = result.plan.program->name() + " " + std::string(to_text(result.plan.mode));
  std::printf("%-60s %12llu runs  %s\n", name.c_str(), static_cast<unsigned long long>(result.runs),
              result.finding ? std::string(to_text(result.finding->kind)).c_str() : "passed");
  if (result.finding) std::printf("%s\n", render(result.plan, *result.finding).c_str());
  std::fflush(stdout);
}

}  // namespace

int stress_main(const std::vector<Program>& programs, int count, const char* const* words) {
  try {
    const Words parsed = parse(count, words);
    if (!parsed.replay.empty()) return replay(programs, parsed.replay);
    const unsigned at_once = std::max(1U, std::thread::hardware_concurrency());
    int code = 0;
    run_cells(
        plan(programs, parsed.time, at_once), at_once,
        [&](const CellResult& result) {
          print(result);
          if (result.finding) code = 1;
        },
        [] { return false; });
    return code;
  } catch (const std::invalid_argument& error) {
    std::fprintf(stderr, "%s: %s\n", count > 0 ? words[0] : "stress", error.what());
    return 2;
  }
}

}  // namespace syncbench::stress
