#include "primitives/platform/faulty_thread.hpp"

#include <time.h>

#include "primitives/platform/native.hpp"

namespace syncbench {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kMostPauses = 2000;
constexpr FaultyThread::Nap kShortestNap = 20us;
constexpr FaultyThread::Nap kLongestNap = 300us;
constexpr std::uint32_t kToldEvery = 64;

// Where a site is remembered. The address of a literal differs between object files; then a site is remembered twice.
std::size_t place_of(SharedAccess access, const Where& where) noexcept {
  return Random::scramble(reinterpret_cast<std::uintptr_t>(where.file_name()) +
                          (static_cast<std::uint64_t>(where.line()) << 8U) + static_cast<std::uint64_t>(access));
}

}  // namespace

FaultyThread::FaultyThread(const FaultPlan& plan, unsigned thread) noexcept
    : plan_(plan), random_(plan.seed, thread), table_(site_table_in_use()), outer_(current_) {
  // Fails on machines with more processors than the set has room for; then there is no migration.
  if (::sched_getaffinity(0, sizeof allowed_, &allowed_) == 0) processors_ = CPU_COUNT(&allowed_);
  current_ = this;
}

FaultyThread::~FaultyThread() {
  current_ = outer_;
  for (Site& site : remembered_) tell(site);
  if (migrated_) ::sched_setaffinity(0, sizeof allowed_, &allowed_);
}

FaultyThread::Site& FaultyThread::reach(SharedAccess access, const Where& where) noexcept {
  Site& site = remembered_[place_of(access, where) % kRemembered];
  const bool known = site.file == where.file_name() && site.line == where.line() && site.access == access;
  if (!known) [[unlikely]]
    remember(site, access, where);
  // The table hears of the first time at once, so that it knows of every place even if this thread is killed, and of
  // the others in batches: an atomic add at every access would be a fence where the primitive has forgotten its own.
  if (++site.untold == kToldEvery || !known) [[unlikely]]
    tell(site);
  return site;
}

void FaultyThread::remember(Site& site, SharedAccess access, const Where& where) noexcept {
  tell(site);
  site.file = where.file_name();
  site.line = where.line();
  site.access = access;
  site.disturbed = plan_.disturbs(site_hash(site.file, site.line, access));
  site.counters = table_ == nullptr ? nullptr : find_site(*table_, site.file, site.line, access);
}

void FaultyThread::tell(Site& site) noexcept {
  if (site.untold == 0) return;
  if (site.counters != nullptr) {
    site.counters->reached.fetch_add(site.untold, std::memory_order_relaxed);
  } else if (table_ != nullptr) {
    table_->missed.fetch_add(site.untold, std::memory_order_relaxed);
  }
  site.untold = 0;
}

void FaultyThread::delay(Site& site) noexcept {
  if (!site.disturbed) return;
  if (draw(Fault::spin, site)) {
    happened(Fault::spin, site);
    spin();
  }
  if (draw(Fault::yield, site)) {
    happened(Fault::yield, site);
    NativePlatform::yield();
  }
  if (draw(Fault::sleep, site)) {
    happened(Fault::sleep, site);
    sleep(draw_nap());
  }
  if (draw(Fault::migrate, site)) {
    const bool moved = migrate();
    happened(moved ? Fault::migrate : Fault::yield, site);
    if (!moved) NativePlatform::yield();
  }
}

bool FaultyThread::draw(Fault fault, const Site& site) noexcept {
  return site.disturbed && plan_[fault] != 0 && random_.below(plan_[fault]) == 0;
}

void FaultyThread::happened(Fault fault, Site& site) noexcept {
  if (site.counters != nullptr)
    site.counters->injected[static_cast<std::size_t>(fault)].fetch_add(1, std::memory_order_relaxed);
}

FaultyThread::Nap FaultyThread::draw_nap() noexcept {
  return kShortestNap + Nap(random_.below((kLongestNap - kShortestNap).count()));
}

// Cut short by a signal it is a shorter nap, and as good.
void FaultyThread::sleep(Nap nap) noexcept {
  const timespec time{0, nap.count()};
  ::nanosleep(&time, nullptr);
}

void FaultyThread::spin() noexcept {
  for (auto pauses = random_.below(kMostPauses + 1); pauses != 0; --pauses) NativePlatform::relax();
}

// To one of the other allowed processors, and no other until the next migration: threads meet on one while another is
// idle. Draws once, whether it can move or not.
bool FaultyThread::migrate() noexcept {
  const std::uint64_t drawn = random_.next();
  if (processors_ < 2) return false;
  const int here = ::sched_getcpu();
  const bool here_is_one = here >= 0 && here < CPU_SETSIZE && CPU_ISSET(here, &allowed_);
  auto steps = drawn % static_cast<std::uint64_t>(processors_ - (here_is_one ? 1 : 0));
  int target = 0;
  while (target == here || !CPU_ISSET(target, &allowed_) || steps-- != 0) ++target;
  cpu_set_t only;
  CPU_ZERO(&only);
  CPU_SET(target, &only);
  if (::sched_setaffinity(0, sizeof only, &only) != 0) return false;
  migrated_ = true;
  return true;
}

}  // namespace syncbench
