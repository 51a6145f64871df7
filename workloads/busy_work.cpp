// The delay loop and its calibration.
#include "workloads/busy_work.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

namespace syncbench {

[[gnu::noinline, gnu::aligned(64)]] std::uint64_t multiply_chain(std::uint64_t seed, std::uint32_t steps) noexcept {
  std::uint64_t value = seed | 1;
  for (std::uint32_t i = 0; i < steps; ++i) {
    value *= 0x9e3779b97f4a7c15U;
    asm volatile("" : "+r"(value));  // keeps the compiler from combining steps
  }
  return value;
}

double nanoseconds_per_step() {
  static const double calibrated = [] {
    using Clock = std::chrono::steady_clock;
    constexpr std::uint32_t kSteps = 20'000;
    double best = std::numeric_limits<double>::max();
    std::uint64_t value = 1;
    // The fastest of several: a run that was interrupted tells nothing about the loop.
    for (int round = 0; round < 50; ++round) {
      const auto begin = Clock::now();
      value = multiply_chain(value, kSteps);
      const std::chrono::duration<double, std::nano> elapsed = Clock::now() - begin;
      best = std::min(best, elapsed.count() / kSteps);
    }
    asm volatile("" ::"r"(value));
    return best;
  }();
  return calibrated;
}

std::uint32_t steps_for(double nanoseconds) {
  if (nanoseconds <= 0) return 0;
  const double steps = std::round(nanoseconds / nanoseconds_per_step());
  return static_cast<std::uint32_t>(std::clamp(steps, 1.0, 4e9));
}

}  // namespace syncbench
