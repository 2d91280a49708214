// Stabilised Runge-Kutta-Chebyshev with error control.
#pragma once

#include "solver/stepper.hpp"

namespace pde {

/// Second order, s stages for a stability interval of about 0.65 s^2: many diffusive times in one step.
///
/// B. P. Sommeijer, L. F. Shampine, J. G. Verwer: RKC: an explicit solver for parabolic PDEs, J. Comput.
/// Appl. Math. 88 (1998) 315-326: the scheme, the embedded error estimate, and the control of step and
/// stages. Where they use a weighted root mean square the error here is the largest in any cell, so that it
/// does not depend on how much quiet space is around: it is to be at most tolerance * max(1, |c|). Where the
/// spectral radius is not known it is estimated by their nonlinear power method, which here starts from
/// random numbers: they hold every eigenvector, and nothing has to be kept from one estimate to the next.
class RkcStepper : public Stepper {
 public:
  static constexpr const char *kName = "rkc";
  /// first_step 0: found from the state.
  RkcStepper(Rate &rate, const WorkLayout &layout, double tolerance, double first_step);

  double go(double t, double t_target, int64_t most) override;
  /// A step of h without error control, for tests of the order.
  void step_uncontrolled(double t, double h);
  const char *name() const override { return kName; }
  const char *class_name() const override { return "RungeKuttaChebyshevSolver"; }
  bool adaptive() const override { return true; }
  std::string extra_info() const override;

 private:
  void begin(double t);
  double first_step(double t, double t_target);
  double cut_to(double remaining) const;
  int stages(double h) const;
  void attempt(double t, double h, double t_new);
  void accept(double h, double error);
  void reject(double t, double t_target, double h, double error);
  void rate_of(WorkArray &y, double t, WorkArray &out);
  void set_radius(double lowest, double highest);
  void estimate_radius(double t);
  std::string save_more() const override;
  void restore_more(const JsonValue &saved) override;

  double tolerance_;
  double proposal_;  // for the next step; 0: not known yet
  // The rate at y_; the two latest stages, in the end the new state and its rate.
  std::unique_ptr<WorkArray> f_, new_, spare_;
  bool begun_ = false;
  double radius_ = 0;
  int64_t until_estimate_ = 0;          // steps; of rates that do not know their spectrum
  double last_h_ = 0, last_error_ = 0;  // of the last step, if it was accepted
  int64_t evaluations_ = 0, rejected_ = 0;
  StepStatistics statistics_;
};

}  // namespace pde
