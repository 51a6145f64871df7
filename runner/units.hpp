// Reading quantities from the command line: durations with a unit, counts, lists. Everything throws UsageError with one
// line that names the flag, the value and what is allowed.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace syncbench {

/// "500ms", "1.5s", "100ns", "2m", "0". A bare number other than 0 is refused: seconds or milliseconds?
std::chrono::nanoseconds parse_duration(std::string_view flag, std::string_view text, std::chrono::nanoseconds least,
                                        std::chrono::nanoseconds most);

/// A whole number in [least, most].
std::uint64_t parse_count(std::string_view flag, std::string_view text, std::uint64_t least, std::uint64_t most);

/// "2%", "0.5%", as a share: 0.02, 0.005. The bounds are percentages.
double parse_percentage(std::string_view flag, std::string_view text, double least, double most);

/// Splits at commas; an empty part is an error.
std::vector<std::string> split_list(std::string_view flag, std::string_view text);

/// "250 ms", "1.5 s": for people.
std::string show_duration(std::chrono::nanoseconds duration);

/// The candidates closest to a misspelt word (at most three, none if nothing is close), as " (did you mean a, b?)" or
/// "".
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace syncbench
