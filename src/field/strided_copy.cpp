#include "field/strided_copy.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <complex>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#include "base/dtype.hpp"

namespace pde {
namespace {

struct Axis {
  int64_t count, to, from;  // items; strides in bytes
};

constexpr size_t kMaxAxes = 8;

/// The axes without those of length 1, neighbours merged where both sides run on without a gap.
size_t merged_axes(std::array<Axis, kMaxAxes> &axes, std::span<const int64_t> to,
                   std::span<const int64_t> from, std::span<const int64_t> shape) {
  size_t used = 0;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == 1) continue;
    const Axis axis{shape[i], to[i], from[i]};
    if (used > 0) {
      Axis &outer = axes[used - 1];
      if (outer.to == axis.to * axis.count && outer.from == axis.from * axis.count) {
        outer = {outer.count * axis.count, axis.to, axis.from};
        continue;
      }
    }
    axes[used++] = axis;
  }
  return used;
}

template <int64_t item>
void copy_line(std::byte *to, const std::byte *from, const Axis &axis) {
  for (int64_t i = 0; i < axis.count; ++i) std::memcpy(to + i * axis.to, from + i * axis.from, item);
}

void copy_line(std::byte *to, const std::byte *from, const Axis &axis, int64_t item) {
  if (axis.to == item && axis.from == item) {
    std::memcpy(to, from, static_cast<size_t>(axis.count * item));
    return;
  }
  switch (item) {
    case 1:
      return copy_line<1>(to, from, axis);
    case 2:
      return copy_line<2>(to, from, axis);
    case 4:
      return copy_line<4>(to, from, axis);
    case 8:
      return copy_line<8>(to, from, axis);
    default:
      return copy_line<16>(to, from, axis);
  }
}

/// The last two axes in square blocks: one side of a transposition always strides, and a block keeps its
/// lines in cache.
void copy_plane(std::byte *to, const std::byte *from, const Axis &outer, const Axis &inner, int64_t item) {
  constexpr int64_t kBlock = 32;
  const bool transposed =
      std::abs(outer.from) < std::abs(inner.from) || std::abs(outer.to) < std::abs(inner.to);
  if (!transposed) {
    for (int64_t i = 0; i < outer.count; ++i)
      copy_line(to + i * outer.to, from + i * outer.from, inner, item);
    return;
  }
  for (int64_t i0 = 0; i0 < outer.count; i0 += kBlock) {
    const int64_t i1 = std::min(i0 + kBlock, outer.count);
    for (int64_t j0 = 0; j0 < inner.count; j0 += kBlock) {
      const Axis part{std::min(kBlock, inner.count - j0), inner.to, inner.from};
      for (int64_t i = i0; i < i1; ++i) {
        copy_line(to + i * outer.to + j0 * inner.to, from + i * outer.from + j0 * inner.from, part, item);
      }
    }
  }
}

void copy_axes(std::byte *to, const std::byte *from, const Axis *axes, size_t count, int64_t item) {
  if (count == 0) {
    std::memcpy(to, from, static_cast<size_t>(item));
  } else if (count == 1) {
    copy_line(to, from, axes[0], item);
  } else if (count == 2) {
    copy_plane(to, from, axes[0], axes[1], item);
  } else {
    for (int64_t i = 0; i < axes[0].count; ++i) {
      copy_axes(to + i * axes[0].to, from + i * axes[0].from, axes + 1, count - 1, item);
    }
  }
}

}  // namespace

void strided_copy(std::byte *to, std::span<const int64_t> to_strides, const std::byte *from,
                  std::span<const int64_t> from_strides, std::span<const int64_t> shape, int64_t item) {
  std::array<Axis, kMaxAxes> axes;
  const size_t count = merged_axes(axes, to_strides, from_strides, shape);
  copy_axes(to, from, axes.data(), count, item);
}

// ---- conversion

namespace {

/// Whether an integer has at most so many digits, from its first bit to its last that is set.
template <class T>
bool fits_mantissa(T value, int digits) {
  using Unsigned = std::make_unsigned_t<T>;
  const auto magnitude =
      static_cast<Unsigned>(value < 0 ? Unsigned{0} - static_cast<Unsigned>(value) : value);
  return static_cast<int>(std::bit_width(magnitude)) - std::countr_zero(magnitude) <= digits;  // 0: negative
}

/// One value; false where `To` cannot hold it.
template <class To, class From>
bool convert_value(To &to, From from) {
  if constexpr (std::is_same_v<From, Bool8>) {
    return convert_value(to, static_cast<uint8_t>(from != Bool8::no));
  } else if constexpr (std::is_same_v<To, Bool8>) {
    to = from == From(1) ? Bool8::yes : Bool8::no;
    return from == From(0) || from == From(1);
  } else if constexpr (is_complex<From>::value && is_complex<To>::value) {
    typename To::value_type re, im;
    const bool fits = convert_value(re, from.real()) && convert_value(im, from.imag());
    if (fits) to = To(re, im);
    return fits;
  } else if constexpr (is_complex<From>::value) {
    return from.imag() == 0 && convert_value(to, from.real());
  } else if constexpr (is_complex<To>::value) {
    typename To::value_type re;
    const bool fits = convert_value(re, from);
    if (fits) to = To(re, 0);
    return fits;
  } else if constexpr (std::is_floating_point_v<To>) {
    to = static_cast<To>(from);
    if constexpr (std::is_floating_point_v<From>) return std::isfinite(to) || !std::isfinite(from);
    if constexpr (std::is_integral_v<From>) return fits_mantissa(from, std::numeric_limits<To>::digits);
    return true;
  } else if constexpr (std::is_floating_point_v<From>) {
    // The ends of the range as floating-point numbers: 2^digits is exact, the largest integer itself may not
    // be.
    const From end = std::ldexp(From(1), std::numeric_limits<To>::digits);
    const From begin = std::is_signed_v<To> ? -end : From(0);
    if (!(from >= begin && from < end) || from != std::floor(from)) return false;
    to = static_cast<To>(from);
    return true;
  } else {
    if (!std::in_range<To>(from)) return false;
    to = static_cast<To>(from);
    return true;
  }
}

}  // namespace

int64_t convert_samples(void *to, int32_t to_dtype, const void *from, int32_t from_dtype, int64_t count) {
  return visit_dtype(from_dtype, [&](auto from_tag) {
    return visit_dtype(to_dtype, [&](auto to_tag) {
      using From = decltype(from_tag);
      using To = decltype(to_tag);
      const From *source = static_cast<const From *>(from);
      To *target = static_cast<To *>(to);
      for (int64_t i = 0; i < count; ++i) {
        if (!convert_value(target[i], source[i])) return i;
      }
      return int64_t{-1};
    });
  });
}

}  // namespace pde
