// The memory node (NUMA) that the calling thread runs on, as far as whoever bound it has said. Asking the system on
// every acquisition would cost more than a lock; a thread that is bound to processors of one node does not change it.
#pragma once

#include <cstdint>

namespace syncbench {

/// Set by whoever binds the thread, before it takes a lock; 0 until then. A wrong number costs speed, nothing else:
/// locks that read it when they are taken remember what they read.
inline constinit thread_local std::uint32_t numa_node_of_this_thread = 0;

}  // namespace syncbench
