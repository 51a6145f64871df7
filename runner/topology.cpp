// Everything that syncbench asks of hwloc: load a machine, turn its tree of objects into the flat Machine of
// placement.hpp, bind the calling thread, read back where it is. The tree varies (no caches, no packages, NUMA nodes
// without PUs, more than 64 PUs, holes in the numbering); the flat form does not, and this file absorbs the difference.
#include "topology.hpp"

#include <hwloc.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <map>
#include <utility>

namespace syncbench {
namespace {

struct DestroyTopology {
  void operator()(hwloc_topology_t topology) const { hwloc_topology_destroy(topology); }
};
using TopologyHandle = std::unique_ptr<hwloc_topology, DestroyTopology>;

struct FreeBitmap {
  void operator()(hwloc_bitmap_t bitmap) const { hwloc_bitmap_free(bitmap); }
};
using Bitmap = std::unique_ptr<hwloc_bitmap_s, FreeBitmap>;

Bitmap new_bitmap() {
  return Bitmap(hwloc_bitmap_alloc());
}

std::string reason(int error) {
  return std::strerror(error);
}

void check(int result, const char* what) {
  if (result != 0) throw TopologyError(std::string("hwloc cannot ") + what + ": " + reason(errno));
}

TopologyHandle new_topology() {
  hwloc_topology_t topology = nullptr;
  check(hwloc_topology_init(&topology), "be initialised");
  return TopologyHandle(topology);
}

// --- From the tree to the flat form -----------------------------------------------------------------------------

// Numbers from 0 in order of appearance. Used instead of hwloc's logical indices wherever objects of different types
// stand in for one another (an L2 here, an L3 there), as those would collide.
class Numbering {
 public:
  unsigned of(hwloc_obj_t object) { return numbers_.try_emplace(object, numbers_.size()).first->second; }

 private:
  std::map<hwloc_obj_t, unsigned> numbers_;
};

// The nearest ancestor of a type, or `otherwise` on a machine that shows none.
hwloc_obj_t ancestor(hwloc_topology_t topology, hwloc_obj_t pu, hwloc_obj_type_t type, hwloc_obj_t otherwise) {
  const hwloc_obj_t found = hwloc_get_ancestor_obj_by_type(topology, type, pu);
  return found != nullptr ? found : otherwise;
}

// The cache that is farthest out and holds data: the L3 of most machines, the L2 of some, the package where no cache is
// shown at all (many virtual machines).
hwloc_obj_t last_level_cache(hwloc_obj_t pu, hwloc_obj_t package) {
  hwloc_obj_t cache = package;
  for (hwloc_obj_t object = pu->parent; object != nullptr; object = object->parent) {
    if (hwloc_obj_type_is_dcache(object->type)) cache = object;
  }
  return cache;
}

// The node whose memory is local. Several may cover a PU (its own DRAM, high-bandwidth or far memory hung beside it):
// the narrowest is the nearest, and among equals the lowest OS index is the DRAM. Memory-only nodes cover no PU.
unsigned numa_node(hwloc_topology_t topology, hwloc_obj_t pu) {
  hwloc_obj_t nearest = nullptr;
  for (hwloc_obj_t node = nullptr;
       (node = hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_NUMANODE, node)) != nullptr;) {
    if (!hwloc_bitmap_isset(node->cpuset, pu->os_index)) continue;
    const auto rank = [](hwloc_obj_t n) { return std::pair(hwloc_bitmap_weight(n->cpuset), n->os_index); };
    if (nearest == nullptr || rank(node) < rank(nearest)) nearest = node;
  }
  return nearest != nullptr ? nearest->os_index : 0;
}

// hwloc ranks either all kinds or none; unranked ones become -2, -3, ..., so that they stay different from each other
// and from a PU of which nothing is known (-1).
int core_kind(hwloc_topology_t topology, hwloc_obj_t pu) {
  const int kind = hwloc_cpukinds_get_by_cpuset(topology, pu->cpuset, 0);
  int efficiency = -1;
  if (kind < 0 || hwloc_cpukinds_get_info(topology, kind, nullptr, &efficiency, nullptr, nullptr, 0) != 0) return -1;
  return efficiency >= 0 ? efficiency : -2 - kind;
}

// Offline and disallowed PUs are not in the tree: hwloc leaves them out unless a flag asks for them.
std::vector<Pu> usable_pus(hwloc_topology_t topology) {
  Numbering cores;
  Numbering caches;
  Numbering packages;
  std::map<unsigned, unsigned> siblings;
  std::vector<Pu> pus;
  for (hwloc_obj_t pu = nullptr; (pu = hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_PU, pu)) != nullptr;) {
    const hwloc_obj_t package = ancestor(topology, pu, HWLOC_OBJ_PACKAGE, hwloc_get_root_obj(topology));
    const unsigned core = cores.of(ancestor(topology, pu, HWLOC_OBJ_CORE, pu));
    pus.push_back({.logical = pu->logical_index,
                   .os = pu->os_index,
                   .core = core,
                   .smt = siblings[core]++,
                   .llc = caches.of(last_level_cache(pu, package)),
                   .package = packages.of(package),
                   .numa = numa_node(topology, pu),
                   .kind = core_kind(topology, pu)});
  }
  return pus;
}

// hwloc can describe only regular machines this way; without the memory it can describe a few more.
std::string synthetic_text(hwloc_topology_t topology) {
  std::array<char, 1024> text{};
  for (const unsigned long flags :
       {0UL, static_cast<unsigned long>(HWLOC_TOPOLOGY_EXPORT_SYNTHETIC_FLAG_IGNORE_MEMORY)}) {
    if (hwloc_topology_export_synthetic(topology, text.data(), text.size(), flags) > 0) return text.data();
  }
  return "";
}

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

// A synthetic machine stays one even where HWLOC_THISSYSTEM=1 tells hwloc to believe in it.
bool is_real(hwloc_topology_t topology) {
  const hwloc_obj_t root = hwloc_get_root_obj(topology);
  return hwloc_topology_is_thissystem(topology) == 1 &&
         hwloc_obj_get_info_by_name(root, "SyntheticDescription") == nullptr;
}

std::string as_text(hwloc_const_bitmap_t bitmap) {
  std::array<char, 256> text{};
  hwloc_bitmap_list_snprintf(text.data(), text.size(), bitmap);
  return text.data();
}

std::optional<unsigned> only_member(hwloc_const_bitmap_t bitmap) {
  if (hwloc_bitmap_weight(bitmap) != 1) return std::nullopt;
  return static_cast<unsigned>(hwloc_bitmap_first(bitmap));
}

}  // namespace

struct Topology::Impl {
  // Takes a topology that is configured but not loaded, and what to say if it cannot be.
  Impl(TopologyHandle configured, const std::string& complaint) : handle(std::move(configured)) {
    if (hwloc_topology_load(handle.get()) != 0) throw TopologyError(complaint);
    machine.pus = usable_pus(handle.get());
    machine.is_this_system = is_real(handle.get());
    machine.synthetic = synthetic_text(handle.get());
  }

  TopologyHandle handle;
  Machine machine;
};

Topology::Topology(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Topology::Topology(Topology&&) noexcept = default;
Topology& Topology::operator=(Topology&&) noexcept = default;
Topology::~Topology() = default;

Topology Topology::load() {
  TopologyHandle handle = new_topology();
  // Restricting to the binding is refused without the second flag; left out, hwloc would offer, and bind to, CPUs that
  // the user's taskset excludes.
  check(hwloc_topology_set_flags(handle.get(),
                                 HWLOC_TOPOLOGY_FLAG_RESTRICT_TO_CPUBINDING | HWLOC_TOPOLOGY_FLAG_IS_THISSYSTEM),
        "be told to respect the CPU binding of this process");
  Topology topology(std::make_unique<Impl>(std::move(handle), "hwloc cannot read this machine"));
  for (const char* variable : {"HWLOC_SYNTHETIC", "HWLOC_XMLFILE"}) {
    if (is_set(variable) && topology.is_this_system() && !is_set("HWLOC_THISSYSTEM")) {
      throw TopologyError(std::string(variable) + "='" + std::getenv(variable) +
                          "' is not a machine that hwloc can read");
    }
  }
  return topology;
}

Topology Topology::synthetic(const std::string& description) {
  const std::string complaint = "'" + description + "' is not a synthetic machine that hwloc can read";
  TopologyHandle handle = new_topology();
  if (hwloc_topology_set_synthetic(handle.get(), description.c_str()) != 0) throw TopologyError(complaint);
  return Topology(std::make_unique<Impl>(std::move(handle), complaint));
}

Topology Topology::xml(const std::string& text) {
  const std::string complaint = "the text is not the XML of a machine that hwloc can read";
  TopologyHandle handle = new_topology();
  // The size counts the terminating zero.
  if (hwloc_topology_set_xmlbuffer(handle.get(), text.c_str(), static_cast<int>(text.size() + 1)) != 0) {
    throw TopologyError(complaint);
  }
  return Topology(std::make_unique<Impl>(std::move(handle), complaint));
}

const Machine& Topology::machine() const {
  return impl_->machine;
}

bool Topology::is_this_system() const {
  return impl_->machine.is_this_system;
}

std::optional<std::string> Topology::bind_this_thread(std::size_t pu_index) const {
  const std::vector<Pu>& pus = impl_->machine.pus;
  if (pu_index >= pus.size()) {
    return "there is no PU at index " + std::to_string(pu_index) + " of " + std::to_string(pus.size());
  }
  const std::string pu = "PU " + std::to_string(pus[pu_index].os);
  if (!is_this_system()) return "not bound to " + pu + ": the machine is made up";
  const Bitmap wanted = new_bitmap();
  hwloc_bitmap_only(wanted.get(), pus[pu_index].os);
  if (hwloc_set_cpubind(impl_->handle.get(), wanted.get(), HWLOC_CPUBIND_THREAD | HWLOC_CPUBIND_STRICT) != 0) {
    return "not bound to " + pu + ": " + reason(errno);
  }
  const Bitmap granted = new_bitmap();
  if (hwloc_get_cpubind(impl_->handle.get(), granted.get(), HWLOC_CPUBIND_THREAD) != 0) {
    return "bound to " + pu + ", but the binding cannot be read back: " + reason(errno);
  }
  if (!hwloc_bitmap_isequal(granted.get(), wanted.get())) {
    return "asked for " + pu + ", but the thread may run on " + as_text(granted.get());
  }
  return std::nullopt;
}

std::optional<unsigned> Topology::bound_os_pu() const {
  const Bitmap bound = new_bitmap();
  if (!is_this_system() || hwloc_get_cpubind(impl_->handle.get(), bound.get(), HWLOC_CPUBIND_THREAD) != 0) {
    return std::nullopt;
  }
  return only_member(bound.get());
}

std::optional<unsigned> Topology::current_os_pu() const {
  const Bitmap last = new_bitmap();
  if (!is_this_system() || hwloc_get_last_cpu_location(impl_->handle.get(), last.get(), HWLOC_CPUBIND_THREAD) != 0) {
    return std::nullopt;
  }
  return only_member(last.get());
}

}  // namespace syncbench
