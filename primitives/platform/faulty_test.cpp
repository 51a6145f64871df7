// The disturbing platform's own proof: healthy locks stay right under it, broken ones break within a few rounds, every
// kind of fault really happens, and the same seed does the same again.
#include "primitives/platform/faulty.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <atomic>
#include <map>
#include <memory>
#include <thread>

#include "primitives/catalog.hpp"
#include "primitives/platform/signal_storm.hpp"

namespace syncbench {
namespace {

using namespace std::chrono_literals;
using P = FaultyPlatform;
using Clock = P::Clock;
constexpr auto kAcquire = std::memory_order_acquire;
constexpr auto kRelease = std::memory_order_release;
constexpr auto kRelaxed = std::memory_order_relaxed;

/// A table in use for as long as it lives.
class Counted {
 public:
  Counted() { use_site_table(table_.get()); }
  ~Counted() { use_site_table(nullptr); }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  SiteTable& table() { return *table_; }
  std::vector<SiteUse> uses() const { return sites(*table_); }

  std::uint64_t injected(Fault fault) const {
    std::uint64_t sum = 0;
    for (const SiteUse& use : uses()) sum += use.injected[static_cast<std::size_t>(fault)];
    return sum;
  }
  std::uint64_t injected() const {
    std::uint64_t sum = 0;
    for (std::size_t fault = 0; fault < kFaults; ++fault) sum += injected(static_cast<Fault>(fault));
    return sum;
  }
  /// Everything the table holds, as text that two runs can be compared by.
  std::string report() const {
    std::string text;
    for (const SiteUse& use : uses()) {
      text += std::string(use.file) + ":" + std::to_string(use.line) + " " + std::string(to_text(use.access)) + " " +
              std::to_string(use.reached);
      for (const std::uint64_t count : use.injected) text += " " + std::to_string(count);
      text += "\n";
    }
    return text;
  }

 private:
  std::unique_ptr<SiteTable> table_ = std::make_unique<SiteTable>();
};

int allowed_processors() {
  cpu_set_t allowed;
  return ::sched_getaffinity(0, sizeof allowed, &allowed) == 0 ? CPU_COUNT(&allowed) : 1;
}

FaultPlan plan_with(Fault fault, unsigned odds, std::uint64_t seed = 1) {
  FaultPlan plan = FaultPlan::calm(seed);
  plan[fault] = odds;
  return plan;
}

/// Runs `body(thread)` on so many threads at once, disturbed by `plan`.
template <class Body>
void run_disturbed(const FaultPlan& plan, unsigned threads, Body body) {
  std::atomic<unsigned> here{0};
  std::vector<std::jthread> team;
  for (unsigned i = 0; i < threads; ++i)
    team.emplace_back([&, i] {
      for (++here; here != threads;) std::this_thread::yield();
      const FaultyThread disturbed(plan, i);
      body(i);
    });
}

/// Passes through the lock again and again. True: nobody met anybody inside, where a visit lasts long enough now and
/// then for somebody else to come in, and no visit was lost.
template <class Lock>
bool excludes(const FaultPlan& plan, unsigned threads, unsigned each) {
  Lock lock;
  std::atomic<unsigned> inside{0}, meetings{0};
  unsigned visits = 0;
  run_disturbed(plan, threads, [&](unsigned thread) {
    Random random(plan.seed, ~thread);
    for (unsigned i = 0; i < each; ++i) {
      lock.lock();
      if (inside.fetch_add(1) != 0) ++meetings;
      if (random.below(8) == 0) FaultyThread::sleep(20us);
      visits = visits + 1;
      inside.fetch_sub(1);
      lock.unlock();
    }
  });
  return meetings == 0 && visits == threads * each;
}

// ---- Healthy locks --------------------------------------------------------------------------------------------------

TEST(FaultyPlatform, RepresentativeMutexesStayRightUnderManyPlans) {
  Mutexes<P>::for_each([]<class I>() {
    if constexpr (I::kStanding == Standing::representative) {
      for (std::uint64_t seed = 0; seed < 24; ++seed) {
        const FaultPlan plan = seed == 0 ? FaultPlan::calm(seed) : FaultPlan::drawn(seed);
        EXPECT_TRUE((excludes<typename I::Type>(plan, 4, 12))) << I::kName << ", seed " << seed;
      }
    }
  });
}

TEST(FaultyPlatform, RepresentativeSemaphoresAndEventsStayRightUnderManyPlans) {
  Semaphores<P>::for_each([]<class I>() {
    if constexpr (I::kStanding == Standing::representative) {
      struct AsLock {
        void lock() { semaphore.acquire(); }
        void unlock() { semaphore.release(1); }
        typename I::Type semaphore{1};
      };
      for (std::uint64_t seed = 0; seed < 16; ++seed)
        EXPECT_TRUE((excludes<AsLock>(FaultPlan::drawn(seed), 4, 8))) << I::kName << ", seed " << seed;
    }
  });
  Events<P>::for_each([]<class I>() {
    if constexpr (I::kStanding == Standing::representative) {
      for (std::uint64_t seed = 0; seed < 16; ++seed) {
        typename I::Type event;
        std::atomic<unsigned> passed{0};
        run_disturbed(FaultPlan::drawn(seed), 4, [&](unsigned thread) {
          if (thread == 0) return event.set();
          event.wait();
          ++passed;
        });
        EXPECT_EQ(passed, 3U) << I::kName << ", seed " << seed;
      }
    }
  });
}

/// What a timed attempt says while somebody else holds the lock.
template <class Lock>
void expect_no_early_timeout(std::string_view name, std::uint64_t seed, bool spurious) {
  FaultPlan plan = plan_with(Fault::early_timeout, 2, seed);
  if (spurious) plan[Fault::spurious_wake] = 2;
  plan[Fault::late_timeout] = 3;
  Lock lock;
  lock.lock();
  run_disturbed(plan, 2, [&](unsigned) {
    for (int i = 0; i < 5; ++i) {
      const auto begin = Clock::now();
      EXPECT_FALSE(lock.try_lock_for(1ms)) << name;
      EXPECT_GE(Clock::now() - begin, 1ms) << name << ", seed " << seed;
    }
  });
  lock.unlock();
}

TEST(FaultyPlatform, NoAttemptSaysTooEarlyThatItsTimeIsOver) {
  const Counted counted;
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    for (const bool spurious : {false, true}) {
      expect_no_early_timeout<TicketLock<P, Park>>("ticket/park", seed, spurious);
      expect_no_early_timeout<TristateMutex<P, Park>>("tristate/park", seed, spurious);
      expect_no_early_timeout<ClhLock<P, Park>>("clh/park", seed, spurious);
      expect_no_early_timeout<MonitorMutex<P>>("monitor/condvar", seed, spurious);
    }
  }
  EXPECT_NE(counted.injected(Fault::early_timeout), 0U);
  EXPECT_NE(counted.injected(Fault::late_timeout), 0U);
  EXPECT_NE(counted.injected(Fault::spurious_wake), 0U);
}

// ---- Broken locks ---------------------------------------------------------------------------------------------------

/// Looks, then takes: two steps.
struct TakesInTwoSteps {
  void lock() {
    while (word.load(kAcquire) != 0) P::yield();
    word.store(1, kRelaxed);
  }
  void unlock() { word.store(0, kRelease); }
  P::Word word{0};
};

/// Takes a failed weak exchange for a lock that is held, and a lock that is held for one that it took before.
struct BelievesTheWeakFailure {
  void lock() {
    std::uint32_t expected = 0;
    while (!word.compare_exchange_weak(expected, 1, kAcquire, kRelaxed)) {
      if (expected == 0) return;
      expected = 0;
      P::yield();
    }
  }
  void unlock() { word.store(0, kRelease); }
  P::Word word{0};
};

/// Does one of the first `rounds` rounds see two threads inside?
template <class Lock>
bool breaks_within(unsigned rounds) {
  for (std::uint64_t seed = 0; seed < rounds; ++seed)
    if (!excludes<Lock>(FaultPlan::drawn(seed), 3, 30)) return true;
  return false;
}

TEST(FaultyPlatform, BrokenLocksLetTwoThreadsInWithinAFewRounds) {
  EXPECT_TRUE(breaks_within<TakesInTwoSteps>(100));
  EXPECT_TRUE(breaks_within<BelievesTheWeakFailure>(100));
}

/// Goes on when a sleep ends, whatever the reason.
struct BelievesTheWakeUp {
  void wait() {
    if (flag.load(kAcquire) == 0) P::park(flag, 0, Never{});
  }
  void set() {
    flag.store(1, kRelease);
    P::unpark(&flag, kEverybody);
  }
  P::Word flag{0};
};

TEST(FaultyPlatform, AWaiterThatBelievesItsWakeUpGoesOnTooEarly) {
  unsigned early = 0;
  for (std::uint64_t seed = 0; seed < 200 && early == 0; ++seed) {
    BelievesTheWakeUp event;
    run_disturbed(FaultPlan::drawn(seed), 2, [&](unsigned thread) {
      if (thread == 0) {
        FaultyThread::sleep(900us);
        return event.set();
      }
      event.wait();
      if (event.flag.native().load() == 0) ++early;
    });
  }
  EXPECT_NE(early, 0U);
}

/// Sleeps without saying so after a look that may be old; who sets the flag looks for sleepers first.
struct AnnouncesTooLate {
  void wait() {
    while (flag.load(kAcquire) == 0) {
      const std::uint32_t seen = doorbell.load(kRelaxed);
      if (flag.load(kAcquire) != 0) return;
      sleeping.store(1, kRelaxed);
      P::park(doorbell, seen, Never{});
    }
  }
  void set() {
    flag.store(1, kRelease);
    if (sleeping.load(kRelaxed) == 0) return;
    doorbell.fetch_add(1, kRelease);
    P::unpark(&doorbell, 1);
  }
  P::Word flag{0}, sleeping{0}, doorbell{0};
};
/// The same with the announcement before the look.
struct AnnouncesInTime {
  void wait() {
    sleeping.exchange(1, std::memory_order_seq_cst);
    while (flag.load(std::memory_order_seq_cst) == 0) P::park(flag, 0, Never{});
  }
  void set() {
    flag.exchange(1, std::memory_order_seq_cst);
    if (sleeping.load(std::memory_order_seq_cst) != 0) P::unpark(&flag, 1);
  }
  P::Word flag{0}, sleeping{0}, doorbell{0};
};

/// True: after `set` has returned the waiter still slept, and a wake-up that nobody owed it ended that.
template <class Event>
bool loses_the_wake_up(const FaultPlan& plan) {
  Event event;
  std::atomic<unsigned> ended{0};
  std::jthread team([&] {
    run_disturbed(plan, 2, [&](unsigned thread) {
      thread == 0 ? event.wait() : event.set();
      ++ended;
    });
  });
  const auto limit = Clock::now() + 1s;
  while (ended != 2 && Clock::now() < limit) std::this_thread::sleep_for(50us);
  const bool hangs = ended != 2;
  for (; ended != 2; std::this_thread::sleep_for(1ms)) {
    NativePlatform::unpark(&event.flag, kEverybody);
    NativePlatform::unpark(&event.doorbell, kEverybody);
  }
  return hangs;
}

TEST(FaultyPlatform, ALostWakeUpIsAHangWithinManyRounds) {
  unsigned lost = 0;
  for (std::uint64_t seed = 0; seed < 4000 && lost == 0; ++seed)
    lost += loses_the_wake_up<AnnouncesTooLate>(FaultPlan::drawn(seed)) ? 1 : 0;
  EXPECT_NE(lost, 0U);
  for (std::uint64_t seed = 0; seed < 400; ++seed)
    ASSERT_FALSE(loses_the_wake_up<AnnouncesInTime>(FaultPlan::drawn(seed))) << seed;
}

// ---- Plans and decisions --------------------------------------------------------------------------------------------

/// Accesses of every kind, in a fixed order.
void touch_everything(unsigned times) {
  P::Word word{0};
  P::Mutex mutex;
  P::ConditionVariable changed;
  for (unsigned i = 0; i < times; ++i) {
    std::uint32_t seen = word.load(kRelaxed);
    word.compare_exchange_weak(seen, seen, kRelaxed);
    word.fetch_add(1, kRelaxed);
    P::park(word, 0, Never{});  // returns at once: the word is not 0
    P::park(word, 0, Deadline<Clock>::after(1h));
    P::park(word, word.load(kRelaxed), Deadline<Clock>::after(100us));
    P::unpark(&word, 1);
    std::unique_lock lock(mutex);
    changed.wait_until(lock, Clock::now() + 100us);
    changed.notify_all();
  }
}

std::string report_of(const FaultPlan& plan, unsigned thread) {
  const Counted counted;
  {
    const FaultyThread disturbed(plan, thread);
    touch_everything(40);
  }
  return counted.report();
}

TEST(FaultPlan, TheSameSeedAndThreadGiveTheSameFaults) {
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    // What depends on the clock: whether a sleep was over in time.
    FaultPlan plan = FaultPlan::drawn(seed);
    plan[Fault::yield] = 3;
    plan[Fault::early_timeout] = plan[Fault::late_timeout] = 0;
    EXPECT_EQ(report_of(plan, 0), report_of(plan, 0)) << seed;
    if (plan.share != 1) continue;  // none of the few sites may be among these
    EXPECT_NE(report_of(plan, 0), report_of(plan, 1)) << seed;
  }
}

TEST(FaultPlan, HowLongThingsTakeDoesNotChangeWhatHappensLater) {
  // With the late ends that may or may not be noticed, everything but their own count stays the same.
  FaultPlan plan = plan_with(Fault::late_timeout, 2);
  plan[Fault::early_timeout] = 2;
  plan[Fault::yield] = 3;
  const auto yields = [&](std::chrono::microseconds limit) {
    const Counted counted;
    {
      const FaultyThread disturbed(plan, 0);
      const P::Word word{0};
      for (unsigned i = 0; i < 200; ++i)
        P::park(word, 0, limit == 0us ? Deadline<Clock>::at(Clock::now() - 1us) : Deadline<Clock>::after(limit));
    }
    return counted.injected(Fault::yield);
  };
  EXPECT_EQ(yields(0us), yields(200us));
}

TEST(FaultPlan, EveryKindOfFaultHappensInDrawnRounds) {
  const Counted counted;
  for (std::uint64_t seed = 0; seed < 64; ++seed)
    run_disturbed(FaultPlan::drawn(seed), 2, [](unsigned) { touch_everything(8); });
  for (std::size_t fault = 0; fault < kFaults; ++fault) {
    if (static_cast<Fault>(fault) == Fault::migrate && allowed_processors() < 2) continue;
    EXPECT_NE(counted.injected(static_cast<Fault>(fault)), 0U) << to_text(static_cast<Fault>(fault));
  }
}

TEST(FaultPlan, DrawnRoundsAreOfManyKinds) {
  unsigned calm = 0, yields = 0, sleeps = 0, mixed = 0, few_sites = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const FaultPlan plan = FaultPlan::drawn(seed);
    EXPECT_EQ(plan.seed, seed);
    const std::string text = to_text(plan);
    calm += text == "calm" ? 1 : 0;
    yields += text == "yield 1/16" ? 1 : 0;
    sleeps += text == "sleep 1/64" ? 1 : 0;
    few_sites += text.starts_with("at 1 site in 8") ? 1 : 0;
    mixed += text.starts_with("spin") ? 1 : 0;
  }
  for (const unsigned count : {calm, yields, sleeps, mixed, few_sites}) EXPECT_GE(count, 8U);
}

TEST(FaultPlan, FewSitesMeansThatEachIsDisturbedInOnePartAndLeftAloneInTheOthers) {
  FaultPlan plan = plan_with(Fault::yield, 2);
  plan.share = 8;
  std::map<std::pair<std::uint32_t, SharedAccess>, unsigned> parts;  // in which a site of this file was disturbed
  for (plan.part = 0; plan.part < plan.share; ++plan.part) {
    const Counted counted;
    run_disturbed(plan, 1, [](unsigned) { touch_everything(30); });
    for (const SiteUse& use : counted.uses())
      parts[{use.line, use.access}] += use.injected[static_cast<std::size_t>(Fault::yield)] != 0 ? 1 : 0;
  }
  EXPECT_GE(parts.size(), 8U);
  for (const auto& [site, count] : parts) EXPECT_EQ(count, 1U) << site.first;
}

TEST(FaultyThread, WithoutOneNothingHappens) {
  const Counted counted;
  touch_everything(100);
  { const FaultyThread ended(plan_with(Fault::yield, 1), 0); }
  touch_everything(100);
  EXPECT_TRUE(counted.uses().empty());
}

TEST(FaultyThread, ACalmOneCountsAndDoesNothing) {
  const Counted counted;
  run_disturbed(FaultPlan::calm(1), 1, [](unsigned) { touch_everything(5); });
  EXPECT_FALSE(counted.uses().empty());
  EXPECT_EQ(counted.injected(), 0U);
}

TEST(FaultyThread, LeavesTheThreadOnTheProcessorsItFoundItOn) {
  cpu_set_t before, meanwhile, after;
  ASSERT_EQ(::sched_getaffinity(0, sizeof before, &before), 0);
  {
    const FaultyThread disturbed(plan_with(Fault::migrate, 1), 0);
    const P::Word word{0};
    for (int i = 0; i < 10; ++i) {
      const int here = ::sched_getcpu();
      (void)word.load(kRelaxed);
      ::sched_getaffinity(0, sizeof meanwhile, &meanwhile);
      if (CPU_COUNT(&before) < 2) continue;
      EXPECT_EQ(CPU_COUNT(&meanwhile), 1);
      EXPECT_TRUE(here >= 0);
    }
  }
  ::sched_getaffinity(0, sizeof after, &after);
  EXPECT_TRUE(CPU_EQUAL(&before, &after));
}

TEST(FaultyThread, AThreadBoundToOneProcessorStaysThere) {
  std::jthread([] {
    cpu_set_t one, after;
    CPU_ZERO(&one);
    CPU_SET(static_cast<unsigned>(::sched_getcpu()), &one);
    ASSERT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
    const Counted counted;
    const FaultyThread disturbed(plan_with(Fault::migrate, 1), 0);
    (void)P::Word(0).load(kRelaxed);
    ::sched_getaffinity(0, sizeof after, &after);
    EXPECT_TRUE(CPU_EQUAL(&one, &after));
    EXPECT_EQ(counted.injected(Fault::migrate), 0U);
    EXPECT_NE(counted.injected(Fault::yield), 0U);
  }).join();
}

TEST(FaultyAtomic, ComputesWhatTheStandardOneDoes) {
  const FaultyThread disturbed(plan_with(Fault::yield, 2), 0);
  P::Atomic<std::uint64_t> number{5};
  EXPECT_EQ(number.load(kAcquire), 5U);
  EXPECT_EQ(number.fetch_add(3, kRelaxed), 5U);
  EXPECT_EQ(number.fetch_sub(2, kRelaxed), 8U);
  EXPECT_EQ(number.exchange(9, kRelaxed), 6U);
  std::uint64_t seen = 1;
  EXPECT_FALSE(number.compare_exchange_strong(seen, 2, kRelease));
  EXPECT_TRUE(number.compare_exchange_strong(seen, 2, kAcquire, kRelaxed));
  EXPECT_EQ(seen, 9U);
  number.store(4, kRelease);
  EXPECT_EQ(number.native().load(), 4U);
}

TEST(FaultyAtomic, AWeakExchangeThatFailsForNoReasonHasReadTheValue) {
  const FaultyThread disturbed(plan_with(Fault::weak_failure, 1), 0);
  P::Word word{7};
  std::uint32_t seen = 3;
  EXPECT_FALSE(word.compare_exchange_weak(seen, 9, std::memory_order_acq_rel));
  EXPECT_EQ(seen, 7U);
  EXPECT_FALSE(word.compare_exchange_weak(seen, 9, kRelease, kRelaxed));
  EXPECT_TRUE(word.compare_exchange_strong(seen, 9, std::memory_order_acq_rel));
  EXPECT_EQ(word.load(kRelaxed), 9U);
}

TEST(FaultyConditionVariable, EndsForNoReasonWithTheMutexHeldAndWithoutATimeout) {
  const FaultyThread disturbed(plan_with(Fault::spurious_wake, 1), 0);
  P::Mutex mutex;
  P::ConditionVariable changed;
  std::unique_lock lock(mutex);
  changed.wait(lock);
  EXPECT_EQ(changed.wait_until(lock, Clock::now() + 1h), std::cv_status::no_timeout);
  EXPECT_TRUE(lock.owns_lock());
  std::jthread([&] { EXPECT_FALSE(mutex.try_lock()); }).join();
}

// ---- The table ------------------------------------------------------------------------------------------------------

TEST(SiteTable, NamesFileAndLineAndCountsEachAccess) {
  const Counted counted;
  unsigned line = 0;
  {
    const FaultyThread disturbed(plan_with(Fault::spin, 1), 0);
    P::Word word{0};
    for (int i = 0; i < 1000; ++i) {
      line = __LINE__ + 1;
      word.store(1, kRelaxed);
    }
  }
  ASSERT_EQ(counted.uses().size(), 1U);
  const SiteUse use = counted.uses().front();
  EXPECT_EQ(use.file, "platform/faulty_test.cpp");
  EXPECT_EQ(use.line, line);
  EXPECT_EQ(use.access, SharedAccess::store);
  EXPECT_EQ(use.reached, 1000U);
  EXPECT_EQ(use.injected[static_cast<std::size_t>(Fault::spin)], 2000U);  // before and after
}

TEST(SiteTable, KnowsOfAFirstVisitAtOnce) {
  const Counted counted;
  const FaultyThread disturbed(FaultPlan::calm(1), 0);
  const P::Word word{0};
  (void)word.load(kRelaxed);
  ASSERT_EQ(counted.uses().size(), 1U);
  EXPECT_EQ(counted.uses().front().reached, 1U);
}

TEST(SiteTable, WhatDoesNotFitIsCounted) {
  Counted counted;
  for (std::uint32_t line = 1; line <= SiteTable::kSites; ++line)
    ASSERT_NE(find_site(counted.table(), "made/up.hpp", line, SharedAccess::load), nullptr);
  EXPECT_EQ(find_site(counted.table(), "made/up.hpp", 1, SharedAccess::store), nullptr);
  EXPECT_NE(find_site(counted.table(), "made/up.hpp", 1, SharedAccess::load), nullptr);
  {
    const FaultyThread disturbed(FaultPlan::calm(1), 0);
    const P::Word word{0};
    for (int i = 0; i < 100; ++i) (void)word.load(kRelaxed);
  }
  EXPECT_EQ(counted.table().missed.load(), 100U);
  EXPECT_EQ(counted.uses().size(), SiteTable::kSites);
}

TEST(SiteTable, ThreadsThatWantTheSameSlotsGetEachTheirOwn) {
  constexpr std::uint32_t kLines = SiteTable::kSites - 24;
  for (int round = 0; round < 20; ++round) {
    Counted counted;
    run_disturbed(FaultPlan::calm(1), 4, [&](unsigned thread) {
      for (std::uint32_t i = 0; i < kLines; ++i) {
        const std::uint32_t line = (i * 7 + thread * 250) % kLines + 1;
        find_site(counted.table(), "made/up.hpp", line, SharedAccess::add)->reached.fetch_add(1);
      }
    });
    ASSERT_EQ(counted.uses().size(), kLines);
    for (const SiteUse& use : counted.uses()) ASSERT_EQ(use.reached, 4U) << use.line;
  }
}

TEST(SiteTable, TheFolderOfTheSourceTreeDoesNotMatter) {
  const auto hash = [](const char* path) { return site_hash(path, 7, SharedAccess::load); };
  EXPECT_EQ(hash("/home/a/primitives/mutex/tas_lock.hpp"), hash("../primitives/mutex/tas_lock.hpp"));
  EXPECT_NE(hash("primitives/mutex/tas_lock.hpp"), hash("primitives/event/tas_lock.hpp"));
}

TEST(SiteTable, OutlivesAChildThatIsKilled) {
  void* const memory = ::mmap(nullptr, sizeof(SiteTable), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  auto* const table = static_cast<SiteTable*>(memory);
  use_site_table(table);
  const pid_t child = ::fork();
  if (child == 0) {
    const FaultyThread disturbed(plan_with(Fault::yield, 1), 0);
    const P::Word word{0};
    (void)word.load(kRelaxed);
    ::raise(SIGKILL);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  use_site_table(nullptr);
  ASSERT_EQ(sites(*table).size(), 1U);
  EXPECT_EQ(sites(*table).front().file, "platform/faulty_test.cpp");
  EXPECT_EQ(sites(*table).front().injected[static_cast<std::size_t>(Fault::yield)], 2U);
  ::munmap(memory, sizeof(SiteTable));
}

// ---- The storm ------------------------------------------------------------------------------------------------------

// Without a limit: a wait that has one ends with EINTR even where the kernel is asked to restart what it interrupted.
TEST(SignalStorm, ABurstEndsARawFutexWait) {
  SignalStorm storm(200us, 1);
  std::atomic<std::uint32_t> word{0};
  std::atomic<bool> interrupted{false};
  std::jthread sleeper([&] {
    const SignalStorm::Target target(storm);
    const long result = ::syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, nullptr, nullptr, 0);
    interrupted = result == -1 && errno == EINTR;
  });
  for (int i = 0; i < 100 && !interrupted; ++i) {
    storm.burst(3);
    storm.await_quiet();
    std::this_thread::sleep_for(1ms);
  }
  EXPECT_TRUE(interrupted);
  word = 1;
  ::syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
}

TEST(SignalStorm, IsQuietAfterItsBurstAndSoDoesNotHideAHang) {
  SignalStorm storm(10us, 1);
  std::atomic<std::uint32_t> word{0};
  std::jthread sleeper([&] {
    const SignalStorm::Target target(storm);
    storm.burst(20);
    storm.await_quiet();
    EXPECT_EQ(storm.sent(), 20U);
    const timespec limit{0, 20'000'000};
    EXPECT_EQ(::syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &limit, nullptr, 0), -1);
    EXPECT_EQ(errno, ETIMEDOUT);
    EXPECT_EQ(storm.sent(), 20U);
  });
}

TEST(SignalStorm, TargetsComeAndGoWhileItRages) {
  SignalStorm storm(1us, 1);
  storm.burst(2000);
  for (int i = 0; i < 100; ++i) std::jthread([&] { const SignalStorm::Target target(storm); }).join();
  storm.await_quiet();
  EXPECT_LE(storm.sent(), 2000U);
}

TEST(SignalStorm, NobodyIsHitWhoHasTakenHimselfBack) {
  SignalStorm storm(1us, 1);
  { const SignalStorm::Target ended(storm); }
  storm.burst(10);
  storm.await_quiet();
  EXPECT_EQ(storm.sent(), 0U);
}

TEST(SignalStorm, HealthyLocksDoNotMind) {
  using Lock = TristateMutex<P, Park>;
  SignalStorm storm(50us, 1);
  Lock lock;
  unsigned count = 0;
  run_disturbed(plan_with(Fault::late_park, 2), 4, [&](unsigned) {
    const SignalStorm::Target target(storm);
    storm.burst(50);
    for (int i = 0; i < 50; ++i) {
      lock.lock();
      const unsigned before = count;
      FaultyThread::sleep(50us);
      count = before + 1;
      lock.unlock();
    }
  });
  EXPECT_EQ(count, 200U);
  EXPECT_GE(storm.sent(), 20U);
}

}  // namespace
}  // namespace syncbench
