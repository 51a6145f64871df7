#pragma once

// For tests: a made-up /proc and /sys in a temporary directory, and a made-up set of environment variables. Empty at
// first, so that a test states every fact that its system has; removed at the end.

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>

#include "system_files.hpp"

namespace syncbench {

class FakeSystem {
 public:
  FakeSystem() {
    std::string name = (std::filesystem::temp_directory_path() / "syncbench-system-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory: " + name);
    root_ = name;
  }
  ~FakeSystem() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  FakeSystem(const FakeSystem&) = delete;
  FakeSystem& operator=(const FakeSystem&) = delete;

  /// Puts a file, and the folders above it, in place of what was there.
  void write(const std::string& path, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path(root_ + path).parent_path());
    std::ofstream(root_ + path) << text;
  }

  void set_variable(const std::string& name, const std::string& value) { variables_[name] = value; }

  /// How the code under test sees this system. Valid while this object lives.
  SystemFiles files() const {
    return {root_, [this](const std::string& name) {
              const auto found = variables_.find(name);
              return found == variables_.end() ? std::nullopt : std::optional<std::string>(found->second);
            }};
  }

 private:
  std::string root_;
  std::map<std::string, std::string> variables_;
};

}  // namespace syncbench
