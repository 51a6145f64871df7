// The one place where the runner starts another program.
#include "runner/figures.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

namespace syncbench {

bool draw_figures(const std::string& results, bool list) {
  std::error_code error;
  const auto here = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
  const std::string program = (here / "syncbench-analyze").string();
  std::fflush(stdout);
  const pid_t child = ::fork();
  if (child == 0) {
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);  // the run blocks interrupts; drawing may be interrupted
    if (!list) ::dup2(STDERR_FILENO, STDOUT_FILENO);
    ::execl(program.c_str(), program.c_str(), "plot", "--salvage", results.c_str(), static_cast<char*>(nullptr));
    ::_exit(127);
  }
  int status = 0;
  while (child > 0 && ::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0) return true;
  fmt::print(stderr, "syncbench: warning: no figures: {} plot {} failed; the results are complete\n", program, results);
  return false;
}

}  // namespace syncbench
