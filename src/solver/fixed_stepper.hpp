// Steppers of equal steps: how many lead from one due time to the next, and what to say when they blow up.
#pragma once

#include "solver/stepper.hpp"

namespace pde {

/// Between two targets all steps are equal.
class FixedStepper : public Stepper {
 public:
  enum class Rule {
    exact,  // as few steps as dt allows, which end at the target
    fixed,  // steps of dt, as many as round-half-even((t1 - t0) / dt), at least 1: py-pde's
  };

  double go(double t, double t_target, int64_t most) final;
  void check_sound(double t) const final;
  bool adaptive() const final { return false; }

 protected:
  FixedStepper(Rate &rate, const WorkLayout &layout, double dt, Rule rule);

  /// Makes a step of h from the state at t on, or several at once, at most so many; says how many.
  virtual int64_t advance(double t, double h, int64_t most) = 0;
  /// The next step begins a stretch of equal steps.
  virtual void begin_stretch() {}
  /// For messages: "explicit Euler"; and the length of its interval of stability on the negative real axis.
  virtual const char *method() const = 0;
  virtual double stability() const = 0;
  /// Whether a stretch has begun and has not ended.
  bool within_stretch() const { return done_ < planned_; }

  std::string save_more() const override;
  void restore_more(const JsonValue &saved) override;

 private:
  void plan(double t, double t_target);

  Rule rule_;
  double step_size_;
  double t0_ = 0, t1_ = 0, h_ = 0;  // the stretch that is planned …
  int64_t planned_ = 0, done_ = 0;  // … and how many of its steps are done
};

/// What a user may choose as dt, in words: "; for values between -1 and 1 it is stable up to dt = 0.1", or
/// nothing where the rate does not know.
std::string stability_hint(const Rate &rate, double stability);

}  // namespace pde
