// What an implementation says about itself, beside its own type: where it comes from, which rules it promises to keep,
// and what it does not do by design. `--list implementations`, `--describe` and `--conformance` print it, and the
// conformance rules hold each implementation to it.
#pragma once

#include <array>
#include <string_view>

namespace syncbench {

/// Whose rules an implementation keeps. The rules themselves, and which profile asks for which, are in
/// `conformance/`.
enum class Profile : unsigned {
  python = 1,  ///< the source document: Python's threading
  posix = 2,   ///< POSIX.1-2017
  cpp = 4,     ///< C++20
  strict = 8,  ///< this project's: everything that a primitive can promise
};

/// A rule that an implementation does not keep by design, and why.
struct Deviation {
  std::string_view rule;    ///< "M10"
  std::string_view reason;  ///< one sentence
};

/// Every implementation has `static constexpr Traits kTraits`.
struct Traits {
  std::string_view source;            ///< the paper or standard that it comes from
  Profile promise = Profile::strict;  ///< the profile that it is held to
  bool fifo = false;  ///< first come, first served: M10, S13, C7; a condition serves exactly as many as asked for
  bool destroy_after_use = true;  ///< may be destroyed as soon as its last user is through: M9, S12, C11, B8
  bool spins = false;             ///< a waiter never sleeps (for types that have no wait strategy to say so)
  bool tsan_knows_timed = true;   ///< ThreadSanitizer understands the timed forms (no pthread_mutex_clocklock)
  bool by_rank = false;           ///< a barrier whose threads have fixed numbers: `arrive_and_wait(rank)`
  bool by_kernel_thread = false;  ///< keeps state in thread_local storage: threads of a scheduler's own share it
  std::string_view state = {};    ///< what the words of an object say, from its first: for reports on stuck threads
  std::array<Deviation, 6> deviations{};

  /// Why `rule` is not kept; empty if it is.
  constexpr std::string_view deviation(std::string_view rule) const {
    for (const Deviation& one : deviations)
      if (one.rule == rule) return one.reason;
    return {};
  }

  /// The same for a type that is built on this one and adds an algorithm of its own.
  constexpr Traits as(std::string_view its_source) const {
    Traits its = *this;
    its.source = its_source;
    return its;
  }
};

}  // namespace syncbench
