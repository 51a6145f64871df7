// A barrier, plain or breakable, that reports what the source document calls an error: one for nobody.
// [Python threading.Barrier]
#pragma once

#include <concepts>
#include <cstdint>
#include <stdexcept>
#include <utility>

namespace syncbench {

/// B, which throws std::invalid_argument when built for less than one thread, or for more than any barrier of ours
/// counts. A negative number is one here, and not a very large one.
template <class B>
class CheckedBarrier : public B {
 public:
  template <class... Rest>
  requires std::constructible_from<B, std::uint32_t, Rest...>
  explicit CheckedBarrier(std::int64_t parties, Rest&&... rest) : B(possible(parties), std::forward<Rest>(rest)...) {}

 private:
  static constexpr std::int64_t kMostParties = std::int64_t{1} << 30U;

  static std::uint32_t possible(std::int64_t parties) {
    if (parties < 1 || parties > kMostParties) throw std::invalid_argument("a barrier is for 1 to 2^30 threads");
    return static_cast<std::uint32_t>(parties);
  }
};

}  // namespace syncbench
