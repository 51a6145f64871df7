// Who waits for whom. Workers that take several locks write down which one they hold and which one they wait for, and
// somebody else looks for a circle: each holds what the next one wants, so none of them can ever go on. [Coffman,
// Elphick and Shoshani 1971, System deadlocks]
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "workloads/picks.hpp"
#include "workloads/worker.hpp"

namespace syncbench {

/// What each worker holds and waits for. Everything of a worker is in one word on a line of its own, which it alone
/// writes: two plain stores for a wait.
class Waits {
 public:
  explicit Waits(std::size_t workers) : workers_(workers) {}

  /// After `held` was locked and before `wanted` is, which is another one.
  void begin(unsigned rank, Place held, Place wanted) noexcept {
    std::atomic<Word>& word = workers_[rank].word;
    const Word number = (word.load(std::memory_order_relaxed) >> kNumber) + 1;
    word.store(number << kNumber | Word{held} << kHeld | wanted, std::memory_order_release);  // (1)
  }
  /// When `wanted` has been locked and before anything is unlocked.
  void end(unsigned rank) noexcept {
    std::atomic<Word>& word = workers_[rank].word;
    word.store(word.load(std::memory_order_relaxed) >> kNumber << kNumber, std::memory_order_release);  // (1)
  }

  /// "DEADLOCK: worker 0 holds account 3 and waits for account 1; worker 1 holds account 1 and waits for account 3", or
  /// nothing. May be asked while the workers run, and believed: a circle is told if none of it has changed from one
  /// look to a second. Suppose that somebody in it went on after all. Not all of them can have waited for the next one
  /// to let go; so one had its lock before the one that we saw hold it, and said so at (1) before it unlocked. That
  /// came before the word which our first look read at (2), and the second look would have seen it.
  std::string circle(std::string_view thing) const {
    const std::vector<Word> first = look();
    const std::vector<std::size_t> ranks = find(first);
    const std::vector<Word> second = look();
    std::string text;
    std::size_t told = 0;
    for (const std::size_t rank : ranks) {
      if (first[rank] != second[rank]) return {};
      if (told++ < kShown) text += (text.empty() ? "DEADLOCK: " : "; ") + in_words(rank, first[rank], thing);
    }
    if (told > kShown) text += "; and " + std::to_string(told - kShown) + " more before the circle closes";
    return text;
  }

 private:
  // The number of the wait, then what is held, then what is wanted; nobody waits for what he holds, so two equal ones
  // mean that there is no wait.
  using Word = std::uint64_t;
  static constexpr unsigned kHeld = 16, kNumber = 32;
  static constexpr std::size_t kShown = 6;  // a reason has 400 characters
  struct alignas(kNoSharing) Line {
    std::atomic<Word> word{0};
  };

  static constexpr Place held(Word word) { return static_cast<Place>(word >> kHeld); }
  static constexpr Place wanted(Word word) { return static_cast<Place>(word); }
  static constexpr bool waits(Word word) { return held(word) != wanted(word); }

  std::vector<Word> look() const {
    std::vector<Word> words;
    for (const Line& line : workers_) words.push_back(line.word.load(std::memory_order_acquire));  // (2) with (1)
    return words;
  }

  // Everybody waits for one lock, and a lock has one holder: whoever follows the holders comes to a worker that does
  // not wait, or goes round. The circle, from its worker with the lowest rank; empty if there is none.
  static std::vector<std::size_t> find(const std::vector<Word>& words) {
    std::unordered_map<Place, std::size_t> holders;  // of those who wait
    for (std::size_t rank = 0; rank < words.size(); ++rank)
      if (waits(words[rank])) holders.emplace(held(words[rank]), rank);
    for (std::size_t start = 0; start < words.size(); ++start) {
      std::vector<std::size_t> path = {start};
      while (path.size() <= words.size() && waits(words[path.back()])) {
        const auto next = holders.find(wanted(words[path.back()]));
        if (next == holders.end()) break;
        if (next->second == start) return path;
        path.push_back(next->second);
      }
    }
    return {};
  }

  static std::string in_words(std::size_t rank, Word word, std::string_view thing) {
    return "worker " + std::to_string(rank) + " holds " + std::string(thing) + " " + std::to_string(held(word)) +
           " and waits for " + std::string(thing) + " " + std::to_string(wanted(word));
  }

  std::vector<Line> workers_;
};

}  // namespace syncbench
