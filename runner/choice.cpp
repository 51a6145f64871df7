// The rule in code.
#include "runner/choice.hpp"

#include <algorithm>
#include <iterator>
#include <numeric>

#include "runner/validity.hpp"

namespace syncbench {
namespace {

constexpr std::size_t kEnough = 3;  // trials without doubts that suffice to leave the doubtful ones out

}  // namespace

void BestLines::see(const Circumstances& trial) {
  if (!trial.between || !trial.line_ns) return;
  const auto [best, fresh] = best_.try_emplace(*trial.between, *trial.line_ns);
  if (!fresh) best->second = std::min(best->second, *trial.line_ns);
}

bool BestLines::is_far(const Circumstances& trial) const {
  if (!trial.between || !trial.line_ns) return false;
  const auto best = best_.find(*trial.between);
  return best != best_.end() && classify(trial.line_ns, best->second) == NearFar::kFar;
}

Choice choose(const std::vector<Circumstances>& trials, const BestLines& best) {
  std::vector<std::size_t> held(trials.size()), alike, sure;
  std::iota(held.begin(), held.end(), 0);
  std::ranges::copy_if(held, std::back_inserter(alike), [&](std::size_t i) { return !best.is_far(trials[i]); });
  if (alike.empty()) alike = held;
  std::ranges::copy_if(alike, std::back_inserter(sure), [&](std::size_t i) { return trials[i].sure; });
  Choice choice{.used = {}, .far = held.size() - alike.size()};
  const bool enough = sure.size() >= std::min(kEnough, alike.size());
  if (!enough) choice.doubtful = alike.size() - sure.size();
  choice.used = std::move(enough ? sure : alike);
  return choice;
}

}  // namespace syncbench
