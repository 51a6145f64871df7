// What goes wrong, and how often: the plan of one disturbed round. All of it follows from a seed, so that a round that
// found something can be asked for again. A plan says how likely each fault is at an access, and at which accesses.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace syncbench {

/// What may happen to a thread at a shared access. Each is something that a kernel or a processor does on a bad day: a
/// primitive that does not bear it is broken.
enum class Fault : std::uint8_t {
  spin,           ///< a busy delay: somebody else gets a few instructions ahead
  yield,          ///< the processor is given away
  sleep,          ///< ... for as long as a wake-up takes, or longer
  migrate,        ///< goes on on another processor
  weak_failure,   ///< compare_exchange_weak fails though the value is as expected
  spurious_wake,  ///< a sleep ends for no reason
  late_park,      ///< the sleep begins late, after the caller's look
  early_timeout,  ///< a timed sleep ends before its deadline
  late_timeout,   ///< ... and long after it
  delayed_wake,   ///< the sleepers are woken late
};
inline constexpr std::size_t kFaults = 10;

constexpr std::string_view to_text(Fault fault) {
  constexpr std::array<std::string_view, kFaults> kNames = {
      "spin",          "yield",     "sleep",         "migrate",      "weak failure",
      "spurious wake", "late park", "early timeout", "late timeout", "delayed wake"};
  return kNames[static_cast<std::size_t>(fault)];
}

/// Numbers that follow from a seed and the number of a stream; streams of one seed have nothing to do with each other.
/// [Steele, Lea, Flood 2014, Fast splittable pseudorandom number generators]
class Random {
 public:
  Random(std::uint64_t seed, std::uint64_t stream) noexcept : state_(scramble(seed + scramble(stream + kStep))) {}

  std::uint64_t next() noexcept { return scramble(state_ += kStep); }
  /// Less than `n`. What is left of uneven is 2^-32 of `n`.
  std::uint64_t below(std::uint32_t n) noexcept { return ((next() >> 32U) * n) >> 32U; }

  /// Each bit of the result depends on each of `x`.
  static constexpr std::uint64_t scramble(std::uint64_t x) noexcept {
    x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
    x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
    return x ^ (x >> 31U);
  }

 private:
  static constexpr std::uint64_t kStep = 0x9e3779b97f4a7c15U;
  std::uint64_t state_;
};

struct FaultPlan {
  std::uint64_t seed = 0;
  unsigned odds[kFaults] = {};  ///< one in so many; 0: never
  unsigned share = 1;           ///< disturbs one site in so many, chosen by its hash,
  unsigned part = 0;            ///< which leaves this remainder

  /// Nothing goes wrong.
  static FaultPlan calm(std::uint64_t seed) noexcept;
  /// The mix that belongs to `seed`. No mix finds everything: what delays everywhere keeps threads from ever meeting in
  /// a narrow window, and a delay at one place finds that window only if all else is fast.
  static FaultPlan drawn(std::uint64_t seed) noexcept;

  unsigned& operator[](Fault fault) noexcept { return odds[static_cast<std::size_t>(fault)]; }
  unsigned operator[](Fault fault) const noexcept { return odds[static_cast<std::size_t>(fault)]; }
  bool disturbs(std::uint64_t site_hash) const noexcept { return site_hash % share == part; }
};

/// "yield 1/16"; "at 1 site in 8 (part 3): spin 1/2, late park 1/2"; "calm".
std::string to_text(const FaultPlan& plan);

}  // namespace syncbench
