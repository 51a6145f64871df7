// The words of `--stress`.
#pragma once

#include <string>

namespace syncbench {

struct StressModes {
  bool plain = false, faulty = false, scheduled = false, store_buffers = false;
};

/// "plain,faulty,scheduled,tso". Throws UsageError.
StressModes parse_stress_modes(const std::string& text);

}  // namespace syncbench
