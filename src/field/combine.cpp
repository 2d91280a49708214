// field = a * field + b * other: exact for integers and whole factors, else in double precision.
#include <cmath>
#include <limits>
#include <type_traits>
#include <utility>

#include "base/error.hpp"
#include "field/pending_samples.hpp"

namespace pde {
namespace {

/// Holds the sum of two products of 64-bit integers and factors up to kMaxFactor.
__extension__ typedef __int128 Wide;
constexpr double kMaxFactor = 0x1p60;

/// Up to here double precision tells whole numbers apart.
constexpr double kMaxWhole = 0x1p53;

bool is_whole(double factor) {
  return std::fabs(factor) <= kMaxFactor && factor == std::trunc(factor);
}

bool is_integer(const Field &field) {
  return visit_dtype(field.dtype(), [](auto tag) {
    using T = decltype(tag);
    return std::is_same_v<T, Bool8> || std::is_integral_v<T>;
  });
}

void check_operands(const Field &field, const Field &other) {
  if (!(other.grid() == field.grid()) || other.rows().size() != field.rows().size()) {
    fail(PDE_ERR_SHAPE, "the other field is a {} on {}, expected a {} on {}",
         rank_name(other.description().rank), other.grid().text(), rank_name(field.description().rank),
         field.grid().text());
  }
  if (parts_of(other) > parts_of(field))
    fail(PDE_ERR_DTYPE, "the other field is complex, this one is {}", dtype_name(field.dtype()));
}

// ---- in double precision

/// One row in double precision; complex: pairs.
std::vector<double> reals_of(const Field &field, size_t row) {
  const int64_t cells = field.grid().cells();
  std::vector<std::byte> packed(static_cast<size_t>(cells * dtype_size(field.dtype())));
  field.pack_row(row, packed.data());
  std::vector<double> reals(static_cast<size_t>(cells * parts_of(field)));
  const int64_t bad = convert_samples(reals.data(), parts_of(field) == 2 ? PDE_COMPLEX128 : PDE_FLOAT64,
                                      packed.data(), field.dtype(), cells);
  if (bad >= 0) {
    fail(PDE_ERR_RANGE,
         "sample {} of the {} field has more digits than double precision: expected whole factors and "
         "integer fields",
         static_cast<int64_t>(row) * cells + bad, dtype_name(field.dtype()));
  }
  return reals;
}

/// Numbers for an integer field must not have been rounded to whole ones by their size alone.
void check_whole(double value, const Field &field, size_t row, size_t cell) {
  if (std::fabs(value) <= kMaxWhole) return;
  fail(PDE_ERR_RANGE,
       "sample {} of the {} field would take the term {}, beyond what double precision tells apart: expected "
       "whole factors and integer fields",
       static_cast<int64_t>(row) * field.grid().cells() + static_cast<int64_t>(cell),
       dtype_name(field.dtype()), value);
}

void combine_reals(Field &field, double a, double b, const Field *other, size_t row,
                   PendingSamples &pending) {
  std::vector<double> values = reals_of(field, row);
  const bool whole = is_integer(field);
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] *= a;
    if (whole) check_whole(values[i], field, row, i);
  }
  if (other) {
    const std::vector<double> add = reals_of(*other, row);
    const size_t step = values.size() / add.size();  // 2: real numbers added to complex ones
    for (size_t i = 0; i < add.size(); ++i) {
      const double term = b * add[i];
      values[i * step] += term;
      if (whole) check_whole(term, field, row, i), check_whole(values[i], field, row, i);
    }
  }
  pending.put(static_cast<int64_t>(row), 0, values);
}

// ---- exactly

/// One row of an integer field, as it is, times a whole factor.
std::vector<Wide> wholes_of(const Field &field, size_t row, double factor) {
  std::vector<Wide> wholes(static_cast<size_t>(field.grid().cells()));
  visit_dtype(field.dtype(), [&](auto tag) {
    using T = decltype(tag);
    if constexpr (std::is_same_v<T, Bool8> || std::is_integral_v<T>) {
      std::vector<T> packed(wholes.size());
      field.pack_row(row, packed.data());
      for (size_t i = 0; i < packed.size(); ++i)
        wholes[i] = static_cast<Wide>(packed[i]) * static_cast<int64_t>(factor);
    }
  });
  return wholes;
}

/// Puts a row of whole numbers where `T` holds each of them.
template <class T>
void put_wholes(const std::vector<Wide> &wholes, int64_t first_sample, PendingSamples &pending) {
  using Limits = std::numeric_limits<std::conditional_t<std::is_same_v<T, Bool8>, bool, T>>;
  T *to = reinterpret_cast<T *>(pending.at(first_sample));
  for (size_t i = 0; i < wholes.size(); ++i) {
    if (wholes[i] < Limits::min() || wholes[i] > Limits::max())
      pending.fail_range(first_sample + static_cast<int64_t>(i));
    to[i] = static_cast<T>(wholes[i]);
  }
}

void combine_wholes(Field &field, double a, double b, const Field *other, size_t row,
                    PendingSamples &pending) {
  std::vector<Wide> values = wholes_of(field, row, a);
  if (other) {
    const std::vector<Wide> add = wholes_of(*other, row, b);
    for (size_t i = 0; i < add.size(); ++i) values[i] += add[i];
  }
  visit_dtype(field.dtype(), [&](auto tag) {
    using T = decltype(tag);
    if constexpr (std::is_same_v<T, Bool8> || std::is_integral_v<T>)
      put_wholes<T>(values, static_cast<int64_t>(row) * field.grid().cells(), pending);
  });
}

}  // namespace

void Field::combine(double a, double b, const Field *other) {
  if (other) check_operands(*this, *other);
  const bool exact = is_integer(*this) && is_whole(a) && (!other || (is_integer(*other) && is_whole(b)));
  PendingSamples pending(*this);
  for (size_t row = 0; row < rows_.size(); ++row)
    (exact ? combine_wholes : combine_reals)(*this, a, b, other, row, pending);
  pending.give();
}

}  // namespace pde
