#include "solver/euler_stepper.hpp"

namespace pde {

void EulerStepper::advance(double t, double h) {
  rate_.evaluate(
      *y_, t, {.kind = Combination::Kind::sum, .out = next_.get(), .f_weight = h, .terms = {{y_.get(), 1}}});
  if (noise_) noise_->add(*next_, layout_, steps_, h);
  y_.swap(next_);
}

}  // namespace pde
