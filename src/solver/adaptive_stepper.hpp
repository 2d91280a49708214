// Steps whose length follows an error estimate by the rules of py-pde, so that runs of both make the same
// steps.
//
// The error of a step is the largest in any cell, not relative to anything. What is divided by the tolerance
// decides about this step and the next one:
//
// accept   up to 1.
// length   times 0.9 / error^0.2, at least a tenth, at most four times as long; a quarter if the error is not
//          a number.
// target   A step is shortened to end at the target. It does not change the length that was proposed.
#pragma once

#include "solver/stepper.hpp"

namespace pde {

class AdaptiveStepper : public Stepper {
 public:
  struct Control {
    double tolerance;
    double dt;  // of the first step
    double dt_min, dt_max;
  };

  double go(double t, double t_target, int64_t most) final;
  bool adaptive() const final { return true; }
  std::string extra_info() const final;

 protected:
  AdaptiveStepper(Rate &rate, const WorkLayout &layout, const Control &control);

  /// Tries a step of h from the state at t; its error, NaN if something is not finite.
  virtual double attempt(double t, double h) = 0;
  /// Takes the state that was tried last, which is that at t_new.
  virtual void accept(double t_new) = 0;

  std::string save_more() const final;
  void restore_more(const JsonValue &saved) final;

 private:
  void adjust(double t, double h, double error);

  Control control_;
  StepStatistics statistics_;
  int64_t rejected_ = 0;
};

}  // namespace pde
