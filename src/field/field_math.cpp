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

/// A sum of complex numbers; the imaginary part of real ones stays 0.
class ComplexSum {
 public:
  void add(double value) { re_.add(value); }
  void add(std::complex<double> value) {
    re_.add(value.real());
    im_.add(value.imag());
  }
  std::complex<double> value() const { return {re_.value(), im_.value()}; }

 private:
  Sum re_, im_;
};

/// A sample in double precision; `low` is what `high` has no room for in integers of 64 bits.
template <class Number>
struct Widened {
  Number high;
  double low = 0;
  Number rounded() const { return high + low; }
};

template <class T>
auto widened(T value) {
  if constexpr (is_complex<T>::value) {
    return Widened<std::complex<double>>{value};
  } else if constexpr (std::is_integral_v<T> && sizeof(T) == 8) {
    const T low = value & 0xFFFFFFFF;
    return Widened<double>{static_cast<double>(value - low), static_cast<double>(low)};
  } else {
    return Widened<double>{static_cast<double>(value)};
  }
}

/// Calls `f(data, cell)` for the first cell of each line along the last axis, in C order.
template <class F>
void for_each_line(const Field &field, const Field::Row &row, F &&f) {
  const auto &shape = field.grid().shape();
  const std::byte *data = row.data();
  int64_t position[Grid::kMaxAxes] = {};
  const int last = field.grid().ndim() - 1;
  for (int64_t cell = 0; cell < field.grid().cells(); cell += shape[static_cast<size_t>(last)]) {
    int64_t offset = 0;
    for (int axis = 0; axis < last; ++axis) offset += position[axis] * row.strides[static_cast<size_t>(axis)];
    f(data + offset, cell);
    for (int axis = last - 1; axis >= 0; --axis) {
      if (++position[axis] < shape[static_cast<size_t>(axis)]) break;
      position[axis] = 0;
    }
  }
}

int64_t line_length(const Field &field) {
  return field.grid().shape().back();
}
int64_t line_stride(const Field &field, const Field::Row &row) {
  return row.strides[static_cast<size_t>(field.grid().ndim() - 1)];
}

/// Calls `f(sample, cell)` for the cells of one row in C order.
template <class T, class F>
void for_each_sample(const Field &field, const Field::Row &row, F &&f) {
  const int64_t count = line_length(field), stride = line_stride(field, row);
  for_each_line(field, row, [&](const std::byte *data, int64_t cell) {
    for (int64_t i = 0; i < count; ++i) f(*reinterpret_cast<const T *>(data + i * stride), cell + i);
  });
}

/// The same with the samples in double precision.
template <class F>
void for_each_widened(const Field &field, const Field::Row &row, F &&f) {
  visit_dtype(field.dtype(), [&](auto tag) {
    using T = decltype(tag);
    for_each_sample<T>(field, row, [&](T sample, int64_t cell) { f(widened(sample), cell); });
  });
}

/// The sum of value * factor(cell) over a row.
template <class F>
std::complex<double> weighted_sum(const Field &field, const Field::Row &row, F &&factor) {
  ComplexSum sum;
  for_each_widened(field, row, [&](auto value, int64_t cell) {
    const double f = factor(cell);
    sum.add(value.high * f);
    if (value.low != 0) sum.add(value.low * f);
  });
  return sum.value();
}

// ---- sums of lines, where all cells of a line have the same volume

/// In eight lanes, which the processor adds at once. Each keeps what rounding drops (Knuth's two-sum, which
/// needs no comparison).
template <class Real, int64_t known_stride>
void add_line(Sum &total, const std::byte *data, int64_t count, int64_t stride, double weight) {
  constexpr int64_t kLanes = 8;
  double sum[kLanes] = {}, rest[kLanes] = {};
  const auto value_at = [&](int64_t i) {
    return static_cast<double>(
        *reinterpret_cast<const Real *>(data + i * (known_stride ? known_stride : stride)));
  };
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (int64_t lane = 0; lane < kLanes; ++lane) {
      const double value = value_at(i + lane), next = sum[lane] + value, part = next - sum[lane];
      rest[lane] += (sum[lane] - (next - part)) + (value - part);
      sum[lane] = next;
    }
  }
  for (int64_t lane = 0; lane < kLanes; ++lane) {
    total.add(sum[lane] * weight);
    if (std::isfinite(sum[lane])) total.add(rest[lane] * weight);
  }
  for (; i < count; ++i) total.add(value_at(i) * weight);
}

template <class Real>
void add_lines(Sum &total, const Field &field, const Field::Row &row, int64_t offset) {
  const int64_t count = line_length(field), stride = line_stride(field, row);
  for_each_line(field, row, [&](const std::byte *data, int64_t cell) {
    const double volume = field.grid().cell_volume(cell);
    if (stride == static_cast<int64_t>(sizeof(Real))) {
      add_line<Real, sizeof(Real)>(total, data + offset, count, stride, volume);
    } else {
      add_line<Real, 0>(total, data + offset, count, stride, volume);
    }
  });
}

/// On all grids but those whose only axis is a radius; integers of 64 bits need more than double precision.
bool has_even_lines(const Field &field) {
  const bool wide = field.dtype() == PDE_INT64 || field.dtype() == PDE_UINT64;
  return !wide && (field.grid().is_cartesian() || field.grid().ndim() > 1);
}

std::complex<double> row_integral(const Field &field, const Field::Row &row) {
  if (!has_even_lines(field))
    return weighted_sum(field, row, [&](int64_t cell) { return field.grid().cell_volume(cell); });
  Sum re, im;
  visit_dtype(field.dtype(), [&](auto tag) {
    using T = decltype(tag);
    if constexpr (is_complex<T>::value) {
      using Real = typename T::value_type;
      add_lines<Real>(re, field, row, 0);
      add_lines<Real>(im, field, row, sizeof(Real));
    } else {
      add_lines<T>(re, field, row, 0);
    }
  });
  return {re.value(), im.value()};
}

std::vector<double> integral(const Field &field) {
  std::vector<double> result;
  for (const Field::Row &row : field.rows()) {
    const std::complex<double> sum = row_integral(field, row);
    result.push_back(sum.real());
    if (dtype_is_complex(field.dtype())) result.push_back(sum.imag());
  }
  return result;
}

/// The mean of abs(value * scale - mean(value * scale))^2 over a row, where means have weights that sum up to
/// `total`.
template <class Scale, class Weight>
double mean_square_deviation(const Field &field, const Field::Row &row, Scale &&scale, Weight &&weight,
                             double total) {
  const std::complex<double> mean =
      weighted_sum(field, row, [&](int64_t cell) { return scale(cell) * weight(cell); }) / total;
  ComplexSum rest;  // would be 0 if the mean were exact
  Sum squares;
  for_each_widened(field, row, [&](auto value, int64_t cell) {
    const double s = scale(cell), w = weight(cell);
    const std::complex<double> deviation = value.high * s - mean + value.low * s;
    rest.add(deviation * w);
    squares.add(std::norm(deviation) * w);
  });
  const double square = (squares.value() - std::norm(rest.value()) / total) / total;
  return square < 0 ? 0 : square;  // NaN stays
}

std::vector<double> variance(const Field &field) {
  std::vector<double> result;
  for (const Field::Row &row : field.rows()) {
    result.push_back(mean_square_deviation(
        field, row, [](int64_t) { return 1.0; }, [&](int64_t cell) { return field.grid().cell_volume(cell); },
        field.grid().volume()));
  }
  return result;
}

/// As py-pde has it: the standard deviation over the cells of value * sqrt(volume of the cell).
std::vector<double> fluctuations(const Field &field) {
  std::vector<double> result;
  for (const Field::Row &row : field.rows()) {
    result.push_back(std::sqrt(mean_square_deviation(
        field, row, [&](int64_t cell) { return std::sqrt(field.grid().cell_volume(cell)); },
        [](int64_t) { return 1.0; }, static_cast<double>(field.grid().cells()))));
  }
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
        T best = *reinterpret_cast<const T *>(row.data());
        for_each_sample<T>(field, row, [&](T sample, int64_t) {
          if (better(sample, best) || sample != sample) best = sample;  // NaN stays
        });
        result.push_back(static_cast<double>(best));
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
  for (const Field::Row &row : field.rows()) {
    for_each_widened(field, row, [&](auto value, int64_t cell) {
      squares[static_cast<size_t>(cell)] += std::norm(value.rounded());
    });
  }
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
  if (name == "fluctuations") return fluctuations(field);
  if (name == "min") return extremum(field, "min", std::less<>());
  if (name == "max") return extremum(field, "max", std::greater<>());
  if (name == "magnitude") {
    std::vector<double> result;
    for (int64_t i = 0; i < field.description().member_count(); ++i)
      result.push_back(member_magnitude(*field.member(i)));
    return result;
  }
  fail(PDE_ERR_ARGUMENT, "name is \"{}\", expected integral, variance, fluctuations, min, max or magnitude",
       name);
}

}  // namespace pde
