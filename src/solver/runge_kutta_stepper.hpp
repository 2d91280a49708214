// The classical Runge-Kutta method of fourth order, with equal steps.
//
// Stages are kept instead of rates: each stage is y + a h k, so the k before it is known from it, and the new
// state is a sum of the old one, the three stages and the last rate. That needs one array less, and writes
// one instead of two in each pass.
#pragma once

#include <array>

#include "solver/fixed_stepper.hpp"

namespace pde {

/// Four arrays.
class RungeKuttaStepper : public FixedStepper {
 public:
  static constexpr const char *kName = "rk4";
  static constexpr double kStability = 2.785;
  RungeKuttaStepper(Rate &rate, const WorkLayout &layout, double dt, Rule rule);

  const char *name() const override { return kName; }
  const char *class_name() const override { return "RungeKuttaSolver"; }

 private:
  int64_t advance(double t, double h, int64_t most) override;
  const char *method() const override { return "Runge-Kutta of fourth order"; }
  double stability() const override { return kStability; }

  std::array<std::unique_ptr<WorkArray>, 3> stages_;
};

}  // namespace pde
