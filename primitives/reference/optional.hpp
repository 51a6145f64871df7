// Libraries that are used where they are installed: which of them this build has, why it does not have the others, and
// their lines of the catalog. CMake looks for them, and defines SYNCBENCH_HAS_<LIBRARY> and SYNCBENCH_NO_<LIBRARY>, the
// reason ("" if there is none). This is the only file that asks.
#pragma once

#include <array>
#include <string_view>

#include "primitives/implementation.hpp"
#include "primitives/platform/platform.hpp"

#if defined(SYNCBENCH_HAS_ABSL)
#include "primitives/reference/absl.hpp"
#endif
#if defined(SYNCBENCH_HAS_CK)
#include "primitives/reference/ck_barrier.hpp"
#include "primitives/reference/ck_mutex.hpp"
#endif
#if defined(SYNCBENCH_HAS_NSYNC)
#include "primitives/reference/nsync.hpp"
#endif
#if defined(SYNCBENCH_HAS_TBB)
#include "primitives/reference/tbb.hpp"
#endif

// Code that uses the headers without our CMake has none of them.
#if !defined(SYNCBENCH_NO_ABSL)
#define SYNCBENCH_NO_ABSL "not looked for"
#endif
#if !defined(SYNCBENCH_NO_CK)
#define SYNCBENCH_NO_CK "not looked for"
#endif
#if !defined(SYNCBENCH_NO_NSYNC)
#define SYNCBENCH_NO_NSYNC "not looked for"
#endif
#if !defined(SYNCBENCH_NO_TBB)
#define SYNCBENCH_NO_TBB "not looked for"
#endif

namespace syncbench {

/// A library and its family of implementations.
struct OptionalLibrary {
  std::string_view name;     ///< "oneTBB"
  std::string_view family;   ///< "tbb"
  std::string_view package;  ///< Debian's name for it: "libtbb-dev"
  std::string_view missing;  ///< why this build does not have it; empty if it does

  constexpr bool found() const { return missing.empty(); }
};

namespace installed {

// A library that is not there adds no lines.
struct None {
  template <Platform P>
  using Mutexes = ImplementationList<>;
  template <Platform P>
  using Events = ImplementationList<>;
  template <Platform P>
  using Conditions = ImplementationList<>;
  template <Platform P>
  using Barriers = ImplementationList<>;
};

// clang-format off
#if defined(SYNCBENCH_HAS_ABSL)
struct Absl : None {
  template <Platform P>
  using Mutexes = ImplementationList<
    Implementation<"absl/mutex",         "absl",    Standing::variant, "absl::Mutex",                                       AbslMutex>>;
  template <Platform P>
  using Events = ImplementationList<
    Implementation<"absl/notification",  "absl",    Standing::variant, "absl::Notification: fires once",                    AbslNotification<P>>>;
  template <Platform P>
  using Conditions = ImplementationList<
    Implementation<"absl/mutex",         "absl",    Standing::variant, "absl::CondVar over absl::Mutex",                    ConditionOver<AbslCondition<P>, AbslMutex>>>;
};
#else
using Absl = None;
#endif

#if defined(SYNCBENCH_HAS_TBB)
struct Tbb : None {
  template <Platform P>
  using Mutexes = ImplementationList<
    Implementation<"tbb/spin_mutex",     "tbb",     Standing::variant, "tbb::spin_mutex; pauses that double, then yields",  TbbSpinMutex>,
    Implementation<"tbb/queuing_mutex",  "tbb",     Standing::variant, "tbb::queuing_mutex: an MCS lock; pauses, then yields", TbbQueuingMutex>,
    Implementation<"tbb/mutex",          "tbb",     Standing::variant, "tbb::mutex; spins, then sleeps",                    TbbMutex>>;
};
#else
using Tbb = None;
#endif

#if defined(SYNCBENCH_HAS_NSYNC)
struct Nsync : None {
  template <Platform P>
  using Mutexes = ImplementationList<
    Implementation<"nsync/mu",           "nsync",   Standing::variant, "nsync_mu",                                          NsyncMutex>>;
  template <Platform P>
  using Events = ImplementationList<
    Implementation<"nsync/note",         "nsync",   Standing::variant, "nsync_note: fires once",                            NsyncNote<P>>>;
  template <Platform P>
  using Conditions = ImplementationList<
    Implementation<"nsync/mu",           "nsync",   Standing::variant, "nsync_cv over nsync_mu",                            ConditionOver<NsyncCondition<P>, NsyncMutex>>>;
};
#else
using Nsync = None;
#endif

#if defined(SYNCBENCH_HAS_CK)
struct Ck : None {
  template <Platform P>
  using Mutexes = ImplementationList<
    Implementation<"ck/fas",             "ck",      Standing::variant, "test-and-test-and-set; one pause between looks",    CkFasLock>,
    Implementation<"ck/ticket",          "ck",      Standing::variant, "FIFO; one pause between looks; unfit with more threads than processors", CkTicketLock<false>>,
    Implementation<"ck/ticket_pb",       "ck",      Standing::variant, "FIFO; pauses by distance; unfit with more threads than processors", CkTicketLock<true>>,
    Implementation<"ck/mcs",             "ck",      Standing::variant, "FIFO list; unfit with more threads than processors", CkMcsLock>,
    Implementation<"ck/clh",             "ck",      Standing::variant, "FIFO list; unfit with more threads than processors", CkClhLock>,
    Implementation<"ck/anderson",        "ck",      Standing::variant, "FIFO array for 1,024 threads; unfit with more threads than processors", CkAndersonLock>>;
  template <Platform P>
  using Barriers = ImplementationList<
    Implementation<"ck/centralized",     "ck",      Standing::variant, "one counter; one pause between looks",              CkBarrier<CkCentralized>>,
    Implementation<"ck/combining",       "ck",      Standing::variant, "a tree of counters; one pause between looks",       CkBarrier<CkCombining>>,
    Implementation<"ck/dissemination",   "ck",      Standing::variant, "signals in a logarithm of rounds; one pause between looks", CkBarrier<CkDissemination>>,
    Implementation<"ck/tournament",      "ck",      Standing::variant, "winners go on to the next round; one pause between looks", CkBarrier<CkTournament>>,
    Implementation<"ck/mcs",             "ck",      Standing::variant, "a tree to arrive and one to leave; one pause between looks", CkBarrier<CkMcsTree>>>;
};
#else
using Ck = None;
#endif
// clang-format on

template <Platform P>
using Mutexes = Joined<Absl::Mutexes<P>, Tbb::Mutexes<P>, Nsync::Mutexes<P>, Ck::Mutexes<P>>;
template <Platform P>
using Events = Joined<Absl::Events<P>, Nsync::Events<P>>;
template <Platform P>
using Conditions = Joined<Absl::Conditions<P>, Nsync::Conditions<P>>;
template <Platform P>
using Barriers = Ck::Barriers<P>;

}  // namespace installed

/// All of them, found or not.
inline constexpr std::array kOptionalLibraries{
    OptionalLibrary{"Abseil", "absl", "libabsl-dev", SYNCBENCH_NO_ABSL},
    OptionalLibrary{"oneTBB", "tbb", "libtbb-dev", SYNCBENCH_NO_TBB},
    OptionalLibrary{"nsync", "nsync", "libnsync-dev", SYNCBENCH_NO_NSYNC},
    OptionalLibrary{"Concurrency Kit", "ck", "libck-dev", SYNCBENCH_NO_CK},
};

}  // namespace syncbench
