// Where disturbances can happen, and where they did: a count for each place in the source that accesses shared memory.
// A report of these counts shows which lines of a primitive a stress run has really been at. The table is plain memory
// of fixed size, so that it can be shared between a process and the children that it forks, and outlives a child that
// is killed.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "primitives/platform/fault_plan.hpp"

namespace syncbench {

/// What kind of step a site takes.
enum class SharedAccess : std::uint8_t {
  load,
  store,
  exchange,
  add,
  compare,
  park,
  unpark,
  lock,
  try_lock,
  unlock,
  wait,
  notify,
};
std::string_view to_text(SharedAccess access);

/// Zeroed memory is an empty table. Pointers in it are string literals of the program: every process that was forked
/// from the one that wrote them can read them.
struct SiteTable {
  static constexpr std::size_t kSites = 1024;  // several times as many as all primitives have

  /// A slot is taken by whoever writes the key; `file` comes last and says that the rest is there.
  struct Site {
    std::atomic<std::uint64_t> key;  // 0: free
    std::atomic<std::uint32_t> line;
    std::atomic<SharedAccess> access;
    std::atomic<const char*> file;
    std::atomic<std::uint64_t> reached;
    std::atomic<std::uint64_t> injected[kFaults];
  };

  Site sites[kSites];
  std::atomic<std::uint64_t> missed;  ///< accesses at sites for which there was no room
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free, "a lock would not be shared with a forked child");

/// Names a site whatever machine the program was built on: the path counts from the last folder. A collision would
/// merge two lines of the report, and is as likely as 1 in 10^13 with a thousand sites.
std::uint64_t site_hash(const char* path, std::uint32_t line, SharedAccess access) noexcept;

/// The slot of a site, which is taken if it is new; null if the table is full. Any number of threads may ask.
SiteTable::Site* find_site(SiteTable& table, const char* path, std::uint32_t line, SharedAccess access) noexcept;

/// Threads that are disturbed from now on count in `table` (FaultyThread); null: they do not count. The table must stay
/// as long as such a thread lives.
void use_site_table(SiteTable* table) noexcept;
SiteTable* site_table_in_use() noexcept;

/// One line of the report.
struct SiteUse {
  std::string_view file;  ///< "mutex/ticket_lock.hpp"
  std::uint32_t line = 0;
  SharedAccess access = SharedAccess::load;
  std::uint64_t reached = 0;
  std::uint64_t injected[kFaults] = {};
};

/// What the table holds, by file and line. A thread adds what it has not told yet when it ends (FaultyThread).
std::vector<SiteUse> sites(const SiteTable& table);

}  // namespace syncbench
