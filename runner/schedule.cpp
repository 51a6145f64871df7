// Shuffling, with a generator and a method that are the same everywhere (std::shuffle's result is not specified).
#include "runner/schedule.hpp"

#include <algorithm>
#include <map>
#include <random>
#include <utility>

namespace syncbench {
namespace {

// Fisher and Yates. The modulo's bias is below 2^-40 for any schedule that fits in memory.
template <class T>
void shuffle(std::vector<T>& items, std::mt19937_64& random) {
  for (std::size_t left = items.size(); left > 1; --left) std::swap(items[left - 1], items[random() % left]);
}

std::vector<Trial> trials_of_group(const std::vector<Point>& points, const std::vector<std::size_t>& members,
                                   bool with_latency) {
  std::vector<Trial> trials;
  for (const std::size_t member : members) {
    trials.push_back({.point = member, .kind = Kind::throughput});
    if (is_reference(*points[member].subject) && members.size() > 1)
      trials.push_back({.point = member, .kind = Kind::throughput, .copy = 1});
    if (with_latency && !points[member].workload->description.latency.empty())
      trials.push_back({.point = member, .kind = Kind::latency});
  }
  return trials;
}

}  // namespace

std::vector<Trial> make_schedule(const std::vector<Point>& points, unsigned repetitions, bool with_latency,
                                 std::uint64_t seed) {
  std::map<std::size_t, std::vector<std::size_t>> groups;
  for (std::size_t i = 0; i < points.size(); ++i) groups[points[i].group].push_back(i);
  std::vector<const std::vector<std::size_t>*> order;
  for (const auto& [group, members] : groups) order.push_back(&members);

  std::mt19937_64 random(seed);
  std::vector<Trial> schedule;
  std::size_t block = 0;
  for (unsigned repetition = 0; repetition < repetitions; ++repetition) {
    shuffle(order, random);
    for (const auto* members : order) {
      auto trials = trials_of_group(points, *members, with_latency);
      shuffle(trials, random);
      for (Trial& trial : trials) {
        trial.repetition = repetition;
        trial.block = block;
        trial.order = schedule.size();
        schedule.push_back(trial);
      }
      ++block;
    }
  }
  return schedule;
}

}  // namespace syncbench
