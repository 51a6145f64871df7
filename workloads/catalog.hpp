// THE list of workloads. To add one, write its .cpp and name it in catalog.cpp.
#pragma once

#include <vector>

#include "workloads/workload.hpp"

namespace syncbench {

/// Every workload with all its cases, in the order of the source document.
const std::vector<Workload>& all_workloads();

}  // namespace syncbench
