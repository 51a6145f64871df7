#include "primitives/platform/fault_sites.hpp"

#include <algorithm>
#include <array>
#include <tuple>

namespace syncbench {
namespace {

constinit std::atomic<SiteTable*> table_in_use{nullptr};

// From the last folder on: the same wherever the source tree lies.
std::string_view short_path(std::string_view path) {
  const auto name = path.rfind('/');
  if (name == std::string_view::npos || name == 0) return path;
  const auto folder = path.rfind('/', name - 1);
  return folder == std::string_view::npos ? path : path.substr(folder + 1);
}

std::uint64_t load(const std::atomic<std::uint64_t>& count) {
  return count.load(std::memory_order_relaxed);
}

SiteUse use_of(const SiteTable::Site& site, const char* file) {
  SiteUse use;
  use.file = short_path(file);
  use.line = site.line.load(std::memory_order_relaxed);
  use.access = site.access.load(std::memory_order_relaxed);
  use.reached = load(site.reached);
  for (std::size_t fault = 0; fault < kFaults; ++fault) use.injected[fault] = load(site.injected[fault]);
  return use;
}

}  // namespace

std::string_view to_text(SharedAccess access) {
  constexpr std::array<std::string_view, 12> kNames = {"load",   "store", "exchange", "add",    "compare", "park",
                                                       "unpark", "lock",  "try_lock", "unlock", "wait",    "notify"};
  return kNames[static_cast<std::size_t>(access)];
}

std::uint64_t site_hash(const char* path, std::uint32_t line, SharedAccess access) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325U;  // [Fowler, Noll, Vo: FNV-1a]
  for (const char c : short_path(path)) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return Random::scramble(
      hash ^ Random::scramble((static_cast<std::uint64_t>(line) << 8U) | static_cast<std::uint64_t>(access)));
}

SiteTable::Site* find_site(SiteTable& table, const char* path, std::uint32_t line, SharedAccess access) noexcept {
  const std::uint64_t key = std::max<std::uint64_t>(site_hash(path, line, access), 1);
  for (std::size_t i = 0; i < SiteTable::kSites; ++i) {
    SiteTable::Site& site = table.sites[(key + i) % SiteTable::kSites];
    std::uint64_t seen = load(site.key);
    if (seen == key) return &site;
    if (seen != 0) continue;
    // Relaxed: a key stands for itself. What else describes the site is published by `file`.
    if (site.key.compare_exchange_strong(seen, key, std::memory_order_relaxed)) {
      site.line.store(line, std::memory_order_relaxed);
      site.access.store(access, std::memory_order_relaxed);
      site.file.store(path, std::memory_order_release);  // (1) synchronizes-with (2)
      return &site;
    }
    if (seen == key) return &site;
  }
  return nullptr;
}

// Release and acquire: whoever finds the table finds it zeroed.
void use_site_table(SiteTable* table) noexcept {
  table_in_use.store(table, std::memory_order_release);
}
SiteTable* site_table_in_use() noexcept {
  return table_in_use.load(std::memory_order_acquire);
}

std::vector<SiteUse> sites(const SiteTable& table) {
  std::vector<SiteUse> uses;
  for (const SiteTable::Site& site : table.sites)
    if (const char* const file = site.file.load(std::memory_order_acquire)) uses.push_back(use_of(site, file));  // (2)
  std::sort(uses.begin(), uses.end(), [](const SiteUse& a, const SiteUse& b) {
    return std::tie(a.file, a.line, a.access) < std::tie(b.file, b.line, b.access);
  });
  return uses;
}

}  // namespace syncbench
