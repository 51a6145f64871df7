// THE list of mutants: one table a primitive, one line a mutant. The kill matrix and the tests ask these tables.
#pragma once

#include "primitives/catalog.hpp"
#include "primitives/mutants/barrier/central_barrier.hpp"
#include "primitives/mutants/breakable_barrier/monitor_barrier.hpp"
#include "primitives/mutants/condition/sequence_condition.hpp"
#include "primitives/mutants/condition/token_condition.hpp"
#include "primitives/mutants/event/counted_event.hpp"
#include "primitives/mutants/event/generation_event.hpp"
#include "primitives/mutants/mutant.hpp"
#include "primitives/mutants/mutex/counted_mutex.hpp"
#include "primitives/mutants/mutex/futex_mutex.hpp"
#include "primitives/mutants/mutex/queue_lock.hpp"
#include "primitives/mutants/mutex/spin_lock.hpp"
#include "primitives/mutants/mutex/ticket_lock.hpp"
#include "primitives/mutants/recursive_mutex/reentrant_mutex.hpp"
#include "primitives/mutants/semaphore/count_semaphore.hpp"
#include "primitives/mutants/wait/broken_waits.hpp"
#include "primitives/stress/scenarios/condition.hpp"
#include "primitives/stress/scenarios/workload.hpp"

namespace syncbench::stress {
namespace mutants_of {

using namespace syncbench::mutants;

template <Platform P, class C>
using OverFutex = ConditionOver<C, mutants::FutexMutex<P>>;
/// What the workloads are built from: healthy, and the catalog's.
template <Platform P>
using HealthyCondition = ConditionOver<syncbench::SequenceCondition<P, Park>, TristateMutex<P, Park>>;

template <class S>
using AsksOnceBuffer = BufferOf<S, BufferFault::asks_once>;
template <class S>
using OneConditionBuffer = BufferOf<S, BufferFault::one_condition_for_all>;
template <class S>
using LetsGoBuffer = BufferOf<S, BufferFault::lets_go_before_it_waits>;
template <class S>
using UnlockedShutdown = WorkerPoolOf<S, PoolFault::shuts_down_without_the_lock>;
template <class S>
using TellsOneWorker = WorkerPoolOf<S, PoolFault::tells_one_worker>;
template <class S>
using LooksOnce = WorkerPoolOf<S, PoolFault::looks_once>;
template <class M>
using ReversedOrder = LockOrderOf<M, false>;

/// The semaphore of the standard library, held to what a semaphore must do instead of to what it is known not to do.
template <Platform P>
struct TrustedStdSemaphore : StdSemaphore<P> {
  using StdSemaphore<P>::StdSemaphore;
  static constexpr Traits kTraits{.source = "C++20 [thread.sema]", .promise = Profile::cpp};
};

}  // namespace mutants_of

// clang-format off
template <Platform P>
struct MutantTables {
  template <mutants::FutexFault kFault>       using Futex = mutants::FutexMutex<P, kFault>;
  template <mutants::SpinFault kFault>        using Spinning = mutants::SpinLock<P, kFault>;
  template <mutants::TicketFault kFault>      using Ticket = mutants::TicketLock<P, kFault>;
  template <mutants::QueueFault kFault>       using Queue = mutants::QueueLock<P, kFault>;
  template <mutants::ReentrantFault kFault>   using Reentrant = mutants::ReentrantMutex<P, kFault>;
  template <mutants::SemaphoreFault kFault>   using Count = mutants::CountSemaphore<P, kFault>;
  template <mutants::EventFault kFault>       using Generation = mutants::GenerationEvent<P, kFault>;
  template <mutants::SequenceFault kFault>    using Sequence = mutants_of::OverFutex<P, mutants::SequenceCondition<P, kFault>>;
  template <mutants::BarrierFault kFault>     using Central = mutants::CentralBarrier<P, kFault>;
  template <mutants::BreakableFault kFault>   using Breakable = mutants::MonitorBarrier<P, kFault>;
  using FF = mutants::FutexFault;
  using SF = mutants::SpinFault;
  using TF = mutants::TicketFault;
  using QF = mutants::QueueFault;
  using RF = mutants::ReentrantFault;
  using CF = mutants::SemaphoreFault;
  using EF = mutants::EventFault;
  using WF = mutants::SequenceFault;
  using BF = mutants::BarrierFault;
  using KF = mutants::BreakableFault;
  static constexpr Needs kInterleaving = Needs::interleaving, kStoreBuffers = Needs::store_buffers, kMemoryOrder = Needs::memory_order;

  using Mutexes = ImplementationList<
      // name                                  primitive  rule  needs           ancestor                                                type
      Mutant<"futex/woken-without-mark",       "mutex", "M4",  kInterleaving, "musl's file lock",                                      Futex<FF::woken_without_mark>>,
      Mutant<"futex/sleeps-unannounced",       "mutex", "M4",  kInterleaving, "textbook",                                              Futex<FF::sleeps_unannounced>>,
      Mutant<"futex/believes-the-wake-up",     "mutex", "M1",  kInterleaving, "naive futex code: EINTR",                               Futex<FF::believes_the_wake_up>>,
      Mutant<"futex/wake-up-dies-with-timeout","mutex", "M6",  kInterleaving, "glibc's timed lock for writing, 2015",                  Futex<FF::wake_up_dies_with_timeout>>,
      Mutant<"futex/waking-is-a-timeout",      "mutex", "X6",  kInterleaving, "naive futex code: EINTR",                               Futex<FF::takes_waking_for_timeout>>,
      Mutant<"futex/unlocks-relaxed",          "mutex", "X1",  kMemoryOrder,  "musl on PowerPC",                                       Futex<FF::unlocks_relaxed>>,
      Mutant<"futex/takes-relaxed-after-sleep","mutex", "X1",  kMemoryOrder,  "LLVM issue 109290",                                     Futex<FF::takes_relaxed_after_sleep>>,
      Mutant<"futex/touches-after-unlock",     "mutex", "M9",  kInterleaving, "glibc bug 13690",                                       Futex<FF::touches_after_unlock>>,
      Mutant<"futex/claims-order",             "mutex", "M10", kInterleaving, "barging where order is promised",                       Futex<FF::claims_order>>,
      Mutant<"counted/no-fence",               "mutex", "M4",  kStoreBuffers, "JDK 6822370: park without a fence",                     mutants::CountedMutex<P, mutants::CountedFault::no_fence>>,
      Mutant<"counted/looks-before-it-opens",  "mutex", "M4",  kInterleaving, "textbook",                                              mutants::CountedMutex<P, mutants::CountedFault::looks_before_it_opens>>,
      Mutant<"spin/tests-then-sets",           "mutex", "M1",  kInterleaving, "textbook",                                              Spinning<SF::tests_then_sets>>,
      Mutant<"spin/tries-weakly",              "mutex", "M3",  kInterleaving, "compare_exchange_weak without a loop",                  Spinning<SF::tries_weakly>>,
      Mutant<"spin/keeps-it-if-late",          "mutex", "M6",  kInterleaving, "CPython issue 11618",                                   Spinning<SF::keeps_it_if_late>>,
      Mutant<"ticket/narrow-call",             "mutex", "M4",  kInterleaving, "counters of different widths",                          mutants::TicketLock<P, TF::none, 1>>,
      Mutant<"ticket/attempt-keeps-its-ticket","mutex", "M6",  kInterleaving, "try_lock by fetch_add",                                 Ticket<TF::attempt_keeps_its_ticket>>,
      Mutant<"ticket/draws-in-two-steps",      "mutex", "M1",  kInterleaving, "textbook",                                              Ticket<TF::draws_in_two_steps>>,
      Mutant<"queue/successor-not-awaited",    "mutex", "M4",  kInterleaving, "MCS without the wait for the link",                     Queue<QF::successor_not_awaited>>,
      Mutant<"queue/serves-who-gave-up",       "mutex", "M6",  kInterleaving, "JDK 6241823",                                           Queue<QF::serves_who_gave_up>>,
      Mutant<"queue/hands-over-relaxed",       "mutex", "X1",  kMemoryOrder,  "a hand-over seen as a flag",                            Queue<QF::hands_over_relaxed>>,
      Mutant<"wait/sleeps-on-what-is-there",   "mutex", "M4",  kInterleaving, "libstdc++: version read after the value",               TristateMutex<P, mutants::SleepsOnWhatIsThere>>,
      Mutant<"wait/wakes-whoever-is-first",    "mutex", "M4",  kInterleaving, "FUTEX_WAKE where FUTEX_WAKE_BITSET was meant",          syncbench::TicketLock<P, mutants::WakesWhoeverIsFirst>>>;

  using RecursiveMutexes = ImplementationList<
      Mutant<"reentrant/clears-its-owner-last",  "recursive-mutex", "R5", kInterleaving, "textbook",                                    Reentrant<RF::clears_its_owner_last>>,
      Mutant<"reentrant/signs-before-it-enters", "recursive-mutex", "R5", kInterleaving, "textbook",                                    Reentrant<RF::signs_before_it_enters>>,
      Mutant<"reentrant/does-not-deepen",        "recursive-mutex", "R1", kInterleaving, "try_lock by the owner",                       Reentrant<RF::does_not_deepen>>,
      Mutant<"reentrant/gives-up-one-level",     "recursive-mutex", "R6", kInterleaving, "Condition over RLock",                        Reentrant<RF::gives_up_one_level>>>;

  using Semaphores = ImplementationList<
      Mutant<"semaphore/wakes-on-zero-only",    "semaphore", "S5",  kInterleaving, "LLVM issue 77659, GCC bug 104928",                Count<CF::wakes_on_zero_only>>,
      Mutant<"semaphore/wakes-one",             "semaphore", "S4",  kInterleaving, "release(n) as n was 1",                           Count<CF::wakes_one>>,
      Mutant<"semaphore/wakes-before-it-adds",  "semaphore", "S5",  kInterleaving, "textbook",                                        Count<CF::wakes_before_it_adds>>,
      Mutant<"semaphore/touches-after-adding",  "semaphore", "S12", kInterleaving, "glibc bug 12674",                                 Count<CF::touches_after_adding>>,
      Mutant<"semaphore/takes-in-two-steps",    "semaphore", "S2",  kInterleaving, "textbook",                                        Count<CF::takes_in_two_steps>>,
      Mutant<"semaphore/keeps-the-permit",      "semaphore", "S2",  kInterleaving, "vs-threading issue 521",                          Count<CF::keeps_the_permit>>,
      Mutant<"semaphore/gives-up-after-waking", "semaphore", "S5",  kInterleaving, "JDK 6803402 in its timed form",                   Count<CF::gives_up_after_waking>>,
      Mutant<"semaphore/believes-the-wake-up",  "semaphore", "S2",  kInterleaving, "naive futex code: EINTR",                         Count<CF::believes_the_wake_up>>,
      Mutant<"semaphore/takes-relaxed",         "semaphore", "X1",  kMemoryOrder,  "LLVM issue 109290",                               Count<CF::takes_relaxed>>,
      Mutant<"semaphore/releases-relaxed",      "semaphore", "X1",  kMemoryOrder,  "a semaphore seen as a counter",                   Count<CF::releases_relaxed>>,
      Mutant<"semaphore/claims-order",          "semaphore", "S13", kInterleaving, "barging where order is promised",                 Count<CF::claims_order>>,
      Mutant<"wait/semaphore-sleeps-on-what-is-there", "semaphore", "S5", kInterleaving, "libstdc++: version read after the value",   syncbench::CountSemaphore<P, mutants::SleepsOnWhatIsThere>>>;

  using BoundedSemaphores = ImplementationList<
      Mutant<"bounded/checks-then-adds", "bounded-semaphore", "S9", kInterleaving, "check, then act",                            mutants::BoundedSemaphore<P>>>;

  /// Not ours, so nothing can come between its steps.
  using PlainSemaphores = ImplementationList<
      Mutant<"std/counting_semaphore",          "semaphore", "S5",  Needs::real_time, "natural: GCC 12, bug 104928",                  mutants_of::TrustedStdSemaphore<P>>>;

  using Events = ImplementationList<
      Mutant<"event/wakes-one",                 "event", "E3", kInterleaving, "set() by notify_one",                                  Generation<EF::wakes_one>>,
      Mutant<"event/looks-at-the-flag-alone",   "event", "E4", kInterleaving, "CPython gh-57711",                                     Generation<EF::looks_at_the_flag_alone>>,
      Mutant<"event/wakes-before-it-sets",      "event", "E3", kInterleaving, "textbook",                                             Generation<EF::wakes_before_it_sets>>,
      Mutant<"event/believes-the-wake-up",      "event", "E2", kInterleaving, "naive futex code: EINTR",                              Generation<EF::believes_the_wake_up>>,
      Mutant<"event/set-when-late",             "event", "E6", kInterleaving, "CPython before 2.7: wait() has no answer",             Generation<EF::set_when_late>>,
      Mutant<"event/sets-relaxed",              "event", "X1", kMemoryOrder,  "an event seen as a flag",                              Generation<EF::sets_relaxed>>,
      Mutant<"event/narrow-count",              "event", "E4", kInterleaving, "musl's condition: a sequence that comes round",        mutants::GenerationEvent<P, EF::none, 3>>,
      Mutant<"event/no-fence",                  "event", "E3", kStoreBuffers, "oneTBB pull request 2136",                             mutants::CountedEvent<P, mutants::CountedFault::no_fence>>,
      Mutant<"wait/event-sleeps-on-what-is-there", "event", "E3", kInterleaving, "libstdc++: version read after the value",           syncbench::GenerationEvent<P, mutants::SleepsOnWhatIsThere>>>;

  using Conditions = ImplementationList<
      Mutant<"condition/reads-after-unlocking",    "condition", "C2",  kInterleaving, "the classic lost wake-up",                     Sequence<WF::reads_after_unlocking>>,
      Mutant<"condition/does-not-change",          "condition", "C2",  kInterleaving, "musl's old condition",                         Sequence<WF::does_not_change>>,
      Mutant<"condition/wakes-one-of-all",         "condition", "C5",  kInterleaving, "a requeue that forgets the rest",              Sequence<WF::wakes_one_of_all>>,
      Mutant<"condition/counts-after-unlocking",   "condition", "C2",  kInterleaving, "OSv issue 1480",                               Sequence<WF::counts_after_unlocking>>,
      Mutant<"condition/forgets-the-notification", "condition", "C8",  kInterleaving, "glibc: cancelled while signalled",             Sequence<WF::forgets_the_notification>>,
      Mutant<"condition/returns-without-the-lock", "condition", "C3",  kInterleaving, "an early return on timeout",                   Sequence<WF::returns_without_the_lock>>,
      Mutant<"condition/asks-once",                "condition", "C10", kInterleaving, "if instead of while",                          mutants_of::OverFutex<P, mutants::AsksOnce<P>>>,
      Mutant<"condition/late-comer-steals",        "condition", "C7",  kInterleaving, "glibc bug 13165, Go issue 14064",              mutants_of::OverFutex<P, mutants::TokenCondition<P>>>,
      Mutant<"condition/gives-up-one-level",       "condition", "R6",  kInterleaving, "std::condition_variable_any over a recursive mutex", ConditionOver<mutants::GivesUpOneLevel<P>, mutants::ReentrantMutex<P>>>>;

  using Barriers = ImplementationList<
      Mutant<"barrier/has-no-phase",            "barrier", "B3", kInterleaving, "textbook",                                           Central<BF::has_no_phase>>,
      Mutant<"barrier/opens-before-it-resets",  "barrier", "B3", kInterleaving, "OSv issue 857",                                      Central<BF::opens_before_it_resets>>,
      Mutant<"barrier/counts-in-two-steps",     "barrier", "B2", kInterleaving, "textbook",                                           Central<BF::counts_in_two_steps>>,
      Mutant<"barrier/reads-the-index-back",    "barrier", "B4", kInterleaving, "textbook",                                           Central<BF::reads_the_index_back>>,
      Mutant<"barrier/acts-when-open",          "barrier", "B5", kInterleaving, "textbook",                                           Central<BF::acts_when_open>>,
      Mutant<"barrier/wakes-one",               "barrier", "B2", kInterleaving, "textbook",                                           Central<BF::wakes_one>>,
      Mutant<"barrier/leavers-look-back",       "barrier", "B8", kInterleaving, "glibc 2015, musl, HPX pull request 3804",            Central<BF::claims_destruction>>,
      Mutant<"barrier/opens-relaxed",           "barrier", "X1", kMemoryOrder,  "a gate seen as a flag",                              Central<BF::opens_relaxed>>,
      Mutant<"barrier/opens-without-a-fence",   "barrier", "B2", kStoreBuffers, "Dekker's pattern",                                   Central<BF::opens_without_a_fence>>,
      Mutant<"barrier/phase-of-one-bit",        "barrier", "X9", kInterleaving, "a phase that comes round",                           mutants::CentralBarrier<P, BF::none, 1>,
             "it is the reversed sense of the textbook: a phase ends only after everybody has arrived in it, so whoever still waits for the end of "
             "one phase keeps the next from ending, and never sees the phase change twice">>;

  using BreakableBarriers = ImplementationList<
      Mutant<"breakable/abort-wears-off",           "breakable-barrier", "B21", kInterleaving, "broken is not sticky",                 Breakable<KF::abort_wears_off>>,
      Mutant<"breakable/abort-fails-leavers",       "breakable-barrier", "B28", kInterleaving, "CPython's threading.Barrier",          Breakable<KF::abort_fails_leavers>>,
      Mutant<"breakable/reset-forgets-waiters",     "breakable-barrier", "B22", kInterleaving, "a count set back to zero",             Breakable<KF::reset_forgets_waiters>>,
      Mutant<"breakable/reset-leaves-it-broken",    "breakable-barrier", "B24", kInterleaving, "half a reset",                         Breakable<KF::reset_leaves_it_broken>>,
      Mutant<"breakable/exception-leaves-it-whole", "breakable-barrier", "B25", kInterleaving, "an action that throws",                Breakable<KF::exception_leaves_it_whole>>,
      Mutant<"breakable/breaks-when-tripped",       "breakable-barrier", "B29", kInterleaving, "CPython: the timeout wins the race",   Breakable<KF::breaks_when_tripped>>,
      Mutant<"breakable/leaves-quietly",            "breakable-barrier", "B20", kInterleaving, "a timeout that tells nobody",          Breakable<KF::leaves_quietly>>>;

  using Workloads = ImplementationList<
      WorkloadMutant<"workload/buffer-asks-once",        "W2", kInterleaving, "if instead of while",                                  mutants_of::AsksOnceBuffer,     mutants_of::HealthyCondition<P>>,
      WorkloadMutant<"workload/buffer-one-condition",    "W2", kInterleaving, "Cargill's puzzle",                                     mutants_of::OneConditionBuffer, mutants_of::HealthyCondition<P>>,
      WorkloadMutant<"workload/buffer-looks-outside",    "W2", kInterleaving, "predicate looked at outside the lock",                 mutants_of::LetsGoBuffer,       mutants_of::HealthyCondition<P>>,
      WorkloadMutant<"workload/pool-unlocked-shutdown",  "W3", kInterleaving, "worker pools: the flag is set without the lock",       mutants_of::UnlockedShutdown,   mutants_of::HealthyCondition<P>>,
      WorkloadMutant<"workload/pool-tells-one-worker",   "W3", kInterleaving, "worker pools: the shutdown notifies one",              mutants_of::TellsOneWorker,     mutants_of::HealthyCondition<P>>,
      WorkloadMutant<"workload/pool-looks-once",         "W3", kInterleaving, "if instead of while",                                  mutants_of::LooksOnce,          mutants_of::HealthyCondition<P>>,
      WorkloadMutant<"workload/lock-order-reversed",     "W5", kInterleaving, "Dijkstra's philosophers",                              mutants_of::ReversedOrder,      TristateMutex<P, Park>>>;

  // The same sources without a fault: nothing may be found in these.
  template <Text kName, class T>
  using Twin = Implementation<kName, "twin", Standing::variant, "a mutant without its fault", T>;
  using HealthyMutexes = ImplementationList<Twin<"futex", Futex<FF::none>>, Twin<"counted", mutants::CountedMutex<P>>, Twin<"spin", Spinning<SF::none>>,
                                            Twin<"ticket", Ticket<TF::none>>, Twin<"queue", Queue<QF::none>>>;
  using HealthyRecursiveMutexes = ImplementationList<Twin<"reentrant", Reentrant<RF::none>>>;
  using HealthySemaphores = ImplementationList<Twin<"semaphore", Count<CF::none>>>;
  using HealthyBoundedSemaphores = ImplementationList<Twin<"bounded", mutants::BoundedSemaphore<P, false>>>;
  using HealthyEvents = ImplementationList<Twin<"event", Generation<EF::none>>, Twin<"counted", mutants::CountedEvent<P>>>;
  using HealthyConditions = ImplementationList<Twin<"condition", Sequence<WF::none>>,
                                               Twin<"over-reentrant", ConditionOver<mutants::SequenceCondition<P>, mutants::ReentrantMutex<P>>>>;
  using HealthyBarriers = ImplementationList<Twin<"barrier", Central<BF::none>>>;
  using HealthyBreakableBarriers = ImplementationList<Twin<"breakable", Breakable<KF::none>>>;
};
// clang-format on

}  // namespace syncbench::stress
