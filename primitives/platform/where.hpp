// A place in the source, as std::source_location tells it: that one is missing with Clang 14 and GCC 12's library.
// Meant for a default argument, `Where where = Where::current()`, which is then the place of the call.
#pragma once

#include <cstdint>

namespace syncbench {

class Where {
 public:
  static constexpr Where current(const char* file = __builtin_FILE(), std::uint32_t line = __builtin_LINE()) noexcept {
    return Where(file, line);
  }
  constexpr const char* file_name() const noexcept { return file_; }
  constexpr std::uint32_t line() const noexcept { return line_; }

 private:
  constexpr Where(const char* file, std::uint32_t line) noexcept : file_(file), line_(line) {}

  const char* file_;
  std::uint32_t line_;
};

}  // namespace syncbench
