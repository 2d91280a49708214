#include "base/duration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "base/numbers.hpp"

namespace pde {
namespace {

constexpr double kMinute = 60, kHour = 3600, kDay = 86400;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// What is left of a text, from which parts are taken.
struct Rest {
  std::string_view text;

  bool take(std::string_view prefix) {
    if (!text.starts_with(prefix)) return false;
    text.remove_prefix(prefix.size());
    return true;
  }
  void skip_blanks() { text.remove_prefix(std::min(text.find_first_not_of(' '), text.size())); }
  /// Digits, with a fraction if one may be there; nothing if there are none.
  std::optional<double> number(bool fraction) {
    size_t size = count_digits(0);
    if (fraction && size < text.size() && text[size] == '.') size += 1 + count_digits(size + 1);
    if (size == 0 || !is_digit(text[0]) || text[size - 1] == '.') return std::nullopt;
    const auto value = parse_real(text.substr(0, size));
    text.remove_prefix(size);
    return value;
  }

 private:
  size_t count_digits(size_t from) const {
    size_t count = 0;
    while (from + count < text.size() && is_digit(text[from + count])) ++count;
    return count;
  }
};

/// "[[H:]M:]S[.ffffff]", at least so many of the three.
std::optional<double> clock_time(Rest rest, int least) {
  double seconds = 0;
  for (int part = 1; part <= 3; ++part) {
    const std::string_view before = rest.text;
    const auto number = rest.number(true);
    if (!number) return std::nullopt;
    const bool last = rest.text.empty();
    if (!last) {
      const std::string_view digits = before.substr(0, before.size() - rest.text.size());
      if (digits.find('.') != digits.npos || !rest.take(":")) return std::nullopt;
    }
    seconds = kMinute * seconds + (last ? std::trunc(*number * 1e6) / 1e6 : *number);
    if (last) return part >= least ? std::optional(seconds) : std::nullopt;
  }
  return std::nullopt;
}

/// The form of clocks, with days before it.
std::optional<double> clock_form(Rest rest) {
  double days = 0;
  int least = 2;  // a number alone is none
  const Rest whole = rest;
  const double sign_of_days = rest.take("-") ? -1 : 1;
  const auto number = rest.number(false);
  if (number && (rest.take(" days") || rest.take(" day"))) {
    least = rest.take(",") ? 1 : 3;
    if (!rest.take(" ")) return std::nullopt;
    days = sign_of_days * *number;
  } else {
    rest = whole;
  }
  const double sign = rest.take("-") ? -1 : 1;
  const auto seconds = clock_time(rest, least);
  if (!seconds) return std::nullopt;
  return days * kDay + sign * *seconds;
}

struct Unit {
  std::string_view name;
  double seconds;
};

/// Numbers with units in this order, each at most once, one at least.
std::optional<double> units(Rest &rest, std::initializer_list<Unit> all, bool blanks) {
  std::optional<double> total;
  const Unit *next = all.begin();
  while (!rest.text.empty()) {
    const Rest before = rest;
    const auto number = rest.number(true);
    if (!number) break;
    if (blanks) rest.skip_blanks();
    const Unit *unit = std::find_if(next, all.end(), [&](const Unit &each) { return rest.take(each.name); });
    if (unit == all.end()) {
      rest = before;
      break;
    }
    total = total.value_or(0) + *number * unit->seconds;
    next = unit + 1;
    if (blanks) rest.skip_blanks();
  }
  return total;
}

std::optional<double> iso_form(Rest rest) {
  const double sign = rest.take("-") ? -1 : (rest.take("+"), 1);
  if (!rest.take("P")) return std::nullopt;
  const std::optional<double> days = units(rest, {{"D", kDay}}, false);
  std::optional<double> time;
  if (rest.take("T")) {
    time = units(rest, {{"H", kHour}, {"M", kMinute}, {"S", 1}}, false);
    if (!time) return std::nullopt;
  }
  if (!rest.text.empty() || (!days && !time)) return std::nullopt;
  return sign * (days.value_or(0) + time.value_or(0));
}

std::optional<double> unit_form(Rest rest) {
  const double sign = rest.take("-") ? -1 : 1;
  // Longer names first where one begins with another.
  std::optional<double> total =
      units(rest, {{"d", kDay}, {"h", kHour}, {"min", kMinute}, {"m", kMinute}, {"s", 1}}, true);
  if (!total || !rest.text.empty()) return std::nullopt;
  return sign * *total;
}

}  // namespace

std::optional<double> parse_duration(std::string_view text) {
  const Rest rest{trimmed(text)};
  std::optional<double> seconds = clock_form(rest);
  if (!seconds) seconds = iso_form(rest);
  if (!seconds) seconds = unit_form(rest);
  return seconds && std::isfinite(*seconds) ? seconds : std::nullopt;
}

std::string duration_text(double seconds) {
  constexpr double kLongest = 1e9 * 86400;  // Python's, about
  const auto whole = static_cast<int64_t>(std::clamp(seconds, 0.0, kLongest));
  const int64_t days = whole / 86400;
  const std::string clock = fmt::format("{}:{:02}:{:02}", whole / 3600 % 24, whole / 60 % 60, whole % 60);
  return days == 0 ? clock : fmt::format("{} day{}, {}", days, days == 1 ? "" : "s", clock);
}

std::string duration_text_micros(double seconds) {
  const double micros = std::round(1e6 * seconds);
  const double whole = std::floor(micros / 1e6);
  const auto rest = static_cast<int>(micros - 1e6 * whole);
  return duration_text(whole) + (rest == 0 ? "" : fmt::format(".{:06}", rest));
}

}  // namespace pde
