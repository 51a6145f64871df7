// The workloads, in the order in which the source document introduces them.
#include "workloads/catalog.hpp"

namespace syncbench {

Workload counter_workload();
Workload prodcons_workload();

const std::vector<Workload>& all_workloads() {
  static const std::vector<Workload> all = {counter_workload(), prodcons_workload()};
  return all;
}

}  // namespace syncbench
