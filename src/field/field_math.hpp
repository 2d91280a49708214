// Arithmetic and statistics of fields. Sums are compensated (Neumaier), so they do not depend on the layout
// in any digit that matters; integers of 64 bits enter them with all their digits.
#pragma once

#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "field/field.hpp"

namespace pde {

/// Volume-weighted mean per scalar component; complex: re, im pairs.
std::vector<double> field_average(const Field &field);

/// "integral" (per component; complex: re, im pairs), "variance" (volume weighted, per component),
/// "fluctuations" (per component), "min", "max" (per component; NaN where a sample is NaN; PDE_ERR_DTYPE for
/// complex), "magnitude" (per field: |average of its scalar form|). include/pde/field.h has the formulas.
std::vector<double> field_statistic(const Field &field, std::string_view name);

/// Calls `profile(position, values)` per cell; values: one per component, complex: re, im pairs. Nothing is
/// written unless all calls succeed.
void field_fill_function(Field &field,
                         const std::function<void(std::span<const double>, std::span<double>)> &profile);

}  // namespace pde
