// Quantities as people type them: what is understood, and that everything else is refused in one line that names the
// flag, the value and what is allowed.
#include "runner/units.hpp"

#include <gtest/gtest.h>

#include "runner/errors.hpp"

namespace syncbench {
namespace {

using namespace std::chrono_literals;

std::chrono::nanoseconds duration(std::string_view text) {
  return parse_duration("--duration", text, 0ns, 1h);
}

template <class Parse>
void expect_refused(Parse parse, const std::string& flag, const std::string& value, const std::string& allowed) {
  try {
    parse();
    ADD_FAILURE() << flag << " accepted '" << value << "'";
  } catch (const UsageError& error) {
    const std::string line = error.what();
    EXPECT_TRUE(line.starts_with(flag + ": ")) << line;
    EXPECT_NE(line.find("'" + value + "'"), std::string::npos) << line;
    EXPECT_NE(line.find(allowed), std::string::npos) << line;
    EXPECT_EQ(line.find('\n'), std::string::npos) << line;
  }
}

TEST(Durations, are_read_in_every_unit) {
  EXPECT_EQ(duration("7ns"), 7ns);
  EXPECT_EQ(duration("7us"), 7us);
  EXPECT_EQ(duration("500ms"), 500ms);
  EXPECT_EQ(duration("2s"), 2s);
  EXPECT_EQ(duration("2m"), 2min);
}

TEST(Durations, may_have_a_fraction_and_an_exponent) {
  EXPECT_EQ(duration("1.5s"), 1500ms);
  EXPECT_EQ(duration("1e2us"), 100us);
}

TEST(Durations, need_no_unit_for_zero_alone) {
  EXPECT_EQ(duration("0"), 0ns);
  EXPECT_EQ(duration("0ms"), 0ns);
  expect_refused([] { duration("5"); }, "--duration", "5", "ms");
}

TEST(Durations, refuse_what_is_no_duration_and_say_what_is) {
  for (const char* text : {"", "5x", "ms", "s5", "5 ms", "5ms ", " 5ms", "5MS", "nan", "nanms", "inf", "infs", "1e400s",
                           "0x5ms", "5ms,6ms", "--5ms", "five"})
    expect_refused([&] { duration(text); }, "--duration", text, "ns, us, ms, s, m");
}

TEST(Durations, refuse_what_is_out_of_range_and_name_the_range) {
  const auto parse = [](std::string_view text) { return parse_duration("--warmup", text, 1ms, 2s); };
  EXPECT_EQ(parse("1ms"), 1ms);
  EXPECT_EQ(parse("2s"), 2s);
  for (const char* text : {"0", "-1s", "0.999ms", "2001ms", "99999999999999999999s"})
    expect_refused([&] { parse(text); }, "--warmup", text, "1 ms to 2 s");
}

TEST(Counts, are_whole_numbers_within_bounds) {
  EXPECT_EQ(parse_count("-n", "1", 1, 4096), 1U);
  EXPECT_EQ(parse_count("-n", "4096", 1, 4096), 4096U);
  EXPECT_EQ(parse_count("-n", "18446744073709551615", 0, UINT64_MAX), UINT64_MAX);
  for (const char* text : {"0", "4097", "1000000000", "-1", "99999999999999999999999"})
    expect_refused([&] { parse_count("-n", text, 1, 4096); }, "-n", text, "1 to 4096");
  for (const char* text : {"", "x", "1x", "1.5", "1e3", " 1", "0x10", "+1"})
    expect_refused([&] { parse_count("-n", text, 1, 4096); }, "-n", text, "whole number");
}

TEST(Lists, split_at_commas_and_have_no_empty_element) {
  EXPECT_EQ(split_list("-i", "a,b,c"), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(split_list("-i", "a"), (std::vector<std::string>{"a"}));
  for (const char* text : {"", ",", "a,", ",a", "a,,b"})
    expect_refused([&] { split_list("-i", text); }, "-i", text, "empty element");
}

TEST(ShownDurations, use_the_largest_unit_that_leaves_at_least_one) {
  EXPECT_EQ(show_duration(0ns), "0 ns");
  EXPECT_EQ(show_duration(999ns), "999 ns");
  EXPECT_EQ(show_duration(1us), "1 us");
  EXPECT_EQ(show_duration(250ms), "250 ms");
  EXPECT_EQ(show_duration(1500ms), "1.5 s");
  EXPECT_EQ(show_duration(90s), "1.5 m");
}

TEST(NearestNames, are_at_most_three_the_closest_first) {
  EXPECT_EQ(nearest("prodcson", {"counter", "prodcons"}), " (did you mean prodcons?)");
  EXPECT_EQ(nearest("aa", {"ab", "aa", "ac", "ad"}), " (did you mean aa, ab, ac?)");
}

TEST(NearestNames, are_not_invented) {
  EXPECT_EQ(nearest("philosophers", {"counter", "prodcons"}), "");
}

TEST(Percentages, are_read_as_shares) {
  EXPECT_DOUBLE_EQ(parse_percentage("--until-ci", "2%", 0.1, 50), 0.02);
  EXPECT_DOUBLE_EQ(parse_percentage("--until-ci", "0.1%", 0.1, 50), 0.001);
  EXPECT_DOUBLE_EQ(parse_percentage("--until-ci", "50%", 0.1, 50), 0.5);
}

TEST(Percentages, refuse_everything_else) {
  for (const char* text : {"", "%", "2", "0.02", "2 %", "2%%", "%2", "two%", "nan%", "inf%", "2,5%", "2%ms"})
    expect_refused([&] { parse_percentage("--until-ci", text, 0.1, 50); }, "--until-ci", text, "such as 2%");
  for (const char* text : {"0%", "0.09%", "51%", "-2%", "100%"})
    expect_refused([&] { parse_percentage("--until-ci", text, 0.1, 50); }, "--until-ci", text, "0.1% to 50%");
}

}  // namespace
}  // namespace syncbench
