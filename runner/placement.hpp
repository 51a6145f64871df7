// Placement decides which hardware thread (PU) each benchmark thread is bound to. Everything here is pure: a Machine
// is plain data, a Policy is parsed text, and place() maps one to the other, so every decision can be tested on
// machines that nobody owns. What this machine really looks like, and the binding itself, is in topology.hpp.
//
// A new policy is one function and one row of the table in placement.cpp; parse(), place(), the error messages and
// `--list placements` all ask that table.
#pragma once

#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace syncbench {

// One hardware thread that this process may use. Indices identify, they do not count: they may have holes.
struct Pu {
  unsigned logical = 0;  // hwloc's logical index (the L# of lstopo): neighbours in it are neighbours in hardware
  unsigned os = 0;       // the operating system's index (taskset, sched_getcpu, P# of lstopo)
  unsigned core = 0;     // unique in the machine
  unsigned smt = 0;      // rank among the usable PUs of its core, from 0
  unsigned llc = 0;      // outermost data cache; the package where no cache is known
  unsigned package = 0;
  unsigned numa = 0;  // the NUMA node whose memory is local, by its OS index (as numactl counts)
  // Core kind of a hybrid machine: 0 or more is a rank, higher is faster; negative is unranked. Two PUs with
  // different values differ in kind; two unranked kinds differ in value, and neither counts as the faster one.
  int kind = -1;
};

// The part of a machine that this process may use.
struct Machine {
  std::vector<Pu> pus;          // in logical order
  bool is_this_system = false;  // false for a made-up machine: its PUs can be chosen, never bound to or timed
  std::string synthetic;        // hwloc's one-line description, for records; empty if the machine is too irregular

  std::size_t cores() const;
  std::size_t packages() const;
  std::size_t numa_nodes() const;  // nodes with usable PUs; memory-only nodes do not count
  std::size_t llcs() const;
};

// A policy that cannot be understood, or that the machine cannot satisfy. what() is one line that names the policy's
// text and says what is allowed.
class PlacementError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Policy;

// One row of the table of policies.
struct PolicyInfo {
  // The argument of a policy that takes one: a level of the hardware and the indices wanted there.
  struct Selection {
    struct Range {
      unsigned first = 0;
      unsigned last = 0;  // inclusive
      unsigned stride = 1;
    };
    std::string_view level;     // "os" for a list, else package, numa, l3, core or pu
    std::vector<Range> ranges;  // empty: all
  };

  std::string_view name;
  std::string_view alias;        // another word for it that parse() accepts; empty if none
  std::string_view usage;        // as a user types it, with a sample argument where there is one
  std::string_view description;  // one line
  std::vector<Selection> (*parse_argument)(std::string_view whole_text, std::string_view argument);  // null: takes none
  std::vector<std::size_t> (*order)(const Machine&, const Policy&);  // what pu_order() asks
};

// All policies, in the order in which they should be listed.
std::span<const PolicyInfo> policies();

// How threads are laid out over PUs. A value: cheap to copy, compared by its text.
class Policy {
 public:
  // Understands the usages in policies(). Throws PlacementError. Whether a machine can satisfy the policy is only
  // known in place().
  static Policy parse(std::string_view text);

  // What parse() was given, aliases replaced by the name: parse(text()) is the same policy.
  const std::string& text() const { return text_; }
  const PolicyInfo& info() const { return *info_; }
  const std::vector<PolicyInfo::Selection>& selections() const { return selections_; }

  friend bool operator==(const Policy& a, const Policy& b) { return a.text_ == b.text_; }

 private:
  Policy() = default;

  const PolicyInfo* info_ = nullptr;
  std::string text_;
  std::vector<PolicyInfo::Selection> selections_;
};

// The PUs that the policy uses, each once, in the order in which threads receive them: indices into machine.pus.
// Empty only for `none`. Throws PlacementError where the machine cannot satisfy the policy.
//
// Hybrid machines: wherever a policy's own contract leaves the choice, faster cores come first. So a run of few
// threads stays on the fast cores, and mixes_kinds() tells when a run does not.
std::vector<std::size_t> pu_order(const Machine& machine, const Policy& policy);

// The PU of each thread: indices into machine.pus, one per thread; empty for `none` (threads stay where the scheduler
// puts them). Starts again at the front when there are more threads than PUs, so no PU carries two threads more than
// another; place(n) is a prefix of place(n + 1). Throws PlacementError as pu_order() does.
std::vector<std::size_t> place(const Machine& machine, const Policy& policy, unsigned threads);

// Whether some PU has to carry two threads: more threads than the policy has PUs (for `none`, than the machine has).
bool oversubscribed(const Machine& machine, const Policy& policy, unsigned threads);

// Whether the chosen PUs are of more than one core kind: such a run compares threads of unequal speed, and its record
// carries a warning.
bool mixes_kinds(const Machine& machine, std::span<const std::size_t> chosen);

// How the roles of an asymmetric workload (2 producers, 6 consumers) are dealt out over the threads 0..n-1.
// Roles and PUs are two independent steps: `spread` on two packages alternates packages, so 1:1 interleaved roles
// end up one role to a package, and grouped roles are the ones that share both.
enum class RoleLayout {
  interleaved,  // spread evenly: P C C C P C C C
  grouped,      // all of role 0 first: P P C C C C C C
};

// The role index of each thread, for role_counts[r] threads of role r; its length is the sum of the counts.
std::vector<unsigned> assign_roles(std::span<const unsigned> role_counts, RoleLayout layout);

// A table for people, one line per thread: thread, role (if `roles`, one name per thread, is given), OS index,
// logical index, core, last-level cache, NUMA node, package, and the core kind where kinds differ. `placed` is what
// place() gave; for `none` it is empty and the table is one sentence.
std::string placement_table(const Machine& machine, std::span<const std::size_t> placed,
                            std::span<const std::string> roles = {});

}  // namespace syncbench
