// A program on real threads: round after round, each on a fresh object, with threads that start together, hold and
// think for random times, and are counted in when they are through. Runs in a process of its own (cell.hpp) and leaves
// everything that a watcher needs in memory that it shares with it.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string_view>

#include "primitives/platform/fault_sites.hpp"
#include "primitives/stress/programs.hpp"

namespace syncbench::stress {

inline constexpr unsigned kMostStressed = 8;  ///< threads of a round
inline constexpr std::array<unsigned, 4> kCrowds = {2, 3, 4, 8};
inline constexpr std::array<unsigned, 3> kCapacities = {1, 2, 8};

/// What a watcher may know of one thread.
struct alignas(128) ThreadNote {
  std::atomic<int> thread{0};                     ///< as the kernel knows it
  std::atomic<std::uint64_t> steps{0};            ///< of scenarios, that only who gets somewhere takes
  std::atomic<bool> inside{false};                ///< has begun its part of the round and not ended it
  std::atomic<std::uint64_t> held{0}, wanted{0};  ///< as in Claims
  std::atomic<std::uint32_t> frames{0};
  std::array<void*, 32> stack{};  ///< where it was when it was asked
};

/// How often something happened that may or may not.
struct OutcomeCount {
  std::array<char, 24> name{};
  std::atomic<std::uint64_t> count{0};
};

/// Everything about the rounds of one cell. No pointers into the process: lives in shared memory.
struct RoundsNotes {
  std::atomic<std::uint64_t> rounds{0};  ///< over
  // Of the round that runs:
  std::atomic<std::uint64_t> seed{0};
  std::atomic<unsigned> threads{0}, capacity{0};
  std::atomic<bool> one_processor{false};
  // The first forbidden outcome:
  std::atomic<bool> broken{false};
  std::array<char, 256> reason{};
  // What races were tuned to:
  std::atomic<std::uint64_t> first_won{0}, second_won{0};
  std::atomic<std::int64_t> offset_ns{0};
  std::array<OutcomeCount, 8> outcomes;
  std::array<ThreadNote, kMostStressed> notes;
  SiteTable sites;  ///< in Mode::faulty: where the primitive was disturbed
  // The primitive of the round that runs, on demand:
  std::atomic<bool> state_wanted{false}, state_there{false};
  std::atomic<std::uintptr_t> state_at{0};
  std::array<std::uint32_t, 64> state{};
  std::atomic<unsigned> state_words{0};

  /// Grows as long as any thread gets anywhere.
  std::uint64_t progress() const {
    std::uint64_t steps = 0;
    for (const ThreadNote& note : notes) steps += note.steps.load(std::memory_order_relaxed);
    return steps;
  }
};

struct RoundsPlan {
  std::uint64_t seed = 1;
  std::chrono::nanoseconds time = std::chrono::seconds(1);
  std::uint64_t rounds = ~0ULL;  ///< at most
  unsigned threads = 0;          ///< 0: all of kCrowds that suit
};

/// Runs until the time is over. A broken rule ends the process, after it was noted. To be called once in a process that
/// has one thread.
void run_rounds(const Program& program, Mode mode, const RoundsPlan& plan, RoundsNotes& notes);

/// The signal that a watcher sends to a stuck thread: it notes its stack, and a sleep ends once.
int rescue_signal();

}  // namespace syncbench::stress
