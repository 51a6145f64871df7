// Latencies, counted in buckets that grow with the value: 64 buckets for every power of two, so that a percentile read
// back is at most 1.6 % too high. A histogram is plain data of fixed size (it lives in memory shared with the process
// that watches the trial) and belongs to one worker; merging comes after the trial.
// [The bucket layout is that of HdrHistogram, Tene 2012]
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace syncbench {

/// Values in nanoseconds, from 0 to about 18 minutes; longer ones count in the last bucket (`max` stays exact).
class alignas(64) Histogram {
 public:
  void record(std::uint64_t nanoseconds) noexcept {
    ++counts_[index_of(nanoseconds)];
    ++count_;
    sum_ += static_cast<double>(nanoseconds);
    min_ = std::min(min_, nanoseconds);
    max_ = std::max(max_, nanoseconds);
  }

  void merge(const Histogram& other) noexcept {
    for (std::size_t i = 0; i < kBuckets; ++i) counts_[i] += other.counts_[i];
    count_ += other.count_;
    sum_ += other.sum_;
    min_ = std::min(min_, other.min_);
    max_ = std::max(max_, other.max_);
  }

  std::uint64_t count() const noexcept { return count_; }
  /// These four need count() > 0.
  std::uint64_t min() const noexcept { return min_; }
  std::uint64_t max() const noexcept { return max_; }
  double mean() const noexcept { return sum_ / static_cast<double>(count_); }
  double sum() const noexcept { return sum_; }
  /// The least bound up to which half of all recorded time was spent. Percentiles count operations, and one stall of a
  /// second is one operation; this counts the second. From the buckets, as a reader of the record would.
  std::uint64_t time_weighted_median() const noexcept {
    double total = 0;
    for_each_bucket([&](auto bound, auto count) { total += static_cast<double>(bound) * static_cast<double>(count); });
    double seen = 0;
    std::uint64_t median = max_;
    bool found = false;
    for_each_bucket([&](auto bound, auto count) {
      seen += static_cast<double>(bound) * static_cast<double>(count);
      if (!found && 2 * seen >= total) median = std::min(bound, max_), found = true;
    });
    return median;
  }

  /// Whether so many values were recorded that at least one lies beyond `share`: below that a percentile would be the
  /// maximum under a finer name.
  bool resolves(double share) const noexcept { return static_cast<double>(count_) * (1 - share) >= 1 - 1e-9; }

  /// The smallest recorded bound that at least `share` (0 to 1) of all values do not exceed.
  std::uint64_t percentile(double share) const noexcept {
    const double wanted = std::max(1.0, share * static_cast<double>(count_));
    double seen = 0;
    for (std::size_t i = 0; i < kBuckets; ++i) {
      seen += static_cast<double>(counts_[i]);
      // The tolerance keeps 0.999 x 1000 from asking for the 1000th value because of rounding.
      if (seen + 1e-9 * wanted >= wanted) return std::min(upper_bound(i), max_);
    }
    return max_;
  }

  /// Calls visit(upper bound, count) for every bucket that is not empty, in ascending order.
  template <class Visit>
  void for_each_bucket(Visit visit) const {
    for (std::size_t i = 0; i < kBuckets; ++i) {
      if (counts_[i] != 0) visit(i + 1 == kBuckets ? std::max(max_, upper_bound(i)) : upper_bound(i), counts_[i]);
    }
  }

 private:
  static constexpr unsigned kSubBits = 6;  // 64 buckets a power of two: relative error below 1/64
  static constexpr unsigned kTopBits = 40;
  static constexpr std::size_t kSub = std::size_t{1} << kSubBits;
  static constexpr std::size_t kBuckets = kSub * (kTopBits - kSubBits + 1);

  // Below 64 a bucket is one value; above, the leading bit chooses the row and the next six bits the bucket.
  static std::size_t index_of(std::uint64_t value) noexcept {
    if (value < kSub) return static_cast<std::size_t>(value);
    if (value >> kTopBits != 0) return kBuckets - 1;
    const unsigned shift = static_cast<unsigned>(std::bit_width(value)) - 1 - kSubBits;
    return (shift << kSubBits) + static_cast<std::size_t>(value >> shift);
  }
  static std::uint64_t upper_bound(std::size_t index) noexcept {
    if (index < 2 * kSub) return index;
    const std::size_t shift = (index >> kSubBits) - 1;
    return ((index - (shift << kSubBits) + 1) << shift) - 1;
  }

  std::array<std::uint64_t, kBuckets> counts_{};
  std::uint64_t count_ = 0;
  std::uint64_t min_ = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t max_ = 0;
  double sum_ = 0;
};

}  // namespace syncbench
