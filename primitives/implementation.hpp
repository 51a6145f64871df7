// What a line of the catalog is: a type under a name, with its family and its standing there.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "primitives/traits.hpp"

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
  known_bad,       ///< broken, and known to be: runs when asked for by its whole name
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

namespace detail {
template <class... Lists>
struct Join;
template <class List>
struct Join<List> {
  using Type = List;
};
template <class... A, class... B, class... Rest>
struct Join<ImplementationList<A...>, ImplementationList<B...>, Rest...>
    : Join<ImplementationList<A..., B...>, Rest...> {};
}  // namespace detail

/// The lines of one list, then those of the next.
template <class... Lists>
using Joined = typename detail::Join<Lists...>::Type;

/// A condition with the mutex that it is measured over.
template <class ConditionType, class MutexType>
struct ConditionOver {
  using Condition = ConditionType;
  using Mutex = MutexType;
  static constexpr const Traits& kTraits = Condition::kTraits;
};

template <class T>
concept HasWaitStrategy = requires {
  typename T::Wait;
};

/// The type whose wait strategy speaks for a catalog line.
template <class T>
struct WaiterOf {
  using Type = T;
};
template <class C, class M>
struct WaiterOf<ConditionOver<C, M>> {
  using Type = C;
};

/// Does a thread that waits for a T sleep in the kernel?
template <class T>
consteval bool sleeps() {
  using W = typename WaiterOf<T>::Type;
  if constexpr (HasWaitStrategy<W>) {
    return W::Wait::kParks;
  } else {
    return !T::kTraits.spins;
  }
}

}  // namespace syncbench
