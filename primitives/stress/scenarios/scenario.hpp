// What a scenario is: a few threads that use one primitive a few times, and what must hold. A class template over the
// primitive's type (for conditions, over the pair of condition and mutex),
//
//   template <class M> struct Exclusion {
//     static constexpr std::string_view kName = "exclusion";
//     static constexpr std::string_view kRules = "M4 M1";   // that it asks for; the first is broken by a hang
//     static constexpr Range kThreads{2, kAnyNumber};
//     explicit Exclusion(Shape);      // built afresh for every run, before its threads start
//     void body(unsigned thread);     // what a thread does; ends, or the primitive is broken
//     void check();                   // what holds when all have ended
//   };
//
// and one line in `programs_*.cpp`. Above kExplored threads a scheduler would not get through all schedules; real
// threads run larger crowds.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>

#include "primitives/concepts.hpp"
#include "primitives/implementation.hpp"
#include "primitives/stress/world.hpp"

namespace syncbench::stress {

using namespace std::chrono_literals;

inline constexpr unsigned kAnyNumber = ~0U;
inline constexpr unsigned kExplored = 3;

struct Range {
  unsigned least, most;
  constexpr bool has(unsigned n) const { return least <= n && n <= most; }
};

/// What a program may be varied in.
struct Shape {
  unsigned threads = 2;
  unsigned capacity = 1;  ///< of what has one: permits, places in a buffer
  unsigned rounds = 1;    ///< how often each thread does what it does
};

/// Counts who is inside, where several may be.
class Crowd {
 public:
  explicit Crowd(unsigned most) : most_(most) {}
  void visit() {
    // Relaxed: only the count itself is asked for.
    expect(inside_.fetch_add(1, std::memory_order_relaxed) < most_, "S2: more inside than allowed");
    world->linger();
    inside_.fetch_sub(1, std::memory_order_relaxed);
  }

 private:
  std::atomic<unsigned> inside_{0};
  unsigned most_;
};

}  // namespace syncbench::stress
