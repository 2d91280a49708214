#include "solver/euler_stepper.hpp"

#include <algorithm>

namespace pde {

void EulerStepper::advance(double t, double h) {
  if (at_once_ > 0) {
    rate_.euler_steps(*y_, *next_, h, 1);
  } else {
    rate_.evaluate(
        *y_, t,
        {.kind = Combination::Kind::sum, .out = next_.get(), .f_weight = h, .terms = {{y_.get(), 1}}});
  }
  if (noise_) noise_->add(*next_, layout_, steps_, h);
  y_.swap(next_);
}

int64_t EulerStepper::advance_many(double t, double h, int64_t most) {
  const int64_t steps = std::min(most, at_once_);
  if (noise_ || steps < 2) return FixedStepper::advance_many(t, h, most);
  rate_.euler_steps(*y_, *next_, h, steps);
  y_.swap(next_);
  return steps;
}

}  // namespace pde
