// The lists of mutants and of their programs, put together from the tables and the three platforms.
#include "primitives/mutants/mutant_programs.hpp"

#include <array>

#include "primitives/mutants/make_mutant_programs.hpp"
#include "primitives/platform/native.hpp"

namespace syncbench::stress {

std::string_view to_text(Needs needs) {
  constexpr std::array<std::string_view, 4> kNames = {"interleaving", "store buffers", "memory order", "real time"};
  return kNames[static_cast<unsigned>(needs)];
}

std::span<const MutantInfo> all_mutants() {
  static const std::vector<MutantInfo> mutants = [] {
    using Of = MutantTables<NativePlatform>;
    std::vector<MutantInfo> all;
    Joined<Of::Mutexes, Of::RecursiveMutexes, Of::Semaphores, Of::PlainSemaphores, Of::BoundedSemaphores, Of::Events,
           Of::Conditions, Of::Barriers, Of::BreakableBarriers, Of::Workloads>::for_each([&]<class I>() {
      all.push_back({I::kName, I::kPrimitive, I::kRule, I::kNeeds, I::kAncestor, I::kEquivalent});
    });
    return all;
  }();
  return mutants;
}

const std::vector<Program>& mutant_programs() {
  static const std::vector<Program> programs = [] {
    std::vector<Program> all;
    add_plain_mutants(all);
    add_faulty_mutants(all);
    add_scheduled_mutants(all);
    return all;
  }();
  return programs;
}

}  // namespace syncbench::stress
