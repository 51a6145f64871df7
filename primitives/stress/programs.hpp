// Every scenario over every implementation: what `--stress` runs. A program can be made on each of three platforms;
// what is not ours (references, third-party libraries) only runs undisturbed, because nothing can come between its
// steps.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "primitives/implementation.hpp"
#include "primitives/stress/scenarios/scenario.hpp"

namespace syncbench::stress {

/// One run of a program: made afresh, and thrown away afterwards.
class Execution {
 public:
  virtual ~Execution() = default;
  virtual void body(unsigned thread) = 0;
  virtual void check() = 0;
  /// Where the primitive lies: for reports on what its words hold.
  virtual const void* state() const = 0;
  virtual std::size_t state_size() const = 0;
};
using MakeExecution = std::unique_ptr<Execution> (*)(Shape);

enum class Mode { plain, faulty, scheduled };
inline constexpr unsigned kModes = 3;
std::string_view to_text(Mode mode);

struct Program {
  std::string_view primitive;  ///< "recursive-mutex"
  std::string_view implementation, family, scenario;
  std::string_view rules;  ///< "M4 M1 M2"
  Standing standing;
  const Traits* traits;
  Range threads;
  bool has_capacity;
  MakeExecution make[kModes] = {};  ///< null: cannot run in that mode

  bool runs(Mode mode) const { return make[static_cast<unsigned>(mode)] != nullptr; }
  /// "mutex:ticket/park:exclusion"
  std::string name() const {
    return std::string(primitive) + ":" + std::string(implementation) + ":" + std::string(scenario);
  }
};

/// All programs over the catalog, in its order.
const std::vector<Program>& all_programs();

/// The program of that name among `programs`, or null.
const Program* find_program(const std::vector<Program>& programs, std::string_view name);

}  // namespace syncbench::stress
