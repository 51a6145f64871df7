// Who holds what and waits for what, in scenarios with several locks: from it a report tells a circle of threads, each
// of which holds what the next one wants. [Coffman, Elphick and Shoshani 1971, System deadlocks]
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "primitives/stress/world.hpp"

namespace syncbench::stress {

/// Of one thread. Things are numbered from 0 to 62.
struct Claims {
  std::uint64_t held = 0;    ///< a bit for each thing
  std::uint64_t wanted = 0;  ///< one bit, or none

  void note(Claim how, unsigned thing) {
    const std::uint64_t bit = std::uint64_t{1} << thing;
    wanted = how == Claim::wants ? bit : 0;
    if (how == Claim::has) held |= bit;
    if (how == Claim::gives) held &= ~bit;
  }
};

/// "thread 0 holds lock 0 and waits for lock 1; thread 1 holds lock 1 and waits for lock 0", or nothing.
inline std::string circle(std::span<const Claims> threads) {
  const auto holder_of = [&](std::uint64_t thing) {
    for (std::size_t i = 0; i < threads.size(); ++i)
      if (thing != 0 && (threads[i].held & thing) == thing) return i;
    return threads.size();
  };
  for (std::size_t start = 0; start < threads.size(); ++start) {
    std::vector<std::size_t> path = {start};
    while (path.size() <= threads.size()) {
      const std::size_t next = holder_of(threads[path.back()].wanted);
      if (next == threads.size()) break;
      if (next != start) {
        path.push_back(next);
        continue;
      }
      std::string text;
      for (std::size_t k = 0; k < path.size(); ++k) {
        const auto held = threads[path[(k + path.size() - 1) % path.size()]].wanted;
        text += (k == 0 ? "" : "; ") + std::string("thread ") + std::to_string(path[k]) + " holds lock " +
                std::to_string(__builtin_ctzll(held)) + " and waits for lock " +
                std::to_string(__builtin_ctzll(threads[path[k]].wanted));
      }
      return text;
    }
  }
  return {};
}

}  // namespace syncbench::stress
