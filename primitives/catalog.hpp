// THE list of implementations: one line each. Command line, workloads and tests ask this list; the README's table of
// families is compared with it by a test. To add an implementation, include its header and add its line.
#pragma once

#include <algorithm>
#include <cstddef>
#include <mutex>
#include <string_view>
#include <tuple>

#include "primitives/condition/any_condition.hpp"
#include "primitives/condition/fifo_condition.hpp"
#include "primitives/condition/monitor_condition.hpp"
#include "primitives/condition/sequence_condition.hpp"
#include "primitives/mutex/monitor_mutex.hpp"
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

/// The primitives that belong together: a workload is a template over this.
template <class MutexType, class ConditionType>
struct Suite {
  using Mutex = MutexType;
  using Condition = ConditionType;
};

/// A suite under a name.
template <Text kNameText, Text kFamilyText, Standing kStandingValue, Text kSummaryText, class MutexType,
          class ConditionType>
struct Implementation {
  static constexpr std::string_view kName = kNameText;
  static constexpr std::string_view kFamily = kFamilyText;
  static constexpr std::string_view kSummary = kSummaryText;
  static constexpr Standing kStanding = kStandingValue;
  using Mutex = MutexType;
  using Condition = ConditionType;
  using Types = Suite<Mutex, Condition>;
};

template <class... Implementations>
struct ImplementationList {
  static constexpr std::size_t kSize = sizeof...(Implementations);
  template <std::size_t kIndex>
  using At = std::tuple_element_t<kIndex, std::tuple<Implementations...>>;

  /// Calls visit.operator()<I>() for each implementation, in order.
  template <class Visit>
  static constexpr void for_each(Visit visit) {
    (visit.template operator()<Implementations>(), ...);
  }
};

// clang-format off
template <Platform P>
using Catalog = ImplementationList<
    // name               family     standing                   in one line                                        mutex                              condition
    Implementation<"ttas/backoff",      "spin",    Standing::representative, "test-and-test-and-set; pauses that double, then yields", TtasLock<P, Backoff>,           SequenceCondition<P, Backoff>>,
    Implementation<"ttas/spin",         "spin",    Standing::variant,        "test-and-test-and-set; looks again at once",             TtasLock<P, Spin>,              SequenceCondition<P, Spin>>,
    Implementation<"ttas/pause",        "spin",    Standing::variant,        "test-and-test-and-set; one pause between looks",         TtasLock<P, Pause>,             SequenceCondition<P, Pause>>,
    Implementation<"ttas/yield",        "spin",    Standing::variant,        "test-and-test-and-set; yields between looks",            TtasLock<P, Yield>,             SequenceCondition<P, Yield>>,
    Implementation<"ticket/spin-park",  "ticket",  Standing::representative, "FIFO; spins, then sleeps",                               TicketLock<P, SpinThenPark>,    FifoCondition<P, SpinThenPark>>,
    Implementation<"ticket/park",       "ticket",  Standing::variant,        "FIFO; sleeps at once",                                   TicketLock<P, Park>,            FifoCondition<P, Park>>,
    Implementation<"ticket/backoff",    "ticket",  Standing::variant,        "FIFO; pauses that double, then yields",                  TicketLock<P, Backoff>,         FifoCondition<P, Backoff>>,
    Implementation<"ticket/yield",      "ticket",  Standing::variant,        "FIFO; yields between looks",                             TicketLock<P, Yield>,           FifoCondition<P, Yield>>,
    Implementation<"ticket/pause",      "ticket",  Standing::variant,        "FIFO; one pause between looks; unfit with more threads than processors", TicketLock<P, Pause>, FifoCondition<P, Pause>>,
    Implementation<"ticket/spin",       "ticket",  Standing::variant,        "FIFO; looks again at once; unfit with more threads than processors", TicketLock<P, Spin>, FifoCondition<P, Spin>>,
    Implementation<"tristate/spin-park","futex",   Standing::representative, "three-state futex word; spins, then sleeps",             TristateMutex<P, SpinThenPark>, SequenceCondition<P, SpinThenPark>>,
    Implementation<"tristate/park",     "futex",   Standing::variant,        "three-state futex word; sleeps at once",                 TristateMutex<P, Park>,         SequenceCondition<P, Park>>,
    Implementation<"monitor/condvar",   "condvar", Standing::representative, "a flag under std::mutex and std::condition_variable",    MonitorMutex<P>,                MonitorCondition<P>>,
    Implementation<"monitor/any",       "condvar", Standing::variant,        "the same mutex with std::condition_variable_any",        MonitorMutex<P>,                AnyCondition<P>>,
    Implementation<"std/mutex",         "std",     Standing::reference,      "std::mutex and std::condition_variable: the reference",  std::mutex,                     StdCondition<P>>,
    Implementation<"std/timed_mutex",   "std",     Standing::variant,        "std::timed_mutex and std::condition_variable_any",       StdTimedMutex<P>,               AnyCondition<P>>,
    Implementation<"atomic/fetch_add",  "atomic",  Standing::baseline,       "no lock: one atomic add (workload counter only)",        FetchAdd<P>,                    NoCondition<P>>,
    Implementation<"none",              "none",    Standing::control,        "no synchronization: every workload must notice",         NoMutex,                        NoCondition<P>>>;
// clang-format on

}  // namespace syncbench
