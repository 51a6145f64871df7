#include "primitives/platform/fault_plan.hpp"

namespace syncbench {
namespace {

constexpr std::uint64_t kStreamOfTheMix = ~0ULL;  // the threads of a round have the numbers from 0
constexpr unsigned kShare = 8;

// Whatever can happen around a sleep and a weak exchange.
void disturb_waits(FaultPlan& plan, unsigned odds) noexcept {
  for (const Fault fault : {Fault::weak_failure, Fault::spurious_wake, Fault::late_park, Fault::early_timeout,
                            Fault::late_timeout, Fault::delayed_wake})
    plan[fault] = odds;
}

void disturb_everything(FaultPlan& plan) noexcept {
  disturb_waits(plan, 6);
  plan[Fault::spin] = 8;
  plan[Fault::yield] = 8;
  plan[Fault::sleep] = 48;
  plan[Fault::migrate] = 48;
}

// Heavily, but at few places and in one way.
void disturb_few_sites(FaultPlan& plan, Random& random) noexcept {
  plan.share = kShare;
  plan.part = static_cast<unsigned>(random.below(kShare));
  disturb_waits(plan, 2);
  plan[Fault::spurious_wake] = 4;  // whoever does not sleep cannot miss a wake-up
  constexpr std::array<Fault, 4> kDelays = {Fault::spin, Fault::yield, Fault::sleep, Fault::migrate};
  plan[kDelays[random.below(kDelays.size())]] = 2;
}

}  // namespace

FaultPlan FaultPlan::calm(std::uint64_t seed) noexcept {
  FaultPlan plan;
  plan.seed = seed;
  return plan;
}

FaultPlan FaultPlan::drawn(std::uint64_t seed) noexcept {
  FaultPlan plan = calm(seed);
  Random random(seed, kStreamOfTheMix);
  switch (random.below(8)) {
    case 0:
      break;
    case 1:
      plan[Fault::yield] = 16;
      break;
    case 2:
      plan[Fault::sleep] = 64;
      break;
    case 3:
      disturb_waits(plan, 4);
      break;
    case 4:
      disturb_everything(plan);
      break;
    default:
      disturb_few_sites(plan, random);
      break;
  }
  return plan;
}

std::string to_text(const FaultPlan& plan) {
  std::string faults;
  for (std::size_t i = 0; i < kFaults; ++i) {
    if (plan.odds[i] == 0) continue;
    if (!faults.empty()) faults += ", ";
    faults += std::string(to_text(static_cast<Fault>(i))) + " 1/" + std::to_string(plan.odds[i]);
  }
  if (faults.empty()) return "calm";
  if (plan.share == 1) return faults;
  return "at 1 site in " + std::to_string(plan.share) + " (part " + std::to_string(plan.part) + "): " + faults;
}

}  // namespace syncbench
