// What a person sees while the run lasts: one line on standard error that rewrites itself, with the time left; only on
// a terminal. Warnings and notes go through here too, so that they never collide with that line.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace syncbench {

class Progress {
 public:
  /// `enabled` false: notes are dropped too (--quiet); warnings never are.
  Progress(bool enabled, bool verbose);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `at_most`: some of the trials may turn out not to be needed.
  void begin(std::size_t trials, std::chrono::nanoseconds expected_per_trial, bool at_most = false);
  /// Before a trial; the line shows its name.
  void show(const std::string& what);
  /// After a trial. With --verbose the trial gets a line of its own, terminal or not.
  void finished(const std::string& line);

  /// A trial is not needed.
  void left_out();

  void note(const std::string& text);
  void warn(const std::string& text);
  /// Removes the line.
  void clear();

 private:
  std::chrono::nanoseconds time_left() const;

  bool enabled_;
  bool verbose_;
  bool terminal_;
  bool shown_ = false;
  bool at_most_ = false;
  std::size_t trials_ = 0;
  std::size_t done_ = 0;
  std::chrono::nanoseconds expected_{};
  std::chrono::steady_clock::time_point began_;
};

}  // namespace syncbench
