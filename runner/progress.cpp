// The progress line. Debian ships no such library for C++.
#include "runner/progress.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>

namespace syncbench {
namespace {

std::size_t terminal_width() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 80;
}

std::string show_left(std::chrono::nanoseconds left) {
  const auto seconds = std::chrono::round<std::chrono::seconds>(left).count();
  return seconds < 60 ? fmt::format("{} s left", seconds)
                      : fmt::format("{} min {:02} s left", seconds / 60, seconds % 60);
}

}  // namespace

Progress::Progress(bool enabled, bool verbose)
    : enabled_(enabled), verbose_(verbose), terminal_(::isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  clear();
}

void Progress::begin(std::size_t trials, std::chrono::nanoseconds expected_per_trial, bool at_most) {
  trials_ = trials;
  expected_ = expected_per_trial;
  at_most_ = at_most;
  began_ = std::chrono::steady_clock::now();
}

// The plan at first, the experience later.
std::chrono::nanoseconds Progress::time_left() const {
  const auto elapsed = std::chrono::steady_clock::now() - began_;
  const auto left = static_cast<std::int64_t>(trials_ - done_);
  return done_ < 3 ? expected_ * left : std::chrono::nanoseconds(elapsed) / static_cast<std::int64_t>(done_) * left;
}

void Progress::show(const std::string& what) {
  if (!enabled_ || !terminal_) return;
  const char* const up_to = at_most_ ? "up to " : "";
  std::string line = fmt::format("[{}/{}{}] {}{}  {}", done_ + 1, up_to, trials_, up_to, show_left(time_left()), what);
  line.resize(std::min(line.size(), terminal_width() - 1));
  fmt::print(stderr, "\r\033[K{}", line);
  std::fflush(stderr);
  shown_ = true;
}

void Progress::finished(const std::string& line) {
  ++done_;
  if (verbose_) note(line);
}

void Progress::left_out() {
  --trials_;
}

void Progress::note(const std::string& text) {
  if (!enabled_) return;
  clear();
  fmt::print(stderr, "{}\n", text);
}

void Progress::warn(const std::string& text) {
  clear();
  fmt::print(stderr, "syncbench: warning: {}\n", text);
}

void Progress::clear() {
  if (!shown_) return;
  fmt::print(stderr, "\r\033[K");
  std::fflush(stderr);
  shown_ = false;
}

}  // namespace syncbench
