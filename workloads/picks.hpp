// Which of many: choices drawn before the trial, so that the measured loop reads a table and neither draws nor takes
// logarithms. All places alike, or skewed as words are in a text and keys in a store: the k-th most popular place has
// 1/k of the first one's share. [Zipf 1949, Human behavior and the principle of least effort]
#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <random>
#include <type_traits>
#include <vector>

#include "workloads/workload.hpp"

namespace syncbench {

enum class Skew { uniform, zipf };

inline constexpr std::size_t kMostPlaces = 1 << 16;  // what a Place can number
using Place = std::uint16_t;

inline Parameter skew_parameter(std::string_view meaning) {
  return choice("skew", {"uniform", "zipf"}, meaning);
}
inline Skew skew_of(const Params& params) {
  return params["skew"] == 0 ? Skew::uniform : Skew::zipf;
}

/// How popular each of `places` is. The standard's generator and none of its distributions: they may differ from one
/// library to the next, and the choices are to be the same everywhere.
class Popularity {
 public:
  Popularity(std::size_t places, Skew skew) : bounds_(places) {
    assert(places > 0 && places <= kMostPlaces);
    double total = 0;
    for (std::size_t k = 0; k < places; ++k)
      bounds_[k] = total += skew == Skew::zipf ? 1.0 / static_cast<double>(k + 1) : 1.0;
  }

  Place draw(std::mt19937_64& random) const {
    const double point = static_cast<double>(random() >> 11U) * 0x1p-53 * bounds_.back();
    const auto found = std::ranges::upper_bound(bounds_, point);
    // The product may have been rounded up to the very end.
    return static_cast<Place>(std::min<std::ptrdiff_t>(found - bounds_.begin(), std::ssize(bounds_) - 1));
  }

 private:
  std::vector<double> bounds_;  // by place: the shares up to and with its own
};

/// One worker's picks, the same in every run: whatever `draw(random)` returns, kLength times. Who needs more goes
/// round.
template <class Pick>
class Picks {
 public:
  static constexpr std::size_t kLength = 4096;  // 8 KiB of places: a quarter of a usual first-level cache

  template <class Draw>
  Picks(unsigned worker, Draw draw) : table_(kLength) {
    std::mt19937_64 random(worker + 1);
    for (Pick& pick : table_) pick = draw(random);
  }

  const Pick& operator[](std::size_t i) const noexcept { return table_[i % kLength]; }

 private:
  std::vector<Pick> table_;
};

/// The picks of so many workers, by rank.
template <class Draw>
auto draw_picks(std::size_t workers, Draw draw) {
  std::vector<Picks<std::invoke_result_t<Draw, std::mt19937_64&>>> picks;
  for (unsigned rank = 0; rank < workers; ++rank) picks.emplace_back(rank, draw);
  return picks;
}

}  // namespace syncbench
