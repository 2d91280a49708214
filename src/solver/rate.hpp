// The right-hand side of an equation on a grid, as steppers see it.
//
// Steppers never need the rate alone for long: they need sums of states and rates. So the sum is formed in
// the loop that computes the rate, cell by cell, and no array of rates is written and read again.
#pragma once

#include "solver/work_array.hpp"

namespace pde {

/// What to do with F, the rate of y:  out = F,  or  out = y + f * F,  or  out = y0 * y0 + y1 * y + y2 * y2 +
/// f * F + f0 * f0.
struct Combination {
  enum class Kind { rate, step, stage };
  static Combination rate(WorkArray &out) { return {Kind::rate, &out, 1}; }
  static Combination step(WorkArray &out, double f) { return {Kind::step, &out, f}; }

  Kind kind;
  WorkArray *out;  // not y; may be the array y2
  double f_weight = 0;
  const WorkArray *y0 = nullptr, *y2 = nullptr, *f0 = nullptr;
  double y0_weight = 0, y_weight = 0, y2_weight = 0, f0_weight = 0;
};

class Rate {
 public:
  virtual ~Rate() = default;

  /// Forms the combination with the rate of y at time t; sets ghost cells of y on the way.
  virtual void evaluate(WorkArray &y, double t, const Combination &combination) = 0;
  /// A bound on the moduli of the eigenvalues of dF/dc, for states with values in [lowest, highest].
  virtual double spectral_radius(double lowest, double highest) const = 0;
};

}  // namespace pde
