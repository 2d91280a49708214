// Fields from functions and random numbers.
#include <cmath>
#include <span>
#include <utility>
#include <vector>

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

// ---- random numbers

namespace {

constexpr double kMaxModes = 1e6;

void check_random(std::string_view kind, double a, double b) {
  if (!std::isfinite(a) || !std::isfinite(b))
    fail(PDE_ERR_ARGUMENT, "a and b are {} and {}, expected finite numbers", a, b);
  if (kind == "uniform") {
    if (!(a <= b))
      fail(PDE_ERR_ARGUMENT, "a uniform distribution in [{}, {}) is empty, expected a <= b", a, b);
  } else if (kind == "normal") {
    if (b < 0) fail(PDE_ERR_ARGUMENT, "b is {}, expected a deviation of at least 0", b);
  } else if (kind == "harmonic") {
    if (!(a >= 1 && a <= kMaxModes && a == std::trunc(a)))
      fail(PDE_ERR_ARGUMENT, "a is {}, expected a whole number of modes from 1 to {:.0f}", a, kMaxModes);
  } else {
    fail(PDE_ERR_ARGUMENT, "kind is \"{}\", expected uniform, normal or harmonic", kind);
  }
}

/// Puts next(0), next(1), ... into the field, in C order.
template <class Next>
void fill_rows(Field &field, Next &&next) {
  PendingSamples pending(field);
  std::vector<double> values(static_cast<size_t>(field.grid().cells() * parts_of(field)));
  uint64_t position = 0;
  for (int64_t row = 0; row < field.description().rows(); ++row) {
    for (double &value : values) value = next(position++);
    pending.put(row, 0, values);
  }
  pending.give();
}

/// Sum over j = 1, 2, ... of amplitude_j * cos(2 pi j (i + 1/2) / count) for each cell i of an axis.
std::vector<double> harmonic_axis(std::span<const double> amplitudes, int64_t count) {
  std::vector<double> values(static_cast<size_t>(count), 0.0);
  int64_t mode = 0;
  for (const double amplitude : amplitudes) {
    mode = (mode + 1) % (2 * count);
    int64_t angle = mode;  // mode * (2 i + 1), in units of pi / count
    for (double &value : values) {
      value += amplitude * cos_half_turns(angle, count);
      angle = (angle + 2 * mode) % (2 * count);
    }
  }
  return values;
}

/// Products over the axes, in C order.
std::vector<double> outer_product(std::span<const std::vector<double>> axes) {
  std::vector<double> product = axes[0];
  for (const std::vector<double> &axis : axes.subspan(1)) {
    std::vector<double> next;
    next.reserve(product.size() * axis.size());
    for (double left : product) {
      for (double right : axis) next.push_back(left * right);
    }
    product = std::move(next);
  }
  return product;
}

/// py-pde's random_harmonic, as its code has it. Amplitudes are drawn by row, part, axis and mode.
void fill_harmonic(Field &field, const RandomStream &random, size_t modes, double factor) {
  const auto parts = static_cast<size_t>(parts_of(field));
  PendingSamples pending(field);
  std::vector<double> values(static_cast<size_t>(field.grid().cells()) * parts), amplitudes(modes);
  uint64_t position = 0;
  for (int64_t row = 0; row < field.description().rows(); ++row) {
    for (size_t part = 0; part < parts; ++part) {
      std::vector<std::vector<double>> axes;
      for (int64_t count : field.grid().shape()) {
        for (double &amplitude : amplitudes) amplitude = random.uniform(position++);
        axes.push_back(harmonic_axis(amplitudes, count));
      }
      const std::vector<double> product = outer_product(axes);
      for (size_t cell = 0; cell < product.size(); ++cell)
        values[cell * parts + part] = factor * product[cell];
    }
    pending.put(row, 0, values);
  }
  pending.give();
}

}  // namespace

void Field::fill_random(std::string_view kind, int64_t seed, double a, double b) {
  check_random(kind, a, b);
  const RandomStream random(seed);
  if (kind == "harmonic") {
    fill_harmonic(*this, random, static_cast<size_t>(a), b);
  } else if (kind == "normal") {
    fill_rows(*this, [&](uint64_t position) { return a + b * random.normal(position); });
  } else {
    fill_rows(*this, [&](uint64_t position) {
      const double value = a + (b - a) * random.uniform(position);
      return value < b ? value : a;  // rounding must not reach the open end
    });
  }
}

}  // namespace pde
