// Fields from functions, random numbers and other fields.
#include <cmath>
#include <optional>

#include "base/error.hpp"
#include "field/field_math.hpp"
#include "field/random.hpp"
#include "field/strided_copy.hpp"

namespace pde {
namespace {

/// Real numbers per sample: 2 for complex dtypes.
int64_t parts(const Field &field) {
  return dtype_is_complex(field.dtype()) ? 2 : 1;
}

/// Puts numbers, component by component in C order, into the field.
void put_values(Field &field, const std::vector<double> &values) {
  const int32_t from = parts(field) == 2 ? PDE_COMPLEX128 : PDE_FLOAT64;
  std::vector<std::byte> converted(static_cast<size_t>(field.description().bytes()));
  const int64_t bad =
      convert_samples(converted.data(), field.dtype(), values.data(), from, field.description().count());
  if (bad >= 0)
    fail(PDE_ERR_RANGE, "the value for sample {} is one that {} cannot hold", bad, dtype_name(field.dtype()));
  field.unpack(converted.data());
}

}  // namespace

void field_fill_function(Field &field,
                         const std::function<void(std::span<const double>, std::span<double>)> &profile) {
  const Grid &grid = field.grid();
  const auto part_count = static_cast<size_t>(parts(field));
  const size_t rows = field.rows().size();
  const auto cells = static_cast<size_t>(grid.cells());
  std::vector<double> values(rows * cells * part_count), here(rows * part_count);
  std::vector<double> position(static_cast<size_t>(grid.ndim()));
  for (size_t cell = 0; cell < cells; ++cell) {
    auto rest = static_cast<int64_t>(cell);
    for (int axis = grid.ndim(); axis-- > 0;) {
      const int64_t n = grid.shape()[static_cast<size_t>(axis)];
      position[static_cast<size_t>(axis)] = grid.centre(axis, rest % n);
      rest /= n;
    }
    profile(position, here);
    for (size_t row = 0; row < rows; ++row) {
      for (size_t part = 0; part < part_count; ++part) {
        values[(row * cells + cell) * part_count + part] = here[row * part_count + part];
      }
    }
  }
  put_values(field, values);
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
  std::vector<double> values(static_cast<size_t>(description_.count() * parts(*this)));
  for (size_t i = 0; i < values.size(); ++i) {
    if (uniform) {
      const double value = a + (b - a) * random.uniform(i);
      values[i] = value < b ? value : a;  // rounding must not reach the open end
    } else {
      values[i] = a + b * random.normal(i);
    }
  }
  put_values(*this, values);
}

void Field::combine(double a, double b, const Field *other) {
  const auto numbers = [](const Field &field) {
    const int32_t wide = parts(field) == 2 ? PDE_COMPLEX128 : PDE_FLOAT64;
    std::vector<double> values(static_cast<size_t>(field.description().count() * parts(field)));
    field.copy(wide, std::nullopt)->pack(values.data());
    return values;
  };
  if (other) {
    if (!(other->grid() == grid()) || other->rows_.size() != rows_.size()) {
      fail(PDE_ERR_SHAPE, "the other field is a {} on {}, expected a {} on {}",
           rank_name(other->description_.rank), other->grid().text(), rank_name(description_.rank),
           grid().text());
    }
    if (parts(*other) > parts(*this))
      fail(PDE_ERR_DTYPE, "the other field is complex, this one is {}", dtype_name(dtype()));
  }
  std::vector<double> values = numbers(*this);
  for (double &value : values) value *= a;
  if (other) {
    const std::vector<double> add = numbers(*other);
    const size_t step = values.size() / add.size();  // 2: real numbers added to complex ones
    for (size_t i = 0; i < add.size(); ++i) values[i * step] += b * add[i];
  }
  put_values(*this, values);
}

}  // namespace pde
