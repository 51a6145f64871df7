// THE list of implementations: one table a primitive, one line an implementation. Command line, workloads, conformance
// and tests ask these tables; the README's are compared with them by a test. To add an implementation, include its
// header and add its line. What an implementation promises stands beside its type (`kTraits`), not here.
#pragma once

#include <string_view>

#include "primitives/barrier/central_barrier.hpp"
#include "primitives/barrier/dissemination_barrier.hpp"
#include "primitives/barrier/monitor_barrier.hpp"
#include "primitives/barrier/monitor_breakable_barrier.hpp"
#include "primitives/barrier/queue_barrier.hpp"
#include "primitives/barrier/ticket_barrier.hpp"
#include "primitives/barrier/tournament_barrier.hpp"
#include "primitives/barrier/tree_barrier.hpp"
#include "primitives/condition/any_condition.hpp"
#include "primitives/condition/fifo_condition.hpp"
#include "primitives/condition/monitor_condition.hpp"
#include "primitives/condition/sequence_condition.hpp"
#include "primitives/event/fifo_event.hpp"
#include "primitives/event/generation_event.hpp"
#include "primitives/event/monitor_event.hpp"
#include "primitives/implementation.hpp"
#include "primitives/mutex/anderson_lock.hpp"
#include "primitives/mutex/clh_lock.hpp"
#include "primitives/mutex/cohort_lock.hpp"
#include "primitives/mutex/hemlock.hpp"
#include "primitives/mutex/malthusian_mutex.hpp"
#include "primitives/mutex/mcs_lock.hpp"
#include "primitives/mutex/monitor_mutex.hpp"
#include "primitives/mutex/tas_lock.hpp"
#include "primitives/mutex/ticket_lock.hpp"
#include "primitives/mutex/tristate_mutex.hpp"
#include "primitives/mutex/ttas_lock.hpp"
#include "primitives/recursive_mutex/reentrant_mutex.hpp"
#include "primitives/reference/controls.hpp"
#include "primitives/reference/optional.hpp"
#include "primitives/reference/posix.hpp"
#include "primitives/reference/posix_semaphore.hpp"
#include "primitives/reference/std.hpp"
#include "primitives/reference/std_event.hpp"
#include "primitives/reference/std_semaphore.hpp"
#include "primitives/semaphore/bounded_semaphore.hpp"
#include "primitives/semaphore/count_semaphore.hpp"
#include "primitives/semaphore/fifo_semaphore.hpp"
#include "primitives/semaphore/monitor_semaphore.hpp"

namespace syncbench {

// clang-format off
template <Platform P>
using Mutexes = Joined<ImplementationList<
    // name                 family     standing                   in one line                                            type
    Implementation<"ttas/backoff",       "spin",    Standing::representative, "test-and-test-and-set; pauses that double, then yields", TtasLock<P, Backoff>>,
    Implementation<"ttas/spin",          "spin",    Standing::variant,        "test-and-test-and-set; looks again at once",             TtasLock<P, Spin>>,
    Implementation<"ttas/pause",         "spin",    Standing::variant,        "test-and-test-and-set; one pause between looks",         TtasLock<P, Pause>>,
    Implementation<"ttas/yield",         "spin",    Standing::variant,        "test-and-test-and-set; yields between looks",            TtasLock<P, Yield>>,
    Implementation<"tas/backoff",        "spin",    Standing::variant,        "test-and-set; pauses that double, then yields",          TasLock<P, Backoff>>,
    Implementation<"tas/pause",          "spin",    Standing::variant,        "test-and-set; one pause between tries",                  TasLock<P, Pause>>,
    Implementation<"tas/yield",          "spin",    Standing::variant,        "test-and-set; yields between tries",                     TasLock<P, Yield>>,
    Implementation<"ticket/spin-park",   "ticket",  Standing::representative, "FIFO; spins, then sleeps",                               TicketLock<P, SpinThenPark>>,
    Implementation<"ticket/park",        "ticket",  Standing::variant,        "FIFO; sleeps at once",                                   TicketLock<P, Park>>,
    Implementation<"ticket/backoff",     "ticket",  Standing::variant,        "FIFO; pauses that double, then yields",                  TicketLock<P, Backoff>>,
    Implementation<"ticket/proportional", "ticket",  Standing::variant,        "FIFO; pauses as long as its turn is far, then yields",   TicketLock<P, Proportional>>,
    Implementation<"ticket/yield",       "ticket",  Standing::variant,        "FIFO; yields between looks",                             TicketLock<P, Yield>>,
    Implementation<"ticket/pause",       "ticket",  Standing::variant,        "FIFO; one pause between looks; unfit with more threads than processors", TicketLock<P, Pause>>,
    Implementation<"ticket/spin",        "ticket",  Standing::variant,        "FIFO; looks again at once; unfit with more threads than processors", TicketLock<P, Spin>>,
    Implementation<"mcs/spin-park",      "queue",   Standing::variant,        "FIFO list of waiters; spins, then sleeps",               McsLock<P, SpinThenPark>>,
    Implementation<"mcs/park",           "queue",   Standing::variant,        "FIFO list of waiters; sleeps at once",                   McsLock<P, Park>>,
    Implementation<"mcs/yield",          "queue",   Standing::variant,        "FIFO list of waiters; yields between looks",             McsLock<P, Yield>>,
    Implementation<"mcs/pause",          "queue",   Standing::variant,        "FIFO list of waiters; one pause between looks; unfit with more threads than processors", McsLock<P, Pause>>,
    Implementation<"mcs/spin",           "queue",   Standing::variant,        "FIFO list of waiters; looks again at once; unfit with more threads than processors", McsLock<P, Spin>>,
    Implementation<"clh/spin-park",      "queue",   Standing::variant,        "FIFO, timed attempts too; spins, then sleeps",           ClhLock<P, SpinThenPark>>,
    Implementation<"clh/park",           "queue",   Standing::variant,        "FIFO, timed attempts too; sleeps at once",               ClhLock<P, Park>>,
    Implementation<"clh/yield",          "queue",   Standing::variant,        "FIFO, timed attempts too; yields between looks",         ClhLock<P, Yield>>,
    Implementation<"clh/pause",          "queue",   Standing::variant,        "FIFO, timed attempts too; one pause between looks; unfit with more threads than processors", ClhLock<P, Pause>>,
    Implementation<"clh/spin",           "queue",   Standing::variant,        "FIFO, timed attempts too; looks again at once; unfit with more threads than processors", ClhLock<P, Spin>>,
    Implementation<"anderson/spin-park", "queue",   Standing::variant,        "FIFO, a cache line a turn; spins, then sleeps",          AndersonLock<P, SpinThenPark>>,
    Implementation<"anderson/yield",     "queue",   Standing::variant,        "FIFO, a cache line a turn; yields between looks",        AndersonLock<P, Yield>>,
    Implementation<"anderson/pause",     "queue",   Standing::variant,        "FIFO, a cache line a turn; one pause between looks; unfit with more threads than processors", AndersonLock<P, Pause>>,
    Implementation<"anderson/spin",      "queue",   Standing::variant,        "FIFO, a cache line a turn; looks again at once; unfit with more threads than processors", AndersonLock<P, Spin>>,
    Implementation<"hemlock/yield",      "queue",   Standing::variant,        "FIFO, one word a thread; yields between looks",          Hemlock<P, Yield>>,
    Implementation<"hemlock/pause",      "queue",   Standing::variant,        "FIFO, one word a thread; one pause between looks; unfit with more threads than processors", Hemlock<P, Pause>>,
    Implementation<"hemlock/spin",       "queue",   Standing::variant,        "FIFO, one word a thread; looks again at once; unfit with more threads than processors", Hemlock<P, Spin>>,
    Implementation<"tristate/backoff-park", "futex", Standing::representative, "three-state futex word; pauses that double, then sleeps", TristateMutex<P, BackoffThenPark>>,
    Implementation<"tristate/spin-park", "futex",   Standing::variant,        "three-state futex word; spins, then sleeps",             TristateMutex<P, SpinThenPark>>,
    Implementation<"tristate/park",      "futex",   Standing::variant,        "three-state futex word; sleeps at once",                 TristateMutex<P, Park>>,
    Implementation<"malthusian/spin-park", "futex", Standing::variant,        "one waiter competes, the others sleep on a stack",       MalthusianMutex<P, SpinThenPark>>,
    Implementation<"monitor/condvar",    "condvar", Standing::representative, "a flag under std::mutex and std::condition_variable",    MonitorMutex<P>>,
    Implementation<"cohort/backoff",     "numa",    Standing::variant,        "a ticket lock a memory node under a common one; pauses that double, then yields", CohortLock<P, Backoff>>,
    Implementation<"cohort/yield",       "numa",    Standing::variant,        "a ticket lock a memory node under a common one; yields between looks", CohortLock<P, Yield>>,
    Implementation<"std/mutex",          "std",     Standing::reference,      "std::mutex: the reference",                              StdMutex>,
    Implementation<"std/timed_mutex",    "std",     Standing::variant,        "std::timed_mutex",                                       StdTimedMutex<P>>,
    Implementation<"posix/mutex",        "posix",   Standing::variant,        "pthread_mutex_t, the plain kind",                        PosixMutex<P, PosixKind::normal>>,
    Implementation<"posix/adaptive",     "posix",   Standing::variant,        "pthread_mutex_t that spins a little before it sleeps",   PosixMutex<P, PosixKind::adaptive>>,
    Implementation<"posix/errorcheck",   "posix",   Standing::variant,        "pthread_mutex_t that reports wrong use",                 PosixMutex<P, PosixKind::error_check>>,
    Implementation<"posix/prio_inherit", "posix",   Standing::variant,        "pthread_mutex_t that lends its waiters' priority to its holder", PosixMutex<P, PosixKind::priority_inheritance>>,
    Implementation<"posix/robust",       "posix",   Standing::variant,        "pthread_mutex_t that outlives its holder",                       PosixMutex<P, PosixKind::robust>>,
    Implementation<"posix/spinlock",     "posix",   Standing::variant,        "pthread_spinlock_t",                                             PosixSpinlock>,
    Implementation<"atomic/fetch_add",   "atomic",  Standing::baseline,       "no lock: one atomic add (workload counter only)",        FetchAdd<P>>,
    Implementation<"none",               "none",    Standing::control,        "no synchronization: every workload must notice",         NoMutex>>, installed::Mutexes<P>>;

template <Platform P>
using RecursiveMutexes = ImplementationList<
    // name                                    family     standing                  in one line                                      type
    Implementation<"ttas/backoff",             "spin",    Standing::representative, "owner and depth over ttas/backoff",             ReentrantMutex<P, TtasLock<P, Backoff>>>,
    Implementation<"ttas/yield",               "spin",    Standing::variant,        "owner and depth over ttas/yield",               ReentrantMutex<P, TtasLock<P, Yield>>>,
    Implementation<"ticket/spin-park",         "ticket",  Standing::representative, "owner and depth over ticket/spin-park: FIFO",   ReentrantMutex<P, TicketLock<P, SpinThenPark>>>,
    Implementation<"ticket/park",              "ticket",  Standing::variant,        "owner and depth over ticket/park: FIFO",        ReentrantMutex<P, TicketLock<P, Park>>>,
    Implementation<"ticket/backoff",           "ticket",  Standing::variant,        "owner and depth over ticket/backoff: FIFO",     ReentrantMutex<P, TicketLock<P, Backoff>>>,
    Implementation<"mcs/spin-park",            "queue",   Standing::variant,        "owner and depth over mcs/spin-park: FIFO",      ReentrantMutex<P, McsLock<P, SpinThenPark>>>,
    Implementation<"mcs/yield",                "queue",   Standing::variant,        "owner and depth over mcs/yield: FIFO",          ReentrantMutex<P, McsLock<P, Yield>>>,
    Implementation<"tristate/backoff-park",    "futex",   Standing::representative, "owner and depth over tristate/backoff-park",    ReentrantMutex<P, TristateMutex<P, BackoffThenPark>>>,
    Implementation<"tristate/spin-park",       "futex",   Standing::variant,        "owner and depth over tristate/spin-park",       ReentrantMutex<P, TristateMutex<P, SpinThenPark>>>,
    Implementation<"tristate/park",            "futex",   Standing::variant,        "owner and depth over tristate/park",            ReentrantMutex<P, TristateMutex<P, Park>>>,
    Implementation<"monitor/condvar",          "condvar", Standing::representative, "owner and depth over monitor/condvar",          ReentrantMutex<P, MonitorMutex<P>>>,
    Implementation<"std/recursive_mutex",      "std",     Standing::reference,      "std::recursive_mutex: the reference",           StdRecursiveMutex>,
    Implementation<"std/recursive_timed_mutex","std",     Standing::variant,        "std::recursive_timed_mutex",                    StdRecursiveTimedMutex<P>>,
    Implementation<"posix/recursive",          "posix",   Standing::variant,        "pthread_mutex_t, the recursive kind",           PosixMutex<P, PosixKind::recursive>>,
    Implementation<"none",                     "none",    Standing::control,        "no synchronization: every workload must notice",NoMutex>>;

template <Platform P>
using Semaphores = ImplementationList<
    Implementation<"count/backoff",      "spin",    Standing::representative, "one word; pauses that double, then yields",              CountSemaphore<P, Backoff>>,
    Implementation<"count/pause",        "spin",    Standing::variant,        "one word; one pause between looks",                      CountSemaphore<P, Pause>>,
    Implementation<"count/yield",        "spin",    Standing::variant,        "one word; yields between looks",                         CountSemaphore<P, Yield>>,
    Implementation<"ticket/spin-park",   "ticket",  Standing::representative, "FIFO queue; spins, then sleeps",                         FifoSemaphore<P, SpinThenPark>>,
    Implementation<"ticket/park",        "ticket",  Standing::variant,        "FIFO queue; sleeps at once",                             FifoSemaphore<P, Park>>,
    Implementation<"ticket/backoff",     "ticket",  Standing::variant,        "FIFO queue; pauses that double, then yields",            FifoSemaphore<P, Backoff>>,
    Implementation<"ticket/yield",       "ticket",  Standing::variant,        "FIFO queue; yields between looks",                       FifoSemaphore<P, Yield>>,
    Implementation<"count/spin-park",    "futex",   Standing::representative, "one futex word; spins, then sleeps",                     CountSemaphore<P, SpinThenPark>>,
    Implementation<"count/park",         "futex",   Standing::variant,        "one futex word; sleeps at once",                         CountSemaphore<P, Park>>,
    Implementation<"monitor/condvar",    "condvar", Standing::representative, "a count under std::mutex and std::condition_variable",   MonitorSemaphore<P>>,
    Implementation<"std/counting_semaphore", "std", Standing::known_bad,      "std::counting_semaphore; GCC 12 loses wake-ups (GCC bug 104928)", StdSemaphore<P>>,
    Implementation<"posix/sem",              "posix", Standing::reference,    "sem_t",                                                           PosixSemaphore<P>>,
    Implementation<"none",               "none",    Standing::control,        "no synchronization: every workload must notice",         NoSemaphore>>;

template <Platform P>
using Events = Joined<ImplementationList<
    Implementation<"generation/backoff", "spin",    Standing::representative, "one word; pauses that double, then yields",              GenerationEvent<P, Backoff>>,
    Implementation<"generation/pause",   "spin",    Standing::variant,        "one word; one pause between looks",                      GenerationEvent<P, Pause>>,
    Implementation<"generation/yield",   "spin",    Standing::variant,        "one word; yields between looks",                         GenerationEvent<P, Yield>>,
    Implementation<"ticket/spin-park",   "ticket",  Standing::representative, "FIFO queue; spins, then sleeps",                         FifoEvent<P, SpinThenPark>>,
    Implementation<"ticket/park",        "ticket",  Standing::variant,        "FIFO queue; sleeps at once",                             FifoEvent<P, Park>>,
    Implementation<"ticket/backoff",     "ticket",  Standing::variant,        "FIFO queue; pauses that double, then yields",            FifoEvent<P, Backoff>>,
    Implementation<"generation/spin-park", "futex", Standing::representative, "one futex word; spins, then sleeps",                     GenerationEvent<P, SpinThenPark>>,
    Implementation<"generation/park",    "futex",   Standing::variant,        "one futex word; sleeps at once",                         GenerationEvent<P, Park>>,
    Implementation<"monitor/condvar",    "condvar", Standing::representative, "a flag and a count under std::mutex and std::condition_variable", MonitorEvent<P>>,
    Implementation<"std/condvar",        "std",     Standing::reference,      "a flag under std::mutex and std::condition_variable: the reference", StdEvent<P>>,
    Implementation<"std/atomic_wait",    "std",     Standing::variant,        "std::atomic, wait and notify_all",                       StdAtomicEvent>,
    Implementation<"std/latch",          "std",     Standing::variant,        "std::latch: fires once",                                 StdLatchEvent>,
    Implementation<"none",               "none",    Standing::control,        "no synchronization: every workload must notice",         NoEvent>>, installed::Events<P>>;

template <Platform P>
using Conditions = Joined<ImplementationList<
    // name                 family     standing                   in one line                                            type
    Implementation<"ttas/backoff",       "spin",    Standing::representative, "sequence word; pauses that double, then yields",         ConditionOver<SequenceCondition<P, Backoff>, TtasLock<P, Backoff>>>,
    Implementation<"ttas/spin",          "spin",    Standing::variant,        "sequence word; looks again at once",                     ConditionOver<SequenceCondition<P, Spin>, TtasLock<P, Spin>>>,
    Implementation<"ttas/pause",         "spin",    Standing::variant,        "sequence word; one pause between looks",                 ConditionOver<SequenceCondition<P, Pause>, TtasLock<P, Pause>>>,
    Implementation<"ttas/yield",         "spin",    Standing::variant,        "sequence word; yields between looks",                    ConditionOver<SequenceCondition<P, Yield>, TtasLock<P, Yield>>>,
    Implementation<"ticket/spin-park",   "ticket",  Standing::representative, "FIFO queue; spins, then sleeps",                         ConditionOver<FifoCondition<P, SpinThenPark>, TicketLock<P, SpinThenPark>>>,
    Implementation<"ticket/park",        "ticket",  Standing::variant,        "FIFO queue; sleeps at once",                             ConditionOver<FifoCondition<P, Park>, TicketLock<P, Park>>>,
    Implementation<"ticket/backoff",     "ticket",  Standing::variant,        "FIFO queue; pauses that double, then yields",            ConditionOver<FifoCondition<P, Backoff>, TicketLock<P, Backoff>>>,
    Implementation<"ticket/yield",       "ticket",  Standing::variant,        "FIFO queue; yields between looks",                       ConditionOver<FifoCondition<P, Yield>, TicketLock<P, Yield>>>,
    Implementation<"ticket/pause",       "ticket",  Standing::variant,        "FIFO queue; one pause between looks; unfit with more threads than processors", ConditionOver<FifoCondition<P, Pause>, TicketLock<P, Pause>>>,
    Implementation<"ticket/spin",        "ticket",  Standing::variant,        "FIFO queue; looks again at once; unfit with more threads than processors", ConditionOver<FifoCondition<P, Spin>, TicketLock<P, Spin>>>,
    Implementation<"tristate/backoff-park", "futex",   Standing::representative, "sequence word and futex; the mutex backs off",            ConditionOver<SequenceCondition<P, SpinThenPark>, TristateMutex<P, BackoffThenPark>>>,
    Implementation<"tristate/spin-park", "futex",   Standing::variant,        "sequence word and futex; spins, then sleeps",            ConditionOver<SequenceCondition<P, SpinThenPark>, TristateMutex<P, SpinThenPark>>>,
    Implementation<"tristate/park",      "futex",   Standing::variant,        "sequence word and futex; sleeps at once",                ConditionOver<SequenceCondition<P, Park>, TristateMutex<P, Park>>>,
    Implementation<"monitor/condvar",    "condvar", Standing::representative, "std::condition_variable under a mutex of its own",       ConditionOver<MonitorCondition<P>, MonitorMutex<P>>>,
    Implementation<"monitor/any",        "condvar", Standing::variant,        "std::condition_variable_any over the same mutex",        ConditionOver<AnyCondition<P>, MonitorMutex<P>>>,
    Implementation<"std/mutex",          "std",     Standing::reference,      "std::condition_variable and std::mutex: the reference",  ConditionOver<StdCondition<P>, StdMutex>>,
    Implementation<"std/timed_mutex",    "std",     Standing::variant,        "std::condition_variable_any and std::timed_mutex",       ConditionOver<AnyCondition<P>, StdTimedMutex<P>>>,
    Implementation<"posix/mutex",        "posix",   Standing::variant,        "pthread_cond_t over a plain pthread_mutex_t",            ConditionOver<PosixCondition<P>, PosixMutex<P, PosixKind::normal>>>,
    Implementation<"none",               "none",    Standing::control,        "no synchronization: every workload must notice",         ConditionOver<NoCondition<P>, NoMutex>>>, installed::Conditions<P>>;

template <Platform P>
using Barriers = Joined<ImplementationList<
    // name                 family     standing                   in one line                                            type
    Implementation<"central/backoff",       "spin",    Standing::representative, "one counter; pauses that double, then yields",              CentralBarrier<P, Backoff>>,
    Implementation<"central/pause",         "spin",    Standing::variant,        "one counter; one pause between looks",                      CentralBarrier<P, Pause>>,
    Implementation<"central/yield",         "spin",    Standing::variant,        "one counter; yields between looks",                         CentralBarrier<P, Yield>>,
    Implementation<"ticket/spin-park",      "ticket",  Standing::representative, "a number for each arrival; spins, then sleeps",             TicketBarrier<P, SpinThenPark>>,
    Implementation<"ticket/park",           "ticket",  Standing::variant,        "a number for each arrival; sleeps at once",                 TicketBarrier<P, Park>>,
    Implementation<"ticket/backoff",        "ticket",  Standing::variant,        "a number for each arrival; pauses that double, then yields",TicketBarrier<P, Backoff>>,
    Implementation<"central/yield-park",     "futex",   Standing::representative, "one counter; yields, then sleeps",                           CentralBarrier<P, YieldThenPark>>,
    Implementation<"central/spin-park",     "futex",   Standing::variant,        "one counter; spins, then sleeps",                           CentralBarrier<P, SpinThenPark>>,
    Implementation<"central/park",          "futex",   Standing::variant,        "one counter; sleeps at once",                               CentralBarrier<P, Park>>,
    Implementation<"monitor/condvar",       "condvar", Standing::representative, "a count under std::mutex and std::condition_variable",      MonitorBarrier<P>>,
    Implementation<"dissemination/backoff", "tree",    Standing::variant,        "signals in log2 n rounds; pauses that double, then yields", DisseminationBarrier<P, Backoff>>,
    Implementation<"dissemination/pause",   "tree",    Standing::variant,        "signals in log2 n rounds; one pause between looks",         DisseminationBarrier<P, Pause>>,
    Implementation<"dissemination/yield",   "tree",    Standing::variant,        "signals in log2 n rounds; yields between looks",            DisseminationBarrier<P, Yield>>,
    Implementation<"dissemination/spin-park","tree",    Standing::variant,        "signals in log2 n rounds; spins, then sleeps",              DisseminationBarrier<P, SpinThenPark>>,
    Implementation<"tournament/backoff",    "tree",    Standing::variant,        "matches in log2 n rounds; pauses that double, then yields", TournamentBarrier<P, Backoff>>,
    Implementation<"tournament/pause",      "tree",    Standing::variant,        "matches in log2 n rounds; one pause between looks",         TournamentBarrier<P, Pause>>,
    Implementation<"tournament/yield",      "tree",    Standing::variant,        "matches in log2 n rounds; yields between looks",            TournamentBarrier<P, Yield>>,
    Implementation<"tournament/spin-park",  "tree",    Standing::variant,        "matches in log2 n rounds; spins, then sleeps",              TournamentBarrier<P, SpinThenPark>>,
    Implementation<"tree/backoff",          "tree",    Standing::variant,        "a tree of counters; pauses that double, then yields",       TreeBarrier<P, Backoff>>,
    Implementation<"tree/pause",            "tree",    Standing::variant,        "a tree of counters; one pause between looks",               TreeBarrier<P, Pause>>,
    Implementation<"tree/yield",            "tree",    Standing::variant,        "a tree of counters; yields between looks",                  TreeBarrier<P, Yield>>,
    Implementation<"tree/spin-park",        "tree",    Standing::variant,        "a tree of counters; spins, then sleeps",                    TreeBarrier<P, SpinThenPark>>,
    Implementation<"std/barrier",           "std",     Standing::reference,      "std::barrier: the reference",                               StdBarrier>,
    Implementation<"posix/barrier",         "posix",   Standing::variant,        "pthread_barrier_t",                                         PosixBarrier>,
    Implementation<"none",                  "none",    Standing::control,        "no synchronization: every workload must notice",            NoBarrier<P>>>, installed::Barriers<P>>;

template <Platform P>
using BreakableBarriers = ImplementationList<
    // name                 family     standing                   in one line                                            type
    Implementation<"queue/backoff",         "spin",    Standing::representative, "queue under a spin lock; pauses that double, then yields",  QueueBarrier<P, TtasLock<P, Backoff>, Backoff>>,
    Implementation<"ticket/spin-park",      "ticket",  Standing::representative, "queue under a ticket lock; spins, then sleeps",             QueueBarrier<P, TicketLock<P, SpinThenPark>, SpinThenPark>>,
    Implementation<"queue/spin-park",       "futex",   Standing::representative, "queue under a futex mutex; spins, then sleeps",             QueueBarrier<P, TristateMutex<P, SpinThenPark>, SpinThenPark>>,
    Implementation<"queue/park",            "futex",   Standing::variant,        "queue under a futex mutex; sleeps at once",                 QueueBarrier<P, TristateMutex<P, Park>, Park>>,
    Implementation<"monitor/condvar",       "condvar", Standing::representative, "a list under std::mutex and std::condition_variable",       MonitorBreakableBarrier<P>>,
    Implementation<"none",                  "none",    Standing::control,        "no synchronization: every workload must notice",            NoBreakableBarrier<P>>>;
// clang-format on

/// Calls visit.operator()<List>(name) for each primitive's table.
template <Platform P>
constexpr void for_each_primitive(auto visit) {
  visit.template operator()<Mutexes<P>>("mutex");
  visit.template operator()<RecursiveMutexes<P>>("recursive mutex");
  visit.template operator()<Semaphores<P>>("semaphore");
  visit.template operator()<Events<P>>("event");
  visit.template operator()<Conditions<P>>("condition");
  visit.template operator()<Barriers<P>>("barrier");
  visit.template operator()<BreakableBarriers<P>>("breakable barrier");
}

}  // namespace syncbench
