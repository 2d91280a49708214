#include "field/field_math.hpp"

#include <cmath>
#include <complex>
#include <limits>
#include <type_traits>

#include "base/error.hpp"

namespace pde {
namespace {

class Sum {
 public:
  void add(double value) {
    const double next = sum_ + value;
    // A sum that is no longer finite must not turn into NaN by inf - inf.
    if (std::isfinite(next))
      rest_ += std::fabs(sum_) >= std::fabs(value) ? (sum_ - next) + value : (value - next) + sum_;
    sum_ = next;
  }
  double value() const { return sum_ + rest_; }

 private:
  double sum_ = 0, rest_ = 0;
};

/// Samples as numbers of double precision.
inline double widened(double value) {
  return value;
}
inline double widened(float value) {
  return value;
}
inline double widened(Bool8 value) {
  return value == Bool8::no ? 0 : 1;
}
inline std::complex<double> widened(std::complex<double> value) {
  return value;
}
inline std::complex<double> widened(std::complex<float> value) {
  return value;
}
template <class T>
requires std::is_integral_v<T>
double widened(T value) {
  return static_cast<double>(value);
}

/// Calls `f(sample, cell)` for the cells of one row in C order.
template <class T, class F>
void for_each_sample(const Field &field, const Field::Row &row, F &&f) {
  const auto &shape = field.grid().shape();
  const std::byte *data = row.data();
  int64_t position[Grid::kMaxAxes] = {};
  const int last = field.grid().ndim() - 1;
  for (int64_t cell = 0; cell < field.grid().cells();) {
    int64_t offset = 0;
    for (int axis = 0; axis < last; ++axis) offset += position[axis] * row.strides[static_cast<size_t>(axis)];
    for (int64_t i = 0; i < shape[static_cast<size_t>(last)]; ++i, ++cell) {
      f(*reinterpret_cast<const T *>(data + offset + i * row.strides[static_cast<size_t>(last)]), cell);
    }
    for (int axis = last - 1; axis >= 0; --axis) {
      if (++position[axis] < shape[static_cast<size_t>(axis)]) break;
      position[axis] = 0;
    }
  }
}

/// Integrals of `f(sample)` over the grid, one per row; complex results as pairs.
template <class F>
std::vector<double> row_integrals(const Field &field, F &&f) {
  std::vector<double> result;
  visit_dtype(field.dtype(), [&](auto tag) {
    using T = decltype(tag);
    size_t row_index = 0;
    for (const Field::Row &row : field.rows()) {
      Sum re, im;
      using Value = decltype(f(widened(T{}), row_index));
      for_each_sample<T>(field, row, [&](T sample, int64_t cell) {
        const double volume = field.grid().cell_volume(cell);
        const auto value = f(widened(sample), row_index);
        if constexpr (is_complex<Value>::value) {
          re.add(value.real() * volume);
          im.add(value.imag() * volume);
        } else {
          re.add(value * volume);
        }
      });
      result.push_back(re.value());
      if constexpr (is_complex<Value>::value) result.push_back(im.value());
      ++row_index;
    }
  });
  return result;
}

std::vector<double> integral(const Field &field) {
  return row_integrals(field, [](auto value, size_t) { return value; });
}

std::vector<double> variance(const Field &field) {
  const std::vector<double> mean = field_average(field);
  std::vector<double> result = row_integrals(field, [&](auto value, size_t row) {
    if constexpr (is_complex<decltype(value)>::value) {
      return std::norm(value - std::complex<double>(mean[2 * row], mean[2 * row + 1]));
    } else {
      return (value - mean[row]) * (value - mean[row]);
    }
  });
  for (double &value : result) value /= field.grid().volume();
  return result;
}

template <class Better>
std::vector<double> extremum(const Field &field, const char *name, Better better) {
  if (dtype_is_complex(field.dtype())) {
    fail(PDE_ERR_DTYPE, "\"{}\" of a {} field: complex numbers have no order", name,
         dtype_name(field.dtype()));
  }
  std::vector<double> result;
  visit_dtype(field.dtype(), [&](auto tag) {
    using T = decltype(tag);
    if constexpr (!is_complex<T>::value) {
      for (const Field::Row &row : field.rows()) {
        double best = widened(*reinterpret_cast<const T *>(row.data()));
        for_each_sample<T>(field, row, [&](T sample, int64_t) {
          const double value = widened(sample);
          if (better(value, best) || std::isnan(value)) best = value;
        });
        result.push_back(best);
      }
    }
  });
  return result;
}

/// |average of the scalar form|: the value itself, the Euclidean norm of a vector (its only component in one
/// dimension, if real), the Frobenius norm of a tensor.
double member_magnitude(const Field &field) {
  const bool itself = field.description().rank == PDE_SCALAR ||
                      (field.description().rank == PDE_VECTOR && field.rows().size() == 1 &&
                       !dtype_is_complex(field.dtype()));
  if (itself) {
    const std::vector<double> mean = field_average(field);
    return mean.size() == 2 ? std::hypot(mean[0], mean[1]) : std::fabs(mean[0]);
  }
  const auto cells = static_cast<size_t>(field.grid().cells());
  std::vector<double> squares(cells, 0.0);
  visit_dtype(field.dtype(), [&](auto tag) {
    using T = decltype(tag);
    for (const Field::Row &row : field.rows()) {
      for_each_sample<T>(field, row, [&](T sample, int64_t cell) {
        squares[static_cast<size_t>(cell)] += std::norm(widened(sample));
      });
    }
  });
  Sum sum;
  for (size_t cell = 0; cell < cells; ++cell)
    sum.add(std::sqrt(squares[cell]) * field.grid().cell_volume(static_cast<int64_t>(cell)));
  return std::fabs(sum.value() / field.grid().volume());
}

}  // namespace

std::vector<double> field_average(const Field &field) {
  std::vector<double> result = integral(field);
  for (double &value : result) value /= field.grid().volume();
  return result;
}

std::vector<double> field_statistic(const Field &field, std::string_view name) {
  if (name == "integral") return integral(field);
  if (name == "variance") return variance(field);
  if (name == "min") return extremum(field, "min", std::less<>());
  if (name == "max") return extremum(field, "max", std::greater<>());
  if (name == "magnitude") {
    std::vector<double> result;
    for (int64_t i = 0; i < field.member_count(); ++i) result.push_back(member_magnitude(*field.member(i)));
    return result;
  }
  fail(PDE_ERR_ARGUMENT, "name is \"{}\", expected integral, variance, min, max or magnitude", name);
}

}  // namespace pde
