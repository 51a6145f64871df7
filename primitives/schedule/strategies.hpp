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

/// All runs with at most so many preemptions (switches away from a thread that could have gone on) and other surprises
/// (timeouts, spurious wake-ups, weak failures, stores that become visible), one after the other: depth first, the last
/// decision changes first. [Musuvathi and Qadeer 2007, CHESS]
///
/// Runs that differ only in the order of independent steps are run once, by sleep sets: when a thread is preempted
/// before a step that was already tried there, the same step need not be tried again until somebody has done something
/// that it depends on. [Godefroid 1996, Partial-order methods, chapter 5] Only steps of the thread that went on are put
/// to sleep: the run that stays in their place takes the step before the preemption, not after it, and so has no more
/// preemptions than the one that is left out.
class Exhaustive final : public Strategy {
 public:
  explicit Exhaustive(unsigned bound, bool reduces = true) : bound_(bound), reduces_(reduces) {}

  std::size_t choose(const std::vector<Option>& options, bool first_goes_on) override {
    if (redundant_) return 0;
    const std::size_t depth = next_++;
    if (depth == path_.size() && !add_node(options, first_goes_on)) return 0;
    Node& node = path_[depth];
    spent_ += cost(node, node.chosen);
    learns_ = node.chosen == 0 && !node.knows ? &node : nullptr;
    if (node.chosen != 0 && node.first_goes_on && node.knows) asleep_.push_back({node.options[0].thread, node.first});
    return node.chosen;
  }

  void stepped(unsigned thread, const Footprint& footprint) override {
    if (!reduces_) return;
    if (learns_ != nullptr) {
      learns_->first = footprint;
      learns_->knows = true;
      learns_ = nullptr;
    }
    std::erase_if(asleep_, [&](const Asleep& one) {
      // Its step, and nothing has happened that the step depends on. (A weak failure of it is another step.)
      if (one.thread == thread && !footprint.everything()) redundant_ = true;
      return one.thread == thread || !one.step.independent_of(footprint);
    });
  }

  /// Whether the bound has kept any schedule from being run.
  bool was_bounded() const noexcept { return bounded_; }

  /// Prepares the next run; false when there is none.
  bool advance() {
    path_.resize(std::min(path_.size(), next_));
    next_ = 0;
    redundant_ = false;
    learns_ = nullptr;
    asleep_.clear();
    while (!path_.empty()) {
      Node& node = path_.back();
      spent_ -= cost(node, node.chosen);
      if (choose_next(node, node.chosen + 1)) {
        spent_ = 0;  // counted again from the beginning
        return true;
      }
      path_.pop_back();
    }
    return false;
  }

 private:
  struct Node {
    std::size_t chosen;
    bool first_goes_on;
    std::vector<Option> options;
    std::vector<bool> asleep;  // by option: has been tried, in another order
    bool knows = false;        // what the first option's step touches
    Footprint first = {};
  };
  struct Asleep {
    unsigned thread;
    Footprint step;
  };

  // False if whatever could be done here has been done in another order: then the run goes on to its end anyhow.
  bool add_node(const std::vector<Option>& options, bool first_goes_on) {
    Node& node = path_.emplace_back(Node{0, first_goes_on, options, {}});
    for (const Option& option : options)
      node.asleep.push_back(option.kind == Option::Kind::step && std::ranges::any_of(asleep_, [&](const Asleep& one) {
                              return one.thread == option.thread;
                            }));
    if (choose_next(node, 0)) return true;
    path_.pop_back();
    --next_;
    redundant_ = true;
    return false;
  }

  bool choose_next(Node& node, std::size_t from) {
    for (node.chosen = from; node.chosen < node.options.size(); ++node.chosen) {
      if (node.asleep[node.chosen]) continue;
      if (spent_ + cost(node, node.chosen) <= bound_) return true;
      bounded_ = true;
    }
    return false;
  }

  static unsigned cost(const Node& node, std::size_t chosen) {
    if (chosen == 0) return 0;
    return node.options[chosen].kind != Option::Kind::step || node.first_goes_on ? 1 : 0;
  }

  unsigned bound_;
  bool reduces_;
  unsigned spent_ = 0;
  bool bounded_ = false;
  bool redundant_ = false;  // the rest of this run has been seen in another order
  std::size_t next_ = 0;
  std::vector<Node> path_;
  std::vector<Asleep> asleep_;
  Node* learns_ = nullptr;
};

}  // namespace syncbench::schedule
