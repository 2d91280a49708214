// Explicit Euler with equal steps.
#pragma once

#include "solver/stepper.hpp"

namespace pde {

/// c += dt F(c). Between two targets all steps are equal.
class EulerStepper : public Stepper {
 public:
  enum class Rule {
    exact,  // as few steps as dt allows, which end at the target
    fixed,  // steps of dt, as many as round-half-even((t1 - t0) / dt), at least 1: py-pde's
  };
  EulerStepper(Rate &rate, const WorkLayout &layout, double dt, Rule rule);

  double step(double t, double t_target) override;
  void check_sound(double t) const override;
  const char *class_name() const override { return "EulerSolver"; }
  bool adaptive() const override { return false; }

 private:
  void plan(double t, double t_target);

  Rule rule_;
  double step_size_;
  std::unique_ptr<WorkArray> next_;
  double t0_ = 0, t1_ = 0, h_ = 0;  // the stretch that is planned …
  int64_t planned_ = 0, done_ = 0;  // … and how many of its steps are done
};

}  // namespace pde
