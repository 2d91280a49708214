#include "ticks.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>

namespace pde::movie {
namespace {

const char *const minus_sign = "\u2212";

/* Smallest step of the form {1, 2, 2.5, 5} * 10^k that cuts `span` into at most `most` intervals. */
double nice_step(double span, int most) {
  const double rough = span / std::max(most, 1);
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 2.5, 5.0}) {
    if (factor * power >= rough * (1 - 1e-9)) return factor * power;
  }
  return 10 * power;
}

std::string with_minus(const std::string &text) {
  if (text.empty() || text.front() != '-') return text;
  std::string signed_text = minus_sign;
  return signed_text.append(text, 1);
}

/* Decimals that a multiple of `step` needs. */
int decimals_of(double step) {
  for (int decimals = 0; decimals < 15; ++decimals) {
    const double scaled = step * std::pow(10.0, decimals);
    if (std::abs(scaled - std::round(scaled)) < 1e-6 * scaled) return decimals;
  }
  return 15;
}

std::string superscript(int exponent) {
  static const std::array<const char *, 10> digits = {"\u2070", "\u00b9", "\u00b2", "\u00b3", "\u2074",
                                                      "\u2075", "\u2076", "\u2077", "\u2078", "\u2079"};
  std::string text = exponent < 0 ? "\u207b" : "";
  for (const char digit : std::to_string(std::abs(exponent)))
    text += digits[static_cast<std::size_t>(digit - '0')];
  return text;
}

/* A part common to all ticks, worth taking out when it is over a thousand times their span; else 0. */
double common_offset(double lower, double upper) {
  const double span = upper - lower;
  if (lower * upper <= 0 || span > 1e-3 * std::max(std::abs(lower), std::abs(upper))) return 0;
  const double unit = std::pow(10.0, std::ceil(std::log10(span)));
  return std::round((lower / 2 + upper / 2) / unit) * unit;
}

/* Offsets keep the digits that the ticks have lost, and no others. */
std::string offset_text(double offset, double span) {
  const int digits = static_cast<int>(std::ceil(std::log10(std::abs(offset) / span))) + 2;
  std::array<char, 64> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::abs(offset),
                                 std::chars_format::general, std::clamp(digits, 1, 17));
  std::string text = offset < 0 ? minus_sign : "+";
  return text.append(" ").append(buffer.data(), end.ptr);
}

}  // namespace

std::string fixed_text(double value, int decimals) {
  std::array<char, 400> buffer{};
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed, decimals);
  std::string text(buffer.data(), end.ptr);
  const bool zero = text.find_first_of("123456789in") == std::string::npos;
  if (zero && text.front() == '-') text.erase(0, 1);
  return with_minus(text);
}

std::string plain_number(double value) {
  std::array<char, 64> buffer{};
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::general, 6);
  return {buffer.data(), end.ptr};
}

std::string number_text(double value) {
  return with_minus(plain_number(value));
}

Ticks make_ticks(double lower, double upper, int most) {
  Ticks ticks;
  const double step = nice_step(upper - lower, most);
  const double slack = 1e-9 * (upper - lower);
  const double first = std::ceil((lower - slack) / step), last = std::floor((upper + slack) / step);
  if (!(last >= first) || last - first > 1000) return ticks;

  const double offset = common_offset(lower, upper);
  const double largest = std::max({std::abs(first * step - offset), std::abs(last * step - offset), step});
  int exponent = static_cast<int>(std::floor(std::log10(largest) + 1e-9));
  if (exponent > -4 && exponent < 5) exponent = 0;
  const double scale = std::pow(10.0, -exponent);
  const double unit = std::isfinite(scale) && scale > 0 ? scale : 1;

  const int decimals = decimals_of(step * unit);
  const auto count = static_cast<int64_t>(last - first) + 1;
  for (int64_t i = 0; i < count; ++i) {
    const double value = (first + static_cast<double>(i)) * step;
    ticks.marks.push_back({std::clamp(value, lower, upper), fixed_text((value - offset) * unit, decimals)});
  }
  if (unit != 1) ticks.suffix.append("\u00d710").append(superscript(exponent));
  if (offset == 0) return ticks;
  if (!ticks.suffix.empty()) ticks.suffix += ' ';
  ticks.suffix += offset_text(offset, upper - lower);
  return ticks;
}

std::string TimeText::operator()(double time) {
  const std::string text = number_text(time);
  if (text.find_first_of("eni") != std::string::npos) return text;  // 1e+20, nan, inf
  const auto point = text.find('.');
  const auto own = point == std::string::npos ? 0 : static_cast<int>(text.size() - point - 1);
  const int whole = std::abs(time) < 1 ? 1 : static_cast<int>(std::log10(std::abs(time))) + 1;
  decimals_ = std::clamp(std::max(own, decimals_), 0, 6);
  return fixed_text(time, std::max(own, std::min(decimals_, 6 - std::min(whole, 6))));
}

}  // namespace pde::movie
