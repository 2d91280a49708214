// Explicit Euler with error control: one long step against two short ones.
#pragma once

#include "solver/adaptive_stepper.hpp"

namespace pde {

/// Four arrays. What is accepted is the result of the two short steps.
///
/// py-pde computes the rate at the new state with the time before the step; here it is that of the new time,
/// which makes a difference where rates depend on time.
class AdaptiveEulerStepper : public AdaptiveStepper {
 public:
  static constexpr const char *kName = "euler-adaptive";
  AdaptiveEulerStepper(Rate &rate, const WorkLayout &layout, const Control &control);

  const char *name() const override { return kName; }
  const char *class_name() const override { return "EulerSolver"; }

 private:
  double attempt(double t, double h) override;
  void accept(double t_new) override;

  std::unique_ptr<WorkArray> f_, middle_, new_;
  bool begun_ = false;  // f_ is the rate of the state
};

}  // namespace pde
