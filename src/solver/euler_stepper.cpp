#include "solver/euler_stepper.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "base/numbers.hpp"

namespace pde {

EulerStepper::EulerStepper(Rate &rate, const WorkLayout &layout, double dt, Rule rule)
    : Stepper(rate, layout), rule_(rule), step_size_(dt), next_(std::make_unique<WorkArray>(layout)) {
  dt_ = dt;
}

void EulerStepper::plan(double t, double t_target) {
  const double steps = (t_target - t) / step_size_;
  if (!(steps < 9e15))
    fail(PDE_ERR_ARGUMENT, "option dt is {}, too short for the {} up to t = {}", real_text(step_size_),
         real_text(t_target - t), real_text(t_target));
  t0_ = t;
  t1_ = t_target;
  done_ = 0;
  // A millionth of a step too much is rounding, not another step.
  const double count = rule_ == Rule::fixed ? std::nearbyint(steps) : std::ceil(steps - 1e-6);
  planned_ = std::max<int64_t>(1, static_cast<int64_t>(count));
  h_ = rule_ == Rule::fixed ? step_size_ : (t1_ - t0_) / static_cast<double>(planned_);
}

double EulerStepper::step(double t, double t_target) {
  if (done_ == planned_ || t_target != t1_) plan(t, t_target);
  rate_.evaluate(
      *y_, t, {.kind = Combination::Kind::sum, .out = next_.get(), .f_weight = h_, .terms = {{y_.get(), 1}}});
  y_.swap(next_);
  ++done_;
  if (++steps_ % 64 == 0) check_sound(t + h_);
  if (done_ < planned_) return t0_ + static_cast<double>(done_) * h_;
  if (rule_ == Rule::exact) return t1_;
  return (t0_ + static_cast<double>(planned_ - 1) * h_) + h_;
}

void EulerStepper::check_sound(double t) const {
  if (sound()) return;
  const double radius = rate_.spectral_radius(-1, 1);
  fail(PDE_ERR_UNSOUND,
       "the state is not finite any more at t = {}: explicit Euler with dt = {} has blown up (for values "
       "between -1 and 1 it is "
       "stable up to dt = {:.3g})",
       real_text(t), real_text(step_size_), 2 / radius);
}

}  // namespace pde
