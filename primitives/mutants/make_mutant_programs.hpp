// Puts the scenarios over the tables of mutants, for one platform and mode. Included by one file a mode.
#pragma once

#include "primitives/mutants/mutants.hpp"
#include "primitives/stress/make_programs.hpp"

namespace syncbench::stress {

void add_plain_mutants(std::vector<Program>& all);
void add_faulty_mutants(std::vector<Program>& all);
void add_scheduled_mutants(std::vector<Program>& all);

template <Platform P, Mode kMode>
void add_mutants(std::vector<Program>& all) {
  using Of = MutantTables<P>;
  Programs to(all, kMode);
  Of::Mutexes::for_each([&]<class I>() { add_mutex<I>(to); });
  Of::RecursiveMutexes::for_each([&]<class I>() { add_recursive_mutex<I>(to); });
  Of::Semaphores::for_each([&]<class I>() { add_semaphore<I>(to); });
  if constexpr (kMode == Mode::plain) Of::PlainSemaphores::for_each([&]<class I>() { add_semaphore<I>(to); });
  Of::BoundedSemaphores::for_each([&]<class I>() { add_bounded_semaphore<I>(to); });
  Of::Events::for_each([&]<class I>() { add_event<I>(to); });
  Of::Conditions::for_each([&]<class I>() { add_condition<I>(to); });
  Of::Barriers::for_each([&]<class I>() { add_barrier<I>(to); });
  Of::BreakableBarriers::for_each([&]<class I>() { add_breakable_barrier<I>(to); });
  Of::Workloads::for_each([&]<class I>() { to.add<I::template Scenario, I>("workload"); });
}

}  // namespace syncbench::stress
