/* The limits of a colour bar or a value axis, and when they move during a film.
 *
 * A film should keep its limits, or colours lose their meaning; but a pattern growing out of noise must not
 * end up saturated. So limits are those of the first snapshot, and widen only when a later one leaves them by
 * more than a tenth of their span, then by at least half of it: few jumps even in an
 * exponential growth. */
#pragma once

#include <cstddef>

namespace pde::movie {

struct Range {
  double lower, upper;
};

class ValueLimits {
 public:
  /* NaN: taken from the data. Fixed sides never move. */
  ValueLimits(double fixed_lower, double fixed_upper);

  /* Takes a snapshot into account; true when limits already in use moved, which deserves a log line. */
  bool include(const double *const *curves, std::size_t curve_count, std::size_t count);
  Range range() const { return {lower_, upper_}; }
  bool fixed_lower() const { return fixed_lower_; }
  bool fixed_upper() const { return fixed_upper_; }

 private:
  enum class State { empty, flat, spread };  // nothing finite seen; one value only; a true range

  void settle(Range data);
  bool widen(Range data);

  bool fixed_lower_, fixed_upper_;
  double lower_, upper_;
  Range seen_{0, 0};
  State state_ = State::empty;
};

}  // namespace pde::movie
