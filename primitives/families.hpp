// The families: for each word, the types that stand for it in the catalog's tables. A program that needs several
// primitives is a template over a family. There is no list of types here: the tables say who stands for whom.
#pragma once

#include <string_view>
#include <type_traits>

#include "primitives/catalog.hpp"

namespace syncbench {
namespace detail {

template <class I, Text kFamily>
constexpr bool kStandsFor = I::kFamily == std::string_view(kFamily) &&
                            (I::kStanding == Standing::representative || I::kStanding == Standing::reference);

// The line of `List` that stands for a family, and its type; void if none does. Two would be an ambiguity.
template <Text kFamily, class List>
struct StandIn {
  using Line = void;
  using Type = void;
};
template <Text kFamily, class First, class... Rest>
struct StandIn<kFamily, ImplementationList<First, Rest...>> : StandIn<kFamily, ImplementationList<Rest...>> {};
template <Text kFamily, class First, class... Rest>
requires kStandsFor<First, kFamily>
struct StandIn<kFamily, ImplementationList<First, Rest...>> {
  using Line = First;
  using Type = typename First::Type;
  static_assert(std::is_void_v<typename StandIn<kFamily, ImplementationList<Rest...>>::Line>);
};

}  // namespace detail

/// What stands for one family, primitive by primitive; void where nobody does (std has no breakable barrier, and no
/// semaphore that could be trusted). `Mutex` is the one that `Condition` is measured over.
template <Text kFamily, Platform P>
struct Family {
  static constexpr Traits kTraits{.source = "the members that stand for the family, see the other tables"};
  /// The catalog's line for this family in one of its tables.
  template <class Table>
  using LineIn = typename detail::StandIn<kFamily, Table>::Line;

  using Pair = typename detail::StandIn<kFamily, Conditions<P>>::Type;
  using Mutex = typename Pair::Mutex;
  using Condition = typename Pair::Condition;
  using RecursiveMutex = typename detail::StandIn<kFamily, RecursiveMutexes<P>>::Type;
  using Semaphore = typename detail::StandIn<kFamily, Semaphores<P>>::Type;
  using Event = typename detail::StandIn<kFamily, Events<P>>::Type;
  using Barrier = typename detail::StandIn<kFamily, Barriers<P>>::Type;
  using BreakableBarrier = typename detail::StandIn<kFamily, BreakableBarriers<P>>::Type;
  static_assert(std::is_same_v<Mutex, typename detail::StandIn<kFamily, Mutexes<P>>::Type>);
};

/// A family with all primitives, as the project's own four are.
template <class F>
concept WholeFamily = TimedMutex<typename F::Mutex> && ConditionFor<typename F::Condition, typename F::Mutex> &&
    RecursiveMutex<typename F::RecursiveMutex> && CountingSemaphore<typename F::Semaphore> &&
    Event<typename F::Event> && Barrier<typename F::Barrier> && BreakableBarrier<typename F::BreakableBarrier>;
static_assert(WholeFamily<Family<"spin", NativePlatform>> && WholeFamily<Family<"ticket", NativePlatform>>);
static_assert(WholeFamily<Family<"futex", NativePlatform>> && WholeFamily<Family<"condvar", NativePlatform>>);

/// The control: excludes nobody and waits for nobody. Its event is a real one, so that what uses it comes to an end.
template <Platform P>
struct NoFamily {
  static constexpr Traits kTraits{.source = "control: excludes nobody and waits for nobody"};
  using Mutex = NoMutex;
  using Condition = NoCondition<P>;
  using Event = GenerationEvent<P, Backoff>;
};

// clang-format off
template <Platform P>
using Families = ImplementationList<
    Implementation<"spin",    "spin",    Standing::representative, "all primitives of the family spin",    Family<"spin", P>>,
    Implementation<"ticket",  "ticket",  Standing::representative, "all primitives of the family ticket",  Family<"ticket", P>>,
    Implementation<"futex",   "futex",   Standing::representative, "all primitives of the family futex",   Family<"futex", P>>,
    Implementation<"condvar", "condvar", Standing::representative, "all primitives of the family condvar", Family<"condvar", P>>,
    Implementation<"std",     "std",     Standing::reference,      "std's primitives: the reference",      Family<"std", P>>,
    Implementation<"none",    "none",    Standing::control,        "no synchronization: every workload must notice", NoFamily<P>>>;
// clang-format on

}  // namespace syncbench
