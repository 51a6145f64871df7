// Topology is the only door to hwloc: it reads the machine (or a made-up one), hands it out as plain data for
// placement.hpp, and binds threads to what placement chose. Nothing outside topology.cpp sees an hwloc type.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "placement.hpp"

namespace syncbench {

// The machine could not be read, or the description of a made-up one is wrong. what() is one line.
class TopologyError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A machine as hwloc knows it. Const member functions may be called from any thread at once, and in the child after
// fork(). Movable; a moved-from Topology may only be destroyed or assigned to.
class Topology {
 public:
  // This machine, as far as this process may use it: taskset, cgroup cpusets and offline CPUs are respected. Call it
  // before binding any thread, since a thread that is bound already narrows what is seen. HWLOC_SYNTHETIC or
  // HWLOC_XMLFILE in the environment replace the machine by a made-up one, for which is_this_system() is false.
  // Throws TopologyError, also where hwloc could not read what those variables name (by itself it would go on with
  // the real machine).
  static Topology load();

  // A made-up machine, from hwloc's synthetic notation ("pack:2 l3:1 core:8 pu:2") or from the XML that lstopo
  // exports. Never is_this_system(). Throws TopologyError.
  static Topology synthetic(const std::string& description);
  static Topology xml(const std::string& text);

  Topology(Topology&&) noexcept;
  Topology& operator=(Topology&&) noexcept;
  ~Topology();

  const Machine& machine() const;

  // Whether threads can be bound and timed here.
  bool is_this_system() const;

  // Binds the calling thread to machine().pus[pu_index] alone, and reads the binding back. Returns nothing if that PU
  // is now the only one it may run on; otherwise a sentence that says what went wrong, for a record or a warning.
  // On a made-up machine it changes nothing and returns such a sentence.
  std::optional<std::string> bind_this_thread(std::size_t pu_index) const;

  // OS index of the one PU that the calling thread is bound to; nothing if it may run on several, or on a made-up
  // machine.
  std::optional<unsigned> bound_os_pu() const;

  // OS index of the PU that the calling thread ran on last; nothing if the system does not tell, or on a made-up
  // machine. Differs from bound_os_pu() only for a thread that is not bound.
  std::optional<unsigned> current_os_pu() const;

 private:
  struct Impl;
  explicit Topology(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace syncbench
