// Who goes next: at random, by PCT's priorities, by a list of decisions, or by all of them in turn.
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include "primitives/schedule/scheduler.hpp"

namespace syncbench::schedule {

/// Every option with the same chance; a thread goes on more often than not, so that runs are not all switches.
class RandomWalk final : public Strategy {
 public:
  explicit RandomWalk(std::uint64_t seed) : random_(seed) {}
  std::size_t choose(const std::vector<Option>& options, bool first_goes_on) override {
    if (first_goes_on && random_() % 2 == 0) return 0;
    return random_() % options.size();
  }

 private:
  std::mt19937_64 random_;
};

/// Probabilistic concurrency testing: the thread with the highest priority runs, and at `depth - 1` random steps the
/// running one falls behind all others. Finds a bug of depth d among n threads and k steps with a chance of at least
/// 1/(n k^(d-1)). [Burckhardt, Kothari, Musuvathi and Nagarakatte 2010]
class PriorityChanges final : public Strategy {
 public:
  PriorityChanges(std::uint64_t seed, unsigned threads, std::size_t steps, unsigned depth) : random_(seed) {
    for (unsigned thread = 0; thread < threads; ++thread) priorities_.push_back(depth + thread);
    std::shuffle(priorities_.begin(), priorities_.end(), random_);
    for (unsigned change = 1; change < depth; ++change) changes_.push_back(random_() % std::max<std::size_t>(1, steps));
    std::ranges::sort(changes_, std::greater());
  }
  std::size_t choose(const std::vector<Option>& options, bool) override {
    std::size_t best = highest(options);
    while (!changes_.empty() && step_ >= changes_.back()) {
      changes_.pop_back();
      priorities_[options[best].thread] = static_cast<unsigned>(changes_.size());
      best = highest(options);
    }
    ++step_;
    // A sleeper's time or a buffered store comes due at any moment, whatever its thread's priority.
    if (options[best].kind == Option::Kind::step && random_() % 8 == 0) {
      const std::size_t other = random_() % options.size();
      if (options[other].kind != Option::Kind::step) return other;
    }
    return best;
  }

 private:
  std::size_t highest(const std::vector<Option>& options) const {
    std::size_t best = 0;
    for (std::size_t i = 1; i < options.size(); ++i) {
      const bool steps = options[i].kind == Option::Kind::step, did = options[best].kind == Option::Kind::step;
      if (steps != did ? steps : priorities_[options[i].thread] > priorities_[options[best].thread]) best = i;
    }
    return best;
  }

  std::mt19937_64 random_;
  std::vector<unsigned> priorities_;
  std::vector<std::size_t> changes_;
  std::size_t step_ = 0;
};

/// The decisions of an earlier run; beyond them, or where one no longer fits, the first option.
class Replay final : public Strategy {
 public:
  explicit Replay(std::vector<std::size_t> decisions) : decisions_(std::move(decisions)) {}
  std::size_t choose(const std::vector<Option>& options, bool) override {
    const std::size_t chosen = next_ < decisions_.size() ? decisions_[next_] : 0;
    ++next_;
    return chosen < options.size() ? chosen : 0;
  }

 private:
  std::vector<std::size_t> decisions_;
  std::size_t next_ = 0;
};

/// All runs with at most so many preemptions (switches away from a thread that could have gone on) and time-outs, one
/// after the other: depth first, the last decision changes first. [Musuvathi and Qadeer 2007, CHESS]
class Exhaustive final : public Strategy {
 public:
  explicit Exhaustive(unsigned bound) : bound_(bound) {}

  std::size_t choose(const std::vector<Option>& options, bool first_goes_on) override {
    const std::size_t depth = next_++;
    if (depth == path_.size()) path_.push_back({0, static_cast<unsigned>(options.size()), first_goes_on, {}});
    Node& node = path_[depth];
    if (node.kinds.empty())
      for (const Option& option : options) node.kinds.push_back(option.kind);
    spent_ += cost(node, node.chosen);
    return node.chosen;
  }

  /// Whether the bound has kept any schedule from being run.
  bool was_bounded() const noexcept { return bounded_; }

  /// Prepares the next run; false when there is none.
  bool advance() {
    path_.resize(std::min(path_.size(), next_));
    next_ = 0;
    while (!path_.empty()) {
      Node& node = path_.back();
      spent_ -= cost(node, node.chosen);
      while (++node.chosen < node.options) {
        if (spent_ + cost(node, node.chosen) <= bound_) {
          spent_ = 0;  // counted again from the beginning
          return true;
        }
        bounded_ = true;
      }
      path_.pop_back();
    }
    return false;
  }

 private:
  struct Node {
    std::size_t chosen;
    unsigned options;
    bool first_goes_on;
    std::vector<Option::Kind> kinds;
  };
  static unsigned cost(const Node& node, std::size_t chosen) {
    if (chosen == 0) return 0;
    return node.kinds[chosen] != Option::Kind::step || node.first_goes_on ? 1 : 0;
  }

  unsigned bound_;
  unsigned spent_ = 0;
  bool bounded_ = false;
  std::size_t next_ = 0;
  std::vector<Node> path_;
};

}  // namespace syncbench::schedule
