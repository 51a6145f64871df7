// Strategies in turn, then the failure made small: decisions are taken back one by one, as long as the same thing goes
// wrong.
#include "primitives/schedule/explore.hpp"

#include <charconv>
#include <map>
#include <stdexcept>

#include "primitives/schedule/strategies.hpp"

namespace syncbench::schedule {
namespace {

using Clock = std::chrono::steady_clock;

// Runs one program again and again. Executions that failed are never destroyed: their threads stand in the middle.
class Runner {
 public:
  Runner(const Program& program, const Shape& shape, bool store_buffers, bool keep_trace)
      : make_(program.make[static_cast<unsigned>(stress::Mode::scheduled)]),
        shape_(shape),
        scheduler_({.store_buffers = store_buffers, .keep_trace = keep_trace}) {
    for (unsigned thread = 0; thread < shape.threads; ++thread)
      bodies_.emplace_back([this, thread] { execution_->body(thread); });
  }

  Outcome run(Strategy& strategy) {
    execution_.reset();
    Outcome outcome =
        scheduler_.run([this] { execution_ = make_(shape_); }, bodies_, [this] { execution_->check(); }, strategy);
    if (outcome.kind != Outcome::Kind::passed) (void)execution_.release();
    return outcome;
  }

 private:
  stress::MakeExecution make_;
  Shape shape_;
  Scheduler scheduler_;
  std::unique_ptr<stress::Execution> execution_;
  std::vector<std::function<void()>> bodies_;
};

bool fails_alike(const Outcome& a, const Outcome& b) {
  return a.kind == b.kind && (a.kind != Outcome::Kind::violated || a.reason == b.reason);
}

Outcome run_quietly(const Program& program, const Shape& shape, bool store_buffers,
                    const std::vector<std::size_t>& decisions, bool trace = false) {
  Runner runner(program, shape, store_buffers, trace);
  Replay strategy(decisions);
  return runner.run(strategy);
}

// Takes decisions back, the last first, and keeps what still fails alike.
std::vector<std::size_t> minimized(const Program& program, const Shape& shape, bool store_buffers,
                                   const Outcome& failure) {
  std::vector<std::size_t> decisions = failure.decisions;
  for (bool smaller = true; smaller;) {
    smaller = false;
    for (std::size_t i = decisions.size(); i-- > 0;) {
      if (decisions[i] == 0) continue;
      auto fewer = decisions;
      fewer[i] = 0;
      const Outcome outcome = run_quietly(program, shape, store_buffers, fewer);
      if (!fails_alike(outcome, failure)) continue;
      decisions = outcome.decisions;
      smaller = true;
      i = std::min(i, decisions.size());
    }
  }
  while (!decisions.empty() && decisions.back() == 0) decisions.pop_back();
  return decisions;
}

std::string to_text(const Program& program, const Shape& shape) {
  return std::to_string(shape.threads) + (program.has_capacity ? "x" + std::to_string(shape.capacity) : "");
}

std::string replay_string(const Program& program, const Shape& shape, bool store_buffers,
                          const std::vector<std::size_t>& decisions) {
  std::string text = program.name() + ":" + to_text(program, shape) + (store_buffers ? ":tso:" : ":sc:");
  bool first = true;
  for (std::size_t i = 0; i < decisions.size(); ++i) {
    if (decisions[i] == 0) continue;
    text += (first ? "" : ",") + std::to_string(i) + "=" + std::to_string(decisions[i]);
    first = false;
  }
  return text;
}

class Explorer {
 public:
  Explorer(const Program& program, const Shape& shape, const Budget& budget)
      : program_(program), shape_(shape), budget_(budget), runner_(program, shape, budget.store_buffers, false) {}

  Exploration explore() {
    const bool found = at_random() || exhaustively();
    if (found) describe_failure();
    result_.seconds = std::chrono::duration<double>(Clock::now() - begin_).count();
    return std::move(result_);
  }

 private:
  bool fails(Strategy& strategy, const char* by) {
    Outcome outcome = runner_.run(strategy);
    ++result_.schedules;
    longest_ = std::max(longest_, outcome.decisions.size());
    if (outcome.kind == Outcome::Kind::passed) return false;
    result_.failure = std::move(outcome);
    result_.found_by = by;
    return true;
  }

  bool at_random() {
    for (std::size_t i = 0; i < budget_.random_runs; ++i) {
      RandomWalk walk(budget_.seed + i);
      if (fails(walk, "random")) return true;
    }
    for (std::size_t i = 0; i < budget_.random_runs; ++i) {
      PriorityChanges priorities(budget_.seed + i, shape_.threads, longest_, 3);
      if (fails(priorities, "priorities")) return true;
    }
    return false;
  }

  bool exhaustively() {
    for (unsigned bound = 0;; ++bound) {
      Exhaustive all(bound, !budget_.store_buffers);
      do {
        if (fails(all, "exhaustive")) return true;
        const auto spent = Clock::now() - begin_;
        if (spent > budget_.most || (bound > budget_.bound && spent > budget_.time)) return false;
      } while (all.advance());
      result_.complete_bound = static_cast<int>(bound);
      if (!all.was_bounded()) {
        result_.everything = true;
        return false;
      }
      if (bound >= budget_.bound && Clock::now() - begin_ > budget_.time) return false;
    }
  }

  void describe_failure() {
    const auto decisions = minimized(program_, shape_, budget_.store_buffers, *result_.failure);
    result_.failure = run_quietly(program_, shape_, budget_.store_buffers, decisions, true);
    result_.replay = replay_string(program_, shape_, budget_.store_buffers, decisions);
  }

  const Program& program_;
  const Shape& shape_;
  const Budget& budget_;
  Runner runner_;
  Exploration result_;
  std::size_t longest_ = 0;
  Clock::time_point begin_ = Clock::now();
};

// Each thread does what it does twice where there are two, so that one may come again while the other is still there.
Shape explored_shape(unsigned threads, unsigned capacity) {
  return {.threads = threads, .capacity = capacity, .rounds = threads == 2 ? 2U : 1U};
}

std::size_t number(std::string_view digits) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size() || value > 1'000'000)
    throw std::invalid_argument("'" + std::string(digits) + "' is not a number of a replay string");
  return value;
}

std::vector<std::size_t> parse_decisions(std::string_view text) {
  std::vector<std::size_t> decisions;
  while (!text.empty()) {
    const auto comma = text.find(',');
    const std::string_view one = text.substr(0, comma);
    const auto equals = one.find('=');
    if (equals == std::string_view::npos)
      throw std::invalid_argument("'" + std::string(one) + "' is not of the form STEP=CHOICE");
    const std::size_t step = number(one.substr(0, equals));
    if (step >= decisions.size()) decisions.resize(step + 1, 0);
    decisions[step] = number(one.substr(equals + 1));
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
  }
  return decisions;
}

}  // namespace

std::vector<Shape> explored_shapes(const Program& program) {
  std::vector<Shape> shapes;
  for (unsigned threads = 2; threads <= stress::kExplored; ++threads)
    for (unsigned capacity = 1; capacity <= (program.has_capacity ? threads - 1 : 1); ++capacity)
      if (program.threads.has(threads)) shapes.push_back(explored_shape(threads, capacity));
  return shapes;
}

Exploration explore(const Program& program, const Shape& shape, const Budget& budget) {
  return Explorer(program, shape, budget).explore();
}

Outcome run_again(const Program& program, const Shape& shape, bool store_buffers,
                  const std::vector<std::size_t>& decisions) {
  return run_quietly(program, shape, store_buffers, decisions, true);
}

Replayed replay(const std::vector<Program>& programs, const std::string& text) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  for (std::size_t colon; (colon = text.find(':', begin)) != std::string::npos; begin = colon + 1)
    parts.push_back(text.substr(begin, colon - begin));
  parts.push_back(text.substr(begin));
  if (parts.size() != 6)
    throw std::invalid_argument("'" + text + "' is not of the form PRIMITIVE:IMPLEMENTATION:SCENARIO:THREADS:sc:STEPS");
  if (parts[4] != "sc" && parts[4] != "tso") throw std::invalid_argument("'" + parts[4] + "' is not one of sc, tso");
  const std::string name = parts[0] + ":" + parts[1] + ":" + parts[2];
  const Program* const program = stress::find_program(programs, name);
  if (program == nullptr || !program->runs(stress::Mode::scheduled))
    throw std::invalid_argument("there is no program '" + name + "' that can be scheduled");
  for (const Shape& shape : explored_shapes(*program))
    if (to_text(*program, shape) == parts[3])
      return {program, shape, run_again(*program, shape, parts[4] == "tso", parse_decisions(parts[5]))};
  throw std::invalid_argument("'" + name + "' is not explored with '" + parts[3] + "' threads");
}

namespace {
// Of a run that does not end, the beginning and the last steps say enough.
bool shortened(std::size_t number, std::size_t steps) {
  constexpr std::size_t kFirst = 100, kLast = 100;
  return steps > 1000 && number > kFirst && number + kLast < steps;
}
}  // namespace

std::string render(const Outcome& outcome) {
  std::map<const void*, std::string> names;
  const auto name_of = [&](const void* address) {
    const auto [entry, fresh] = names.try_emplace(address, "w" + std::to_string(names.size() + 1));
    return entry->second;
  };
  std::string text;
  std::size_t number = 0;
  for (const Step& step : outcome.trace) {
    const std::string_view path = step.where.file_name();
    const std::string file(path.substr(path.find_last_of('/') + 1));
    if (step.access == Access::linger || shortened(++number, outcome.trace.size())) continue;
    text += "  " + std::to_string(number) + "  thread " + std::to_string(step.thread) + "  " + file + ":" +
            std::to_string(step.where.line()) + "  " + std::string(to_text(step.access)) + " " + name_of(step.address) +
            "  " + std::to_string(step.before) +
            (step.before == step.after ? "" : " -> " + std::to_string(step.after)) + "\n";
  }
  return text + std::string(to_text(outcome.kind)) + (outcome.reason.empty() ? "" : ": " + outcome.reason) + "\n";
}

}  // namespace syncbench::schedule
