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

// The type in `List` that stands for a family; void if none does.
template <Text kFamily, class List>
struct Member {
  using Type = void;
};
template <Text kFamily, class First, class... Rest>
struct Member<kFamily, ImplementationList<First, Rest...>> : Member<kFamily, ImplementationList<Rest...>> {};
template <Text kFamily, class First, class... Rest>
requires kStandsFor<First, kFamily>
struct Member<kFamily, ImplementationList<First, Rest...>> {
  using Type = typename First::Type;
};

}  // namespace detail

/// What stands for one family, primitive by primitive; void where nobody does (std has no breakable barrier, and no
/// semaphore that could be trusted). `Mutex` is the one that `Condition` is measured over.
template <Text kFamily, Platform P>
struct Family {
  static constexpr Traits kTraits{.source = "the members that stand for the family, see the other tables"};
  using Pair = typename detail::Member<kFamily, Conditions<P>>::Type;
  using Mutex = typename Pair::Mutex;
  using Condition = typename Pair::Condition;
  using RecursiveMutex = typename detail::Member<kFamily, RecursiveMutexes<P>>::Type;
  using Semaphore = typename detail::Member<kFamily, Semaphores<P>>::Type;
  using Event = typename detail::Member<kFamily, Events<P>>::Type;
  using Barrier = typename detail::Member<kFamily, Barriers<P>>::Type;
  using BreakableBarrier = typename detail::Member<kFamily, BreakableBarriers<P>>::Type;
  static_assert(std::is_same_v<Mutex, typename detail::Member<kFamily, Mutexes<P>>::Type>);
};

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
