// The result file under everything that can happen to it: earlier content, half a line, a second run, a full disk, a
// place that cannot be written. Works as any user, root included.
#include "runner/result_writer.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "runner/errors.hpp"

namespace syncbench {
namespace {

using Json = nlohmann::ordered_json;

struct ResultFiles : testing::Test {
  ResultFiles() { std::filesystem::create_directories(folder); }
  ~ResultFiles() override { std::filesystem::remove_all(folder); }

  std::string content() const {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }
  void put(const std::string& text) const { std::ofstream(path) << text; }

  std::string folder = testing::TempDir() + "syncbench-writer-" + std::to_string(::getpid());
  std::string path = folder + "/results.jsonl";
};

std::string refusal_of(const std::string& path) {
  try {
    ResultWriter writer(path);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

TEST_F(ResultFiles, hold_one_object_a_line) {
  ResultWriter writer(path);
  writer.write({{"a", 1}});
  EXPECT_EQ(content(), "{\"a\":1}\n") << "on disk at once, not when the run ends";
  writer.write({{"b", "two\nlines"}});
  EXPECT_EQ(content(), "{\"a\":1}\n{\"b\":\"two\\nlines\"}\n");
}

TEST_F(ResultFiles, keep_what_was_there) {
  put("{\"schema\":\"syncbench/1\",\"earlier\":1}\n");
  ResultWriter(path).write({{"a", 1}});
  EXPECT_EQ(content(), "{\"schema\":\"syncbench/1\",\"earlier\":1}\n{\"a\":1}\n");
}

TEST_F(ResultFiles, have_a_broken_last_line_ended_and_nothing_else_changed) {
  put("{\"schema\":\"syncbench/1\",\"earlier\":1}\n{\"half\":");
  ResultWriter(path).write({{"a", 1}});
  EXPECT_EQ(content(), "{\"schema\":\"syncbench/1\",\"earlier\":1}\n{\"half\":\n{\"a\":1}\n");
}

TEST_F(ResultFiles, that_hold_something_else_are_refused_and_left_alone) {
  put("a letter to my aunt\n");
  EXPECT_NE(refusal_of(path).find("is not a file of results"), std::string::npos);
  EXPECT_EQ(content(), "a letter to my aunt\n");
}

TEST_F(ResultFiles, survive_text_that_is_no_utf8) {
  ResultWriter(path).write({{"a", "\xff"}});
  EXPECT_TRUE(Json::accept(content()));
}

TEST_F(ResultFiles, have_one_writer) {
  ResultWriter first(path);
  const std::string refusal = refusal_of(path);
  EXPECT_NE(refusal.find("another run"), std::string::npos) << refusal;
  EXPECT_NE(refusal.find(path), std::string::npos) << refusal;
  first.write({{"a", 1}});
  EXPECT_EQ(content(), "{\"a\":1}\n");
}

TEST_F(ResultFiles, have_one_writer_across_processes) {
  ResultWriter first(path);
  const pid_t child = ::fork();
  if (child == 0) ::_exit(refusal_of(path).empty() ? 1 : 0);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "a second process could open the file";
}

TEST_F(ResultFiles, can_be_written_again_when_the_first_writer_is_done) {
  { const ResultWriter first(path); }
  EXPECT_EQ(refusal_of(path), "");
}

TEST_F(ResultFiles, that_cannot_be_opened_are_refused_by_name_and_reason) {
  put("");
  for (const std::string& bad : {folder + "/missing/results.jsonl", path + "/below-a-file.jsonl", folder}) {
    const std::string refusal = refusal_of(bad);
    EXPECT_NE(refusal.find("--output: '" + bad + "' cannot be written: "), std::string::npos) << refusal;
    EXPECT_EQ(refusal.find('\n'), std::string::npos);
  }
}

TEST(FullDisk, is_reported_as_incomplete) {
  ResultWriter writer("/dev/full");
  EXPECT_THROW(writer.write({{"a", 1}}), IncompleteError);
}

// A limit on the file's size cuts a write short just as a disk does that fills up in the middle of a line.
TEST_F(ResultFiles, end_with_a_whole_line_when_the_disk_fills_up) {
  put("{\"schema\":\"syncbench/1\",\"earlier\":1}\n");
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{80, 80};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    try {
      ResultWriter(path).write({{"long", std::string(200, 'x')}});
    } catch (const IncompleteError&) {
      ::_exit(0);
    }
    ::_exit(1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "the short write went unnoticed";
  EXPECT_EQ(content(), "{\"schema\":\"syncbench/1\",\"earlier\":1}\n");
}

TEST_F(ResultFiles, are_read_line_by_line_and_broken_lines_named) {
  put("{\"a\":1}\n\nnonsense\n[1]\n{\"b\":2}\n{\"half\":");
  std::vector<Json> objects;
  std::vector<std::size_t> broken;
  read_lines(
      path, [&](const Json& line) { objects.push_back(line); }, [&](std::size_t number) { broken.push_back(number); });
  EXPECT_EQ(objects, (std::vector<Json>{{{"a", 1}}, {{"b", 2}}}));
  EXPECT_EQ(broken, (std::vector<std::size_t>{3, 4, 6}));
}

TEST_F(ResultFiles, that_cannot_be_read_are_a_usage_error) {
  EXPECT_THROW(read_lines(
                   path, [](const Json&) {}, [](std::size_t) {}),
               UsageError);
}

}  // namespace
}  // namespace syncbench
