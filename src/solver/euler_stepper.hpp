// Explicit Euler with equal steps.
#pragma once

#include "solver/fixed_stepper.hpp"

namespace pde {

/// c += dt F(c). Two arrays.
class EulerStepper : public FixedStepper {
 public:
  static constexpr const char *kName = "euler";
  static constexpr double kStability = 2;
  EulerStepper(Rate &rate, const WorkLayout &layout, double dt, Rule rule)
      : FixedStepper(rate, layout, dt, rule), next_(std::make_unique<WorkArray>(layout)) {}

  const char *name() const override { return kName; }
  const char *class_name() const override { return "EulerSolver"; }

 private:
  void advance(double t, double h) override;
  const char *method() const override { return "explicit Euler"; }
  double stability() const override { return kStability; }

  std::unique_ptr<WorkArray> next_;
};

}  // namespace pde
