// Fields from functions and random numbers.
#include <cmath>

#include "base/error.hpp"
#include "field/field_math.hpp"
#include "field/pending_samples.hpp"
#include "field/random.hpp"

namespace pde {

void field_fill_function(Field &field,
                         const std::function<void(std::span<const double>, std::span<double>)> &profile) {
  const Grid &grid = field.grid();
  const auto parts = static_cast<size_t>(parts_of(field));
  const size_t rows = field.rows().size();
  PendingSamples pending(field);
  std::vector<double> here(rows * parts), position(static_cast<size_t>(grid.ndim()));
  for (int64_t cell = 0; cell < grid.cells(); ++cell) {
    int64_t rest = cell;
    for (int axis = grid.ndim(); axis-- > 0;) {
      const int64_t n = grid.shape()[static_cast<size_t>(axis)];
      position[static_cast<size_t>(axis)] = grid.centre(axis, rest % n);
      rest /= n;
    }
    profile(position, here);
    for (size_t row = 0; row < rows; ++row)
      pending.put(static_cast<int64_t>(row), cell, std::span(here).subspan(row * parts, parts));
  }
  pending.give();
}

void Field::fill_random(std::string_view kind, int64_t seed, double a, double b) {
  if (!std::isfinite(a) || !std::isfinite(b))
    fail(PDE_ERR_ARGUMENT, "a and b are {} and {}, expected finite numbers", a, b);
  const bool uniform = kind == "uniform";
  if (!uniform && kind != "normal")
    fail(PDE_ERR_ARGUMENT, "kind is \"{}\", expected uniform or normal", kind);
  if (uniform && !(a <= b))
    fail(PDE_ERR_ARGUMENT, "a uniform distribution in [{}, {}) is empty, expected a <= b", a, b);
  if (!uniform && b < 0) fail(PDE_ERR_ARGUMENT, "b is {}, expected a deviation of at least 0", b);
  const RandomStream random(seed);
  PendingSamples pending(*this);
  std::vector<double> values(static_cast<size_t>(grid().cells() * parts_of(*this)));
  uint64_t position = 0;
  for (int64_t row = 0; row < description_.rows(); ++row) {
    for (double &value : values) {
      if (uniform) {
        value = a + (b - a) * random.uniform(position++);
        if (value >= b) value = a;  // rounding must not reach the open end
      } else {
        value = a + b * random.normal(position++);
      }
    }
    pending.put(row, 0, values);
  }
  pending.give();
}

}  // namespace pde
