#include "solver/adaptive_euler_stepper.hpp"

#include "solver/survey.hpp"

namespace pde {

AdaptiveEulerStepper::AdaptiveEulerStepper(Rate &rate, const WorkLayout &layout, const Control &control)
    : AdaptiveStepper(rate, layout, control),
      f_(std::make_unique<WorkArray>(layout)),
      middle_(std::make_unique<WorkArray>(layout)),
      new_(std::make_unique<WorkArray>(layout)) {}

double AdaptiveEulerStepper::attempt(double t, double h) {
  if (!begun_) rate_.evaluate(*y_, t, {.out = f_.get()});
  begun_ = true;
  const double *const y = y_->cells(), *const f = f_->cells(), *const z = new_->cells();
  double *const middle = middle_->cells();
  sweep(layout_, [=, weight = 0.5 * h](int64_t at) { middle[at] = y[at] + weight * f[at]; });
  rate_.evaluate(*middle_, t + 0.5 * h,
                 {.kind = Combination::Kind::sum,
                  .out = new_.get(),
                  .f_weight = 0.5 * h,
                  .terms = {{middle_.get(), 1}}});
  return largest_modulus(layout_, [=](int64_t at) { return y[at] + h * f[at] - z[at]; });
}

void AdaptiveEulerStepper::accept(double t_new) {
  rate_.evaluate(*new_, t_new, {.out = middle_.get()});
  y_.swap(new_);
  f_.swap(middle_);
}

}  // namespace pde
