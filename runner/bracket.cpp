// The order of reading is that of what it costs, mirrored: the quickest stand next to the window.
#include "runner/bracket.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <string>

namespace syncbench {
namespace {

std::string path_of(pid_t thread, const char* file) {
  return "/proc/self/task/" + std::to_string(thread) + "/" + file;
}

// The second number of a schedstat: nanoseconds spent ready, without a processor.
std::optional<double> delay_ns(int file) {
  char text[128];
  const ssize_t length = file < 0 ? -1 : ::pread(file, text, sizeof text, 0);
  if (length <= 0) return std::nullopt;
  const std::vector<std::string> numbers = split({text, static_cast<std::size_t>(length)}, " \n");
  return numbers.size() < 2 ? std::nullopt : to_number(numbers[1]);
}

// "se.nr_migrations : 3"; newer kernels may leave out the prefix.
std::optional<double> migrations_in(const std::string& text) {
  for (const std::string& line : split(text, "\n")) {
    const std::vector<std::string> words = split(line, " \t:");
    if (words.size() == 2 && (words[0] == "se.nr_migrations" || words[0] == "nr_migrations"))
      return to_number(words[1]);
  }
  return std::nullopt;
}

std::optional<double> growth(const std::optional<double>& before, const std::optional<double>& after) {
  if (!before || !after || *after < *before) return std::nullopt;
  return *after - *before;
}

}  // namespace

ThreadFiles::ThreadFiles(std::vector<pid_t> threads, SystemFiles files)
    : threads_(std::move(threads)), files_(std::move(files)) {
  for (const pid_t thread : threads_)
    delay_files_.push_back(::open((files_.root + path_of(thread, "schedstat")).c_str(), O_RDONLY | O_CLOEXEC));
}

ThreadFiles::~ThreadFiles() {
  for (const int file : delay_files_)
    if (file >= 0) ::close(file);
}

std::optional<double> ThreadFiles::run_delay_s() const {
  double total = 0;
  for (const int file : delay_files_) {
    const auto delay = delay_ns(file);
    if (!delay) return std::nullopt;
    total += *delay;
  }
  return total * 1e-9;
}

std::optional<double> ThreadFiles::migrations() const {
  double total = 0;
  for (const pid_t thread : threads_) {
    const auto migrations = migrations_in(read_text(files_, path_of(thread, "sched")).value_or(""));
    if (!migrations) return std::nullopt;
    total += *migrations;
  }
  return total;
}

void Bracket::open(std::vector<pid_t> threads) {
  threads_.emplace(std::move(threads));
  before_.migrations = threads_->migrations();
  before_.energy = energy_.read();
  before_.time = std::chrono::steady_clock::now();
  before_.hardware = hardware_.read();
  before_.run_delay_s = threads_->run_delay_s();
}

Around Bracket::close() const {
  Around around;
  around.run_delay_s = growth(before_.run_delay_s, threads_->run_delay_s());
  const HardwareCounters::Readings hardware = hardware_.read();
  for (std::size_t i = 0; i < hardware.size(); ++i)
    around.hardware[i] = HardwareCounters::between(before_.hardware[i], hardware[i]);
  around.user_only = hardware_.user_only();
  around.span_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - before_.time).count();
  around.energy_j = energy_.joules(before_.energy, energy_.read());
  around.migrations = growth(before_.migrations, threads_->migrations());
  return around;
}

}  // namespace syncbench
