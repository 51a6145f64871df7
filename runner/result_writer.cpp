// Plain system calls, because a stream hides when a line reaches the file.
#include "runner/result_writer.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

#include "runner/errors.hpp"

namespace syncbench {

ResultWriter::ResultWriter(const std::string& path, const std::string& schema) : path_(path), file_(STDOUT_FILENO) {
  if (path == "-") return;
  file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (file_ < 0) throw UsageError(fmt::format("--output: '{}' cannot be written: {}", path, ::strerror(errno)));
  if (::flock(file_, LOCK_EX | LOCK_NB) != 0) {
    ::close(file_);
    throw UsageError(fmt::format("--output: '{}' is being written by another run; choose another file", path));
  }
  if (!holds_records(schema)) {
    ::close(file_);
    throw UsageError(fmt::format("--output: '{}' is not a file of results; nothing is appended to it", path));
  }
  end_broken_line();
}

ResultWriter::~ResultWriter() {
  if (path_ != "-") ::close(file_);
}

// Empty, not a regular file, or one whose first line names our schema: anything else is somebody's mistyped path.
bool ResultWriter::holds_records(const std::string& schema) const {
  struct stat status {};
  if (::fstat(file_, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size == 0) return true;
  std::string beginning(256, '\0');
  const ssize_t length = ::pread(file_, beginning.data(), beginning.size(), 0);
  return length > 0 && beginning.find("\"" + schema + "/") != std::string::npos;
}

// A run that was killed in the middle of a write leaves half a line; ours must not be glued to it.
void ResultWriter::end_broken_line() {
  struct stat status {};
  char last = '\n';
  if (::fstat(file_, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size == 0) return;
  if (::pread(file_, &last, 1, status.st_size - 1) == 1 && last != '\n' && ::write(file_, "\n", 1) != 1)
    throw IncompleteError(fmt::format("'{}' cannot be written: {}", path_, ::strerror(errno)));
}

void ResultWriter::write(const nlohmann::ordered_json& line) {
  const std::string text = line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  struct stat before {};
  const bool regular = ::fstat(file_, &before) == 0 && S_ISREG(before.st_mode);
  std::size_t written = 0;
  while (written < text.size()) {
    const ssize_t more = ::write(file_, text.data() + written, text.size() - written);
    if (more < 0 && errno == EINTR) continue;
    if (more <= 0) {
      const int error = errno;
      // Half a line is of no use to anybody, and would hide the next one.
      const bool whole = !regular || written == 0 || ::ftruncate(file_, before.st_size) == 0;
      throw IncompleteError(fmt::format("'{}' cannot be written: {}; what it held is kept{}", path_, ::strerror(error),
                                        whole ? "" : ", and half a line after it"));
    }
    written += static_cast<std::size_t>(more);
  }
}

void read_lines(const std::string& path, const std::function<void(const nlohmann::ordered_json&)>& visit,
                const std::function<void(std::size_t)>& broken) {
  std::ifstream file(path);
  if (!file) throw UsageError(fmt::format("--output: '{}' cannot be read: {}", path, ::strerror(errno)));
  std::string text;
  for (std::size_t number = 1; std::getline(file, text); ++number) {
    if (text.empty()) continue;
    const auto line = nlohmann::ordered_json::parse(text, nullptr, false);
    try {
      line.is_object() ? visit(line) : broken(number);
    } catch (const nlohmann::json::exception&) {
      broken(number);  // an object, but without what a record has
    }
  }
}

}  // namespace syncbench
