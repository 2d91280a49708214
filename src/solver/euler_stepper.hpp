// Explicit Euler with equal steps; the method of Euler and Maruyama if there is noise.
#pragma once

#include <optional>

#include "solver/fixed_stepper.hpp"
#include "solver/noise.hpp"

namespace pde {

/// c += dt F(c). Two arrays.
class EulerStepper : public FixedStepper {
 public:
  static constexpr const char *kName = "euler";
  static constexpr double kStability = 2;
  EulerStepper(Rate &rate, const WorkLayout &layout, double dt, Rule rule, std::optional<Noise> noise = {})
      : FixedStepper(rate, layout, dt, rule),
        noise_(std::move(noise)),
        at_once_(rate.euler_steps_at_once()),
        next_(std::make_unique<WorkArray>(layout)) {}

  const char *name() const override { return kName; }
  const char *class_name() const override { return "EulerSolver"; }
  bool stochastic() const override { return noise_.has_value(); }

 private:
  int64_t advance(double t, double h, int64_t most) override;
  const char *method() const override { return "explicit Euler"; }
  double stability() const override { return kStability; }

  std::optional<Noise> noise_;
  int64_t at_once_;
  std::unique_ptr<WorkArray> next_;
};

}  // namespace pde
