// Stress a primitive of your own, in one line of a main function:
//
//   template <class Platform> class MyLock { ... };    // see primitives/platform/platform.hpp for what Platform offers
//   int main(int count, char** words) { return syncbench::stress::stress_mutex<MyLock>(count, words); }
//
// Link syncbench::stress. The type runs on real threads, on real threads that are disturbed at every access, and under
// the scheduler. A type that is no template over a platform runs on real threads alone. What a type promises beyond
// excluding others it says with `kTraits` (primitives/traits.hpp): without them it is not destroyed by its last user,
// nor held to any order. `primitives/examples/` has it whole.
#pragma once

#include <vector>

#include "primitives/platform/faulty.hpp"
#include "primitives/platform/native.hpp"
#include "primitives/schedule/scheduled_platform.hpp"
#include "primitives/stress/make_programs.hpp"

namespace syncbench::stress {

/// Runs the programs for `--time` (default 30s), or one schedule with `--replay STRING`; prints what was run and every
/// finding. Returns the exit code: 0, 1 when something was found, 2 for words that it does not know.
int stress_main(const std::vector<Program>& programs, int count, const char* const* words);

namespace detail {

// Gives a type without traits the least that can be promised.
template <class T>
struct Promising : T {
  using T::T;
  static constexpr Traits kTraits{.source = "yours", .promise = Profile::cpp, .destroy_after_use = false};
};
template <class T>
requires requires {
  T::kTraits;
}
struct Promising<T> : T {
  using T::T;
};
template <class T>
using Line = Implementation<"yours", "yours", Standing::variant, "", Promising<T>>;

// In every mode that the type can run in: `add` is one of the add_ functions of make_programs.hpp.
template <template <class> class T>
std::vector<Program> programs_of(auto add) {
  std::vector<Program> all;
  const auto in = [&]<class P>(Mode mode) {
    Programs programs(all, mode);
    add.template operator()<Line<T<P>>>(programs);
  };
  in.template operator()<NativePlatform>(Mode::plain);
  in.template operator()<FaultyPlatform>(Mode::faulty);
  in.template operator()<schedule::ScheduledPlatform>(Mode::scheduled);
  return all;
}
template <class T>
std::vector<Program> programs_of(auto add) {
  std::vector<Program> all;
  Programs programs(all, Mode::plain);
  add.template operator()<Line<T>>(programs);
  return all;
}

inline constexpr auto kMutex = []<class I>(Programs& to) { add_mutex<I>(to); };
inline constexpr auto kSemaphore = []<class I>(Programs& to) { add_semaphore<I>(to); };
inline constexpr auto kEvent = []<class I>(Programs& to) { add_event<I>(to); };
inline constexpr auto kBarrier = []<class I>(Programs& to) { add_barrier<I>(to); };

}  // namespace detail

/// `T`: lock and unlock; try_lock and the timed forms are tried where it has them.
template <template <class> class T>
int stress_mutex(int count, const char* const* words) {
  return stress_main(detail::programs_of<T>(detail::kMutex), count, words);
}
template <class T>
int stress_mutex(int count, const char* const* words) {
  return stress_main(detail::programs_of<T>(detail::kMutex), count, words);
}

/// `T`: a Semaphore (primitives/concepts.hpp), constructed from its permits.
template <template <class> class T>
int stress_semaphore(int count, const char* const* words) {
  return stress_main(detail::programs_of<T>(detail::kSemaphore), count, words);
}
template <class T>
int stress_semaphore(int count, const char* const* words) {
  return stress_main(detail::programs_of<T>(detail::kSemaphore), count, words);
}

/// `T`: set, is_set and wait at least.
template <template <class> class T>
int stress_event(int count, const char* const* words) {
  return stress_main(detail::programs_of<T>(detail::kEvent), count, words);
}
template <class T>
int stress_event(int count, const char* const* words) {
  return stress_main(detail::programs_of<T>(detail::kEvent), count, words);
}

/// `T`: a Barrier, constructed from the number of threads.
template <template <class> class T>
int stress_barrier(int count, const char* const* words) {
  return stress_main(detail::programs_of<T>(detail::kBarrier), count, words);
}
template <class T>
int stress_barrier(int count, const char* const* words) {
  return stress_main(detail::programs_of<T>(detail::kBarrier), count, words);
}

}  // namespace syncbench::stress
