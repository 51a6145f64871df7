// THE list of implementations: one table a primitive, one line an implementation. Command line, workloads, conformance
// and tests ask these tables; the README's are compared with them by a test. To add an implementation, include its
// header and add its line. What an implementation promises stands beside its type (`kTraits`), not here.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "primitives/condition/any_condition.hpp"
#include "primitives/condition/fifo_condition.hpp"
#include "primitives/condition/monitor_condition.hpp"
#include "primitives/condition/sequence_condition.hpp"
#include "primitives/mutex/anderson_lock.hpp"
#include "primitives/mutex/clh_lock.hpp"
#include "primitives/mutex/hemlock.hpp"
#include "primitives/mutex/mcs_lock.hpp"
#include "primitives/mutex/monitor_mutex.hpp"
#include "primitives/mutex/tas_lock.hpp"
#include "primitives/mutex/ticket_lock.hpp"
#include "primitives/mutex/tristate_mutex.hpp"
#include "primitives/mutex/ttas_lock.hpp"
#include "primitives/reference/controls.hpp"
#include "primitives/reference/std.hpp"

namespace syncbench {

/// A string literal as a template argument.
template <std::size_t N>
struct Text {
  char characters[N];
  consteval Text(const char (&literal)[N]) { std::copy_n(literal, N, characters); }  // NOLINT: implicit on purpose
  constexpr operator std::string_view() const { return {characters, N - 1}; }
};

/// What an implementation is to its family.
enum class Standing {
  representative,  ///< the one that the family's name selects
  reference,       ///< likewise, and what all others are compared with
  variant,         ///< runs when asked for by name or pattern
  baseline,        ///< not a lock: a floor to compare with
  control,         ///< does not synchronize: must be caught
};

/// A type under a name. Names are algorithm/wait; a line answers to its own name and to its family's.
template <Text kNameText, Text kFamilyText, Standing kStandingValue, Text kSummaryText, class T>
struct Implementation {
  static constexpr std::string_view kName = kNameText;
  static constexpr std::string_view kFamily = kFamilyText;
  static constexpr std::string_view kSummary = kSummaryText;
  static constexpr Standing kStanding = kStandingValue;
  static constexpr const Traits& kTraits = T::kTraits;
  using Type = T;
};

template <class... Implementations>
struct ImplementationList {
  static constexpr std::size_t kSize = sizeof...(Implementations);

  /// Calls visit.operator()<I>() for each implementation, in order.
  template <class Visit>
  static constexpr void for_each([[maybe_unused]] Visit visit) {
    (visit.template operator()<Implementations>(), ...);
  }
};

/// A condition with the mutex that it is measured over.
template <class ConditionType, class MutexType>
struct ConditionOver {
  using Condition = ConditionType;
  using Mutex = MutexType;
  static constexpr const Traits& kTraits = Condition::kTraits;
};

// clang-format off
template <Platform P>
using Mutexes = ImplementationList<
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
    Implementation<"monitor/condvar",    "condvar", Standing::representative, "a flag under std::mutex and std::condition_variable",    MonitorMutex<P>>,
    Implementation<"std/mutex",          "std",     Standing::reference,      "std::mutex: the reference",                              StdMutex>,
    Implementation<"std/timed_mutex",    "std",     Standing::variant,        "std::timed_mutex",                                       StdTimedMutex<P>>,
    Implementation<"atomic/fetch_add",   "atomic",  Standing::baseline,       "no lock: one atomic add (workload counter only)",        FetchAdd<P>>,
    Implementation<"none",               "none",    Standing::control,        "no synchronization: every workload must notice",         NoMutex>>;

template <Platform P>
using RecursiveMutexes = ImplementationList<>;

template <Platform P>
using Semaphores = ImplementationList<>;

template <Platform P>
using Events = ImplementationList<>;

template <Platform P>
using Conditions = ImplementationList<
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
    Implementation<"tristate/spin-park", "futex",   Standing::representative, "sequence word and futex; spins, then sleeps",            ConditionOver<SequenceCondition<P, SpinThenPark>, TristateMutex<P, SpinThenPark>>>,
    Implementation<"tristate/park",      "futex",   Standing::variant,        "sequence word and futex; sleeps at once",                ConditionOver<SequenceCondition<P, Park>, TristateMutex<P, Park>>>,
    Implementation<"monitor/condvar",    "condvar", Standing::representative, "std::condition_variable under a mutex of its own",       ConditionOver<MonitorCondition<P>, MonitorMutex<P>>>,
    Implementation<"monitor/any",        "condvar", Standing::variant,        "std::condition_variable_any over the same mutex",        ConditionOver<AnyCondition<P>, MonitorMutex<P>>>,
    Implementation<"std/mutex",          "std",     Standing::reference,      "std::condition_variable and std::mutex: the reference",  ConditionOver<StdCondition<P>, StdMutex>>,
    Implementation<"std/timed_mutex",    "std",     Standing::variant,        "std::condition_variable_any and std::timed_mutex",       ConditionOver<AnyCondition<P>, StdTimedMutex<P>>>,
    Implementation<"none",               "none",    Standing::control,        "no synchronization: every workload must notice",         ConditionOver<NoCondition<P>, NoMutex>>>;

template <Platform P>
using Barriers = ImplementationList<>;

template <Platform P>
using BreakableBarriers = ImplementationList<>;
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
