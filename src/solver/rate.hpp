// The right-hand side of an equation on a grid, as steppers see it.
//
// Steppers hardly need the rate itself: they need sums of states and rates. So the sum is formed in the loop
// that computes the rate, cell by cell, and no array of rates is written only to be read again.
#pragma once

#include "solver/work_array.hpp"

namespace pde {

/// What becomes of F, the rate of a state y.
struct Combination {
  enum class Kind {
    rate,         // out = F
    step,         // out = y + f_weight F
    first_stage,  // out = y0_weight y0 + y_weight y + f_weight F + f0_weight f0
    stage,        // the same + out_weight out
  };
  Kind kind;
  WorkArray *out;  // not y, y0 or f0
  double f_weight = 1;
  const WorkArray *y0 = nullptr, *f0 = nullptr;
  double y0_weight = 0, y_weight = 0, f0_weight = 0, out_weight = 0;
};

class Rate {
 public:
  virtual ~Rate() = default;

  /// Combines the rate of y at time t with other arrays; sets ghost cells of y on the way.
  virtual void evaluate(WorkArray &y, double t, const Combination &combination) = 0;
  /// A bound on the moduli of the eigenvalues of dF/dy, for states with values in [lowest, highest].
  virtual double spectral_radius(double lowest, double highest) const = 0;
};

}  // namespace pde
