// What the source document says of a lock's timeouts: negative ones are errors, except for -1 s, which means for ever
// (rule X6).
#pragma once

#include <chrono>
#include <stdexcept>

namespace syncbench {

/// Is it -1 s? Throws std::invalid_argument at every other timeout below zero, and at NaN.
template <class Rep, class Period>
bool means_for_ever(const std::chrono::duration<Rep, Period>& timeout) {
  if (timeout >= timeout.zero()) return false;
  // As a real number: the longest hours, counted in seconds as std::chrono would compare them, overflow.
  if (std::chrono::duration<double>(timeout) == std::chrono::seconds(-1)) return true;
  throw std::invalid_argument("a timeout is zero or more, or -1 s for none");
}

}  // namespace syncbench
