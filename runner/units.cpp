// Quantities and misspellings.
#include "runner/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <utility>

#include "runner/errors.hpp"

namespace syncbench {
namespace {

struct Unit {
  std::string_view name;
  double nanoseconds;
};
constexpr Unit kUnits[] = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}};

[[noreturn]] void refuse(std::string_view flag, std::string_view text, const std::string& why) {
  throw UsageError(fmt::format("{}: '{}' {}", flag, text, why));
}

// Levenshtein distance, one row at a time.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t above = row[j + 1];
      row[j + 1] = std::min({above + 1, row[j] + 1, diagonal + (a[i] != b[j])});
      diagonal = above;
    }
  }
  return row.back();
}

}  // namespace

std::chrono::nanoseconds parse_duration(std::string_view flag, std::string_view text, std::chrono::nanoseconds least,
                                        std::chrono::nanoseconds most) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string_view rest(end, static_cast<std::size_t>(text.data() + text.size() - end));
  const auto* const unit = std::ranges::find(kUnits, rest, &Unit::name);
  const bool known = unit != std::end(kUnits);
  if (error != std::errc{} || !std::isfinite(value) || (!known && !rest.empty()))
    refuse(flag, text, "is not a duration: give a number and a unit out of ns, us, ms, s, m, such as 500ms");
  if (rest.empty() && value != 0) refuse(flag, text, "has no unit: give one out of ns, us, ms, s, m, such as 500ms");
  const double nanoseconds = known ? value * unit->nanoseconds : 0;
  if (nanoseconds < static_cast<double>(least.count()) || nanoseconds > static_cast<double>(most.count()))
    refuse(flag, text, fmt::format("is out of range: {} to {} are allowed", show_duration(least), show_duration(most)));
  return std::chrono::nanoseconds(std::llround(nanoseconds));
}

std::uint64_t parse_count(std::string_view flag, std::string_view text, std::uint64_t least, std::uint64_t most) {
  std::uint64_t value = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  const bool number = !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  const bool negative = text.size() > 1 && text[0] == '-';
  if (!number && !negative) refuse(flag, text, "is not a whole number");
  if (negative || error != std::errc{} || end != last || value < least || value > most)
    refuse(flag, text, fmt::format("is out of range: {} to {} are allowed", least, most));
  return value;
}

double parse_percentage(std::string_view flag, std::string_view text, double least, double most) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string_view rest(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (error != std::errc{} || !std::isfinite(value) || rest != "%")
    refuse(flag, text, "is not a percentage, such as 2%");
  if (value < least || value > most)
    refuse(flag, text, fmt::format("is out of range: {}% to {}% are allowed", least, most));
  return value / 100;
}

std::vector<std::string> split_list(std::string_view flag, std::string_view text) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == ',') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  if (std::ranges::any_of(parts, &std::string::empty)) refuse(flag, text, "has an empty element in its list");
  return parts;
}

std::string show_duration(std::chrono::nanoseconds duration) {
  const auto value = static_cast<double>(duration.count());
  const Unit* chosen = &kUnits[0];
  for (const Unit& unit : kUnits)
    if (value >= unit.nanoseconds) chosen = &unit;
  return fmt::format("{:.4g} {}", value / chosen->nanoseconds, chosen->name);
}

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
  std::vector<std::pair<std::size_t, std::string>> close;
  for (const std::string& candidate : candidates) {
    const std::size_t far = distance(word, candidate);
    if (far <= std::max<std::size_t>(2, word.size() / 3)) close.emplace_back(far, candidate);
  }
  std::ranges::sort(close);
  std::string text;
  for (std::size_t i = 0; i < std::min<std::size_t>(3, close.size()); ++i)
    text += (i == 0 ? "" : ", ") + close[i].second;
  return text.empty() ? text : " (did you mean " + text + "?)";
}

}  // namespace syncbench
