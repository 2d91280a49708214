#include "solver/euler_stepper.hpp"

#include <algorithm>

namespace pde {

int64_t EulerStepper::advance(double t, double h, int64_t most) {
  int64_t steps = 1;
  if (at_once_ > 0) {
    if (!noise_) steps = std::min(most, at_once_);
    rate_.euler_steps(*y_, *next_, h, steps);
  } else {
    rate_.evaluate(
        *y_, t,
        {.kind = Combination::Kind::sum, .out = next_.get(), .f_weight = h, .terms = {{y_.get(), 1}}});
  }
  if (noise_) noise_->add(*next_, layout_, steps_, h);
  y_.swap(next_);
  return steps;
}

}  // namespace pde
