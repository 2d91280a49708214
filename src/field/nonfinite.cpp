#include "field/nonfinite.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <limits>
#include <type_traits>
#include <utility>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace pde {
namespace {

template <class Real>
using BitsOf = std::conditional_t<sizeof(Real) == 8, uint64_t, uint32_t>;

/// The exponent's bits, all of which are set in what is not finite; one more in the lowest of them carries
/// over into the sign then, and only then.
template <class Real>
constexpr BitsOf<Real> kLowest = BitsOf<Real>{1} << (std::numeric_limits<Real>::digits - 1);
template <class Real>
constexpr BitsOf<Real> kSign = BitsOf<Real>{1} << (8 * sizeof(Real) - 1);
template <class Real>
constexpr BitsOf<Real> kExponent = kSign<Real> - kLowest<Real>;

/// Has the bit of the sign set if the number is not finite.
template <class Real>
BitsOf<Real> mark(const std::byte *number) {
  BitsOf<Real> bits;
  std::memcpy(&bits, number, sizeof bits);
  return (bits & kExponent<Real>)+kLowest<Real>;
}

/// Whether all of `count` adjacent numbers are finite. No branch within a block, so that it becomes vector
/// instructions; blocks, so that the search ends soon.
template <class Real>
bool all_finite(const std::byte *numbers, int64_t count) {
  constexpr int64_t kBlock = 4096;
  for (int64_t begin = 0; begin < count; begin += kBlock) {
    const std::byte *block = numbers + begin * static_cast<int64_t>(sizeof(Real));
    const auto length = static_cast<size_t>(std::min(kBlock, count - begin));
    BitsOf<Real> marks = 0;
    for (size_t i = 0; i < length; ++i) marks |= mark<Real>(block + i * sizeof(Real));
    if (marks & kSign<Real>) return false;
  }
  return true;
}

template <class Real, int parts>
bool all_finite(const std::byte *samples, int64_t count, int64_t stride) {
  if (stride == static_cast<int64_t>(sizeof(Real)) * parts) return all_finite<Real>(samples, count * parts);
  BitsOf<Real> marks = 0;
  for (int64_t i = 0; i < count; ++i) {
    for (int part = 0; part < parts; ++part) marks |= mark<Real>(samples + i * stride + part * sizeof(Real));
  }
  return !(marks & kSign<Real>);
}

/// A row as it lies in memory: axes from the largest stride to the smallest, none of them backwards,
/// neighbours merged where they run on without a gap.
struct MemoryOrder {
  const std::byte *first;
  int64_t counts[Grid::kMaxAxes];
  int64_t strides[Grid::kMaxAxes];
};

MemoryOrder in_memory_order(const Field::Row &row, const Grid &grid) {
  std::array<std::pair<int64_t, int64_t>, Grid::kMaxAxes> axes;  // stride, count
  axes.fill({0, 1});
  const std::byte *first = row.data();
  for (size_t axis = 0; axis < grid.shape().size(); ++axis) {
    const int64_t count = grid.shape()[axis], stride = row.strides[axis];
    if (count == 1) continue;
    if (stride < 0) first += stride * (count - 1);
    axes[axis] = {std::abs(stride), count};
  }
  // Axes of one entry, with their stride of 0, come last here, and so first in memory order.
  std::sort(axes.begin(), axes.end(), std::greater<>());
  MemoryOrder order{first, {1, 1, 1}, {0, 0, 0}};
  size_t used = Grid::kMaxAxes;
  for (size_t axis = axes.size(); axis-- > 0;) {
    const auto [stride, count] = axes[axis];
    if (count == 1) continue;
    if (used < Grid::kMaxAxes && stride == order.strides[used] * order.counts[used]) {
      order.counts[used] *= count;
    } else {
      --used;
      order.counts[used] = count;
      order.strides[used] = stride;
    }
  }
  return order;
}

template <class Real, int parts>
bool row_is_finite(const Field::Row &row, const Grid &grid) {
  static_assert(Grid::kMaxAxes == 3);
  const MemoryOrder order = in_memory_order(row, grid);
  for (int64_t i = 0; i < order.counts[0]; ++i) {
    for (int64_t j = 0; j < order.counts[1]; ++j) {
      const std::byte *line = order.first + i * order.strides[0] + j * order.strides[1];
      if (!all_finite<Real, parts>(line, order.counts[2], order.strides[2])) return false;
    }
  }
  return true;
}

/// The first cell of a row, in C order, whose sample is not finite. There is one.
template <class Real, int parts>
NonFinite first_in_row(const Field::Row &row, const Grid &grid) {
  const auto &shape = grid.shape();
  for (int64_t cell = 0; cell < grid.cells(); ++cell) {
    const std::byte *sample = row.data();
    int64_t rest = cell;
    for (size_t axis = shape.size(); axis-- > 0; rest /= shape[axis])
      sample += rest % shape[axis] * row.strides[axis];
    if (all_finite<Real>(sample, parts)) continue;
    Real values[2] = {};
    std::memcpy(values, sample, sizeof(Real) * parts);
    return {0, cell, values[0], values[1]};
  }
  return {};
}

template <class Real, int parts>
std::optional<NonFinite> find_in(const Field &field) {
  for (size_t row = 0; row < field.rows().size(); ++row) {
    if (row_is_finite<Real, parts>(field.rows()[row], field.grid())) continue;
    NonFinite found = first_in_row<Real, parts>(field.rows()[row], field.grid());
    found.row = static_cast<int64_t>(row);
    return found;
  }
  return std::nullopt;
}

}  // namespace

std::optional<NonFinite> find_nonfinite(const Field &field) {
  switch (field.dtype()) {
    case PDE_FLOAT64:
      return find_in<double, 1>(field);
    case PDE_FLOAT32:
      return find_in<float, 1>(field);
    case PDE_COMPLEX128:
      return find_in<double, 2>(field);
    case PDE_COMPLEX64:
      return find_in<float, 2>(field);
    default:
      return std::nullopt;  // integers and bool
  }
}

// ---- on the way

namespace {

bool row_is_finite(const Field::Row &row, const Grid &grid, int32_t dtype) {
  switch (dtype) {
    case PDE_FLOAT64:
      return row_is_finite<double, 1>(row, grid);
    case PDE_FLOAT32:
      return row_is_finite<float, 1>(row, grid);
    case PDE_COMPLEX128:
      return row_is_finite<double, 2>(row, grid);
    case PDE_COMPLEX64:
      return row_is_finite<float, 2>(row, grid);
    default:
      return true;  // integers and bool
  }
}

#ifdef __SSE2__
/// Copies whole blocks of kBlock bytes of adjacent numbers, and says whether they are finite. Streamed past
/// the cache, to addresses that are multiples of 16, where there is more than the cache has room for.
constexpr int64_t kBlock = 64;
template <class Real, bool streamed>
bool copy_blocks(std::byte *to, const std::byte *from, int64_t bytes) {
  const auto spread = [](auto bits) {
    if constexpr (sizeof bits == 8) return _mm_set1_epi64x(static_cast<int64_t>(bits));
    if constexpr (sizeof bits == 4) return _mm_set1_epi32(static_cast<int32_t>(bits));
  };
  const __m128i exponent = spread(kExponent<Real>), lowest = spread(kLowest<Real>);
  __m128i marks = _mm_setzero_si128();
  for (int64_t at = 0; at < bytes; at += kBlock) {
    for (int64_t part = at; part < at + kBlock; part += 16) {
      const __m128i numbers = _mm_loadu_si128(reinterpret_cast<const __m128i *>(from + part));
      auto *place = reinterpret_cast<__m128i *>(to + part);
      streamed ? _mm_stream_si128(place, numbers) : _mm_storeu_si128(place, numbers);
      const __m128i bits = _mm_and_si128(numbers, exponent);
      marks =
          _mm_or_si128(marks, sizeof(Real) == 8 ? _mm_add_epi64(bits, lowest) : _mm_add_epi32(bits, lowest));
    }
  }
  if (streamed) _mm_sfence();
  return sizeof(Real) == 8 ? _mm_movemask_pd(_mm_castsi128_pd(marks)) == 0
                           : _mm_movemask_ps(_mm_castsi128_ps(marks)) == 0;
}
#else
constexpr int64_t kBlock = 16384;
template <class Real, bool>
bool copy_blocks(std::byte *to, const std::byte *from, int64_t bytes) {
  bool finite = true;
  for (int64_t at = 0; at < bytes; at += kBlock) {
    finite = finite && all_finite<Real>(from + at, kBlock / static_cast<int64_t>(sizeof(Real)));
    std::memcpy(to + at, from + at, static_cast<size_t>(kBlock));
  }
  return finite;
}
#endif

template <class Real>
bool copy_finite(std::byte *to, const std::byte *from, int64_t bytes) {
  constexpr int64_t kStreamed = 256 << 10;
  const int64_t blocks = bytes / kBlock * kBlock, rest = bytes - blocks;
  const bool streamed = bytes >= kStreamed && reinterpret_cast<uintptr_t>(to) % 16 == 0;
  const bool finite =
      streamed ? copy_blocks<Real, true>(to, from, blocks) : copy_blocks<Real, false>(to, from, blocks);
  std::memcpy(to + blocks, from + blocks, static_cast<size_t>(rest));
  return all_finite<Real>(from + blocks, rest / static_cast<int64_t>(sizeof(Real))) && finite;
}

/// Of a row without gaps.
bool copy_finite(std::byte *to, const std::byte *from, int64_t bytes, int32_t dtype) {
  switch (dtype) {
    case PDE_FLOAT64:
    case PDE_COMPLEX128:
      return copy_finite<double>(to, from, bytes);
    case PDE_FLOAT32:
    case PDE_COMPLEX64:
      return copy_finite<float>(to, from, bytes);
    default:
      std::memcpy(to, from, static_cast<size_t>(bytes));
      return true;
  }
}

}  // namespace

bool pack_finite(const Field &field, std::byte *to) {
  const Grid &grid = field.grid();
  const int64_t item = dtype_size(field.dtype()), bytes = grid.cells() * item;
  const auto axes = static_cast<std::ptrdiff_t>(grid.shape().size());
  const std::array<int64_t, Grid::kMaxAxes> strides = row_strides(grid, item);
  bool finite = true;
  for (size_t number = 0; number < field.rows().size(); ++number, to += bytes) {
    const Field::Row &row = field.rows()[number];
    if (std::equal(strides.begin(), strides.begin() + axes, row.strides.begin())) {
      finite = copy_finite(to, row.data(), bytes, field.dtype()) && finite;
    } else {
      finite = finite && row_is_finite(row, grid, field.dtype());
      field.pack_row(number, to);
    }
  }
  return finite;
}

}  // namespace pde
