// Puts scenarios over types: one line a scenario. `add_programs<Platform>(mode, programs)` in `programs_*.cpp` folds
// these over the catalog, once a platform; whoever has a type of his own calls `add_mutex` and its like for it.
#pragma once

#include <type_traits>
#include <utility>

#include "primitives/catalog.hpp"
#include "primitives/stress/programs.hpp"
#include "primitives/stress/scenarios/barrier.hpp"
#include "primitives/stress/scenarios/condition.hpp"
#include "primitives/stress/scenarios/event.hpp"
#include "primitives/stress/scenarios/mutex.hpp"
#include "primitives/stress/scenarios/semaphore.hpp"
#include "primitives/stress/scenarios/workload.hpp"

namespace syncbench::stress {

/// Where the programs of one table go: made anew, or found again and given another platform.
class Programs {
 public:
  Programs(std::vector<Program>& all, Mode mode) : all_(all), mode_(mode) {}

  /// `I` is a line of a table; left out if it says that it does not keep one of the scenario's rules.
  template <template <class> class Scenario, class I>
  void add(std::string_view primitive) {
    using S = Scenario<typename I::Type>;
    if (deviates(I::kTraits, S::kRules)) return;
    Program program{primitive,    I::kName,    I::kFamily,  S::kName,        S::kRules,
                    I::kStanding, &I::kTraits, S::kThreads, kHasCapacity<S>, {}};
    Program* const known = find(program);
    (known != nullptr ? *known : all_.emplace_back(program)).make[static_cast<unsigned>(mode_)] = make<S>;
  }

 private:
  template <class S>
  static constexpr bool kHasCapacity = requires {
    S::kHasCapacity;
  };

  template <class S>
  static std::unique_ptr<Execution> make(Shape shape) {
    struct Adapter final : Execution {
      explicit Adapter(Shape its) : scenario(its) {}
      void body(unsigned thread) override { scenario.body(thread); }
      void check() override { scenario.check(); }
      const void* state() const override { return primitive_of(scenario).first; }
      std::size_t state_size() const override { return primitive_of(scenario).second; }
      S scenario;
    };
    return std::make_unique<Adapter>(shape);
  }

  // The primitive in a scenario; the scenario itself where there are several.
  template <class S>
  static std::pair<const void*, std::size_t> primitive_of(const S& scenario) {
    if constexpr (requires { scenario.condition; }) {
      return {&scenario.condition, sizeof scenario.condition};
    } else if constexpr (requires { scenario.mutex; }) {
      return {&scenario.mutex, sizeof scenario.mutex};
    } else if constexpr (requires { scenario.semaphore; }) {
      return {&scenario.semaphore, sizeof scenario.semaphore};
    } else if constexpr (requires { scenario.event; }) {
      return {&scenario.event, sizeof scenario.event};
    } else if constexpr (requires { scenario.barrier; }) {
      return {&scenario.barrier, sizeof scenario.barrier};
    } else {
      return {&scenario, sizeof scenario};
    }
  }

  static constexpr bool deviates(const Traits& traits, std::string_view rules) {
    while (!rules.empty()) {
      const auto space = rules.find(' ');
      if (!traits.deviation(rules.substr(0, space)).empty()) return true;
      rules = space == std::string_view::npos ? std::string_view() : rules.substr(space + 1);
    }
    return false;
  }

  Program* find(const Program& wanted) {
    for (Program& one : all_)
      if (one.primitive == wanted.primitive && one.implementation == wanted.implementation &&
          one.scenario == wanted.scenario)
        return &one;
    return nullptr;
  }

  std::vector<Program>& all_;
  Mode mode_;
};

template <class I>
inline constexpr bool kStrict = I::kTraits.promise == Profile::strict;

template <class I>
void add_mutex(Programs& programs) {
  programs.add<Exclusion, I>("mutex");
  if constexpr (Mutex<typename I::Type>) programs.add<Attempts, I>("mutex");
  if constexpr (I::kTraits.destroy_after_use) programs.add<LastOneDestroys, I>("mutex");
  if constexpr (I::kTraits.fifo) programs.add<FirstCome, I>("mutex");
  programs.add<LockOrder, I>("mutex");
}

template <class I>
void add_recursive_mutex(Programs& programs) {
  using T = typename I::Type;
  if constexpr (RecursiveMutex<T>) {
    programs.add<Nesting, I>("recursive-mutex");
    if constexpr (TimedMutex<T>) programs.add<NestedAttempts, I>("recursive-mutex");
  }
  programs.add<Exclusion, I>("recursive-mutex");
  if constexpr (I::kTraits.destroy_after_use) programs.add<LastOneDestroys, I>("recursive-mutex");
}

/// A bounded semaphore takes back no more than was taken, so it can only be used as one that lends permits.
template <class I>
void add_bounded_semaphore(Programs& programs) {
  programs.add<Permits, I>("bounded-semaphore");
  programs.add<BinaryUse, I>("bounded-semaphore");
  programs.add<SurplusReleases, I>("bounded-semaphore");
}

template <class I>
void add_semaphore(Programs& programs) {
  programs.add<Permits, I>("semaphore");
  programs.add<BinaryUse, I>("semaphore");
  programs.add<RacingReleases, I>("semaphore");
  programs.add<SingleReleases, I>("semaphore");
  programs.add<TimedAcquire, I>("semaphore");
  programs.add<GivesUpInTheQueue, I>("semaphore");
  if constexpr (I::kTraits.destroy_after_use) programs.add<AcquirerDestroys, I>("semaphore");
  if constexpr (I::kTraits.fifo) programs.add<FirstComeAcquires, I>("semaphore");
}

template <class I>
void add_event(Programs& programs) {
  using T = typename I::Type;
  programs.add<SetOnce, I>("event");
  if constexpr (TimedEvent<T>) programs.add<SetOrTimeout, I>("event");
  if constexpr (Event<T>) {
    programs.add<SetAndClear, I>("event");
    programs.add<SetAndClearOften, I>("event");
    programs.add<SetClearSet, I>("event");
    programs.add<Generations, I>("event");
  }
}

template <class I>
void add_condition(Programs& programs) {
  using T = typename I::Type;
  programs.add<Tokens, I>("condition");
  programs.add<NotifyAll, I>("condition");
  programs.add<NotifySome, I>("condition");
  programs.add<TimedTokens, I>("condition");
  programs.add<TimeoutOrNotified, I>("condition");
  programs.add<LateComers, I>("condition");
  programs.add<Buffer, I>("condition");
  programs.add<WorkerPool, I>("condition");
  if constexpr (RecursiveMutex<typename T::Mutex>) programs.add<AllLevels, I>("condition");
}

template <class I>
void add_barrier(Programs& programs) {
  using T = typename I::Type;
  programs.add<Phases, I>("barrier");
  if constexpr (ActingBarrier<T>) programs.add<Action, I>("barrier");
  if constexpr (!I::kTraits.by_rank && I::kTraits.destroy_after_use && I::kTraits.deviation("B4").empty())
    programs.add<LastArrivalDestroys, I>("barrier");
}

template <class I>
void add_breakable_barrier(Programs& programs) {
  programs.add<UnbrokenPhases, I>("breakable-barrier");
  programs.add<Action, I>("breakable-barrier");
  programs.add<TimeoutOrArrival, I>("breakable-barrier");
  programs.add<AbortOrArrival, I>("breakable-barrier");
  programs.add<AbortAfterTheTrip, I>("breakable-barrier");
  programs.add<ResetOrArrival, I>("breakable-barrier");
  programs.add<Repair, I>("breakable-barrier");
  programs.add<ActionThrows, I>("breakable-barrier");
  programs.add<BuiltInTimeout, I>("breakable-barrier");
}

/// A family's semaphore with its releases checked: the catalog has no line for it, since any semaphore can be had so.
template <Platform P, class I>
struct Bounded : I {
  using Type = BoundedSemaphore<P, typename I::Type>;
};

/// Whether a line of the catalog can run in a mode. Under the scheduler and with faults only what goes through the
/// platform; under the scheduler not what keeps its state by kernel thread, of which there is but one.
template <class I>
constexpr bool suits(Mode mode) {
  if (I::kStanding == Standing::control || I::kStanding == Standing::baseline) return false;
  if (mode == Mode::plain) return true;
  const bool ours = (I::kStanding == Standing::representative || I::kStanding == Standing::variant) && kStrict<I>;
  return ours && !(mode == Mode::scheduled && I::kTraits.by_kernel_thread);
}

/// All scenarios over the catalog's tables, on one platform.
template <Platform P, Mode kMode>
void add_programs(std::vector<Program>& all) {
  Programs programs(all, kMode);
  const auto visit = [&](auto add) {
    return [&programs, add]<class I>() {
      if constexpr (suits<I>(kMode)) add.template operator()<I>(programs);
    };
  };
  Mutexes<P>::for_each(visit([]<class I>(Programs& to) { add_mutex<I>(to); }));
  RecursiveMutexes<P>::for_each(visit([]<class I>(Programs& to) { add_recursive_mutex<I>(to); }));
  Semaphores<P>::for_each(visit([]<class I>(Programs& to) {
    add_semaphore<I>(to);
    if constexpr (I::kStanding == Standing::representative) add_bounded_semaphore<Bounded<P, I>>(to);
  }));
  Events<P>::for_each(visit([]<class I>(Programs& to) { add_event<I>(to); }));
  Conditions<P>::for_each(visit([]<class I>(Programs& to) { add_condition<I>(to); }));
  Barriers<P>::for_each(visit([]<class I>(Programs& to) { add_barrier<I>(to); }));
  BreakableBarriers<P>::for_each(visit([]<class I>(Programs& to) { add_breakable_barrier<I>(to); }));
}

}  // namespace syncbench::stress
