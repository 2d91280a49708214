#include "solver/stepper.hpp"

#include "base/error.hpp"
#include "base/numbers.hpp"

namespace pde {

bool Stepper::sound() const {
  const double *cells = y_->cells();
  for (int64_t i = 0; i < layout_.shape[0]; ++i) {
    for (int64_t j = 0; j < layout_.shape[1]; ++j) {
      const double *row = cells + i * layout_.strides[0] + j * layout_.strides[1];
      // x - x is 0 for finite x and NaN otherwise.
      double sum = 0;
      for (int64_t k = 0; k < layout_.shape[2]; ++k) sum += row[k] - row[k];
      if (sum != 0) return false;
    }
  }
  return true;
}

void Stepper::check_sound(double t) const {
  if (!sound()) fail(PDE_ERR_UNSOUND, "the state is not finite at t = {}", real_text(t));
}

}  // namespace pde
