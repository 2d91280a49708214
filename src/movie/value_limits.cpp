#include "value_limits.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace pde::movie {
namespace {

constexpr double largest = 1e307;  // spans and their multiples stay finite
constexpr double tolerated = 0.1;  // of the span: left behind only beyond that

/* A span of round-off is no range: its film would show noise only. */
bool is_flat(Range range) {
  const double size = std::max(std::abs(range.lower), std::abs(range.upper));
  return range.upper - range.lower <= std::max(1e-12 * size, 1e-290);
}

double half_width_around(double value) {
  return std::abs(value) < 1e-290 ? 0.5 : 0.5 * std::abs(value);
}

constexpr Range nothing{std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()};

/* Of the finite values and `range`; lower > upper when there are none. */
Range finite_range(const double *values, std::size_t count, Range range) {
  for (std::size_t i = 0; i < count; ++i) {
    const bool finite = std::abs(values[i]) <= std::numeric_limits<double>::max();
    range.lower = finite && values[i] < range.lower ? values[i] : range.lower;
    range.upper = finite && values[i] > range.upper ? values[i] : range.upper;
  }
  return range;
}

}  // namespace

ValueLimits::ValueLimits(double fixed_lower, double fixed_upper)
    : fixed_lower_(!std::isnan(fixed_lower)),
      fixed_upper_(!std::isnan(fixed_upper)),
      lower_(fixed_lower_ ? std::clamp(fixed_lower, -largest, largest) : 0),
      upper_(fixed_upper_ ? std::clamp(fixed_upper, -largest, largest) : 1) {
  if (fixed_lower_ && !fixed_upper_) settle({lower_, lower_});
  if (fixed_upper_ && !fixed_lower_) settle({upper_, upper_});
  if (fixed_lower_ && fixed_upper_) settle({lower_, upper_});
}

bool ValueLimits::include(const double *const *curves, std::size_t curve_count, std::size_t count) {
  if (fixed_lower_ && fixed_upper_) return false;
  Range data = nothing;
  for (std::size_t curve = 0; curve < curve_count; ++curve) data = finite_range(curves[curve], count, data);
  if (data.lower > data.upper) return false;
  data = {std::clamp(data.lower, -largest, largest), std::clamp(data.upper, -largest, largest)};
  if (state_ == State::spread) return widen(data);

  const bool first = state_ == State::empty;
  seen_ = first ? data : Range{std::min(seen_.lower, data.lower), std::max(seen_.upper, data.upper)};
  state_ = is_flat(seen_) ? State::flat : State::spread;
  if (!first && state_ == State::flat) return false;
  settle(seen_);
  return !first;
}

/* Free sides take the data's ends; what is then empty or upside down opens around the value, or beyond the
 * fixed side. */
void ValueLimits::settle(Range data) {
  if (!fixed_lower_) lower_ = data.lower;
  if (!fixed_upper_) upper_ = data.upper;
  if (upper_ > lower_ && !is_flat({lower_, upper_})) return;
  if (fixed_lower_ == fixed_upper_) {
    const double middle = lower_ / 2 + upper_ / 2;
    lower_ = middle - half_width_around(middle);
    upper_ = middle + half_width_around(middle);
  } else if (fixed_lower_) {
    upper_ = lower_ + 2 * half_width_around(lower_);
  } else {
    lower_ = upper_ - 2 * half_width_around(upper_);
  }
}

/* When one side was left behind, the other one follows as far as the data goes, which saves a second jump. */
bool ValueLimits::widen(Range data) {
  const double span = upper_ - lower_, tolerance = tolerated * span;
  const bool above = !fixed_upper_ && data.upper > upper_, below = !fixed_lower_ && data.lower < lower_;
  const bool behind =
      (above && data.upper > upper_ + tolerance) || (below && data.lower < lower_ - tolerance);
  if (!behind) return false;
  const double step = above && below ? span / 4 : span / 2;
  const double room = 0.1 * (std::max(data.upper, upper_) - std::min(data.lower, lower_));
  if (above) upper_ = std::min(std::max(data.upper + room, upper_ + step), 2 * largest);
  if (below) lower_ = std::max(std::min(data.lower - room, lower_ - step), -2 * largest);
  return true;
}

}  // namespace pde::movie
