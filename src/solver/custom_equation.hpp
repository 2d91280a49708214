// Equations whose rate is a function of the user.
#pragma once

#include <functional>

#include "solver/equation.hpp"

namespace pde {

/// Writes the rate of a state at a time. Both fields are C order and only lent; what it throws ends the run.
using RateFunction = std::function<void(const std::shared_ptr<const Field> &, double, const FieldPtr &)>;

/// Options: table "equation:custom".
EquationPtr make_custom_equation(RateFunction function, const Options &options);
OptionTable custom_equation_options();

}  // namespace pde
