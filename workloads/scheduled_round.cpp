// The team that has no threads, and the list of programs.
#include "workloads/scheduled_round.hpp"

#include "workloads/catalog.hpp"

namespace syncbench {

ScheduledTeam::ScheduledTeam(unsigned workers, std::size_t roles) : roles_(roles, 0), slots_(workers) {
  for (unsigned rank = 0; rank < workers; ++rank) {
    roles_of_.push_back(rank % static_cast<unsigned>(roles));
    ++roles_[roles_of_.back()];
  }
  control_.phase = Phase::measure;
}

void ScheduledTeam::stop_after_a_while() {
  const auto finished = [&] {
    for (const WorkerSlot& slot : slots_)
      if (slot.finished.load(std::memory_order_relaxed) == 0) return false;
    return true;
  };
  while (total_operations(*this) < kOperations && !finished()) stress::world->rest();
  control_.phase = Phase::stop;
}

Params params_for_scheduling(const Description& about) {
  Params params;
  for (const Parameter& parameter : about.parameters)
    params.set(parameter.name, parameter.name == "capacity" ? 1 : parameter.fallback);
  return params;
}

const std::vector<stress::Program>& scheduled_workloads() {
  static const std::vector<stress::Program> all = [] {
    static constexpr Traits kTraits{.source = "the workload"};
    std::vector<stress::Program> programs;
    for (const Workload& workload : all_workloads())
      for (const Case& one : workload.cases) {
        if (one.scheduled == nullptr) continue;
        stress::Program program{.primitive = workload.description.name,
                                .implementation = one.implementation,
                                .family = one.family,
                                .scenario = one.on.empty() ? "workload" : one.on,
                                .rules = "W2",
                                .standing = one.standing,
                                .traits = &kTraits,
                                .threads = {3, 3},
                                .has_capacity = false};
        program.make[static_cast<unsigned>(stress::Mode::scheduled)] = one.scheduled;
        programs.push_back(program);
      }
    return programs;
  }();
  return all;
}

}  // namespace syncbench
