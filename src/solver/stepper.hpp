// Time steppers: explicit Euler with equal steps, and stabilised Runge-Kutta-Chebyshev with error control.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "solver/rate.hpp"
#include "solver/work_array.hpp"

namespace pde {

class Stepper {
 public:
  virtual ~Stepper() = default;

  /// One step from t towards t_target; the time then reached. It is t_target itself, bit for bit, unless the
  /// rule of the stepper is not to shorten steps. PDE_ERR_UNSOUND if there is no finite state to step to.
  virtual double step(double t, double t_target) = 0;

  WorkArray &state() { return *y_; }
  const WorkLayout &layout() const { return layout_; }
  /// PDE_ERR_UNSOUND if a value of the state is not finite; says what may be wrong.
  virtual void check_sound(double t) const;
  bool sound() const;

  virtual const char *class_name() const = 0;  // as py-pde would call it
  virtual bool adaptive() const = 0;
  /// For the info of files.
  int64_t steps() const { return steps_; }
  double dt() const { return dt_; }
  /// More members for the same JSON object, each with a leading comma.
  virtual std::string extra_info() const { return {}; }

 protected:
  Stepper(Rate &rate, const WorkLayout &layout)
      : rate_(rate), layout_(layout), y_(std::make_unique<WorkArray>(layout)) {}

  Rate &rate_;
  WorkLayout layout_;
  std::unique_ptr<WorkArray> y_;
  int64_t steps_ = 0;
  double dt_ = 0;
};

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

/// Second order, s stages for a stability interval of about 0.65 s^2: many diffusive times in one step.
///
/// B. P. Sommeijer, L. F. Shampine, J. G. Verwer: RKC: an explicit solver for parabolic PDEs, J. Comput.
/// Appl. Math. 88 (1998) 315-326: the scheme, the embedded error estimate, and the control of step and
/// stages. Where they use a weighted root mean square the error here is the largest in any cell, so that it
/// does not depend on how much quiet space is around: it is to be at most tolerance * max(1, |c|).
class RkcStepper : public Stepper {
 public:
  /// first_step 0: found from the state.
  RkcStepper(Rate &rate, const WorkLayout &layout, double tolerance, double first_step);

  double step(double t, double t_target) override;
  /// A step of h without error control, for tests of the order.
  void step_uncontrolled(double t, double h);
  const char *class_name() const override { return "RungeKuttaChebyshevSolver"; }
  bool adaptive() const override { return true; }
  std::string extra_info() const override;

 private:
  void begin(double t);
  double first_step(double t, double t_target);
  double cut_to(double remaining) const;
  int stages(double h) const;
  void attempt(double t, double h);
  void accept(double h, double error);
  void reject(double t, double t_target, double h, double error);
  void rate_of(WorkArray &y, double t, WorkArray &out);
  void set_radius(double lowest, double highest);

  double tolerance_;
  double proposal_;  // for the next step; 0: not known yet
  // The rate at y_; the two latest stages, in the end the new state and its rate.
  std::unique_ptr<WorkArray> f_, new_, spare_;
  bool begun_ = false;
  double radius_ = 0;
  double last_h_ = 0, last_error_ = 0;  // of the last step, if it was accepted
  int64_t evaluations_ = 0, rejected_ = 0;
  double dt_min_ = 0, dt_max_ = 0, dt_mean_ = 0, dt_squares_ = 0;
};

}  // namespace pde
