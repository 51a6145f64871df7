// The file of results: JSON lines, one write a line, on disk as soon as a trial ends. It only ever grows; what it held
// before is never touched, and a second run cannot write to it at the same time.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>

namespace syncbench {

class ResultWriter {
 public:
  /// "-" is standard output. Throws UsageError if the file cannot be opened for writing, its folder does not exist,
  /// it holds something else than records of `schema` ("syncbench"), or another run is writing to it.
  explicit ResultWriter(const std::string& path, const std::string& schema = "syncbench");
  ~ResultWriter();
  ResultWriter(const ResultWriter&) = delete;
  ResultWriter& operator=(const ResultWriter&) = delete;

  /// Throws IncompleteError if the line could not be written whole; the file then ends as it did before.
  void write(const nlohmann::ordered_json& line);

 private:
  bool holds_records(const std::string& schema) const;
  void end_broken_line();

  std::string path_;
  int file_;
};

/// Calls `visit` on every object in the file; a line that is no JSON object is passed to `broken` by its number.
/// Throws UsageError if the file cannot be read.
void read_lines(const std::string& path, const std::function<void(const nlohmann::ordered_json&)>& visit,
                const std::function<void(std::size_t)>& broken);

}  // namespace syncbench
