// The workloads, in the order in which the source document introduces them.
#include "workloads/catalog.hpp"

namespace syncbench {

Workload counter_workload();
Workload recursion_workload();
Workload permits_workload();
Workload ping_pong_workload();
Workload starting_gun_workload();
Workload timed_wait_workload();
Workload appointments_workload();
Workload prodcons_workload();
Workload while_or_if_workload();
Workload group_photo_workload();
Workload unreliable_workload();
Workload phases_workload();
Workload worker_pool_workload();
Workload lock_order_workload();

const std::vector<Workload>& all_workloads() {
  static const std::vector<Workload> all = {counter_workload(),      recursion_workload(),    permits_workload(),
                                            ping_pong_workload(),    starting_gun_workload(), timed_wait_workload(),
                                            appointments_workload(), prodcons_workload(),     while_or_if_workload(),
                                            group_photo_workload(),  unreliable_workload(),   phases_workload(),
                                            worker_pool_workload(),  lock_order_workload()};
  return all;
}

}  // namespace syncbench
