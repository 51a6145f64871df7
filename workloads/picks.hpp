// Which of many: choices drawn before the trial, so that the measured loop reads a table and draws nothing. Uniform, or
// skewed as Zipf saw words and everybody sees keys: the k-th most popular has 1/k of the first one's share.
// [Zipf 1949; Gray and others 1994, Quickly generating billion-record synthetic databases]
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include "workloads/workload.hpp"

namespace syncbench {

enum class Skew { uniform, zipf };

inline Parameter skew_parameter(std::string_view meaning) {
  return choice("skew", {"uniform", "zipf"}, meaning);
}
inline Skew skew_of(const Params& params) {
  return params["skew"] == 0 ? Skew::uniform : Skew::zipf;
}

/// One worker's choices among `count`; `seed` tells workers apart, and is all that decides.
class Picks {
 public:
  Picks(std::size_t count, Skew skew, std::uint64_t seed) : table_(kTable) {
    std::mt19937_64 random(seed + 1);
    std::vector<double> bounds(count);
    double total = 0;
    for (std::size_t k = 0; k < count; ++k)
      bounds[k] = total += skew == Skew::zipf ? 1.0 / static_cast<double>(k + 1) : 1;
    for (std::uint32_t& pick : table_) {
      const double point = static_cast<double>(random() >> 11U) * 0x1p-53 * total;
      const auto found = std::ranges::upper_bound(bounds, point);
      pick = static_cast<std::uint32_t>(std::min<std::ptrdiff_t>(found - bounds.begin(), std::ssize(bounds) - 1));
    }
  }

  std::uint32_t next() noexcept { return table_[position_++ % kTable]; }

 private:
  static constexpr std::size_t kTable = 4096;  // 16 KiB: half of a first-level cache

  std::vector<std::uint32_t> table_;
  std::size_t position_ = 0;
};

}  // namespace syncbench
